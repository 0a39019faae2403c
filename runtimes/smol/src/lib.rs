//! The smol runtime of pronto: `async` handlers beside sync ones, on async-io.
//!
//! Each worker is a thread with its own listener and local executor, and each connection is one task, however many requests
//! it has in flight: no task, timer or memory for a request that a sync handler answers.
//!
//! ```no_run
//! use pronto_smol::{App, OwnedRequest, Response, Server};
//!
//! async fn hello(request: OwnedRequest) -> Response {
//!     Response::text(format!("Hello, {}!", request.param("name").unwrap_or_default()))
//! }
//!
//! fn main() -> pronto_smol::Result {
//!     let app = App::new().get("/hello/{name}", hello);
//!     Server::bind("127.0.0.1:8080").workers(1).run(app)
//! }
//! ```

#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

mod accept;
mod connection;
mod opening;
mod readiness;
mod server;
mod socket;
mod worker;

#[doc(no_inline)]
pub use pronto_host::*;
pub use server::{Server, Smol};
pub use socket::Socket;
pub use worker::Worker;

/// What a server's `main` returns.
pub type Result = core::result::Result<(), StartError>;
