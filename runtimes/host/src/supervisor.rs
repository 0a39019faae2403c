//! The workers of a server: a thread for each, and one that replaces those that die.

use std::{
    any::Any,
    error::Error,
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::{
        Arc, OnceLock,
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use pronto::connection::Config;

use crate::{
    App, Drain, Mailbox, Message, StartError, WorkerContext, WorkerCounters, WorkerSeed, hooks::set_current,
    listener::Listeners,
};

/// What a runtime does on a worker's thread.
type Serve = fn(WorkerSeed) -> io::Result<()>;

/// What all workers of a server are started with.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) serve: Serve,
    pub(crate) app: Arc<App>,
    pub(crate) config: Config,
    pub(crate) behind_proxy: bool,
    pub(crate) listeners: Arc<Listeners>,
    /// How many connections each may have open.
    pub(crate) most_connections: usize,
    pub(crate) drain_limit: Duration,
}

/// What the supervisor is told.
#[derive(Debug)]
pub(crate) enum Event {
    /// A worker has done what the application wants at its start.
    Started(usize),
    /// A worker's thread is over.
    Ended(usize, End),
    /// Have all end.
    Drain(Drain),
}

/// How a worker ended.
#[derive(Debug)]
pub(crate) enum End {
    Drained,
    Hook(Box<dyn Error + Send + Sync>),
    Failed(io::Error),
    Panicked(String),
}

/// The workers.
#[derive(Debug)]
pub(crate) struct Crew {
    plan: Plan,
    posts: Vec<Post>,
    sender: Sender<Event>,
    events: Receiver<Event>,
    /// Whether all have started, once it is known: before that nobody serves, since a server that does not start must not
    /// take connections with it.
    gate: Arc<OnceLock<bool>>,
    draining: bool,
}

/// The place of a worker, which a new one takes when it dies.
#[derive(Debug)]
struct Post {
    counters: Arc<WorkerCounters>,
    mailbox: Arc<Mailbox>,
    /// The thread, while there is one.
    thread: Option<JoinHandle<()>>,
    started: Instant,
    /// How long the next start was put off, which grows while workers die young.
    pause: Duration,
}

/// A worker that lived so long did not die of its start.
const YOUTH: Duration = Duration::from_secs(1);

/// How long the replacement of a worker that died young waits, first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

impl Crew {
    /// Starts so many workers, and waits until all have done what the application wants at their start.
    ///
    /// # Errors
    /// The first worker that could not be started; none is left then.
    pub(crate) fn start(plan: Plan, workers: usize) -> Result<Self, StartError> {
        let (sender, events) = mpsc::channel();
        let mut crew = Self { plan, posts: Vec::new(), sender, events, gate: Arc::default(), draining: false };
        for index in 0..workers {
            crew.posts.push(Post::new(crew.plan.app.counters().add_worker()));
            if let Err(error) = crew.fill(index) {
                crew.disband();
                return Err(StartError::Worker(error));
            }
        }
        if let Err((worker, error)) = crew.wait_for_starts() {
            crew.disband();
            return Err(StartError::Hook { worker, error });
        }
        let _first = crew.gate.set(true);
        Ok(crew)
    }

    /// What tells the crew to drain.
    pub(crate) fn sender(&self) -> Sender<Event> {
        self.sender.clone()
    }

    /// What the workers count, each for itself.
    pub(crate) fn counters(&self) -> Vec<Arc<WorkerCounters>> {
        self.posts.iter().map(|post| Arc::clone(&post.counters)).collect()
    }

    /// Replaces workers that die, until all have drained.
    pub(crate) fn supervise(mut self) {
        while !(self.draining && self.posts.iter().all(|post| post.thread.is_none())) {
            // There always is a sender: this crew's own.
            let event = match self.next_start() {
                Some(at) => self.events.recv_timeout(at.saturating_duration_since(Instant::now())).ok(),
                None => self.events.recv().ok(),
            };
            match event {
                Some(Event::Ended(index, end)) => self.handle_end(index, &end),
                Some(Event::Drain(drain)) => self.drain(drain),
                Some(Event::Started(index)) => log::info!("worker {index} serves again"),
                None => {}
            }
            self.refill();
        }
    }

    fn wait_for_starts(&self) -> Result<(), (usize, Box<dyn Error + Send + Sync>)> {
        let mut missing = self.posts.len();
        while missing > 0 {
            match self.events.recv() {
                Ok(Event::Started(_)) => missing -= 1,
                Ok(Event::Ended(index, End::Hook(error))) => return Err((index, error)),
                Ok(Event::Ended(index, end)) => return Err((index, end.to_string().into())),
                Ok(Event::Drain(_)) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Ends those that have started, since not all could.
    fn disband(&mut self) {
        let _first = self.gate.set(false);
        for thread in self.posts.iter_mut().filter_map(|post| post.thread.take()) {
            // What a thread has to say at its end is not asked for any more.
            let _ended = thread.join();
        }
    }

    fn drain(&mut self, drain: Drain) {
        self.draining = true;
        for post in &self.posts {
            post.mailbox.send(Message::Drain(drain));
        }
    }

    fn handle_end(&mut self, index: usize, end: &End) {
        let post = &mut self.posts[index];
        if let Some(thread) = post.thread.take() {
            // Its end has been told: panics are caught in it.
            let _ended = thread.join();
        }
        post.counters.handle_end();
        if !(self.draining && matches!(end, End::Drained)) {
            post.counters.handle_death();
        }
        if self.draining {
            if !matches!(end, End::Drained) {
                log::error!("worker {index} has died in the drain: {end}");
            }
            return;
        }
        log::error!("worker {index} has died, and is replaced: {end}");
        post.pause = match post.started.elapsed() < YOUTH {
            true => (post.pause * 2).clamp(PAUSES.0, PAUSES.1),
            false => Duration::ZERO,
        };
        // From now on the pause counts from here.
        post.started = Instant::now();
    }

    /// When the next worker is to be started.
    fn next_start(&self) -> Option<Instant> {
        let vacant = self.posts.iter().filter(|post| post.thread.is_none() && !self.draining);
        vacant.map(|post| post.started + post.pause).min()
    }

    /// Starts the workers that are missing and due.
    fn refill(&mut self) {
        for index in 0..self.posts.len() {
            let post = &self.posts[index];
            let is_due = post.started + post.pause <= Instant::now();
            if self.draining || post.thread.is_some() || !is_due {
                continue;
            }
            if let Err(error) = self.fill(index) {
                log::error!("worker {index} cannot be replaced yet: {error}");
                let post = &mut self.posts[index];
                post.pause = PAUSES.1;
                post.started = Instant::now();
            }
        }
    }

    /// Starts a worker.
    fn fill(&mut self, index: usize) -> io::Result<()> {
        let Plan { serve, app, config, behind_proxy, listeners, most_connections, drain_limit } = self.plan.clone();
        let listener = listeners.socket_for(index)?;
        let (post, events, gate) = (&mut self.posts[index], self.sender.clone(), Arc::clone(&self.gate));
        post.mailbox = Arc::new(Mailbox::new());
        post.started = Instant::now();
        let (mailbox, counters) = (Arc::clone(&post.mailbox), Arc::clone(&post.counters));
        let seed =
            WorkerSeed { index, listener, app, config, behind_proxy, mailbox, most_connections, drain_limit, counters };
        let work = move || {
            let end = work(serve, seed, &events, &gate);
            // Nobody listens where not all workers could start.
            let _disbanded = events.send(Event::Ended(index, end));
        };
        post.thread = Some(thread::Builder::new().name(format!("pronto-{index}")).spawn(work)?);
        Ok(())
    }
}

impl Post {
    fn new(counters: Arc<WorkerCounters>) -> Self {
        Self {
            counters,
            mailbox: Arc::new(Mailbox::new()),
            thread: None,
            started: Instant::now(),
            pause: Duration::ZERO,
        }
    }
}

/// What a worker's thread does.
fn work(serve: Serve, seed: WorkerSeed, events: &Sender<Event>, gate: &OnceLock<bool>) -> End {
    // A worker that panics is gone with all it had. What it shares, the application's state, is behind locks that say so.
    let outcome = catch_unwind(AssertUnwindSafe(|| live(serve, seed, events, gate)));
    // What the application keeps for the worker ends here, where its panic is caught, and not with the thread.
    let left = catch_unwind(|| set_current(None));
    match outcome.and_then(|end| left.map(|()| end)) {
        Ok(end) => end,
        Err(panic) => End::Panicked(message(&*panic).into()),
    }
}

fn live(serve: Serve, seed: WorkerSeed, events: &Sender<Event>, gate: &OnceLock<bool>) -> End {
    let (index, app) = (seed.index, Arc::clone(&seed.app));
    let worker = Rc::new(WorkerContext::new(index));
    set_current(Some(Rc::clone(&worker)));
    if let Err(error) = app.hooks.start(&worker) {
        return End::Hook(error);
    }
    let _disbanded = events.send(Event::Started(index));
    let served = if *gate.wait() { serve(seed) } else { Ok(()) };
    app.hooks.stop(&worker);
    match served {
        Ok(()) => End::Drained,
        Err(error) => End::Failed(error),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drained => formatter.write_str("it ended without having been told to"),
            Self::Hook(error) => write!(formatter, "what it does at its start has failed: {error}"),
            Self::Failed(error) => error.fmt(formatter),
            Self::Panicked(message) => write!(formatter, "panicked: {message}"),
        }
    }
}
