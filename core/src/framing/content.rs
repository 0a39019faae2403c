use super::{Framing, FramingError, TrailerSection, chunked::ChunkedDecoder};

/// What a message's content may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContentLimits {
    /// Octets of content, with the coding taken off; more is answered 413.
    pub content: u64,
    /// Octets of chunk extensions in all chunks together; more is answered 400. 4 KiB.
    pub extensions: u32,
    /// Octets of the trailer section; more is answered 431. 8 KiB.
    pub trailers: u16,
    /// Fields of the trailer section; more is answered 431. 32.
    pub trailer_fields: u8,
}

impl ContentLimits {
    /// Content up to this many octets, and the defaults for the rest.
    pub const fn new(content: u64) -> Self {
        Self { content, extensions: 4 * 1024, trailers: 8 * 1024, trailer_fields: 32 }
    }
}

/// Takes the content of a message out of the input, as slices of the input.
///
/// ```
/// use pronto::framing::{ContentDecoder, ContentLimits, Framing, Part};
///
/// let mut decoder = ContentDecoder::new(Framing::Chunked, ContentLimits::new(1024));
/// let mut input: &[u8] = b"5\r\nhello\r\n0\r\n\r\nGET ";
///
/// let decoded = decoder.decode(input)?;
/// assert!(matches!(decoded.part, Part::Content(b"hello")));
/// input = &input[decoded.consumed..];
///
/// let decoded = decoder.decode(input)?;
/// assert!(matches!(decoded.part, Part::End));
/// assert_eq!(&input[decoded.consumed..], b"GET ");
/// # Ok::<(), pronto::framing::FramingError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ContentDecoder(pub(super) Coding);

#[derive(Clone, Copy, Debug)]
pub(super) enum Coding {
    Length(u64),
    TooLong,
    Chunked(ChunkedDecoder),
    UntilClose { left: u64 },
}

/// What a decoder found at the start of its input.
#[derive(Clone, Copy, Debug)]
#[must_use = "the octets that were taken must be dropped from the input"]
pub struct Decoded<'i> {
    /// How many octets to drop from the front of the input before it is given again.
    pub consumed: usize,
    /// What they were.
    pub part: Part<'i>,
}

/// A part of content.
#[derive(Clone, Copy, Debug)]
pub enum Part<'i> {
    /// Octets of content, at least one. They are the last of those consumed, so in the input they lie from
    /// `consumed - octets.len()` to `consumed`, which lets a caller move them within its own buffer.
    Content(&'i [u8]),
    /// The trailer section; the end comes next.
    Trailers(TrailerSection<'i>),
    /// The content is complete. What follows in the input is not this message's.
    End,
    /// More must come. What was not consumed must be given again.
    NeedInput,
}

impl ContentDecoder {
    /// A decoder for content that is delimited in this way.
    pub const fn new(framing: Framing, limits: ContentLimits) -> Self {
        Self(match framing {
            Framing::None => Coding::Length(0),
            Framing::Length(length) if length > limits.content => Coding::TooLong,
            Framing::Length(length) => Coding::Length(length),
            Framing::Chunked => Coding::Chunked(ChunkedDecoder::new(limits)),
            Framing::UntilClose => Coding::UntilClose { left: limits.content },
        })
    }

    /// Takes what `input` begins with. Call it again, behind what it consumed, after every part but
    /// [`End`](Part::End) and [`NeedInput`](Part::NeedInput). After the end it takes nothing, and says so again.
    ///
    /// # Errors
    /// [`FramingError`]; after it the connection cannot be read any further, and the decoder says the same of whatever it is
    /// given. Content whose length is known to be over the limit is refused before any of it is taken.
    #[inline]
    pub fn decode<'i>(&mut self, input: &'i [u8]) -> Result<Decoded<'i>, FramingError> {
        match &mut self.0 {
            Coding::Length(0) => Ok(Decoded { consumed: 0, part: Part::End }),
            Coding::TooLong => Err(FramingError::ContentTooLarge),
            Coding::Chunked(decoder) => decoder.decode(input),
            _ if input.is_empty() => Ok(Decoded { consumed: 0, part: Part::NeedInput }),
            Coding::Length(left) => {
                let length = usize::try_from(*left).map_or(input.len(), |left| input.len().min(left));
                *left -= length as u64;
                Ok(Decoded { consumed: length, part: Part::Content(&input[..length]) })
            }
            Coding::UntilClose { left } => {
                // As much as the limit lets through comes first, however the input was split.
                let length = usize::try_from(*left).map_or(input.len(), |left| input.len().min(left));
                if length == 0 {
                    self.0 = Coding::TooLong;
                    return Err(FramingError::ContentTooLarge);
                }
                *left -= length as u64;
                Ok(Decoded { consumed: length, part: Part::Content(&input[..length]) })
            }
        }
    }

    /// Whether the content is complete. It may be so before [`Part::End`] was said, once its last octets were taken.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        match &self.0 {
            Coding::Length(left) => *left == 0,
            Coding::Chunked(decoder) => decoder.is_done(),
            Coding::TooLong | Coding::UntilClose { .. } => false,
        }
    }

    /// How many octets of input are still to come, at least, behind those that were consumed. It is 0 for content that ends
    /// with the connection, of which nothing is known.
    #[must_use]
    pub const fn remaining_hint(&self) -> u64 {
        match &self.0 {
            Coding::Length(left) => *left,
            Coding::Chunked(decoder) => decoder.remaining_hint(),
            Coding::TooLong | Coding::UntilClose { .. } => 0,
        }
    }

    /// How many octets of content are still to come, where their number was said in advance; 0 otherwise.
    pub(crate) const fn length_left(&self) -> u64 {
        match &self.0 {
            Coding::Length(left) => *left,
            Coding::Chunked(_) | Coding::TooLong | Coding::UntilClose { .. } => 0,
        }
    }

    /// Says that the input has ended: right for content that the end delimits, and for content that is complete.
    ///
    /// # Errors
    /// [`FramingError::EndOfInput`] where more was to come.
    pub const fn handle_end_of_input(&self) -> Result<(), FramingError> {
        match &self.0 {
            Coding::UntilClose { .. } => Ok(()),
            _ if self.is_done() => Ok(()),
            _ => Err(FramingError::EndOfInput),
        }
    }
}
