use crate::{
    buffer::Sink,
    scan::{is_field_octet, is_token_octet},
};

use super::ResponseError;

/// Octets on their way into a sink, which takes them all at once or never.
///
/// The first error sticks: what comes after it is not written, and [`finish`](Self::finish) tells it.
#[derive(Debug)]
pub(crate) struct Draft<'a, S> {
    sink: &'a mut S,
    written: usize,
    error: Option<ResponseError>,
}

impl<'a, S: Sink> Draft<'a, S> {
    pub(crate) fn new(sink: &'a mut S) -> Self {
        Self { sink, written: 0, error: None }
    }

    /// Octets put so far.
    pub(crate) const fn written(&self) -> usize {
        self.written
    }

    /// Remembers an error, unless there is one.
    pub(crate) fn fail(&mut self, error: ResponseError) {
        self.error.get_or_insert(error);
    }

    #[inline]
    pub(crate) fn put(&mut self, octets: &[u8]) {
        if self.error.is_some() {
            return;
        }
        let end = self.written + octets.len();
        match self.sink.room(end).and_then(|room| room.get_mut(self.written..end)) {
            Some(room) => {
                room.copy_from_slice(octets);
                self.written = end;
            }
            None => self.fail(ResponseError::NoRoom),
        }
    }

    /// A field line whose name and value are known to be right.
    #[inline]
    pub(crate) fn put_line(&mut self, name_and_colon: &str, value: &[u8]) {
        self.put(name_and_colon.as_bytes());
        self.put(value);
        self.put(b"\r\n");
    }

    /// A field line of somebody else's.
    #[inline]
    pub(crate) fn put_checked_line(&mut self, name: &str, value: &[u8]) {
        if name.is_empty() || !name.bytes().all(is_token_octet) {
            return self.fail(ResponseError::FieldName);
        }
        if !value.iter().copied().all(is_field_octet) {
            return self.fail(ResponseError::FieldValue);
        }
        self.put(name.as_bytes());
        self.put_line(": ", value);
    }

    /// Has the sink take it all, or nothing.
    #[inline]
    pub(crate) fn finish(self) -> Result<(), ResponseError> {
        match self.error {
            Some(error) => Err(error),
            None => {
                self.sink.advance(self.written);
                Ok(())
            }
        }
    }
}

/// A number in decimal digits.
#[derive(Debug)]
pub(crate) struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    #[inline]
    pub(crate) fn new(mut number: u64) -> Self {
        let mut decimal = Self { digits: [0; 20], start: 20 };
        loop {
            decimal.start -= 1;
            decimal.digits[decimal.start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return decimal;
            }
        }
    }

    #[inline]
    pub(crate) fn as_octets(&self) -> &[u8] {
        &self.digits[self.start..]
    }
}
