//! The engine of a server's connection: it knows all of HTTP, and nothing of sockets, clocks or memory.
//!
//! Tell it what happened with `handle_…`, ask it what to do with `poll_…`; each says when it must be asked again.
//! Buffers are lent with each call and never kept. [`Connection`] opens with the theory of operation.

mod close_reason;
mod config;
mod event;
mod instant;
#[cfg(test)]
mod misuse_tests;
mod pipeline;
mod rejection;
mod state;
mod ticket;

pub use close_reason::CloseReason;
pub use config::{Config, ContentRate, Limits, Timeouts};
pub use event::{Drain, Event, Polled, Transport};
pub use instant::Instant;
pub use pipeline::{Pipeline, PipelineFull};
pub use rejection::Rejection;
pub(crate) use state::Next;
pub use state::{Checked, Connection, check_request};
pub use ticket::{Ticket, Turn};
