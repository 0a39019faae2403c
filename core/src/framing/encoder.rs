use crate::{
    buffer::Sink,
    response::{Draft, Following, Framer, Replied, ResponseError},
};

/// Writes the content of a message piece by piece, in the framing that its head has announced, and sees to it that it is
/// as long as that says: the counterpart of [`ContentDecoder`](super::ContentDecoder). For those who send content from where it
/// lies there is [`Framer`], which it is made of.
///
/// What is refused changes nothing: neither what has been written, nor what may come next.
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
    framer: Framer,
}

impl ContentEncoder {
    /// How many octets a piece may take more than it has, at most.
    pub const OVERHEAD: usize = 20;

    /// An encoder for what must follow any head, as a [`RequestWriter`](crate::request::RequestWriter) says: where that is
    /// [`Nothing`](Following::Nothing), no content may come.
    pub const fn new(following: Following) -> Self {
        Self { framer: Framer::of(following) }
    }

    /// An encoder for what must follow this response. In answer to HEAD content is counted, and none of it is written.
    pub const fn for_reply(replied: &Replied) -> Self {
        Self { framer: Framer::new(replied) }
    }

    /// Writes a piece of content: all of it or nothing. A piece without octets writes nothing.
    ///
    /// # Errors
    /// [`ResponseError::ContentLength`] for more than was announced, [`ResponseError::NoRoom`]: it takes up to
    /// [`OVERHEAD`](Self::OVERHEAD) octets more than it has.
    pub fn write<S: Sink>(&mut self, sink: &mut S, octets: &[u8]) -> Result<(), ResponseError> {
        let mut framer = self.framer;
        let frame = framer.frame(octets.len())?;
        if frame.is_sent() {
            put(sink, &[frame.before(), octets, frame.behind()])?;
        }
        self.framer = framer;
        Ok(())
    }

    /// Ends the content: writes the last chunk where there are chunks. What is ended takes no more.
    ///
    /// # Errors
    /// [`ResponseError::ContentLength`] where more was announced: then the connection must be broken off, since the peer
    /// would take what comes next for the rest. [`ResponseError::NoRoom`], after which it may be tried again.
    pub fn finish<S: Sink>(&mut self, sink: &mut S) -> Result<(), ResponseError> {
        let mut framer = self.framer;
        put(sink, &[framer.end()?])?;
        self.framer = framer;
        Ok(())
    }

    /// Whether nothing more is to be written: all that was announced has been, and [`finish`](Self::finish) has nothing to write.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.framer.is_done()
    }
}

/// All of these, or nothing.
fn put<S: Sink>(sink: &mut S, parts: &[&[u8]]) -> Result<(), ResponseError> {
    let mut draft = Draft::new(sink);
    for part in parts {
        draft.put(part);
    }
    draft.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        buffer::{ArraySink, SliceSink},
        head::{Status, Version},
        response::{CommonFields, Persistence, ReplyContent, ReplyContext, ResponseWriter},
    };

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

    /// It was refused, as if there were none.
    #[test]
    fn content_in_answer_to_head_is_counted_and_not_written() {
        for (is_chunked, length) in [(true, 8), (false, 5)] {
            let (mut sink, common) = (ArraySink::<200>::new(), CommonFields::new());
            let context = ReplyContext::new(Version::Http11, ReplyContent::Omitted, Persistence::Keep);
            let head = ResponseWriter::new(&mut sink, context, &common).status(Status::OK);
            let replied = if is_chunked { head.chunked() } else { head.content_of_length(5) };
            let mut encoder = ContentEncoder::for_reply(&replied.unwrap());
            let head = sink.written().len();
            assert!(encoder.is_done());
            assert_eq!(encoder.write(&mut sink, &b"abcdefgh"[..length]), Ok(()));
            assert_eq!(encoder.write(&mut sink, b"x").is_ok(), is_chunked);
            assert_eq!((encoder.finish(&mut sink), sink.written().len()), (Ok(()), head));
            assert_eq!(encoder.write(&mut sink, b"x"), Err(ResponseError::ContentLength));
        }
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
