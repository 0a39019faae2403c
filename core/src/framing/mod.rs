//! Which octets are this message's content, and which are the next message.
//!
//! [`request_framing`] and [`response_framing`] decide how a message's content is delimited; [`ContentDecoder`] then
//! takes it out of the input, as slices of the input. For the way out, [`ContentEncoder`] frames content as its head has
//! announced, and [`encode`] single chunks.

mod chunk_head;
mod chunked;
mod content;
pub mod encode;
mod encoder;
mod error;
mod length;
mod state;
#[cfg(test)]
mod tests;
mod trailers;

pub use content::{ContentDecoder, ContentLimits, Decoded, Part};
pub use encoder::ContentEncoder;
pub use error::FramingError;
pub use length::{Framing, request_framing, response_framing};
pub use state::{DecoderState, Stage};
pub(crate) use trailers::is_forbidden_in_trailers;
pub use trailers::{TrailerSection, Trailers};
