use std::collections::VecDeque;

use pronto::{
    connection::{Pipeline, Ticket},
    response::Replied,
};

use crate::Content;

/// The replies of a connection that wait: a request was put off, and those behind it were answered or put off, too.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    /// The tickets of all of them, in order.
    waiting: VecDeque<Waiting>,
    replies: Pipeline<Held, MOST>,
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
    pub(crate) logged: Option<String>,
}

/// A reply that waits for its turn.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) octets: Vec<u8>,
    pub(crate) replied: Replied,
    pub(crate) content: Option<Content>,
}

impl Backlog {
    /// Appends a request that was put off.
    ///
    /// The engine never lets more be in flight than the ring has places, so a full ring is not met.
    pub(crate) fn defer(&mut self, waiting: Waiting) {
        if self.replies.push_pending(waiting.ticket.number()).is_ok() {
            self.waiting.push_back(waiting);
        }
    }

    /// Appends a request whose reply is not in turn.
    pub(crate) fn hold(&mut self, waiting: Waiting, held: Held) {
        let octets = held.octets.len();
        if self.replies.push_ready(waiting.ticket.number(), held).is_ok() {
            self.octets += octets;
            self.waiting.push_back(waiting);
        }
    }

    /// The request of this number.
    pub(crate) fn waiting(&self, number: u32) -> Option<&Waiting> {
        self.waiting.iter().find(|waiting| waiting.ticket.number() == number)
    }

    /// Puts the reply to a request that was put off in its place. One that nobody waits for is dropped.
    pub(crate) fn complete(&mut self, number: u32, held: Held) {
        let octets = held.octets.len();
        if self.replies.complete(number, held).is_ok() {
            self.octets += octets;
        }
    }

    /// Takes the oldest reply, if it is there.
    pub(crate) fn pop_ready(&mut self) -> Option<(Waiting, Held)> {
        let held = self.replies.pop_ready()?;
        self.octets -= held.octets.len();
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
