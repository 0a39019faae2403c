use core::fmt;

use crate::scan::{Class, Input, InstructionSet, WINDOW};

use super::{FieldSpan, Occurrence, Request, Target, Version};

/// Where a request goes: a host, and perhaps a port (RFC 3986 3.2, RFC 9110 7.2).
///
/// ```
/// use pronto::head::Authority;
///
/// let authority = Authority::parse("[::1]:8080").unwrap();
/// assert_eq!((authority.host(), authority.port()), ("[::1]", Some(8080)));
/// assert!(Authority::parse("user@example.org").is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority<'a> {
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Reads a host and a port; user information, which has no place in HTTP, is refused (RFC 9110 4.2.4).
    ///
    /// An empty host is read where nothing follows it: that is what Host holds for a target without an authority.
    ///
    /// ```abnf
    /// Host = uri-host [ ":" port ]
    /// ```
    #[inline]
    pub fn parse(text: &'a str) -> Option<Self> {
        let end = if text.starts_with('[') {
            memchr::memchr(b']', text.as_bytes())? + 1
        } else {
            text.bytes().position(|octet| !is_name_octet(octet)).unwrap_or(text.len())
        };
        let (host, rest) = text.split_at_checked(end)?;
        let host_is_right =
            if host.starts_with('[') { is_ip_literal(host.as_bytes()) } else { escapes_are_right(host) };
        let port = match rest.as_bytes() {
            [] => None,
            [b':'] if !host.is_empty() => None,
            [b':', ..] if !host.is_empty() => Some(parse_port(rest.get(1..)?)?),
            _ => return None,
        };
        host_is_right.then_some(Self { host, port })
    }

    /// The host as it was sent: a name, an IPv4 address, or an IPv6 address in brackets. It may be empty.
    pub const fn host(&self) -> &'a str {
        self.host
    }

    /// The port, if one was sent.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }
}

impl<'a> Request<'a> {
    /// The authority that the request is for: that of an absolute-form target, otherwise that of the Host field, which
    /// is checked in either case (RFC 9112 3.2.2). `None` in HTTP/1.0 without a Host.
    ///
    /// # Errors
    /// [`HostError`], which is answered 400.
    #[inline]
    pub fn authority(&self) -> Result<Option<Authority<'a>>, HostError> {
        let named = self.host_field()?;
        if self.target_octets().first() == Some(&b'/') {
            return Ok(named);
        }
        match self.target_form() {
            Ok(Target::Absolute { authority, .. } | Target::Authority(authority)) => Ok(Some(authority)),
            _ => Ok(named),
        }
    }

    /// What the Host field says, which HTTP/1.1 must have once (RFC 9112 3.2).
    ///
    /// # Errors
    /// [`HostError`], which is answered 400.
    #[inline]
    pub fn host_field(&self) -> Result<Option<Authority<'a>>, HostError> {
        match self.known().host() {
            Occurrence::None if self.version() == Version::Http10 => Ok(None),
            Occurrence::None => Err(HostError::Missing),
            Occurrence::One(index) => {
                // A table too short for the field must not make it look empty.
                let text = self.field_at(index).and_then(|field| field.text());
                text.and_then(Authority::parse).map(Some).ok_or(HostError::Invalid)
            }
            Occurrence::Several => Err(HostError::Repeated),
        }
    }
}

/// What is wrong with the Host field of a request (RFC 9112 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum HostError {
    /// HTTP/1.1 without one.
    Missing,
    /// More than one.
    Repeated,
    /// Its value is not a host with at most a port.
    Invalid,
}

impl fmt::Display for HostError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "the Host field is missing",
            Self::Repeated => "more than one Host field",
            Self::Invalid => "the Host field does not hold a host",
        })
    }
}

impl core::error::Error for HostError {}

/// Whether the value of a Host field is a name or an IPv4 address, perhaps with a port, without anything unusual. `false`
/// tells nothing.
#[inline(always)]
pub(super) fn is_plain_host<I: InstructionSet>(instructions: I, input: Input<'_>, host: &FieldSpan) -> bool {
    let (mut name_end, end) = (usize::from(host.value_start), usize::from(host.value_end));
    loop {
        let window = input.window(name_end);
        let length = instructions.length_before(Class::HostStops, window.octets, window.skip);
        if length < WINDOW {
            name_end += length;
            break;
        }
        name_end += WINDOW - window.skip;
    }
    if name_end == end {
        return true;
    }
    let before_digits = name_end + 1;
    let (Some(digits @ 1..=5), Some(b':')) = (end.checked_sub(before_digits), input.octets().get(name_end)) else {
        return false;
    };
    // What stands before a value is longer than what eight octets that end with it have before it.
    let Some(last) = input.octets().get(..end).and_then(|up_to| up_to.last_chunk()) else { return false };
    let before = 8 * (8 - digits as u32);
    // The digits alone, the first of them lowest; then their values.
    let port = u64::from_le_bytes(*last) >> before;
    let values = port ^ u64::from_le_bytes(*b"00000000") >> before;
    let are_digits = (values | values.wrapping_add(u64::from_le_bytes([0x06; 8]))) & u64::from_le_bytes([0xf0; 8]) == 0;
    let is_in_range = digits < 5 || port.swap_bytes() >> 24 <= u64::from_be_bytes(*b"\0\0\x0065535");
    are_digits && is_in_range && name_end > usize::from(host.value_start)
}

/// ```abnf
/// reg-name   = *( unreserved / pct-encoded / sub-delims )
/// unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"
/// sub-delims = "!" / "$" / "&" / "'" / "(" / ")" / "*" / "+" / "," / ";" / "="
/// ```
const fn is_name_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(octet, b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&'..=b',' | b';' | b'=')
}

fn escapes_are_right(name: &str) -> bool {
    !name.contains('%') || super::Encoded::path(name.as_bytes()).is_well_formed()
}

/// ```abnf
/// IP-literal = "[" ( IPv6address / IPvFuture  ) "]"
/// IPvFuture  = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
/// ```
fn is_ip_literal(literal: &[u8]) -> bool {
    match literal {
        [b'[', b'v' | b'V', future @ .., b']'] => {
            let version = future.iter().take_while(|octet| octet.is_ascii_hexdigit()).count();
            let is_right = |&octet: &u8| octet == b':' || octet != b'%' && is_name_octet(octet);
            match future.get(version..) {
                Some([b'.', rest @ ..]) => version > 0 && !rest.is_empty() && rest.iter().all(is_right),
                _ => false,
            }
        }
        [b'[', address @ .., b']'] => is_ipv6_address(address),
        _ => false,
    }
}

/// Eight groups of up to four hexadecimal digits, where `::` once stands for one or more that are zero, and the last two may
/// be an IPv4 address (RFC 3986 3.2.2). What the standard library has for it could panic, as far as a linker can tell.
fn is_ipv6_address(address: &[u8]) -> bool {
    let (mut rest, mut is_elided) = match address {
        [b':', b':', rest @ ..] => (rest, true),
        rest => (rest, false),
    };
    let mut groups = 0;
    while !rest.is_empty() {
        let digits = rest.iter().take_while(|octet| octet.is_ascii_hexdigit()).count();
        groups += 1;
        rest = match rest.get(digits..) {
            Some([b'.', ..]) if is_ipv4_address(rest) => {
                groups += 1;
                &[]
            }
            Some(behind) if matches!(digits, 1..=4) && groups <= 8 => match behind {
                [] => behind,
                [b':', b':', more @ ..] if !is_elided => {
                    is_elided = true;
                    more
                }
                [b':', more @ ..] if !more.is_empty() => more,
                _ => return false,
            },
            _ => return false,
        };
    }
    if is_elided { groups < 8 } else { groups == 8 }
}

/// Four numbers up to 255, in decimal digits without needless zeros.
fn is_ipv4_address(address: &[u8]) -> bool {
    let is_number = |digits: &[u8]| {
        let first_is_right = matches!(digits, [b'1'..=b'9', ..] | [_]);
        let number = digits.iter().try_fold(0_u8, |number, &digit| match digit {
            b'0'..=b'9' => number.checked_mul(10)?.checked_add(digit - b'0'),
            _ => None,
        });
        first_is_right && number.is_some()
    };
    let mut numbers = 0_u8;
    address.split(|&octet| octet == b'.').all(|number| {
        numbers = numbers.saturating_add(1);
        is_number(number)
    }) && numbers == 4
}

fn parse_port(digits: &str) -> Option<u16> {
    // `parse` alone would take a sign.
    digits.bytes().all(|octet| octet.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use core::net::{Ipv4Addr, Ipv6Addr};

    use alloc::{string::String, vec::Vec};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_of_every_shape() {
        for address in ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "1::3:4:5:6:7:8", "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4"] {
            assert!(is_ipv6_address(address.as_bytes()), "{address}");
        }
        for address in [
            "",
            ":",
            ":::",
            "1",
            "1.2.3.4",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1::2::3",
            "12345::",
            ":1",
            "1:",
            "::g",
        ] {
            assert!(!is_ipv6_address(address.as_bytes()), "{address}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn addresses_are_what_the_standard_library_says(
            pieces in prop::collection::vec(
                prop::sample::select(&["::", ":", ":", ":", "1", "0", "ab", "Cdef", "12345", ".", "1.2.3.4", "255", "256", "01"]),
                0..20,
            )
        ) {
            let text: String = pieces.concat();
            prop_assert_eq!(is_ipv6_address(text.as_bytes()), text.parse::<Ipv6Addr>().is_ok(), "{}", text);
            prop_assert_eq!(is_ipv4_address(text.as_bytes()), text.parse::<Ipv4Addr>().is_ok(), "{}", text);
        }

        #[test]
        fn eight_groups_and_those_left_out(groups in prop::collection::vec("[0-9a-fA-F]{1,4}", 1..10), at in 0_usize..10) {
            let mut groups: Vec<_> = groups;
            let plain = groups.join(":");
            prop_assert_eq!(is_ipv6_address(plain.as_bytes()), plain.parse::<Ipv6Addr>().is_ok(), "{}", plain);
            groups.insert(at.min(groups.len()), String::new());
            let elided = groups.join(":");
            prop_assert_eq!(is_ipv6_address(elided.as_bytes()), elided.parse::<Ipv6Addr>().is_ok(), "{}", elided);
        }
    }
}
