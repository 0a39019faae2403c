use std::{fmt, mem, ops::Range};

use pronto::{
    content::{MultipartLimits, MultipartParser, MultipartStep, PartHead},
    head::MediaType,
};

use crate::{
    BadContent, IncomingContent, OwnedRequest,
    parts::{boundary_of, charset_of, names_of},
};

impl OwnedRequest {
    /// The parts of the content, `multipart/form-data`, as they come: a form with files of any size.
    ///
    /// ```
    /// use pronto_host::{App, BadContent, OwnedRequest};
    ///
    /// async fn lengths(mut request: OwnedRequest) -> Result<String, BadContent> {
    ///     let mut text = String::new();
    ///     let mut multipart = request.multipart()?;
    ///     while let Some(mut part) = multipart.next_part().await? {
    ///         let mut length = 0;
    ///         while let Some(octets) = part.next().await? {
    ///             length += octets.len();
    ///         }
    ///         text += &format!("{} {:?} {length}\n", part.name(), part.file_name());
    ///     }
    ///     Ok(text)
    /// }
    ///
    /// let app = App::new().post("/lengths", lengths).content_limit(u64::MAX);
    /// ```
    ///
    /// The request is without content then: who reads, and how far, is up to what is returned.
    ///
    /// # Errors
    /// [`BadContent`]: it is another media type, or one without a boundary, or was taken before. That it is broken is found while it is read.
    pub fn multipart(&mut self) -> Result<Multipart, BadContent> {
        self.multipart_within(MultipartLimits::new())
    }

    /// The same, with other limits than the usual ones.
    ///
    /// # Errors
    /// As for [`multipart`](Self::multipart).
    pub fn multipart_within(&mut self, limits: MultipartLimits) -> Result<Multipart, BadContent> {
        let parser = MultipartParser::new(boundary_of(&self.view())?, limits);
        let content = mem::replace(self.own_content()?, IncomingContent::new(None));
        let memory = vec![0; usize::from(limits.head_octets)];
        Ok(Multipart { content, parser, memory, piece: Vec::new(), read: 0, in_part: false })
    }
}

/// The parts of a form while they come. A client that sends faster than they are read is stopped; when this is dropped, nothing
/// more is read.
pub struct Multipart {
    content: IncomingContent,
    parser: MultipartParser,
    /// Where the parser puts a head aside.
    memory: Vec<u8>,
    /// What came last, and how much of it has been read.
    piece: Vec<u8>,
    read: usize,
    /// A part has begun and has not ended.
    in_part: bool,
}

impl Multipart {
    /// The next part; `None` behind the last one, and at the end of the content. What was not read of the part before is skipped.
    ///
    /// # Errors
    /// [`BadContent`] where the content is broken, exceeds a limit, or does not come to its end.
    pub async fn next_part(&mut self) -> Result<Option<IncomingPart<'_>>, BadContent> {
        loop {
            let head = match self.step().await? {
                None => return Ok(None),
                Some(MultipartStep::Head(range)) => self.parser.read_head(&self.piece[range])?,
                Some(MultipartStep::HeadAside(length)) => self.parser.read_head(&self.memory[..length])?,
                Some(_) => continue,
            };
            let (name, file_name) = names_of(&head)?;
            let (name, file_name) = (name.into_owned(), file_name.map(|name| name.into_owned()));
            let head = head.as_octets().to_vec();
            return Ok(Some(IncomingPart { multipart: self, head, name, file_name }));
        }
    }

    /// The next step, for which pieces are awaited; `None` at the end of the content.
    async fn step(&mut self) -> Result<Option<MultipartStep>, BadContent> {
        loop {
            let start = self.read;
            let (used, step) = self.parser.step(&self.piece[start..], &mut self.memory)?;
            self.read += used;
            let within = |range: Range<usize>| start + range.start..start + range.end;
            return Ok(Some(match step {
                MultipartStep::Nothing => match self.content.next().await? {
                    Some(piece) => {
                        (self.piece, self.read) = (piece, 0);
                        continue;
                    }
                    None => {
                        self.parser.end()?;
                        return Ok(None);
                    }
                },
                MultipartStep::Octets(range) => MultipartStep::Octets(within(range)),
                MultipartStep::Head(range) => {
                    self.in_part = true;
                    MultipartStep::Head(within(range))
                }
                MultipartStep::HeadAside(length) => {
                    self.in_part = true;
                    MultipartStep::HeadAside(length)
                }
                MultipartStep::PartEnd => {
                    self.in_part = false;
                    MultipartStep::PartEnd
                }
                step => step,
            }));
        }
    }
}

impl fmt::Debug for Multipart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Multipart").field("content", &self.content).finish_non_exhaustive()
    }
}

/// A part of a form while it comes: a field, or a file.
#[derive(Debug)]
pub struct IncomingPart<'a> {
    multipart: &'a mut Multipart,
    head: Vec<u8>,
    name: String,
    file_name: Option<String>,
}

impl IncomingPart<'_> {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the file that it is, where it is one. It is what the client says, and no path to write to.
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    /// The media type, where one is said that can be read. Without any it is text (RFC 7578 4.4).
    pub fn media_type(&self) -> Option<MediaType<'_>> {
        self.head()?.media_type()
    }

    /// The value of the first field of this name in its head, in any case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.head()?.field(name)
    }

    /// The next octets, where they were received: as many as are there; `None` at the end of the part.
    ///
    /// # Errors
    /// [`BadContent`] where the content is broken, or does not come to its end.
    pub async fn next(&mut self) -> Result<Option<&[u8]>, BadContent> {
        if !self.multipart.in_part {
            return Ok(None);
        }
        match self.multipart.step().await? {
            Some(MultipartStep::Octets(range)) => Ok(Some(&self.multipart.piece[range])),
            Some(MultipartStep::OctetsHeld(range)) => Ok(Some(self.multipart.parser.held(range))),
            _ => Ok(None),
        }
    }

    /// All that is left of it, unless that is more than so many octets.
    ///
    /// # Errors
    /// As for [`next`](Self::next), and [`BadContent::TooLong`].
    pub async fn collect(&mut self, most: usize) -> Result<Vec<u8>, BadContent> {
        let mut all = Vec::new();
        while let Some(octets) = self.next().await? {
            if octets.len() > most - all.len() {
                return Err(BadContent::TooLong { most });
            }
            all.extend_from_slice(octets);
        }
        Ok(all)
    }

    /// The same as text, by its charset; see [`Request::text`](crate::Request::text).
    ///
    /// # Errors
    /// As for [`collect`](Self::collect), or the charset is not known, or it is no text in it.
    pub async fn text(&mut self, most: usize) -> Result<String, BadContent> {
        let charset = self.head().map_or(Err(BadContent::Charset), |head| charset_of(&head))?;
        Ok(charset.decode(self.collect(most).await?.into())?.into_owned())
    }

    /// Its head, which was read before and found right.
    fn head(&self) -> Option<PartHead<'_>> {
        let limits = MultipartLimits::new().with_head_octets(u16::MAX).with_fields(u16::MAX);
        PartHead::parse(&self.head, &limits).ok()
    }
}
