use super::octet::{is_quotable, is_token, is_value};
use super::{FramingError, FramingErrorKind};
use crate::head::{FieldSpan, KnownFields, Occurrence, Request, Version};

/// How the content of a message is delimited (RFC 9112 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    /// The message has no content; what follows its head is the next message. This differs from a content of length 0,
    /// which is there, and empty.
    None,
    /// Content of so many octets.
    Length(u64),
    /// Content in the chunked coding.
    Chunked,
    /// Content that ends where the connection does. Only responses have it.
    UntilClose,
}

impl Framing {
    /// The number of octets of content, where the head tells it. 0 for [`None`](Self::None).
    #[must_use]
    pub const fn content_length(self) -> Option<u64> {
        match self {
            Self::None => Some(0),
            Self::Length(octets) => Some(octets),
            Self::Chunked | Self::UntilClose => None,
        }
    }
}

/// How the content of a request is delimited: RFC 9112 6.3, where it leaves a choice the strict one.
///
/// The method plays no part: a GET or DELETE with content is framed like any other.
///
/// # Errors
/// Anything two implementations could read in two ways is refused with 400: an invalid or repeated Content-Length, one
/// beside a Transfer-Encoding, a Transfer-Encoding that does not end in exactly one `chunked`, or one in HTTP/1.0. A
/// valid list of codings with one other than `chunked` in it is refused with 501.
#[inline]
pub fn request_framing(request: &Request<'_>) -> Result<Framing, FramingError> {
    let fields = FramingFields {
        octets: request.octets,
        spans: request.spans,
        known: &request.head.known,
    };
    Ok(fields.of_request(request.version())?)
}

/// The fields of a head that framing looks at.
#[derive(Clone, Copy)]
struct FramingFields<'a> {
    octets: &'a [u8],
    spans: &'a [FieldSpan],
    known: &'a KnownFields,
}

impl<'a> FramingFields<'a> {
    #[inline]
    fn of_request(&self, version: Version) -> Result<Framing, FramingErrorKind> {
        // Step 7: a request with neither field has no content. Steps 1 and 2 are about responses.
        if self.are_absent() {
            return Ok(Framing::None);
        }
        self.declared(version)
    }

    #[inline]
    fn are_absent(&self) -> bool {
        self.known.content_length.count | self.known.transfer_encoding.count == 0
    }

    /// Steps 3 to 6, for a head that has at least one of the two fields.
    fn declared(&self, version: Version) -> Result<Framing, FramingErrorKind> {
        let length = self.known.content_length;
        let coding = self.known.transfer_encoding;

        if coding.count == 0 {
            // Step 5: a Content-Length that is not one valid number cannot be recovered from. The RFC lets a list of
            // equal numbers pass; not everyone does, so that is refused too.
            if length.count != 1 {
                return Err(FramingErrorKind::RepeatedContentLength);
            }
            // Step 6: a valid Content-Length is the number of octets.
            return content_length(self.first(length)?).map(Framing::Length);
        }

        // RFC 9112 6.1: a Transfer-Encoding in HTTP/1.0 is faulty framing, whatever else is there.
        if version == Version::Http10 {
            return Err(FramingErrorKind::CodingInHttp10);
        }
        // Step 3: both fields may be an attempt to smuggle, and ought to be handled as an error.
        if length.count != 0 {
            return Err(FramingErrorKind::LengthAndCoding);
        }
        // Step 4: chunked last decides the length. Without it a request cannot be answered other than with 400; a
        // response would end with its connection, but of a coding that nobody here can decode.
        let first = self.first(coding)?;
        if coding.count == 1 && first.eq_ignore_ascii_case(CHUNKED) {
            return Ok(Framing::Chunked);
        }
        self.coding_list(coding)
    }

    /// The framing that several or unusual Transfer-Encoding fields ask for. Together they are one list (RFC 9110 5.3).
    #[cold]
    fn coding_list(&self, coding: Occurrence) -> Result<Framing, FramingErrorKind> {
        let mut list = CodingList::default();
        let from = self
            .spans
            .get(usize::from(coding.first)..)
            .unwrap_or_default();
        let mut missing = coding.count;
        for span in from {
            let name = self.slice(
                span.name_start,
                span.name_start.saturating_add(span.name_length),
            )?;
            if name.eq_ignore_ascii_case(b"transfer-encoding") {
                list.read(self.slice(span.value_start, span.value_end)?)?;
                missing -= 1;
                if missing == 0 {
                    return list.framing();
                }
            }
        }
        Err(FramingErrorKind::FieldsNotKept)
    }

    /// The value of the first field that occurs so.
    fn first(&self, occurrence: Occurrence) -> Result<&'a [u8], FramingErrorKind> {
        let span = self.spans.get(usize::from(occurrence.first));
        let span = span.ok_or(FramingErrorKind::FieldsNotKept)?;
        self.slice(span.value_start, span.value_end)
    }

    fn slice(&self, start: u16, end: u16) -> Result<&'a [u8], FramingErrorKind> {
        let octets = self.octets.get(usize::from(start)..usize::from(end));
        octets.ok_or(FramingErrorKind::FieldsNotKept)
    }
}

/// `Content-Length = 1*DIGIT` (RFC 9110 8.6)
fn content_length(value: &[u8]) -> Result<u64, FramingErrorKind> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(FramingErrorKind::InvalidContentLength);
    }
    value.iter().try_fold(0_u64, |number, digit| {
        let number = number.checked_mul(10);
        let number = number.and_then(|number| number.checked_add(u64::from(digit & 0xf)));
        number.ok_or(FramingErrorKind::ContentLengthOverflow)
    })
}

/// What the members of a list of transfer codings are.
#[derive(Default)]
struct CodingList {
    chunked: u32,
    others: u32,
    chunked_is_last: bool,
}

impl CodingList {
    /// Reads a field value into the list.
    ///
    /// `#transfer-coding`, `transfer-coding = token *( OWS ";" OWS token "=" ( token / quoted-string ) )` (RFC 9112 7,
    /// RFC 9110 10.1.4). Empty members, and white space beside the equals sign, are refused.
    fn read(&mut self, value: &[u8]) -> Result<(), FramingErrorKind> {
        let mut rest = Reader(value);
        loop {
            rest.skip_space();
            let coding = rest.token();
            if coding.is_empty() {
                return Err(match rest.0.first() {
                    None | Some(b',') => FramingErrorKind::EmptyCoding,
                    Some(_) => FramingErrorKind::InvalidTransferEncoding,
                });
            }
            rest.skip_space();
            let mut parameters = 0_u32;
            while rest.take(b';') {
                rest.skip_space();
                if !rest.parameter() {
                    return Err(FramingErrorKind::InvalidTransferEncoding);
                }
                rest.skip_space();
                parameters += 1;
            }

            self.chunked_is_last = coding.eq_ignore_ascii_case(CHUNKED);
            if !self.chunked_is_last {
                self.others += 1;
            } else if parameters > 0 {
                return Err(FramingErrorKind::ChunkedWithParameters);
            } else {
                self.chunked += 1;
            }

            if rest.0.is_empty() {
                return Ok(());
            }
            if !rest.take(b',') {
                return Err(FramingErrorKind::InvalidTransferEncoding);
            }
        }
    }

    fn framing(&self) -> Result<Framing, FramingErrorKind> {
        match self.chunked {
            0 => Err(FramingErrorKind::CodingWithoutChunked),
            1 if !self.chunked_is_last => Err(FramingErrorKind::ChunkedNotLast),
            1 if self.others > 0 => Err(FramingErrorKind::UnknownCoding),
            1 => Ok(Framing::Chunked),
            _ => Err(FramingErrorKind::ChunkedTwice),
        }
    }
}

/// The part of a field value that is not read yet.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn skip_space(&mut self) {
        while let [b' ' | b'\t', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    fn take(&mut self, octet: u8) -> bool {
        match self.0.split_first() {
            Some((&first, rest)) if first == octet => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// The token that comes next, empty where none does.
    fn token(&mut self) -> &'a [u8] {
        let length = self.0.iter().take_while(|&&octet| is_token(octet)).count();
        let (token, rest) = self.0.split_at_checked(length).unwrap_or((self.0, b""));
        self.0 = rest;
        token
    }

    /// Reads `token "=" ( token / quoted-string )`, and tells whether it was there.
    fn parameter(&mut self) -> bool {
        if self.token().is_empty() || !self.take(b'=') {
            return false;
        }
        if self.take(b'"') {
            return self.quoted_rest();
        }
        !self.token().is_empty()
    }

    /// Reads a quoted string behind its first quote.
    fn quoted_rest(&mut self) -> bool {
        loop {
            match self.0 {
                [b'"', rest @ ..] => {
                    self.0 = rest;
                    return true;
                }
                [b'\\', octet, rest @ ..] if is_value(*octet) => self.0 = rest,
                [octet, rest @ ..] if is_quotable(*octet) => self.0 = rest,
                _ => return false,
            }
        }
    }
}

const CHUNKED: &[u8] = b"chunked";

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use super::FramingErrorKind as Kind;
    use super::*;

    /// Fields of an HTTP/1.1 request, and the framing they ask for.
    const REQUESTS: &[(&str, Result<Framing, Kind>)] = &[
        ("", Ok(Framing::None)),
        ("Host: a|Content-Type: text/plain", Ok(Framing::None)),
        // Content-Length
        ("Content-Length: 0", Ok(Framing::Length(0))),
        ("Content-Length: 5", Ok(Framing::Length(5))),
        ("content-length:\t5 ", Ok(Framing::Length(5))),
        (
            "Host: a|CONTENT-LENGTH: 12345|Accept: b",
            Ok(Framing::Length(12_345)),
        ),
        (
            "Content-Length: 0000000000000000000000005",
            Ok(Framing::Length(5)),
        ),
        (
            "Content-Length: 18446744073709551615",
            Ok(Framing::Length(u64::MAX)),
        ),
        (
            "Content-Length: 18446744073709551616",
            Err(Kind::ContentLengthOverflow),
        ),
        (
            "Content-Length: 18446744073709551620",
            Err(Kind::ContentLengthOverflow),
        ),
        (
            "Content-Length: 99999999999999999999",
            Err(Kind::ContentLengthOverflow),
        ),
        (
            "Content-Length: 100000000000000000000000000000005",
            Err(Kind::ContentLengthOverflow),
        ),
        ("Content-Length:", Err(Kind::InvalidContentLength)),
        ("Content-Length: +5", Err(Kind::InvalidContentLength)),
        ("Content-Length: -5", Err(Kind::InvalidContentLength)),
        ("Content-Length: -0", Err(Kind::InvalidContentLength)),
        ("Content-Length: 0x5", Err(Kind::InvalidContentLength)),
        ("Content-Length: 5h", Err(Kind::InvalidContentLength)),
        ("Content-Length: a", Err(Kind::InvalidContentLength)),
        ("Content-Length: 5 5", Err(Kind::InvalidContentLength)),
        ("Content-Length: 5\t5", Err(Kind::InvalidContentLength)),
        ("Content-Length: 5, 5", Err(Kind::InvalidContentLength)),
        ("Content-Length: 5,5", Err(Kind::InvalidContentLength)),
        ("Content-Length: 5,", Err(Kind::InvalidContentLength)),
        ("Content-Length: ,5", Err(Kind::InvalidContentLength)),
        ("Content-Length: 5, 6", Err(Kind::InvalidContentLength)),
        ("Content-Length: 5;a=b", Err(Kind::InvalidContentLength)),
        ("Content-Length: 5.0", Err(Kind::InvalidContentLength)),
        ("Content-Length: 5e1", Err(Kind::InvalidContentLength)),
        ("Content-Length: 1_000", Err(Kind::InvalidContentLength)),
        ("Content-Length: \"5\"", Err(Kind::InvalidContentLength)),
        ("Content-Length: \u{665}", Err(Kind::InvalidContentLength)),
        ("Content-Length: chunked", Err(Kind::InvalidContentLength)),
        (
            "Content-Length: 5|Content-Length: 5",
            Err(Kind::RepeatedContentLength),
        ),
        (
            "Content-Length: 5|A: b|content-length: 6",
            Err(Kind::RepeatedContentLength),
        ),
        (
            "Content-Length: 5|Content-Length:",
            Err(Kind::RepeatedContentLength),
        ),
        // Transfer-Encoding
        ("Transfer-Encoding: chunked", Ok(Framing::Chunked)),
        ("transfer-encoding:\t CHUNKED \t", Ok(Framing::Chunked)),
        (
            "Host: a|TRANSFER-ENCODING: cHuNkEd|Accept: b",
            Ok(Framing::Chunked),
        ),
        (
            "Transfer-Encoding: chunked|Transfer-Encoding: chunked",
            Err(Kind::ChunkedTwice),
        ),
        (
            "Transfer-Encoding: chunked, chunked",
            Err(Kind::ChunkedTwice),
        ),
        (
            "Transfer-Encoding: chunked, gzip, chunked",
            Err(Kind::ChunkedTwice),
        ),
        (
            "Transfer-Encoding: chunked, gzip",
            Err(Kind::ChunkedNotLast),
        ),
        (
            "Transfer-Encoding: chunked|Transfer-Encoding: gzip",
            Err(Kind::ChunkedNotLast),
        ),
        (
            "Transfer-Encoding: chunked, identity",
            Err(Kind::ChunkedNotLast),
        ),
        ("Transfer-Encoding: gzip, chunked", Err(Kind::UnknownCoding)),
        (
            "Transfer-Encoding: gzip\t,\tchunked",
            Err(Kind::UnknownCoding),
        ),
        (
            "Transfer-Encoding: gzip|A: b|Transfer-Encoding: chunked",
            Err(Kind::UnknownCoding),
        ),
        (
            "Transfer-Encoding: gzip;a=b ; c=\"d,\\\"\" , x, Chunked",
            Err(Kind::UnknownCoding),
        ),
        (
            "Transfer-Encoding: identity, chunked",
            Err(Kind::UnknownCoding),
        ),
        (
            "Transfer-Encoding: xchunked, chunked",
            Err(Kind::UnknownCoding),
        ),
        ("Transfer-Encoding: gzip", Err(Kind::CodingWithoutChunked)),
        (
            "Transfer-Encoding: identity",
            Err(Kind::CodingWithoutChunked),
        ),
        (
            "Transfer-Encoding: xchunked",
            Err(Kind::CodingWithoutChunked),
        ),
        (
            "Transfer-Encoding: chunkedx",
            Err(Kind::CodingWithoutChunked),
        ),
        ("Transfer-Encoding: chunke", Err(Kind::CodingWithoutChunked)),
        (
            "Transfer-Encoding: gzip;a=\", chunked\"",
            Err(Kind::CodingWithoutChunked),
        ),
        ("Transfer-Encoding:", Err(Kind::EmptyCoding)),
        ("Transfer-Encoding: ,", Err(Kind::EmptyCoding)),
        ("Transfer-Encoding: chunked,", Err(Kind::EmptyCoding)),
        ("Transfer-Encoding: ,chunked", Err(Kind::EmptyCoding)),
        ("Transfer-Encoding: gzip, , chunked", Err(Kind::EmptyCoding)),
        (
            "Transfer-Encoding: chunked|Transfer-Encoding:",
            Err(Kind::EmptyCoding),
        ),
        (
            "Transfer-Encoding:|Transfer-Encoding: chunked",
            Err(Kind::EmptyCoding),
        ),
        (
            "Transfer-Encoding: chunked;a=b",
            Err(Kind::ChunkedWithParameters),
        ),
        (
            "Transfer-Encoding: chunked ; a=\"b\"",
            Err(Kind::ChunkedWithParameters),
        ),
        (
            "Transfer-Encoding: gzip, chunked;q=1",
            Err(Kind::ChunkedWithParameters),
        ),
        (
            "Transfer-Encoding: chunked;",
            Err(Kind::InvalidTransferEncoding),
        ),
        (
            "Transfer-Encoding: chunked;a",
            Err(Kind::InvalidTransferEncoding),
        ),
        (
            "Transfer-Encoding: gzip;a =b, chunked",
            Err(Kind::InvalidTransferEncoding),
        ),
        (
            "Transfer-Encoding: gzip;a=, chunked",
            Err(Kind::InvalidTransferEncoding),
        ),
        (
            "Transfer-Encoding: gzip;a=\"b, chunked",
            Err(Kind::InvalidTransferEncoding),
        ),
        (
            "Transfer-Encoding: gzip;a=\"b\\",
            Err(Kind::InvalidTransferEncoding),
        ),
        (
            "Transfer-Encoding: gzip chunked",
            Err(Kind::InvalidTransferEncoding),
        ),
        (
            "Transfer-Encoding: chunked chunked",
            Err(Kind::InvalidTransferEncoding),
        ),
        (
            "Transfer-Encoding: \"chunked\"",
            Err(Kind::InvalidTransferEncoding),
        ),
        (
            "Transfer-Encoding: gzip;a=b\"c\", chunked",
            Err(Kind::InvalidTransferEncoding),
        ),
        (
            "Transfer-Encoding: chunked=",
            Err(Kind::InvalidTransferEncoding),
        ),
        (
            "Transfer-Encoding: (chunked)",
            Err(Kind::InvalidTransferEncoding),
        ),
        (
            "Transfer-Encoding: \u{e9}, chunked",
            Err(Kind::InvalidTransferEncoding),
        ),
        // Both
        (
            "Content-Length: 5|Transfer-Encoding: chunked",
            Err(Kind::LengthAndCoding),
        ),
        (
            "Transfer-Encoding: chunked|Content-Length: 5",
            Err(Kind::LengthAndCoding),
        ),
        (
            "Transfer-Encoding: chunked|A: b|Content-Length: 0",
            Err(Kind::LengthAndCoding),
        ),
        (
            "Transfer-Encoding: gzip|Content-Length: a",
            Err(Kind::LengthAndCoding),
        ),
        // Names that only look like them.
        (
            "Content_Length: 5|Transfer_Encoding: chunked",
            Ok(Framing::None),
        ),
        (
            "X-Content-Length: 5|Transfer-Encodings: chunked",
            Ok(Framing::None),
        ),
    ];

    /// The same for HTTP/1.0.
    const OLD_REQUESTS: &[(&str, Result<Framing, Kind>)] = &[
        ("", Ok(Framing::None)),
        ("Content-Length: 5", Ok(Framing::Length(5))),
        ("Transfer-Encoding: chunked", Err(Kind::CodingInHttp10)),
        ("Transfer-Encoding: gzip", Err(Kind::CodingInHttp10)),
        (
            "Content-Length: 5|Transfer-Encoding: chunked",
            Err(Kind::CodingInHttp10),
        ),
    ];

    #[test]
    fn the_framing_of_a_request_is_that_of_its_fields() {
        for (version, cases) in [(Version::Http11, REQUESTS), (Version::Http10, OLD_REQUESTS)] {
            for &(lines, expected) in cases {
                let head = Head::new(lines);
                assert_eq!(head.fields().of_request(version), expected, "{lines:?}");
            }
        }
    }

    /// A caller that checks heads without a field table must not take a request with content for one without.
    #[test]
    fn framing_is_refused_where_its_fields_were_not_kept() {
        for lines in [
            "Content-Length: 5",
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: a|Transfer-Encoding: chunked",
        ] {
            let mut head = Head::new(lines);
            head.spans.pop();
            let framing = head.fields().of_request(Version::Http11);
            assert_eq!(framing, Err(Kind::FieldsNotKept), "{lines:?}");
        }
    }

    /// A parsed head.
    struct Head {
        octets: String,
        spans: Vec<FieldSpan>,
        known: KnownFields,
    }

    impl Head {
        /// The head of these field lines.
        fn new(lines: &str) -> Self {
            let mut head = Self {
                octets: lines.into(),
                spans: Vec::new(),
                known: KnownFields::default(),
            };
            let mut at = 0;
            for line in lines.split('|').filter(|line| !line.is_empty()) {
                let (name, value) = line.split_once(':').unwrap();
                let known = match name.to_ascii_lowercase().as_str() {
                    "content-length" => &mut head.known.content_length,
                    "transfer-encoding" => &mut head.known.transfer_encoding,
                    _ => &mut Occurrence::default(),
                };
                if known.count == 0 {
                    known.first = head.spans.len() as u16;
                }
                known.count += 1;
                let space = [' ', '\t'];
                let value_start = at + line.len() - value.trim_start_matches(space).len();
                head.spans.push(FieldSpan {
                    name_start: at as u16,
                    name_length: name.len() as u16,
                    value_start: value_start as u16,
                    value_end: (value_start + value.trim_matches(space).len()) as u16,
                });
                at += line.len() + 1;
            }
            head
        }

        fn fields(&self) -> FramingFields<'_> {
            FramingFields {
                octets: self.octets.as_bytes(),
                spans: &self.spans,
                known: &self.known,
            }
        }
    }
}
