//! What every pronto runtime shares, between the engine, which knows nothing of memory, and the transports.
//!
//! [`App`] is what users build: routes and their handlers. A runtime keeps a [`WorkerState`] for each of its threads
//! and a [`Session`] for each connection, and moves octets between these and its sockets.

#![forbid(unsafe_code)]

mod answer;
mod app;
mod backlog;
mod content;
mod deferral;
mod output;
mod request;
mod session;
mod signals;

pub use answer::{Answer, Answered, Reply, ReplyHead};
pub use app::{App, AppError, Handler};
pub use content::{Content, LARGE};
pub use deferral::{ClientKey, Deferred, Mailbox, Message};
pub use output::Output;
pub use request::Request;
pub use session::{Session, WorkerState};
pub use signals::StopSignals;
