use core::fmt;

use crate::framing::encode::{CHUNK_END, ChunkHead};

use super::{Following, Replied, ResponseError};

/// Frames the content that must follow a response's head, for those who send it themselves: what stands before and behind
/// each piece of it, and at its end. It counts, too. [`ContentEncoder`](crate::framing::ContentEncoder) does the same, and writes
/// it all into a sink.
///
/// What is refused changes nothing: it goes on from where it was.
///
/// ```
/// use pronto::{
///     buffer::SliceSink,
///     head::{Status, Version},
///     response::{CommonFields, Framer, Persistence, ReplyContent, ReplyContext, ResponseWriter},
/// };
///
/// let mut memory = [0; 128];
/// let mut sink = SliceSink::new(&mut memory);
/// let context = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Keep);
/// let replied = ResponseWriter::new(&mut sink, context, &CommonFields::new()).status(Status::OK).chunked()?;
///
/// let mut framer = Framer::new(&replied);
/// let frame = framer.frame(12).unwrap();
/// assert_eq!((frame.before(), frame.behind()), (&b"c\r\n"[..], &b"\r\n"[..]));
/// assert_eq!(framer.end(), Ok(&b"0\r\n\r\n"[..]));
/// # Ok::<(), pronto::response::ResponseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "content must be ended"]
pub struct Framer {
    following: Following,
    /// Octets of content that are still to come, where their number has been told.
    left: Option<u64>,
}

/// What stands around a piece of content.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    head: Option<ChunkHead>,
    is_sent: bool,
}

/// Content that is longer or shorter than the response's head has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct WrongLength;

impl Framer {
    /// What follows this response. In answer to HEAD content is counted, and none of it is sent.
    pub const fn new(replied: &Replied) -> Self {
        Self { following: replied.following(), left: replied.content_length() }
    }

    /// What follows any head, as a [`RequestWriter`](crate::request::RequestWriter) says: where that is
    /// [`Nothing`](Following::Nothing), no content may come.
    pub const fn of(following: Following) -> Self {
        let left = match following {
            Following::Nothing => Some(0),
            Following::Octets(length) => Some(length),
            Following::Chunked | Following::UntilClose | Following::Upgrade => None,
        };
        Self { following, left }
    }

    /// What stands around the next octets, so many of them. Empty pieces have no frame, since an empty chunk would be the
    /// last one.
    ///
    /// # Errors
    /// [`WrongLength`] where they are more than the head has said: nothing of them may be sent.
    pub const fn frame(&mut self, length: usize) -> Result<Frame, WrongLength> {
        if let Some(left) = &mut self.left {
            let Some(rest) = left.checked_sub(length as u64) else { return Err(WrongLength) };
            *left = rest;
        }
        let is_sent = length > 0 && !matches!(self.following, Following::Nothing);
        let is_chunk = is_sent && matches!(self.following, Following::Chunked);
        Ok(Frame { head: if is_chunk { Some(ChunkHead::new(length as u64)) } else { None }, is_sent })
    }

    /// What stands behind all of it. Behind that there is nothing more: no other piece, and another end is empty.
    ///
    /// # Errors
    /// [`WrongLength`] where less has come than the head has said: the connection must be cut
    /// ([`handle_failure`](crate::connection::Connection::handle_failure)), or it would be taken from the next response.
    pub const fn end(&mut self) -> Result<&'static [u8], WrongLength> {
        let end: &[u8] = match (self.following, self.left) {
            (Following::Octets(_), Some(1..)) => return Err(WrongLength),
            (Following::Chunked, _) => b"0\r\n\r\n",
            _ => b"",
        };
        *self = Self::of(Following::Nothing);
        Ok(end)
    }

    /// Whether nothing more is to be sent: all that was announced has been framed, and the [end](Self::end) is empty.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!((self.following, self.left), (Following::Nothing, _) | (Following::Octets(_), Some(0)))
    }
}

impl Frame {
    /// Whether the octets are sent at all. In answer to HEAD they are only counted.
    pub const fn is_sent(&self) -> bool {
        self.is_sent
    }

    /// What stands before them; nothing where they are not chunked.
    pub fn before(&self) -> &[u8] {
        self.head.as_ref().map_or(&[], ChunkHead::as_octets)
    }

    /// What stands behind them.
    pub const fn behind(&self) -> &'static [u8] {
        if self.head.is_some() { CHUNK_END } else { b"" }
    }
}

impl fmt::Display for WrongLength {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the content is longer or shorter than was said")
    }
}

impl core::error::Error for WrongLength {}

impl From<WrongLength> for ResponseError {
    fn from(_: WrongLength) -> Self {
        Self::ContentLength
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        buffer::ArraySink,
        head::{Status, Version},
        response::{CommonFields, Persistence, ReplyContent, ReplyContext, ResponseError, ResponseWriter},
    };

    fn framer(
        version: Version,
        content: ReplyContent,
        finish: impl FnOnce(super::super::ResponseHeadWriter<'_, ArraySink<200>>) -> Result<Replied, ResponseError>,
    ) -> Framer {
        let mut sink = ArraySink::new();
        let context = ReplyContext::new(version, content, Persistence::Keep);
        let common = CommonFields::new();
        Framer::new(&finish(ResponseWriter::new(&mut sink, context, &common).status(Status::OK)).unwrap())
    }

    #[test]
    fn content_of_a_length_has_no_frame_and_exactly_that_length() {
        let mut framer = framer(Version::Http11, ReplyContent::Sent, |head| head.content_of_length(5));
        let frame = framer.frame(3).unwrap();
        assert!(frame.is_sent() && frame.before().is_empty() && frame.behind().is_empty());
        assert_eq!(framer.end(), Err(WrongLength));
        assert_eq!(framer.frame(3).unwrap_err(), WrongLength);
        assert!(framer.frame(2).unwrap().is_sent());
        assert_eq!(framer.end(), Ok(&b""[..]));
    }

    /// The last chunk came twice: the client took the second for the start of the next response.
    #[test]
    fn there_is_one_end() {
        let mut chunked = framer(Version::Http11, ReplyContent::Sent, |head| head.chunked());
        assert!(!chunked.is_done());
        assert_eq!(chunked.end(), Ok(&b"0\r\n\r\n"[..]));
        assert_eq!((chunked.end(), chunked.is_done()), (Ok(&b""[..]), true));
        assert_eq!(chunked.frame(1).unwrap_err(), WrongLength);
        assert!(!chunked.frame(0).unwrap().is_sent());
    }

    #[test]
    fn nothing_of_it_is_sent_in_answer_to_head() {
        let mut sized = framer(Version::Http11, ReplyContent::Omitted, |head| head.content_of_length(5));
        let mut ended = sized;
        assert_eq!(ended.end(), Ok(&b""[..]), "nobody waits for it");
        assert_eq!(ended.frame(1).unwrap_err(), WrongLength);
        assert!(!sized.frame(5).unwrap().is_sent());
        assert_eq!(sized.frame(1).unwrap_err(), WrongLength);
        let mut chunked = framer(Version::Http11, ReplyContent::Omitted, |head| head.chunked());
        assert!(!chunked.frame(5).unwrap().is_sent());
        assert_eq!(chunked.end(), Ok(&b""[..]));
    }

    #[test]
    fn an_empty_piece_does_not_end_chunks() {
        let mut framer = framer(Version::Http11, ReplyContent::Sent, |head| head.chunked());
        let frame = framer.frame(0).unwrap();
        assert!(!frame.is_sent() && frame.before().is_empty() && frame.behind().is_empty());
        assert_eq!(framer.frame(0x10).unwrap().before(), b"10\r\n");
    }

    #[test]
    fn http_1_0_has_no_chunks() {
        let mut framer = framer(Version::Http10, ReplyContent::Sent, |head| head.chunked());
        let frame = framer.frame(3).unwrap();
        assert!(frame.is_sent() && frame.before().is_empty() && frame.behind().is_empty());
        assert_eq!(framer.end(), Ok(&b""[..]));
    }
}
