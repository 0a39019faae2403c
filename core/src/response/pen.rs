//! Octets on their way into room that a sink handed out.

use crate::head::Status;

/// Writes into room from its start. Each `put` says `None` where there is no room for all of it.
///
/// Callers measure before they ask for room, so that happens only where a sink hands out less than it was asked for.
#[derive(Debug)]
pub(crate) struct Pen<'a> {
    rest: &'a mut [u8],
}

impl<'a> Pen<'a> {
    #[inline(always)]
    pub(crate) const fn new(room: &'a mut [u8]) -> Self {
        Self { rest: room }
    }

    /// How much room is left.
    #[inline(always)]
    pub(crate) const fn left(&self) -> usize {
        self.rest.len()
    }

    #[inline(always)]
    #[must_use]
    pub(crate) const fn put(&mut self, octets: &[u8]) -> Option<()> {
        let Some(room) = self.take(octets.len()) else {
            return None;
        };
        room.copy_from_slice(octets);
        Some(())
    }

    /// Puts octets of which there are usually few: up to 32 take two copies of fixed size that overlap, which is quicker
    /// than a call.
    #[inline(always)]
    #[must_use]
    pub(crate) fn put_short(&mut self, octets: &[u8]) -> Option<()> {
        let room = self.take(octets.len())?;
        if !(put_ends::<8>(room, octets) || put_ends::<16>(room, octets) || put_ends::<4>(room, octets)) {
            room.copy_from_slice(octets);
        }
        Some(())
    }

    /// Puts the first `length` octets of a block. Where there is room for it the whole block is copied, because a copy of
    /// fixed size is a handful of instructions; what stands behind `length` is written over by what comes next.
    #[inline(always)]
    #[must_use]
    pub(crate) fn put_start_of<const N: usize>(&mut self, block: &[u8; N], length: usize) -> Option<()> {
        match self.rest.first_chunk_mut::<N>() {
            Some(room) => {
                *room = *block;
                self.take(length).map(|_| ())
            }
            None => self.put_apart(block.get(..length)?),
        }
    }

    /// Puts a status line. A code without a registered phrase gets an empty one (RFC 9112 4).
    #[inline(always)]
    #[must_use]
    pub(crate) fn put_status_line(&mut self, status: Status) -> Option<()> {
        if status == Status::OK {
            return self.put(b"HTTP/1.1 200 OK\r\n");
        }
        match status.status_line() {
            Some(line) => self.put(line.as_bytes()),
            None => {
                self.put(b"HTTP/1.1 ")?;
                self.put_decimal(u64::from(status.code()))?;
                self.put(b" \r\n")
            }
        }
    }

    /// Puts a number in decimal digits where they are to stand, from the last to the first, two at a time.
    #[inline(always)]
    #[must_use]
    pub(crate) const fn put_decimal(&mut self, number: u64) -> Option<()> {
        match self.take(decimal_length(number)) {
            Some([tens, ones]) => [*tens, *ones] = DIGIT_PAIRS[(number % 100) as usize],
            Some(room) => put_digits(room, number),
            None => return None,
        }
        Some(())
    }

    // Kept out of the way, lest the compiler join it with the copy of fixed size it stands in for.
    #[cold]
    #[inline(never)]
    fn put_apart(&mut self, octets: &[u8]) -> Option<()> {
        self.put(octets)
    }

    #[inline(always)]
    const fn take(&mut self, length: usize) -> Option<&'a mut [u8]> {
        if length > self.rest.len() {
            return None;
        }
        // `mem::take` isn't const.
        #[allow(clippy::mem_replace_with_default)]
        let (front, rest) = core::mem::replace(&mut self.rest, &mut []).split_at_mut(length);
        self.rest = rest;
        Some(front)
    }
}

/// Fills room with the last digits of a number.
#[inline(never)]
const fn put_digits(room: &mut [u8], number: u64) {
    let (mut room, mut left) = (room, number);
    while let [front @ .., tens, ones] = room {
        [*tens, *ones] = DIGIT_PAIRS[(left % 100) as usize];
        left /= 100;
        room = front;
    }
    if let [first] = room {
        *first = b'0' + (left % 10) as u8;
    }
}

/// Copies `N` to `2 * N` octets into room of their length, as their first and their last `N`.
#[inline(always)]
fn put_ends<const N: usize>(room: &mut [u8], octets: &[u8]) -> bool {
    if octets.len() > 2 * N {
        return false;
    }
    let (Some(first), Some(last)) = (octets.first_chunk::<N>(), octets.last_chunk::<N>()) else {
        return false;
    };
    if let Some(place) = room.first_chunk_mut::<N>() {
        *place = *first;
    }
    if let Some(place) = room.last_chunk_mut::<N>() {
        *place = *last;
    }
    true
}

/// How many octets [`Pen::put_status_line`] puts.
#[inline(always)]
pub(crate) const fn status_line_length(status: Status) -> usize {
    if status.code() == 200 {
        return "HTTP/1.1 200 OK\r\n".len();
    }
    match status.status_line() {
        Some(line) => line.len(),
        None => "HTTP/1.1 299 \r\n".len(),
    }
}

/// How many octets [`Pen::put_decimal`] puts.
#[inline(always)]
pub(crate) const fn decimal_length(number: u64) -> usize {
    if number < 10 {
        1
    } else if number < 100 {
        2
    } else {
        long_decimal_length(number)
    }
}

#[inline(never)]
const fn long_decimal_length(number: u64) -> usize {
    // Not 0, or it would be short.
    match number.checked_ilog10() {
        Some(power) => power as usize + 1,
        None => 1,
    }
}

static DIGIT_PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;

    fn decimal(number: u64) -> String {
        let mut room = [0; 20];
        let length = decimal_length(number);
        let mut pen = Pen::new(&mut room[..length]);
        assert!(pen.put_decimal(number).is_some());
        assert_eq!(pen.left(), 0);
        String::from_utf8(room[..length].to_vec()).unwrap()
    }

    #[test]
    fn numbers_at_every_change_of_length() {
        let mut power = 1_u64;
        loop {
            for number in [power - 1, power, power + 1] {
                assert_eq!(decimal(number), number.to_string());
            }
            match power.checked_mul(10) {
                Some(next) => power = next,
                None => break,
            }
        }
        assert_eq!(decimal(u64::MAX), u64::MAX.to_string());
    }

    #[test]
    fn what_does_not_fit_is_not_begun() {
        let mut room = *b"----";
        let mut pen = Pen::new(&mut room);
        assert_eq!(pen.put(b"ab"), Some(()));
        assert_eq!(pen.put(b"cde"), None);
        assert_eq!(pen.put_short(b"cde"), None);
        assert_eq!(pen.put_decimal(100), None);
        assert_eq!(pen.left(), 2);
        assert_eq!(&room, b"ab--");
    }

    #[test]
    fn a_block_is_put_in_any_room() {
        for length in 0..=8 {
            for size in 0..16 {
                let mut room = [b'-'; 16];
                let mut pen = Pen::new(&mut room[..size]);
                let put = pen.put_start_of(b"abcdefgh", length);
                assert_eq!(put.is_some(), length <= size);
                if length <= size {
                    assert_eq!(pen.left(), size - length);
                    assert_eq!(room[..length], b"abcdefgh"[..length]);
                }
            }
        }
    }

    #[test]
    fn short_octets_of_every_length() {
        let octets: [u8; 70] = core::array::from_fn(|index| index as u8 + 1);
        for length in 0..octets.len() {
            let mut room = [0; 70];
            let mut pen = Pen::new(&mut room);
            assert!(pen.put_short(&octets[..length]).is_some());
            assert_eq!(pen.left(), 70 - length);
            assert_eq!(room[..length], octets[..length]);
            assert_eq!(room[length..], [0; 70][length..]);
        }
    }

    proptest! {
        #[test]
        fn any_number(number: u64, shift in 0..64_u32) {
            prop_assert_eq!(decimal(number >> shift), (number >> shift).to_string());
        }
    }
}
