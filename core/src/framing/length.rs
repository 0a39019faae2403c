use crate::head::{Field, KnownFields, Method, Occurrence, Request, Response, Version};
use crate::scan::is_token_octet;

use super::FramingError;

/// How the content of a message is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Framing {
    /// The message has no content, which differs from empty content.
    None,
    /// The content is this many octets long.
    Length(u64),
    /// The content comes in chunks, of which the last says so.
    Chunked,
    /// The content ends with the connection. Only responses have it.
    UntilClose,
}

/// Decides how a request's content is delimited (RFC 9112 6.3).
///
/// It is strict: whatever two implementations could read in two ways is refused.
///
/// # Errors
/// [`FramingError`]; after it the connection cannot be read any further.
#[inline]
pub fn request_framing(request: &Request<'_>) -> Result<Framing, FramingError> {
    // 6.3, 1 and 2 are about responses.
    let fields =
        FramingFields { known: request.known(), version: request.version(), at: |index| request.field_at(index) };
    // 7: no content.
    Ok(fields.delimiter()?.unwrap_or(Framing::None))
}

/// Decides how the content of a response to a request with this method is delimited (RFC 9112 6.3).
///
/// # Errors
/// As for [`request_framing`].
pub fn response_framing(response: &Response<'_>, method: Method<'_>) -> Result<Framing, FramingError> {
    // 1: a response to HEAD, and with 1xx, 204 and 304, ends with its head, whatever its fields say.
    if method == Method::Head || !response.status().permits_content() {
        return Ok(Framing::None);
    }
    // 2: a 2xx response to CONNECT makes the connection a tunnel.
    if method == Method::Connect && (200..300).contains(&response.status().code()) {
        return Ok(Framing::None);
    }
    let fields =
        FramingFields { known: response.known(), version: response.version(), at: |index| response.field_at(index) };
    // 8: until the connection closes. This goes for 205 too: that it must have no content (RFC 9110 15.3.6) does not make
    // the octets behind it another response.
    Ok(fields.delimiter()?.unwrap_or(Framing::UntilClose))
}

/// The two fields that delimit content, in a head of either kind.
struct FramingFields<F> {
    known: KnownFields,
    version: Version,
    at: F,
}

impl<'a, F: Fn(u8) -> Option<Field<'a>>> FramingFields<F> {
    /// Steps 3 to 6 of RFC 9112 6.3; `None` where neither field is there.
    #[inline(always)]
    fn delimiter(&self) -> Result<Option<Framing>, FramingError> {
        if self.known.has_framing() { self.delimiter_given().map(Some) } else { Ok(None) }
    }

    fn delimiter_given(&self) -> Result<Framing, FramingError> {
        let value = |index| (self.at)(index).map_or(&b""[..], |field| field.value);
        match (self.known.transfer_encoding(), self.known.content_length()) {
            // 5: a length that is not one, or not the only one. The RFC would let us take equal ones as one.
            (Occurrence::None, Occurrence::Several) => Err(FramingError::RepeatedContentLength),
            // 6: the length.
            (Occurrence::None, Occurrence::One(index)) => {
                decimal(value(index)).map(Framing::Length).ok_or(FramingError::ContentLength)
            }
            // 3: both fields. The RFC would let us ignore the length; a proxy before us may not have.
            (_, Occurrence::One(_) | Occurrence::Several) => Err(FramingError::TransferEncodingWithContentLength),
            _ if self.version == Version::Http10 => Err(FramingError::TransferEncodingInHttp10),
            // 4: the chunked coding must come last, and is nearly always alone.
            (Occurrence::One(index), _) if value(index).eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
            _ => self.only_chunked().map(|()| Framing::Chunked),
        }
    }

    /// Several fields are one list.
    ///
    /// ```abnf
    /// Transfer-Encoding = #transfer-coding
    /// transfer-coding   = token *( OWS ";" OWS transfer-parameter )
    /// ```
    ///
    /// What the parameters of a coding that is not known are does not matter: it is refused with or without them.
    #[cold]
    fn only_chunked(&self) -> Result<(), FramingError> {
        let mut codings = 0_usize;
        let mut chunked = 0_usize;
        let mut last_is_chunked = false;
        let fields = (0..=u8::MAX).map_while(|index| (self.at)(index));
        for field in fields.filter(|field| field.name.eq_ignore_ascii_case("transfer-encoding")) {
            for member in field.value.split(|&octet| octet == b',') {
                let coding = member.split(|&octet| octet == b';').next().map_or(member, trim);
                if coding.is_empty() || !coding.iter().copied().all(is_token_octet) {
                    return Err(FramingError::TransferEncoding);
                }
                let is_chunked = coding.eq_ignore_ascii_case(b"chunked");
                // No parameters are defined for it, so somebody would ignore them, and somebody else the coding.
                if is_chunked && member.contains(&b';') {
                    return Err(FramingError::TransferEncoding);
                }
                codings += 1;
                last_is_chunked = is_chunked;
                chunked += usize::from(is_chunked);
            }
        }
        match (codings, chunked) {
            (1, 1) => Ok(()),
            (_, 1) if last_is_chunked => Err(FramingError::UnknownTransferCoding),
            _ => Err(FramingError::TransferEncoding),
        }
    }
}

/// Optional white space is space and tab alone (RFC 9110 5.6.3).
fn trim(mut member: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = member {
        member = rest;
    }
    member
}

/// Digits alone, as many as fit.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, &digit| match digit {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}
