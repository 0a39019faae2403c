use std::{
    fmt, io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use futures_lite::{AsyncRead, AsyncWrite, Stream};

use crate::{ContentError, Fault, IncomingContent, Piece, alarm::Alarm, guarded::Guarded, pipe::Pipe};

/// A connection that a handler has taken over: reads what the client sends from behind its request on, and writes to it.
/// Both sides have back-pressure. What was written is sent when this is dropped, and then the connection ends.
///
/// When the server drains, reading comes to its end, unless the handler has said by [`draining`](Self::draining) that it
/// looks after that itself.
#[derive(Debug)]
pub struct Upgraded {
    incoming: IncomingContent,
    outgoing: Arc<Pipe>,
    drain: Arc<DrainBell>,
}

impl Upgraded {
    /// Waits until the server drains. Who has asked for this is expected to take leave in the words of the protocol, and
    /// to end: reading goes on meanwhile, so that the client's answer can be read. At the end of the drain limit the
    /// connection is cut.
    pub fn draining(&self) -> Draining {
        self.drain.lock().is_awaited = true;
        Draining(Arc::clone(&self.drain))
    }
}

/// Comes to its end when the server drains, or the connection is gone. See [`Upgraded::draining`].
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct Draining(Arc<DrainBell>);

impl Future for Draining {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock();
        if state.has_begun {
            return Poll::Ready(());
        }
        if !state.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            state.wakers.push(context.waker().clone());
        }
        Poll::Pending
    }
}

/// Tells handlers that the server drains.
#[derive(Debug, Default)]
struct DrainBell(Mutex<DrainState>);

#[derive(Debug, Default)]
struct DrainState {
    has_begun: bool,
    /// A handler looks after it.
    is_awaited: bool,
    wakers: Vec<Waker>,
}

impl DrainBell {
    /// Rings. Says whether a handler looks after it.
    fn ring(&self) -> bool {
        let mut state = self.lock();
        state.has_begun = true;
        let (is_awaited, wakers) = (state.is_awaited, std::mem::take(&mut state.wakers));
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        is_awaited
    }

    fn lock(&self) -> MutexGuard<'_, DrainState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncRead for Upgraded {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.incoming).poll_read(context, buffer)
    }
}

impl AsyncWrite for Upgraded {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.outgoing.poll_write(context, octets)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing.poll_flush(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing.end(Ok(()));
        self.outgoing.poll_flush(context)
    }
}

impl Drop for Upgraded {
    fn drop(&mut self) {
        self.outgoing.end(Ok(()));
    }
}

/// What a handler does with a connection that it takes over.
pub(crate) type TakeoverFuture = Pin<Box<dyn Future<Output = ()>>>;

/// The connection's side of a takeover.
pub(crate) struct Takeover {
    /// None when it has ended; what it has taken over may live on elsewhere.
    future: Option<Guarded<TakeoverFuture>>,
    alarm: Arc<Alarm>,
    pub(crate) incoming: Arc<Pipe>,
    drain: Arc<DrainBell>,
}

/// Whoever waits elsewhere must not wait for ever.
impl Drop for Takeover {
    fn drop(&mut self) {
        self.drain.ring();
        self.incoming.end(Err(ContentError::Lost));
    }
}

impl Takeover {
    /// Gives both sides of a connection to a handler. What it will send comes as pieces of a content without end.
    pub(crate) fn new(handler: impl FnOnce(Upgraded) -> TakeoverFuture, alarm: Arc<Alarm>) -> (Self, Outgoing) {
        let (incoming, outgoing) = (Arc::<Pipe>::default(), Arc::<Pipe>::default());
        let drain = Arc::<DrainBell>::default();
        let upgraded = Upgraded {
            incoming: IncomingContent::new(Some(Arc::clone(&incoming))),
            outgoing: Arc::clone(&outgoing),
            drain: Arc::clone(&drain),
        };
        (Self { future: Some(Guarded::new(handler(upgraded))), alarm, incoming, drain }, Outgoing(outgoing))
    }

    /// Says that the connection should end.
    pub(crate) fn handle_drain(&self) {
        if !self.drain.ring() {
            self.incoming.end(Ok(()));
        }
    }

    /// Lets the handler go on, where it can. Says whether nobody reads any more what comes.
    pub(crate) fn poll(&mut self) -> bool {
        if self.alarm.take()
            && let Some(future) = &mut self.future
        {
            let waker = Waker::from(Arc::clone(&self.alarm));
            let polled = future.run(|future| future.as_mut().poll(&mut Context::from_waker(&waker)));
            if let Err(fault) = &polled {
                log::error!("a handler that had taken a connection over {fault}");
            }
            if !matches!(polled, Ok(Poll::Pending)) {
                self.future = None;
            }
        }
        self.future.is_none() && self.incoming.is_abandoned()
    }

    /// Has the session look after this when there is room in the incoming pipe again.
    pub(crate) fn wake_on_room(&self) {
        self.incoming.on_change(Waker::from(Arc::clone(&self.alarm)));
    }
}

impl fmt::Debug for Takeover {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Takeover").finish_non_exhaustive()
    }
}

/// What a handler sends on a connection that it has taken over.
pub(crate) struct Outgoing(Arc<Pipe>);

impl Stream for Outgoing {
    type Item = Result<Piece, Fault>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.0.poll_take(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(Some(octets))) => Poll::Ready(Some(Ok(octets.into()))),
            Poll::Ready(Ok(None)) => Poll::Ready(None),
            Poll::Ready(Err(error)) => Poll::Ready(Some(Err(error.into()))),
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
