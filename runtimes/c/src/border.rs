//! Pointers from C become slices, and values go out through pointers. NULL is looked for before anything else.

use core::{ffi::c_char, slice};

/// The octets that C says are there, or `None` where there cannot be any: NULL with a length, or more than there is memory.
///
/// # Safety
/// Unless it is NULL, `start` points to `length` octets that nobody writes to while the slice is in use.
#[must_use]
pub const unsafe fn octets<'a>(start: *const c_char, length: usize) -> Option<&'a [u8]> {
    if length == 0 {
        return Some(&[]);
    }
    if start.is_null() || length > isize::MAX as usize {
        return None;
    }
    // SAFETY: it is not NULL, `u8` has no alignment and every octet is one, the length is below `isize::MAX`; the rest is the
    // caller's promise.
    Some(unsafe { slice::from_raw_parts(start.cast(), length) })
}

/// The octets that C lends to be written to.
///
/// # Safety
/// Unless it is NULL, `start` points to `length` octets that have been written to before, and that nobody else reads or writes
/// while the slice is in use.
#[must_use]
pub const unsafe fn octets_mut<'a>(start: *mut c_char, length: usize) -> Option<&'a mut [u8]> {
    if length == 0 {
        return Some(&mut []);
    }
    if start.is_null() || length > isize::MAX as usize {
        return None;
    }
    // SAFETY: as in `octets`, and that nobody else looks is the caller's promise.
    Some(unsafe { slice::from_raw_parts_mut(start.cast(), length) })
}

/// Octets that C lends to be written to, whatever is in them: zeros are written first.
///
/// # Safety
/// Unless it is NULL, `start` points to room for `length` octets, that nobody else reads or writes while the slice is in use.
#[must_use]
pub const unsafe fn room<'a>(start: *mut c_char, length: usize) -> Option<&'a mut [u8]> {
    if length > 0 && !start.is_null() && length <= isize::MAX as usize {
        // SAFETY: it is not NULL, and has room for so many octets, by the caller's promise.
        unsafe { start.write_bytes(0, length) };
    }
    // SAFETY: they have been written to, where there are any; the rest is the caller's promise.
    unsafe { octets_mut(start, length) }
}

/// The values that C says are there, or `None`, as with [`octets`].
///
/// # Safety
/// Unless it is NULL, `start` is aligned and points to `count` values that nobody writes to while the slice is in use.
#[must_use]
pub const unsafe fn values<'a, T: Copy>(start: *const T, count: usize) -> Option<&'a [T]> {
    if count == 0 {
        return Some(&[]);
    }
    // More than that is no slice, however large a value is.
    if start.is_null() || count > isize::MAX as usize / size_of::<T>() {
        return None;
    }
    // SAFETY: it is not NULL, all of them together are below `isize::MAX`; the rest is the caller's promise.
    Some(unsafe { slice::from_raw_parts(start, count) })
}

/// The value that a pointer points to, or `None` for NULL.
///
/// # Safety
/// Unless it is NULL, `from` is aligned and points to a value.
#[must_use]
pub const unsafe fn take<T: Copy>(from: *const T) -> Option<T> {
    if from.is_null() {
        return None;
    }
    // SAFETY: it is not NULL; the rest is the caller's promise.
    Some(unsafe { from.read() })
}

/// Writes a value to where a pointer points. NULL is nowhere, and nothing happens.
///
/// # Safety
/// Unless it is NULL, `to` is aligned and points to room for a value.
pub const unsafe fn put<T: Copy>(to: *mut T, value: T) {
    if !to.is_null() {
        // SAFETY: it is not NULL; the rest is the caller's promise. No reference to what is there is made or kept, so it does
        // not matter if C handed in the same pointer twice.
        unsafe { to.write(value) };
    }
}

/// Writes a value to a place of an array. NULL is nowhere.
///
/// # Safety
/// Unless it is NULL, `array` is aligned and points to room for more than `index` values.
pub const unsafe fn put_at<T: Copy>(array: *mut T, index: usize, value: T) {
    if array.is_null() {
        return;
    }
    // SAFETY: the place lies within the array, by the caller's promise.
    let place = unsafe { array.add(index) };
    // SAFETY: there is room for a value, by the same promise.
    unsafe { put(place, value) };
}

/// Input from C, and the pointer that it came by, from which all pointers into it are made that go back.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    start: *const c_char,
    /// The octets.
    pub octets: &'a [u8],
}

impl<'a> Input<'a> {
    /// Input, or `None`, as with [`octets`].
    ///
    /// # Safety
    /// As for [`octets`].
    #[must_use]
    pub const unsafe fn new(start: *const c_char, length: usize) -> Option<Self> {
        // SAFETY: the same promise.
        match unsafe { octets(start, length) } {
            Some(octets) => Some(Self { start, octets }),
            None => None,
        }
    }

    /// Where a part of the input lies, as C sees it. For what lies elsewhere it is the start.
    #[must_use]
    pub fn pointer_to(&self, part: &[u8]) -> *const c_char {
        self.pointer_at(self.offset_of(part))
    }

    /// Where an octet of the input lies, as C sees it.
    #[must_use]
    pub const fn pointer_at(&self, offset: usize) -> *const c_char {
        self.start.wrapping_add(offset)
    }

    /// How far behind the start a part of the input lies.
    #[must_use]
    pub fn offset_of(&self, part: &[u8]) -> usize {
        let offset = part.as_ptr().addr().wrapping_sub(self.octets.as_ptr().addr());
        if offset <= self.octets.len() { offset } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use core::ptr::{null, null_mut};

    use super::*;

    /// The calls here are safe: NULL is looked for, and nothing is looked at where the length is refused.
    macro_rules! safe {
        ($call:expr) => {
            // SAFETY: as said above.
            unsafe { $call }
        };
    }

    #[test]
    fn null_is_no_memory_unless_there_is_none() {
        assert_eq!(safe!(octets(null(), 0)), Some(&[][..]));
        assert_eq!(safe!(octets(null(), 1)), None);
        assert_eq!(safe!(octets_mut(null_mut(), 1)), None);
        assert_eq!(safe!(room(null_mut(), 1)), None);
        assert_eq!(safe!(values::<u64>(null(), 1)), None);
        assert_eq!(safe!(take::<u64>(null())), None);
        safe!(put(null_mut::<u64>(), 1));
        safe!(put_at(null_mut::<u64>(), 1, 1));
    }

    #[test]
    fn lengths_that_no_memory_has_are_refused() {
        let octet = 0;
        assert_eq!(safe!(octets(&raw const octet, usize::MAX)), None);
        assert_eq!(safe!(values((&raw const octet).cast::<u64>(), isize::MAX as usize / 4)), None);
    }

    #[test]
    fn a_part_of_the_input_is_found_in_it() {
        let octets = *b"abc";
        // SAFETY: it is a whole array.
        let input = unsafe { Input::new(octets.as_ptr().cast(), 3) }.unwrap();
        assert_eq!(input.pointer_to(&input.octets[1..2]), octets.as_ptr().wrapping_add(1).cast());
        assert_eq!(input.pointer_to(&input.octets[3..]), octets.as_ptr().wrapping_add(3).cast());
        assert_eq!(input.pointer_to(b"elsewhere"), octets.as_ptr().cast());
    }
}
