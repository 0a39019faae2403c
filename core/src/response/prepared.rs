use crate::{
    buffer::{Sink, SliceSink},
    head::Status,
};

use super::{
    CommonFields, Draft, Replied, ReplyContent, ReplyContext, ResponseError,
    writer::{end_of_head, put_field, put_length, put_status_line},
};

/// A response whose octets never change, rendered once and sent any number of times.
///
/// Only what depends on the moment is put in when it is sent: the [`CommonFields`], and what the connection needs.
///
/// ```
/// use pronto::{
///     buffer::SliceSink,
///     head::{Status, Version},
///     response::{CommonFields, Persistence, PreparedResponse, ReplyContent, ReplyContext},
/// };
///
/// let mut memory = [0; 128];
/// let hello = PreparedResponse::render(&mut memory, Status::OK, &[("Content-Type", "text/plain")], b"Hello!")?;
///
/// let mut output = [0; 256];
/// let mut sink = SliceSink::new(&mut output);
/// let context = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Keep);
/// let replied = hello.write(&mut sink, context, &CommonFields::new())?;
/// assert_eq!(replied.status(), Status::OK);
/// assert!(sink.written().starts_with(b"HTTP/1.1 200 OK\r\nServer: pronto\r\nContent-Type: text/plain\r\n"));
/// # Ok::<(), pronto::response::ResponseError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PreparedResponse<'a> {
    status: Status,
    status_line: &'a [u8],
    fields: &'a [u8],
    content: &'a [u8],
}

impl<'a> PreparedResponse<'a> {
    /// Renders a response into `memory`, which must have room for all of it but the common fields.
    ///
    /// # Errors
    /// As for [`ResponseHeadWriter::content`](super::ResponseHeadWriter::content).
    pub fn render(
        memory: &'a mut [u8],
        status: Status,
        fields: &[(&str, &str)],
        content: &[u8],
    ) -> Result<Self, ResponseError> {
        let mut sink = SliceSink::new(memory);
        let mut draft = Draft::new(&mut sink);
        put_status_line(&mut draft, status);
        let status_line = draft.written();
        for (name, value) in fields {
            put_field(&mut draft, name, value.as_bytes());
        }
        put_length(&mut draft, status, content.len() as u64);
        let head = draft.written();
        draft.put(content);
        let end = draft.written();
        draft.finish()?;
        // What was drafted lies at the start of the memory.
        let (status_line, rest) = memory[..end].split_at(status_line);
        let (fields, content) = rest.split_at(head - status_line.len());
        Ok(Self { status, status_line, fields, content })
    }

    /// Writes it as the response to a request.
    ///
    /// # Errors
    /// [`ResponseError::NoRoom`], and nothing was written.
    #[inline]
    pub fn write<S: Sink>(
        &self,
        sink: &mut S,
        context: ReplyContext,
        common: &CommonFields,
    ) -> Result<Replied, ResponseError> {
        let mut draft = Draft::new(sink);
        draft.put(self.status_line);
        draft.put(common.as_octets());
        draft.put(self.fields);
        draft.put(end_of_head(context));
        if context.content == ReplyContent::Sent {
            draft.put(self.content);
        }
        draft.finish().map(|()| Replied::complete(self.status, context.persistence, self.content.len() as u64))
    }
}
