use core::fmt;

/// Why a response, a request, or a piece of their content was not written. Nothing of it was: the sink is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ResponseError {
    /// The sink has not enough room for the whole of it.
    NoRoom,
    /// A field name is empty or not a token.
    FieldName,
    /// A field value holds CR, LF, NUL or another control than tab.
    FieldValue,
    /// A field that is derived and never given: Connection, Content-Length, Date, Server, Trailer, Transfer-Encoding,
    /// Upgrade; in a request also Host and TE, but neither Date nor Server. Or an offer to upgrade in a response that does.
    DerivedField,
    /// A field that a trailer section must not have (RFC 9110 6.5.1).
    ForbiddenTrailer,
    /// Content with a status that permits none: 204, 205, 304; or in a request that must have none: CONNECT, TRACE.
    ContentNotPermitted,
    /// More content than the head has announced, or less at its end.
    ContentLength,
    /// An interim status (1xx) where a final response is asked for.
    InterimStatus,
    /// Another status than an interim one (1xx) where that is asked for; 101 is none here, since it ends HTTP.
    FinalStatus,
    /// An upgrade with another status than 101, or in answer to a request that offers none.
    Upgrade,
    /// The protocol to upgrade to is not a name, or a name and a version (RFC 9110 7.8).
    Protocol,
    /// A cookie's name, value, path or domain has an octet that it must not have (RFC 6265 4.1.1).
    Cookie,
    /// A location is empty or has an octet that no reference has (RFC 3986 2).
    Location,
    /// The method of a request is not a token (RFC 9110 9.1).
    Method,
    /// The target of a request has an octet that it must not have, or a form that does not go with the method (RFC 9112 3.2).
    Target,
    /// The host of a request is not a host with at most a port (RFC 9110 7.2), or is another than its target names
    /// (RFC 9112 3.2).
    Host,
}

impl fmt::Display for ResponseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoRoom => "it does not fit into the output buffer",
            Self::FieldName => "a field name is not a token",
            Self::FieldValue => "a field value holds a control octet",
            Self::DerivedField => "the field is derived by the writer and cannot be given",
            Self::ForbiddenTrailer => "the field must not stand in a trailer section",
            Self::ContentNotPermitted => "the status or the method permits no content",
            Self::ContentLength => "the content is not as long as the head says",
            Self::InterimStatus => "an interim status cannot answer a request",
            Self::FinalStatus => "the status is not an interim one",
            Self::Protocol => "the protocol to upgrade to is malformed",
            Self::Cookie => "a cookie has an octet that it must not have",
            Self::Location => "a location is not a reference to anything",
            Self::Method => "the method is not a token",
            Self::Target => "the target is not one that goes with the method",
            Self::Host => "the host is not a host with at most a port, or not that of the target",
            Self::Upgrade => "only 101, in answer to a request that offers it, upgrades a connection",
        })
    }
}

impl core::error::Error for ResponseError {}
