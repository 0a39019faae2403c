use core::fmt;

use super::{Boundary, MultipartError, MultipartLimits, MultipartParser, MultipartStep, PartHead};

/// The parts of `multipart/form-data` that is there as a whole: what [`MultipartParser`] finds in it. After an error there are
/// no more.
///
/// ```
/// use pronto::content::{Boundary, MultipartLimits, Parts};
///
/// let content = b"--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b.txt\"\r\n\r\nc\r\n--x--\r\n";
/// for part in Parts::of(content, Boundary::new(b"x")?, MultipartLimits::new()) {
///     let part = part?;
///     assert!(part.head.name().is("a") && part.head.file_name().is_some_and(|name| name.is("b.txt")));
///     assert_eq!(part.content, b"c");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    parser: MultipartParser,
    content: &'a [u8],
    at: usize,
    done: bool,
}

/// A part of multipart content.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    /// Its head.
    pub head: PartHead<'a>,
    /// Its octets.
    pub content: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The parts of this content.
    pub const fn of(content: &'a [u8], boundary: Boundary, limits: MultipartLimits) -> Self {
        Self { parser: MultipartParser::new(boundary, limits), content, at: 0, done: false }
    }

    fn part(&mut self) -> Result<Option<Part<'a>>, MultipartError> {
        let (mut head, mut start, mut end) = (None, 0, 0);
        loop {
            let before = self.at;
            let rest = self.content.get(before..).unwrap_or_default();
            // No head must be put aside: there is no more input that it could wait for.
            let (used, found) = self.parser.look(rest, &mut [])?;
            self.at += used;
            match found {
                MultipartStep::Head(range) => {
                    head = Some(self.parser.read_head(rest.get(range).unwrap_or_default())?);
                    (start, end) = (self.at, self.at);
                }
                MultipartStep::Octets(range) => end = before + range.end,
                MultipartStep::PartEnd => {
                    let content = self.content.get(start..end).unwrap_or_default();
                    return Ok(head.map(|head| Part { head, content }));
                }
                MultipartStep::Nothing => return self.parser.end().map(|()| None),
                MultipartStep::End | MultipartStep::HeadAside(_) | MultipartStep::OctetsHeld(_) => {}
            }
        }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, MultipartError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let part = self.part();
        self.done = !matches!(part, Ok(Some(_)));
        part.transpose()
    }
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Part").field("head", &self.head).field("octets", &self.content.len()).finish()
    }
}
