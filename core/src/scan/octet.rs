//! Classes of octets, one by one: what the vectors must agree with, and what cold code asks.

use super::Class;

impl Class {
    /// Whether an octet is in the class.
    #[inline]
    pub(super) const fn has(self, octet: u8) -> bool {
        match self {
            Self::NoText => !matches!(octet, b' '..=b'~'),
            Self::Controls => !is_field_octet(octet),
            Self::TargetStops => !is_target_octet(octet),
            Self::TokenStops => !is_token_octet(octet),
            Self::HostStops => !is_host_octet(octet),
            Self::Equal(wanted) => octet == wanted,
        }
    }
}

/// Whether an octet may stand in a token: `tchar` (RFC 9110 5.6.2).
///
/// ```abnf
/// tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA
/// ```
#[inline]
pub const fn is_token_octet(octet: u8) -> bool {
    CLASSES[octet as usize] & TOKEN != 0
}

/// What a field value or reason phrase may hold: tab, space, visible ASCII and the octets from 0x80 (RFC 9110 5.5).
#[inline]
pub const fn is_field_octet(octet: u8) -> bool {
    octet == b'\t' || octet >= b' ' && octet != 0x7f
}

/// What nearly all hosts are made of: letters, digits, `-` and `.`. Those that are not need a closer look.
#[inline]
const fn is_host_octet(octet: u8) -> bool {
    CLASSES[octet as usize] & HOST != 0
}

/// What a request target may hold: visible ASCII but `#`, which begins a fragment and is never sent (RFC 9112 3.2).
/// This is a superset of RFC 3986: the readers of a target look closer.
#[inline]
pub(crate) const fn is_target_octet(octet: u8) -> bool {
    matches!(octet, b'!'..=b'~') && octet != b'#'
}

/// The classes that take too long to tell by arithmetic, for each octet.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut octet = 0;
    while octet < 0x80 {
        let is_alphanumeric = (octet as u8).is_ascii_alphanumeric();
        if is_alphanumeric || is_one_of(octet as u8, b"!#$%&'*+-.^_`|~") {
            classes[octet] |= TOKEN;
        }
        if is_alphanumeric || is_one_of(octet as u8, b"-.") {
            classes[octet] |= HOST;
        }
        octet += 1;
    }
    classes
};

const TOKEN: u8 = 1;
const HOST: u8 = 2;

const fn is_one_of(octet: u8, octets: &[u8]) -> bool {
    let mut index = 0;
    while index < octets.len() {
        if octets[index] == octet {
            return true;
        }
        index += 1;
    }
    false
}

/// Classes of octets below 0x80 by their two halves, for a look-up by vector shuffle: an octet is in the class when
/// bit `octet >> 4` of `LOW[octet & 15]` is set.
pub(super) const TOKEN_BY_LOW_NIBBLE: [u8; 16] = {
    let mut table = [0; 16];
    let mut octet = 0;
    while octet < 0x80 {
        if is_token_octet(octet) {
            table[octet as usize & 15] |= 1 << (octet >> 4);
        }
        octet += 1;
    }
    table
};

/// The same for [`is_host_octet`].
pub(super) const HOST_BY_LOW_NIBBLE: [u8; 16] = {
    let mut table = [0; 16];
    let mut octet = 0;
    while octet < 0x80 {
        if is_host_octet(octet) {
            table[octet as usize & 15] |= 1 << (octet >> 4);
        }
        octet += 1;
    }
    table
};

/// The bit that stands for the high half of an octet; none from 0x80 on.
pub(super) const BIT_BY_HIGH_NIBBLE: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0];
