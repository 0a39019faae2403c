//! The calls of picohttpparser that parse heads.
//!
//! They are strict as the engine is: see `README.md` for what that parser takes and this one refuses.

use core::{
    ffi::{c_char, c_int},
    ptr,
};

use engine::head::{FieldSection, HeadLimits, Progress, RequestParser, ResponseParser, Version};

use crate::{
    border::{self, Input},
    field::{Header, put_fields, with_table},
    partial,
};

/// What is wrong, or a pointer that must not be NULL is.
const WRONG: c_int = -1;

/// More must come.
const INCOMPLETE: c_int = -2;

/// As much as the engine takes: that interface has no limits.
const LIMITS: HeadLimits =
    HeadLimits::new().with_octets(u16::MAX).with_target(u16::MAX).with_fields(crate::field::MOST_FIELDS as u8);

/// Parses a request head.
///
/// # Safety
/// Each pointer is NULL, or points to what its type and the length beside it say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn phr_parse_request(
    buf: *const c_char,
    len: usize,
    method: *mut *const c_char,
    method_len: *mut usize,
    path: *mut *const c_char,
    path_len: *mut usize,
    minor_version: *mut c_int,
    headers: *mut Header,
    num_headers: *mut usize,
    last_len: usize,
) -> c_int {
    if method.is_null()
        || method_len.is_null()
        || path.is_null()
        || path_len.is_null()
        || minor_version.is_null()
        || num_headers.is_null()
    {
        return WRONG;
    }
    // SAFETY: the caller's promise.
    let Some(capacity) = (unsafe { capacity(headers, num_headers) }) else { return WRONG };
    // SAFETY: the caller's promise.
    let Some(input) = (unsafe { Input::new(buf, len) }) else { return WRONG };
    let put_line = |method_octets: Option<&[u8]>, target: Option<&[u8]>, minor: Option<u8>| {
        // SAFETY: the caller's promise.
        unsafe { put_octets(input, method_octets, method, method_len) };
        // SAFETY: the caller's promise.
        unsafe { put_octets(input, target, path, path_len) };
        // SAFETY: the caller's promise.
        unsafe { border::put(minor_version, minor.map_or(-1, c_int::from)) };
    };
    put_line(None, None, None);
    // SAFETY: the caller's promise.
    unsafe { border::put(num_headers, 0) };
    let parsed = with_table(capacity, |table| {
        match RequestParser::resumed(LIMITS, last_len.min(len)).parse(input.octets, table) {
            Ok(Progress::Complete(head)) if head.field_count() <= capacity => {
                let request = head.view(input.octets, table);
                let target = request.target_octets();
                let method = method_before(input, target);
                put_line(Some(method), Some(target), Some(minor(request.version())));
                // SAFETY: there is room, since there are no more than the capacity, by which C tells how much there is.
                unsafe { put_fields(input, request.spans(), headers) };
                // SAFETY: the caller's promise.
                unsafe { border::put(num_headers, head.field_count()) };
                head.length() as c_int
            }
            Ok(Progress::Incomplete) => INCOMPLETE,
            Ok(Progress::Complete(_)) | Err(_) => WRONG,
        }
    });
    if parsed == INCOMPLETE && last_len == 0 {
        let (method, target, minor) = partial::request_line(input.octets);
        put_line(method, target, minor);
        // SAFETY: the room is the capacity, by which C tells how much there is.
        unsafe { put_partial_fields(input, headers, capacity, num_headers) };
    }
    parsed
}

/// Parses a response head.
///
/// # Safety
/// Each pointer is NULL, or points to what its type and the length beside it say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn phr_parse_response(
    buf: *const c_char,
    len: usize,
    minor_version: *mut c_int,
    status: *mut c_int,
    msg: *mut *const c_char,
    msg_len: *mut usize,
    headers: *mut Header,
    num_headers: *mut usize,
    last_len: usize,
) -> c_int {
    if minor_version.is_null() || status.is_null() || msg.is_null() || msg_len.is_null() || num_headers.is_null() {
        return WRONG;
    }
    // SAFETY: the caller's promise.
    let Some(capacity) = (unsafe { capacity(headers, num_headers) }) else { return WRONG };
    // SAFETY: the caller's promise.
    let Some(input) = (unsafe { Input::new(buf, len) }) else { return WRONG };
    let put_line = |minor: Option<u8>, code: Option<u16>, reason: Option<&[u8]>| {
        // SAFETY: the caller's promise.
        unsafe { border::put(minor_version, minor.map_or(-1, c_int::from)) };
        // SAFETY: the caller's promise.
        unsafe { border::put(status, code.map_or(0, c_int::from)) };
        // SAFETY: the caller's promise.
        unsafe { put_octets(input, reason, msg, msg_len) };
    };
    put_line(None, None, None);
    // SAFETY: the caller's promise.
    unsafe { border::put(num_headers, 0) };
    let parsed = with_table(capacity, |table| {
        match ResponseParser::resumed(LIMITS, last_len.min(len)).parse(input.octets, table) {
            Ok(Progress::Complete(head)) if head.field_count() <= capacity => {
                let response = head.view(input.octets, table);
                put_line(Some(minor(response.version())), Some(response.status().code()), Some(response.reason()));
                // SAFETY: there is room, since there are no more than the capacity, by which C tells how much there is.
                unsafe { put_fields(input, table.get(..head.field_count()).unwrap_or_default(), headers) };
                // SAFETY: the caller's promise.
                unsafe { border::put(num_headers, head.field_count()) };
                head.length() as c_int
            }
            Ok(Progress::Incomplete) => INCOMPLETE,
            Ok(Progress::Complete(_)) | Err(_) => WRONG,
        }
    });
    if parsed == INCOMPLETE && last_len == 0 {
        let (minor, code, reason) = partial::status_line(input.octets);
        put_line(minor, code, reason);
        // SAFETY: the room is the capacity, by which C tells how much there is.
        unsafe { put_partial_fields(input, headers, capacity, num_headers) };
    }
    parsed
}

/// Parses fields without a first line before them.
///
/// # Safety
/// Each pointer is NULL, or points to what its type and the length beside it say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn phr_parse_headers(
    buf: *const c_char,
    len: usize,
    headers: *mut Header,
    num_headers: *mut usize,
    last_len: usize,
) -> c_int {
    // SAFETY: the caller's promise.
    let Some(capacity) = (unsafe { capacity(headers, num_headers) }) else { return WRONG };
    // SAFETY: the caller's promise.
    let Some(input) = (unsafe { Input::new(buf, len) }) else { return WRONG };
    // SAFETY: the caller's promise.
    unsafe { border::put(num_headers, 0) };
    with_table(capacity, |table| match FieldSection::parse(LIMITS, input.octets, table, last_len) {
        Ok(Progress::Complete(section)) if section.field_count() <= capacity => {
            // SAFETY: there is room, since there are no more than the capacity, by which C tells how much there is.
            unsafe { put_fields(input, table.get(..section.field_count()).unwrap_or_default(), headers) };
            // SAFETY: the caller's promise.
            unsafe { border::put(num_headers, section.field_count()) };
            section.length() as c_int
        }
        Ok(Progress::Incomplete) => INCOMPLETE,
        Ok(Progress::Complete(_)) | Err(_) => WRONG,
    })
}

/// How many fields there is room for; `None` where that, or the room, is NULL.
///
/// # Safety
/// Unless it is NULL, `num_headers` points to a number.
unsafe fn capacity(headers: *const Header, num_headers: *const usize) -> Option<usize> {
    // SAFETY: the caller's promise.
    let capacity = unsafe { border::take(num_headers) }?;
    (capacity == 0 || !headers.is_null()).then_some(capacity)
}

/// # Safety
/// Unless they are NULL, both pointers point to room for a value.
unsafe fn put_octets(input: Input<'_>, octets: Option<&[u8]>, start: *mut *const c_char, length: *mut usize) {
    // SAFETY: the caller's promise.
    unsafe { border::put(start, octets.map_or(ptr::null(), |octets| input.pointer_to(octets))) };
    // SAFETY: the caller's promise.
    unsafe { border::put(length, octets.map_or(0, <[u8]>::len)) };
}

/// # Safety
/// There is room for `capacity` fields, and for their number.
unsafe fn put_partial_fields(input: Input<'_>, headers: *mut Header, capacity: usize, num_headers: *mut usize) {
    let mut count = 0;
    for (name, value) in partial::fields(input.octets).take(capacity) {
        // SAFETY: there is room for more than `count`, by the caller's promise.
        unsafe { border::put_at(headers, count, Header::of(input, name, value)) };
        count += 1;
    }
    // SAFETY: the caller's promise.
    unsafe { border::put(num_headers, count) };
}

/// The method of a request line, where it lies in the input: between empty lines and the space before the target.
pub(crate) fn method_before<'a>(input: Input<'a>, target: &[u8]) -> &'a [u8] {
    input.octets.get(..input.offset_of(target).saturating_sub(1)).unwrap_or_default().trim_ascii_start()
}

/// The minor version.
pub(crate) const fn minor(version: Version) -> u8 {
    match version {
        Version::Http10 => 0,
        Version::Http11 => 1,
    }
}
