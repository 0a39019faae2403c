//! What every pronto runtime shares, between the engine, which knows nothing of memory, and the transports.
//!
//! [`App`] is what users build: routes and their handlers, sync and async ones. A runtime keeps a [`WorkerState`] for each
//! of its threads and a [`Session`] for each connection, and moves octets between these and its sockets.

#![forbid(unsafe_code)]

mod alarm;
mod answer;
mod app;
mod backlog;
mod content;
mod deferral;
mod done;
mod errors;
mod events;
mod exchange;
mod fault;
mod handler;
mod incoming;
mod output;
mod owned;
mod piece;
mod pipe;
mod request;
mod response;
mod session;
mod signals;
mod takeover;

pub use answer::{Answer, Answered, Reply, ReplyHead};
pub use app::{App, AppError};
pub use content::LARGE;
pub use deferral::{ClientKey, Completion, Deferred, Mailbox, Message};
pub use done::Ending;
pub use events::ServerSentEvent;
pub use fault::{Cancelled, Fault, MethodNotAllowed, NotFound, NotImplemented, Panicked, Unanswered};
pub use handler::{AnyHandler, AsyncKind, Handler, SyncKind};
pub use incoming::{ContentError, IncomingContent};
pub use output::Output;
pub use owned::OwnedRequest;
pub use piece::Piece;
pub use pronto::connection::Drain;
pub use request::Request;
pub use response::{IntoResponse, Response};
pub use session::{Home, Session, WorkerState};
pub use signals::StopSignals;
pub use takeover::Upgraded;
