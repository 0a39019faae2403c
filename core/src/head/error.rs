use core::fmt;

use super::Status;

/// Why a head was refused: what was wrong, and where. The head is the sender's; nothing of this is the caller's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct HeadError {
    /// What was wrong.
    pub kind: HeadErrorKind,
    /// The offset of the offending octet from the start of the input; where something is missing, of the octet that
    /// stands in its place.
    pub at: usize,
}

impl HeadError {
    /// The status that answers it.
    pub const fn status(self) -> Status {
        self.kind.status()
    }
}

impl fmt::Display for HeadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, at octet {}", self.kind, self.at)
    }
}

impl core::error::Error for HeadError {}

/// What was wrong with a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum HeadErrorKind {
    /// More than two empty lines before the first line (RFC 9112 2.2 asks for one to be skipped).
    TooManyEmptyLines,
    /// A CR that no LF follows.
    BareCarriageReturn,
    /// An LF that no CR precedes.
    BareLineFeed,
    /// A control other than tab, CR and LF.
    ControlOctet,
    /// The method is empty or not a token, or no space follows it (RFC 9112 3.1).
    Method,
    /// The request target is empty, or holds an octet that a target may not have (RFC 9112 3.2).
    Target,
    /// The version is missing, or is not `HTTP/` with two digits, or not followed by the end of the line.
    Version,
    /// The version is one that is not spoken here, such as 2.0.
    UnsupportedVersion,
    /// The status code is not three digits from 100 on, or what follows it is neither a space nor the end of the line.
    StatusCode,
    /// A line begins with white space: an obsolete folded field (RFC 9112 5.2), or white space after the first line.
    LeadingWhitespace,
    /// White space between a field name and the colon (RFC 9112 5.1).
    WhitespaceBeforeColon,
    /// A field name is empty or not a token.
    FieldName,
    /// A line without a colon.
    MissingColon,
    /// The request target is longer than its limit.
    TargetTooLong,
    /// The head is larger than its limit.
    HeadTooLarge,
    /// The head has more fields than its limit, or than the table has entries.
    TooManyFields,
    /// Anything else that the parser did not accept.
    Malformed,
}

impl HeadErrorKind {
    /// The status that answers it.
    pub const fn status(self) -> Status {
        match self {
            Self::TargetTooLong => Status::URI_TOO_LONG,
            Self::HeadTooLarge | Self::TooManyFields => Status::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::UnsupportedVersion => Status::HTTP_VERSION_NOT_SUPPORTED,
            _ => Status::BAD_REQUEST,
        }
    }
}

impl fmt::Display for HeadErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TooManyEmptyLines => "more than two empty lines before the first line",
            Self::BareCarriageReturn => "a carriage return without a line feed",
            Self::BareLineFeed => "a line feed without a carriage return",
            Self::ControlOctet => "a control octet",
            Self::Method => "not a method followed by one space",
            Self::Target => "not a request target",
            Self::Version => "not a protocol version at the end of the line",
            Self::UnsupportedVersion => "a protocol version that is not spoken here",
            Self::StatusCode => "not a status code",
            Self::LeadingWhitespace => "white space at the start of a line",
            Self::WhitespaceBeforeColon => "white space before the colon of a field",
            Self::FieldName => "not a field name",
            Self::MissingColon => "a line without a colon",
            Self::TargetTooLong => "the request target is too long",
            Self::HeadTooLarge => "the head is too large",
            Self::TooManyFields => "too many fields",
            Self::Malformed => "not a well-formed head",
        })
    }
}
