//! picohttpparser, which is written in C: the only unsafe code here.

#![allow(unsafe_code, reason = "calls C")]

use std::{ffi::c_int, mem::MaybeUninit, ptr};

use picohttpparser_sys::{phr_chunked_decoder, phr_decode_chunked, phr_header, phr_parse_request};

/// Parses a head of which the first `seen` octets were given before, and tells how many fields it has; `None` where more must
/// come.
///
/// # Panics
/// When the head is refused.
#[inline]
pub fn parse_request(head: &[u8], seen: usize, table: &mut [phr_header]) -> Option<usize> {
    let (mut method, mut method_length) = (ptr::null(), 0);
    let (mut target, mut target_length) = (ptr::null(), 0);
    let mut minor_version: c_int = 0;
    let mut fields = table.len();
    // SAFETY: every pointer is to something that outlives the call and is as long as is said; what the call stores through them is
    // pointers into `head`, which are not followed, and numbers.
    let parsed = unsafe {
        phr_parse_request(
            head.as_ptr().cast(),
            head.len(),
            &raw mut method,
            &raw mut method_length,
            &raw mut target,
            &raw mut target_length,
            &raw mut minor_version,
            table.as_mut_ptr(),
            &raw mut fields,
            seen,
        )
    };
    match parsed {
        1.. => Some(fields),
        PARTIAL => None,
        _ => panic!("refused: {}", head.escape_ascii()),
    }
}

/// Decodes whole chunked content where it lies, and tells how long it is.
///
/// # Panics
/// When the content is broken or not whole.
pub fn decode_chunked(content: &mut [u8]) -> usize {
    // SAFETY: it consists of numbers, and is to be zero at first.
    let mut decoder: phr_chunked_decoder = unsafe { MaybeUninit::zeroed().assume_init() };
    decoder.consume_trailer = 1;
    let mut length = content.len();
    // SAFETY: the octets are as many as is said, and may be written to; the decoder is new.
    let left = unsafe { phr_decode_chunked(&raw mut decoder, content.as_mut_ptr().cast(), &raw mut length) };
    assert_eq!(left, 0, "the content is whole");
    length
}

/// More must come.
const PARTIAL: c_int = -2;
