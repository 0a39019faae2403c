//! An HTTP/1.x engine that allocates nothing: parser, response serializer and connection.
//!
//! It knows HTTP, and nothing of sockets, clocks, threads or memory: octets, buffers and the time are arguments. So it fits into
//! any server, proxy, client or firmware, on any runtime or none.
//!
//! # A request
//!
//! `cargo add pronto`, or with a checkout `cargo add --path ../pronto/core`, and then:
//!
//! ```
//! use pronto::head::{FieldSpan, Method, Progress, RequestHead};
//!
//! let input = b"GET /where?q=now HTTP/1.1\r\nHost: www.example.org\r\n\r\n";
//! let mut fields = [FieldSpan::EMPTY; 64];
//! match RequestHead::parse(input, &mut fields) {
//!     Ok(Progress::Complete(head)) => {
//!         let request = head.view(input, &fields);
//!         assert_eq!((request.method(), request.target()), (Method::Get, "/where?q=now"));
//!         assert_eq!(request.field("host"), Some(&b"www.example.org"[..]));
//!     }
//!     Ok(Progress::Incomplete) => println!("read more, and parse again"),
//!     Err(error) => println!("answer {}, and close: {error}", error.status()),
//! }
//! ```
//!
//! What is parsed is offsets, which are looked at through the octets. [`RequestParser`](head::RequestParser) does the same for a
//! head that comes in pieces, and looks at each octet once.
//!
//! # All of a message, and an answer
//!
//! A head is half of a message. The other half is what attacks are made of: where does its content end, and the next message
//! begin? That is decided in one place, which has no answer where two readers could differ.
//!
//! ```
//! use pronto::{
//!     buffer::SliceSink,
//!     connection::check_request,
//!     framing::{ContentDecoder, ContentLimits, Part},
//!     head::{FieldSpan, Method, Progress, RequestHead},
//!     response::{CommonFields, Persistence, ReplyContent, ReplyContext, ResponseWriter},
//! };
//!
//! let mut input: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /next";
//! let mut fields = [FieldSpan::EMPTY; 64];
//! let Progress::Complete(head) = RequestHead::parse(input, &mut fields)? else { panic!("all of it is there") };
//!
//! // One Host, a target that goes with the method, and one way only to tell where the content ends.
//! let request = head.view(input, &fields);
//! let checked = check_request(&request)?;
//! let persistence = if request.keeps_alive() { Persistence::Keep } else { Persistence::Close };
//! let sent = if request.method() == Method::Head { ReplyContent::Omitted } else { ReplyContent::Sent };
//! let context = ReplyContext::new(request.version(), sent, persistence);
//!
//! // Its content, as it lies in the input. Behind its end the next message begins.
//! input = &input[head.length()..];
//! let mut decoder = ContentDecoder::new(checked.framing, ContentLimits::new(1024));
//! let mut content = Vec::new();
//! loop {
//!     let decoded = decoder.decode(input)?;
//!     input = &input[decoded.consumed..];
//!     match decoded.part {
//!         Part::Content(octets) => content.extend_from_slice(octets),
//!         Part::Trailers(_) => {}
//!         Part::End => break,
//!         Part::NeedInput => panic!("all of it is there"),
//!     }
//! }
//! assert_eq!((&content[..], input), (&b"hello"[..], &b"GET /next"[..]));
//!
//! // An answer: all of it or nothing. What the protocol derives is never typed in.
//! let mut memory = [0; 256];
//! let mut output = SliceSink::new(&mut memory);
//! let replied = ResponseWriter::new(&mut output, context, &CommonFields::new()).ok("text/plain", &content)?;
//! assert_eq!(
//!     output.written(),
//!     b"HTTP/1.1 200 OK\r\nServer: pronto\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
//! );
//! assert_eq!(replied.persistence(), Persistence::Keep);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How far up
//!
//! | you make | with | to be copied |
//! |---|---|---|
//! | a server whose order of things is its own | [`head`], [`framing`], [`response`], [`connection::check_request`] | `on-std` |
//! | the loop of a server, and what becomes of content | [`connection::Connection`]: pipelining, 100 (Continue), deadlines, closing, draining, by events | `proxy` |
//! | the loop of a server | [`service::Driver`]: that, for handlers of whole requests | `on-mio`, `on-tokio` |
//! | a proxy | [`request::RequestWriter::forward`], [`response::ResponseWriter::forward`], [`framing::ContentEncoder`] | `proxy` |
//! | a client | [`request::RequestWriter`], [`head::ResponseParser`], [`framing::response_framing`] | `client` |
//! | handlers, and nothing else | the crates `pronto-epoll` and `pronto-smol`, which have the rest | `hello` |
//!
//! What is to be copied lies in `examples/src/bin`; `docs/sans-io.md` explains the loop.
//!
//! # What is yours to do
//!
//! - **Keep the input together.** What was not consumed is given again, with what came behind it. Nothing is kept here.
//! - **Make buffers as large as the limits**, or limits as small as the buffers: a head that does not fit into yours is never
//!   complete. [`HeadLimits`](head::HeadLimits) are 16 KiB, 8 KiB for the target and 100 fields; a table of spans with fewer
//!   entries is the limit of fields.
//! - **Answer an error once, and close.** Each names the status that answers it. What comes behind it is nobody's request.
//! - **Say what the time is**, where you take [`connection`]. Its timeouts are on; who takes less has to have some.
//!
//! Nothing that octets reach can panic, whatever they are and in whichever order things are called. What becomes of a call with
//! too small a buffer is said where it is made: in short, what writes writes all or nothing, and what reads asks for more, or
//! names the limit.
//!
//! # Modules
//!
//! From the bottom; imports run downward only.
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
//! | [`proxy`] | who the client is, as a proxy in front tells it by the PROXY protocol |
//!
//! # Features
//!
//! `max-tier-scalar`, `max-tier-sse42` and `max-tier-avx2` cap the vectors that a build uses; [`scan::Tier::in_use`] tells which are. `defmt`
//! implements `defmt::Format` for errors and for every other public enum. None is on by default, and each only adds.

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
