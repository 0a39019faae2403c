//! Content, out of any framing.

use core::{
    ffi::{c_char, c_int},
    ptr,
};

use engine::framing::{ContentDecoder, ContentLimits, Decoded, DecoderState, Framing, FramingError, Part};

use crate::{
    border::{self, Input},
    error::{self, COMPLETE, CONTENT, Error, INCOMPLETE, MISUSE},
    heads::{CHUNKED, LENGTH, NO_CONTENT, NULL, UNTIL_CLOSE},
};

/// `pronto_content`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Content {
    pub limit: u64,
    pub left: u64,
    pub content: u64,
    pub extensions: u32,
    pub scanned: u16,
    pub place: u8,
    pub digits: u8,
}

/// Begins to decode.
///
/// # Safety
/// The pointer is NULL, or points to room for a decoder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pronto_content_begin(
    content: *mut Content,
    framing: c_int,
    content_length: u64,
    limit: u64,
) -> c_int {
    let framing = match framing {
        NO_CONTENT => Framing::None,
        LENGTH => Framing::Length(content_length),
        CHUNKED => Framing::Chunked,
        UNTIL_CLOSE => Framing::UntilClose,
        _ => return MISUSE,
    };
    if content.is_null() {
        return MISUSE;
    }
    let limits = ContentLimits::new(limit);
    // SAFETY: the caller's promise.
    unsafe { border::put(content, Content::of(ContentDecoder::new(framing, limits).state(limits), limit)) };
    COMPLETE
}

/// Decodes on.
///
/// # Safety
/// Each pointer is NULL, or points to what its type and the length beside it say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pronto_content_next(
    content: *mut Content,
    input: *const c_char,
    length: usize,
    consumed: *mut usize,
    octets: *mut *const c_char,
    octet_count: *mut usize,
    error: *mut Error,
) -> c_int {
    // SAFETY: the caller's promise.
    let state = unsafe { border::take(content) };
    // SAFETY: the caller's promise.
    let input = unsafe { Input::new(input, length) };
    let (Some(state), Some(input)) = (state, input) else {
        // SAFETY: the caller's promise.
        return unsafe { error::misuse(error, &NULL) };
    };
    if consumed.is_null() || octets.is_null() || octet_count.is_null() {
        // SAFETY: the caller's promise.
        return unsafe { error::misuse(error, &NULL) };
    }
    let limits = ContentLimits::new(state.limit);
    let mut decoder = ContentDecoder::resumed(state.kept(), limits);
    let (mut taken, mut found) = (0, &[][..]);
    let told = loop {
        let rest = input.octets.get(taken..).unwrap_or_default();
        let Decoded { consumed, part } = match decoder.decode(rest) {
            Ok(decoded) => decoded,
            // SAFETY: the caller's promise.
            Err(wrong) => break unsafe { refuse(error, wrong) },
        };
        taken += consumed;
        match part {
            Part::Content(content) => {
                found = content;
                break CONTENT;
            }
            // They have been checked, and the end comes next.
            Part::Trailers(_) => {}
            Part::End => break COMPLETE,
            Part::NeedInput => break INCOMPLETE,
        }
    };
    // SAFETY: the caller's promise.
    unsafe { border::put(content, Content::of(decoder.state(limits), state.limit)) };
    // SAFETY: the caller's promise.
    unsafe { border::put(consumed, taken) };
    let start = if found.is_empty() { ptr::null() } else { input.pointer_to(found) };
    // SAFETY: the caller's promise.
    unsafe { border::put(octets, start) };
    // SAFETY: the caller's promise.
    unsafe { border::put(octet_count, found.len()) };
    told
}

/// Says that the input has ended.
///
/// # Safety
/// Each pointer is NULL, or points to what its type says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pronto_content_end(content: *const Content, error: *mut Error) -> c_int {
    // SAFETY: the caller's promise.
    let Some(state) = (unsafe { border::take(content) }) else {
        // SAFETY: the caller's promise.
        return unsafe { error::misuse(error, &NULL) };
    };
    let decoder = ContentDecoder::resumed(state.kept(), ContentLimits::new(state.limit));
    match decoder.handle_end_of_input() {
        Ok(()) => COMPLETE,
        // SAFETY: the caller's promise.
        Err(wrong) => unsafe { refuse(error, wrong) },
    }
}

impl Content {
    const fn of(state: DecoderState, limit: u64) -> Self {
        let DecoderState { place, digits, scanned, extensions, left, content, .. } = state;
        Self { limit, left, content, extensions, scanned, place, digits }
    }

    const fn kept(self) -> DecoderState {
        let Self { left, content, extensions, scanned, place, digits, .. } = self;
        DecoderState { place, digits, scanned, extensions, left, content }
    }
}

/// # Safety
/// The pointer is NULL, or points to room for an error.
unsafe fn refuse(error: *mut Error, wrong: FramingError) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { error::refuse(error, wrong.status().code(), None, &wrong) }
}
