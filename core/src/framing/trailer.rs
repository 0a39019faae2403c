//! The lines of a trailer section, which follow the rules of the lines of a head.

use super::FramingErrorKind;
use super::octet::{is_token, is_value};
use crate::head::Field;

/// Whether a field of this name may stand in a trailer section.
///
/// Fields that decide framing, routing, authorization, caching, or how to read the content are of no use where they come
/// after it, and dangerous where somebody merges them into the head (RFC 9110 6.5.1). Decoders drop them, encoders refuse
/// them. The name is taken in any case; whether it is a token is not checked.
#[must_use]
pub fn is_trailer_name_allowed(name: &str) -> bool {
    !FORBIDDEN
        .iter()
        .any(|forbidden| forbidden.eq_ignore_ascii_case(name))
}

/// Parses a trailer line that stands without its CRLF.
///
/// `field-line = field-name ":" OWS field-value OWS` (RFC 9112 5)
pub(super) fn parse_line(line: &[u8]) -> Result<Field<'_>, FramingErrorKind> {
    let name_length = line.iter().take_while(|&&octet| is_token(octet)).count();
    let (name, rest) = line.split_at_checked(name_length).unwrap_or((line, b""));
    let value = match rest {
        [b':', _value @ ..] if name.is_empty() => return Err(FramingErrorKind::InvalidTrailerName),
        [b':', value @ ..] => value,
        [b' ' | b'\t', ..] if name.is_empty() => return Err(FramingErrorKind::FoldedTrailer),
        [b'\r', ..] => return Err(FramingErrorKind::BareCarriageReturn),
        [] => return Err(FramingErrorKind::TrailerWithoutColon),
        _ => return Err(FramingErrorKind::InvalidTrailerName),
    };
    if let Some(octet) = value.iter().find(|&&octet| !is_value(octet)) {
        return Err(match octet {
            b'\r' => FramingErrorKind::BareCarriageReturn,
            _ => FramingErrorKind::InvalidTrailerValue,
        });
    }
    Ok(Field {
        name: core::str::from_utf8(name).map_err(|_| FramingErrorKind::InvalidTrailerName)?,
        value: trim(value),
    })
}

fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

const FORBIDDEN: [&str; 61] = [
    // Framing and the connection.
    "Connection",
    "Content-Length",
    "HTTP2-Settings",
    "Keep-Alive",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    // Routing.
    "Forwarded",
    "Host",
    "Max-Forwards",
    "Origin",
    "Referer",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
    // Who asks, and what they may do.
    "Authentication-Info",
    "Authorization",
    "Cookie",
    "Proxy-Authenticate",
    "Proxy-Authentication-Info",
    "Proxy-Authorization",
    "Set-Cookie",
    "WWW-Authenticate",
    // How the request is to be handled.
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Cache-Control",
    "Expect",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Pragma",
    "Range",
    // How the response is to be handled.
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Age",
    "Allow",
    "Clear-Site-Data",
    "Content-Security-Policy",
    "Date",
    "Expires",
    "Location",
    "Retry-After",
    "Strict-Transport-Security",
    "Vary",
    "Warning",
    // How the content is to be read.
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Location",
    "Content-Range",
    "Content-Type",
];
