use std::{
    borrow::Cow,
    fmt,
    io::{self, BufRead, Cursor, ErrorKind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use futures_lite::Stream;
use pronto::framing::encode::{chunk, last_chunk};

use crate::{
    Fault, Output, Piece,
    alarm::Alarm,
    file_part::{FilePart, Unread},
    guarded::Guarded,
};

/// Content from this length on is sent from where it lies, instead of being copied behind its head: 16 KiB.
pub const LARGE: usize = 16 * 1024;

/// A source of pieces, whatever it is.
pub(crate) type Pieces = Pin<Box<dyn Stream<Item = Result<Piece, Fault>>>>;

/// Content that follows its head, and is pulled from its source when there is room for it.
pub(crate) struct Content(Source);

enum Source {
    Sized { octets: Guarded<Box<dyn BufRead + Send>>, left: u64, weight: usize },
    File(FilePart),
    Streamed(Streamed),
}

/// What is to be sent next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next<'a> {
    Octets(&'a [u8]),
    /// Octets that nobody has to look at: there are some.
    File(Unread<'a>),
}

impl Next<'_> {
    /// How many octets it is.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Octets(octets) => octets.len(),
            Self::File(unread) => usize::try_from(unread.left).unwrap_or(usize::MAX),
        }
    }
}

/// Content of unknown length.
struct Streamed {
    pieces: Guarded<Pieces>,
    coding: Coding,
    trailers: Vec<(Cow<'static, str>, Vec<u8>)>,
    /// What is to be sent next, in its coding.
    staged: Output,
    sent: usize,
    alarm: Arc<Alarm>,
    state: State,
}

/// How streamed content is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// In chunks (RFC 9112 7.1).
    Chunked,
    /// By the end of the connection.
    UntilClose,
}

enum State {
    /// The source may have pieces.
    Open,
    /// It has none until the alarm rings.
    Waiting,
    /// It has come to its end, and all of that is staged.
    Ended,
    /// It has failed, which is told when what came before has been sent.
    Failed(Fault),
}

/// Pieces are gathered until there are so many octets.
const STAGE: usize = 32 * 1024;

/// So many pieces are gathered at a time, at most.
const MOST_PIECES: u32 = 4096;

impl Content {
    /// Content of exactly `length` octets. What the source has beyond that is not read; one that ends earlier, or fails,
    /// has the connection cut, since the length has been promised.
    pub(crate) fn sized(length: u64, octets: Box<dyn BufRead + Send>) -> Self {
        Self(Source::Sized { octets: Guarded::new(octets), left: length, weight: 0 })
    }

    /// Content that lies in memory.
    pub(crate) fn from_memory(octets: Cow<'static, [u8]>) -> Self {
        let (left, weight) = (octets.len() as u64, if let Cow::Owned(octets) = &octets { octets.len() } else { 0 });
        Self(Source::Sized { octets: Guarded::new(Box::new(Cursor::new(octets))), left, weight })
    }

    /// Content that is a part of a file.
    pub(crate) const fn of_file(part: FilePart) -> Self {
        Self(Source::File(part))
    }

    /// Content of unknown length. The alarm rings when the source can go on.
    pub(crate) fn streamed(pieces: Pieces, coding: Coding, alarm: Arc<Alarm>) -> Self {
        let (pieces, trailers, staged) = (Guarded::new(pieces), Vec::new(), Output::new());
        Self(Source::Streamed(Streamed { pieces, coding, trailers, staged, sent: 0, alarm, state: State::Open }))
    }

    /// What is to be sent next: [octets](Self::octets), or a part of a file that the operating system can send.
    ///
    /// # Errors
    /// As for the octets.
    pub(crate) fn next(&mut self) -> Result<Next<'_>, Fault> {
        match &mut self.0 {
            Source::File(part) => Ok(part.next()?),
            source => source.octets().map(Next::Octets),
        }
    }

    /// The octets to be sent next; none where the source has none yet, and at the end.
    ///
    /// # Errors
    /// That of the source, be it that it ends before its length or panics.
    pub(crate) fn octets(&mut self) -> Result<&[u8], Fault> {
        self.0.octets()
    }

    /// Says that this many of them were sent.
    ///
    /// # Errors
    /// The source panics.
    pub(crate) fn consume(&mut self, sent: usize) -> Result<(), Fault> {
        match &mut self.0 {
            Source::Sized { octets, left, .. } => {
                *left = left.saturating_sub(sent as u64);
                octets.run(|octets| octets.consume(sent))
            }
            Source::File(part) => {
                part.consume(sent);
                Ok(())
            }
            Source::Streamed(streamed) => {
                streamed.sent += sent;
                Ok(())
            }
        }
    }

    /// How much memory of the application's it takes until it is sent, as far as that is known.
    pub(crate) fn weight(&self) -> usize {
        match &self.0 {
            Source::Sized { weight, .. } => *weight,
            // What many of them would take first are descriptors.
            Source::File(_) => LARGE,
            Source::Streamed(_) => 0,
        }
    }

    /// Whether only the end of the connection tells that it is complete.
    pub(crate) const fn ends_with_connection(&self) -> bool {
        matches!(&self.0, Source::Streamed(Streamed { coding: Coding::UntilClose, .. }))
    }

    /// Whether all of it has been sent.
    pub(crate) fn is_sent(&self) -> bool {
        match &self.0 {
            Source::Sized { left, .. } => *left == 0,
            Source::File(part) => part.left() == 0,
            Source::Streamed(streamed) => {
                matches!(streamed.state, State::Ended) && streamed.sent == streamed.staged.len()
            }
        }
    }
}

impl Source {
    fn octets(&mut self) -> Result<&[u8], Fault> {
        match self {
            Source::Sized { octets, left, .. } => {
                if *left == 0 {
                    return Ok(&[]);
                }
                let octets = octets.run(|octets| fill(&mut **octets))??;
                if octets.is_empty() {
                    return Err(io::Error::from(ErrorKind::UnexpectedEof).into());
                }
                let length = usize::try_from(*left).map_or(octets.len(), |left| octets.len().min(left));
                Ok(&octets[..length])
            }
            Source::File(part) => Ok(part.octets()?),
            Source::Streamed(streamed) => {
                if streamed.sent == streamed.staged.len() {
                    streamed.stage()?;
                }
                Ok(&streamed.staged.as_octets()[streamed.sent..])
            }
        }
    }
}

/// What a source has, which is asked again when a signal came in between; nothing at its end.
fn fill(octets: &mut dyn BufRead) -> io::Result<&[u8]> {
    loop {
        match octets.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok([]) => return Ok(&[]),
            Ok(_) => break,
        }
    }
    // They are in its buffer by now.
    octets.fill_buf()
}

impl Streamed {
    /// Gathers what the source has, up to a bound.
    fn stage(&mut self) -> Result<(), Fault> {
        self.staged.clear();
        self.sent = 0;
        // Taken in any case: an alarm that has rung already tells nobody of what comes next.
        if self.alarm.take() && matches!(self.state, State::Waiting) {
            self.state = State::Open;
        }
        let waker = Waker::from(Arc::clone(&self.alarm));
        for _ in 0..MOST_PIECES {
            if !matches!(self.state, State::Open) || self.staged.len() >= STAGE {
                break;
            }
            let polled = self.pieces.run(|pieces| pieces.as_mut().poll_next(&mut Context::from_waker(&waker)));
            let taken = match polled {
                Ok(Poll::Pending) => {
                    self.state = State::Waiting;
                    break;
                }
                Ok(Poll::Ready(Some(Ok(piece)))) => self.take(piece),
                Ok(Poll::Ready(None)) => self.end(),
                Ok(Poll::Ready(Some(Err(fault)))) | Err(fault) => Err(fault),
            };
            if let Err(fault) = taken {
                self.state = State::Failed(fault);
            }
        }
        if self.staged.is_empty() && matches!(self.state, State::Open) {
            // Pieces without octets: others have their turn before there are more.
            self.state = State::Waiting;
            let _rung_before = self.alarm.take();
            self.alarm.wake_by_ref();
        }
        if self.staged.is_empty() && matches!(self.state, State::Failed(_)) {
            let failed = std::mem::replace(&mut self.state, State::Ended);
            if let State::Failed(fault) = failed {
                return Err(fault);
            }
        }
        Ok(())
    }

    fn take(&mut self, piece: Piece) -> Result<(), Fault> {
        match piece {
            Piece::Octets(octets) => match self.coding {
                Coding::Chunked => chunk(&mut self.staged, &octets)?,
                Coding::UntilClose => self.staged.extend(&octets),
            },
            Piece::Trailer(name, value) => self.trailers.push((name, value)),
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fault> {
        if self.coding == Coding::Chunked {
            let trailers: Vec<_> = self.trailers.iter().map(|(name, value)| (&**name, &**value)).collect();
            last_chunk(&mut self.staged, &trailers)?;
        }
        self.state = State::Ended;
        Ok(())
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Sized { left, .. } => formatter.debug_tuple("Sized").field(left).finish(),
            Source::File(part) => part.fmt(formatter),
            Source::Streamed(streamed) => formatter.debug_tuple("Streamed").field(&streamed.coding).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::stream;

    use super::*;
    use crate::{ClientKey, Mailbox};

    fn streamed(pieces: Vec<Result<Piece, Fault>>, coding: Coding) -> Content {
        let mailbox = Arc::new(Mailbox::new());
        let alarm = Alarm::rung(&mailbox, ClientKey { place: 0, generation: 0 });
        Content::streamed(Box::pin(stream::iter(pieces)), coding, alarm)
    }

    #[test]
    fn a_source_is_read_to_its_length_and_not_beyond() {
        let mut content = Content::sized(3, Box::new(&b"abcdef"[..]));
        assert_eq!(content.octets().unwrap(), b"abc");
        content.consume(2).unwrap();
        assert_eq!(content.octets().unwrap(), b"c");
        content.consume(1).unwrap();
        assert_eq!(content.octets().unwrap(), b"");
        assert!(content.is_sent());
    }

    #[test]
    fn a_source_that_ends_early_is_an_error() {
        let mut content = Content::sized(3, Box::new(&b"a"[..]));
        content.consume(1).unwrap();
        assert!(content.octets().is_err());
    }

    #[test]
    fn pieces_are_gathered_in_chunks_with_trailers_behind_them() {
        let pieces = vec![Ok("one".into()), Ok("".into()), Ok("more".into()), Ok(Piece::trailer("X-Sum", "7"))];
        let mut content = streamed(pieces, Coding::Chunked);
        assert_eq!(content.octets().unwrap(), b"3\r\none\r\n4\r\nmore\r\n0\r\nX-Sum: 7\r\n\r\n");
        content.consume(10).unwrap();
        assert!(!content.is_sent());
        let rest = content.octets().unwrap().len();
        content.consume(rest).unwrap();
        assert!(content.is_sent());
    }

    #[test]
    fn pieces_without_octets_never_end_a_turn_for_ever() {
        let mailbox = Arc::new(Mailbox::new());
        let alarm = Alarm::rung(&mailbox, ClientKey { place: 0, generation: 0 });
        let pieces = stream::iter((0..).map(|number| Ok(if number == 10_000 { "at last" } else { "" }.into())));
        let mut content = Content::streamed(Box::pin(pieces), Coding::UntilClose, alarm);
        let mut turns = 0;
        while content.octets().unwrap().is_empty() {
            assert!(!mailbox.take().is_empty(), "nothing has the next turn come");
            turns += 1;
        }
        assert_eq!(turns, 2);
        assert_eq!(content.octets().unwrap(), b"at last");
    }

    #[test]
    fn what_came_before_a_failure_is_sent_before_it_is_told() {
        for coding in [Coding::Chunked, Coding::UntilClose] {
            let mut content = streamed(vec![Ok("one".into()), Err(Fault::words("no more"))], coding);
            let staged = content.octets().unwrap().len();
            assert!(staged >= 3);
            content.consume(staged).unwrap();
            assert!(!content.is_sent());
            assert_eq!(content.octets().unwrap_err().to_string(), "no more");
        }
        let mut content = streamed(vec![Ok(Piece::trailer("Content-Length", "7"))], Coding::Chunked);
        assert!(content.octets().is_err(), "a trailer that must not be one");
    }
}
