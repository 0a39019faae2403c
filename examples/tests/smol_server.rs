//! The example servers as processes: the one on the smol runtime.

/// The server that is tried.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_smol-server");

mod servers;
