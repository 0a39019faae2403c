use crate::response::ReplyContext;

/// The right to answer one request, once.
///
/// Tickets of a connection are numbered in the order of its requests, and replies leave in that order. A ticket can
/// be neither copied nor cloned: who answers gives it back.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a request whose ticket is dropped is never answered"]
pub struct Ticket {
    pub(super) number: u32,
    pub(super) turn: Turn,
    pub(super) context: ReplyContext,
}

impl Ticket {
    /// The running number of the request on its connection. It wraps around.
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Whether, when the ticket was given out or last
    /// [refreshed](super::Connection::refresh_ticket), every earlier request had been answered.
    pub const fn turn(&self) -> Turn {
        self.turn
    }

    /// What the reply must know about its request.
    pub const fn context(&self) -> ReplyContext {
        self.context
    }

    /// The same ticket, for a reply after which the connection closes.
    pub const fn closing(mut self) -> Self {
        self.context = self.context.closing();
        self
    }
}

/// Whether a reply may be written at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Turn {
    /// Every earlier request has been answered.
    Now,
    /// An earlier request is still unanswered: the reply must be held back until its turn comes.
    Later,
}
