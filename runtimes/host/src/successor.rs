//! A process that is to take over the listeners of this one.

use std::{
    fmt,
    io::{self, ErrorKind},
    os::{fd::OwnedFd, unix::net::UnixDatagram, unix::process::CommandExt},
    process::{self, Child},
    time::{Duration, Instant},
};

use command_fds::{CommandFdExt, FdMapping};

use crate::{
    inherited::{FIRST, PREDECESSOR, READY, Role},
    listener::Listeners,
    program::Program,
};

/// A process that was started to serve, and has not said yet that it does.
#[derive(Debug)]
pub(crate) struct Successor {
    child: Child,
    ready: UnixDatagram,
    deadline: Instant,
}

/// How a successor is getting on.
#[derive(Debug)]
pub(crate) enum Progress {
    /// It does not serve yet.
    Starting,
    /// All its workers serve.
    Ready,
    /// It never will.
    Failed(Failure),
}

/// Why a successor did not start.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It has ended.
    Ended(process::ExitStatus),
    /// It has not said anything.
    Silent,
    /// It cannot be asked.
    Lost(io::Error),
}

/// How long a successor has to say that it serves.
const PATIENCE: Duration = Duration::from_secs(10);

impl Successor {
    /// Starts the program with the listeners.
    ///
    /// # Errors
    /// The operating system's: the program is gone, or not executable, or descriptors are short.
    pub(crate) fn start(program: &Program, listeners: &Listeners, role: Role) -> io::Result<Self> {
        let (ready, theirs) = UnixDatagram::pair()?;
        let mut descriptors = listeners.descriptors()?;
        descriptors.push(OwnedFd::from(theirs));
        let count = descriptors.len();
        let mappings = descriptors.into_iter().zip(FIRST as i32..);
        let mappings = mappings.map(|(parent_fd, child_fd)| FdMapping { parent_fd, child_fd }).collect();

        let mut command = program.command();
        command.fd_mappings(mappings).map_err(io::Error::other)?;
        command.env("LISTEN_FDS", count.to_string());
        // Without a process id the descriptors are for whoever is started; nobody else is.
        command.env_remove("LISTEN_PID").env_remove("LISTEN_FDNAMES").env_remove("LISTEN_FDS_FIRST_FD");
        let owns_file = role == Role::Successor && listeners.owns_file();
        command.env(PREDECESSOR, format!("{} {} {owns_file}", process::id(), role.as_str()));
        if role == Role::Watched {
            // What a terminal sends to all processes of a group is passed on to this one: it must not come twice.
            command.process_group(0);
        }
        Ok(Self { child: command.spawn()?, ready, deadline: Instant::now() + PATIENCE })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Looks how it is getting on, and waits for news so long.
    pub(crate) fn poll(&mut self, at_most: Duration) -> Progress {
        match self.look(at_most) {
            Ok(progress) => progress,
            Err(error) => Progress::Failed(Failure::Lost(error)),
        }
    }

    fn look(&mut self, at_most: Duration) -> io::Result<Progress> {
        self.ready.set_read_timeout(Some(at_most))?;
        let mut said = [0; READY.len()];
        match self.ready.recv(&mut said) {
            Ok(length) if said[..length] == *READY => return Ok(Progress::Ready),
            Ok(_) => {}
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
        if let Some(status) = self.child.try_wait()? {
            return Ok(Progress::Failed(Failure::Ended(status)));
        }
        let is_late = self.deadline <= Instant::now();
        Ok(if is_late { Progress::Failed(Failure::Silent) } else { Progress::Starting })
    }

    /// Ends it.
    pub(crate) fn give_up(mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }

    /// The process, which lives on.
    pub(crate) fn into_child(self) -> Child {
        self.child
    }
}

impl Failure {
    /// How it has ended, if it has.
    pub(crate) const fn status(&self) -> Option<process::ExitStatus> {
        match self {
            Self::Ended(status) => Some(*status),
            Self::Silent | Self::Lost(_) => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(status) => write!(formatter, "it has ended: {status}"),
            Self::Silent => write!(formatter, "it has not said within {PATIENCE:?} that it serves"),
            Self::Lost(error) => write!(formatter, "nothing can be heard of it: {error}"),
        }
    }
}
