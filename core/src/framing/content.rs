use super::{ChunkedDecoder, ContentLimits, Framing, FramingError, FramingErrorKind};
use crate::head::Field;

/// Walks the input from the end of a head to the end of that message's content.
///
/// The contract is the same for every framing. [`decode`](Self::decode) is given the input from where the last call's
/// `consumed` ended, and says how much it used and what that was. It is called again until it answers
/// [`Part::NeedInput`] or [`Part::End`]. What it did not use stays with the caller, and is given again with more behind it.
///
/// Whatever the pieces the input arrives in, the content, the trailer fields and the error are the same, and the work is
/// linear in the octets. After an error each call repeats it.
#[derive(Clone, Debug)]
pub struct ContentDecoder(State);

#[derive(Clone, Debug)]
enum State {
    Done,
    Length { left: u64 },
    Chunked(ChunkedDecoder),
    UntilClose { allowance: u64 },
}

/// What [`ContentDecoder::decode`] made of the front of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Decoded<'i> {
    /// How many octets of the input are done with. The next call is given what is behind them.
    pub consumed: usize,
    /// What they were.
    pub part: Part<'i>,
}

/// A part of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'i> {
    /// Octets of content, at least one. They are the last of those consumed: in the input they lie from
    /// `consumed - octets.len()` to `consumed`, which lets a caller move them within its own buffer.
    Content(&'i [u8]),
    /// A field of the trailer section, which is to be kept apart from the fields of the head. Fields that must not stand
    /// there ([`is_trailer_name_allowed`](super::is_trailer_name_allowed)) are checked and counted, but not shown.
    Trailer(Field<'i>),
    /// Nothing more can be made of the input before there is more of it. What is not consumed is the beginning of a
    /// trailer line, no longer than [`ContentLimits::trailers`] (plus one octet); it has to be given again with more behind it.
    NeedInput,
    /// The content is over: what is behind the octets consumed is the next message.
    End,
}

impl ContentDecoder {
    /// A decoder for a content that is framed so.
    ///
    /// # Errors
    /// [`ContentTooLarge`](FramingErrorKind::ContentTooLarge) (413) where the length is known, and over the limit.
    #[inline]
    pub const fn new(framing: Framing, limits: ContentLimits) -> Result<Self, FramingError> {
        Ok(Self(match framing {
            Framing::None | Framing::Length(0) => State::Done,
            Framing::Length(octets) if octets > limits.content => {
                return Err(FramingError::new(FramingErrorKind::ContentTooLarge));
            }
            Framing::Length(octets) => State::Length { left: octets },
            Framing::Chunked => State::Chunked(ChunkedDecoder::new(limits)),
            Framing::UntilClose => State::UntilClose {
                allowance: limits.content,
            },
        }))
    }

    /// Makes of the front of the input what can be made of it.
    ///
    /// # Errors
    /// Where the input breaks the framing's grammar, or a limit. Nothing of the input is to be used after that, and where
    /// the next message begins is not known.
    #[inline]
    pub fn decode<'i>(&mut self, input: &'i [u8]) -> Result<Decoded<'i>, FramingError> {
        match &mut self.0 {
            State::Chunked(decoder) => decoder.decode(input),
            State::Length { left } => {
                let (content, _) = split_at_most(input, *left);
                *left -= content.len() as u64;
                if *left == 0 {
                    self.0 = State::Done;
                }
                Ok(Decoded::content(0, content))
            }
            State::UntilClose { allowance } => {
                let (content, rest) = split_at_most(input, *allowance);
                if content.is_empty() && !rest.is_empty() {
                    return Err(FramingError::new(FramingErrorKind::ContentTooLarge));
                }
                *allowance -= content.len() as u64;
                Ok(Decoded::content(0, content))
            }
            State::Done => Ok(Decoded {
                consumed: 0,
                part: Part::End,
            }),
        }
    }

    /// Whether the content is over. It may be so before [`Part::End`] was said, when its last octets were handed out.
    #[inline]
    #[must_use]
    pub const fn is_done(&self) -> bool {
        match &self.0 {
            State::Done => true,
            State::Chunked(decoder) => decoder.is_done(),
            State::Length { .. } | State::UntilClose { .. } => false,
        }
    }

    /// At least so many octets of input are still to come before the content is over. Of a content that ends with its
    /// connection nothing is known, which is said with 0.
    #[inline]
    #[must_use]
    pub const fn remaining_hint(&self) -> u64 {
        match &self.0 {
            State::Done | State::UntilClose { .. } => 0,
            State::Length { left } => *left,
            State::Chunked(decoder) => decoder.remaining_hint(),
        }
    }

    /// Says that no more input will come.
    ///
    /// # Errors
    /// [`UnexpectedEnd`](FramingErrorKind::UnexpectedEnd) inside a content, unless it is one that ends with its connection.
    pub const fn handle_end_of_input(&mut self) -> Result<(), FramingError> {
        match &mut self.0 {
            State::Done => Ok(()),
            State::UntilClose { .. } => {
                self.0 = State::Done;
                Ok(())
            }
            State::Length { .. } => Err(FramingError::new(FramingErrorKind::UnexpectedEnd)),
            State::Chunked(decoder) => decoder.handle_end_of_input(),
        }
    }
}

impl<'i> Decoded<'i> {
    /// Content behind `before` octets of framing, or the need for input where it is empty.
    #[inline]
    pub(super) const fn content(before: usize, content: &'i [u8]) -> Self {
        Self {
            consumed: before + content.len(),
            part: match content {
                [] => Part::NeedInput,
                _ => Part::Content(content),
            },
        }
    }
}

/// Splits off the front of `octets`, at most `most` of them.
#[inline]
pub(super) fn split_at_most(octets: &[u8], most: u64) -> (&[u8], &[u8]) {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    octets.split_at_checked(most).unwrap_or((octets, b""))
}
