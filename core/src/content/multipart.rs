use core::ops::Range;

use super::{Boundary, MultipartError, MultipartLimits, PartHead};

/// Reads `multipart/form-data` (RFC 7578, RFC 2046 5.1) that comes in pieces, cut anywhere.
///
/// ```abnf
/// multipart-body = [preamble CRLF] dash-boundary padding CRLF part *(delimiter padding CRLF part)
///                  delimiter "--" padding [CRLF epilogue]
/// delimiter      = CRLF dash-boundary
/// dash-boundary  = "--" boundary
/// part           = *field-line CRLF *OCTET
/// ```
///
/// Input is used up by each round of [`next`](Self::next): nothing of it must be kept for later, and each octet is looked at
/// once, or twice where it could belong to a delimiter. What comes out does not depend on how the input was cut, but for how
/// the octets of a part are.
///
/// ```
/// use pronto::content::{Boundary, MultipartEvent, MultipartLimits, MultipartParser};
///
/// let pieces = ["--x\r\nContent-Disposition: form-da", "ta; name=\"a\"\r\n\r\nb\r", "\n--y\r\n--x-", "-"];
/// let mut parser = MultipartParser::new(Boundary::new(b"x")?, MultipartLimits::new());
/// let (mut memory, mut octets) = ([0; 8 * 1024], Vec::<u8>::new());
/// for piece in pieces {
///     let mut input = piece.as_bytes();
///     while let Some(event) = parser.next(&mut input, &mut memory)? {
///         match event {
///             MultipartEvent::Part(head) => assert!(head.name().is("a")),
///             MultipartEvent::Octets(more) => octets.extend(more),
///             MultipartEvent::PartEnd => assert_eq!(octets, b"b\r\n--y"),
///             MultipartEvent::End => {}
///         }
///     }
/// }
/// parser.end()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct MultipartParser {
    boundary: Boundary,
    limits: MultipartLimits,
    state: State,
    /// So many octets of a delimiter were the last ones.
    held: u8,
    /// So many of these belong to what is before, and are no content if it is no delimiter.
    borrowed: u8,
    /// Octets of a head that were put aside.
    head_length: u16,
    parts: u32,
    octets_around: u32,
}

/// What is found in multipart content. It borrows the input, or what the parser was lent.
#[derive(Clone, Copy, Debug)]
pub enum MultipartEvent<'a> {
    /// A part begins.
    Part(PartHead<'a>),
    /// Octets of the part, at least one.
    Octets(&'a [u8]),
    /// The part ends.
    PartEnd,
    /// That was the last part. What may follow means nothing.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first boundary, or in its delimiter.
    Preamble,
    /// Behind a boundary.
    Boundary,
    /// Behind a boundary and `-`.
    Dash,
    /// Behind a boundary and white space.
    Padding,
    /// Behind a boundary and CR.
    LineFeed,
    /// In the head of a part.
    Head,
    /// In the content of a part, or in the delimiter behind it.
    Content,
    /// Behind the last boundary: on its line, behind its CR, and behind it.
    Closing,
    ClosingLineFeed,
    Epilogue,
    Failed(MultipartError),
}

/// What is found in multipart content, by where it is: what [`MultipartEvent`] is without a lifetime.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum MultipartStep {
    /// The input is used up: go on with more.
    Nothing,
    /// A part begins. Its head is here in the input; [`read_head`](MultipartParser::read_head) reads it.
    Head(Range<usize>),
    /// A part begins. Its head has this length, and is at the front of the memory that was lent.
    HeadAside(usize),
    /// Octets of the part, at least one: these of the input.
    Octets(Range<usize>),
    /// Octets of the part that came with earlier input, and could have been a delimiter:
    /// [`held`](MultipartParser::held) shows them.
    OctetsHeld(Range<usize>),
    /// The part ends.
    PartEnd,
    /// That was the last part. What may follow means nothing.
    End,
}

impl MultipartParser {
    /// A parser for content with this boundary.
    pub const fn new(boundary: Boundary, limits: MultipartLimits) -> Self {
        // The content begins as if a line end came before it.
        let state = State::Preamble;
        Self { boundary, limits, state, held: 2, borrowed: 2, head_length: 0, parts: 0, octets_around: 0 }
    }

    /// The next event in `input`, which is shortened by what was used; `None` where that is all of it. Go on until then, and
    /// then with more input, or [`end`](Self::end).
    ///
    /// A head that is not complete is put aside in `memory`. Lend the same with each call, as long as a head may be: if it is
    /// shorter, that is the limit.
    ///
    /// # Errors
    /// [`MultipartError`] where the content is broken or exceeds a limit; the same again, however often it is asked.
    pub fn next<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
        memory: &'a mut [u8],
    ) -> Result<Option<MultipartEvent<'a>>, MultipartError> {
        let octets = *input;
        let (used, found) = self.step(octets, memory)?;
        *input = octets.get(used..).unwrap_or_default();
        Ok(Some(match found {
            MultipartStep::Nothing => return Ok(None),
            MultipartStep::Head(range) => MultipartEvent::Part(self.read_head(octets.get(range).unwrap_or_default())?),
            MultipartStep::HeadAside(length) => {
                MultipartEvent::Part(self.read_head(memory.get(..length).unwrap_or_default())?)
            }
            MultipartStep::Octets(range) => MultipartEvent::Octets(octets.get(range).unwrap_or_default()),
            MultipartStep::OctetsHeld(range) => MultipartEvent::Octets(self.held(range)),
            MultipartStep::PartEnd => MultipartEvent::PartEnd,
            MultipartStep::End => MultipartEvent::End,
        }))
    }

    /// The same as [`next`](Self::next), for those who cannot hold on to what they lend: how much of the input was used, and
    /// what was found.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub fn step(&mut self, input: &[u8], memory: &mut [u8]) -> Result<(usize, MultipartStep), MultipartError> {
        let room = u16::try_from(memory.len()).unwrap_or(u16::MAX);
        self.limits.head_octets = self.limits.head_octets.min(room);
        self.look(input, memory)
    }

    /// Octets that a step found to be none of a delimiter.
    pub fn held(&self, octets: Range<usize>) -> &[u8] {
        self.boundary.delimiter().get(octets).unwrap_or_default()
    }

    /// Says that no more input will come.
    ///
    /// # Errors
    /// [`MultipartError`]: the last boundary was not there, or the content was refused before.
    pub const fn end(&self) -> Result<(), MultipartError> {
        match self.state {
            State::Closing | State::Epilogue => Ok(()),
            State::Failed(error) => Err(error),
            _ => Err(MultipartError::EndOfContent),
        }
    }

    /// Reads the head of a part that a step found.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub fn read_head<'a>(&mut self, octets: &'a [u8]) -> Result<PartHead<'a>, MultipartError> {
        PartHead::parse(octets, &self.limits).map_err(|error| self.fail(error))
    }

    /// A step. Without memory, a head must be there as a whole.
    pub(super) fn look(&mut self, input: &[u8], memory: &mut [u8]) -> Result<(usize, MultipartStep), MultipartError> {
        let mut at = 0;
        loop {
            if let State::Failed(error) = self.state {
                return Err(error);
            }
            let rest = input.get(at..).unwrap_or_default();
            let &[octet, ..] = rest else { return Ok((at, MultipartStep::Nothing)) };
            match (self.state, octet) {
                (State::Preamble | State::Content, _) => {
                    let (used, found) = self.seek(rest);
                    at += used;
                    match (self.state, found) {
                        (State::Preamble, Sought::Octets(length)) => self.ignore(length)?,
                        (State::Preamble, Sought::Held(range)) => self.ignore(range.len())?,
                        (State::Preamble, Sought::Delimiter) => self.state = State::Boundary,
                        (_, Sought::Delimiter) => {
                            self.state = State::Boundary;
                            return Ok((at, MultipartStep::PartEnd));
                        }
                        (_, Sought::Octets(0)) => {}
                        (_, Sought::Octets(length)) => {
                            let start = input.len() - rest.len();
                            return Ok((at, MultipartStep::Octets(start..start + length)));
                        }
                        (_, Sought::Held(range)) if range.is_empty() => {}
                        (_, Sought::Held(range)) => return Ok((at, MultipartStep::OctetsHeld(range))),
                    }
                }
                (State::Head, _) => {
                    let (used, found) = self.take_head(rest, memory)?;
                    let start = at;
                    at += used;
                    return Ok((
                        at,
                        match found {
                            MultipartStep::Head(range) => MultipartStep::Head(start + range.start..start + range.end),
                            found => found,
                        },
                    ));
                }
                (State::Epilogue, _) => {
                    self.ignore(rest.len())?;
                    at = input.len();
                }
                (State::Dash, b'-') => {
                    self.state = State::Closing;
                    return Ok((at + 1, MultipartStep::End));
                }
                (state, octet) => {
                    self.state = match (state, octet) {
                        (State::Boundary, b'-') => State::Dash,
                        (State::Boundary | State::Padding, b' ' | b'\t') => State::Padding,
                        (State::Boundary | State::Padding, b'\r') => State::LineFeed,
                        (State::LineFeed, b'\n') => State::Head,
                        (State::Closing, b' ' | b'\t') => State::Closing,
                        (State::Closing, b'\r') => State::ClosingLineFeed,
                        (State::ClosingLineFeed, b'\n') => State::Epilogue,
                        _ => return Err(self.fail(MultipartError::Delimiter)),
                    };
                    match self.state {
                        State::Padding | State::Closing => self.ignore(1)?,
                        State::Head => self.count_part()?,
                        _ => {}
                    }
                    at += 1;
                }
            }
        }
    }

    /// Looks for the delimiter: how much of the input is used, and what was found.
    fn seek(&mut self, input: &[u8]) -> (usize, Sought) {
        let delimiter = self.boundary.delimiter();
        let held = usize::from(self.held);
        if held > 0 {
            let wanted = delimiter.get(held..).unwrap_or_default();
            let same = wanted.iter().zip(input).take_while(|(wanted, octet)| wanted == octet).count();
            if same == wanted.len() {
                self.held = 0;
                return (same, Sought::Delimiter);
            }
            if same == input.len() {
                self.held += same as u8;
                return (same, Sought::Octets(0));
            }
            // No other CR is in a delimiter, so none can have begun among the octets that were held.
            self.held = 0;
            return (0, Sought::Held(usize::from(self.borrowed)..held));
        }
        if input.starts_with(delimiter) {
            return (delimiter.len(), Sought::Delimiter);
        }
        if let Some(found) = find(input, delimiter) {
            return (found, Sought::Octets(found));
        }
        let last = &input[input.len().saturating_sub(delimiter.len() - 1)..];
        let held = match memchr::memrchr(b'\r', last) {
            Some(at) if delimiter.starts_with(&last[at..]) => last.len() - at,
            _ => 0,
        };
        (self.held, self.borrowed) = (held as u8, 0);
        (input.len(), Sought::Octets(input.len() - held))
    }

    /// Takes a head, or puts aside what is there of it: ranges are in `input`.
    fn take_head(&mut self, input: &[u8], memory: &mut [u8]) -> Result<(usize, MultipartStep), MultipartError> {
        let most = usize::from(self.limits.head_octets);
        let before = usize::from(self.head_length);
        let more = &input[..input.len().min(most.saturating_sub(before))];
        if before == 0
            && let Some(length) = head_length(more, 0)
        {
            self.begin_content();
            return Ok((length, MultipartStep::Head(0..length)));
        }
        let there = before + more.len();
        let Some(memory) = memory.get_mut(..there) else {
            // Nothing was lent for a head that will never be complete, or less than before.
            let error = if there < most { MultipartError::EndOfContent } else { MultipartError::HeadTooLong };
            return Err(self.fail(error));
        };
        if let Some(place) = memory.get_mut(before..before + more.len()) {
            place.copy_from_slice(more);
        }
        if let Some(length) = head_length(memory, before) {
            self.begin_content();
            return Ok((length - before, MultipartStep::HeadAside(length)));
        }
        if memory.len() >= most {
            return Err(self.fail(MultipartError::HeadTooLong));
        }
        self.head_length = memory.len() as u16;
        Ok((more.len(), MultipartStep::Nothing))
    }

    /// The line end of the empty line may be that of a delimiter, if there is no content.
    const fn begin_content(&mut self) {
        (self.state, self.held, self.borrowed, self.head_length) = (State::Content, 2, 2, 0);
    }

    fn count_part(&mut self) -> Result<(), MultipartError> {
        if self.parts == self.limits.parts {
            return Err(self.fail(MultipartError::TooManyParts));
        }
        self.parts += 1;
        Ok(())
    }

    /// Counts octets that mean nothing.
    fn ignore(&mut self, length: usize) -> Result<(), MultipartError> {
        match u32::try_from(length).ok().and_then(|length| self.octets_around.checked_add(length)) {
            Some(around) if around <= self.limits.octets_around => {
                self.octets_around = around;
                Ok(())
            }
            _ => Err(self.fail(MultipartError::TooMuchAround)),
        }
    }

    const fn fail(&mut self, error: MultipartError) -> MultipartError {
        self.state = State::Failed(error);
        error
    }
}

/// What is found on the way to a delimiter.
enum Sought {
    /// So many octets that belong to no delimiter, from the start of the input on.
    Octets(usize),
    /// These octets of the delimiter were none, and are not in the input.
    Held(Range<usize>),
    /// The delimiter.
    Delimiter,
}

/// The length of the head that is at the front of these octets, its empty line included, where it ends behind those that
/// were searched before. One that is only an empty line has no fields.
fn head_length(octets: &[u8], searched: usize) -> Option<usize> {
    if octets.starts_with(b"\r\n") {
        return Some(2);
    }
    let from = searched.saturating_sub(HEAD_END.len() - 1);
    Some(from + find(octets.get(from..)?, HEAD_END)? + HEAD_END.len())
}

/// Where something is that begins with CR.
///
/// A block is passed over at once where nothing in it has the first octet and the third of what is wanted: the compiler makes
/// vectors of that. Line ends alone, of which texts are full, do not hold it up.
fn find(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    let &[first, _, third, ..] = wanted else { return None };
    let is_there = |&at: &usize| octets.get(at..).is_some_and(|rest| rest.starts_with(wanted));
    let mut at = 0;
    while let (Some(firsts), Some(thirds)) = (block(octets, at), block(octets, at + 2)) {
        let mut found = 0;
        for (one, two_behind) in firsts.iter().zip(thirds) {
            found |= u8::from(*one == first) & u8::from(*two_behind == third);
        }
        if found != 0 {
            let candidates = firsts.iter().zip(thirds).zip(at..);
            let mut candidates = candidates.filter(|&((one, two_behind), _)| *one == first && *two_behind == third);
            if let Some((_, place)) = candidates.find(|(_, place)| is_there(place)) {
                return Some(place);
            }
        }
        at += BLOCK;
    }
    memchr::memchr_iter(first, octets.get(at..)?).map(|place| at + place).find(is_there)
}

fn block(octets: &[u8], at: usize) -> Option<&[u8; BLOCK]> {
    octets.get(at..at + BLOCK)?.first_chunk()
}

/// Octets that are looked at together.
const BLOCK: usize = 64;

const HEAD_END: &[u8; 4] = b"\r\n\r\n";
