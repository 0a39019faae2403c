use core::fmt;

use crate::{
    framing::FramingError,
    head::{HeadError, HostError, Status, TargetError},
};

/// Why a message was refused before any handler saw the whole of it. It is answered once, and the connection closes.
///
/// Its [`Display`](fmt::Display) form is the reason in words, fit to be sent to the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Rejection {
    /// The head is not one.
    Head(HeadError),
    /// The request target does not fit its method (RFC 9112 3.2).
    Target(TargetError),
    /// The host is missing, twice there, or not one (RFC 9112 3.2).
    Host(HostError),
    /// The end of the message cannot be told with certainty (RFC 9112 6.3), or its content is too large.
    Framing(FramingError),
    /// An expectation other than `100-continue` (RFC 9110 10.1.1).
    Expectation,
    /// The head did not arrive in time.
    HeadTimeout,
    /// The content did not keep the least rate.
    ContentTimeout,
    /// The peer ended its side inside a message.
    EndOfInput,
}

impl Rejection {
    /// The status that answers it.
    pub const fn status(&self) -> Status {
        match self {
            Self::Head(error) => error.status(),
            Self::Framing(error) => error.status(),
            Self::Target(_) | Self::Host(_) | Self::EndOfInput => Status::BAD_REQUEST,
            Self::Expectation => Status::EXPECTATION_FAILED,
            Self::HeadTimeout | Self::ContentTimeout => Status::REQUEST_TIMEOUT,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(error) => error.fmt(formatter),
            Self::Target(error) => error.fmt(formatter),
            Self::Host(error) => error.fmt(formatter),
            Self::Framing(error) => error.fmt(formatter),
            Self::Expectation => formatter.write_str("only the expectation 100-continue can be met"),
            Self::HeadTimeout => formatter.write_str("the request head did not arrive in time"),
            Self::ContentTimeout => formatter.write_str("the content arrived too slowly"),
            Self::EndOfInput => formatter.write_str("the input ended inside a message"),
        }
    }
}

impl core::error::Error for Rejection {}
