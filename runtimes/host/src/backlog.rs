use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use pronto::{
    connection::{Pipeline, Ticket},
    response::Replied,
};

use crate::{
    Fault, Response, WorkerCounters, access::AccessEntry, alarm::Alarm, attached::Attached, counters::Pending,
    done::DoneHooks, guarded::Guarded, handler::HandlerFuture, owned::Shared,
};

/// The replies of a connection that wait: a request was put off, and those behind it were answered or put off, too.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    /// The tickets of all of them, in order.
    waiting: VecDeque<Waiting>,
    replies: Pipeline<Box<Held>, MOST>,
    /// Octets of the replies that are there.
    octets: usize,
}

/// The most requests in flight on a connection.
pub(crate) const MOST: usize = 64;

/// A request that waits for its turn or its answer.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) ticket: Ticket,
    /// What the access log says of it, when it is on.
    pub(crate) logged: Option<Box<AccessEntry>>,
    /// The request, where somebody may want to see it yet.
    pub(crate) request: Option<Arc<Shared>>,
    /// What is being done to answer it, unless another thread does it, or it is done.
    pub(crate) work: Option<Work>,
    pub(crate) done: DoneHooks,
    /// Its reply is there, and waits for its turn.
    answered: bool,
    /// That it waits for its reply is counted.
    pending: Option<Pending>,
}

impl Waiting {
    /// A request about which nothing more is known.
    pub(crate) fn new(ticket: Ticket, logged: Option<Box<AccessEntry>>) -> Self {
        Self { ticket, logged, request: None, work: None, done: DoneHooks::default(), answered: false, pending: None }
    }
}

/// A handler that waits for something.
pub(crate) struct Work {
    future: Guarded<HandlerFuture>,
    alarm: Arc<Alarm>,
}

impl Work {
    /// A handler that has never been polled, and its alarm, which has rung.
    pub(crate) fn new(future: HandlerFuture, alarm: Arc<Alarm>) -> Self {
        Self { future: Guarded::new(future), alarm }
    }

    /// Lets it go on, if it can. A panic is its answer.
    pub(crate) fn poll(&mut self) -> Poll<Result<Response, Fault>> {
        if !self.alarm.take() {
            return Poll::Pending;
        }
        let waker = Waker::from(Arc::clone(&self.alarm));
        // After a panic it is dropped next.
        let polled = self.future.run(|future| future.as_mut().poll(&mut Context::from_waker(&waker)));
        polled.unwrap_or_else(|fault| Poll::Ready(Err(fault)))
    }
}

impl std::fmt::Debug for Work {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Work").field("alarm", &self.alarm).finish_non_exhaustive()
    }
}

/// A reply that waits for its turn.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) octets: Vec<u8>,
    pub(crate) replied: Replied,
    pub(crate) attached: Attached,
}

impl Held {
    /// How much memory it takes, as far as that depends on the application.
    fn weight(&self) -> usize {
        self.octets.len() + self.attached.weight()
    }
}

impl Backlog {
    /// Appends a request that was put off.
    ///
    /// The engine never lets more be in flight than the ring has places, so a full ring is not met.
    pub(crate) fn defer(&mut self, mut waiting: Waiting, counters: &Arc<WorkerCounters>) {
        waiting.pending = Some(counters.handle_deferred());
        if self.replies.push_pending(waiting.ticket.number()).is_ok() {
            self.waiting.push_back(waiting);
        }
    }

    /// Appends a request whose reply is not in turn.
    pub(crate) fn hold(&mut self, mut waiting: Waiting, held: Box<Held>) {
        waiting.answered = true;
        let octets = held.weight();
        if self.replies.push_ready(waiting.ticket.number(), held).is_ok() {
            self.octets += octets;
            self.waiting.push_back(waiting);
        }
    }

    /// The request of this number, unless it has its reply.
    pub(crate) fn unanswered(&mut self, number: u32) -> Option<&mut Waiting> {
        self.waiting.iter_mut().find(|waiting| waiting.ticket.number() == number && !waiting.answered)
    }

    /// The request that was appended last.
    pub(crate) fn last(&mut self) -> Option<&mut Waiting> {
        self.waiting.back_mut()
    }

    /// All requests whose replies have not left, in order.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = &mut Waiting> {
        self.waiting.iter_mut()
    }

    /// Puts the reply to a request that was put off in its place. One that nobody waits for is dropped.
    pub(crate) fn complete(&mut self, number: u32, held: Box<Held>) {
        let octets = held.weight();
        let Some(waiting) = self.unanswered(number) else { return };
        (waiting.answered, waiting.pending) = (true, None);
        if self.replies.complete(number, held).is_ok() {
            self.octets += octets;
        }
    }

    /// Takes the oldest reply, if it is there.
    pub(crate) fn pop_ready(&mut self) -> Option<(Waiting, Box<Held>)> {
        let held = self.replies.pop_ready()?;
        self.octets -= held.weight();
        Some((self.waiting.pop_front()?, held))
    }

    /// How many octets of replies are held.
    pub(crate) const fn octets(&self) -> usize {
        self.octets
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
