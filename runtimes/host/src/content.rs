use std::{
    borrow::Cow,
    fmt,
    io::{BufRead, Cursor, Error, ErrorKind, Result},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Content from this length on is sent from where it lies, instead of being copied behind its head: 16 KiB.
pub const LARGE: usize = 16 * 1024;

/// Content of a known length that is pulled from its source when there is room for it.
pub struct Content {
    source: Box<dyn BufRead + Send>,
    left: u64,
}

impl Content {
    /// Content of exactly `length` octets. What the source has beyond that is not read; one that ends earlier, or fails,
    /// has the connection cut, since the length has been promised.
    pub fn new(length: u64, source: impl BufRead + Send + 'static) -> Self {
        Self { source: Box::new(source), left: length }
    }

    /// Content that lies in memory.
    pub fn from_memory(octets: Cow<'static, [u8]>) -> Self {
        let length = octets.len() as u64;
        Self::new(length, Cursor::new(octets))
    }

    /// How many octets are still to be sent.
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// The octets to be sent next: at least one while any are left.
    ///
    /// # Errors
    /// That of the source; [`ErrorKind::UnexpectedEof`] where it ends before its length.
    pub fn octets(&mut self) -> Result<&[u8]> {
        let source = &mut self.source;
        let octets = unless_it_panics(|| source.fill_buf())?;
        if octets.is_empty() && self.left > 0 {
            return Err(Error::from(ErrorKind::UnexpectedEof));
        }
        let length = usize::try_from(self.left).map_or(octets.len(), |left| octets.len().min(left));
        Ok(&octets[..length])
    }

    /// Says that this many of them were sent.
    ///
    /// # Errors
    /// The source panics.
    pub fn consume(&mut self, sent: usize) -> Result<()> {
        self.left = self.left.saturating_sub(sent as u64);
        let source = &mut self.source;
        unless_it_panics(|| {
            source.consume(sent);
            Ok(())
        })
    }
}

/// A source is a user's code: when it panics one connection ends, and not a worker.
#[inline]
fn unless_it_panics<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    // The source is dropped next, and nobody sees what state it is in.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Error::other("the source of a content panicked")))
}

impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Content").field("left", &self.left).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_to_its_length_and_not_beyond() {
        let mut content = Content::new(3, &b"abcdef"[..]);
        assert_eq!(content.octets().unwrap(), b"abc");
        content.consume(2).unwrap();
        assert_eq!(content.octets().unwrap(), b"c");
        content.consume(1).unwrap();
        assert_eq!(content.octets().unwrap(), b"");
        assert_eq!(content.left(), 0);
    }

    #[test]
    fn a_source_that_ends_early_is_an_error() {
        let mut content = Content::new(3, &b"a"[..]);
        content.consume(1).unwrap();
        assert_eq!(content.octets().map(<[u8]>::len).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }
}
