use std::{
    error::Error,
    fmt,
    io::{self, ErrorKind},
};

use crate::AppError;

/// Why a server did not start.
#[non_exhaustive]
pub enum StartError {
    /// The application has a route that is none, or serves a directory that cannot be.
    App(AppError),
    /// The address cannot be listened on.
    Address {
        /// As it was given.
        address: String,
        /// What the operating system says.
        error: io::Error,
    },
    /// The descriptors that came by `LISTEN_FDS` are no listeners.
    Inherited(io::Error),
    /// A worker could not be set up.
    Worker(io::Error),
    /// What the application does when a worker starts has failed.
    Hook {
        /// Which worker it was.
        worker: usize,
        /// What was wrong.
        error: Box<dyn Error + Send + Sync>,
    },
    /// The signals that stop a server cannot be handled.
    Signals(io::Error),
    /// The program cannot be started again, which it is to serve while its file is watched.
    Program(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App(error) => error.fmt(formatter),
            Self::Address { address, error } => address_words(formatter, address, error),
            Self::Inherited(error) => write!(formatter, "the descriptors of LISTEN_FDS are no listeners: {error}"),
            Self::Worker(error) => write!(formatter, "a worker could not be set up: {error}"),
            Self::Hook { worker, error } => write!(formatter, "worker {worker} was kept from starting: {error}"),
            Self::Signals(error) => write!(formatter, "signals cannot be handled: {error}"),
            Self::Program(error) => write!(formatter, "the program cannot be started to serve: {error}"),
        }
    }
}

fn address_words(formatter: &mut fmt::Formatter<'_>, address: &str, error: &io::Error) -> fmt::Result {
    let is_unix = address.starts_with(crate::listener::UNIX);
    match error.kind() {
        ErrorKind::AddrInUse => write!(formatter, "{address} is in use by another program"),
        ErrorKind::PermissionDenied if is_unix => write!(formatter, "{address}: you may not write there"),
        ErrorKind::PermissionDenied => write!(formatter, "{address}: only a privileged user may listen there"),
        ErrorKind::AddrNotAvailable => write!(formatter, "{address} is no address of this machine"),
        ErrorKind::AlreadyExists => write!(formatter, "{address}: a file that is no socket is there"),
        ErrorKind::NotFound | ErrorKind::NotADirectory if is_unix => {
            write!(formatter, "{address}: there is no such directory")
        }
        _ => write!(formatter, "{address} is not an address to listen on: {error}"),
    }
}

/// `main` shows an error in this form, so it is the one for people.
impl fmt::Debug for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::App(error) => Some(error),
            Self::Hook { error, .. } => Some(&**error),
            Self::Address { error, .. }
            | Self::Inherited(error)
            | Self::Worker(error)
            | Self::Signals(error)
            | Self::Program(error) => Some(error),
        }
    }
}
