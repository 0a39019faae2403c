use crate::{buffer::Sink, head::Status};

use super::{
    CommonFields, Draft, Pen, Replied, ReplyContent, ReplyContext, ResponseError,
    check::{check_name, check_not_derived, check_value_by_octet},
    replied::Rest,
    writer::{check_length, length_line_length},
};

/// A response whose octets never change, rendered once and sent any number of times.
///
/// Only what depends on the moment is put in when it is sent: the [`CommonFields`], and what the connection needs.
/// [`prepared!`](crate::prepared) renders one at compile time.
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
    /// Own fields, length, empty line and content.
    whole: &'a [u8],
    /// The own fields and the length in it.
    fields: &'a [u8],
    /// The content in it.
    content: &'a [u8],
}

impl<'a> PreparedResponse<'a> {
    /// Renders a response into `memory`, of which it takes [`size`](Self::size) octets.
    ///
    /// # Errors
    /// As for [`ResponseHeadWriter::content`](super::ResponseHeadWriter::content).
    pub const fn render(
        memory: &'a mut [u8],
        status: Status,
        fields: &[(&str, &str)],
        content: &[u8],
    ) -> Result<Self, ResponseError> {
        if let Err(error) = check_length(status, content.len() as u64) {
            return Err(error);
        }
        let mut rest = fields;
        while let [(name, value), others @ ..] = rest {
            if let Err(error) = check_field(name, value) {
                return Err(error);
            }
            rest = others;
        }
        match put_all(memory, status, fields, content) {
            Some((length, fields)) => Self::of(memory, status, length, fields),
            None => Err(ResponseError::NoRoom),
        }
    }

    /// How many octets of memory [`render`](Self::render) takes.
    #[must_use]
    pub const fn size(status: Status, fields: &[(&str, &str)], content: &[u8]) -> usize {
        let mut size = content.len().saturating_add("\r\n".len());
        if status.permits_content() {
            size = size.saturating_add(length_line_length(content.len() as u64));
        }
        let mut rest = fields;
        while let [(name, value), others @ ..] = rest {
            size = size.saturating_add(name.len()).saturating_add(value.len()).saturating_add(": \r\n".len());
            rest = others;
        }
        size
    }

    /// Its status.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
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
        let start = common.start_length(self.status);
        let end = context.end_of_head();
        if context.content == ReplyContent::Sent && end.len() == "\r\n".len() {
            draft.put_with(start.saturating_add(self.whole.len()), |pen| {
                common.put_start(self.status, pen)?;
                pen.put(self.whole)
            });
        } else {
            let sent = context.sent(self.content);
            let rest = self.fields.len().saturating_add(end.len()).saturating_add(sent.len());
            draft.put_with(start.saturating_add(rest), |pen| {
                common.put_start(self.status, pen)?;
                pen.put(self.fields)?;
                pen.put(end)?;
                pen.put(sent)
            });
        }
        draft.finish().map(|()| Replied::new(self.status, context.persistence, Rest::None, self.content.len() as u64))
    }

    /// The response rendered at the start of `memory`: `length` octets, of which the first `fields` are fields.
    const fn of(memory: &'a [u8], status: Status, length: usize, fields: usize) -> Result<Self, ResponseError> {
        let Some((whole, _)) = memory.split_at_checked(length) else {
            return Err(ResponseError::NoRoom);
        };
        let Some((fields, [b'\r', b'\n', content @ ..])) = whole.split_at_checked(fields) else {
            return Err(ResponseError::NoRoom);
        };
        Ok(Self { status, whole, fields, content })
    }
}

/// A [`PreparedResponse`] that owns its memory, for a `const` or a `static`; see [`prepared!`](crate::prepared).
#[derive(Clone, Debug)]
pub struct PreparedArray<const N: usize> {
    octets: [u8; N],
    status: Status,
    length: usize,
    fields: usize,
}

impl<const N: usize> PreparedArray<N> {
    /// Renders a response, whose [`size`](PreparedResponse::size) is `N` at most.
    ///
    /// # Errors
    /// As for [`PreparedResponse::render`].
    pub const fn render(status: Status, fields: &[(&str, &str)], content: &[u8]) -> Result<Self, ResponseError> {
        let mut octets = [0; N];
        let (length, fields) = match PreparedResponse::render(&mut octets, status, fields, content) {
            Ok(response) => (response.whole.len(), response.fields.len()),
            Err(error) => return Err(error),
        };
        Ok(Self { octets, status, length, fields })
    }

    /// The response.
    #[must_use]
    pub const fn response(&self) -> PreparedResponse<'_> {
        match PreparedResponse::of(&self.octets, self.status, self.length, self.fields) {
            Ok(response) => response,
            // What was rendered is a response, so this is never so; a `panic!` would be code all the same.
            Err(_) => PreparedResponse { status: self.status, whole: b"\r\n", fields: b"", content: b"" },
        }
    }
}

/// Renders a response that never changes, at compile time: `prepared!(status, fields, content)` is a
/// [`PreparedResponse<'static>`](crate::response::PreparedResponse).
///
/// What [`PreparedResponse::render`](crate::response::PreparedResponse::render) refuses does not compile.
///
/// ```
/// use pronto::{head::Status, prepared, response::PreparedResponse};
///
/// static HELLO: PreparedResponse<'static> =
///     prepared!(Status::OK, &[("Content-Type", "text/plain")], b"Hello, World!");
/// assert_eq!(HELLO.status(), Status::OK);
/// ```
/// ```compile_fail,E0080
/// use pronto::{head::Status, prepared, response::PreparedResponse};
///
/// static BROKEN: PreparedResponse<'static> = prepared!(Status::SEE_OTHER, &[("Location", "/\r\nX: y")], b"");
/// ```
#[macro_export]
macro_rules! prepared {
    ($status:expr, $fields:expr, $content:expr $(,)?) => {
        const {
            const PREPARED_SIZE: usize = $crate::response::PreparedResponse::size($status, $fields, $content);
            const PREPARED: &$crate::response::PreparedArray<PREPARED_SIZE> =
                &match $crate::response::PreparedArray::render($status, $fields, $content) {
                    Ok(array) => array,
                    Err(_) => panic!("a response that must not be sent"),
                };
            PREPARED.response()
        }
    };
}

/// Renders fields and length, empty line, and content. Says how many octets they take, and how many the first two.
const fn put_all(memory: &mut [u8], status: Status, fields: &[(&str, &str)], content: &[u8]) -> Option<(usize, usize)> {
    /// `?`, which isn't const.
    macro_rules! put {
        ($put:expr) => {
            if $put.is_none() {
                return None;
            }
        };
    }
    let all = memory.len();
    let mut pen = Pen::new(memory);
    let mut rest = fields;
    while let [(name, value), others @ ..] = rest {
        put!(pen.put(name.as_bytes()));
        put!(pen.put(b": "));
        put!(pen.put(value.as_bytes()));
        put!(pen.put(b"\r\n"));
        rest = others;
    }
    if status.permits_content() {
        put!(pen.put(b"Content-Length: "));
        put!(pen.put_decimal(content.len() as u64));
        put!(pen.put(b"\r\n"));
    }
    let fields = all - pen.left();
    put!(pen.put(b"\r\n"));
    put!(pen.put(content));
    Some((all - pen.left(), fields))
}

const fn check_field(name: &str, value: &str) -> Result<(), ResponseError> {
    if let Err(error) = check_name(name) {
        return Err(error);
    }
    if let Err(error) = check_not_derived(name) {
        return Err(error);
    }
    check_value_by_octet(value.as_bytes())
}
