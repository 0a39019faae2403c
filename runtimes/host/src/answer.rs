use std::{borrow::Cow, io::BufRead, sync::Arc};

use pronto::{
    head::Status,
    response::{
        CommonFields, PreparedResponse, Replied, ReplyContext, ResponseError, ResponseHeadWriter, ResponseWriter,
    },
};

use crate::{ClientKey, Content, Deferred, LARGE, Mailbox, Output};

/// What a handler returns: proof that it answered, or why it could not, which is answered 500.
pub type Answer = Result<Answered, ResponseError>;

/// Proof that a request was answered, or that a [`Deferred`] was made that will. Only a [`Reply`] makes one.
#[derive(Debug)]
#[must_use = "a handler returns it"]
pub struct Answered(pub(crate) Kind);

#[derive(Debug)]
pub(crate) enum Kind {
    Written(Replied),
    Deferred,
}

/// The right to answer one request, once: finishing it consumes it.
#[derive(Debug)]
#[must_use = "a request must be answered"]
pub struct Reply<'a> {
    pub(crate) output: &'a mut Output,
    pub(crate) content: &'a mut Option<Content>,
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
        self.octets("text/plain", text.as_bytes())
    }

    /// 200 with octets of a media type.
    #[inline]
    pub fn octets(self, media_type: &str, octets: &[u8]) -> Answer {
        written(ResponseWriter::new(self.output, self.context, self.common).ok(media_type, octets))
    }

    /// Any status; fields and content follow.
    #[inline]
    pub fn status(self, status: Status) -> ReplyHead<'a> {
        let writer = ResponseWriter::new(self.output, self.context, self.common).status(status);
        ReplyHead { writer, content: self.content }
    }

    /// A response that was rendered once.
    #[inline]
    pub fn prepared(self, response: &PreparedResponse<'_>) -> Answer {
        written(response.write(self.output, self.context, self.common))
    }

    /// Puts the answer off: it may be given later, by any thread. Requests behind this one are worked on meanwhile, and
    /// replies leave in the order of the requests.
    pub fn defer(self) -> (Deferred, Answered) {
        let Origin { mailbox, client, number } = self.origin;
        (Deferred::new(Arc::clone(mailbox), client, number), Answered(Kind::Deferred))
    }
}

/// A reply that has a status: its fields, and then exactly one kind of content.
#[derive(Debug)]
#[must_use = "nothing is written before a reply is finished"]
pub struct ReplyHead<'a> {
    writer: ResponseHeadWriter<'a, Output>,
    content: &'a mut Option<Content>,
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

    /// Has the connection close after this reply.
    pub fn close(mut self) -> Self {
        self.writer = self.writer.close();
        self
    }

    /// Finishes without content.
    pub fn no_content(self) -> Answer {
        written(self.writer.no_content())
    }

    /// Finishes with octets that are copied.
    #[inline]
    pub fn content(self, octets: &[u8]) -> Answer {
        written(self.writer.content(octets))
    }

    /// Finishes with octets that are given away or live for ever. Where there are many they are sent from where they lie.
    pub fn content_of(self, octets: impl Into<Cow<'static, [u8]>>) -> Answer {
        let octets = octets.into();
        if octets.len() < LARGE {
            return self.content(&octets);
        }
        self.send_content(Content::from_memory(octets))
    }

    /// Finishes with exactly `length` octets of a source, which is read when there is room to send.
    pub fn content_from(self, length: u64, source: impl BufRead + Send + 'static) -> Answer {
        self.send_content(Content::new(length, source))
    }

    fn send_content(self, content: Content) -> Answer {
        let replied = self.writer.content_of_length(content.left())?;
        if replied.following() != pronto::response::Following::Nothing {
            *self.content = Some(content);
        }
        Ok(Answered(Kind::Written(replied)))
    }
}

#[inline]
fn written(replied: Result<Replied, ResponseError>) -> Answer {
    replied.map(|replied| Answered(Kind::Written(replied)))
}
