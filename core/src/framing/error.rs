use core::fmt;

use crate::head::{HeadErrorKind, Status};

/// Why the end of a message cannot be told with certainty, or its content is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FramingError {
    /// Content-Length is not digits alone, or does not fit in 64 bits.
    ContentLength,
    /// More than one Content-Length field, even where they agree.
    RepeatedContentLength,
    /// Both Transfer-Encoding and Content-Length: an attempt at request smuggling, or as good as one (RFC 9112 6.1).
    TransferEncodingWithContentLength,
    /// Transfer-Encoding in an HTTP/1.0 message, where nobody agrees what it means (RFC 9112 6.1).
    TransferEncodingInHttp10,
    /// Transfer-Encoding is not a list of codings that ends in one `chunked` without parameters.
    TransferEncoding,
    /// A transfer coding that is not known here, with `chunked` last.
    UnknownTransferCoding,
    /// A chunk size is not 1 to 16 hexadecimal digits.
    ChunkSize,
    /// Chunk extensions are not `;name`, `;name=token` or `;name="quoted"`.
    ChunkExtension,
    /// More chunk extensions than the limit allows.
    TooManyChunkExtensions,
    /// The data of a chunk is not followed by CR LF.
    ChunkEnd,
    /// The trailer section is not one.
    Trailers(HeadErrorKind),
    /// The content is larger than its limit.
    ContentTooLarge,
    /// The input ended inside the content.
    EndOfInput,
}

impl FramingError {
    /// The status that answers it.
    pub const fn status(self) -> Status {
        match self {
            Self::UnknownTransferCoding => Status::NOT_IMPLEMENTED,
            Self::ContentTooLarge => Status::CONTENT_TOO_LARGE,
            Self::Trailers(kind) => kind.status(),
            _ => Status::BAD_REQUEST,
        }
    }
}

impl fmt::Display for FramingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ContentLength => "Content-Length is not a number of octets",
            Self::RepeatedContentLength => "more than one Content-Length",
            Self::TransferEncodingWithContentLength => "both Transfer-Encoding and Content-Length",
            Self::TransferEncodingInHttp10 => "Transfer-Encoding in an HTTP/1.0 message",
            Self::TransferEncoding => "Transfer-Encoding does not end in one chunked coding",
            Self::UnknownTransferCoding => "a transfer coding that is not known here",
            Self::ChunkSize => "not a chunk size",
            Self::ChunkExtension => "not a chunk extension",
            Self::TooManyChunkExtensions => "too many chunk extensions",
            Self::ChunkEnd => "a chunk does not end where its size says",
            Self::Trailers(kind) => return write!(formatter, "in the trailer section: {kind}"),
            Self::ContentTooLarge => "the content is too large",
            Self::EndOfInput => "the input ended inside the content",
        })
    }
}

impl core::error::Error for FramingError {}
