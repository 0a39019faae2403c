use pronto::{
    framing::{ContentDecoder, ContentLimits, DecoderState, Framing, FramingError, Part, Stage},
    head::HeadErrorKind,
};

use crate::{
    choices::{cuts, each, whole},
    tiers::same_on_every_tier,
};

/// Content in the chunked coding: every tier says the same of it, however it comes, and so does a decoder that is made anew
/// from the state of the last; within the limits, it is what a decoder says that does one octet after the other.
///
/// # Panics
/// When that is not so.
pub fn chunked(octets: &[u8]) {
    let Some((&seed, input)) = octets.split_first() else { return };
    let mut limits = ContentLimits::new(if seed & 1 == 0 { u64::MAX } else { 20 });
    if seed & 2 != 0 {
        (limits.extensions, limits.trailers, limits.trailer_fields) = (10, 40, 2);
    }
    let said = same_on_every_tier(|| {
        let at_once = decode(limits, input, whole(input.len()));
        assert_eq!(decode(limits, input, cuts(seed, input.len())), at_once, "in pieces");
        assert_eq!(decode(limits, input, each(input.len())), at_once, "octet by octet");
        at_once
    });
    let lines = input.iter().filter(|&&octet| octet == b'\n').count();
    if seed & 3 == 0 && input.len() < usize::from(limits.trailers).min(limits.extensions as usize) {
        match (decode_plainly(input), said.end) {
            (Plain::End(length), Some(Ok(taken))) => assert_eq!(taken, length),
            (Plain::Incomplete, None) | (Plain::Wrong, Some(Err(_))) => {}
            (Plain::End(_), Some(Err(FramingError::Trailers(HeadErrorKind::TooManyFields))))
                if lines > limits.trailer_fields.into() => {}
            (plain, end) => panic!("{plain:?}, and {end:?}"),
        }
    }
}

/// What came of content.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    content: Vec<u8>,
    trailers: Vec<(String, Vec<u8>)>,
    /// How many octets it took, or what is wrong; `None` where more must come.
    end: Option<Result<usize, FramingError>>,
}

/// Decodes pieces that end here, with two decoders: one that is kept, and one that is made anew for each call.
fn decode(limits: ContentLimits, input: &[u8], ends: impl Iterator<Item = usize>) -> Said {
    let mut said = Said::default();
    let mut kept = ContentDecoder::new(Framing::Chunked, limits);
    let mut state = DecoderState::default();
    let mut start = 0;
    for end in ends {
        loop {
            let before = kept.remaining_hint();
            let mut anew = ContentDecoder::resumed(state, limits);
            let (decoded, again) = (kept.decode(&input[start..end]), anew.decode(&input[start..end]));
            let decoded = match (decoded, again) {
                (Ok(decoded), Ok(again)) => {
                    let (left, right) = (format!("{:?}", decoded.part), format!("{:?}", again.part));
                    assert_eq!((decoded.consumed, left), (again.consumed, right), "a decoder that is made anew");
                    decoded
                }
                (Err(error), again) => {
                    assert_eq!(again.err(), Some(error), "a decoder that is made anew");
                    said.end = Some(Err(error));
                    return said;
                }
                (_, again) => panic!("a decoder that is made anew: {again:?}"),
            };
            state = anew.state(limits);
            assert_eq!(state, kept.state(limits));
            start += decoded.consumed;
            let hint = kept.remaining_hint();
            assert!(hint.saturating_add(decoded.consumed as u64) >= before, "the hint is what comes at least");
            match decoded.part {
                Part::Content(octets) => {
                    assert!(!octets.is_empty() && input[..start].ends_with(octets));
                    said.content.extend_from_slice(octets);
                }
                Part::Trailers(section) => {
                    said.trailers.extend(section.fields().map(|field| (field.name.to_owned(), field.value.to_vec())));
                }
                Part::End => {
                    assert!(kept.is_done() && hint == 0 && state.stage() == Stage::End);
                    said.end = Some(Ok(start));
                    return said;
                }
                Part::NeedInput => {
                    assert!(!kept.is_done() && hint > 0);
                    break;
                }
            }
        }
    }
    said
}

#[derive(Debug)]
enum Plain {
    /// So many octets.
    End(usize),
    Incomplete,
    Wrong,
}

/// Decodes as the grammar reads (RFC 9112 7.1), without any limit.
fn decode_plainly(input: &[u8]) -> Plain {
    let mut at = 0;
    loop {
        let digits = input[at..].iter().take_while(|octet| octet.is_ascii_hexdigit()).count();
        if digits > 16 {
            return Plain::Wrong;
        }
        let text = str::from_utf8(&input[at..at + digits]).expect("digits");
        at += digits;
        let mut place = if digits == 0 { Place::Size } else { Place::SizeEnd };
        // The line, to its LF.
        loop {
            let Some(&octet) = input.get(at) else { return Plain::Incomplete };
            let Some(next) = place.next(octet) else { return Plain::Wrong };
            place = next;
            at += 1;
            if matches!(place, Place::LineEnd) {
                break;
            }
        }
        let size = u64::from_str_radix(text, 16).expect("sixteen digits at most");
        if size == 0 {
            return trailers(input, at);
        }
        let left = (input.len() - at) as u64;
        if left < size {
            return Plain::Incomplete;
        }
        at += size as usize;
        match &input[at..] {
            [b'\r', b'\n', ..] => at += 2,
            [] | [b'\r'] => return Plain::Incomplete,
            _ => return Plain::Wrong,
        }
    }
}

/// Where in the first line of a chunk.
enum Place {
    Size,
    SizeEnd,
    NameStart,
    Name,
    ValueStart,
    Value,
    Quoted,
    Escape,
    QuotedEnd,
    LineFeed,
    LineEnd,
}

impl Place {
    /// `None`: the octet cannot come there.
    fn next(self, octet: u8) -> Option<Self> {
        let is_text = matches!(octet, b'\t' | b' '..=b'~' | 0x80..);
        Some(match (self, octet) {
            (Self::SizeEnd | Self::Name | Self::Value | Self::QuotedEnd, b'\r') => Self::LineFeed,
            (Self::SizeEnd | Self::Name | Self::Value | Self::QuotedEnd, b';') => Self::NameStart,
            (Self::NameStart | Self::Name, _) if is_token(octet) => Self::Name,
            (Self::Name, b'=') => Self::ValueStart,
            (Self::ValueStart, b'"') => Self::Quoted,
            (Self::ValueStart | Self::Value, _) if is_token(octet) => Self::Value,
            (Self::Quoted, b'"') => Self::QuotedEnd,
            (Self::Quoted, b'\\') => Self::Escape,
            (Self::Quoted | Self::Escape, _) if is_text => Self::Quoted,
            (Self::LineFeed, b'\n') => Self::LineEnd,
            _ => return None,
        })
    }
}

/// The fields behind the last chunk, and the empty line. What may stand nowhere is told as it comes, what a line lacks once
/// the section is there.
fn trailers(input: &[u8], start: usize) -> Plain {
    let mut at = start;
    let mut line = start;
    loop {
        at += match &input[at..] {
            [] | [b'\r'] => return Plain::Incomplete,
            [b'\r', b'\n', ..] if at == line => break,
            [b'\r', b'\n', ..] => {
                line = at + 2;
                2
            }
            [b'\t' | b' '..=b'~' | 0x80.., ..] => 1,
            _ => return Plain::Wrong,
        };
    }
    let lines = input[start..at].split(|&octet| octet == b'\n').filter(|line| !line.is_empty());
    let is_field = |line: &[u8]| {
        let name = line.iter().take_while(|&&octet| is_token(octet)).count();
        name > 0 && line.get(name) == Some(&b':')
    };
    if lines.into_iter().all(is_field) { Plain::End(at + 2) } else { Plain::Wrong }
}

fn is_token(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet)
}
