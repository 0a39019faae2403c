use core::fmt;

use crate::{buffer::SliceSink, head::Status};

use super::{DATE_LENGTH, Draft, Pen, ResponseError, format_date, pen::status_line_length};

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
    /// The lines, behind the status line that most responses have: so both are one copy.
    octets: [u8; OK_LINE.len() + SERVER_LINE + DATE_LINE],
    /// Where the date line begins.
    server_end: u8,
    end: u8,
    second: u64,
}

impl CommonFields {
    /// `Server: pronto`, and no date until one is set: a machine without a clock sends none (RFC 9110 6.6.1).
    pub const fn new() -> Self {
        let mut common = Self::without_server();
        let line = b"Server: pronto\r\n";
        let mut index = 0;
        while index < line.len() {
            common.octets[OK_LINE.len() + index] = line[index];
            index += 1;
        }
        common.server_end = (OK_LINE.len() + line.len()) as u8;
        common.end = common.server_end;
        common
    }

    /// No Server field.
    pub const fn without_server() -> Self {
        let mut octets = [0; OK_LINE.len() + SERVER_LINE + DATE_LINE];
        let mut index = 0;
        while index < OK_LINE.len() {
            octets[index] = OK_LINE[index];
            index += 1;
        }
        let end = OK_LINE.len() as u8;
        Self { octets, server_end: end, end, second: 0 }
    }

    /// Another Server field.
    ///
    /// # Errors
    /// [`ResponseError::FieldValue`] for a name with controls, [`ResponseError::NoRoom`] for one of more than 54 octets.
    pub fn with_server(name: &str) -> Result<Self, ResponseError> {
        let mut common = Self::without_server();
        let mut sink = SliceSink::new(&mut common.octets[OK_LINE.len()..OK_LINE.len() + SERVER_LINE]);
        let mut draft = Draft::new(&mut sink);
        draft.put_checked_line("Server", name.as_bytes());
        draft.finish()?;
        common.server_end = (OK_LINE.len() + sink.written().len()) as u8;
        common.end = common.server_end;
        Ok(common)
    }

    /// Sets the date, in seconds since 1970. Does nothing when it is that second already.
    #[inline]
    pub fn set_date(&mut self, unix_seconds: u64) {
        if self.second != unix_seconds || self.end == self.server_end {
            self.write_date(unix_seconds);
        }
    }

    /// The lines, each with its CRLF.
    #[inline]
    pub fn as_octets(&self) -> &[u8] {
        self.octets.get(OK_LINE.len()..usize::from(self.end)).unwrap_or_default()
    }

    /// The date line with its CRLF; nothing where no date was set.
    pub(super) fn date_line(&self) -> &[u8] {
        self.octets.get(usize::from(self.server_end)..usize::from(self.end)).unwrap_or_default()
    }

    /// How many octets [`put_start`](Self::put_start) puts.
    #[inline(always)]
    pub(super) fn start_length(&self, status: Status) -> usize {
        status_line_length(status) + usize::from(self.end) - OK_LINE.len()
    }

    /// Puts the status line and these lines.
    #[inline(always)]
    #[must_use]
    pub(super) fn put_start(&self, status: Status, pen: &mut Pen<'_>) -> Option<()> {
        if status != Status::OK {
            pen.put_status_line(status)?;
            return pen.put(self.as_octets());
        }
        // The usual block has 70 octets.
        match self.octets.first_chunk::<80>() {
            Some(block) if self.end <= 80 => pen.put_start_of(block, usize::from(self.end)),
            _ => pen.put(self.octets.get(..usize::from(self.end))?),
        }
    }

    #[cold]
    fn write_date(&mut self, unix_seconds: u64) {
        let start = usize::from(self.server_end);
        let Some(line) = self.octets.get_mut(start..).and_then(|rest| rest.first_chunk_mut::<DATE_LINE>()) else {
            return;
        };
        line[..6].copy_from_slice(b"Date: ");
        line[6..6 + DATE_LENGTH].copy_from_slice(&format_date(unix_seconds));
        line[6 + DATE_LENGTH..].copy_from_slice(b"\r\n");
        self.end = (start + DATE_LINE) as u8;
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

const OK_LINE: &[u8] = b"HTTP/1.1 200 OK\r\n";
const SERVER_LINE: usize = 64;
const DATE_LINE: usize = DATE_LENGTH + 8;
