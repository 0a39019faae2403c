use core::fmt;

use crate::head::{MediaType, ParameterValue};

/// What stands between the parts of multipart content (RFC 2046 5.1.1).
///
/// ```abnf
/// boundary      = 0*69bchars bcharsnospace
/// bchars        = bcharsnospace / " "
/// bcharsnospace = DIGIT / ALPHA / "'" / "(" / ")" / "+" / "_" / "," / "-" / "." / "/" / ":" / "=" / "?"
/// ```
///
/// ```
/// use pronto::{content::{Boundary, BoundaryError}, head::MediaType};
///
/// let media_type = MediaType::parse(b"multipart/form-data; boundary=\"a b\"").unwrap();
/// assert_eq!(Boundary::of(&media_type), Boundary::new(b"a b"));
/// assert_eq!(Boundary::new(b""), Err(BoundaryError::Length));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Boundary {
    /// `CRLF "--"`, the boundary, and zeros.
    delimiter: [u8; MOST + BEFORE.len()],
    /// Without the zeros.
    length: u8,
}

/// What a delimiter begins with, before the boundary.
const BEFORE: &[u8; 4] = b"\r\n--";

/// The parameter of a media type.
const NAME: &str = "boundary";

/// Octets of a boundary.
const MOST: usize = 70;

impl Boundary {
    /// The boundary that these octets are.
    ///
    /// # Errors
    /// [`BoundaryError`] where they are none.
    pub fn new(boundary: &[u8]) -> Result<Self, BoundaryError> {
        Self::collect(boundary.iter().copied())
    }

    /// The boundary that a media type names by its parameter.
    ///
    /// # Errors
    /// [`BoundaryError`].
    pub fn of(media_type: &MediaType<'_>) -> Result<Self, BoundaryError> {
        let mut parameters = media_type.parameters();
        let mut boundary = None;
        while let Some(parameter) = parameters.next_strict() {
            let value = match parameter {
                Ok((name, value)) if name.eq_ignore_ascii_case(NAME) => ParameterValue::parse(value),
                Err(none) if none.len() >= NAME.len() && none[..NAME.len()].eq_ignore_ascii_case(NAME.as_bytes()) => {
                    None
                }
                _ => continue,
            };
            if boundary.replace(value.ok_or(BoundaryError::Broken)?).is_some() {
                return Err(BoundaryError::Repeated);
            }
        }
        Self::collect(boundary.ok_or(BoundaryError::Missing)?.octets())
    }

    fn collect(octets: impl Iterator<Item = u8>) -> Result<Self, BoundaryError> {
        let mut delimiter = [0; MOST + BEFORE.len()];
        delimiter[..BEFORE.len()].copy_from_slice(BEFORE);
        let mut length = BEFORE.len();
        for octet in octets {
            if !is_boundary_octet(octet) {
                return Err(BoundaryError::Octet);
            }
            *delimiter.get_mut(length).ok_or(BoundaryError::Length)? = octet;
            length += 1;
        }
        match delimiter[..length] {
            [_, _, _, _] => Err(BoundaryError::Length),
            [.., b' '] => Err(BoundaryError::Octet),
            _ => Ok(Self { delimiter, length: length as u8 }),
        }
    }

    /// Its octets.
    pub fn as_octets(&self) -> &[u8] {
        self.delimiter().get(BEFORE.len()..).unwrap_or_default()
    }

    /// What stands between two parts: a line end, `--`, and the boundary. Its CR is the only one in it.
    pub(super) fn delimiter(&self) -> &[u8] {
        self.delimiter.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl fmt::Debug for Boundary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.as_octets().escape_ascii())
    }
}

const fn is_boundary_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(octet, b'\'' | b'(' | b')' | b'+' | b'_' | b',' | b'-' | b'.' | b'/' | b':' | b'=' | b'?' | b' ')
}

/// Why a media type names no boundary. Answered 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BoundaryError {
    /// It has no such parameter.
    Missing,
    /// The parameter is neither a token nor a quoted string.
    Broken,
    /// It has several.
    Repeated,
    /// It is empty, or longer than 70 octets.
    Length,
    /// It has an octet that a boundary must not have, or ends in a space.
    Octet,
}

impl fmt::Display for BoundaryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "the media type has no boundary",
            Self::Broken => "the boundary is neither a token nor a quoted string",
            Self::Repeated => "the media type has more than one boundary",
            Self::Length => "the boundary does not have 1 to 70 octets",
            Self::Octet => "the boundary has an octet that it must not have",
        })
    }
}

impl core::error::Error for BoundaryError {}
