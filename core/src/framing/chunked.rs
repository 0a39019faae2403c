use memchr::memchr;

use super::content::split_at_most;
use super::octet::{NO_DIGIT, hex_digit, is_quotable, is_token, is_value};
use super::trailer::{is_trailer_name_allowed, parse_line};
use super::{ContentLimits, Decoded, FramingError, FramingErrorKind, Part};

/// Decodes the chunked coding (RFC 9112 7.1), strictly.
///
/// ```text
/// chunked-body = *( chunk-size [ chunk-ext ] CRLF chunk-data CRLF )
///                1*"0" [ chunk-ext ] CRLF *( field-line CRLF ) CRLF
/// chunk-size   = 1*16HEXDIG
/// chunk-ext    = *( ";" token [ "=" ( token / quoted-string ) ] )
/// ```
///
/// This differs from the RFC's grammar in two places, where others have been led to see other ends of a message than the
/// next server did: a size has at most 16 digits, leading zeros counted; and there is no white space beside the semicolon and
/// the equals sign of an extension, which the RFC calls bad and tolerates.
///
/// The contract is that of [`ContentDecoder`](super::ContentDecoder), which drives this one. Sizes, extensions and line ends
/// are consumed as they come. Content is handed out as it comes, before the CRLF behind it is there. Only a line of the
/// trailer section stays in the caller's buffer until it is whole; how far it was searched is remembered.
#[derive(Clone, Debug)]
pub struct ChunkedDecoder {
    state: State,
    /// Digits of the size being read.
    digits: u8,
    /// More trailer fields accepted.
    trailer_fields: u16,
    /// More octets of extensions accepted.
    extensions: u32,
    /// More octets of trailer lines accepted.
    trailers: u32,
    /// Octets of the trailer line at the front of the input that are known to hold no LF.
    searched: u32,
    /// The size being read; then how much of the chunk's data is still to come.
    size: u64,
    /// More octets of content accepted, in chunks that are still to be declared.
    allowance: u64,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A size's first digit.
    Size,
    /// A size's next digit, a semicolon, or the CR of the line.
    SizeRest,
    /// The first octet of an extension's name.
    ExtensionName,
    /// More of the name, an equals sign, or what ends an extension.
    ExtensionNameRest,
    /// The first octet of an extension's value.
    ExtensionValue,
    /// More of a value that is a token, or what ends an extension.
    ExtensionToken,
    /// More of a value that is quoted, or the quote that ends it.
    ExtensionQuoted,
    /// The octet behind a backslash.
    ExtensionQuotedPair,
    /// What ends an extension: a semicolon or the CR of the line.
    ExtensionEnd,
    /// The LF of a size's line.
    SizeLineFeed,
    /// Data.
    Data,
    /// The CR behind data.
    DataEnd,
    /// The LF behind data.
    DataLineFeed,
    /// A line of the trailer section, or the empty line that ends it.
    Trailers,
    /// Nothing.
    Done,
    /// Nothing: this was wrong.
    Failed(FramingErrorKind),
}

impl ChunkedDecoder {
    /// A decoder at the beginning of a content.
    #[must_use]
    pub const fn new(limits: ContentLimits) -> Self {
        Self {
            state: State::Size,
            digits: 0,
            trailer_fields: limits.trailer_fields,
            extensions: limits.extensions,
            trailers: limits.trailers,
            searched: 0,
            size: 0,
            allowance: limits.content,
        }
    }

    /// Makes of the front of the input what can be made of it: see [`ContentDecoder::decode`](super::ContentDecoder::decode).
    ///
    /// # Errors
    /// Where the input breaks the grammar, or a limit. The limit on content is compared with what chunks declare, before
    /// their data is there.
    #[inline]
    pub fn decode<'i>(&mut self, input: &'i [u8]) -> Result<Decoded<'i>, FramingError> {
        if let Some(decoded) = self.decode_plain_chunk(input) {
            return Ok(decoded);
        }
        self.decode_any(input)
    }

    /// Whether the content is over.
    #[inline]
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// At least so many octets of input are still to come before the content is over.
    #[must_use]
    pub const fn remaining_hint(&self) -> u64 {
        const LAST_LINE: u64 = 2;
        const LAST_CHUNK: u64 = 3 + LAST_LINE;
        match self.state {
            State::Done | State::Failed(_) => 0,
            State::Trailers => LAST_LINE,
            State::Data => self.size.saturating_add(2 + LAST_CHUNK),
            State::DataEnd => 2 + LAST_CHUNK,
            State::DataLineFeed => 1 + LAST_CHUNK,
            State::Size => LAST_CHUNK,
            State::SizeLineFeed => 1 + LAST_LINE,
            _ => 2 + LAST_LINE,
        }
    }

    /// Says that no more input will come.
    ///
    /// # Errors
    /// [`UnexpectedEnd`](FramingErrorKind::UnexpectedEnd) unless the content is over, or the error that was found before.
    pub const fn handle_end_of_input(&mut self) -> Result<(), FramingError> {
        match self.state {
            State::Done => Ok(()),
            State::Failed(kind) => Err(FramingError::new(kind)),
            _ => Err(FramingError::new(FramingErrorKind::UnexpectedEnd)),
        }
    }

    /// The usual case: a size without extension whose line is whole, and data behind it. Anything else is left untouched
    /// for [`decode_any`](Self::decode_any), which says the same of it, only slower.
    #[inline]
    fn decode_plain_chunk<'i>(&mut self, input: &'i [u8]) -> Option<Decoded<'i>> {
        let before = match (self.state, input) {
            (State::DataEnd, [b'\r', b'\n', ..]) => 2,
            (State::Size, _) => 0,
            _ => return None,
        };
        let line = input.get(before..)?;
        let mut size = 0_u64;
        let mut digits = 0;
        for &octet in line.iter().take(MAX_DIGITS) {
            let digit = hex_digit(octet);
            if digit == NO_DIGIT {
                break;
            }
            size = size << 4 | u64::from(digit);
            digits += 1;
        }
        if digits == 0 || size == 0 || size > self.allowance {
            return None;
        }
        let data = match line.get(digits..)? {
            [b'\r', b'\n', data @ ..] if !data.is_empty() => data,
            _ => return None,
        };
        self.allowance -= size;
        let (data, _) = split_at_most(data, size);
        self.size = size - data.len() as u64;
        self.state = match self.size {
            0 => State::DataEnd,
            _ => State::Data,
        };
        Some(Decoded::content(before + digits + 2, data))
    }

    #[inline(never)]
    fn decode_any<'i>(&mut self, input: &'i [u8]) -> Result<Decoded<'i>, FramingError> {
        self.advance(input).map_err(|kind| {
            self.state = State::Failed(kind);
            FramingError::new(kind)
        })
    }

    fn advance<'i>(&mut self, input: &'i [u8]) -> Result<Decoded<'i>, FramingErrorKind> {
        let mut consumed = 0;
        loop {
            let rest = input.get(consumed..).unwrap_or_default();
            let part = match (self.state, rest) {
                (State::Done, _) => Part::End,
                (State::Failed(kind), _) => return Err(kind),
                (_, []) => Part::NeedInput,
                (State::Data, _) => {
                    let (data, _) = split_at_most(rest, self.size);
                    self.size -= data.len() as u64;
                    if self.size == 0 {
                        self.state = State::DataEnd;
                    }
                    return Ok(Decoded::content(consumed, data));
                }
                (State::Trailers, _) => match self.trailer_line(rest)? {
                    Line::Unfinished => Part::NeedInput,
                    Line::Empty => {
                        self.state = State::Done;
                        consumed += 2;
                        Part::End
                    }
                    Line::Field { length, line } => {
                        consumed += length;
                        let field = parse_line(line)?;
                        if !is_trailer_name_allowed(field.name) {
                            continue;
                        }
                        Part::Trailer(field)
                    }
                },
                (state, &[octet, ..]) => {
                    self.state = self.next(state, octet)?;
                    consumed += 1;
                    continue;
                }
            };
            return Ok(Decoded { consumed, part });
        }
    }

    /// What comes after an octet of a size, its extensions, or a line end.
    fn next(&mut self, state: State, octet: u8) -> Result<State, FramingErrorKind> {
        match state {
            State::Size => match (hex_digit(octet), octet) {
                (NO_DIGIT, b'\r' | b';') => Err(FramingErrorKind::EmptyChunkSize),
                (NO_DIGIT, b'\n') => Err(FramingErrorKind::BareLineFeed),
                (NO_DIGIT, _) => Err(FramingErrorKind::InvalidChunkSize),
                (digit, _) => {
                    self.size = u64::from(digit);
                    self.digits = 1;
                    Ok(State::SizeRest)
                }
            },
            State::SizeRest => match (hex_digit(octet), octet) {
                (NO_DIGIT, b'\r' | b';') => {
                    let allowance = self.allowance.checked_sub(self.size);
                    self.allowance = allowance.ok_or(FramingErrorKind::ContentTooLarge)?;
                    self.extension_end(octet)
                }
                (NO_DIGIT, b'\n') => Err(FramingErrorKind::BareLineFeed),
                (NO_DIGIT, _) => Err(FramingErrorKind::InvalidChunkSize),
                (_, _) if usize::from(self.digits) == MAX_DIGITS => {
                    Err(FramingErrorKind::ChunkSizeTooLong)
                }
                (digit, _) => {
                    self.size = self.size << 4 | u64::from(digit);
                    self.digits += 1;
                    Ok(State::SizeRest)
                }
            },
            State::ExtensionName if is_token(octet) => self.extension(State::ExtensionNameRest),
            State::ExtensionNameRest if is_token(octet) => self.extension(State::ExtensionNameRest),
            State::ExtensionNameRest if octet == b'=' => self.extension(State::ExtensionValue),
            State::ExtensionValue if is_token(octet) => self.extension(State::ExtensionToken),
            State::ExtensionValue if octet == b'"' => self.extension(State::ExtensionQuoted),
            State::ExtensionToken if is_token(octet) => self.extension(State::ExtensionToken),
            State::ExtensionQuoted if is_quotable(octet) => self.extension(State::ExtensionQuoted),
            State::ExtensionQuoted if octet == b'\\' => self.extension(State::ExtensionQuotedPair),
            State::ExtensionQuoted if octet == b'"' => self.extension(State::ExtensionEnd),
            State::ExtensionQuotedPair if is_value(octet) => self.extension(State::ExtensionQuoted),
            State::ExtensionNameRest | State::ExtensionToken | State::ExtensionEnd => {
                self.extension_end(octet)
            }
            State::SizeLineFeed => match octet {
                b'\n' if self.size == 0 => Ok(State::Trailers),
                b'\n' => Ok(State::Data),
                _ => Err(FramingErrorKind::BareCarriageReturn),
            },
            State::DataEnd => match octet {
                b'\r' => Ok(State::DataLineFeed),
                _ => Err(FramingErrorKind::ChunkDataNotEnded),
            },
            State::DataLineFeed => match octet {
                b'\n' => Ok(State::Size),
                _ => Err(FramingErrorKind::ChunkDataNotEnded),
            },
            // Octets that no name or value of an extension may have.
            _ => Err(match octet {
                b'\n' => FramingErrorKind::BareLineFeed,
                _ => FramingErrorKind::InvalidChunkExtension,
            }),
        }
    }

    /// Counts an octet of an extension.
    fn extension(&mut self, next: State) -> Result<State, FramingErrorKind> {
        let left = self.extensions.checked_sub(1);
        self.extensions = left.ok_or(FramingErrorKind::ChunkExtensionsTooLarge)?;
        Ok(next)
    }

    /// What comes after the octet behind a size or an extension.
    fn extension_end(&mut self, octet: u8) -> Result<State, FramingErrorKind> {
        match octet {
            b';' => self.extension(State::ExtensionName),
            b'\r' => Ok(State::SizeLineFeed),
            b'\n' => Err(FramingErrorKind::BareLineFeed),
            _ => Err(FramingErrorKind::InvalidChunkExtension),
        }
    }

    /// Finds the end of the trailer line that `rest`, which is not empty, begins with.
    fn trailer_line<'i>(&mut self, rest: &'i [u8]) -> Result<Line<'i>, FramingErrorKind> {
        match rest {
            [b'\r'] => return Ok(Line::Unfinished),
            [b'\r', b'\n', ..] => return Ok(Line::Empty),
            [b'\r', ..] => return Err(FramingErrorKind::BareCarriageReturn),
            _ => {}
        }
        let (within, _) = split_at_most(rest, u64::from(self.trailers));
        let new = within.get(self.searched as usize..).unwrap_or_default();
        let Some(at) = memchr(b'\n', new) else {
            // `within` is no longer than `trailers`, so its length fits.
            self.searched = within.len() as u32;
            return match self.searched == self.trailers {
                true => Err(FramingErrorKind::TrailersTooLarge),
                false => Ok(Line::Unfinished),
            };
        };
        let end = self.searched as usize + at;
        let length = end + 1;
        self.searched = 0;
        self.trailers -= length as u32;
        let fields = self.trailer_fields.checked_sub(1);
        self.trailer_fields = fields.ok_or(FramingErrorKind::TooManyTrailers)?;
        match within.get(..end) {
            Some([line @ .., b'\r']) => Ok(Line::Field { length, line }),
            _ => Err(FramingErrorKind::BareLineFeed),
        }
    }
}

/// The front of a trailer section.
enum Line<'i> {
    /// Its line is not whole.
    Unfinished,
    /// The empty line that ends it.
    Empty,
    /// A line of so many octets with its CRLF, and without.
    Field { length: usize, line: &'i [u8] },
}

/// The digits that 64 bits take.
const MAX_DIGITS: usize = 16;
