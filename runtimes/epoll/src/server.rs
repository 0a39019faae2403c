use std::{
    error::Error,
    fmt, io,
    net::{SocketAddr, ToSocketAddrs},
    os::fd::OwnedFd,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use pronto::{connection::Config, scan::Tier};
use pronto_host::{App, AppError, Drain, Mailbox, Message, StopSignals, WorkerState};

use crate::{
    sys::{Linux, descriptor_limit, is_free, listen_shared, local_address},
    worker::Worker,
};

/// A server that has not started.
#[derive(Clone, Debug)]
#[must_use = "a server serves when it is run"]
pub struct Server {
    address: String,
    workers: Option<usize>,
    config: Config,
    most_connections: Option<usize>,
    drain_limit: Duration,
}

impl Server {
    /// A server for this address, a host and a port: `127.0.0.1:8080`, `localhost:8080`, `[::]:80`. Port 0 is any that
    /// is free.
    pub fn bind(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            workers: None,
            config: Config::new(),
            most_connections: None,
            drain_limit: Duration::from_secs(5),
        }
    }

    /// How many worker threads; as many as the machine has cores unless it is said.
    pub const fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Other limits and timeouts.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// How many connections at most are open; what the limit of descriptors allows unless it is said. At the limit no
    /// more are accepted until one ends.
    pub const fn most_connections(mut self, connections: usize) -> Self {
        self.most_connections = Some(connections);
        self
    }

    /// How long connections have to end when the server is told to stop. 5 s.
    pub const fn drain_limit(mut self, limit: Duration) -> Self {
        self.drain_limit = limit;
        self
    }

    /// Serves until SIGTERM or SIGINT, and then until nothing is owed or the drain limit is over.
    ///
    /// # Errors
    /// [`StartError`] says in words why the server could not start.
    pub fn run(self, app: App) -> Result<(), StartError> {
        let signals = StopSignals::catch().map_err(StartError::Signals)?;
        let running = self.start(app)?;
        println!("{running}");
        if Tier::in_use() == Tier::Scalar {
            eprintln!("warning: this processor has no vectors that help: requests are scanned 8 octets at a time");
        }
        let signal = signals.wait().map_err(StartError::Signals)?;
        eprintln!("{signal}: finishing what is in flight, no longer than {:?}", running.drain_limit);
        running.stop();
        eprintln!("stopped");
        Ok(())
    }

    /// Starts to serve, on threads of its own.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn start(self, app: App) -> Result<Running, StartError> {
        app.check().map_err(StartError::App)?;
        let workers = self.workers.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from)).max(1);
        let (address, listeners) = self.listen(workers)?;
        // A few descriptors are for others: listeners, epoll sets, logs, whatever handlers open.
        let most_connections = self.most_connections.unwrap_or_else(|| descriptor_limit().saturating_sub(64)).max(1);
        let app = Arc::new(app);
        let mut running = Running { address, drain_limit: self.drain_limit, workers: Vec::new() };
        for (index, listener) in listeners.into_iter().enumerate() {
            let kernel = Linux::new(listener).map_err(StartError::Worker)?;
            let mailbox = Arc::new(Mailbox::new(kernel.waker()));
            let share = most_connections.div_ceil(workers);
            let (app, config, worker_mailbox) = (Arc::clone(&app), self.config.clone(), Arc::clone(&mailbox));
            let drain_limit = self.drain_limit;
            let thread = thread::Builder::new()
                .name(format!("pronto-{index}"))
                .spawn(move || {
                    Worker::new(kernel, WorkerState::new(app, config), worker_mailbox, share, drain_limit).run()
                })
                .map_err(StartError::Worker)?;
            running.workers.push(WorkerHandle { mailbox, thread });
        }
        Ok(running)
    }

    /// A listener for each worker, all on one address.
    fn listen(&self, workers: usize) -> Result<(SocketAddr, Vec<OwnedFd>), StartError> {
        let wrong = |error| StartError::Address { address: self.address.clone(), error };
        let mut address = self
            .address
            .to_socket_addrs()
            .and_then(|mut found| found.next().ok_or_else(|| io::ErrorKind::AddrNotAvailable.into()))
            .map_err(wrong)?;
        is_free(address).map_err(wrong)?;
        let mut listeners = Vec::new();
        for _ in 0..workers {
            let listener = listen_shared(address).map_err(wrong)?;
            address = local_address(&listener).map_err(wrong)?;
            listeners.push(listener);
        }
        Ok((address, listeners))
    }
}

/// A server that serves. Dropped, it serves on without being heard of again.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    drain_limit: Duration,
    workers: Vec<WorkerHandle>,
}

#[derive(Debug)]
struct WorkerHandle {
    mailbox: Arc<Mailbox>,
    thread: JoinHandle<io::Result<()>>,
}

impl Running {
    /// The address that it serves.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more, finishes what is in flight within the drain limit, and returns when all is over.
    pub fn stop(self) {
        for worker in &self.workers {
            worker.mailbox.send(Message::Drain(Drain::AtOnce));
        }
        for worker in self.workers {
            match worker.thread.join() {
                Ok(Ok(())) => {}
                Ok(Err(error)) => log::error!("a worker had failed: {error}"),
                Err(_) => log::error!("a worker had panicked"),
            }
        }
    }
}

impl fmt::Display for Running {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (workers, tier) = (self.workers.len(), Tier::in_use());
        let s = if workers == 1 { "" } else { "s" };
        write!(formatter, "pronto on http://{} with {workers} worker{s}, scanning with {tier}", self.address)
    }
}

/// Why a server did not start.
#[non_exhaustive]
pub enum StartError {
    /// The application has a route that is none.
    App(AppError),
    /// The address cannot be listened on.
    Address {
        /// As it was given.
        address: String,
        /// What the operating system says.
        error: io::Error,
    },
    /// A worker could not be set up.
    Worker(io::Error),
    /// The signals that stop a server cannot be handled.
    Signals(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App(error) => error.fmt(formatter),
            Self::Address { address, error } => match error.kind() {
                io::ErrorKind::AddrInUse => write!(formatter, "{address} is in use by another program"),
                io::ErrorKind::PermissionDenied => {
                    write!(formatter, "{address}: only a privileged user may listen there")
                }
                io::ErrorKind::AddrNotAvailable => write!(formatter, "{address} is no address of this machine"),
                _ => write!(formatter, "{address} is not an address to listen on: {error}"),
            },
            Self::Worker(error) => write!(formatter, "a worker could not be set up: {error}"),
            Self::Signals(error) => write!(formatter, "signals cannot be handled: {error}"),
        }
    }
}

/// `main` shows an error in this form, so it is the one for people.
impl fmt::Debug for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Error for StartError {}
