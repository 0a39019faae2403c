//! The example servers as processes: the one on the epoll runtime.

/// The server that is tried.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_epoll-server");

mod servers;
