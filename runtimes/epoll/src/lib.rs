//! The epoll runtime of pronto: a thread for each core, and nothing shared between them on the way of a request.
//!
//! Each worker has its own listener on the same address, its own epoll set, connections, timers and buffers. A socket is
//! registered once, edge-triggered. What one read brings is answered by one write.
//!
//! ```no_run
//! use pronto_epoll::{App, Reply, Request, Server};
//!
//! fn main() -> pronto_epoll::Result {
//!     let app = App::new().get("/", |_: &Request, reply: Reply| reply.text("Hello, World!"));
//!     Server::bind("127.0.0.1:8080").workers(1).run(app)
//! }
//! ```

#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

mod client;
#[cfg(any(test, feature = "fake-kernel"))]
#[doc(hidden)]
pub mod fake;
#[cfg(test)]
mod file_tests;
mod server;
mod sys;
#[cfg(test)]
mod tests;
mod wheel;
mod worker;

#[doc(no_inline)]
pub use pronto_host::*;
pub use server::{Epoll, Server};

/// What a server's `main` returns.
pub type Result = core::result::Result<(), StartError>;
