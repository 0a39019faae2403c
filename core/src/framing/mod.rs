//! Which octets are this message's content, and which are the next message.
//!
//! [`request_framing`] and [`response_framing`] decide how a content is delimited, following RFC 9112 6.3 step by step.
//! [`ContentDecoder`] then walks the input to the end of that content, whatever its framing, and hands out slices of
//! the input: nothing is copied, and the input may arrive in any pieces. [`ChunkedDecoder`] is its part for the chunked
//! coding, for callers who need nothing else. [`write_chunk`] and [`ChunkHead`] write the chunked coding.
//!
//! Everything is strict: where two implementations could see different ends of a message, it is refused.
//!
//! ```
//! use pronto::framing::{ContentDecoder, ContentLimits, Framing, Part};
//!
//! let input = b"5\r\nHello\r\n7;part=2\r\n, World\r\n0\r\nDigest: none\r\n\r\nGET / HTTP/1.1\r\n";
//! let mut decoder = ContentDecoder::new(Framing::Chunked, ContentLimits::new())?;
//! let mut content = Vec::new();
//! let mut at = 0;
//! loop {
//!     let decoded = decoder.decode(&input[at..])?;
//!     at += decoded.consumed;
//!     match decoded.part {
//!         Part::Content(octets) => content.extend_from_slice(octets),
//!         Part::Trailer(field) => assert_eq!((field.name, field.value), ("Digest", &b"none"[..])),
//!         Part::NeedInput => unreachable!("all of it is here"),
//!         Part::End => break,
//!     }
//! }
//! assert_eq!(content, b"Hello, World");
//! assert_eq!(&input[at..], b"GET / HTTP/1.1\r\n");
//! # Ok::<(), pronto::framing::FramingError>(())
//! ```

mod chunked;
mod content;
mod encode;
mod error;
mod length;
mod limits;
mod octet;
#[cfg(test)]
mod tests;
mod trailer;

pub use chunked::ChunkedDecoder;
pub use content::{ContentDecoder, Decoded, Part};
pub use encode::{CHUNK_END, ChunkHead, EncodeError, LAST_CHUNK, write_chunk, write_last_chunk};
pub use error::{FramingError, FramingErrorKind};
pub use length::{Framing, request_framing};
pub use limits::ContentLimits;
pub use trailer::is_trailer_name_allowed;
