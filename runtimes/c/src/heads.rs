//! Heads, with everything that a server or client must know before it reads on.

use core::ffi::{c_char, c_int};

use engine::{
    connection::{Checked, Rejection, check_request},
    framing::{Framing, response_framing},
    head::{HeadError, HeadLimits, Method, Progress, RequestParser, ResponseParser},
};

use crate::{
    border::{self, Input},
    error::{self, COMPLETE, Error, INCOMPLETE},
    field::{Header, put_fields, with_table},
    picohttpparser::{method_before, minor},
};

/// `pronto_limits`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Limits {
    pub octets: u16,
    pub target: u16,
    pub fields: u8,
}

/// `pronto_parser`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Parser {
    pub limits: Limits,
    pub scanned: usize,
}

/// `pronto_request`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Request {
    pub method: *const c_char,
    pub method_length: usize,
    pub target: *const c_char,
    pub target_length: usize,
    pub head_length: usize,
    pub field_count: usize,
    pub content_length: u64,
    pub framing: c_int,
    pub minor_version: c_int,
    pub is_head: c_int,
    pub keeps_alive: c_int,
    pub expects_continue: c_int,
}

/// `pronto_response`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Response {
    pub reason: *const c_char,
    pub reason_length: usize,
    pub head_length: usize,
    pub field_count: usize,
    pub content_length: u64,
    pub framing: c_int,
    pub minor_version: c_int,
    pub status: c_int,
}

/// `PRONTO_NO_CONTENT`.
pub const NO_CONTENT: c_int = 0;
/// `PRONTO_LENGTH`.
pub const LENGTH: c_int = 1;
/// `PRONTO_CHUNKED`.
pub const CHUNKED: c_int = 2;
/// `PRONTO_UNTIL_CLOSE`.
pub const UNTIL_CLOSE: c_int = 3;

/// Parses a request head.
///
/// # Safety
/// Each pointer is NULL, or points to what its type and the length beside it say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pronto_parse_request(
    parser: *mut Parser,
    input: *const c_char,
    length: usize,
    fields: *mut Header,
    capacity: usize,
    request: *mut Request,
    error: *mut Error,
) -> c_int {
    // SAFETY: the caller's promise.
    let state = unsafe { border::take(parser) };
    // SAFETY: the caller's promise.
    let octets = unsafe { Input::new(input, length) };
    let (Some(state), Some(input)) = (state, octets) else {
        // SAFETY: the caller's promise.
        return unsafe { error::misuse(error, &NULL) };
    };
    if request.is_null() || (fields.is_null() && capacity > 0) {
        // SAFETY: the caller's promise.
        return unsafe { error::misuse(error, &NULL) };
    }
    let (limits, scanned) = state.begin(capacity, length);
    let told = with_table(capacity, |table| {
        let head = match RequestParser::resumed(limits, scanned).parse(input.octets, table) {
            Ok(Progress::Complete(head)) => head,
            Ok(Progress::Incomplete) => return INCOMPLETE,
            // SAFETY: the caller's promise.
            Err(wrong) => return unsafe { refuse_head(error, wrong) },
        };
        let view = head.view(input.octets, table);
        let Checked { framing, expects_continue, .. } = match check_request(&view) {
            Ok(checked) => checked,
            // SAFETY: the caller's promise.
            Err(wrong) => return unsafe { refuse(error, wrong) },
        };
        let target = view.target_octets();
        let method = method_before(input, target);
        let (framing, content_length) = numbers(framing);
        let told = Request {
            method: input.pointer_to(method),
            method_length: method.len(),
            target: input.pointer_to(target),
            target_length: target.len(),
            head_length: head.length(),
            field_count: head.field_count(),
            content_length,
            framing,
            minor_version: c_int::from(minor(view.version())),
            is_head: c_int::from(view.method() == Method::Head),
            keeps_alive: c_int::from(view.keeps_alive()),
            expects_continue: c_int::from(expects_continue),
        };
        // SAFETY: the caller's promise; and there are no more fields than the capacity, to which the limits were lowered.
        unsafe { put_fields(input, view.spans(), fields) };
        // SAFETY: the caller's promise.
        unsafe { border::put(request, told) };
        COMPLETE
    });
    // SAFETY: the caller's promise.
    unsafe { border::put(parser, state.end(told, length)) };
    told
}

/// Parses a response head.
///
/// # Safety
/// Each pointer is NULL, or points to what its type and the length beside it say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pronto_parse_response(
    parser: *mut Parser,
    method: *const c_char,
    method_length: usize,
    input: *const c_char,
    length: usize,
    fields: *mut Header,
    capacity: usize,
    response: *mut Response,
    error: *mut Error,
) -> c_int {
    // SAFETY: the caller's promise.
    let state = unsafe { border::take(parser) };
    // SAFETY: the caller's promise.
    let octets = unsafe { Input::new(input, length) };
    // SAFETY: the caller's promise.
    let method = unsafe { border::octets(method, method_length) }.and_then(|method| str::from_utf8(method).ok());
    let (Some(state), Some(input), Some(method)) = (state, octets, method) else {
        // SAFETY: the caller's promise.
        return unsafe { error::misuse(error, &NULL) };
    };
    if response.is_null() || (fields.is_null() && capacity > 0) || method.is_empty() {
        // SAFETY: the caller's promise.
        return unsafe { error::misuse(error, &NULL) };
    }
    let (limits, scanned) = state.begin(capacity, length);
    let told = with_table(capacity, |table| {
        let head = match ResponseParser::resumed(limits, scanned).parse(input.octets, table) {
            Ok(Progress::Complete(head)) => head,
            Ok(Progress::Incomplete) => return INCOMPLETE,
            // SAFETY: the caller's promise.
            Err(wrong) => return unsafe { refuse_head(error, wrong) },
        };
        let view = head.view(input.octets, table);
        let framing = match response_framing(&view, Method::from_token(method)) {
            Ok(framing) => framing,
            // SAFETY: the caller's promise.
            Err(wrong) => return unsafe { error::refuse(error, 0, None, &wrong) },
        };
        let (framing, content_length) = numbers(framing);
        let told = Response {
            reason: input.pointer_to(view.reason()),
            reason_length: view.reason().len(),
            head_length: head.length(),
            field_count: head.field_count(),
            content_length,
            framing,
            minor_version: c_int::from(minor(view.version())),
            status: c_int::from(view.status().code()),
        };
        // SAFETY: the caller's promise; and there are no more fields than the capacity, to which the limits were lowered.
        unsafe { put_fields(input, table.get(..head.field_count()).unwrap_or_default(), fields) };
        // SAFETY: the caller's promise.
        unsafe { border::put(response, told) };
        COMPLETE
    });
    // SAFETY: the caller's promise.
    unsafe { border::put(parser, state.end(told, length)) };
    told
}

impl Parser {
    /// The limits, none above the defaults unless that was said, and what was scanned.
    fn begin(self, capacity: usize, length: usize) -> (HeadLimits, usize) {
        let mut limits = HeadLimits::new();
        if self.limits.octets > 0 {
            limits = limits.with_octets(self.limits.octets);
        }
        if self.limits.target > 0 {
            limits = limits.with_target(self.limits.target);
        }
        let most = if self.limits.fields > 0 { self.limits.fields } else { limits.fields };
        limits = limits.with_fields(u8::try_from(capacity).map_or(most, |capacity| capacity.min(most)));
        (limits, self.scanned.min(length))
    }

    /// The same, for the next call.
    fn end(self, told: c_int, length: usize) -> Self {
        Self { limits: self.limits, scanned: if told == INCOMPLETE { length } else { 0 } }
    }
}

/// # Safety
/// The pointer is NULL, or points to room for an error.
unsafe fn refuse_head(error: *mut Error, wrong: HeadError) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { error::refuse(error, wrong.status().code(), Some(wrong.at), &wrong.kind) }
}

/// # Safety
/// The pointer is NULL, or points to room for an error.
unsafe fn refuse(error: *mut Error, wrong: Rejection) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { error::refuse(error, wrong.status().code(), None, &wrong) }
}

const fn numbers(framing: Framing) -> (c_int, u64) {
    match framing {
        Framing::None => (NO_CONTENT, 0),
        Framing::Length(length) => (LENGTH, length),
        Framing::Chunked => (CHUNKED, 0),
        Framing::UntilClose => (UNTIL_CLOSE, 0),
    }
}

/// A mistake.
pub(crate) const NULL: &str = "a pointer is NULL, or a length is more than there can be";
