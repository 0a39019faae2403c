//! The chunked coding on the way out (RFC 9112 7.1).
//!
//! [`chunk`] copies data into the output between its framing. Where the data is large, [`ChunkHead`] gives the framing
//! alone, so that the data can be sent from where it lies. [`ContentEncoder`](super::ContentEncoder) writes content in any
//! framing.

use crate::{
    buffer::Sink,
    response::{Draft, ResponseError},
};

use super::is_forbidden_in_trailers;

/// What ends the data of a chunk.
pub const CHUNK_END: &[u8] = b"\r\n";

/// Writes a chunk: all of it or nothing. Empty data writes nothing, since an empty chunk would be the last one.
///
/// # Errors
/// [`ResponseError::NoRoom`]: the chunk takes up to 20 octets more than its data.
pub fn chunk<S: Sink>(sink: &mut S, data: &[u8]) -> Result<(), ResponseError> {
    if data.is_empty() {
        return Ok(());
    }
    let mut draft = Draft::new(sink);
    draft.put(ChunkHead::new(data.len() as u64).as_octets());
    draft.put(data);
    draft.put(CHUNK_END);
    draft.finish()
}

/// Writes the last chunk, with these fields as the trailer section: all of it or nothing.
///
/// # Errors
/// [`ResponseError::FieldName`] and [`ResponseError::FieldValue`] as for fields of a head,
/// [`ResponseError::ForbiddenTrailer`] for a field that a trailer section must not have, [`ResponseError::NoRoom`].
pub fn last_chunk<S: Sink>(sink: &mut S, trailers: &[(&str, &[u8])]) -> Result<(), ResponseError> {
    let mut draft = Draft::new(sink);
    draft.put(b"0\r\n");
    for &(name, value) in trailers {
        if is_forbidden_in_trailers(name) {
            draft.fail(ResponseError::ForbiddenTrailer);
        }
        draft.put_checked_line(name, value);
    }
    draft.put(b"\r\n");
    draft.finish()
}

/// The line before the data of a chunk.
///
/// ```
/// use pronto::framing::encode::ChunkHead;
///
/// assert_eq!(ChunkHead::new(0x2f00).as_octets(), b"2f00\r\n");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ChunkHead {
    octets: [u8; 18],
    start: u8,
}

impl ChunkHead {
    /// The line before data of this length. For 0 it is that of the last chunk.
    pub const fn new(mut length: u64) -> Self {
        let mut octets = [b'0'; 18];
        octets[16] = b'\r';
        octets[17] = b'\n';
        let mut start = 16;
        loop {
            start -= 1;
            octets[start] = b"0123456789abcdef"[(length & 15) as usize];
            length >>= 4;
            if length == 0 {
                return Self { octets, start: start as u8 };
            }
        }
    }

    /// The size in hexadecimal digits, and CR LF.
    pub fn as_octets(&self) -> &[u8] {
        self.octets.get(usize::from(self.start)..).unwrap_or_default()
    }
}
