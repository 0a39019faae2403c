use std::fmt;

use pronto::connection::CloseReason;

use crate::{
    counters::{
        ACCEPTED, BATCH_SIZES, BATCHES, CLASSES, CLOSED, DEATHS, DEFERRED, ERRORS, LOST, PANICS, RECEIVED,
        REJECTION_STATUSES, REJECTIONS, REQUESTS, RESPONSES, SENT, SETTLED, SLOTS, reason_index,
    },
    prometheus::Exposition,
};

/// What was counted by all workers together, at one moment; see [`Counters::read`](crate::Counters::read). Workers that were
/// replaced are in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Totals {
    pub(crate) slots: [u64; SLOTS],
    pub(crate) workers: usize,
}

impl Totals {
    /// How many workers count.
    pub const fn workers(&self) -> usize {
        self.workers
    }

    /// Workers that died, be it at their start. Each is replaced, unless the server is about to stop.
    pub const fn deaths(&self) -> u64 {
        self.slots[DEATHS]
    }

    /// Connections that were accepted.
    pub const fn accepted(&self) -> u64 {
        self.slots[ACCEPTED]
    }

    /// Connections that are open now.
    pub fn open(&self) -> u64 {
        let closed: u64 = self.slots[CLOSED..=LOST].iter().sum();
        self.accepted().saturating_sub(closed)
    }

    /// Connections that ended for this reason.
    pub fn closed(&self, reason: CloseReason) -> u64 {
        self.slots[CLOSED + reason_index(reason)]
    }

    /// Connections that ended with their worker, when it died.
    pub const fn lost(&self) -> u64 {
        self.slots[LOST]
    }

    /// Octets that were read, whatever they were.
    pub const fn received(&self) -> u64 {
        self.slots[RECEIVED]
    }

    /// Octets that were written.
    pub const fn sent(&self) -> u64 {
        self.slots[SENT]
    }

    /// Requests that were given to the application, counted when all that came with them were. What is
    /// [rejected](Self::rejections) before is none.
    pub const fn requests(&self) -> u64 {
        self.slots[REQUESTS]
    }

    /// How often up to 1, 2, 4, 8, 16, 32 and 64 requests, and more, were taken out of what was read at once.
    pub fn batches(&self) -> [u64; 8] {
        const { assert!(BATCH_SIZES == 8) };
        std::array::from_fn(|size| self.slots[BATCHES + size])
    }

    /// Replies of this class, the first digit of the status, counted when the head is on its way. 6 stands for all above 5.
    /// Those to what was [rejected](Self::rejections) are in it; 100 (Continue) is not, since it is no reply.
    pub fn responses(&self, class: usize) -> u64 {
        class.checked_sub(1).filter(|&class| class < CLASSES).map_or(0, |class| self.slots[RESPONSES + class])
    }

    /// What was refused with this status before it was a request that a handler could see, or while its content came: heads
    /// and content that are broken, too large, or late; see [`Rejection`](pronto::connection::Rejection). A status that no
    /// rejection has stands for all others.
    pub fn rejections(&self, status: u16) -> u64 {
        let known = REJECTION_STATUSES.iter().position(|&code| code == status);
        self.slots[REJECTIONS + known.unwrap_or(REJECTION_STATUSES.len())]
    }

    /// Errors that handlers returned, or functions around them, be they turned into a reply by
    /// [`App::on_error`](crate::App::on_error) or not. What the server finds itself, as that there is no route, is none.
    pub const fn errors(&self) -> u64 {
        self.slots[ERRORS]
    }

    /// Panics of handlers and of functions around them.
    pub const fn panics(&self) -> u64 {
        self.slots[PANICS]
    }

    /// Requests whose reply was put off, by [`Reply::defer`](crate::Reply::defer) or by an `async` handler that had to wait.
    pub const fn deferred(&self) -> u64 {
        self.slots[DEFERRED]
    }

    /// Those of them that wait for their reply now.
    pub const fn waiting(&self) -> u64 {
        self.slots[DEFERRED].saturating_sub(self.slots[SETTLED])
    }

    /// All of it, as Prometheus reads it. The media type is [`PROMETHEUS`](crate::PROMETHEUS).
    pub const fn prometheus(&self) -> impl fmt::Display + '_ {
        Exposition(self)
    }
}

impl Default for Totals {
    fn default() -> Self {
        Self { slots: [0; SLOTS], workers: 0 }
    }
}

impl fmt::Debug for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = formatter.debug_struct("Totals");
        map.field("open", &self.open()).field("requests", &self.requests()).field("waiting", &self.waiting());
        map.finish_non_exhaustive()
    }
}
