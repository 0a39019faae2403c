use super::Field;

/// The fields of lines that were found to be right, each with its CRLF, without the empty line behind them.
#[derive(Clone, Debug)]
pub(crate) struct FieldLines<'a> {
    lines: &'a [u8],
}

impl<'a> FieldLines<'a> {
    pub(crate) const fn of(lines: &'a [u8]) -> Self {
        Self { lines }
    }
}

impl<'a> Iterator for FieldLines<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let length = memchr::memchr(b'\r', self.lines)?;
        let (line, rest) = self.lines.split_at(length);
        self.lines = rest.get(2..).unwrap_or_default();
        let colon = memchr::memchr(b':', line)?;
        Some(Field { name: str::from_utf8(&line[..colon]).ok()?, value: line[colon + 1..].trim_ascii() })
    }
}
