use std::{fmt, sync::Arc};

use pronto::{
    head::Status,
    response::{Replied, ResponseError, check_field},
};

use crate::{Fault, Output, Request, Response};

/// Functions that run before and after handlers.
#[derive(Clone, Default)]
pub(crate) struct Around {
    /// In the order in which they run.
    pub(crate) before: Vec<Arc<BeforeFunction>>,
    /// In the order in which they run.
    pub(crate) after: Vec<Arc<AfterFunction>>,
}

pub(crate) type BeforeFunction = dyn Fn(&Request<'_>) -> Result<Option<Response>, Fault> + Send + Sync;

pub(crate) type AfterFunction = dyn Fn(&Request<'_>, &mut WrittenReply<'_>) -> Result<(), Fault> + Send + Sync;

impl Around {
    /// Puts other functions around these: they are the first before, and the last after.
    pub(crate) fn put_outside(&mut self, outer: &Self) {
        self.before.splice(..0, outer.before.iter().cloned());
        self.after.extend_from_slice(&outer.after);
    }

    /// Has the functions look at a request; the first answer is the last.
    #[inline(never)]
    pub(crate) fn run_before(&self, request: &Request<'_>) -> Result<Option<Response>, Fault> {
        for function in &self.before {
            if let Some(response) = function(request)? {
                return Ok(Some(response));
            }
        }
        Ok(None)
    }

    /// Has the functions look at a reply.
    #[inline]
    pub(crate) fn run_after(&self, request: &Request<'_>, reply: &mut WrittenReply<'_>) -> Result<(), Fault> {
        self.after.iter().try_for_each(|function| function(request, reply))
    }
}

impl fmt::Debug for Around {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} before, {} after", self.before.len(), self.after.len())
    }
}

/// A reply that was written and has not left: what [`App::after`](crate::App::after) shows.
#[derive(Debug)]
pub struct WrittenReply<'a> {
    output: &'a mut Output,
    /// Where it begins in the output.
    start: usize,
    replied: &'a Replied,
}

impl<'a> WrittenReply<'a> {
    /// The reply that begins here and ends the output, but for content that is sent from elsewhere.
    pub(crate) const fn new(output: &'a mut Output, start: usize, replied: &'a Replied) -> Self {
        Self { output, start, replied }
    }

    /// The status.
    pub const fn status(&self) -> Status {
        self.replied.status()
    }

    /// How many octets of content it has, where that is known.
    pub const fn content_length(&self) -> Option<u64> {
        self.replied.content_length()
    }

    /// Adds a field. One of the same name may be there already.
    ///
    /// # Errors
    /// As when a handler adds one: the name is no token, the value has a control octet in it, or the field is derived and
    /// never given.
    pub fn add_field(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<(), ResponseError> {
        let value = value.as_ref();
        check_field(name, value)?;
        let line = [name.as_bytes(), b": ", value, b"\r\n"];
        self.output.insert(self.end_of_fields(), &line);
        Ok(())
    }

    /// Where the empty line is, which no field can have in it.
    fn end_of_fields(&self) -> usize {
        let written = &self.output.as_octets()[self.start..];
        let end = written.windows(4).position(|octets| octets == b"\r\n\r\n");
        self.start + end.map_or(written.len(), |end| end + 2)
    }
}

#[cfg(test)]
mod tests {
    use pronto::response::{CommonFields, Persistence, ReplyContent, ReplyContext, ResponseWriter};

    use super::*;

    #[test]
    fn fields_are_added_behind_the_others_whatever_is_around() {
        let mut output = Output::new();
        output.extend(b"before\r\n\r\n");
        let context = ReplyContext::new(pronto::head::Version::Http11, ReplyContent::Sent, Persistence::Keep);
        let start = output.len();
        let replied = ResponseWriter::new(&mut output, context, &CommonFields::without_server())
            .status(Status::OK)
            .content(b"a\r\n\r\nb")
            .unwrap();
        let mut reply = WrittenReply::new(&mut output, start, &replied);
        assert_eq!((reply.status(), reply.content_length()), (Status::OK, Some(6)));
        reply.add_field("X-One", "1").unwrap();
        reply.add_field("X-Two", "").unwrap();
        assert_eq!(reply.add_field("X", "a\r\nb"), Err(ResponseError::FieldValue));
        assert_eq!(reply.add_field("Content-Length", "7"), Err(ResponseError::DerivedField));
        let expected = b"before\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-One: 1\r\nX-Two: \r\n\r\na\r\n\r\nb";
        assert_eq!(output.as_octets().escape_ascii().to_string(), expected.escape_ascii().to_string());
    }
}
