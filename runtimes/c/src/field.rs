//! Fields, as C sees them, and the tables that they are found by.

use core::ffi::{c_char, c_int};

use engine::head::FieldSpan;

use crate::border::{self, Input};

/// `struct phr_header`: a field.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Header {
    pub name: *const c_char,
    pub name_len: usize,
    pub value: *const c_char,
    pub value_len: usize,
}

impl Header {
    /// A field of the input.
    #[must_use]
    pub fn of(input: Input<'_>, name: &[u8], value: &[u8]) -> Self {
        Self {
            name: input.pointer_to(name),
            name_len: name.len(),
            value: input.pointer_to(value),
            value_len: value.len(),
        }
    }

    /// Name and value, or `None` where they are not there, or the name is not text.
    ///
    /// # Safety
    /// Unless they are NULL, both pointers point to as many octets as the lengths say, that nobody writes to meanwhile.
    #[must_use]
    pub const unsafe fn octets<'a>(&self) -> Option<(&'a str, &'a [u8])> {
        // SAFETY: the same promise.
        let name = unsafe { border::octets(self.name, self.name_len) };
        // SAFETY: the same promise.
        let value = unsafe { border::octets(self.value, self.value_len) };
        match (name, value) {
            (Some(name), Some(value)) => match str::from_utf8(name) {
                Ok(name) => Some((name, value)),
                Err(_) => None,
            },
            _ => None,
        }
    }
}

/// Hands fields of the input out to C, by where they are.
///
/// # Safety
/// Unless it is NULL, `to` points to room for as many as there are.
pub unsafe fn put_fields(input: Input<'_>, spans: &[FieldSpan], to: *mut Header) {
    for (index, span) in spans.iter().enumerate() {
        let (name, value) = (span.name_range(), span.value_range());
        let header = Header {
            name: input.pointer_at(name.start),
            name_len: name.len(),
            value: input.pointer_at(value.start),
            value_len: value.len(),
        };
        // SAFETY: there is room for more than `index`, by the caller's promise.
        unsafe { border::put_at(to, index, header) };
    }
}

/// The most fields that a head has.
pub const MOST_FIELDS: usize = u8::MAX as usize;

/// Lends a table with this many entries, on the stack, and as small as will do: a caller with room for few fields may be a
/// machine with room for little else. There is one entry at least, since with none fields would be counted and not seen.
pub fn with_table(capacity: usize, mut parse: impl FnMut(&mut [FieldSpan]) -> c_int) -> c_int {
    // One parser for all of them.
    let parse: &mut Parse<'_> = &mut parse;
    if capacity <= SMALL {
        with_table_of::<SMALL>(capacity, parse)
    } else if capacity <= MEDIUM {
        with_table_of::<MEDIUM>(capacity, parse)
    } else {
        with_table_of::<MOST_FIELDS>(capacity, parse)
    }
}

type Parse<'p> = dyn FnMut(&mut [FieldSpan]) -> c_int + 'p;

const SMALL: usize = 32;
const MEDIUM: usize = 128;

/// Not inlined, for only the table that is used to take stack.
#[inline(never)]
fn with_table_of<const N: usize>(capacity: usize, parse: &mut Parse<'_>) -> c_int {
    let mut table = [FieldSpan::EMPTY; N];
    parse(table.get_mut(..capacity.clamp(1, N)).unwrap_or_default())
}
