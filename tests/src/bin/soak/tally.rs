//! What has been seen so far, by all clients.

use std::{
    fmt,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// Counts, and what was wrong.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Connections that were made.
    pub(crate) connections: Count,
    /// Requests that were answered as they must be.
    pub(crate) right: Count,
    /// Octets of these replies.
    pub(crate) octets: Count,
    /// Requests behind a reply that ends the connection, as the server was told to end: they are void.
    pub(crate) void: Count,
    /// Requests that a server that was told to stop has not answered, and not begun to.
    pub(crate) unanswered: Count,
    /// Requests that were refused as they must be.
    pub(crate) refused: Count,
    /// Clients that were late, and told so.
    pub(crate) late: Count,
    /// Connections that were broken off by the client.
    pub(crate) reset: Count,
    /// Clients that asked for more than they took.
    pub(crate) floods: Count,
    wrong: Mutex<Vec<String>>,
}

impl Tally {
    /// Notes something that must not be.
    pub(crate) fn wrong(&self, what: String) {
        let mut wrong = lock(&self.wrong);
        if wrong.len() < 20 {
            eprintln!("WRONG: {what}");
        }
        wrong.push(what);
    }

    /// How much was wrong.
    pub(crate) fn violations(&self) -> usize {
        lock(&self.wrong).len()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, right, octets, void, unanswered, refused, late, reset, floods, .. } = self;
        write!(
            formatter,
            "{right} replies right, octet by octet, of {octets} octets, on {connections} connections\n\
             {refused} malformed requests refused, {late} late clients told so, {reset} connections reset, {floods} floods\n\
             {void} requests void behind the last reply of a server that was told to end, {unanswered} not begun at a stop"
        )
    }
}

/// A number that grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read().fmt(formatter)
    }
}

/// Lets clients work, and holds them all.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
    over: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    inside: usize,
}

/// A client at work.
#[derive(Debug)]
pub(crate) struct Inside<'g>(&'g Gate);

impl Gate {
    /// Waits until clients may work. `None`: it is over.
    pub(crate) fn enter(&self) -> Option<Inside<'_>> {
        let closed = |state: &mut State| state.closed && !self.is_over();
        let state = lock(&self.state);
        let mut state = self.changed.wait_while(state, closed).unwrap_or_else(PoisonError::into_inner);
        if self.is_over() {
            return None;
        }
        state.inside += 1;
        Some(Inside(self))
    }

    /// Waits until no client works, and lets none begin.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        drop(self.changed.wait_while(state, |state| state.inside > 0));
    }

    /// Lets them work again.
    pub(crate) fn open(&self) {
        lock(&self.state).closed = false;
        self.changed.notify_all();
    }

    /// Has all clients end.
    pub(crate) fn end(&self) {
        // Under the lock: nobody looks between.
        let _state = lock(&self.state);
        self.over.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).inside -= 1;
        self.0.changed.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
