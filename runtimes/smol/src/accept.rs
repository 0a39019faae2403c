use std::{
    fmt,
    io::{self, ErrorKind},
    net::SocketAddr,
    os::fd::OwnedFd,
    rc::{Rc, Weak},
    sync::Arc,
    time::{Duration, Instant},
};

use async_executor::LocalExecutor;
use async_io::{Async, Timer};
use futures_lite::{
    FutureExt,
    future::{poll_fn, yield_now},
};
use pronto_host::{Drain, Listener, Mailbox, Message, WorkerSeed, WorkerState};
use rustix::net::{SocketFlags, acceptfrom_with};

use crate::{Socket, Worker, readiness::Readiness};

/// Accepts connections for a worker, until it is told to drain.
pub(crate) struct Acceptor<W> {
    worker: Rc<Worker>,
    /// Serves one.
    welcome: W,
    listener: Async<Listener>,
    readiness: Rc<Readiness>,
    mailbox: Arc<Mailbox>,
    most_connections: usize,
    drain_limit: Duration,
    /// When it was last told that connections have to wait.
    complained: Option<Instant>,
}

/// Connections accepted before others have their turn.
const BUDGET: usize = 64;

/// How long accepting rests when it fails for want of something, unless a connection ends before.
const PAUSE: Duration = Duration::from_millis(100);

/// How often it is told at most that no connections are accepted.
const COMPLAINT: Duration = Duration::from_secs(10);

impl<W, F> Acceptor<W>
where
    W: Fn(Rc<Worker>, Socket, Option<SocketAddr>) -> F,
    F: Future<Output = ()> + 'static,
{
    pub(crate) fn new(seed: WorkerSeed, welcome: W) -> io::Result<Self> {
        let WorkerSeed {
            listener, app, config, behind_proxy, mailbox, counters, most_connections, drain_limit, ..
        } = seed;
        let state = WorkerState::with_counters(app, config, counters);
        let worker = Rc::new(Worker::with_state(if behind_proxy { state.behind_proxy() } else { state }));
        let listener = Async::new_nonblocking(listener)?;
        let readiness = Readiness::new()?;
        Ok(Self { worker, welcome, listener, readiness, mailbox, most_connections, drain_limit, complained: None })
    }

    /// Serves until a drain that is asked for has ended.
    ///
    /// # Errors
    /// What leaves no way to go on: the listener or the connections cannot be waited for.
    pub(crate) async fn run(self, executor: Weak<LocalExecutor<'static>>) -> io::Result<()> {
        // A task by itself, so that not all is looked at when something has come.
        let Some(telling) = executor.upgrade().map(|executor| executor.spawn(Rc::clone(&self.readiness).tell())) else {
            return Ok(());
        };
        self.accept_and_drain(&executor).or(async { telling.await.map(|never| match never {}) }).await
    }

    async fn accept_and_drain(mut self, executor: &Weak<LocalExecutor<'static>>) -> io::Result<()> {
        let mailbox = Arc::clone(&self.mailbox);
        let accepting = async { self.accept_all(executor).await.map(|never| match never {}) };
        let drain = accepting.or(async { Ok(drain_message(&mailbox).await) }).await?;
        if drain == Drain::AtOnce {
            // Connections that the kernel has accepted for us must not be refused.
            while let Some(Ok((socket, peer))) = self.accept_one() {
                self.welcome(executor, socket, peer);
            }
        }
        let Self { worker, listener, drain_limit, .. } = self;
        drop(listener);
        // Those that were just accepted have their first turn before they are told to end.
        yield_now().await;
        worker.send_all(|| Message::Drain(drain));
        // A gentle drain may become an urgent one.
        let told_again = async {
            loop {
                let drain = drain_message(&mailbox).await;
                worker.send_all(|| Message::Drain(drain));
            }
        };
        let drained = async {
            worker.wait_for_open(0).await;
            true
        };
        let over = async {
            Timer::after(drain_limit).await;
            false
        };
        if !drained.or(over).or(told_again).await {
            log::warn!("{} connections were cut at the end of the drain", worker.open());
            worker.send_all(|| Message::Cancel);
            worker.wait_for_open(0).await;
        }
        Ok(())
    }

    async fn accept_all(&mut self, executor: &Weak<LocalExecutor<'static>>) -> io::Result<std::convert::Infallible> {
        loop {
            for _ in 0..BUDGET {
                if self.worker.open() >= self.most_connections {
                    let most = self.most_connections;
                    self.complain(format_args!("{most} are open"));
                    self.worker.wait_for_open(self.most_connections - 1).await;
                }
                match self.accept_one() {
                    None => self.listener.readable().await?,
                    Some(Ok((socket, peer))) => self.welcome(executor, socket, peer),
                    Some(Err(error)) => {
                        self.complain(error);
                        let pause = async {
                            Timer::after(PAUSE).await;
                        };
                        match self.worker.open().checked_sub(1) {
                            Some(fewer) => self.worker.wait_for_open(fewer).or(pause).await,
                            // Somebody else has them all.
                            None => pause.await,
                        }
                    }
                }
            }
            yield_now().await;
        }
    }

    /// The next connection; `None`: none is there. Who came and went is not told of.
    fn accept_one(&self) -> Option<io::Result<(OwnedFd, Option<SocketAddr>)>> {
        loop {
            let accepted = acceptfrom_with(self.listener.get_ref(), SocketFlags::NONBLOCK | SocketFlags::CLOEXEC);
            match accepted.map_err(io::Error::from) {
                Ok((socket, peer)) => return Some(Ok((socket, peer.and_then(|peer| SocketAddr::try_from(peer).ok())))),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }

    fn welcome(&self, executor: &Weak<LocalExecutor<'static>>, socket: OwnedFd, peer: Option<SocketAddr>) {
        match Socket::new(socket, &self.readiness) {
            Ok(socket) => {
                let served = (self.welcome)(Rc::clone(&self.worker), socket, peer);
                if let Some(executor) = executor.upgrade() {
                    executor.spawn(served).detach();
                }
            }
            Err(error) => log::warn!("a connection was dropped: {error}"),
        }
    }

    fn complain(&mut self, reason: impl fmt::Display) {
        if self.complained.is_none_or(|complained| complained.elapsed() >= COMPLAINT) {
            self.complained = Some(Instant::now());
            log::warn!("connections have to wait until others end: {reason}");
        }
    }
}

/// How to drain, when that is asked for.
async fn drain_message(mailbox: &Mailbox) -> Drain {
    loop {
        let messages = poll_fn(|context| {
            if mailbox.rest(context.waker()) {
                return std::task::Poll::Pending;
            }
            std::task::Poll::Ready(mailbox.take())
        });
        for message in messages.await {
            if let Message::Drain(drain) = message {
                return drain;
            }
        }
    }
}
