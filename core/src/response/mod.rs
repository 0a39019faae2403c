//! The serializer: status, fields, then exactly one kind of content.
//!
//! [`ResponseWriter`] writes a response into a [`Sink`], all of it or nothing. What the protocol derives is never typed in:
//! Content-Length, Transfer-Encoding, Connection, Date and Server come from the content, the request and the clock.
//! [`PreparedResponse`] is a response that never changes, rendered once, or by [`prepared!`](crate::prepared) at compile
//! time.

use crate::buffer::Sink;

mod check;
mod common;
mod date;
mod draft;
mod error;
mod forward;
mod framer;
mod pen;
mod prepared;
mod redirect;
mod replied;
mod set_cookie;
#[cfg(test)]
mod tests;
mod writer;

pub use check::check_field;
pub(crate) use check::check_name;
pub use common::CommonFields;
pub use date::{DATE_LENGTH, format_date};
pub(crate) use draft::Draft;
pub use error::ResponseError;
pub use framer::{Frame, Framer, WrongLength};
pub(crate) use pen::{Pen, decimal_length};
pub use prepared::{PreparedArray, PreparedResponse};
pub use redirect::Redirect;
pub use replied::{Following, Replied};
pub use set_cookie::{SameSite, SetCookie};
pub use writer::{Persistence, ReplyContent, ReplyContext, ResponseHeadWriter, ResponseWriter, UpgradeOffer};
pub(crate) use writer::{length_line_length, put_length_line};

/// The interim response that asks a client for the content it holds back (RFC 9110 10.1.1).
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Writes [`CONTINUE`].
///
/// # Errors
/// [`ResponseError::NoRoom`], and nothing was written.
pub fn write_continue<S: Sink>(sink: &mut S) -> Result<(), ResponseError> {
    let mut draft = Draft::new(sink);
    draft.put(CONTINUE);
    draft.finish()
}
