//! An HTTP/1.x engine that allocates nothing: parser, response serializer and connection.
//!
//! The layers, from the bottom; imports run downward only:
//!
//! | module | what it is for |
//! |---|---|
//! | [`scan`] | finds octets of a class in a block of input, with the widest vectors the processor has |
//! | [`head`] | request and response heads, parsed once, to offsets; lazy readers over them |
//! | [`content`] | readers of content: forms, whole or in pieces |
//! | [`framing`] | which octets are this message's content, and which are the next message |
//! | [`buffer`] | where output goes: the caller's memory, never ours |
//! | [`response`] | the serializer: status, fields, then exactly one kind of content |
//! | [`request`] | the same for requests: for clients and proxies |
//! | [`connection`] | the engine: events, ordered pipeline, limits, deadlines |
//! | [`service`] | handlers, the router, and the driver that joins the engine, buffers and a handler |
//! | `serve` | connections over any `Read` and `Write`, by the features `embedded-io` and `embedded-io-async` |

#![no_std]
#![deny(unsafe_code, clippy::std_instead_of_core, clippy::std_instead_of_alloc, clippy::alloc_instead_of_core)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(test)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod buffer;
pub mod connection;
pub mod content;
#[cfg(feature = "defmt")]
mod formats;
pub mod framing;
pub mod head;
#[cfg(test)]
mod mutants;
pub mod proxy;
pub mod request;
pub mod response;
pub mod scan;
#[cfg(any(feature = "embedded-io", feature = "embedded-io-async"))]
pub mod serve;
pub mod service;
