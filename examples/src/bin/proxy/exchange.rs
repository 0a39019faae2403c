//! One request on its way to the upstream, and its response on its way back.

use pronto::{
    connection::{Instant, Ticket},
    framing::{ContentDecoder, ContentEncoder},
    head::{HeadLimits, ResponseParser},
    response::{Following, Replied},
};
use tokio::net::TcpStream;

use crate::{IN, OUT, buffer::Buffer};

/// What a connection to the upstream is used for, once.
pub(crate) struct Exchange {
    pub(crate) stream: TcpStream,
    /// Whether the method is HEAD.
    pub(crate) to_head: bool,

    /// Of the request, what the upstream has not taken.
    pub(crate) request: Buffer,
    /// What frames its content; nothing once it is complete, or once the upstream takes no more.
    pub(crate) encoder: Option<ContentEncoder>,

    /// Of the response, what has come and was not passed on.
    pub(crate) response: Buffer,
    pub(crate) stage: Stage,
    /// How the upstream has ended its side.
    pub(crate) end: Option<End>,
    /// Since when nothing has happened that the upstream owes.
    pub(crate) waiting_since: Instant,
}

/// The end of what an upstream sends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    /// Octets may be missing.
    Broken,
}

/// How far the response has come.
pub(crate) enum Stage {
    /// Its head, with the right to answer; so many interim ones have come before it.
    Head { ticket: Ticket, parser: ResponseParser, interims: u8 },
    /// Its content: out of the upstream's framing, and into the client's.
    Content { decoder: ContentDecoder, encoder: ContentEncoder, held: Option<Held> },
}

/// A head that is passed on when it is known that there is no content behind it.
pub(crate) struct Held {
    pub(crate) ticket: Ticket,
    pub(crate) head: Buffer,
    pub(crate) replied: Replied,
}

impl Exchange {
    /// One whose request's head is in `request`, with what must follow it.
    pub(crate) fn new(
        stream: TcpStream,
        ticket: Ticket,
        to_head: bool,
        request: Buffer,
        following: Following,
        now: Instant,
    ) -> Self {
        let encoder = ContentEncoder::new(following);
        Self {
            stream,
            to_head,
            request,
            encoder: (!encoder.is_done()).then_some(encoder),
            response: Buffer::new(IN),
            stage: Stage::head(ticket, 0),
            end: None,
            waiting_since: now,
        }
    }

    /// Whether any input of the client fits, whatever it turns out to be.
    pub(crate) fn has_room_for_content(&self) -> bool {
        self.request.free() >= IN + ContentEncoder::OVERHEAD
    }

    /// Whether something must come from the upstream, or be taken by it. Otherwise the client is to send or to take something,
    /// for which it has a time of its own.
    pub(crate) fn waits_for_upstream(&self, client: &Buffer, client_waits_for_leave: bool) -> bool {
        let is_to_take = !self.request.is_empty();
        let is_asked = self.encoder.is_none() || client_waits_for_leave;
        // One that has begun to answer may leave the rest of the request where it is, and has then to wait for the client.
        matches!(self.stage, Stage::Head { .. }) && is_to_take || (is_asked || is_to_take) && client.free() >= OUT / 2
    }
}

impl Stage {
    /// Before a response head.
    pub(crate) const fn head(ticket: Ticket, interims: u8) -> Self {
        Self::Head { ticket, parser: ResponseParser::new(HeadLimits::new()), interims }
    }
}
