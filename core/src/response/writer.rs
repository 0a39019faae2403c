use crate::{
    buffer::Sink,
    head::{Status, Version},
};

use super::{
    CommonFields, Draft, Pen, Redirect, Replied, ResponseError, SetCookie,
    check::{check_name, check_not_derived, check_protocol, check_value},
    pen::decimal_length,
    redirect::check_location,
    replied::Rest,
};

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
    /// Whether the client offers to go on in another protocol.
    pub upgrade: UpgradeOffer,
}

impl ReplyContext {
    /// What is known about a request.
    pub const fn new(version: Version, content: ReplyContent, persistence: Persistence) -> Self {
        Self { version, content, persistence, upgrade: UpgradeOffer::None }
    }

    /// The same, for a request that offers another protocol (RFC 9110 7.8).
    #[must_use]
    pub const fn offering_upgrade(mut self) -> Self {
        self.upgrade = UpgradeOffer::Made;
        self
    }

    /// The same, with the connection closing after the response.
    #[must_use]
    pub const fn closing(mut self) -> Self {
        self.persistence = Persistence::Close;
        self
    }

    /// The part of the content that is sent.
    #[inline(always)]
    pub(super) const fn sent(self, content: &[u8]) -> &[u8] {
        match self.content {
            ReplyContent::Sent => content,
            ReplyContent::Omitted => &[],
        }
    }

    /// What says whether the connection stays, in the words of each version (RFC 9112 9.3), and the empty line.
    #[inline(always)]
    pub(super) const fn end_of_head(self) -> &'static [u8] {
        match (self.persistence, self.version) {
            (Persistence::Keep, Version::Http11) => b"\r\n",
            (Persistence::Keep, Version::Http10) => b"Connection: keep-alive\r\n\r\n",
            (Persistence::Close, _) => b"Connection: close\r\n\r\n",
        }
    }

    /// The same behind an Upgrade field, which Connection must name (RFC 9110 7.8).
    const fn end_of_head_with_offer(self) -> &'static [u8] {
        match (self.persistence, self.version) {
            (Persistence::Keep, Version::Http11) => b"Connection: upgrade\r\n\r\n",
            (Persistence::Keep, Version::Http10) => b"Connection: upgrade, keep-alive\r\n\r\n",
            (Persistence::Close, _) => b"Connection: upgrade, close\r\n\r\n",
        }
    }
}

/// Whether the content of a response is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ReplyContent {
    /// It is.
    Sent,
    /// Only what GET would be told about it: the request's method is HEAD.
    Omitted,
}

/// Whether a client offers to go on in another protocol (RFC 9110 7.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum UpgradeOffer {
    /// It does not, or in HTTP/1.0, which has no such thing: it must not be answered 101.
    None,
    /// It does.
    Made,
}

/// Whether a connection outlives a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Persistence {
    /// It does.
    Keep,
    /// It closes after it.
    Close,
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
    pub(super) sink: &'a mut S,
    pub(super) context: ReplyContext,
    pub(super) common: &'a CommonFields,
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
        draft.put_with(self.common.start_length(status), |pen| self.common.put_start(status, pen));
        ResponseHeadWriter { draft, status, context: self.context, offers_upgrade: false }
    }

    /// Sends the client elsewhere.
    ///
    /// ```
    /// # use pronto::{
    /// #     buffer::SliceSink,
    /// #     head::Version,
    /// #     response::{CommonFields, Persistence, ReplyContent, ReplyContext, ResponseWriter},
    /// # };
    /// use pronto::response::Redirect;
    /// # let mut memory = [0; 128];
    /// # let mut sink = SliceSink::new(&mut memory);
    /// # let context = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Keep);
    /// # let common = CommonFields::without_server();
    ///
    /// let writer = ResponseWriter::new(&mut sink, context, &common);
    /// let replied = writer.redirect(Redirect::SeeOther, "/done?number=7").no_content()?;
    /// # assert_eq!(
    /// #     sink.written(),
    /// #     b"HTTP/1.1 303 See Other\r\nLocation: /done?number=7\r\nContent-Length: 0\r\n\r\n"
    /// # );
    /// # Ok::<(), pronto::response::ResponseError>(())
    /// ```
    pub fn redirect(self, redirect: Redirect, location: &str) -> ResponseHeadWriter<'a, S> {
        self.status(redirect.status()).location(location)
    }

    /// Writes a whole response with status 200, this media type and this content, and no other fields: the shortest way
    /// there is, which asks the sink for room once.
    ///
    /// # Errors
    /// [`ResponseError::FieldValue`] for a control octet in the media type, [`ResponseError::NoRoom`].
    #[inline]
    pub fn ok(self, media_type: &str, content: &[u8]) -> Result<Replied, ResponseError> {
        check_value(media_type.as_bytes())?;
        let length = content.len() as u64;
        let sent = self.context.sent(content);
        let end = LengthAndEnd::new(Status::OK, length, self.context.end_of_head());
        let start = self.common.start_length(Status::OK) + "Content-Type: \r\n".len() + end.length();
        let mut draft = Draft::new(self.sink);
        draft.put_with(start.saturating_add(media_type.len()).saturating_add(sent.len()), |pen| {
            self.common.put_start(Status::OK, pen)?;
            pen.put(b"Content-Type: ")?;
            pen.put_short(media_type.as_bytes())?;
            pen.put(b"\r\n")?;
            end.put(pen)?;
            pen.put_short(sent)
        });
        draft.finish().map(|()| Replied::new(Status::OK, self.context.persistence, Rest::None, length))
    }
}

/// Writes the fields of one response, and finishes it with exactly one kind of content.
///
/// The first error sticks, and the finisher tells it; nothing is then written at all.
#[derive(Debug)]
#[must_use = "nothing is written before a writer is finished"]
pub struct ResponseHeadWriter<'a, S> {
    pub(super) draft: Draft<'a, S>,
    pub(super) status: Status,
    pub(super) context: ReplyContext,
    /// Whether the response has an Upgrade field.
    pub(super) offers_upgrade: bool,
}

impl<S: Sink> ResponseHeadWriter<'_, S> {
    /// What it knows about the request.
    pub const fn context(&self) -> ReplyContext {
        self.context
    }

    /// Adds a field. A name may come again: the lines stay apart, as Set-Cookie needs it.
    #[inline]
    pub fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.draft.check(check_name(name));
        self.draft.check(check_not_derived(name));
        self.draft.put_line(name, value.as_ref());
        self
    }

    /// Adds the media type of the content.
    #[inline]
    pub fn content_type(mut self, media_type: impl AsRef<[u8]>) -> Self {
        self.draft.put_line("Content-Type", media_type.as_ref());
        self
    }

    /// Adds a Set-Cookie field.
    pub fn cookie(mut self, cookie: &SetCookie<'_>) -> Self {
        self.draft.check(cookie.check());
        self.draft.put(b"Set-Cookie: ");
        let Ok(()) = cookie.parts(|part| {
            self.draft.put(part.as_bytes());
            Ok::<_, core::convert::Infallible>(())
        });
        self.draft.put(b"\r\n");
        self
    }

    /// Adds a Location field: where a client is sent, or what was made (RFC 9110 10.2.2).
    pub fn location(mut self, location: &str) -> Self {
        self.draft.check(check_location(location));
        self.draft.put_line("Location", location.as_bytes());
        self
    }

    /// Tells the client which protocol it could go on in, if it asks for it (RFC 9110 7.8): what 426 must tell (15.5.22),
    /// and any other final response may. Protocols come in the order of preference.
    ///
    /// ```
    /// # use pronto::{
    /// #     buffer::SliceSink,
    /// #     head::{Status, Version},
    /// #     response::{CommonFields, Persistence, ReplyContent, ReplyContext, ResponseWriter},
    /// # };
    /// # let mut memory = [0; 128];
    /// # let mut sink = SliceSink::new(&mut memory);
    /// # let context = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Keep);
    /// # let common = CommonFields::without_server();
    /// let writer = ResponseWriter::new(&mut sink, context, &common);
    /// let replied = writer.status(Status::UPGRADE_REQUIRED).offer_upgrade("websocket").no_content()?;
    /// # assert_eq!(
    /// #     sink.written(),
    /// #     b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\nConnection: upgrade\r\n\r\n"
    /// # );
    /// # Ok::<(), pronto::response::ResponseError>(())
    /// ```
    pub fn offer_upgrade(mut self, protocol: &str) -> Self {
        if self.status.is_informational() {
            // The one that upgrades has its Upgrade field already.
            self.draft.fail(ResponseError::DerivedField);
        }
        self.draft.check(check_protocol(protocol));
        self.draft.put_line("Upgrade", protocol.as_bytes());
        self.offers_upgrade = true;
        self
    }

    /// Has the connection close after this response.
    pub fn close(mut self) -> Self {
        self.context = self.context.closing();
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
        self.draft.check(check_length(self.status, length));
        let sent = self.context.sent(content);
        let end = LengthAndEnd::new(self.status, length, self.end_of_head());
        self.draft.put_with(end.length().saturating_add(sent.len()), |pen| {
            end.put(pen)?;
            pen.put_short(sent)
        });
        self.finish(length, Rest::None)
    }

    /// Finishes the head; exactly `length` octets of content must follow, which the caller sends.
    ///
    /// # Errors
    /// As for [`content`](Self::content).
    pub fn content_of_length(mut self, length: u64) -> Result<Replied, ResponseError> {
        self.draft.check(check_length(self.status, length));
        let end = LengthAndEnd::new(self.status, length, self.end_of_head());
        self.draft.put_with(end.length(), |pen| end.put(pen));
        let rest = match self.context.content {
            ReplyContent::Sent if length > 0 => Rest::Octets,
            ReplyContent::Sent | ReplyContent::Omitted => Rest::None,
        };
        self.finish(length, rest)
    }

    /// Finishes the head; content of unknown length follows, which the caller sends: in chunks, or to an HTTP/1.0 client
    /// as it is, until the connection closes.
    ///
    /// # Errors
    /// The first error that any step met; [`ResponseError::ContentNotPermitted`] with 204, 205 and 304.
    pub fn chunked(mut self) -> Result<Replied, ResponseError> {
        self.draft.check(check_content_permitted(self.status));
        let rest = if self.context.version == Version::Http11 {
            self.draft.put(b"Transfer-Encoding: chunked\r\n");
            Rest::Chunked
        } else {
            self.context.persistence = Persistence::Close;
            Rest::UntilClose
        };
        self.draft.put(self.end_of_head());
        let rest = match self.context.content {
            ReplyContent::Sent => rest,
            ReplyContent::Omitted => Rest::NoneOfUnknown,
        };
        self.finish(0, rest)
    }

    /// Finishes a 101 response: the connection becomes the protocol's (RFC 9110 7.8).
    ///
    /// # Errors
    /// The first error that any step met; [`ResponseError::Upgrade`] with another status or where none was offered;
    /// [`ResponseError::Protocol`] for anything but a name, or a name and a version.
    pub fn upgrade(mut self, protocol: &str) -> Result<Replied, ResponseError> {
        if self.status != Status::SWITCHING_PROTOCOLS || self.context.upgrade == UpgradeOffer::None {
            self.draft.fail(ResponseError::Upgrade);
        }
        self.draft.check(check_protocol(protocol));
        self.draft.put_line("Upgrade", protocol.as_bytes());
        self.draft.put(b"Connection: upgrade\r\n\r\n");
        // Whatever the context says: the connection goes on.
        self.context.persistence = Persistence::Keep;
        self.finish(0, Rest::Upgrade)
    }

    #[inline(always)]
    const fn end_of_head(&self) -> &'static [u8] {
        if self.offers_upgrade { self.context.end_of_head_with_offer() } else { self.context.end_of_head() }
    }

    #[inline]
    fn finish(self, length: u64, rest: Rest) -> Result<Replied, ResponseError> {
        let (status, persistence) = (self.status, self.context.persistence);
        self.draft.finish().map(|()| Replied::new(status, persistence, rest, length))
    }
}

/// The end of a head that tells the length of its content: the length, unless the status has none to tell of (RFC 9110
/// 8.6), what says whether the connection stays, and the empty line.
#[derive(Clone, Copy, Debug)]
struct LengthAndEnd {
    content_length: Option<u64>,
    end: &'static [u8],
}

impl LengthAndEnd {
    #[inline(always)]
    fn new(status: Status, content_length: u64, end: &'static [u8]) -> Self {
        Self { content_length: status.permits_content().then_some(content_length), end }
    }

    /// How many octets [`put`](Self::put) puts.
    #[inline(always)]
    fn length(self) -> usize {
        self.end.len() + self.content_length.map_or(0, length_line_length)
    }

    #[inline(always)]
    #[must_use]
    fn put(self, pen: &mut Pen<'_>) -> Option<()> {
        if let Some(length) = self.content_length {
            put_length_line(pen, length)?;
        }
        // The usual end, without a call.
        if self.end == b"\r\n" { pen.put(b"\r\n") } else { pen.put(self.end) }
    }
}

/// How many octets [`put_length_line`] puts.
#[inline(always)]
pub(crate) const fn length_line_length(content_length: u64) -> usize {
    "Content-Length: \r\n".len() + decimal_length(content_length)
}

#[inline(always)]
#[must_use]
pub(crate) fn put_length_line(pen: &mut Pen<'_>, content_length: u64) -> Option<()> {
    pen.put(b"Content-Length: ")?;
    pen.put_decimal(content_length)?;
    pen.put(b"\r\n")
}

/// Checks that a final response with this status may have so much content.
#[inline(always)]
pub(super) const fn check_length(status: Status, length: u64) -> Result<(), ResponseError> {
    if length > 0 {
        check_content_permitted(status)
    } else if status.is_informational() {
        Err(ResponseError::InterimStatus)
    } else {
        Ok(())
    }
}

#[inline(always)]
const fn check_content_permitted(status: Status) -> Result<(), ResponseError> {
    if status.is_informational() {
        Err(ResponseError::InterimStatus)
    } else if !status.permits_content() || status.code() == 205 {
        Err(ResponseError::ContentNotPermitted)
    } else {
        Ok(())
    }
}
