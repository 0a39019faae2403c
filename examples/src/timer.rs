//! One thread that does things later.

use std::{
    collections::BinaryHeap,
    fmt,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::Instant,
};

/// Does things at given times, in a thread of its own.
#[derive(Clone)]
pub(crate) struct Timer(Sender<Entry>);

struct Entry {
    at: Instant,
    then: Box<dyn FnOnce() + Send>,
}

impl Timer {
    /// Starts the thread. It ends with the last clone of the timer.
    pub(crate) fn start() -> Self {
        let (sender, receiver) = mpsc::channel::<Entry>();
        thread::spawn(move || {
            let mut waiting = BinaryHeap::<Entry>::new();
            loop {
                while let Some(entry) =
                    waiting.peek().is_some_and(|entry| entry.at <= Instant::now()).then(|| waiting.pop()).flatten()
                {
                    (entry.then)();
                }
                let received = match waiting.peek() {
                    Some(entry) => receiver.recv_timeout(entry.at.saturating_duration_since(Instant::now())),
                    None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
                };
                match received {
                    Ok(entry) => waiting.push(entry),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        });
        Self(sender)
    }

    /// Does something at this time. It does not when its thread is gone: then it is dropped.
    pub(crate) fn at(&self, at: Instant, then: impl FnOnce() + Send + 'static) {
        drop(self.0.send(Entry { at, then: Box::new(then) }));
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Timer")
    }
}

// The heap gives out its greatest entry: that is the earliest.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.at.cmp(&self.at)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Entry {}
