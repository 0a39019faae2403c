//! Responses, written as the engine writes them.

use core::ffi::{c_char, c_int};

use engine::{
    buffer::SliceSink,
    framing::encode::{chunk, last_chunk},
    head::{Status, Version},
    response::{
        CommonFields, Following, Persistence, Replied, ReplyContent, ReplyContext, ResponseError, ResponseWriter,
    },
};

use crate::{
    border,
    error::{self, COMPLETE, Error},
    field::Header,
    heads::{CHUNKED, LENGTH, NO_CONTENT, NULL, Request, UNTIL_CLOSE},
};

/// `pronto_reply`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Reply {
    pub status: c_int,
    pub framing: c_int,
    pub content: *const c_char,
    pub content_length: u64,
    pub fields: *const Header,
    pub field_count: usize,
    pub date: u64,
    pub closes: c_int,
}

/// `pronto_written`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Written {
    pub length: usize,
    pub following_length: u64,
    pub following: c_int,
    pub keeps_alive: c_int,
}

/// Writes a response.
///
/// # Safety
/// Each pointer is NULL, or points to what its type and the length beside it say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pronto_write_reply(
    output: *mut c_char,
    capacity: usize,
    request: *const Request,
    reply: *const Reply,
    written: *mut Written,
    error: *mut Error,
) -> c_int {
    // SAFETY: the caller's promise.
    let request = unsafe { border::take(request) };
    // SAFETY: the caller's promise.
    let reply = unsafe { border::take(reply) };
    let Some(reply) = reply else {
        // SAFETY: the caller's promise.
        return unsafe { error::misuse(error, &NULL) };
    };
    // SAFETY: the caller's promise.
    let fields = unsafe { border::values(reply.fields, reply.field_count) };
    let (Some(fields), false) = (fields, written.is_null()) else {
        // SAFETY: the caller's promise.
        return unsafe { error::misuse(error, &NULL) };
    };
    let content_length = if reply.content.is_null() { 0 } else { usize::try_from(reply.content_length).unwrap_or(0) };
    let capacity = capacity.min(most_for(fields).saturating_add(content_length));
    // SAFETY: the caller's promise, of no more than it has room for.
    let Some(output) = (unsafe { border::room(output, capacity) }) else {
        // SAFETY: the caller's promise.
        return unsafe { error::misuse(error, &NULL) };
    };
    let mut sink = SliceSink::new(output);
    // SAFETY: the caller's promise.
    match unsafe { write_reply(&mut sink, request, &reply, fields) } {
        Ok(replied) => {
            let (following, following_length) = match replied.following() {
                Following::Octets(length) => (LENGTH, length),
                Following::Chunked => (CHUNKED, 0),
                Following::UntilClose => (UNTIL_CLOSE, 0),
                Following::Nothing | Following::Upgrade => (NO_CONTENT, 0),
            };
            let keeps_alive = c_int::from(replied.persistence() == Persistence::Keep);
            let told = Written { length: sink.written().len(), following_length, following, keeps_alive };
            // SAFETY: the caller's promise.
            unsafe { border::put(written, told) };
            COMPLETE
        }
        // SAFETY: the caller's promise.
        Err(Mistake::Response(mistake)) => unsafe { error::misuse(error, &mistake) },
        // SAFETY: the caller's promise.
        Err(Mistake::Other(mistake)) => unsafe { error::misuse(error, &mistake) },
    }
}

/// Writes a chunk.
///
/// # Safety
/// Each pointer is NULL, or points to what its type and the length beside it say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pronto_write_chunk(
    output: *mut c_char,
    capacity: usize,
    data: *const c_char,
    length: usize,
    written: *mut usize,
    error: *mut Error,
) -> c_int {
    // SAFETY: the caller's promise.
    let data = unsafe { border::octets(data, length) };
    // No more is needed than the framing takes besides.
    let capacity = capacity.min(length.saturating_add(MOST_AROUND_CHUNK));
    // SAFETY: the caller's promise, of no more than it has room for.
    let output = unsafe { border::room(output, capacity) };
    let (Some(data), Some(output), false) = (data, output, written.is_null()) else {
        // SAFETY: the caller's promise.
        return unsafe { error::misuse(error, &NULL) };
    };
    let mut sink = SliceSink::new(output);
    let outcome = chunk(&mut sink, data);
    // SAFETY: the caller's promise.
    unsafe { tell(outcome, &sink, written, error) }
}

/// Writes what ends all chunks.
///
/// # Safety
/// Each pointer is NULL, or points to what its type and the length beside it say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pronto_write_last_chunk(
    output: *mut c_char,
    capacity: usize,
    fields: *const Header,
    field_count: usize,
    written: *mut usize,
    error: *mut Error,
) -> c_int {
    // SAFETY: the caller's promise.
    let Some(fields) = (unsafe { border::values(fields, field_count) }) else {
        // SAFETY: the caller's promise.
        return unsafe { error::misuse(error, &NULL) };
    };
    // SAFETY: the caller's promise, of no more than it has room for.
    let output = unsafe { border::room(output, capacity.min(most_for(fields))) };
    let (Some(output), false) = (output, written.is_null()) else {
        // SAFETY: the caller's promise.
        return unsafe { error::misuse(error, &NULL) };
    };
    let mut trailers = [("", &[][..]); MOST_TRAILERS];
    let Some(trailers) = trailers.get_mut(..fields.len()) else {
        // SAFETY: the caller's promise.
        return unsafe { error::misuse(error, &"more than 32 trailer fields") };
    };
    for (place, field) in trailers.iter_mut().zip(fields) {
        // SAFETY: the caller's promise.
        let Some(octets) = (unsafe { field.octets() }) else {
            // SAFETY: the caller's promise.
            return unsafe { error::misuse(error, &NULL) };
        };
        *place = octets;
    }
    let mut sink = SliceSink::new(output);
    let outcome = last_chunk(&mut sink, trailers);
    // SAFETY: the caller's promise.
    unsafe { tell(outcome, &sink, written, error) }
}

/// What the caller did wrong.
enum Mistake {
    Response(ResponseError),
    Other(&'static str),
}

impl From<ResponseError> for Mistake {
    fn from(error: ResponseError) -> Self {
        Self::Response(error)
    }
}

/// # Safety
/// What the reply points to is as its lengths say.
unsafe fn write_reply(
    sink: &mut SliceSink<'_>,
    request: Option<Request>,
    reply: &Reply,
    fields: &[Header],
) -> Result<Replied, Mistake> {
    let status = u16::try_from(reply.status).ok().and_then(Status::new).ok_or(Mistake::Other("not a status code"))?;
    let mut common = CommonFields::without_server();
    if reply.date > 0 {
        common.set_date(reply.date);
    }
    let mut context = context_of(request);
    if reply.closes != 0 {
        context = context.closing();
    }
    let mut writer = ResponseWriter::new(sink, context, &common).status(status);
    for field in fields {
        // SAFETY: the caller's promise.
        let (name, value) = unsafe { field.octets() }.ok_or(Mistake::Other(NULL))?;
        writer = writer.field(name, value);
    }
    Ok(match reply.framing {
        NO_CONTENT => writer.no_content()?,
        LENGTH if reply.content.is_null() => writer.content_of_length(reply.content_length)?,
        LENGTH => {
            let length = usize::try_from(reply.content_length).map_err(|_| Mistake::Other(NULL))?;
            // SAFETY: the caller's promise.
            let content = unsafe { border::octets(reply.content, length) }.ok_or(Mistake::Other(NULL))?;
            writer.content(content)?
        }
        CHUNKED => writer.chunked()?,
        _ => return Err(Mistake::Other("not a framing that a response can be given")),
    })
}

/// Where there is no request, nothing is known but that the connection must close.
fn context_of(request: Option<Request>) -> ReplyContext {
    let Some(request) = request else {
        return ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Close);
    };
    ReplyContext::new(
        if request.minor_version == 0 { Version::Http10 } else { Version::Http11 },
        if request.is_head == 0 { ReplyContent::Sent } else { ReplyContent::Omitted },
        if request.keeps_alive == 0 { Persistence::Close } else { Persistence::Keep },
    )
}

/// # Safety
/// The pointers are NULL, or point to room for what is told.
unsafe fn tell(
    outcome: Result<(), ResponseError>,
    sink: &SliceSink<'_>,
    written: *mut usize,
    error: *mut Error,
) -> c_int {
    match outcome {
        Ok(()) => {
            // SAFETY: the caller's promise.
            unsafe { border::put(written, sink.written().len()) };
            COMPLETE
        }
        // SAFETY: the caller's promise.
        Err(mistake) => unsafe { error::misuse(error, &mistake) },
    }
}

/// More than a head without content can have with these fields, or a last chunk: what is not used need not be cleared.
fn most_for(fields: &[Header]) -> usize {
    let line = |field: &Header| field.name_len.saturating_add(field.value_len).saturating_add(": \r\n".len());
    fields.iter().map(line).fold(MOST_BESIDE_FIELDS, usize::saturating_add)
}

/// More than the other lines of a head have: its status line, and what is derived.
const MOST_BESIDE_FIELDS: usize = 512;

/// A size of 16 digits, and two line ends.
const MOST_AROUND_CHUNK: usize = 16 + 2 + 2;

/// The most trailer fields that a last chunk is given.
const MOST_TRAILERS: usize = 32;
