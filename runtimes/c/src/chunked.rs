//! The call of picohttpparser that takes the chunked coding off, in place.

use core::ffi::{c_char, c_int};

use engine::{
    framing::{ContentDecoder, ContentLimits, DecoderState, FramingError, Part, Stage},
    scan::{is_field_octet, is_token_octet},
};

use crate::border;

/// `struct phr_chunked_decoder`, of the same size and with the same public members as picohttpparser's. The others hold what
/// the engine's decoder needs to go on.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct ChunkedDecoder {
    pub bytes_left_in_chunk: usize,
    pub consume_trailer: c_char,
    /// Digits of a chunk size.
    digits: u8,
    /// Where the engine's decoder stands, or a [`Behind`] it.
    place: u8,
    /// Octets of content in all chunks whose sizes are known.
    content: u64,
    /// Octets of chunk extensions, or of the trailer section, in the lower half; the [`debt`](Self::charge) in the upper one.
    counts: u64,
}

/// Takes the chunked coding off.
///
/// # Safety
/// Each pointer is NULL, or points to what its type and the length beside it say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn phr_decode_chunked(
    decoder: *mut ChunkedDecoder,
    buf: *mut c_char,
    bufsz: *mut usize,
) -> isize {
    // SAFETY: the caller's promise.
    let Some(length) = (unsafe { border::take(bufsz) }) else { return -1 };
    // SAFETY: the caller's promise.
    let Some(mut state) = (unsafe { border::take(decoder) }) else { return -1 };
    // SAFETY: the caller's promise: it has filled the buffer.
    let Some(octets) = (unsafe { border::octets_mut(buf, length) }) else { return -1 };
    let mut written = 0;
    let decoded = state.decode(octets, &mut written);
    // SAFETY: the caller's promise.
    unsafe { border::put(bufsz, written) };
    // SAFETY: the caller's promise.
    unsafe { border::put(decoder, state) };
    match decoded {
        Ok(Some(rest)) => rest as isize,
        Ok(None) => -2,
        Err(Wrong) => -1,
    }
}

/// Whether a decoder is within the data of a chunk.
///
/// # Safety
/// The pointer is NULL, or points to a decoder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn phr_decode_chunked_is_in_data(decoder: *const ChunkedDecoder) -> c_int {
    // SAFETY: the caller's promise.
    let state = unsafe { border::take(decoder) };
    c_int::from(state.is_some_and(|state| Behind::of(state.place).is_none() && state.kept().stage() == Stage::Content))
}

/// The coding is wrong.
#[derive(Debug)]
struct Wrong;

impl From<FramingError> for Wrong {
    fn from(_: FramingError) -> Self {
        Self
    }
}

impl ChunkedDecoder {
    /// Moves content to the front of `octets`, and says in `written` how much there is. At the end of the coding, says how
    /// many octets are left, which follow the content.
    ///
    /// The engine's decoder keeps what it cannot take yet with its caller, who drops nothing. This one has to take everything
    /// but what follows the coding. That matters only behind the last chunk, where [`Behind`] takes over.
    fn decode(&mut self, octets: &mut [u8], written: &mut usize) -> Result<Option<usize>, Wrong> {
        let mut at = 0;
        if Behind::of(self.place).is_none() {
            let mut decoder = ContentDecoder::resumed(self.kept(), LIMITS);
            while let Some(rest) = octets.get(at..).filter(|rest| !rest.is_empty()) {
                let rest = match decoder.state(LIMITS).stage() {
                    Stage::Content => rest,
                    Stage::Framing => through_line_feed(rest),
                    _ => break,
                };
                let decoded = decoder.decode(rest)?;
                let content = if let Part::Content(content) = decoded.part { content.len() } else { 0 };
                at += decoded.consumed;
                self.charge(decoded.consumed - content, content)?;
                octets.copy_within(at - content..at, *written);
                *written += content;
            }
            let kept = decoder.state(LIMITS);
            self.keep(kept)?;
            if kept.stage() == Stage::Trailers {
                self.place = Behind::LastChunk as u8;
                self.counts &= DEBT;
            }
        }
        let Some(mut behind) = Behind::of(self.place) else { return Ok(None) };
        while behind != Behind::All
            && let Some(&octet) = octets.get(at)
        {
            behind = behind.next(octet, self.consume_trailer != 0).ok_or(Wrong)?;
            self.place = behind as u8;
            let taken = (self.counts & !DEBT) + 1;
            if taken > MOST_TRAILERS {
                return Err(Wrong);
            }
            self.counts = self.counts & DEBT | taken;
            at += 1;
        }
        if behind != Behind::All {
            return Ok(None);
        }
        octets.copy_within(at.., *written);
        Ok(Some(octets.len() - at))
    }

    /// Where the engine's decoder stands.
    const fn kept(&self) -> DecoderState {
        let mut kept =
            DecoderState { place: self.place, digits: self.digits, scanned: 0, extensions: 0, left: 0, content: 0 };
        kept.left = self.bytes_left_in_chunk as u64;
        kept.content = self.content;
        kept.extensions = self.counts as u32;
        kept
    }

    /// On machines where a size has less than 64 bits, chunks of sizes that it has not are refused.
    fn keep(&mut self, kept: DecoderState) -> Result<(), Wrong> {
        self.bytes_left_in_chunk = usize::try_from(kept.left).map_err(|_| Wrong)?;
        self.place = kept.place;
        self.digits = kept.digits;
        self.content = kept.content;
        self.counts = self.counts & DEBT | u64::from(kept.extensions);
        Ok(())
    }

    /// Content pays for the octets around it, each for three of them, and whoever is too deep in debt is refused: a peer that
    /// sends one octet in a chunk has us do more work than it does.
    fn charge(&mut self, framing: usize, content: usize) -> Result<(), Wrong> {
        let owed = (self.counts >> DEBT_SHIFT).saturating_add(framing as u64);
        let owed = owed.saturating_sub((content as u64).saturating_mul(3));
        if owed > MOST_DEBT {
            return Err(Wrong);
        }
        self.counts = self.counts & !DEBT | owed << DEBT_SHIFT;
        Ok(())
    }
}

/// Content of any size, and otherwise the limits that all programs have.
const LIMITS: ContentLimits = ContentLimits::new(u64::MAX);

const DEBT_SHIFT: u32 = 32;
const DEBT: u64 = u64::MAX << DEBT_SHIFT;
const MOST_DEBT: u64 = 64 * 1024;
const MOST_TRAILERS: u64 = LIMITS.trailers as u64;

/// A place behind the last chunk: these are not the engine's, which wants the whole trailer section at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behind {
    /// The CRLF that ends the last chunk's line.
    LastChunk = 64,
    LastChunkLineFeed,
    /// A trailer field, or the empty line.
    Line,
    Name,
    Value,
    LineFeed,
    EmptyLineFeed,
    /// Nothing.
    All,
}

impl Behind {
    fn of(place: u8) -> Option<Self> {
        ALL.into_iter().find(|&behind| behind as u8 == place)
    }

    /// ```abnf
    /// trailer-section = *( field-line CRLF )
    /// field-line      = field-name ":" OWS field-value OWS
    /// ```
    fn next(self, octet: u8, takes_trailers: bool) -> Option<Self> {
        Some(match (self, octet) {
            (Self::LastChunk, b'\r') => Self::LastChunkLineFeed,
            (Self::LastChunkLineFeed, b'\n') if takes_trailers => Self::Line,
            (Self::LastChunkLineFeed | Self::EmptyLineFeed, b'\n') => Self::All,
            (Self::Line, b'\r') => Self::EmptyLineFeed,
            (Self::Line | Self::Name, _) if is_token_octet(octet) => Self::Name,
            (Self::Name, b':') => Self::Value,
            (Self::Value, b'\r') => Self::LineFeed,
            (Self::Value, _) if is_field_octet(octet) => Self::Value,
            (Self::LineFeed, b'\n') => Self::Line,
            _ => return None,
        })
    }
}

const ALL: [Behind; 8] = [
    Behind::LastChunk,
    Behind::LastChunkLineFeed,
    Behind::Line,
    Behind::Name,
    Behind::Value,
    Behind::LineFeed,
    Behind::EmptyLineFeed,
    Behind::All,
];

/// Up to the first line feed, and all where there is none. A line is taken by itself, so that the last chunk's is noticed
/// before the trailer section is looked at.
fn through_line_feed(octets: &[u8]) -> &[u8] {
    let length = octets.iter().position(|&octet| octet == b'\n').map_or(octets.len(), |at| at + 1);
    octets.get(..length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So that a program that was compiled with that header can be linked with this library.
    #[cfg(target_pointer_width = "64")]
    #[test]
    fn it_takes_the_room_that_picohttpparsers_does() {
        assert_eq!((size_of::<ChunkedDecoder>(), align_of::<ChunkedDecoder>()), (32, 8));
        assert_eq!(core::mem::offset_of!(ChunkedDecoder, consume_trailer), 8);
    }

    #[test]
    fn whatever_a_decoder_holds_it_neither_panics_nor_goes_on_forever() {
        let input = b"5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\nrest";
        for place in 0..=u8::MAX {
            for number in [0, 1, u64::MAX] {
                let mut decoder = ChunkedDecoder {
                    bytes_left_in_chunk: number as usize,
                    consume_trailer: 1,
                    digits: number as u8,
                    place,
                    content: number,
                    counts: number,
                };
                let mut octets = *input;
                let mut written = 0;
                let _ = decoder.decode(&mut octets, &mut written);
                assert!(written <= input.len());
            }
        }
    }
}
