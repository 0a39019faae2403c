use crate::{
    buffer::Sink,
    response::{Following, ResponseError},
};

use super::encode;

/// Writes the content of a message piece by piece, in the framing that its head has announced, and sees to it that it is
/// as long as that says: the counterpart of [`ContentDecoder`](super::ContentDecoder).
///
/// ```
/// use pronto::{buffer::SliceSink, framing::ContentEncoder, response::Following};
///
/// let mut memory = [0; 32];
/// let mut sink = SliceSink::new(&mut memory);
/// let mut encoder = ContentEncoder::new(Following::Chunked);
/// encoder.write(&mut sink, b"hello")?;
/// encoder.finish(&mut sink)?;
/// assert_eq!(sink.written(), b"5\r\nhello\r\n0\r\n\r\n");
///
/// let mut encoder = ContentEncoder::new(Following::Octets(3));
/// assert!(encoder.write(&mut sink, b"hello").is_err());
/// assert!(encoder.finish(&mut sink).is_err());
/// # Ok::<(), pronto::response::ResponseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "content must be finished"]
pub struct ContentEncoder {
    following: Following,
}

impl ContentEncoder {
    /// How many octets a piece may take more than it has, at most.
    pub const OVERHEAD: usize = 20;

    /// An encoder for what must follow a head: what [`Replied::following`](crate::response::Replied::following) or a
    /// [`RequestWriter`](crate::request::RequestWriter) says.
    pub const fn new(following: Following) -> Self {
        Self { following }
    }

    /// Writes a piece of content: all of it or nothing. A piece without octets writes nothing.
    ///
    /// # Errors
    /// [`ResponseError::ContentLength`] for more than was announced, [`ResponseError::NoRoom`]: it takes up to
    /// [`OVERHEAD`](Self::OVERHEAD) octets more than it has. After either the encoder is as it was.
    pub fn write<S: Sink>(&mut self, sink: &mut S, octets: &[u8]) -> Result<(), ResponseError> {
        match &mut self.following {
            Following::Chunked => encode::chunk(sink, octets),
            Following::UntilClose | Following::Upgrade => encode::plain(sink, octets),
            Following::Octets(left) => {
                let after = left.checked_sub(octets.len() as u64).ok_or(ResponseError::ContentLength)?;
                encode::plain(sink, octets)?;
                *left = after;
                Ok(())
            }
            Following::Nothing if octets.is_empty() => Ok(()),
            Following::Nothing => Err(ResponseError::ContentLength),
        }
    }

    /// Ends the content: writes the last chunk where there are chunks. What is ended takes no more.
    ///
    /// # Errors
    /// [`ResponseError::ContentLength`] where more was announced: then the connection must be broken off, since the peer
    /// would take what comes next for the rest. [`ResponseError::NoRoom`], after which it may be tried again.
    pub fn finish<S: Sink>(&mut self, sink: &mut S) -> Result<(), ResponseError> {
        match self.following {
            Following::Chunked => encode::last_chunk(sink, &[])?,
            Following::Octets(1..) => return Err(ResponseError::ContentLength),
            Following::Octets(0) | Following::UntilClose | Following::Upgrade | Following::Nothing => {}
        }
        self.following = Following::Nothing;
        Ok(())
    }

    /// Whether nothing more may be written: all that was announced has been, and [`finish`](Self::finish) has nothing to write.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self.following, Following::Nothing | Following::Octets(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::{ArraySink, SliceSink};

    #[test]
    fn content_is_framed_as_was_announced() {
        for (following, expected) in [
            (Following::Chunked, &b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"[..]),
            (Following::Octets(5), b"abcde"),
            (Following::UntilClose, b"abcde"),
            (Following::Upgrade, b"abcde"),
        ] {
            let mut sink = ArraySink::<64>::new();
            let mut encoder = ContentEncoder::new(following);
            for piece in [&b""[..], b"ab", b"", b"cde", b""] {
                encoder.write(&mut sink, piece).unwrap();
            }
            encoder.finish(&mut sink).unwrap();
            assert_eq!(sink.written(), expected);
            assert!(encoder.is_done());
            assert_eq!(encoder.write(&mut sink, b"x"), Err(ResponseError::ContentLength));
            assert_eq!((encoder.finish(&mut sink), sink.written()), (Ok(()), expected));
        }
    }

    #[test]
    fn content_that_is_longer_or_shorter_than_was_announced_is_refused() {
        let mut sink = ArraySink::<64>::new();
        let mut encoder = ContentEncoder::new(Following::Octets(5));
        encoder.write(&mut sink, b"abc").unwrap();
        let before = encoder;
        assert_eq!(encoder.write(&mut sink, b"def"), Err(ResponseError::ContentLength));
        assert_eq!(encoder.finish(&mut sink), Err(ResponseError::ContentLength));
        assert_eq!((encoder, sink.written()), (before, &b"abc"[..]));
        encoder.write(&mut sink, b"de").unwrap();
        assert_eq!(encoder.finish(&mut sink), Ok(()));
        let mut none = ContentEncoder::new(Following::Nothing);
        assert_eq!(none.write(&mut sink, b"a"), Err(ResponseError::ContentLength));
        assert_eq!((none.write(&mut sink, b""), none.finish(&mut sink)), (Ok(()), Ok(())));
    }

    #[test]
    fn what_finds_no_room_can_be_tried_again() {
        for following in [Following::Chunked, Following::Octets(5), Following::UntilClose] {
            for room in 0..20 {
                let mut memory = [0; 20];
                let mut small = SliceSink::new(&mut memory[..room]);
                let mut encoder = ContentEncoder::new(following);
                let first = encoder.write(&mut small, b"abcde").and_then(|()| encoder.finish(&mut small));
                let mut sink = ArraySink::<32>::new();
                sink.room(0).unwrap()[..small.written().len()].copy_from_slice(small.written());
                sink.advance(small.written().len());
                if first == Err(ResponseError::NoRoom) {
                    if small.written().is_empty() {
                        encoder.write(&mut sink, b"abcde").unwrap();
                    }
                    encoder.finish(&mut sink).unwrap();
                }
                let expected = if following == Following::Chunked { &b"5\r\nabcde\r\n0\r\n\r\n"[..] } else { b"abcde" };
                assert_eq!(sink.written(), expected, "{following:?} with room for {room}");
            }
        }
    }
}
