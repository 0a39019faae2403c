use core::fmt;

use crate::scan::{Input, InstructionSet};

use super::{
    Field, FieldSpan, Fields, HeadError, HeadLimits, Progress, Status, Version,
    diagnose::FirstLine,
    field::{find, named},
    known::KnownFields,
    parse::{Grammar, Section},
    parser::Resumable,
};

/// A parsed response head: small offsets into the input it was parsed from, without a lifetime.
///
/// ```
/// use pronto::head::{FieldSpan, Progress, ResponseHead, Status};
///
/// let input = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
/// let mut fields = [FieldSpan::EMPTY; 16];
/// let Progress::Complete(head) = ResponseHead::parse(input, &mut fields)? else { panic!() };
///
/// let response = head.view(input, &fields);
/// assert_eq!(response.status(), Status::NOT_FOUND);
/// assert_eq!(response.reason(), b"Not Found");
/// # Ok::<(), pronto::head::HeadError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    length: u16,
    start: u16,
    first_line_end: u16,
    version: Version,
    status: Status,
    field_count: u16,
    known: KnownFields,
}

impl ResponseHead {
    /// Parses the response head that `input` begins with, within the default [`HeadLimits`]. For the rest see
    /// [`RequestHead::parse`](super::RequestHead::parse).
    ///
    /// # Errors
    /// [`HeadError`] says what is wrong with the head, and where.
    #[inline]
    pub fn parse(input: &[u8], fields: &mut [FieldSpan]) -> Result<Progress<Self>, HeadError> {
        ResponseParser::new(HeadLimits::new()).parse(input, fields)
    }

    /// How many octets of the input the head takes, the empty line at its end included.
    pub const fn length(&self) -> usize {
        self.length as usize
    }

    /// How many fields it has.
    pub const fn field_count(&self) -> usize {
        self.field_count as usize
    }

    /// This head, seen through the octets and the table it was parsed from. With others, what is seen is unspecified.
    #[inline]
    pub fn view<'a>(&self, input: &'a [u8], fields: &'a [FieldSpan]) -> Response<'a> {
        Response { head: *self, octets: input, spans: fields.get(..self.field_count()).unwrap_or_default() }
    }
}

/// Parses a response head that comes in pieces, as [`RequestParser`](super::RequestParser) does a request head.
#[derive(Clone, Copy, Debug)]
pub struct ResponseParser(Resumable);

impl ResponseParser {
    /// A parser that has seen nothing.
    pub const fn new(limits: HeadLimits) -> Self {
        Self(Resumable::new(limits))
    }

    /// A parser that has said of the first `scanned` octets of a head that more must follow: for callers that cannot keep a
    /// parser between calls. Where it was never said of them, the head may be taken for incomplete, and for nothing worse.
    pub const fn resumed(limits: HeadLimits, scanned: usize) -> Self {
        Self(Resumable::resumed(limits, scanned))
    }

    /// Parses on. `input` begins where it began in the call before, and is as long or longer.
    ///
    /// # Errors
    /// As for [`ResponseHead::parse`].
    #[inline]
    pub fn parse(&mut self, input: &[u8], fields: &mut [FieldSpan]) -> Result<Progress<ResponseHead>, HeadError> {
        self.0.parse(input, fields)
    }
}

impl Grammar for ResponseHead {
    const FIRST_LINE: FirstLine = FirstLine::Status;

    type Line = (Version, Status);

    #[inline(always)]
    fn line<I: InstructionSet>(_: I, _: HeadLimits, input: Input<'_>, start: usize) -> Option<Self::Line> {
        let line = input.octets().get(start..)?;
        let version = Version::parse(line.first_chunk()?)?;
        let &[space, hundreds, tens, ones, after] = line.get(8..)?.first_chunk()?;
        let status = Status::from_digits([hundreds, tens, ones])?;
        let is_separated = space == b' ' && (after == b' ' || after == b'\r');
        is_separated.then_some((version, status))
    }

    #[inline(always)]
    fn head<I: InstructionSet>(
        _: I,
        _: Input<'_>,
        start: usize,
        (version, status): Self::Line,
        section: Section,
        _: &mut [FieldSpan],
    ) -> Option<Self> {
        Some(Self {
            length: section.end as u16,
            start: start as u16,
            first_line_end: section.first_line_end as u16,
            version,
            status,
            field_count: section.field_count as u16,
            known: section.known,
        })
    }
}

/// A response head, seen through the octets it was parsed from.
#[derive(Clone, Copy)]
pub struct Response<'a> {
    head: ResponseHead,
    octets: &'a [u8],
    spans: &'a [FieldSpan],
}

impl<'a> Response<'a> {
    /// The status.
    pub const fn status(&self) -> Status {
        self.head.status
    }

    /// The reason phrase, as it was sent; it may be empty and means nothing (RFC 9112 4).
    pub fn reason(&self) -> &'a [u8] {
        let start = usize::from(self.head.start) + 13;
        self.octets.get(start..usize::from(self.head.first_line_end)).unwrap_or_default()
    }

    /// The protocol version.
    pub const fn version(&self) -> Version {
        self.head.version
    }

    /// The fields in order, duplicates kept.
    pub fn fields(&self) -> Fields<'a> {
        Fields::new(self.octets, self.spans)
    }

    /// The value of the first field of this name, in any case.
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        find(self.octets, self.spans, name)
    }

    /// The values of all fields of this name, in any case, in order.
    pub fn fields_named<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        named(self.octets, self.spans, name)
    }

    /// The field at this place in the order.
    pub(crate) fn field_at(&self, index: u8) -> Option<Field<'a>> {
        Some(self.spans.get(usize::from(index))?.view(self.octets))
    }

    /// Where the fields are that the protocol looks at.
    pub(crate) const fn known(&self) -> KnownFields {
        self.head.known
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Response")
            .field("version", &self.version())
            .field("status", &self.status())
            .field("reason", &format_args!("{}", self.reason().escape_ascii()))
            .field("fields", &self.fields())
            .finish()
    }
}
