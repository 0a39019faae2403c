//! What every pronto runtime shares, between the engine, which knows nothing of memory, and the transports.
//!
//! [`App`] is what users build: routes and their handlers, sync and async ones. [`Server`] is what they start: it listens,
//! keeps the workers of a [`Runtime`] alive, and ends or replaces itself when signals say so.
//!
//! A runtime keeps a [`WorkerState`] for each of its threads and a [`Session`] for each connection, and moves octets between
//! these and its sockets.

#![forbid(unsafe_code)]

mod access;
mod alarm;
mod answer;
mod app;
mod around;
mod attached;
mod backlog;
mod bad_content;
mod charset;
mod client;
mod content;
mod counters;
mod data;
mod deferral;
mod done;
mod errors;
mod events;
mod exchange;
mod fault;
mod file_part;
mod files;
mod form;
mod guarded;
mod handler;
mod hooks;
mod incoming;
mod inherited;
#[cfg(feature = "http")]
pub mod interop;
#[cfg(feature = "json")]
mod json;
mod kept;
mod kind;
mod lifetime;
mod listener;
mod matcher;
mod multipart;
mod output;
mod owned;
mod parts;
mod piece;
mod pipe;
mod program;
mod prometheus;
mod reload;
mod render;
mod request;
mod response;
mod router;
mod runtime;
mod say;
mod server;
mod session;
mod signals;
mod start_error;
mod successor;
mod supervisor;
mod takeover;
mod totals;

pub use answer::{Answer, Answered, Reply, ReplyHead};
pub use app::App;
pub use around::WrittenReply;
pub use bad_content::BadContent;
pub use client::{Client, Transport, Turn};
pub use content::LARGE;
pub use counters::{Counters, WorkerCounters};
pub use deferral::{ClientKey, Completion, Deferred, Mailbox, Message};
pub use done::Ending;
pub use events::ServerSentEvent;
pub use fault::{
    Cancelled, Fault, Forbidden, MethodNotAllowed, NotFound, NotImplemented, Overloaded, Panicked, Unanswered,
    UpgradeRequired,
};
pub use files::Directory;
pub use form::{Form, OwnedForm};
pub use handler::{AnyHandler, AsyncKind, Handler, SyncKind};
pub use hooks::{WorkerContext, worker_state};
pub use incoming::{ContentError, IncomingContent};
pub use listener::{Address, Listener};
pub use matcher::{Matcher, Routes};
pub use multipart::{IncomingPart, Multipart};
pub use output::Output;
pub use owned::OwnedRequest;
pub use parts::{Part, Parts};
pub use piece::Piece;
pub use prometheus::PROMETHEUS;
pub use pronto::{
    connection::{CloseReason, Drain, Rejection},
    content::MultipartLimits,
    head::{Method, Status},
    response::{Redirect, SameSite, SetCookie},
    service::Methods,
};
pub use request::Request;
pub use response::{IntoResponse, Response};
pub use router::{AppError, Router};
pub use runtime::{Runtime, WorkerSeed};
pub use server::{Running, Server};
pub use session::{Home, Session, WorkerState};
pub use start_error::StartError;
pub use takeover::{Draining, Upgraded};
pub use totals::Totals;
