use core::fmt;

use crate::{
    head::{Field, FieldLines, FieldSpan, FirstLine, Grammar, HeadLimits, Section},
    scan::{Input, InstructionSet},
};

/// The trailer section of a chunked message: fields that came after the content (RFC 9112 7.1.2).
///
/// They are kept apart from the fields of the head. Those that a trailer section must not have, since they frame,
/// route, authorise or describe the message, are not shown (RFC 9110 6.5.1).
#[derive(Clone, Copy)]
pub struct TrailerSection<'i> {
    /// The lines, each with its CRLF, without the empty one.
    lines: &'i [u8],
}

impl<'i> TrailerSection<'i> {
    /// The section whose octets, from the CRLF before it to its end, have been found to be right.
    pub(super) fn new(octets: &'i [u8]) -> Self {
        Self { lines: octets.get(2..octets.len().saturating_sub(2)).unwrap_or_default() }
    }

    /// The fields in order, duplicates kept.
    pub const fn fields(&self) -> Trailers<'i> {
        Trailers { lines: FieldLines::of(self.lines) }
    }
}

impl fmt::Debug for TrailerSection<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.fields()).finish()
    }
}

/// The fields of a [`TrailerSection`], in order.
#[derive(Clone, Debug)]
pub struct Trailers<'i> {
    lines: FieldLines<'i>,
}

impl<'i> Iterator for Trailers<'i> {
    type Item = Field<'i>;

    fn next(&mut self) -> Option<Field<'i>> {
        self.lines.find(|field| !is_forbidden_in_trailers(field.name))
    }
}

/// Whether a field of this name must not come in a trailer section (RFC 9110 6.5.1).
pub(crate) fn is_forbidden_in_trailers(name: &str) -> bool {
    FORBIDDEN.iter().any(|forbidden| name.eq_ignore_ascii_case(forbidden))
}

/// Fields about framing, routing, request control, authentication, cookies, and how content is to be processed.
const FORBIDDEN: [&str; 55] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "age",
    "allow",
    "authentication-info",
    "authorization",
    "cache-control",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "expect",
    "expires",
    "forwarded",
    "host",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "location",
    "max-forwards",
    "origin",
    "pragma",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "retry-after",
    "set-cookie",
    "strict-transport-security",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "warning",
    "www-authenticate",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
];

/// How long a trailer section is, from the CRLF of the last chunk's line to the end of its empty line.
pub(super) struct TrailerLength(pub(super) usize);

impl Grammar for TrailerLength {
    const FIRST_LINE: FirstLine = FirstLine::Absent;

    type Line = ();

    #[inline(always)]
    fn line<I: InstructionSet>(_: I, _: HeadLimits, _: Input<'_>, _: usize) -> Option<()> {
        Some(())
    }

    #[inline(always)]
    fn head<I: InstructionSet>(
        _: I,
        _: Input<'_>,
        start: usize,
        (): (),
        section: Section,
        _: &mut [FieldSpan],
    ) -> Option<Self> {
        (section.first_line_end == start).then_some(Self(section.end))
    }
}
