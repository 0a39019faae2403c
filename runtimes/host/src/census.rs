use std::sync::atomic::{AtomicUsize, Ordering};

/// How many connections a worker has open. The worker says so when it accepts one and when one ends; others read it.
#[derive(Debug, Default)]
#[repr(align(64))] // Those of two workers never share a cache line.
pub struct Census {
    open: AtomicUsize,
}

impl Census {
    /// Nobody is there.
    pub const fn new() -> Self {
        Self { open: AtomicUsize::new(0) }
    }

    /// So many connections are open now.
    pub fn set_open(&self, connections: usize) {
        self.open.store(connections, Ordering::Relaxed);
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}
