use core::ops::Range;

use super::Members;

/// What a request asks for of a representation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use]
pub enum RangeRequest {
    /// The whole of it: 200.
    Whole,
    /// These octets of it, which are not none: 206, with `Content-Range: bytes first-last/length`.
    Part(Range<u64>),
    /// Only what lies behind its end: 416, with `Content-Range: bytes */length`.
    Unsatisfiable,
}

impl RangeRequest {
    /// What the value of a Range field asks for of so many octets. Several ranges, other units and what is malformed ask for
    /// the whole: a server may ignore them (RFC 9110 14.2).
    ///
    /// ```abnf
    /// ranges-specifier = range-unit "=" range-set
    /// range-set        = 1#range-spec
    /// int-range        = first-pos "-" [ last-pos ]
    /// suffix-range     = "-" suffix-length
    /// ```
    pub(super) fn parse(value: &[u8], length: u64) -> Self {
        let Some((unit, set)) = value.split_at_checked(UNIT.len()) else { return Self::Whole };
        let mut specs = Members::of(set);
        let (Some(spec), None) = (specs.next(), specs.next()) else { return Self::Whole };
        if !unit.eq_ignore_ascii_case(UNIT) {
            return Self::Whole;
        }
        let Some(hyphen) = memchr::memchr(b'-', spec) else { return Self::Whole };
        let (first, last) = (number(&spec[..hyphen]), number(&spec[hyphen + 1..]));
        match (first, last) {
            (Number::None, Number::Of(0)) => Self::Unsatisfiable,
            (Number::None, Number::Of(suffix)) => Self::part(length.saturating_sub(suffix)..length),
            (Number::Of(first), Number::None) if first >= length => Self::Unsatisfiable,
            (Number::Of(first), Number::None) => Self::part(first..length),
            (Number::Of(first), Number::Of(last)) if last < first => Self::Whole,
            (Number::Of(first), Number::Of(_)) if first >= length => Self::Unsatisfiable,
            (Number::Of(first), Number::Of(last)) => Self::part(first..last.saturating_add(1).min(length)),
            _ => Self::Whole,
        }
    }

    /// A part, unless the representation is empty: then it is all there is.
    const fn part(range: Range<u64>) -> Self {
        if range.start < range.end { Self::Part(range) } else { Self::Whole }
    }
}

const UNIT: &[u8] = b"bytes=";

enum Number {
    None,
    /// One that is greater than any length is the greatest.
    Of(u64),
    Malformed,
}

fn number(digits: &[u8]) -> Number {
    if digits.is_empty() {
        return Number::None;
    }
    if !digits.iter().all(u8::is_ascii_digit) {
        return Number::Malformed;
    }
    let add = |number: u64, digit: &u8| number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    Number::Of(digits.iter().fold(0, add))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_range_is_a_part_and_everything_else_the_whole() {
        use RangeRequest::{Part, Unsatisfiable, Whole};
        let cases = [
            ("bytes=0-0", 10, Part(0..1)),
            ("bytes=0-9", 10, Part(0..10)),
            ("bytes=0-10", 10, Part(0..10)),
            ("bytes=3-", 10, Part(3..10)),
            ("bytes=9-", 10, Part(9..10)),
            ("bytes=10-", 10, Unsatisfiable),
            ("bytes=10-11", 10, Unsatisfiable),
            ("bytes=-1", 10, Part(9..10)),
            ("bytes=-10", 10, Part(0..10)),
            ("bytes=-11", 10, Part(0..10)),
            ("bytes=-0", 10, Unsatisfiable),
            ("bytes=-00", 10, Unsatisfiable),
            ("BYTES=1-2", 10, Part(1..3)),
            ("bytes= 1-2 ,", 10, Part(1..3)),
            ("bytes=,1-2", 10, Part(1..3)),
            ("bytes=001-002", 10, Part(1..3)),
            ("bytes=1-99999999999999999999999", 10, Part(1..10)),
            ("bytes=99999999999999999999999-", 10, Unsatisfiable),
            ("bytes=18446744073709551615-18446744073709551615", 10, Unsatisfiable),
            ("bytes=0-18446744073709551615", u64::MAX, Part(0..u64::MAX)),
            ("bytes=-18446744073709551616", 10, Part(0..10)),
            ("bytes=2-1", 10, Whole),
            ("bytes=20-11", 10, Whole),
            ("bytes=0-1,3-4", 10, Whole),
            ("bytes=0-1,x", 10, Whole),
            ("bytes=", 10, Whole),
            ("bytes=-", 10, Whole),
            ("bytes=--1", 10, Whole),
            ("bytes=1--2", 10, Whole),
            ("bytes=1", 10, Whole),
            ("bytes=+1-2", 10, Whole),
            ("bytes=0x1-2", 10, Whole),
            ("bytes=1 -2", 10, Whole),
            ("bytes=1- 2", 10, Whole),
            ("bytes =1-2", 10, Whole),
            ("bytes 1-2", 10, Whole),
            ("items=1-2", 10, Whole),
            ("", 10, Whole),
            ("bytes=0-", 0, Unsatisfiable),
            ("bytes=0-0", 0, Unsatisfiable),
            ("bytes=-5", 0, Whole),
            ("bytes=-0", 0, Unsatisfiable),
        ];
        for (value, length, expected) in cases {
            assert_eq!(RangeRequest::parse(value.as_bytes(), length), expected, "{value:?} of {length}");
        }
    }
}
