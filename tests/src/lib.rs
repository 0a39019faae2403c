//! What the test suites share: protocol vectors, a server in memory, a strict reader of replies, and the black-box suite
//! that every runtime runs.

#![forbid(unsafe_code)]

pub mod app;
pub mod black_box;
pub mod client;
pub mod exposition;
pub mod memory;
pub mod process;
pub mod reply;
pub mod scripted;
pub mod vector;
pub mod wire;

/// What pages of the documentation show, compiled and run.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../docs/embedded.md")]
    struct Embedded;

    #[doc = include_str!("../../docs/from-httparse.md")]
    struct FromHttparse;

    #[doc = include_str!("../../docs/sans-io.md")]
    struct SansIo;
}
