//! What a process is started with: listeners by the `LISTEN_FDS` convention, and a word from the one before it.

use std::{
    env,
    io::{self, ErrorKind},
    os::unix::net::UnixDatagram,
};

use listenfd::ListenFd;
use rustix::{
    net::sockopt,
    process::{Pid, getppid},
};

use crate::{Listener, listener::set_options};

/// The variable by which a server tells the process that it starts that it waits for it, and what for:
/// its process id, a [`Role`], and whether the file of a unix socket is to be removed at the end.
pub(crate) const PREDECESSOR: &str = "PRONTO_PREDECESSOR";

/// What the process that started this one wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// To take over, and to live by itself.
    Successor,
    /// To serve while the other one watches the program's file.
    Watched,
}

impl Role {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Successor => "successor",
            Self::Watched => "watched",
        }
    }
}

/// What this process was started with.
#[derive(Debug, Default)]
pub(crate) struct Inherited {
    /// Sockets that listen.
    pub(crate) listeners: Vec<Listener>,
    /// The server that started this one.
    pub(crate) predecessor: Option<Predecessor>,
}

/// The server that started this process, and waits to hear that it serves.
#[derive(Debug)]
pub(crate) struct Predecessor {
    pub(crate) process: Pid,
    pub(crate) role: Role,
    pub(crate) owns_file: bool,
    ready: UnixDatagram,
}

/// What is said when all workers serve.
pub(crate) const READY: &[u8] = b"ready";

impl Inherited {
    /// Takes what there is. It is there once: later calls find nothing.
    ///
    /// # Errors
    /// A descriptor is no socket that listens.
    pub(crate) fn take() -> io::Result<Self> {
        let mut descriptors = ListenFd::from_env();
        let mut sockets = descriptors.len();
        if sockets == 0 {
            return Ok(Self::default());
        }
        let mut predecessor = None;
        if let Some((process, role, owns_file)) = told() {
            sockets -= 1;
            let ready = descriptors.take_unix_datagram(sockets)?.ok_or(ErrorKind::NotFound)?;
            predecessor = Some(Predecessor { process, role, owns_file, ready });
        }
        let listeners = (0..sockets).map(|index| listener(&mut descriptors, index)).collect::<io::Result<_>>()?;
        Ok(Self { listeners, predecessor })
    }
}

impl Predecessor {
    /// Says that all workers serve.
    pub(crate) fn say_ready(&self) {
        // One that does not listen any more has given this process up, and ends it.
        let _gone = self.ready.send(READY);
    }
}

/// What the variable says, unless it was meant for another process and came here by inheritance.
fn told() -> Option<(Pid, Role, bool)> {
    let text = env::var(PREDECESSOR).ok()?;
    let mut words = text.split(' ');
    let process = Pid::from_raw(words.next()?.parse().ok()?)?;
    let role = words.next()?;
    let role = [Role::Successor, Role::Watched].into_iter().find(|known| known.as_str() == role)?;
    let owns_file = words.next()? == "true";
    (getppid() == Some(process)).then_some((process, role, owns_file))
}

fn listener(descriptors: &mut ListenFd, index: usize) -> io::Result<Listener> {
    let listener = match descriptors.take_tcp_listener(index) {
        Ok(Some(listener)) => {
            listener.set_nonblocking(true)?;
            // As for those that the server makes itself.
            set_options(&listener)?;
            Listener::Tcp(listener)
        }
        _ => {
            let listener = descriptors.take_unix_listener(index)?.ok_or(ErrorKind::NotFound)?;
            listener.set_nonblocking(true)?;
            Listener::Unix(listener)
        }
    };
    if !sockopt::socket_acceptconn(&listener)? {
        return Err(io::Error::new(ErrorKind::InvalidInput, format!("descriptor {} does not listen", FIRST + index)));
    }
    Ok(listener)
}

/// The first descriptor of the convention.
pub(crate) const FIRST: usize = 3;
