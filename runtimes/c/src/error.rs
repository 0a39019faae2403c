//! What is wrong, as C is told.

use core::{
    ffi::{c_char, c_int},
    fmt::{self, Write},
};

use crate::border;

/// What is there is right so far, and more must come.
pub const INCOMPLETE: c_int = 0;
/// All of it was there, and is right.
pub const COMPLETE: c_int = 1;
/// Octets of content.
pub const CONTENT: c_int = 2;
/// The peer has sent what is wrong.
pub const REFUSED: c_int = -1;
/// The caller has made a mistake.
pub const MISUSE: c_int = -2;

/// `pronto_error`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Error {
    pub status: c_int,
    pub at: usize,
    pub reason: [c_char; 96],
}

impl Error {
    fn new(status: u16, at: Option<usize>, reason: &dyn fmt::Display) -> Self {
        let mut text = Text { octets: [0; 96], length: 0 };
        // What does not fit is left out.
        let _ = write!(text, "{reason}");
        Self { status: c_int::from(status), at: at.unwrap_or(usize::MAX), reason: text.octets }
    }
}

/// Tells C what the peer has sent, and how to answer it.
///
/// # Safety
/// The pointer is NULL, or points to room for an error.
pub unsafe fn refuse(error: *mut Error, status: u16, at: Option<usize>, reason: &dyn fmt::Display) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { border::put(error, Error::new(status, at, reason)) };
    REFUSED
}

/// Tells C what mistake it has made.
///
/// # Safety
/// The pointer is NULL, or points to room for an error.
pub unsafe fn misuse(error: *mut Error, reason: &dyn fmt::Display) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { border::put(error, Error::new(0, None, reason)) };
    MISUSE
}

/// Text that ends in NUL, since there are zeros behind it.
struct Text {
    octets: [c_char; 96],
    length: usize,
}

impl fmt::Write for Text {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let last = self.octets.len() - 1;
        for &octet in part.as_bytes() {
            match self.octets.get_mut(self.length) {
                Some(place) if self.length < last => *place = octet as c_char,
                _ => return Err(fmt::Error),
            }
            self.length += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_always_ends() {
        let error = Error::new(400, None, &"x".repeat(200));
        assert_eq!(error.reason.iter().position(|&octet| octet == 0), Some(95));
        assert_eq!(error.at, usize::MAX);
    }
}
