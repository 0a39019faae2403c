//! Tells tasks that their sockets are ready, at one system call for many of them.
//!
//! A worker has an epoll set of its own. A socket is registered once, edge-triggered, for as long as it is open; async-io,
//! which would have it registered anew each time that it is waited for, only waits for the set.

use std::{
    cell::{Cell, RefCell},
    convert::Infallible,
    fmt, io,
    os::fd::OwnedFd,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use async_io::Async;
use futures_lite::future::yield_now;
use rustix::{
    buffer::spare_capacity,
    event::{
        Timespec,
        epoll::{self, CreateFlags, EventData, EventFlags},
    },
    io::retry_on_intr,
};
use slab::Slab;

/// The sockets of a worker that wait, or may.
pub(crate) struct Readiness {
    set: Async<OwnedFd>,
    watched: RefCell<Slab<Rc<Watched>>>,
}

/// How many events one look at the set takes.
const EVENTS: usize = 512;

impl Readiness {
    pub(crate) fn new() -> io::Result<Rc<Self>> {
        let set = Async::new_nonblocking(epoll::create(CreateFlags::CLOEXEC)?)?;
        Ok(Rc::new(Self { set, watched: RefCell::default() }))
    }

    /// Watches a socket until what is returned is dropped.
    pub(crate) fn watch(self: &Rc<Self>, socket: &OwnedFd) -> io::Result<Registration> {
        let watched = Rc::new(Watched::default());
        let key = self.watched.borrow_mut().insert(Rc::clone(&watched));
        let registration = Registration { watched, key, readiness: Rc::clone(self) };
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(&self.set, socket, EventData::new_u64(key as u64), flags)?;
        Ok(registration)
    }

    /// Tells tasks, for ever.
    ///
    /// # Errors
    /// The set cannot be looked at: no task would hear of anything.
    pub(crate) async fn tell(self: Rc<Self>) -> io::Result<Infallible> {
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        let mut events = Vec::with_capacity(EVENTS);
        loop {
            events.clear();
            let looked = retry_on_intr(|| epoll::wait(&self.set, spare_capacity(&mut events), Some(&at_once)))?;
            if looked == 0 {
                self.set.readable().await?;
                continue;
            }
            for event in &events {
                let key = usize::try_from(event.data.u64()).ok();
                if let Some(watched) = key.and_then(|key| self.watched.borrow().get(key).cloned()) {
                    watched.note(event.flags);
                }
            }
            // While those that were told do something, more may happen, and need not be waited for.
            yield_now().await;
        }
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Readiness").field("watched", &self.watched.borrow().len()).finish_non_exhaustive()
    }
}

/// A socket that is watched.
#[derive(Debug)]
pub(crate) struct Registration {
    watched: Rc<Watched>,
    key: usize,
    readiness: Rc<Readiness>,
}

impl Registration {
    /// Ready where something has come since this was asked last; wakes the task otherwise when something does.
    pub(crate) fn poll_readable(&self, context: &Context<'_>) -> Poll<()> {
        self.watched.readable.poll(context)
    }

    /// The same for room.
    pub(crate) fn poll_writable(&self, context: &Context<'_>) -> Poll<()> {
        self.watched.writable.poll(context)
    }

    /// Whether the peer has ended its side: what was not read by then is not told of again.
    pub(crate) fn has_ended(&self) -> bool {
        self.watched.has_ended.get()
    }

    /// Ready where the connection is broken; wakes the task otherwise when it breaks, or when anything comes.
    pub(crate) fn poll_broken(&self, context: &Context<'_>) -> Poll<()> {
        if self.watched.is_broken.get() {
            return Poll::Ready(());
        }
        self.watched.readable.wait(context);
        Poll::Pending
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // The set forgets the socket when that is closed.
        self.readiness.watched.borrow_mut().remove(self.key);
    }
}

/// What is known of a socket.
#[derive(Debug, Default)]
struct Watched {
    readable: Direction,
    writable: Direction,
    has_ended: Cell<bool>,
    is_broken: Cell<bool>,
}

impl Watched {
    fn note(&self, flags: EventFlags) {
        let is_broken = flags.intersects(EventFlags::ERR | EventFlags::HUP);
        let has_ended = is_broken || flags.contains(EventFlags::RDHUP);
        self.is_broken.set(self.is_broken.get() || is_broken);
        self.has_ended.set(self.has_ended.get() || has_ended);
        if has_ended || flags.contains(EventFlags::IN) {
            self.readable.set_ready();
        }
        if is_broken || flags.contains(EventFlags::OUT) {
            self.writable.set_ready();
        }
    }
}

/// Reading, or writing.
#[derive(Debug, Default)]
struct Direction {
    is_ready: Cell<bool>,
    is_awaited: Cell<bool>,
    /// Kept when it was used: it is mostly the same again.
    waker: RefCell<Option<Waker>>,
}

impl Direction {
    fn poll(&self, context: &Context<'_>) -> Poll<()> {
        if self.is_ready.replace(false) {
            return Poll::Ready(());
        }
        self.wait(context);
        Poll::Pending
    }

    fn wait(&self, context: &Context<'_>) {
        self.is_awaited.set(true);
        let mut waker = self.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            *waker = Some(context.waker().clone());
        }
    }

    fn set_ready(&self) {
        self.is_ready.set(true);
        if self.is_awaited.replace(false)
            && let Some(waker) = &*self.waker.borrow()
        {
            waker.wake_by_ref();
        }
    }
}
