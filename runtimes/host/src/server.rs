use std::{
    fmt, io,
    io::Write,
    marker::PhantomData,
    mem,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use pronto::{connection::Config, scan::Tier};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit};

use crate::{
    Address, App, Drain, Runtime, StartError, WorkerCounters,
    inherited::{Inherited, Role},
    lifetime,
    listener::Listeners,
    program::Program,
    reload,
    say::say,
    signals::Signals,
    supervisor::{Crew, Event, Plan},
};

/// A server that has not started, for any runtime.
///
/// # Where it listens
/// `127.0.0.1:8080`, `localhost:8080`, `[::]:80`: port 0 is any that is free. `unix:/run/app.sock`: a file that a server
/// which was killed has left is replaced, and the file is removed at the end.
///
/// Sockets that come by the `LISTEN_FDS` convention, from systemd or from tools like it, are served instead of the address:
/// one is shared by all workers; of several each worker gets one, and there are as many workers as sockets.
///
/// # Signals, where [`run`](Self::run) serves
/// | signal | what happens |
/// |---|---|
/// | SIGTERM, SIGINT | no more is accepted, what is in flight is finished within the drain limit; the next one ends the process at once |
/// | SIGHUP | the program is started again, as it is by now, with the listeners; when all its workers serve this process does as for SIGQUIT; if it does not start, this one serves on and says why |
/// | SIGHUP because the terminal is gone | as for SIGTERM, unless it was ignored at the start, as `nohup` has it |
/// | SIGQUIT | as SIGTERM, for a process that another one has replaced: connections that wait may bring one more request |
#[must_use = "a server serves when it is run"]
pub struct Server<R> {
    address: String,
    workers: Option<usize>,
    config: Config,
    behind_proxy: bool,
    most_connections: Option<usize>,
    drain_limit: Duration,
    reload_on_change: bool,
    runtime: PhantomData<fn() -> R>,
}

impl<R: Runtime> Server<R> {
    /// A server for this address: a host and a port, or `unix:` and a path.
    pub fn bind(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            workers: None,
            config: Config::new(),
            behind_proxy: false,
            most_connections: None,
            drain_limit: Duration::from_secs(5),
            reload_on_change: false,
            runtime: PhantomData,
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

    /// Has each connection begin with a header of the PROXY protocol, version 2, which tells who the client of a proxy is:
    /// [`Request::peer`](crate::Request::peer) is then that client. Whoever connects is believed, so nobody but the proxy may be
    /// able to. A connection that begins with anything else is cut without an answer; one whose header does not come ends
    /// when its idle time is over.
    pub const fn proxy_protocol(mut self) -> Self {
        self.behind_proxy = true;
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

    /// For development: [`run`](Self::run) keeps the listeners and watches the program's file, and a second process
    /// serves. When the file changes it is started anew and takes over; one that does not start is told in words, and
    /// the old one serves on. One that dies is started again.
    pub const fn reload_on_change(mut self) -> Self {
        self.reload_on_change = true;
        self
    }

    /// Serves until a signal says to stop, and then until nothing is owed or the drain limit is over.
    ///
    /// # Errors
    /// [`StartError`] says in words why the server could not start.
    pub fn run(self, app: App) -> Result<(), StartError> {
        let program = Program::current();
        let signals = Signals::catch().map_err(StartError::Signals)?;
        let mut inherited = Inherited::take().map_err(StartError::Inherited)?;
        let predecessor = inherited.predecessor.as_ref();
        let watcher = predecessor.filter(|process| process.role == Role::Watched).map(|watcher| watcher.process);
        if self.reload_on_change && watcher.is_none() {
            app.check().map_err(StartError::App)?;
            raise_descriptor_limit();
            let listeners = self.listeners(&mut inherited)?;
            return reload::watch(&program.map_err(StartError::Program)?, &listeners, signals);
        }
        if watcher.is_some() {
            // Nobody would tell this process to stop any more.
            let _unknown = set_parent_process_death_signal(Some(Signal::TERM));
        }
        let running = self.start_with(app, inherited)?;
        // Somebody who does not read it must not keep the server from serving.
        let _closed = writeln!(io::stdout(), "{running}").and_then(|()| io::stdout().flush());
        if Tier::in_use() == Tier::Scalar {
            say("warning: this processor has no vectors that help: requests are scanned 8 octets at a time");
        }
        lifetime::live(running, signals, program, watcher)
    }

    /// Starts to serve, on threads of its own, and leaves signals alone.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn start(self, app: App) -> Result<Running, StartError> {
        let inherited = Inherited::take().map_err(StartError::Inherited)?;
        self.start_with(app, inherited)
    }

    fn start_with(self, app: App, mut inherited: Inherited) -> Result<Running, StartError> {
        app.check().map_err(StartError::App)?;
        raise_descriptor_limit();
        let listeners = Arc::new(self.listeners(&mut inherited)?);
        let workers = self.workers_for(&listeners);
        // A few descriptors are for others: listeners, epoll sets, logs, whatever handlers open.
        let most_connections = self.most_connections.unwrap_or_else(|| descriptor_limit().saturating_sub(64)).max(1);
        let plan = Plan {
            serve: R::serve,
            app: Arc::new(app),
            config: self.config,
            behind_proxy: self.behind_proxy,
            listeners: Arc::clone(&listeners),
            most_connections: most_connections.div_ceil(workers),
            drain_limit: self.drain_limit,
        };
        let crew = Crew::start(plan, workers).inspect_err(|_| listeners.remove_file())?;
        let (events, counters) = (crew.sender(), crew.counters());
        let (over, is_over) = mpsc::channel();
        let supervise = move || {
            crew.supervise();
            drop(over);
        };
        thread::Builder::new().name("pronto".into()).spawn(supervise).map_err(StartError::Worker)?;
        if let Some(predecessor) = inherited.predecessor {
            predecessor.say_ready();
        }
        Ok(Running { listeners, scheme: R::SCHEME, drain_limit: self.drain_limit, events, counters, is_over })
    }

    fn listeners(&self, inherited: &mut Inherited) -> Result<Listeners, StartError> {
        if !inherited.listeners.is_empty() {
            let owns_file = inherited.predecessor.as_ref().is_some_and(|predecessor| predecessor.owns_file);
            let sockets = mem::take(&mut inherited.listeners);
            return Listeners::adopt(sockets, owns_file).map_err(StartError::Inherited);
        }
        let wrong = |error| StartError::Address { address: self.address.clone(), error };
        Listeners::bind(&self.address, self.wanted_workers()).map_err(wrong)
    }

    fn wanted_workers(&self) -> usize {
        self.workers.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from)).max(1)
    }

    /// As many as there are listeners, where there are several.
    fn workers_for(&self, listeners: &Listeners) -> usize {
        let (wanted, sockets) = (self.wanted_workers(), listeners.len());
        if sockets < 2 || sockets == wanted {
            return wanted;
        }
        log::warn!("{sockets} listeners were inherited, each for a worker: there are {sockets} workers, not {wanted}");
        sockets
    }
}

impl<R> Clone for Server<R> {
    fn clone(&self) -> Self {
        Self {
            address: self.address.clone(),
            workers: self.workers,
            config: self.config.clone(),
            behind_proxy: self.behind_proxy,
            most_connections: self.most_connections,
            drain_limit: self.drain_limit,
            reload_on_change: self.reload_on_change,
            runtime: PhantomData,
        }
    }
}

impl<R: Runtime> fmt::Debug for Server<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Server")
            .field("runtime", &R::NAME)
            .field("address", &self.address)
            .field("workers", &self.workers)
            .field("config", &self.config)
            .field("most_connections", &self.most_connections)
            .field("drain_limit", &self.drain_limit)
            .field("reload_on_change", &self.reload_on_change)
            .finish()
    }
}

/// A server that serves. Dropped, it serves on without being heard of again.
#[derive(Debug)]
pub struct Running {
    listeners: Arc<Listeners>,
    scheme: &'static str,
    drain_limit: Duration,
    events: Sender<Event>,
    counters: Vec<Arc<WorkerCounters>>,
    /// Its sender is dropped when all workers have ended.
    is_over: Receiver<()>,
}

impl Running {
    /// Where it serves.
    pub fn address(&self) -> &Address {
        self.listeners.address()
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.counters.iter().map(|counters| counters.open()).sum()
    }

    /// Accepts no more, finishes what is in flight within the drain limit, and returns when all is over.
    pub fn stop(self) {
        self.drain(Drain::AtOnce);
        // Its end is the end of the channel.
        let _over = self.is_over.recv();
        self.listeners.remove_file();
    }

    pub(crate) fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    pub(crate) const fn drain_limit(&self) -> Duration {
        self.drain_limit
    }

    /// Has all workers drain.
    pub(crate) fn drain(&self, drain: Drain) {
        // The kernel would take connections for us as long as a descriptor is open.
        self.listeners.close();
        let _over = self.events.send(Event::Drain(drain));
    }

    /// Whether all workers have ended, which is waited for so long.
    pub(crate) fn is_over(&self, at_most: Duration) -> bool {
        self.is_over.recv_timeout(at_most) == Err(RecvTimeoutError::Disconnected)
    }
}

impl fmt::Display for Running {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("pronto on ")?;
        match self.address() {
            Address::Tcp(address) => write!(formatter, "{}://{address}", self.scheme)?,
            unix => unix.fmt(formatter)?,
        }
        let (workers, tier) = (self.counters.len(), Tier::in_use());
        let s = if workers == 1 { "" } else { "s" };
        write!(formatter, " with {workers} worker{s}, scanning with {tier}")
    }
}

/// Each connection takes a descriptor. The soft limit is there for programs that cannot deal with many.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    // Where it cannot be raised the server serves as many as it may.
    let _as_it_was = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// How many descriptors this process may have open.
fn descriptor_limit() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}
