use crate::scan::{Input, InstructionSet};

use super::{
    FieldSpan, Fields, HeadError, HeadLimits, Progress,
    careful::{name_length, span, trim},
    diagnose::FirstLine,
    field::find,
    parse::{Grammar, Section},
    parser::Resumable,
};

/// Fields without a first line before them, up to the empty line that ends them: a trailer section by itself, the head of
/// a part, or the fields of a head whose first line somebody else has read.
///
/// The limits on octets and fields go for it as for a head.
///
/// ```
/// use pronto::head::{FieldSection, FieldSpan, HeadLimits, Progress};
///
/// let input = b"Digest: sha-256=abc\r\nExpires: never\r\n\r\nGET /";
/// let mut fields = [FieldSpan::EMPTY; 16];
/// let Progress::Complete(section) = FieldSection::parse(HeadLimits::new(), input, &mut fields, 0)? else { panic!() };
///
/// assert_eq!(&input[section.length()..], b"GET /");
/// assert_eq!(section.field(input, &fields, "expires"), Some(&b"never"[..]));
/// # Ok::<(), pronto::head::HeadError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSection {
    length: u16,
    field_count: u16,
}

impl FieldSection {
    /// Parses the fields that `input` begins with. Where they are goes to `fields`, as with
    /// [`RequestHead::parse`](super::RequestHead::parse).
    ///
    /// `scanned` is how many octets an earlier call was given that said [`Progress::Incomplete`]; 0 the first time.
    ///
    /// # Errors
    /// [`HeadError`] says what is wrong with the fields, and where.
    pub fn parse(
        limits: HeadLimits,
        input: &[u8],
        fields: &mut [FieldSpan],
        scanned: usize,
    ) -> Result<Progress<Self>, HeadError> {
        if input.starts_with(EMPTY) && usize::from(limits.octets) >= EMPTY.len() {
            return Ok(Progress::Complete(Self { length: EMPTY.len() as u16, field_count: 0 }));
        }
        Resumable::resumed(limits, scanned.min(input.len())).parse(input, fields)
    }

    /// How many octets of the input the fields take, the empty line at their end included.
    pub const fn length(&self) -> usize {
        self.length as usize
    }

    /// How many fields there are.
    pub const fn field_count(&self) -> usize {
        self.field_count as usize
    }

    /// The fields in order, seen through the octets and the table they were parsed from.
    pub fn fields<'a>(&self, input: &'a [u8], fields: &'a [FieldSpan]) -> Fields<'a> {
        Fields::new(input, fields.get(..self.field_count()).unwrap_or_default())
    }

    /// The value of the first field of this name, in any case.
    pub fn field<'a>(&self, input: &'a [u8], fields: &'a [FieldSpan], name: &str) -> Option<&'a [u8]> {
        find(input, fields.get(..self.field_count()).unwrap_or_default(), name)
    }
}

impl Grammar for FieldSection {
    const FIRST_LINE: FirstLine = FirstLine::Field;

    const FIELDS_IN_LINE: usize = 1;

    /// The length of the first field's name.
    type Line = usize;

    /// The first field stands where a head has its first line, and is read as that; the others follow it as they do there.
    #[inline(always)]
    fn line<I: InstructionSet>(instructions: I, _: HeadLimits, input: Input<'_>, start: usize) -> Option<usize> {
        let length = name_length(instructions, input, start)?;
        let has_colon = *input.octets().get(start + length)? == b':';
        (length > 0 && has_colon).then_some(length)
    }

    #[inline(always)]
    fn in_line(length: usize, start: usize) -> usize {
        start + length
    }

    #[inline(always)]
    fn head<I: InstructionSet>(
        _: I,
        input: Input<'_>,
        start: usize,
        length: usize,
        section: Section,
        table: &mut [FieldSpan],
    ) -> Option<Self> {
        if let Some(first) = table.first_mut() {
            *first = span(start, length, trim(input.octets(), start + length + 1, section.first_line_end));
        }
        Some(Self { length: section.end as u16, field_count: section.field_count as u16 })
    }
}

/// The section without fields.
const EMPTY: &[u8] = b"\r\n";

#[cfg(test)]
mod tests {
    use alloc::{string::String, vec, vec::Vec};

    use super::*;
    use crate::head::HeadErrorKind as Kind;

    type Outcome = Result<Progress<(usize, Vec<(String, Vec<u8>)>)>, (Kind, usize)>;

    fn parse(input: &[u8], entries: usize, scanned: usize) -> Outcome {
        let mut table = vec![FieldSpan::EMPTY; entries];
        match FieldSection::parse(HeadLimits::new(), input, &mut table, scanned) {
            Ok(Progress::Complete(section)) => {
                let fields = section.fields(input, &table).map(|field| (field.name.into(), field.value.into()));
                Ok(Progress::Complete((section.length(), fields.collect())))
            }
            Ok(Progress::Incomplete) => Ok(Progress::Incomplete),
            Err(error) => Err((error.kind, error.at)),
        }
    }

    #[test]
    fn fields_are_read_without_a_first_line() {
        for (input, expected) in [
            (&b"\r\n"[..], &[][..]),
            (b"a:b\r\n\r\n", &[("a", &b"b"[..])]),
            (b"A: \t b\t \r\nc:\r\n\r\n", &[("A", b"b"), ("c", b"")]),
            (
                b"Long-Name-Of-More-Than-32-Octets-Yes: \xff\r\nb: c:d\r\nb: e\r\n\r\n",
                &[("Long-Name-Of-More-Than-32-Octets-Yes", b"\xff"), ("b", b"c:d"), ("b", b"e")],
            ),
        ] {
            let followed = [input, b"rest: of it\r\n\r\n"].concat();
            let expected = expected.iter().map(|&(name, value)| (name.into(), value.into())).collect();
            let complete = Ok(Progress::Complete((input.len(), expected)));
            assert_eq!(parse(&followed, 8, 0), complete);
            for end in 0..input.len() {
                assert_eq!(parse(&input[..end], 8, 0), Ok(Progress::Incomplete), "{end} of {}", input.escape_ascii());
                assert_eq!(parse(input, 8, end), complete, "from {end} of {}", input.escape_ascii());
            }
        }
    }

    #[test]
    fn what_is_no_field_is_refused() {
        for (input, kind, at) in [
            (&b"\n"[..], Kind::BareLineFeed, 0),
            (b"\ra: b\r\n\r\n", Kind::BareCarriageReturn, 0),
            (b"a: b\n", Kind::BareLineFeed, 4),
            (b"a: \0", Kind::ControlOctet, 3),
            (b" a: b\r\n\r\n", Kind::LeadingWhitespace, 0),
            (b"a: b\r\n c\r\n\r\n", Kind::LeadingWhitespace, 6),
            (b"a : b\r\n\r\n", Kind::WhitespaceBeforeColon, 1),
            (b": b\r\n\r\n", Kind::FieldName, 0),
            (b"a\r\nb: c\r\n\r\n", Kind::MissingColon, 1),
            (b"a: b\r\nc d\r\n\r\n", Kind::MissingColon, 7),
        ] {
            assert_eq!(parse(input, 8, 0), Err((kind, at)), "{}", input.escape_ascii());
        }
    }

    #[test]
    fn a_table_that_is_too_short_refuses_and_none_counts() {
        let input = b"a: b\r\nc: d\r\n\r\n";
        assert_eq!(parse(input, 1, 0), Err((Kind::TooManyFields, 6)));
        assert_eq!(parse(input, 0, 0), Ok(Progress::Complete((input.len(), vec![]))));
        for (fields, at) in [(0, 0), (1, 6)] {
            let error = FieldSection::parse(HeadLimits::new().with_fields(fields), input, &mut [], 0);
            assert_eq!(error, Err(HeadError { kind: Kind::TooManyFields, at }));
        }
        for (octets, input) in [(8, &input[..]), (1, b"\r\n")] {
            let limits = HeadLimits::new().with_octets(octets);
            let error = FieldSection::parse(limits, input, &mut [], 0).map_err(|error| error.kind);
            assert_eq!(error, Err(Kind::HeadTooLarge));
        }
    }
}
