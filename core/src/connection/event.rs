use crate::{
    framing::{Framing, TrailerSection},
    head::RequestHead,
};

use super::{Rejection, Ticket};

/// What [`Connection::poll_event`](super::Connection::poll_event) found, and how much of the input it took.
#[derive(Debug)]
#[must_use = "the octets that were taken must be dropped from the input"]
pub struct Polled<'i> {
    /// How many octets to drop from the front of the input before it is given again; with any event, also with
    /// [`Event::NeedInput`].
    pub consumed: usize,
    /// What was found in them.
    pub event: Event<'i>,
}

/// Something that happened on a connection. It borrows the input, not the connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'i> {
    /// A request head is complete. Its content, where it has any, follows as events of its own.
    Request {
        /// The head, to be viewed through the input it was parsed from: the [`Polled::consumed`] octets include it.
        head: RequestHead,
        /// How the content is delimited.
        framing: Framing,
        /// The right to answer it.
        ticket: Ticket,
    },
    /// Octets of the content of the request last announced; never empty. They are the last of those consumed.
    Content(&'i [u8]),
    /// The trailer section of that request's content.
    Trailers(TrailerSection<'i>),
    /// The request last announced is complete: the next event is about the next one.
    EndOfMessage,
    /// What came is not a request: to be answered in its turn, and nothing after it is looked at.
    HeadRejected {
        /// Why.
        rejection: Rejection,
        /// The right to answer it.
        ticket: Ticket,
    },
    /// The content of the request last announced is broken: who has its ticket answers with the rejection, or, where
    /// a reply has gone out, knows that the connection closes after it.
    ContentRejected(Rejection),
    /// Nothing to do until more octets come, or the end of the input.
    NeedInput,
    /// Nothing to do until replies are handed in or output has gone out: too much is in flight.
    Paused,
    /// The connection has become another protocol's. The input from here on is that protocol's.
    Upgraded,
    /// No further message will be read. Octets that come all the same are taken and thrown away.
    Closed,
}

/// What to do about the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use]
pub enum Transport {
    /// Nothing.
    Keep,
    /// Say to the peer that no more will be sent, but go on reading (RFC 9112 9.6). It is asked for once.
    ShutdownWrite,
    /// Close it: the connection is over.
    Close,
    /// Close it so that the peer notices (RFC 9293 3.10.7.4: a reset): what was sent last is not complete, and may look
    /// as if it were. Where the transport has no such thing, close it.
    Reset,
}

/// What becomes of an idle connection that should end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Drain {
    /// It ends. A request that is on its way is lost, and the client must send it again elsewhere.
    AtOnce,
    /// It may bring one request more, and is told to close with the reply: no request is lost.
    Gently,
}
