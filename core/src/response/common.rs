use core::fmt;

use super::{DATE_LENGTH, Draft, Pen, ResponseError, format_date};
use crate::buffer::SliceSink;

/// The fields that every response of a server has, as one block that is copied whole: Server and Date.
///
/// A worker keeps one and calls [`set_date`](Self::set_date) once a turn; that is free within a second.
///
/// ```
/// use pronto::response::CommonFields;
///
/// let mut common = CommonFields::new();
/// common.set_date(784_111_777);
/// assert_eq!(common.as_octets(), b"Server: pronto\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
/// ```
#[derive(Clone)]
pub struct CommonFields {
    octets: [u8; SERVER_LINE + DATE_LINE],
    /// Where the date line begins.
    server_length: u8,
    length: u8,
    second: u64,
}

impl CommonFields {
    /// `Server: pronto`, and no date until one is set: a machine without a clock sends none (RFC 9110 6.6.1).
    pub const fn new() -> Self {
        let mut common = Self::without_server();
        let line = b"Server: pronto\r\n";
        let mut index = 0;
        while index < line.len() {
            common.octets[index] = line[index];
            index += 1;
        }
        common.server_length = line.len() as u8;
        common.length = line.len() as u8;
        common
    }

    /// No Server field.
    pub const fn without_server() -> Self {
        Self { octets: [0; SERVER_LINE + DATE_LINE], server_length: 0, length: 0, second: 0 }
    }

    /// Another Server field.
    ///
    /// # Errors
    /// [`ResponseError::FieldValue`] for a name with controls, [`ResponseError::NoRoom`] for one of more than 54 octets.
    pub fn with_server(name: &str) -> Result<Self, ResponseError> {
        let mut common = Self::without_server();
        let mut sink = SliceSink::new(&mut common.octets[..SERVER_LINE]);
        let mut draft = Draft::new(&mut sink);
        draft.put_checked_line("Server", name.as_bytes());
        draft.finish()?;
        common.server_length = sink.written().len() as u8;
        common.length = common.server_length;
        Ok(common)
    }

    /// Sets the date, in seconds since 1970. Does nothing when it is that second already.
    #[inline]
    pub fn set_date(&mut self, unix_seconds: u64) {
        if self.second != unix_seconds || self.length == self.server_length {
            self.write_date(unix_seconds);
        }
    }

    /// The lines, each with its CRLF.
    #[inline]
    pub fn as_octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The date line with its CRLF; nothing where no date was set.
    pub(super) fn date_line(&self) -> &[u8] {
        self.octets.get(usize::from(self.server_length)..usize::from(self.length)).unwrap_or_default()
    }

    /// How many octets [`put`](Self::put) puts.
    #[inline(always)]
    pub(super) fn length(&self) -> usize {
        usize::from(self.length)
    }

    #[inline(always)]
    #[must_use]
    pub(super) fn put(&self, pen: &mut Pen<'_>) -> Option<()> {
        // The usual block has 53 octets.
        match self.octets.first_chunk::<64>() {
            Some(block) if self.length <= 64 => pen.put_start_of(block, self.length()),
            _ => pen.put(self.as_octets()),
        }
    }

    #[cold]
    fn write_date(&mut self, unix_seconds: u64) {
        let start = usize::from(self.server_length);
        let Some(line) = self.octets.get_mut(start..).and_then(|rest| rest.first_chunk_mut::<DATE_LINE>()) else {
            return;
        };
        line[..6].copy_from_slice(b"Date: ");
        line[6..6 + DATE_LENGTH].copy_from_slice(&format_date(unix_seconds));
        line[6 + DATE_LENGTH..].copy_from_slice(b"\r\n");
        self.length = (start + DATE_LINE) as u8;
        self.second = unix_seconds;
    }
}

impl Default for CommonFields {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CommonFields {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CommonFields(\"{}\")", self.as_octets().escape_ascii())
    }
}

const SERVER_LINE: usize = 64;
const DATE_LINE: usize = DATE_LENGTH + 8;
