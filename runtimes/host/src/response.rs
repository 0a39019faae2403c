use std::{borrow::Cow, fmt, fs::File, io::BufRead, ops::Range};

use futures_lite::{Stream, StreamExt};
use pronto::{
    head::Status,
    response::{PreparedResponse, Redirect, ResponseError, SetCookie},
};

use crate::{
    Answer, Fault, Piece, Reply, ServerSentEvent, Upgraded,
    answer::{HTML, TEXT},
    content::Pieces,
    takeover::TakeoverFuture,
};

/// A response by itself: what an `async` handler returns. Nothing of it is checked before it is written; a field that is
/// none is then an error of the handler.
///
/// ```
/// use pronto_host::{OwnedRequest, Response};
///
/// async fn hello(request: OwnedRequest) -> Response {
///     Response::text(format!("Hello, {}!", request.param("name").unwrap_or_default()))
/// }
/// ```
#[must_use = "a handler returns it"]
pub struct Response {
    status: Status,
    fields: Vec<(Cow<'static, str>, Cow<'static, [u8]>)>,
    body: Body,
    location: Option<Cow<'static, str>>,
    offer: Option<Cow<'static, str>>,
    closes: bool,
    /// What is wrong with it, as is told when it is written.
    error: Option<ResponseError>,
}

enum Body {
    None,
    Octets(Cow<'static, [u8]>),
    Sized(u64, Box<dyn BufRead + Send>),
    File(File, Range<u64>),
    Streamed(Pieces),
    Upgrade(Cow<'static, str>, Box<dyn FnOnce(Upgraded) -> TakeoverFuture>),
    Prepared(&'static PreparedResponse<'static>),
}

impl Response {
    /// A response with this status, without content unless it is given.
    pub const fn new(status: Status) -> Self {
        let (location, offer, closes, error) = (None, None, false, None);
        Self { status, fields: Vec::new(), body: Body::None, location, offer, closes, error }
    }

    /// 200 with a text.
    pub fn text(text: impl Into<Cow<'static, str>>) -> Self {
        Self::octets(TEXT, into_octets(text.into()))
    }

    /// 200 with a page.
    pub fn html(html: impl Into<Cow<'static, str>>) -> Self {
        Self::octets(HTML, into_octets(html.into()))
    }

    /// Sends the client elsewhere.
    pub fn redirect(redirect: Redirect, location: impl Into<Cow<'static, str>>) -> Self {
        Self::new(redirect.status()).location(location)
    }

    /// 200 with octets of a media type.
    pub fn octets(media_type: impl Into<Cow<'static, str>>, octets: impl Into<Cow<'static, [u8]>>) -> Self {
        Self::new(Status::OK).content_type(media_type).content(octets)
    }

    /// 200 with a stream of events, each sent as soon as it is there.
    pub fn events(events: impl Stream<Item = ServerSentEvent> + 'static) -> Self {
        Self::new(Status::OK)
            .content_type("text/event-stream")
            .field("Cache-Control", "no-store")
            .stream(events.map(Ok::<_, Fault>))
    }

    /// A response that was rendered once. It has its fields and content: others are not added.
    pub fn prepared(response: &'static PreparedResponse<'static>) -> Self {
        Self { body: Body::Prepared(response), ..Self::new(Status::OK) }
    }

    /// 101: the connection becomes the protocol's, and the handler's (RFC 9110 7.8). A request that offers no protocol is
    /// answered 426 instead. Which ones it offers is told by [`OwnedRequest::offers_upgrade`](crate::OwnedRequest).
    pub fn upgrade<F: Future<Output = ()> + 'static>(
        protocol: impl Into<Cow<'static, str>>,
        handler: impl FnOnce(Upgraded) -> F + 'static,
    ) -> Self {
        let handler = Box::new(|upgraded| Box::pin(handler(upgraded)) as TakeoverFuture);
        Self { body: Body::Upgrade(protocol.into(), handler), ..Self::new(Status::SWITCHING_PROTOCOLS) }
    }

    /// The same with another status: `Response::text("no\n").with_status(Status::NOT_FOUND)`. What was rendered once, and what
    /// upgrades, keeps its own.
    pub const fn with_status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// Adds a field. A name may come again.
    pub fn field(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Vec<u8>>) -> Self {
        self.fields.push((name.into(), Cow::Owned(value.into())));
        self
    }

    /// Adds the media type of the content.
    pub fn content_type(mut self, media_type: impl Into<Cow<'static, str>>) -> Self {
        self.fields.push((Cow::Borrowed("Content-Type"), into_octets(media_type.into())));
        self
    }

    /// Sets a cookie.
    pub fn cookie(mut self, cookie: &SetCookie<'_>) -> Self {
        self.error = self.error.or(cookie.check().err());
        self.field("Set-Cookie", cookie.to_string())
    }

    /// Tells where something is: a reference whose octets are all ASCII (RFC 9110 10.2.2).
    pub fn location(mut self, location: impl Into<Cow<'static, str>>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// Tells the client which protocol it could go on in, if it asks for it: what 426 must tell (RFC 9110 15.5.22).
    pub fn offer_upgrade(mut self, protocol: impl Into<Cow<'static, str>>) -> Self {
        self.offer = Some(protocol.into());
        self
    }

    /// Has the connection close after it.
    pub const fn close(mut self) -> Self {
        self.closes = true;
        self
    }

    /// With these octets as content.
    pub fn content(mut self, octets: impl Into<Cow<'static, [u8]>>) -> Self {
        self.body = Body::Octets(octets.into());
        self
    }

    /// With exactly `length` octets of a source, which is read when there is room to send.
    pub fn content_from(mut self, length: u64, source: impl BufRead + Send + 'static) -> Self {
        self.body = Body::Sized(length, Box::new(source));
        self
    }

    /// With this part of a file, which must be there as a whole; see [`ReplyHead::content_of_file`](crate::ReplyHead::content_of_file).
    pub fn content_of_file(mut self, file: File, part: Range<u64>) -> Self {
        self.body = Body::File(file, part);
        self
    }

    /// With content of unknown length, pulled when there is room to send: chunked, or to a client of HTTP/1.0 until the
    /// connection closes. An error, or a panic, cuts the connection so that the client sees it.
    pub fn stream<P: Into<Piece>, E: Into<Fault>>(
        mut self,
        pieces: impl Stream<Item = Result<P, E>> + 'static,
    ) -> Self {
        self.body = Body::Streamed(Box::pin(pieces.map(|piece| piece.map(Into::into).map_err(Into::into))));
        self
    }

    /// The status.
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Answers with it.
    pub(crate) fn write(self, mut reply: Reply<'_>) -> Answer {
        let Self { status, fields, body, location, offer, closes, error } = self;
        if let Some(error) = error {
            return Err(error.into());
        }
        if closes {
            reply.context = reply.context.closing();
        }
        if let Body::Prepared(response) = body {
            return reply.prepared(response);
        }
        let mut head = reply.status(status);
        for (name, value) in &fields {
            head = head.field(name, value);
        }
        if let Some(location) = location {
            head = head.location(&location);
        }
        if let Some(protocol) = offer {
            head = head.offer_upgrade(&protocol);
        }
        match body {
            Body::None | Body::Prepared(_) => head.no_content(),
            Body::Octets(octets) => head.content_of(octets),
            Body::Sized(length, source) => head.content_from(length, source),
            Body::File(file, part) => head.content_of_file(file, part),
            Body::Streamed(pieces) => head.pieces(pieces),
            Body::Upgrade(protocol, handler) => head.upgrade(&protocol, handler),
        }
    }
}

fn into_octets(text: Cow<'static, str>) -> Cow<'static, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

/// What an `async` handler may return.
pub trait IntoResponse {
    /// The response, or what went wrong, for [`App::on_error`](crate::App::on_error) or the defaults.
    ///
    /// # Errors
    /// Whatever the handler met.
    fn into_response(self) -> Result<Response, Fault>;
}

impl IntoResponse for Response {
    fn into_response(self) -> Result<Response, Fault> {
        Ok(self)
    }
}

impl IntoResponse for &'static str {
    fn into_response(self) -> Result<Response, Fault> {
        Ok(Response::text(self))
    }
}

impl IntoResponse for String {
    fn into_response(self) -> Result<Response, Fault> {
        Ok(Response::text(self))
    }
}

impl IntoResponse for Status {
    fn into_response(self) -> Result<Response, Fault> {
        Ok(Response::new(self))
    }
}

impl<R: IntoResponse, E: Into<Fault>> IntoResponse for Result<R, E> {
    fn into_response(self) -> Result<Response, Fault> {
        self.map_err(Into::into)?.into_response()
    }
}
