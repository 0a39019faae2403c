use crate::{
    buffer::Sink,
    head::{Status, Version},
};

use super::{CommonFields, Decimal, Draft, ResponseError};

/// What a response must know about the request it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplyContext {
    /// The version of the request.
    pub version: Version,
    /// Whether content is sent, or only described.
    pub content: ReplyContent,
    /// Whether the connection is to outlive the response.
    pub persistence: Persistence,
}

impl ReplyContext {
    /// What is known about a request.
    pub const fn new(version: Version, content: ReplyContent, persistence: Persistence) -> Self {
        Self { version, content, persistence }
    }
}

/// Whether the content of a response is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyContent {
    /// It is.
    Sent,
    /// Only what GET would be told about it: the request's method is HEAD.
    Omitted,
}

/// Whether a connection outlives a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// It does.
    Keep,
    /// It closes after it.
    Close,
}

/// Proof that a response was written, and what must still follow its head. Only a writer makes one.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the connection must be told of the reply"]
pub struct Replied {
    status: Status,
    persistence: Persistence,
    following: Following,
    content_length: Option<u64>,
}

impl Replied {
    /// The status that was written.
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Whether the response said that the connection closes.
    pub const fn persistence(&self) -> Persistence {
        self.persistence
    }

    /// What must still be sent.
    pub const fn following(&self) -> Following {
        self.following
    }

    /// Octets of content sent or still to be sent, where that is known: for logs.
    pub const fn content_length(&self) -> Option<u64> {
        self.content_length
    }
}

/// What must be sent behind what a writer wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Following {
    /// Nothing: the response is complete.
    Nothing,
    /// Exactly this many octets.
    Octets(u64),
    /// Chunks, as [`encode`](crate::framing::encode) frames them, and a last one.
    Chunked,
    /// Any octets; the end of the connection is the end of the content.
    UntilClose,
    /// The other protocol's octets.
    Upgrade,
}

/// Writes one response: first its status.
///
/// ```
/// use pronto::{
///     buffer::SliceSink,
///     head::{Status, Version},
///     response::{CommonFields, Persistence, ReplyContent, ReplyContext, ResponseWriter},
/// };
///
/// let mut memory = [0; 128];
/// let mut sink = SliceSink::new(&mut memory);
/// let context = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Close);
/// let replied = ResponseWriter::new(&mut sink, context, &CommonFields::without_server())
///     .status(Status::NOT_FOUND)
///     .content_type("text/plain")
///     .content(b"not here")?;
/// assert_eq!(replied.status(), Status::NOT_FOUND);
/// assert_eq!(
///     sink.written(),
///     b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 8\r\nConnection: close\r\n\r\nnot here"
/// );
/// # Ok::<(), pronto::response::ResponseError>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is written before a writer is finished"]
pub struct ResponseWriter<'a, S> {
    sink: &'a mut S,
    context: ReplyContext,
    common: &'a CommonFields,
}

impl<'a, S: Sink> ResponseWriter<'a, S> {
    /// A writer for the response to a request.
    pub const fn new(sink: &'a mut S, context: ReplyContext, common: &'a CommonFields) -> Self {
        Self { sink, context, common }
    }

    /// Writes the status line and the [`CommonFields`]. The version is always HTTP/1.1: it says what the sender speaks,
    /// not what it was spoken to in (RFC 9110 6.2).
    #[inline]
    pub fn status(self, status: Status) -> ResponseHeadWriter<'a, S> {
        let mut draft = Draft::new(self.sink);
        put_status_line(&mut draft, status);
        draft.put(self.common.as_octets());
        ResponseHeadWriter { draft, status, context: self.context }
    }
}

/// Writes the fields of one response, and finishes it with exactly one kind of content.
///
/// The first error sticks, and the finisher tells it; nothing is then written at all.
#[derive(Debug)]
#[must_use = "nothing is written before a writer is finished"]
pub struct ResponseHeadWriter<'a, S> {
    draft: Draft<'a, S>,
    status: Status,
    context: ReplyContext,
}

impl<S: Sink> ResponseHeadWriter<'_, S> {
    /// Adds a field. A name may come again: the lines stay apart, as Set-Cookie needs it.
    #[inline]
    pub fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        put_field(&mut self.draft, name, value.as_ref());
        self
    }

    /// Adds the media type of the content.
    #[inline]
    pub fn content_type(mut self, media_type: impl AsRef<[u8]>) -> Self {
        self.draft.put_checked_line("Content-Type", media_type.as_ref());
        self
    }

    /// Has the connection close after this response.
    pub fn close(mut self) -> Self {
        self.context.persistence = Persistence::Close;
        self
    }

    /// Finishes with no content: `Content-Length: 0`, or nothing at all where the status permits none.
    ///
    /// # Errors
    /// The first error that any step met.
    #[inline]
    pub fn no_content(self) -> Result<Replied, ResponseError> {
        self.content(b"")
    }

    /// Finishes with all of the content.
    ///
    /// # Errors
    /// The first error that any step met; [`ResponseError::ContentNotPermitted`] for content with 204, 205 and 304.
    #[inline]
    pub fn content(mut self, content: &[u8]) -> Result<Replied, ResponseError> {
        let length = content.len() as u64;
        put_length(&mut self.draft, self.status, length);
        self.draft.put(end_of_head(self.context));
        if self.context.content == ReplyContent::Sent {
            self.draft.put(content);
        }
        self.finish(Following::Nothing, Some(length))
    }

    /// Finishes the head; exactly `length` octets of content must follow, which the caller sends.
    ///
    /// # Errors
    /// As for [`content`](Self::content).
    pub fn content_of_length(mut self, length: u64) -> Result<Replied, ResponseError> {
        put_length(&mut self.draft, self.status, length);
        self.draft.put(end_of_head(self.context));
        let following = if length == 0 { Following::Nothing } else { self.unless_omitted(Following::Octets(length)) };
        self.finish(following, Some(length))
    }

    /// Finishes the head; content of unknown length follows, which the caller sends: in chunks, or to an HTTP/1.0 client
    /// as it is, until the connection closes.
    ///
    /// # Errors
    /// The first error that any step met; [`ResponseError::ContentNotPermitted`] with 204, 205 and 304.
    pub fn chunked(mut self) -> Result<Replied, ResponseError> {
        check_content_permitted(&mut self.draft, self.status);
        let following = if self.context.version == Version::Http11 {
            self.draft.put(b"Transfer-Encoding: chunked\r\n");
            Following::Chunked
        } else {
            self.context.persistence = Persistence::Close;
            Following::UntilClose
        };
        self.draft.put(end_of_head(self.context));
        let following = self.unless_omitted(following);
        self.finish(following, None)
    }

    /// Finishes a 101 response: the connection becomes the protocol's (RFC 9110 7.8).
    ///
    /// # Errors
    /// The first error that any step met; [`ResponseError::Upgrade`] with another status or in answer to HTTP/1.0.
    pub fn upgrade(mut self, protocol: &str) -> Result<Replied, ResponseError> {
        if self.status != Status::SWITCHING_PROTOCOLS || self.context.version == Version::Http10 {
            self.draft.fail(ResponseError::Upgrade);
        }
        self.draft.put_checked_line("Upgrade", protocol.as_bytes());
        self.draft.put(b"Connection: upgrade\r\n\r\n");
        let replied = Replied {
            status: self.status,
            persistence: Persistence::Keep,
            following: Following::Upgrade,
            content_length: None,
        };
        self.draft.finish().map(|()| replied)
    }

    fn unless_omitted(&self, following: Following) -> Following {
        match self.context.content {
            ReplyContent::Sent => following,
            ReplyContent::Omitted => Following::Nothing,
        }
    }

    #[inline]
    fn finish(self, following: Following, content_length: Option<u64>) -> Result<Replied, ResponseError> {
        let persistence = self.context.persistence;
        self.draft.finish().map(|()| Replied { status: self.status, persistence, following, content_length })
    }
}

impl Replied {
    /// A complete response that was written otherwise.
    pub(super) const fn complete(status: Status, persistence: Persistence, content_length: u64) -> Self {
        Self { status, persistence, following: Following::Nothing, content_length: Some(content_length) }
    }
}

/// The status line; unregistered codes have no phrase.
#[inline]
pub(super) fn put_status_line<S: Sink>(draft: &mut Draft<'_, S>, status: Status) {
    match status.status_line() {
        Some(line) => draft.put(line.as_bytes()),
        None => {
            draft.put(b"HTTP/1.1 ");
            draft.put(Decimal::new(u64::from(status.code())).as_octets());
            draft.put(b" \r\n");
        }
    }
}

/// A field of the caller's.
#[inline]
pub(super) fn put_field<S: Sink>(draft: &mut Draft<'_, S>, name: &str, value: &[u8]) {
    if DERIVED.iter().any(|derived| name.eq_ignore_ascii_case(derived)) {
        draft.fail(ResponseError::DerivedField);
    }
    draft.put_checked_line(name, value);
}

/// The length of the content, unless the status has none to tell of (RFC 9110 8.6).
#[inline]
pub(super) fn put_length<S: Sink>(draft: &mut Draft<'_, S>, status: Status, length: u64) {
    if length > 0 {
        check_content_permitted(draft, status);
    }
    if status.is_informational() {
        draft.fail(ResponseError::InterimStatus);
    }
    if status.permits_content() {
        draft.put_line("Content-Length: ", Decimal::new(length).as_octets());
    }
}

#[inline]
fn check_content_permitted<S: Sink>(draft: &mut Draft<'_, S>, status: Status) {
    if status.is_informational() {
        draft.fail(ResponseError::InterimStatus);
    }
    if !status.permits_content() || status == Status::RESET_CONTENT {
        draft.fail(ResponseError::ContentNotPermitted);
    }
}

/// What says whether the connection stays, in the words of each version (RFC 9112 9.3), and the empty line.
#[inline]
pub(super) const fn end_of_head(context: ReplyContext) -> &'static [u8] {
    match (context.persistence, context.version) {
        (Persistence::Keep, Version::Http11) => b"\r\n",
        (Persistence::Keep, Version::Http10) => b"Connection: keep-alive\r\n\r\n",
        (Persistence::Close, _) => b"Connection: close\r\n\r\n",
    }
}

/// Fields that the writer derives.
const DERIVED: [&str; 7] =
    ["connection", "content-length", "date", "server", "trailer", "transfer-encoding", "upgrade"];
