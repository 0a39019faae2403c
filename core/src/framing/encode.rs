use core::fmt;
use core::num::NonZeroU64;

use super::is_trailer_name_allowed;
use super::octet::{is_token, is_value};
use crate::buffer::Sink;
use crate::head::Field;

/// What stands behind the data of a chunk.
pub const CHUNK_END: &[u8] = b"\r\n";

/// What ends a chunked content that has no trailer section.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Writes a chunk: size, data, and line ends. Empty data is not written at all, because a chunk of size 0 is the last.
///
/// # Errors
/// [`EncodeError::NoRoom`] where the sink has no room for all of it: then nothing was written.
pub fn write_chunk(sink: &mut impl Sink, data: &[u8]) -> Result<(), EncodeError> {
    let Some(head) = ChunkHead::of(data) else {
        return Ok(());
    };
    write(sink, [head.as_octets(), data, CHUNK_END].into_iter())
}

/// Writes the last chunk, a trailer section of these fields, and the empty line that ends the content.
///
/// # Errors
/// Where a field must not be sent so, or the sink has no room for all of it: then nothing was written.
pub fn write_last_chunk(sink: &mut impl Sink, trailers: &[Field<'_>]) -> Result<(), EncodeError> {
    for field in trailers {
        check(field)?;
    }
    let lines = trailers
        .iter()
        .flat_map(|field| [field.name.as_bytes(), b": ", field.value, b"\r\n"]);
    let first: &[u8] = b"0\r\n";
    let last: &[u8] = b"\r\n";
    write(
        sink,
        core::iter::once(first)
            .chain(lines)
            .chain(core::iter::once(last)),
    )
}

/// What stands before the data of a chunk, for data that is sent from where it lies: gather these octets, the data, and
/// [`CHUNK_END`].
///
/// ```
/// use pronto::framing::{CHUNK_END, ChunkHead};
///
/// let data = b"Hello, World!";
/// if let Some(head) = ChunkHead::of(data) {
///     assert_eq!([head.as_octets(), data, CHUNK_END].concat(), b"d\r\nHello, World!\r\n");
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChunkHead {
    /// The head, at the end of the array.
    octets: [u8; Self::CAPACITY],
    start: u8,
}

impl ChunkHead {
    /// The most octets that a chunk's head takes: 16 digits and a line end.
    pub const CAPACITY: usize = 18;

    /// The head of a chunk with so many octets of data.
    #[must_use]
    pub const fn new(length: NonZeroU64) -> Self {
        let mut octets = [0; Self::CAPACITY];
        octets[Self::CAPACITY - 2] = b'\r';
        octets[Self::CAPACITY - 1] = b'\n';
        let mut start = Self::CAPACITY - 2;
        let mut left = length.get();
        while left != 0 {
            start -= 1;
            octets[start] = DIGITS[(left & 0xf) as usize];
            left >>= 4;
        }
        Self {
            octets,
            start: start as u8,
        }
    }

    /// The head of a chunk with this data, or `None` for empty data, of which no chunk can be made: size 0 means the end.
    #[must_use]
    pub const fn of(data: &[u8]) -> Option<Self> {
        match NonZeroU64::new(data.len() as u64) {
            Some(length) => Some(Self::new(length)),
            None => None,
        }
    }

    /// The octets to send before the data.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        self.octets
            .get(usize::from(self.start)..)
            .unwrap_or_default()
    }
}

impl AsRef<[u8]> for ChunkHead {
    fn as_ref(&self) -> &[u8] {
        self.as_octets()
    }
}

impl fmt::Debug for ChunkHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChunkHead(\"{}\")", self.as_octets().escape_ascii())
    }
}

/// Why something was not written. Nothing was, then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EncodeError {
    /// The sink has no room for all of it.
    NoRoom {
        /// How many octets all of it is.
        needed: usize,
    },
    /// A trailer field's name is not a token.
    InvalidName,
    /// A trailer field's name is one that must not stand in a trailer section.
    ForbiddenName,
    /// A trailer field's value has a CR, LF, NUL or another control octet in it.
    InvalidValue,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoom { needed } => write!(f, "no room for {needed} octets of output"),
            Self::InvalidName => f.write_str("trailer name is not a token"),
            Self::ForbiddenName => f.write_str("field is not allowed in a trailer section"),
            Self::InvalidValue => f.write_str("control octet in a trailer value"),
        }
    }
}

impl core::error::Error for EncodeError {}

fn check(field: &Field<'_>) -> Result<(), EncodeError> {
    if field.name.is_empty() || !field.name.bytes().all(is_token) {
        return Err(EncodeError::InvalidName);
    }
    if !is_trailer_name_allowed(field.name) {
        return Err(EncodeError::ForbiddenName);
    }
    if !field.value.iter().copied().all(is_value) {
        return Err(EncodeError::InvalidValue);
    }
    Ok(())
}

/// Writes all the pieces or none.
fn write<'a>(
    sink: &mut impl Sink,
    pieces: impl Iterator<Item = &'a [u8]> + Clone,
) -> Result<(), EncodeError> {
    let needed = pieces
        .clone()
        .map(<[u8]>::len)
        .fold(0, usize::saturating_add);
    let full = EncodeError::NoRoom { needed };
    let mut room = sink.room(needed).ok_or(full)?;
    for piece in pieces {
        let (front, rest) = room.split_at_mut_checked(piece.len()).ok_or(full)?;
        front.copy_from_slice(piece);
        room = rest;
    }
    sink.advance(needed);
    Ok(())
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";
