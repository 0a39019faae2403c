use std::{
    cell::{Cell, RefCell},
    fmt,
    net::SocketAddr,
    rc::Rc,
    sync::Arc,
    task::{Poll, Waker},
    time::{self, SystemTime},
};

use futures_lite::{AsyncRead, AsyncWrite, future::poll_fn};
use pronto::connection::{CloseReason, Config, Instant};
use pronto_host::{App, Mailbox, Message, WorkerCounters, WorkerState};
use slab::Slab;

use crate::connection::{Abilities, Connection};

/// What the connections of one thread share. It serves any streams, on any executor of that thread:
///
/// ```
/// use std::rc::Rc;
///
/// use futures_lite::{AsyncRead, AsyncWrite};
/// use pronto::connection::{CloseReason, Config};
/// use pronto_smol::{App, Worker};
///
/// async fn serve_one(stream: impl AsyncRead + AsyncWrite + Unpin, app: App) {
///     let worker = Rc::new(Worker::new(app, Config::new()));
///     worker.serve(stream, None).await;
/// }
/// ```
pub struct Worker {
    pub(crate) state: RefCell<WorkerState>,
    /// Lent to whichever connection reads.
    pub(crate) buffer: RefCell<Vec<u8>>,
    mailboxes: RefCell<Slab<Arc<Mailbox>>>,
    counters: Arc<WorkerCounters>,
    /// Whoever waits for a connection to end.
    on_leave: Cell<Option<Waker>>,
    start: time::Instant,
}

/// How much is read at a time.
const READ: usize = 64 * 1024;

impl Worker {
    /// A worker for this application, which must be [right](App::check).
    pub fn new(app: App, config: Config) -> Self {
        Self::with_state(WorkerState::new(Arc::new(app), config))
    }

    pub(crate) fn with_state(state: WorkerState) -> Self {
        let counters = Arc::clone(state.counters());
        Self {
            state: RefCell::new(state),
            buffer: RefCell::new(vec![0; READ]),
            mailboxes: RefCell::default(),
            counters,
            on_leave: Cell::new(None),
            start: time::Instant::now(),
        }
    }

    /// Serves a connection until it has ended. `peer` is told to handlers.
    ///
    /// Dropped before, the connection is cut, and what its handlers were doing is dropped.
    pub fn serve<S: AsyncRead + AsyncWrite + Unpin>(
        self: Rc<Self>,
        stream: S,
        peer: Option<SocketAddr>,
    ) -> impl Future<Output = ()> + use<S> {
        self.serve_with(stream, peer, Abilities::NONE)
    }

    /// The same for a stream that can more.
    pub(crate) fn serve_with<S: AsyncRead + AsyncWrite + Unpin>(
        self: Rc<Self>,
        stream: S,
        peer: Option<SocketAddr>,
        abilities: Abilities<S>,
    ) -> impl Future<Output = ()> + use<S> {
        // It counts from now on, and not from its first turn.
        let mut connection = Connection::new(self, stream, peer, abilities);
        poll_fn(move |context| connection.poll(context))
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.mailboxes.borrow().len()
    }

    /// Tells every connection.
    pub(crate) fn send_all(&self, message: impl Fn() -> Message) {
        for (_, mailbox) in &*self.mailboxes.borrow() {
            mailbox.send(message());
        }
    }

    /// Waits until no more than so many connections are open.
    pub(crate) async fn wait_for_open(&self, most: usize) {
        poll_fn(|context| {
            if self.open() <= most {
                return Poll::Ready(());
            }
            self.on_leave.set(Some(context.waker().clone()));
            Poll::Pending
        })
        .await;
    }

    pub(crate) fn enter(&self, mailbox: Arc<Mailbox>) -> usize {
        let place = self.mailboxes.borrow_mut().insert(mailbox);
        self.counters.handle_accepted();
        place
    }

    pub(crate) fn leave(&self, place: usize, reason: CloseReason) {
        self.mailboxes.borrow_mut().remove(place);
        self.counters.handle_closed(reason);
        if let Some(waker) = self.on_leave.take() {
            waker.wake();
        }
    }

    /// The time, for the engine.
    pub(crate) fn now(&self) -> Instant {
        Instant::from_millis(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// A time of the engine, for timers.
    pub(crate) fn instant(&self, instant: Instant) -> time::Instant {
        self.start + instant.since(Instant::from_millis(0))
    }
}

/// Seconds since 1970.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl fmt::Debug for Worker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Worker").field("open", &self.open()).finish_non_exhaustive()
    }
}
