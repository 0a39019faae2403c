use crate::head::{HeadLimits, Resumable};

use super::{
    ContentDecoder, ContentLimits,
    chunk_head::{MOST_DIGITS, UsualHead},
    chunked::{ChunkedDecoder, Place, State},
    content::Coding,
};

/// Where a [`ContentDecoder`] stands, in plain numbers: for callers that cannot keep a decoder between calls, such as those
/// in other languages. Any numbers are safe; only those that [`ContentDecoder::state`] gave make sense.
///
/// All zeros are a decoder of the chunked coding that has seen nothing.
///
/// ```
/// use pronto::framing::{ContentDecoder, ContentLimits, DecoderState, Part, Stage};
///
/// let limits = ContentLimits::new(1024);
/// let mut decoder = ContentDecoder::resumed(DecoderState::default(), limits);
/// let decoded = decoder.decode(b"5\r\nhe")?;
/// assert!(matches!(decoded.part, Part::Content(b"he")));
/// let kept = decoder.state(limits);
/// assert_eq!((kept.stage(), kept.left), (Stage::Content, 3));
///
/// let mut decoder = ContentDecoder::resumed(kept, limits);
/// assert!(matches!(decoder.decode(b"llo\r\n")?.part, Part::Content(b"llo")));
/// # Ok::<(), pronto::framing::FramingError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DecoderState {
    /// Which coding it is, and where in it.
    pub place: u8,
    /// Digits of a chunk size that are there.
    pub digits: u8,
    /// Octets of the trailer section that need not be scanned again.
    pub scanned: u16,
    /// Octets of chunk extensions taken so far.
    pub extensions: u32,
    /// Octets of content that are still to come: of this chunk, or of all of it. Where a chunk's size is being read, what is
    /// known of it.
    pub left: u64,
    /// Octets of content in all chunks whose sizes are known.
    pub content: u64,
}

/// What a [`ContentDecoder`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Stage {
    /// What stands around chunks.
    Framing,
    /// Octets of content.
    Content,
    /// The trailer section, seen from the CR that ends the last chunk's line; it is not taken before all of it is there.
    Trailers,
    /// Nothing.
    End,
}

impl DecoderState {
    /// What comes next.
    pub const fn stage(&self) -> Stage {
        match self.place {
            LENGTH if self.left == 0 => Stage::End,
            DATA | LENGTH | UNTIL_CLOSE | TOO_LONG => Stage::Content,
            TRAILERS => Stage::Trailers,
            END => Stage::End,
            _ => Stage::Framing,
        }
    }
}

impl ContentDecoder {
    /// Where the decoder stands; `limits` are those it was made with. One that has refused something goes on refusing, though
    /// perhaps as content that is too large.
    pub const fn state(&self, limits: ContentLimits) -> DecoderState {
        let mut state = DecoderState { place: LENGTH, digits: 0, scanned: 0, extensions: 0, left: 0, content: 0 };
        match &self.0 {
            Coding::Length(left) => state.left = *left,
            Coding::UntilClose { left } => (state.place, state.left) = (UNTIL_CLOSE, *left),
            Coding::TooLong => state.place = TOO_LONG,
            Coding::Chunked(decoder) => {
                state.extensions = limits.extensions.saturating_sub(decoder.extensions_left);
                state.content = limits.content.saturating_sub(decoder.content_left);
                state.scanned = decoder.trailers.scanned();
                (state.place, state.left) = match decoder.state {
                    State::Size { size, digits } => {
                        state.digits = digits;
                        (SIZE, size)
                    }
                    State::SizeCarriageReturn { size } => (SIZE_CARRIAGE_RETURN, size),
                    State::SizeLineFeed { size } => (SIZE_LINE_FEED, size),
                    State::Data { left } => (DATA, left),
                    State::DataCarriageReturn => (DATA_CARRIAGE_RETURN, 0),
                    State::DataLineFeed => (DATA_LINE_FEED, 0),
                    State::Trailers => (TRAILERS, 0),
                    State::End => (END, 0),
                    State::Failed(_) => (TOO_LONG, 0),
                    State::Extension { size, place } => (EXTENSION + place as u8, size),
                }
            }
        }
        state
    }

    /// A decoder that goes on from where another one stood, within the same limits.
    pub const fn resumed(state: DecoderState, limits: ContentLimits) -> Self {
        let (size, most) = (state.left, MOST_DIGITS as u8);
        let chunked = match state.place {
            LENGTH => return Self(Coding::Length(state.left)),
            UNTIL_CLOSE => return Self(Coding::UntilClose { left: state.left }),
            TOO_LONG => return Self(Coding::TooLong),
            SIZE_CARRIAGE_RETURN => State::SizeCarriageReturn { size },
            SIZE_LINE_FEED => State::SizeLineFeed { size },
            DATA => State::Data { left: state.left },
            DATA_CARRIAGE_RETURN => State::DataCarriageReturn,
            DATA_LINE_FEED => State::DataLineFeed,
            TRAILERS => State::Trailers,
            END => State::End,
            place => match Place::of_number(place.wrapping_sub(EXTENSION)) {
                Some(place) => State::Extension { size, place },
                None => State::Size { size, digits: if state.digits > most { most } else { state.digits } },
            },
        };
        let trailers = HeadLimits::new().with_octets(limits.trailers).with_fields(limits.trailer_fields);
        Self(Coding::Chunked(ChunkedDecoder {
            state: chunked,
            content_left: limits.content.saturating_sub(state.content),
            extensions_left: limits.extensions.saturating_sub(state.extensions),
            trailers: Resumable::resumed(trailers, state.scanned as usize),
            usual: UsualHead::NONE,
        }))
    }
}

impl Place {
    const fn of_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::NameStart,
            1 => Self::Name,
            2 => Self::ValueStart,
            3 => Self::Token,
            4 => Self::Quoted,
            5 => Self::Escape,
            6 => Self::QuotedEnd,
            _ => return None,
        })
    }
}

const SIZE: u8 = 0;
const SIZE_CARRIAGE_RETURN: u8 = 1;
const SIZE_LINE_FEED: u8 = 2;
const DATA: u8 = 3;
const DATA_CARRIAGE_RETURN: u8 = 4;
const DATA_LINE_FEED: u8 = 5;
const TRAILERS: u8 = 6;
const END: u8 = 7;
const LENGTH: u8 = 8;
const UNTIL_CLOSE: u8 = 9;
const TOO_LONG: u8 = 10;
/// Of the first place in an extension; the others follow.
const EXTENSION: u8 = 16;

#[cfg(test)]
mod tests {
    use alloc::{format, string::String, vec::Vec};

    use proptest::prelude::*;

    use super::*;
    use crate::framing::{Framing, Part};

    const CHUNKED: &[u8] = b"5;a;bc=d;e=\"f\\g\"\r\nhello\r\n0006\r\n world\r\n0;x\r\nA: b\r\nC: d\r\n\r\n";

    /// Decodes octet by octet, once with a decoder that is kept and once with one that is made anew for each call.
    #[test]
    fn a_decoder_goes_on_from_its_state_wherever_it_stands() {
        for (framing, input) in [
            (Framing::Chunked, CHUNKED),
            (Framing::Chunked, b"0\r\n\r\n"),
            (Framing::Chunked, b"5\r\nhelloo"),
            (Framing::Chunked, b"4\r\nabcd\r\n10\r\n"),
            (Framing::Length(5), b"hello"),
            (Framing::Length(21), b"h"),
            (Framing::UntilClose, b"all of it, and more of it"),
        ] {
            let limits = ContentLimits::new(20);
            let mut kept = ContentDecoder::new(framing, limits);
            let mut state = kept.state(limits);
            let mut from = 0;
            for end in 0..=input.len() {
                let mut resumed = ContentDecoder::resumed(state, limits);
                let rest = &input[from..end];
                let (left, right) = (said(kept.decode(rest)), said(resumed.decode(rest)));
                assert_eq!(left, right, "{end} of {}", input.escape_ascii());
                state = resumed.state(limits);
                assert_eq!(state, kept.state(limits));
                match left {
                    Ok((consumed, _)) => from += consumed,
                    Err(_) => break,
                }
            }
        }
    }

    fn said(outcome: Result<super::super::Decoded<'_>, super::super::FramingError>) -> Result<(usize, String), String> {
        outcome.map(|decoded| (decoded.consumed, format!("{:?}", decoded.part))).map_err(|error| format!("{error}"))
    }

    #[test]
    fn a_state_says_what_comes_next() {
        for (framing, input, stage) in [
            (Framing::Chunked, "", Stage::Framing),
            (Framing::Chunked, "5", Stage::Framing),
            (Framing::Chunked, "5;a=\"", Stage::Framing),
            (Framing::Chunked, "5\r", Stage::Framing),
            (Framing::Chunked, "5\r\n", Stage::Content),
            (Framing::Chunked, "5\r\nhe", Stage::Content),
            (Framing::Chunked, "5\r\nhello", Stage::Framing),
            (Framing::Chunked, "5\r\nhello\r", Stage::Framing),
            (Framing::Chunked, "5\r\nhello\r\n0", Stage::Framing),
            (Framing::Chunked, "5\r\nhello\r\n0\r\nA: b", Stage::Trailers),
            (Framing::Chunked, "5\r\nhello\r\n0\r\nA: b\r\n\r\n", Stage::End),
            // Over the limit: content that will be refused.
            (Framing::Chunked, "21\r\n", Stage::Content),
            (Framing::Length(0), "", Stage::End),
            (Framing::Length(5), "he", Stage::Content),
            (Framing::Length(5), "hello", Stage::End),
            (Framing::Length(21), "", Stage::Content),
            (Framing::UntilClose, "hello", Stage::Content),
        ] {
            let limits = ContentLimits::new(20);
            let mut decoder = ContentDecoder::new(framing, limits);
            let mut rest = input.as_bytes();
            while let Ok(super::super::Decoded { consumed, part }) = decoder.decode(rest) {
                rest = &rest[consumed..];
                if let Part::End | Part::NeedInput = part {
                    break;
                }
            }
            assert_eq!(decoder.state(limits).stage(), stage, "{framing:?} {input:?}");
        }
    }

    /// Numbers that no decoder gives: a size has no more digits than 64 bits have.
    #[test]
    fn a_size_of_more_digits_than_there_are_takes_no_more() {
        let limits = ContentLimits::new(u64::MAX);
        for (digits, is_taken) in [(15, true), (16, false), (17, false), (u8::MAX, false)] {
            let mut decoder = ContentDecoder::resumed(DecoderState { digits, ..DecoderState::default() }, limits);
            assert_eq!(decoder.decode(b"1").is_ok(), is_taken, "{digits}");
        }
    }

    #[test]
    fn zeros_are_a_decoder_that_has_seen_nothing() {
        let limits = ContentLimits::new(20);
        assert_eq!(ContentDecoder::new(Framing::Chunked, limits).state(limits), DecoderState::default());
    }

    proptest! {
        #[test]
        fn no_numbers_make_a_decoder_panic(
            place in 0_u8..=24,
            (digits, scanned, extensions) in any::<(u8, u16, u32)>(),
            (left, content) in (prop_oneof![any::<u64>(), 0_u64..10], prop_oneof![any::<u64>(), 0_u64..10]),
            input in prop_oneof![Just(CHUNKED.to_vec()), prop::collection::vec(any::<u8>(), 0..20)],
            limit in prop_oneof![Just(u64::MAX), 0_u64..30],
        ) {
            let limits = ContentLimits::new(limit);
            let state = DecoderState { place, digits, scanned, extensions, left, content };
            let mut decoder = ContentDecoder::resumed(state, limits);
            let _ = (decoder.is_done(), decoder.remaining_hint(), state.stage());
            let mut rest = &input[..];
            let mut parts = Vec::new();
            while let Ok(decoded) = decoder.decode(rest) {
                parts.push(decoded.consumed);
                rest = &rest[decoded.consumed..];
                if matches!(decoded.part, Part::End | Part::NeedInput) || parts.len() > input.len() + 2 {
                    break;
                }
            }
            prop_assert!(parts.len() <= input.len() + 2);
        }
    }
}
