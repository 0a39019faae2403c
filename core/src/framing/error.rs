use core::fmt;

use crate::head::Status;

/// Why the framing of a message was refused. After one, where the next message begins is not known any more: answer
/// once and close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FramingError {
    /// What was wrong.
    pub kind: FramingErrorKind,
}

impl FramingError {
    pub(crate) const fn new(kind: FramingErrorKind) -> Self {
        Self { kind }
    }

    /// The status that answers a request with this fault: 400, 413, 431 or 501.
    ///
    /// Where it was a response that had the fault, a gateway answers its own client 502 instead.
    pub const fn status(self) -> Status {
        use FramingErrorKind as Kind;
        match self.kind {
            Kind::ContentTooLarge => CONTENT_TOO_LARGE,
            Kind::TrailersTooLarge | Kind::TooManyTrailers => FIELDS_TOO_LARGE,
            Kind::UnknownCoding => NOT_IMPLEMENTED,
            Kind::FieldsNotKept => INTERNAL_ERROR,
            _ => Status::BAD_REQUEST,
        }
    }
}

impl From<FramingErrorKind> for FramingError {
    fn from(kind: FramingErrorKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for FramingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl core::error::Error for FramingError {}

/// What was wrong with the framing of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FramingErrorKind {
    /// Content-Length is not a sequence of digits, which includes an empty one and a list.
    InvalidContentLength,
    /// Content-Length is larger than 64 bits can say.
    ContentLengthOverflow,
    /// There is more than one Content-Length field, equal or not.
    RepeatedContentLength,
    /// Content-Length and Transfer-Encoding stand in the same head.
    LengthAndCoding,
    /// Transfer-Encoding in an HTTP/1.0 message, which knows none.
    CodingInHttp10,
    /// Transfer-Encoding is not a list of codings.
    InvalidTransferEncoding,
    /// Transfer-Encoding has an empty list member, or is empty.
    EmptyCoding,
    /// The chunked coding has parameters, and none are defined.
    ChunkedWithParameters,
    /// The chunked coding is applied more than once.
    ChunkedTwice,
    /// The chunked coding is applied, but not last.
    ChunkedNotLast,
    /// A transfer coding without chunked: the content has no end that can be seen.
    CodingWithoutChunked,
    /// A transfer coding other than chunked, and chunked after it.
    UnknownCoding,
    /// The head has a field that decides the framing, but the field table lent to the parser was too small to keep
    /// it. This is a fault of the caller's code, not of the peer.
    FieldsNotKept,
    /// The content is larger than its limit.
    ContentTooLarge,
    /// A chunk begins without a size.
    EmptyChunkSize,
    /// A chunk size has an octet in it that is not a hexadecimal digit, or is followed by something other than CRLF
    /// or an extension.
    InvalidChunkSize,
    /// A chunk size has more than 16 digits.
    ChunkSizeTooLong,
    /// A chunk extension does not follow its grammar.
    InvalidChunkExtension,
    /// The chunk extensions of the message are larger than their limit.
    ChunkExtensionsTooLarge,
    /// Chunk data is not followed by CRLF.
    ChunkDataNotEnded,
    /// A CR that is not followed by LF.
    BareCarriageReturn,
    /// A LF that does not follow a CR.
    BareLineFeed,
    /// A line of the trailer section begins with white space.
    FoldedTrailer,
    /// A trailer field has no colon.
    TrailerWithoutColon,
    /// A trailer field's name is empty or not a token.
    InvalidTrailerName,
    /// A trailer field's value has a control octet in it.
    InvalidTrailerValue,
    /// The trailer section is larger than its limit.
    TrailersTooLarge,
    /// The trailer section has more fields than its limit.
    TooManyTrailers,
    /// The input ended inside the content.
    UnexpectedEnd,
}

impl fmt::Display for FramingErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidContentLength => "Content-Length is not a number",
            Self::ContentLengthOverflow => "Content-Length does not fit in 64 bits",
            Self::RepeatedContentLength => "more than one Content-Length",
            Self::LengthAndCoding => "both Content-Length and Transfer-Encoding",
            Self::CodingInHttp10 => "Transfer-Encoding in HTTP/1.0",
            Self::InvalidTransferEncoding => "Transfer-Encoding is not a list of codings",
            Self::EmptyCoding => "Transfer-Encoding has an empty member",
            Self::ChunkedWithParameters => "chunked coding with parameters",
            Self::ChunkedTwice => "chunked coding applied more than once",
            Self::ChunkedNotLast => "chunked is not the last transfer coding",
            Self::CodingWithoutChunked => "transfer coding without chunked",
            Self::UnknownCoding => "unknown transfer coding",
            Self::FieldsNotKept => {
                "the field table is too small for the fields that decide the framing"
            }
            Self::ContentTooLarge => "content is larger than its limit",
            Self::EmptyChunkSize => "chunk without a size",
            Self::InvalidChunkSize => "chunk size is not a hexadecimal number",
            Self::ChunkSizeTooLong => "chunk size has more than 16 digits",
            Self::InvalidChunkExtension => "chunk extension is malformed",
            Self::ChunkExtensionsTooLarge => "chunk extensions are larger than their limit",
            Self::ChunkDataNotEnded => "chunk data is not followed by CRLF",
            Self::BareCarriageReturn => "CR without LF",
            Self::BareLineFeed => "LF without CR",
            Self::FoldedTrailer => "trailer line begins with white space",
            Self::TrailerWithoutColon => "trailer field without a colon",
            Self::InvalidTrailerName => "trailer name is not a token",
            Self::InvalidTrailerValue => "control octet in a trailer value",
            Self::TrailersTooLarge => "trailer section is larger than its limit",
            Self::TooManyTrailers => "trailer section has too many fields",
            Self::UnexpectedEnd => "input ended inside the content",
        })
    }
}

const CONTENT_TOO_LARGE: Status = status(413);
const FIELDS_TOO_LARGE: Status = status(431);
const INTERNAL_ERROR: Status = status(500);
const NOT_IMPLEMENTED: Status = status(501);

const fn status(code: u16) -> Status {
    match Status::new(code) {
        Some(status) => status,
        None => Status::BAD_REQUEST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_tell_size_and_unknown_codings_from_plain_faults() {
        let cases = [
            (FramingErrorKind::InvalidContentLength, 400),
            (FramingErrorKind::BareLineFeed, 400),
            (FramingErrorKind::UnexpectedEnd, 400),
            (FramingErrorKind::ChunkExtensionsTooLarge, 400),
            (FramingErrorKind::ContentTooLarge, 413),
            (FramingErrorKind::TrailersTooLarge, 431),
            (FramingErrorKind::TooManyTrailers, 431),
            (FramingErrorKind::FieldsNotKept, 500),
            (FramingErrorKind::UnknownCoding, 501),
        ];
        for (kind, code) in cases {
            assert_eq!(FramingError::new(kind).status().code(), code, "{kind:?}");
        }
    }
}
