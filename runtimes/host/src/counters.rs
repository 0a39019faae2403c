//! What a server counts. Each worker has a block of counters that only its own thread writes, so that no instruction
//! waits for another processor; anybody reads them at any time, without a lock, and adds them up.

use std::{
    iter,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use pronto::{connection::CloseReason, head::Status};

use crate::Totals;

/// What the workers of an application have counted, to be read from any thread.
///
/// ```
/// use pronto_host::{App, PROMETHEUS, Reply, Request};
///
/// let app = App::new();
/// let counters = app.counters();
/// let app = app.get("/metrics", move |_: &Request, reply: Reply| {
///     reply.octets(PROMETHEUS, counters.read().prometheus().to_string().as_bytes())
/// });
/// ```
#[derive(Clone, Debug, Default)]
pub struct Counters {
    first: Arc<Link>,
}

/// A place in the list of blocks, which only ever grows, by one for each worker.
type Link = OnceLock<Block>;

#[derive(Debug)]
struct Block {
    counters: Arc<WorkerCounters>,
    next: Arc<Link>,
}

impl Counters {
    /// What has been counted by now. What is counted while it is read may be in it or not: numbers that belong together can
    /// be one apart.
    pub fn read(&self) -> Totals {
        self.blocks().fold(Totals::default(), |mut totals, block| {
            totals.workers += 1;
            for (total, counter) in totals.slots.iter_mut().zip(&block.counters.slots) {
                *total += counter.load(Ordering::Relaxed);
            }
            totals
        })
    }

    /// The counters of one more worker.
    pub(crate) fn add_worker(&self) -> Arc<WorkerCounters> {
        let counters = Arc::new(WorkerCounters::new());
        let mut block = Block { counters: Arc::clone(&counters), next: Arc::default() };
        let mut link = &self.first;
        while let Err(returned) = link.set(block) {
            // Somebody has this place, which is never empty again.
            block = returned;
            link = &link.wait().next;
        }
        counters
    }

    fn blocks(&self) -> impl Iterator<Item = &Block> {
        iter::successors(self.first.get(), |block| block.next.get())
    }
}

/// The counters of one worker. Only its own thread may tell it what happens: of two threads that do at once, one may not be
/// counted.
#[derive(Debug)]
#[repr(align(128))] // Those of two workers share no cache line, nor one of the pairs that processors fetch together.
pub struct WorkerCounters {
    slots: [AtomicU64; SLOTS],
}

// Where each is counted. What ends stands before what begins: read in this order, no more has ended than has begun.
pub(crate) const REQUESTS: usize = 0;
/// By how many requests were taken at once: up to 1, 2, 4 and so on to 64, and more.
pub(crate) const BATCHES: usize = REQUESTS + 1;
pub(crate) const BATCH_SIZES: usize = 8;
pub(crate) const RECEIVED: usize = BATCHES + BATCH_SIZES;
pub(crate) const SENT: usize = RECEIVED + 1;
/// By the first digit of the status, 1 to 5, and all others.
pub(crate) const RESPONSES: usize = SENT + 1;
pub(crate) const CLASSES: usize = 6;
/// By reason; of a worker that died, behind the others.
pub(crate) const CLOSED: usize = RESPONSES + CLASSES;
pub(crate) const LOST: usize = CLOSED + CloseReason::ALL.len();
pub(crate) const ACCEPTED: usize = LOST + 1;
pub(crate) const SETTLED: usize = ACCEPTED + 1;
pub(crate) const DEFERRED: usize = SETTLED + 1;
/// By status, and all others.
pub(crate) const REJECTIONS: usize = DEFERRED + 1;
pub(crate) const REJECTION_STATUSES: [u16; 8] = [400, 408, 413, 414, 417, 431, 501, 505];
pub(crate) const ERRORS: usize = REJECTIONS + REJECTION_STATUSES.len() + 1;
pub(crate) const PANICS: usize = ERRORS + 1;
pub(crate) const DEATHS: usize = PANICS + 1;
pub(crate) const SLOTS: usize = DEATHS + 1;

/// For a runtime, which sees connections come and go.
impl WorkerCounters {
    /// A connection was accepted.
    pub fn handle_accepted(&self) {
        self.add(ACCEPTED, 1);
    }

    /// A connection has ended.
    pub fn handle_closed(&self, reason: CloseReason) {
        self.add(CLOSED + reason_index(reason), 1);
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        let closed: u64 = (CLOSED..=LOST).map(|slot| self.value(slot)).sum();
        usize::try_from(self.value(ACCEPTED).saturating_sub(closed)).unwrap_or(usize::MAX)
    }
}

/// For what every runtime shares.
impl WorkerCounters {
    pub(crate) const fn new() -> Self {
        Self { slots: [const { AtomicU64::new(0) }; SLOTS] }
    }

    /// So many requests, at least one, were taken out of what was read at once.
    #[inline]
    pub(crate) fn handle_batch(&self, requests: u32) {
        self.add(REQUESTS, u64::from(requests));
        let doublings = (u32::BITS - requests.saturating_sub(1).leading_zeros()) as usize;
        self.add(BATCHES + doublings.min(BATCH_SIZES - 1), 1);
    }

    /// A reply, of which only the end of its content may be missing, is on its way.
    #[inline]
    pub(crate) fn handle_response(&self, status: Status) {
        let code = status.code();
        // Most are of this one.
        let class = if (200..300).contains(&code) { 1 } else { usize::from(code / 100).saturating_sub(1) };
        self.add(RESPONSES + class.min(CLASSES - 1), 1);
    }

    #[inline]
    pub(crate) fn handle_received(&self, octets: usize) {
        self.add(RECEIVED, octets as u64);
    }

    #[inline]
    pub(crate) fn handle_sent(&self, octets: usize) {
        self.add(SENT, octets as u64);
    }

    /// Something was refused, to be answered with this status.
    pub(crate) fn handle_rejection(&self, status: Status) {
        let known = REJECTION_STATUSES.iter().position(|&code| code == status.code());
        self.add(REJECTIONS + known.unwrap_or(REJECTION_STATUSES.len()), 1);
    }

    /// A handler, or a function around one, has returned an error.
    pub(crate) fn handle_error(&self) {
        self.add(ERRORS, 1);
    }

    /// It has panicked.
    pub(crate) fn handle_panic(&self) {
        self.add(PANICS, 1);
    }

    /// A request is put off, until what is returned is dropped.
    pub(crate) fn handle_deferred(self: &Arc<Self>) -> Pending {
        self.add(DEFERRED, 1);
        Pending(Arc::clone(self))
    }

    /// The worker's thread is over: nothing is open, and nobody waits.
    pub(crate) fn handle_end(&self) {
        self.add(LOST, self.open() as u64);
        self.add(SETTLED, self.value(DEFERRED).saturating_sub(self.value(SETTLED)));
    }

    /// It ended although nobody had told it to.
    pub(crate) fn handle_death(&self) {
        self.add(DEATHS, 1);
    }

    /// Nobody else writes, so that this need not be one indivisible step.
    #[inline]
    fn add(&self, slot: usize, more: u64) {
        let counter = &self.slots[slot];
        counter.store(counter.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
    }

    fn value(&self, slot: usize) -> u64 {
        self.slots[slot].load(Ordering::Relaxed)
    }
}

/// A request that is put off.
#[derive(Debug)]
pub(crate) struct Pending(Arc<WorkerCounters>);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.add(SETTLED, 1);
    }
}

/// Where a reason stands; one that is not known here counts as the last.
pub(crate) fn reason_index(reason: CloseReason) -> usize {
    CloseReason::ALL.iter().position(|&known| known == reason).unwrap_or(CloseReason::ALL.len() - 1)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn blocks_of_all_workers_are_added_up() {
        let counters = Counters::default();
        let (first, second) = (counters.add_worker(), counters.clone().add_worker());
        first.handle_batch(3);
        second.handle_batch(64);
        second.handle_batch(65);
        first.handle_accepted();
        first.handle_accepted();
        first.handle_closed(CloseReason::Idle);
        let totals = counters.read();
        assert_eq!((totals.workers(), totals.requests(), totals.open()), (2, 132, 1));
        assert_eq!(totals.batches(), [0, 0, 1, 0, 0, 0, 1, 1]);
        assert_eq!((totals.closed(CloseReason::Idle), totals.closed(CloseReason::Broken)), (1, 0));
    }

    #[test]
    fn no_worker_is_lost_when_many_begin_at_once() {
        let counters = Counters::default();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        counters.add_worker().handle_accepted();
                    }
                });
            }
        });
        assert_eq!((counters.read().workers(), counters.read().accepted()), (800, 800));
    }

    #[test]
    fn what_a_worker_that_died_had_is_over_and_what_it_did_is_not_forgotten() {
        let counters = Counters::default();
        let worker = counters.add_worker();
        worker.handle_accepted();
        worker.handle_batch(1);
        std::mem::forget(worker.handle_deferred());
        assert_eq!((counters.read().open(), counters.read().waiting()), (1, 1));
        worker.handle_end();
        worker.handle_death();
        let totals = counters.read();
        assert_eq!((totals.open(), totals.waiting(), totals.accepted(), totals.requests()), (0, 0, 1, 1));
        assert_eq!((totals.lost(), totals.deaths()), (1, 1));
    }

    #[test]
    fn batches_are_sorted_by_powers_of_two() {
        let worker = WorkerCounters::new();
        for size in [1, 2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 64, 65, u32::MAX] {
            worker.handle_batch(size);
        }
        let batches: Vec<_> = (0..BATCH_SIZES).map(|size| worker.value(BATCHES + size)).collect();
        assert_eq!(batches, [1, 1, 2, 2, 2, 2, 2, 2]);
    }
}
