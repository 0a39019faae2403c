use core::fmt;

use super::lossy::{is_utf8, write_lossy};

/// Percent-encoded octets, decoded when they are asked for, and once (RFC 3986 2.1).
///
/// Broken escapes are not repaired: decoding stops at one with an error, and what was sent stays available as
/// [`raw`](Self::raw). The [`Display`](fmt::Display) form shows what can be shown, for people: broken escapes as they
/// stand, and octets that are not UTF-8 as replacement characters.
///
/// ```
/// use pronto::head::Encoded;
///
/// let encoded = Encoded::path(b"caf%C3%a9");
/// assert!(encoded.is("café".as_bytes()));
/// assert_eq!(encoded.to_string(), "café");
/// assert_eq!(encoded.decode_into(&mut [0; 8])?, "café".as_bytes());
/// # Ok::<(), pronto::head::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded<'a> {
    raw: &'a [u8],
    plus: Plus,
}

/// What a `+` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plus {
    Itself,
    Space,
}

impl<'a> Encoded<'a> {
    /// Octets as a path has them: `+` stands for itself.
    pub const fn path(raw: &'a [u8]) -> Self {
        Self { raw, plus: Plus::Itself }
    }

    /// Octets as a form or a query has them: `+` stands for a space (WHATWG URL, application/x-www-form-urlencoded).
    pub const fn form(raw: &'a [u8]) -> Self {
        Self { raw, plus: Plus::Space }
    }

    /// The octets as they were sent.
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The decoded octets, one by one; after an error come the octets behind the broken escape's `%`.
    pub const fn decode(&self) -> Decode<'a> {
        Decode { raw: self.raw, at: 0, plus: self.plus }
    }

    /// Whether every `%` begins an escape.
    pub fn is_well_formed(&self) -> bool {
        self.decode().all(|octet| octet.is_ok())
    }

    /// Whether every `%` begins an escape, and the decoded octets are UTF-8.
    pub fn is_text(&self) -> bool {
        match memchr::memchr(b'%', self.raw) {
            None => str::from_utf8(self.raw).is_ok(),
            Some(_) => self.is_well_formed() && is_utf8(self.decode().filter_map(Result::ok)),
        }
    }

    /// The decoded octets where they lie, unless some of them are encoded.
    pub fn plain(&self) -> Option<&'a [u8]> {
        let encoded = match self.plus {
            Plus::Itself => memchr::memchr(b'%', self.raw),
            Plus::Space => memchr::memchr2(b'%', b'+', self.raw),
        };
        encoded.is_none().then_some(self.raw)
    }

    /// Whether the decoded octets are these.
    #[inline]
    pub fn is(&self, octets: &[u8]) -> bool {
        self.decode().eq(octets.iter().copied().map(Ok))
    }

    /// Decodes into `buffer`; as many octets as are encoded are always enough.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode_into<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], DecodeError> {
        let mut length = 0;
        for octet in self.decode() {
            *buffer.get_mut(length).ok_or(DecodeError::NoRoom)? = octet.map_err(DecodeError::BrokenEscape)?;
            length += 1;
        }
        buffer.get(..length).ok_or(DecodeError::NoRoom)
    }
}

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lossy(formatter, self.decode().map(|octet| octet.unwrap_or(b'%')))
    }
}

/// The decoded octets of [`Encoded`].
#[derive(Clone, Debug)]
pub struct Decode<'a> {
    raw: &'a [u8],
    at: usize,
    plus: Plus,
}

impl Iterator for Decode<'_> {
    type Item = Result<u8, BrokenEscape>;

    #[inline]
    fn next(&mut self) -> Option<Result<u8, BrokenEscape>> {
        let at = self.at;
        let octet = *self.raw.get(at)?;
        self.at += 1;
        match octet {
            b'+' if self.plus == Plus::Space => Some(Ok(b' ')),
            b'%' => match self.raw.get(at..).and_then(escaped) {
                Some(octet) => {
                    self.at += 2;
                    Some(Ok(octet))
                }
                None => Some(Err(BrokenEscape { at })),
            },
            _ => Some(Ok(octet)),
        }
    }
}

/// A `%` without two hexadecimal digits behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BrokenEscape {
    /// The offset of the `%` in the encoded octets.
    pub at: usize,
}

impl fmt::Display for BrokenEscape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a % without two hexadecimal digits, at octet {}", self.at)
    }
}

impl core::error::Error for BrokenEscape {}

/// Why octets were not decoded into a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DecodeError {
    /// An escape is broken.
    BrokenEscape(BrokenEscape),
    /// The buffer is too small.
    NoRoom,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokenEscape(error) => error.fmt(formatter),
            Self::NoRoom => formatter.write_str("the buffer is too small for the decoded octets"),
        }
    }
}

impl core::error::Error for DecodeError {}

/// The octet that the escape at the front stands for; `None` where there is none, or a broken one.
///
/// ```abnf
/// pct-encoded = "%" HEXDIG HEXDIG
/// ```
#[inline]
pub(crate) const fn escaped(raw: &[u8]) -> Option<u8> {
    match *raw {
        [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            Some(digit(high) << 4 | digit(low))
        }
        _ => None,
    }
}

/// The value of a hexadecimal digit.
const fn digit(octet: u8) -> u8 {
    match octet {
        b'0'..=b'9' => octet - b'0',
        _ => (octet | 0x20) - b'a' + 10,
    }
}
