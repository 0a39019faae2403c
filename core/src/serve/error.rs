use core::fmt;

use crate::{
    connection::{CloseReason, Rejection},
    head::Status,
    response::{ResponseError, WrongLength},
};

/// What went wrong while a request was read or answered.
///
/// A handler hands it on by `?`. [`serve`](super::Server) then does what is right for the client, as told at each of them, and
/// goes on where that is possible: it returns only [`Transport`](Self::Transport), and [`Response`](Self::Response) where the
/// output is too small for any reply at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<E> {
    /// The transport failed: nothing can be received or sent any more.
    Transport(E),
    /// The content of the request is broken, too large, too slow or cut short, or has no room in the input buffer. It is
    /// answered with the status of the rejection, and the connection closes.
    Rejected(Rejection),
    /// The reply was not written, and nothing of it was: [`NoRoom`](ResponseError::NoRoom) where it does not fit into the
    /// empty output buffer. It is answered 500.
    Response(ResponseError),
    /// More content was given than the head of the reply has told, which was not sent; or less, and the connection is cut,
    /// so that the client does not take the next reply for the rest.
    WrongLength,
    /// Nothing more can be sent of this reply: the client took no output in time, a piece of content was dropped before all
    /// of it was sent, or the connection has ended. It is reset.
    Cut,
    /// What the handler says is wrong: answered with this status. Where the reply has begun the connection is cut.
    Status(Status),
}

/// How a connection ended, and what is to become of its transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "it says what is to become of the transport"]
pub enum Ended<'b> {
    /// It is to be closed. All replies were sent.
    Close(CloseReason),
    /// It is to be reset, so that the client notices (RFC 9293 3.10.7.4): what was sent last is not complete. Where the
    /// transport has no such thing, it is to be closed.
    Reset(CloseReason),
    /// It has become another protocol's, as a reply of status 101 has said. These octets came behind the request, and are the
    /// protocol's.
    Upgraded(&'b [u8]),
}

/// Proof that a request was answered, which a handler returns.
#[derive(Debug)]
#[must_use = "a handler returns it"]
pub struct Answered(pub(super) ());

/// An error that is not the transport's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Rejected(Rejection),
    Response(ResponseError),
    WrongLength,
    Cut,
}

impl<E> Error<E> {
    /// The status that answers it, where it is answered.
    pub const fn status(&self) -> Status {
        match self {
            Self::Rejected(rejection) => rejection.status(),
            Self::Status(status) => *status,
            Self::Transport(_) | Self::Response(_) | Self::WrongLength | Self::Cut => Status::INTERNAL_SERVER_ERROR,
        }
    }
}

impl<E> From<Status> for Error<E> {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl<E> From<ResponseError> for Error<E> {
    fn from(error: ResponseError) -> Self {
        Self::Response(error)
    }
}

impl<E> From<WrongLength> for Error<E> {
    fn from(_: WrongLength) -> Self {
        Self::WrongLength
    }
}

impl<E> From<Fault> for Error<E> {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Rejected(rejection) => Self::Rejected(rejection),
            Fault::Response(error) => Self::Response(error),
            Fault::WrongLength => Self::WrongLength,
            Fault::Cut => Self::Cut,
        }
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(error) => error.fmt(formatter),
            Self::Rejected(rejection) => rejection.fmt(formatter),
            Self::Response(error) => error.fmt(formatter),
            Self::WrongLength => WrongLength.fmt(formatter),
            Self::Cut => formatter.write_str("the connection has been cut"),
            Self::Status(status) => write!(formatter, "answered {}", status.code()),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for Error<E> {}
