//! What a caller may put into a response.

use crate::scan::{is_field_octet, is_token_octet};

use super::ResponseError;

/// Whether a field may be added to a response, as [`ResponseHeadWriter::field`](super::ResponseHeadWriter::field) adds one.
///
/// # Errors
/// [`ResponseError::FieldName`] for what is not a token, [`ResponseError::DerivedField`] for what a writer derives, and
/// [`ResponseError::FieldValue`] for a value with CR, LF, NUL or another control octet than tab in it.
pub fn check_field(name: &str, value: &[u8]) -> Result<(), ResponseError> {
    check_name(name)?;
    check_not_derived(name)?;
    check_value(value)
}

/// Checks a field name: a token (RFC 9110 5.1).
#[inline]
pub(crate) const fn check_name(name: &str) -> Result<(), ResponseError> {
    if is_token(name.as_bytes()) { Ok(()) } else { Err(ResponseError::FieldName) }
}

/// Refuses the fields that a writer derives.
#[inline]
pub(crate) const fn check_not_derived(name: &str) -> Result<(), ResponseError> {
    let name = name.as_bytes();
    let derived = match name.len() {
        4 => is_same(name, b"date"),
        6 => is_same(name, b"server"),
        7 => is_same(name, b"trailer") || is_same(name, b"upgrade"),
        10 => is_same(name, b"connection"),
        14 => is_same(name, b"content-length"),
        17 => is_same(name, b"transfer-encoding"),
        _ => false,
    };
    if derived { Err(ResponseError::DerivedField) } else { Ok(()) }
}

/// Checks a field value, 8 octets at a time (RFC 9110 5.5).
#[inline(always)]
pub(crate) fn check_value(value: &[u8]) -> Result<(), ResponseError> {
    let controls = match (value.first_chunk::<8>(), value.last_chunk::<8>()) {
        // Most values have up to 16 octets: two words that overlap.
        (Some(first), Some(last)) if value.len() <= 16 => controls_in(*first) | controls_in(*last),
        (Some(_), Some(last)) => controls_in_words(value) | controls_in(*last),
        _ => match (value.first_chunk::<4>(), value.last_chunk::<4>()) {
            (Some([a, b, c, d]), Some([e, f, g, h])) => controls_in([*a, *b, *c, *d, *e, *f, *g, *h]),
            _ => return check_value_by_octet(value),
        },
    };
    if controls == 0 {
        return Ok(());
    }
    // Tab is a control octet too, but one that may stand in a value.
    check_value_by_octet(value)
}

/// The same octet by octet: for constants, and for what [`check_value`] has a doubt about.
#[inline(never)]
pub(crate) const fn check_value_by_octet(value: &[u8]) -> Result<(), ResponseError> {
    let mut rest = value;
    while let [first, others @ ..] = rest {
        if !is_field_octet(*first) {
            return Err(ResponseError::FieldValue);
        }
        rest = others;
    }
    Ok(())
}

/// Checks a protocol to upgrade to (RFC 9110 7.8):
///
/// ```abnf
/// protocol = protocol-name [ "/" protocol-version ]
/// protocol-name = token
/// protocol-version = token
/// ```
pub(crate) fn check_protocol(protocol: &str) -> Result<(), ResponseError> {
    let protocol = protocol.as_bytes();
    let slash = protocol.iter().position(|&octet| octet == b'/');
    let right = match slash.and_then(|slash| protocol.split_at_checked(slash)) {
        Some((name, [_, version @ ..])) => is_token(name) && is_token(version),
        _ => is_token(protocol),
    };
    if right { Ok(()) } else { Err(ResponseError::Protocol) }
}

/// Not 0 if and only if a whole word of a value has a control octet in it.
#[inline(never)]
fn controls_in_words(value: &[u8]) -> u64 {
    value.as_chunks::<8>().0.iter().fold(0, |controls, word| controls | controls_in(*word))
}

const fn is_token(octets: &[u8]) -> bool {
    let mut rest = octets;
    while let [first, others @ ..] = rest {
        if !is_token_octet(*first) {
            return false;
        }
        rest = others;
    }
    !octets.is_empty()
}

/// Whether a name is this one, which is given in lower case and has the same length.
const fn is_same(name: &[u8], lower: &[u8]) -> bool {
    let (mut name, mut lower) = (name, lower);
    while let ([first, names @ ..], [wanted, wanteds @ ..]) = (name, lower) {
        if first.to_ascii_lowercase() != *wanted {
            return false;
        }
        (name, lower) = (names, wanteds);
    }
    true
}

/// Not 0 if and only if one of the octets is below 0x20 or is 0x7f.
#[inline(always)]
const fn controls_in(octets: [u8; 8]) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    let word = u64::from_ne_bytes(octets);
    let delete = word ^ (ONES * 0x7f);
    // A borrow comes only from a lane in which a control was found already, so the whole is exact.
    ((word.wrapping_sub(ONES * 0x20) & !word) | (delete.wrapping_sub(ONES) & !delete)) & HIGHS
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_octet_in_every_lane_of_a_value() {
        for length in 1..=25 {
            for at in 0..length {
                for octet in 0..=255_u8 {
                    let mut value = [b'a'; 25];
                    value[at] = octet;
                    let right = octet == b'\t' || (octet >= 0x20 && octet != 0x7f);
                    assert_eq!(check_value(&value[..length]).is_ok(), right, "{octet:#x} at {at} of {length}");
                }
            }
        }
        assert_eq!(check_value(b""), Ok(()));
    }

    #[test]
    fn derived_names_in_any_case() {
        for name in ["Content-Length", "Transfer-Encoding", "Connection", "Date", "Server", "Upgrade", "Trailer"] {
            for name in [name.to_ascii_lowercase(), name.to_ascii_uppercase(), name.into()] {
                assert_eq!(check_not_derived(&name), Err(ResponseError::DerivedField), "{name}");
            }
        }
    }

    #[test]
    fn names_like_derived_ones_are_free() {
        for name in ["Data", "Dates", "Serves", "Trailed", "Upgrades", "Connections", "X-Date", "Content-Lengths"] {
            assert_eq!(check_not_derived(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_are_tokens() {
        for octet in 0..=0x7f_u8 {
            let name = char::from(octet).into();
            let name: alloc::string::String = name;
            assert_eq!(check_name(&name).is_ok(), is_token_octet(octet), "{octet:#x}");
        }
        for name in ["", "a b", "a:", "a\r\nb", "é"] {
            assert_eq!(check_name(name), Err(ResponseError::FieldName), "{name:?}");
        }
    }

    #[test]
    fn protocols_are_a_name_and_perhaps_a_version() {
        for protocol in ["websocket", "TLS/1.0", "h2c"] {
            assert_eq!(check_protocol(protocol), Ok(()), "{protocol}");
        }
        for protocol in ["", "/", "a/", "/a", "a/b/c", "a b", "a, b", "a\r\nb: c"] {
            assert_eq!(check_protocol(protocol), Err(ResponseError::Protocol), "{protocol:?}");
        }
    }

    proptest! {
        #[test]
        fn values_by_words_and_by_octets_agree(value: Vec<u8>) {
            prop_assert_eq!(check_value(&value), check_value_by_octet(&value));
        }
    }
}
