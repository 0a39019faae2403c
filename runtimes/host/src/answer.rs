use std::{borrow::Cow, fs::File, io::BufRead, ops::Range, sync::Arc};

use futures_lite::{Stream, StreamExt, stream};
use pronto::{
    head::Status,
    response::{
        CommonFields, Following, PreparedResponse, Redirect, ReplyContent, ReplyContext, ResponseError,
        ResponseHeadWriter, ResponseWriter, SetCookie,
    },
};

use crate::{
    ClientKey, Deferred, Ending, Fault, Mailbox, Output, Piece, Response, ServerSentEvent, UpgradeRequired, Upgraded,
    alarm::Alarm,
    attached::Attached,
    content::{Coding, Content, LARGE, Pieces},
    file_part::{FilePart, read_exactly},
    takeover::{Takeover, TakeoverFuture},
};

/// What a handler returns: proof that it answered, or why it could not. What then becomes of the request is up to
/// [`App::on_error`](crate::App::on_error), or else 500.
pub type Answer = Result<Answered, Fault>;

/// Proof that a request was answered, or that a [`Deferred`] was made that will. Only a [`Reply`] makes one.
#[derive(Debug)]
#[must_use = "a handler returns it"]
pub struct Answered(pub(crate) ());

/// The right to answer one request, once: finishing it consumes it.
#[derive(Debug)]
#[must_use = "a request must be answered"]
pub struct Reply<'a> {
    pub(crate) output: &'a mut Output,
    pub(crate) attached: &'a mut Attached,
    pub(crate) context: ReplyContext,
    pub(crate) common: &'a CommonFields,
    pub(crate) origin: Origin<'a>,
}

/// Where a reply that is deferred comes back to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) mailbox: &'a Arc<Mailbox>,
    pub(crate) client: ClientKey,
    pub(crate) number: u32,
}

impl<'a> Reply<'a> {
    /// 200 with a text.
    #[inline]
    pub fn text(self, text: &str) -> Answer {
        self.octets(TEXT, text.as_bytes())
    }

    /// 200 with a page.
    #[inline]
    pub fn html(self, html: &str) -> Answer {
        self.octets(HTML, html.as_bytes())
    }

    /// 200 with octets of a media type.
    #[inline]
    pub fn octets(self, media_type: &str, octets: &[u8]) -> Answer {
        self.attached.written(ResponseWriter::new(self.output, self.context, self.common).ok(media_type, octets))
    }

    /// Any status; fields and content follow.
    #[inline]
    pub fn status(self, status: Status) -> ReplyHead<'a> {
        let writer = ResponseWriter::new(self.output, self.context, self.common).status(status);
        ReplyHead { writer, attached: self.attached, origin: self.origin }
    }

    /// Sends the client elsewhere.
    pub fn redirect(self, redirect: Redirect, location: &str) -> ReplyHead<'a> {
        self.status(redirect.status()).location(location)
    }

    /// A response that was made by itself.
    pub fn respond(self, response: Response) -> Answer {
        response.write(self)
    }

    /// Has something done when the exchange has ended: when the reply was sent, or the connection ended before.
    #[must_use = "a request must be answered"]
    pub fn on_done(self, hook: impl FnOnce(&Ending) + Send + 'static) -> Self {
        self.attached.on_done(hook);
        self
    }

    /// A response that was rendered once.
    #[inline]
    pub fn prepared(self, response: &PreparedResponse<'_>) -> Answer {
        self.attached.written(response.write(self.output, self.context, self.common))
    }

    /// Puts the answer off: it may be given later, by any thread. Requests behind this one are worked on meanwhile, and
    /// replies leave in the order of the requests.
    pub fn defer(self) -> (Deferred, Answered) {
        let Origin { mailbox, client, number } = self.origin;
        (Deferred::new(Arc::clone(mailbox), client, number), self.attached.put_off())
    }
}

/// A reply that has a status: its fields, and then exactly one kind of content.
#[derive(Debug)]
#[must_use = "nothing is written before a reply is finished"]
pub struct ReplyHead<'a> {
    writer: ResponseHeadWriter<'a, Output>,
    attached: &'a mut Attached,
    origin: Origin<'a>,
}

impl ReplyHead<'_> {
    /// Adds a field.
    #[inline]
    pub fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.writer = self.writer.field(name, value);
        self
    }

    /// Adds the media type of the content.
    #[inline]
    pub fn content_type(mut self, media_type: impl AsRef<[u8]>) -> Self {
        self.writer = self.writer.content_type(media_type);
        self
    }

    /// Sets a cookie.
    pub fn cookie(mut self, cookie: &SetCookie<'_>) -> Self {
        self.writer = self.writer.cookie(cookie);
        self
    }

    /// Tells where something is: a reference whose octets are all ASCII (RFC 9110 10.2.2).
    pub fn location(mut self, location: &str) -> Self {
        self.writer = self.writer.location(location);
        self
    }

    /// Tells the client which protocol it could go on in, if it asks for it: what 426 must tell (RFC 9110 15.5.22).
    pub fn offer_upgrade(mut self, protocol: &str) -> Self {
        self.writer = self.writer.offer_upgrade(protocol);
        self
    }

    /// Has the connection close after this reply.
    pub fn close(mut self) -> Self {
        self.writer = self.writer.close();
        self
    }

    /// Finishes with a text.
    #[inline]
    pub fn text(self, text: &str) -> Answer {
        self.content_type(TEXT).content(text.as_bytes())
    }

    /// Finishes with a page.
    pub fn html(self, html: &str) -> Answer {
        self.content_type(HTML).content(html.as_bytes())
    }

    /// Finishes without content.
    pub fn no_content(self) -> Answer {
        self.attached.written(self.writer.no_content())
    }

    /// Finishes with octets that are copied.
    #[inline]
    pub fn content(self, octets: &[u8]) -> Answer {
        self.attached.written(self.writer.content(octets))
    }

    /// Finishes with octets that are given away or live for ever. Where there are many they are sent from where they lie.
    pub fn content_of(self, octets: impl Into<Cow<'static, [u8]>>) -> Answer {
        let octets = octets.into();
        if octets.len() < LARGE {
            return self.content(&octets);
        }
        self.send_content(octets.len() as u64, Content::from_memory(octets))
    }

    /// Finishes with exactly `length` octets of a source, which is read when there is room to send. One that ends earlier,
    /// or fails, has the connection cut, since the length has been promised.
    pub fn content_from(self, length: u64, source: impl BufRead + Send + 'static) -> Answer {
        self.send_content(length, Content::sized(length, Box::new(source)))
    }

    /// Finishes with this part of a file, which must be there as a whole. Where there is much of it the operating system sends
    /// it, if the transport is a socket; otherwise it is read, by the thread of the worker. A file that becomes shorter
    /// meanwhile has the connection cut.
    ///
    /// # Errors
    /// Beside those of every reply: the file cannot be read, or has less.
    pub fn content_of_file(self, file: File, part: Range<u64>) -> Answer {
        let length = part.end.saturating_sub(part.start);
        if length >= LARGE as u64 || self.writer.context().content == ReplyContent::Omitted {
            let part = part.start..part.start + length;
            return self.send_content(length, Content::of_file(FilePart::new(file, part)));
        }
        let octets = read_exactly(&file, length as usize, part.start)?;
        self.content(&octets)
    }

    /// Finishes with content of unknown length, pulled when there is room to send: chunked, or to a client of HTTP/1.0 until
    /// the connection closes. An error, or a panic, cuts the connection so that the client sees it.
    pub fn stream<P: Into<Piece>, E: Into<Fault>>(self, pieces: impl Stream<Item = Result<P, E>> + 'static) -> Answer {
        self.pieces(Box::pin(pieces.map(|piece| piece.map(Into::into).map_err(Into::into))))
    }

    /// The same, of a source that always has its next piece ready.
    pub fn pull<P: Into<Piece>, E: Into<Fault>>(
        self,
        pieces: impl IntoIterator<Item = Result<P, E>, IntoIter: 'static>,
    ) -> Answer {
        self.pieces(Box::pin(stream::iter(pieces.into_iter().map(|piece| piece.map(Into::into).map_err(Into::into)))))
    }

    /// Finishes with a stream of events, each sent as soon as it is there.
    ///
    /// A client that has said all, or has gone without a word, is found to be gone only by sending to it: a stream that may be
    /// silent for long should have a [comment](ServerSentEvent::comment) now and then, or an end.
    pub fn events(self, events: impl Stream<Item = ServerSentEvent> + 'static) -> Answer {
        self.content_type("text/event-stream").field("Cache-Control", "no-store").stream(events.map(Ok::<_, Fault>))
    }

    /// Finishes a reply with status 101: the connection becomes the protocol's, and the handler's, which reads from behind
    /// the request on (RFC 9110 7.8). A request that offers no protocol is answered 426 instead. Which ones it offers is told
    /// by [`offers_upgrade`](pronto::head::Request::offers_upgrade).
    pub fn upgrade<F: Future<Output = ()> + 'static>(
        self,
        protocol: &str,
        handler: impl FnOnce(Upgraded) -> F + 'static,
    ) -> Answer {
        let replied = match self.writer.upgrade(protocol) {
            Err(ResponseError::Upgrade) => return Err(UpgradeRequired { protocol: protocol.to_owned() }.into()),
            replied => replied?,
        };
        let alarm = || Alarm::rung(self.origin.mailbox, self.origin.client);
        let (takeover, outgoing) = Takeover::new(|upgraded| Box::pin(handler(upgraded)) as TakeoverFuture, alarm());
        self.attached.set_takeover(takeover);
        self.attached.set_content(Content::streamed(Box::pin(outgoing), Coding::UntilClose, alarm()));
        self.attached.written(Ok(replied))
    }

    pub(crate) fn pieces(self, pieces: Pieces) -> Answer {
        let replied = self.writer.chunked()?;
        let coding = match replied.following() {
            Following::Chunked => Some(Coding::Chunked),
            Following::UntilClose => Some(Coding::UntilClose),
            _ => None,
        };
        if let Some(coding) = coding {
            let alarm = Alarm::rung(self.origin.mailbox, self.origin.client);
            self.attached.set_content(Content::streamed(pieces, coding, alarm));
        }
        self.attached.written(Ok(replied))
    }

    fn send_content(self, length: u64, content: Content) -> Answer {
        let replied = self.writer.content_of_length(length)?;
        if replied.following() != Following::Nothing {
            self.attached.set_content(content);
        }
        self.attached.written(Ok(replied))
    }
}

/// The media type of texts.
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";

/// The media type of pages.
pub(crate) const HTML: &str = "text/html; charset=utf-8";
