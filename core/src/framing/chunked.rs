use crate::head::{HeadLimits, Progress, Resumable};
use crate::scan::{is_field_octet, is_token_octet};

use super::{
    ContentLimits, Decoded, FramingError, Part,
    chunk_head::{MOST_DIGITS, UsualHead, value_of},
    trailers::{TrailerLength, TrailerSection},
};

/// Takes the chunked coding off content as it comes (RFC 9112 7.1).
///
/// ```abnf
/// chunked-body = *chunk last-chunk trailer-section CRLF
/// chunk        = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
/// last-chunk   = 1*("0") [ chunk-ext ] CRLF
/// chunk-size   = 1*HEXDIG
/// chunk-ext    = *( ";" chunk-ext-name [ "=" chunk-ext-val ] )
/// ```
///
/// Stricter than that: a size has at most 16 digits, and no white space is let through around `;` and `=`, which the
/// grammar only knows as bad.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChunkedDecoder {
    pub(super) state: State,
    /// Octets of content that may still come.
    pub(super) content_left: u64,
    /// Octets of chunk extensions that may still come.
    pub(super) extensions_left: u32,
    pub(super) trailers: Resumable,
    pub(super) usual: UsualHead,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum State {
    /// In a chunk size, of which so many digits are there.
    Size {
        size: u64,
        digits: u8,
    },
    /// In the extensions of a chunk.
    Extension {
        size: u64,
        place: Place,
    },
    /// At the end of a chunk's first line.
    SizeCarriageReturn {
        size: u64,
    },
    SizeLineFeed {
        size: u64,
    },
    /// In the data of a chunk.
    Data {
        left: u64,
    },
    /// Behind the data.
    DataCarriageReturn,
    DataLineFeed,
    /// At the CRLF of the last chunk's line: the trailer section is looked at from there.
    Trailers,
    End,
    /// Something was refused, and all that comes is.
    Failed(FramingError),
}

/// Where in an extension.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    NameStart,
    Name,
    ValueStart,
    Token,
    Quoted,
    Escape,
    QuotedEnd,
}

impl ChunkedDecoder {
    pub(super) const fn new(limits: ContentLimits) -> Self {
        let trailers = HeadLimits::new().with_octets(limits.trailers).with_fields(limits.trailer_fields);
        Self {
            state: State::Size { size: 0, digits: 0 },
            content_left: limits.content,
            extensions_left: limits.extensions,
            trailers: Resumable::new(trailers),
            usual: UsualHead::NONE,
        }
    }

    pub(super) const fn is_done(&self) -> bool {
        matches!(self.state, State::End)
    }

    /// How many octets are still to come, at least.
    pub(super) const fn remaining_hint(&self) -> u64 {
        const LINE_END: u64 = 2;
        const LAST_CHUNK: u64 = 1 + 2 * LINE_END;
        match self.state {
            State::End | State::Failed(_) => 0,
            State::Size { digits: 0, .. } => LAST_CHUNK,
            // The size may be that of the last chunk.
            State::Size { .. } | State::Extension { .. } | State::Trailers => 2 * LINE_END,
            State::SizeCarriageReturn { size } => size.saturating_add(2 * LINE_END + LAST_CHUNK),
            State::SizeLineFeed { size } => size.saturating_add(1 + LINE_END + LAST_CHUNK),
            State::Data { left } => left.saturating_add(LINE_END + LAST_CHUNK),
            State::DataCarriageReturn => LINE_END + LAST_CHUNK,
            State::DataLineFeed => 1 + LAST_CHUNK,
        }
    }

    // Always inlined: what it returns is too large for registers, and the next call waits for `consumed`.
    #[inline(always)]
    pub(super) fn decode<'i>(&mut self, input: &'i [u8]) -> Result<Decoded<'i>, FramingError> {
        let (start, end) = self.plain_chunk(input);
        match input.get(start..end) {
            Some(data) if !data.is_empty() => Ok(Decoded { consumed: end, part: Part::Content(data) }),
            _ => self.decode_any(input),
        }
    }

    /// Takes a chunk the line of which is whole, has no extensions, and has data behind it: where in the input that data
    /// starts and ends. Everything else is left untouched, which an empty range tells.
    #[inline(always)]
    fn plain_chunk(&mut self, input: &[u8]) -> (usize, usize) {
        let line = match self.state {
            State::DataCarriageReturn if input.starts_with(b"\r\n") => 2,
            State::Size { digits: 0, .. } => 0,
            _ => return (0, 0),
        };
        let (length, size) = self.usual.parse(input.get(line..).unwrap_or_default());
        let start = line + length;
        let present = input.len().saturating_sub(start);
        if size == 0 || size > self.content_left || present == 0 {
            return (0, 0);
        }
        self.content_left -= size;
        // Two branches where a minimum would do: the place of the next chunk need not wait for the length of the input.
        if size <= present as u64 {
            self.state = State::DataCarriageReturn;
            (start, start + size as usize)
        } else {
            self.state = State::Data { left: size - present as u64 };
            (start, input.len())
        }
    }

    /// Takes whatever it is. What was refused once is never taken up again, at whichever octet.
    #[inline(never)]
    fn decode_any<'i>(&mut self, input: &'i [u8]) -> Result<Decoded<'i>, FramingError> {
        if let State::Failed(error) = self.state {
            return Err(error);
        }
        let decoded = self.decode_step_by_step(input);
        if let Err(error) = decoded {
            self.state = State::Failed(error);
        }
        decoded
    }

    fn decode_step_by_step<'i>(&mut self, input: &'i [u8]) -> Result<Decoded<'i>, FramingError> {
        let mut at = 0;
        loop {
            let Some(&octet) = input.get(at) else {
                let part = if self.is_done() { Part::End } else { Part::NeedInput };
                return Ok(Decoded { consumed: at, part });
            };
            match self.state {
                State::Size { size, digits } => {
                    at += self.size(&input[at..], size, digits)?;
                    continue;
                }
                State::Extension { size, place } => match extension(place, octet)? {
                    Some(place) => {
                        self.extensions_left =
                            self.extensions_left.checked_sub(1).ok_or(FramingError::TooManyChunkExtensions)?;
                        self.state = State::Extension { size, place };
                    }
                    None => {
                        self.end_of_first_line(size)?;
                        continue;
                    }
                },
                State::SizeCarriageReturn { size } => {
                    expect(octet, b'\r', FramingError::ChunkSize)?;
                    self.state = State::SizeLineFeed { size };
                }
                State::SizeLineFeed { size } => {
                    expect(octet, b'\n', FramingError::ChunkSize)?;
                    self.state = State::Data { left: size };
                }
                State::Data { left } => {
                    let rest = &input[at..];
                    let length = usize::try_from(left).map_or(rest.len(), |left| rest.len().min(left));
                    self.state = match left - length as u64 {
                        0 => State::DataCarriageReturn,
                        left => State::Data { left },
                    };
                    return Ok(Decoded { consumed: at + length, part: Part::Content(&rest[..length]) });
                }
                State::DataCarriageReturn => {
                    expect(octet, b'\r', FramingError::ChunkEnd)?;
                    self.state = State::DataLineFeed;
                }
                State::DataLineFeed => {
                    expect(octet, b'\n', FramingError::ChunkEnd)?;
                    self.state = State::Size { size: 0, digits: 0 };
                }
                State::Trailers => return self.trailers(input, at),
                State::End => {
                    return Ok(Decoded { consumed: at, part: Part::End });
                }
                State::Failed(error) => return Err(error),
            }
            at += 1;
        }
    }

    /// Takes the digits of a size, and returns how many there were.
    fn size(&mut self, input: &[u8], mut size: u64, mut digits: u8) -> Result<usize, FramingError> {
        for (taken, &octet) in input.iter().enumerate() {
            let Some(value) = value_of(octet) else {
                match octet {
                    _ if digits == 0 => return Err(FramingError::ChunkSize),
                    b'\r' => self.end_of_first_line(size)?,
                    b';' => self.state = State::Extension { size, place: Place::QuotedEnd },
                    _ => return Err(FramingError::ChunkSize),
                }
                return Ok(taken);
            };
            if usize::from(digits) == MOST_DIGITS {
                return Err(FramingError::ChunkSize);
            }
            size = size << 4 | u64::from(value);
            digits += 1;
        }
        self.state = State::Size { size, digits };
        Ok(input.len())
    }

    /// At the CR that ends the first line of a chunk.
    fn end_of_first_line(&mut self, size: u64) -> Result<(), FramingError> {
        self.content_left = self.content_left.checked_sub(size).ok_or(FramingError::ContentTooLarge)?;
        self.state = if size == 0 { State::Trailers } else { State::SizeCarriageReturn { size } };
        Ok(())
    }

    /// At the CR that ends the line of the last chunk.
    fn trailers<'i>(&mut self, input: &'i [u8], at: usize) -> Result<Decoded<'i>, FramingError> {
        let section = input.get(at..).unwrap_or_default();
        if section.starts_with(b"\r\n\r\n") {
            self.state = State::End;
            return Ok(Decoded { consumed: at + 4, part: Part::End });
        }
        match self.trailers.parse(section, &mut []) {
            Ok(Progress::Complete(TrailerLength(length))) => {
                self.state = State::End;
                let part = Part::Trailers(TrailerSection::new(section.get(..length).unwrap_or_default()));
                Ok(Decoded { consumed: at + length, part })
            }
            Ok(Progress::Incomplete) => Ok(Decoded { consumed: at, part: Part::NeedInput }),
            Err(error) => Err(FramingError::Trailers(error.kind)),
        }
    }
}

/// The place behind an octet of the extensions, or `None` where they end.
///
/// ```abnf
/// chunk-ext-val = token / quoted-string
/// ```
fn extension(place: Place, octet: u8) -> Result<Option<Place>, FramingError> {
    let next = match (place, octet) {
        (Place::NameStart | Place::Name, _) if is_token_octet(octet) => Place::Name,
        (Place::Name, b'=') => Place::ValueStart,
        (Place::ValueStart, b'"') => Place::Quoted,
        (Place::ValueStart | Place::Token, _) if is_token_octet(octet) => Place::Token,
        (Place::Quoted, b'"') => Place::QuotedEnd,
        (Place::Quoted, b'\\') => Place::Escape,
        (Place::Quoted | Place::Escape, _) if is_field_octet(octet) => Place::Quoted,
        (Place::Name | Place::Token | Place::QuotedEnd, b';') => Place::NameStart,
        (Place::Name | Place::Token | Place::QuotedEnd, b'\r') => return Ok(None),
        _ => return Err(FramingError::ChunkExtension),
    };
    Ok(Some(next))
}

fn expect(octet: u8, expected: u8, otherwise: FramingError) -> Result<(), FramingError> {
    if octet == expected { Ok(()) } else { Err(otherwise) }
}
