use core::{fmt, ops::Range, slice};

/// Where a field stands in the input: offsets without a lifetime.
///
/// A table of these is lent to the parser; it need not be cleared between heads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSpan {
    pub(super) name_start: u16,
    pub(super) name_length: u16,
    pub(super) value_start: u16,
    pub(super) value_end: u16,
}

impl FieldSpan {
    /// An unused entry of a table.
    pub const EMPTY: Self = Self { name_start: 0, name_length: 0, value_start: 0, value_end: 0 };

    /// Where the name lies in the input: a token.
    ///
    /// ```
    /// # use pronto::head::{FieldSpan, Progress, RequestHead};
    /// let input = b"GET / HTTP/1.1\r\nHost:  a \r\n\r\n";
    /// let mut fields = [FieldSpan::EMPTY; 4];
    /// # let Progress::Complete(head) = RequestHead::parse(input, &mut fields)? else { panic!() };
    /// assert_eq!((&input[fields[0].name_range()], &input[fields[0].value_range()]), (&b"Host"[..], &b"a"[..]));
    /// # Ok::<(), pronto::head::HeadError>(())
    /// ```
    #[inline]
    pub const fn name_range(&self) -> Range<usize> {
        let start = self.name_start as usize;
        start..start + self.name_length as usize
    }

    /// Where the value lies in the input, without the white space around it.
    #[inline]
    pub const fn value_range(&self) -> Range<usize> {
        self.value_start as usize..self.value_end as usize
    }

    #[inline]
    pub(super) fn view<'a>(&self, octets: &'a [u8]) -> Field<'a> {
        // The name was checked to be a token, so it is ASCII.
        Field { name: str::from_utf8(self.name(octets)).unwrap_or_default(), value: self.value(octets) }
    }

    #[inline]
    fn name<'a>(&self, octets: &'a [u8]) -> &'a [u8] {
        octets.get(self.name_range()).unwrap_or_default()
    }

    #[inline]
    pub(super) fn value<'a>(&self, octets: &'a [u8]) -> &'a [u8] {
        octets.get(self.value_range()).unwrap_or_default()
    }

    #[inline]
    fn is_named(&self, octets: &[u8], name: &str) -> bool {
        usize::from(self.name_length) == name.len() && self.name(octets).eq_ignore_ascii_case(name.as_bytes())
    }
}

/// A field: its name as it was sent, and its value without the white space around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name, as it was sent. Names are the same in any case.
    pub name: &'a str,
    /// The value, without optional white space around it. It holds visible ASCII, space and tab, and perhaps octets
    /// from 0x80 on, whose meaning is not known (RFC 9110 5.5).
    pub value: &'a [u8],
}

impl<'a> Field<'a> {
    /// The value as text, unless it is not UTF-8.
    pub const fn text(&self) -> Option<&'a str> {
        match str::from_utf8(self.value) {
            Ok(text) => Some(text),
            Err(_) => None,
        }
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}: {}\"", self.name, self.value.escape_ascii())
    }
}

/// The fields of a head, in order, duplicates kept.
#[derive(Clone)]
pub struct Fields<'a> {
    octets: &'a [u8],
    spans: slice::Iter<'a, FieldSpan>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(octets: &'a [u8], spans: &'a [FieldSpan]) -> Self {
        Self { octets, spans: spans.iter() }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        Some(self.spans.next()?.view(self.octets))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.spans.size_hint()
    }
}

impl ExactSizeIterator for Fields<'_> {}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.clone()).finish()
    }
}

pub(super) fn find<'a>(octets: &'a [u8], spans: &[FieldSpan], name: &str) -> Option<&'a [u8]> {
    Some(spans.iter().find(|span| span.is_named(octets, name))?.value(octets))
}

pub(super) fn named<'a, 'n>(
    octets: &'a [u8],
    spans: &'a [FieldSpan],
    name: &'n str,
) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
    spans.iter().filter(move |span| span.is_named(octets, name)).map(|span| span.value(octets))
}
