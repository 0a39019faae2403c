use crate::buffer::Sink;

use super::{
    Pen, ResponseError,
    check::{check_name, check_value},
};

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
    #[inline(always)]
    pub(crate) fn new(sink: &'a mut S) -> Self {
        Self { sink, written: 0, error: None }
    }

    /// Remembers an error, unless there is one.
    #[inline(always)]
    pub(crate) fn fail(&mut self, error: ResponseError) {
        self.error = self.error.or(Some(error));
    }

    /// Remembers what a check says, unless there is an error already.
    #[inline(always)]
    pub(crate) fn check(&mut self, checked: Result<(), ResponseError>) {
        if let Err(error) = checked {
            self.fail(error);
        }
    }

    #[inline(always)]
    pub(crate) fn put(&mut self, octets: &[u8]) {
        self.put_with(octets.len(), |pen| pen.put(octets));
    }

    /// Lets a pen put up to `most` octets, for which the sink is asked once.
    #[inline(always)]
    pub(crate) fn put_with(&mut self, most: usize, write: impl FnOnce(&mut Pen<'_>) -> Option<()>) {
        if self.error.is_some() {
            return;
        }
        // A sink has no room for more octets than can be counted.
        let end = self.written.saturating_add(most);
        let written = self.sink.room(end).and_then(|room| {
            let room = room.get_mut(self.written..)?;
            let before = room.len();
            let mut pen = Pen::new(room);
            write(&mut pen)?;
            Some(before - pen.left())
        });
        match written {
            Some(written) => self.written += written,
            None => self.fail(ResponseError::NoRoom),
        }
    }

    /// A field line of somebody else's.
    #[inline]
    pub(crate) fn put_checked_line(&mut self, name: &str, value: &[u8]) {
        self.check(check_name(name));
        self.put_line(name, value);
    }

    /// A field line whose name is known to be right.
    #[inline(always)]
    pub(crate) fn put_line(&mut self, name: &str, value: &[u8]) {
        self.check(check_value(value));
        let most = name.len().saturating_add(value.len()).saturating_add(": \r\n".len());
        self.put_with(most, |pen| {
            pen.put_short(name.as_bytes())?;
            pen.put(b": ")?;
            pen.put_short(value)?;
            pen.put(b"\r\n")
        });
    }

    /// Gives up what was put; only an error is told.
    pub(crate) fn finish_without_writing(self) -> Result<(), ResponseError> {
        self.error.map_or(Ok(()), Err)
    }

    /// Has the sink take it all, or nothing.
    #[inline(always)]
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
