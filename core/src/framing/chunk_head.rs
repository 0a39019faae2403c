//! The first line of a chunk, where it is whole and has no extensions, which is nearly always.

/// The first line of the last chunk that was taken at once.
///
/// Whoever sends content out of a buffer makes chunks of one size. Then comparing eight octets is all there is to do, and what
/// is won is more than the parsing: the processor guesses that they are equal, and looks for the next chunk without
/// waiting for the octets of this one.
#[derive(Clone, Copy, Debug)]
pub(super) struct UsualHead {
    /// The octets of the line, the last of them highest.
    head: u64,
    /// The size they say.
    size: u32,
    /// How far eight octets are shifted for those of the line to become the highest.
    shift: u8,
}

impl UsualHead {
    /// Like no line: octets that were shifted leave no lowest bit.
    pub(super) const NONE: Self = Self { head: 1, size: 0, shift: 8 };

    /// The length of the line that `input` begins with, and the size it says. The size is 0 where there is no such line, and
    /// for the last chunk.
    #[inline(always)]
    pub(super) fn parse(&mut self, input: &[u8]) -> (usize, u64) {
        // 0 is the beginning of no line.
        let word = input.first_chunk().map_or(0, |octets| u64::from_le_bytes(*octets));
        if word << self.shift == self.head {
            return (8 - usize::from(self.shift / 8), u64::from(self.size));
        }
        let (length, size) = parse(input);
        if word != 0 && size != 0 && length <= 8 {
            let shift = 64 - 8 * length as u8;
            // Six digits at most.
            *self = Self { head: word << shift, size: size as u32, shift };
        }
        (length, size)
    }
}

#[inline]
fn parse(input: &[u8]) -> (usize, u64) {
    let mut size = 0_u64;
    let mut digits = 0;
    for &octet in input.iter().take(MOST_DIGITS) {
        if value_of(octet).is_none() {
            break;
        }
        // Computing this is quicker than waiting for a table, and the place of the next chunk waits for it.
        size = size << 4 | u64::from((octet & 0xf) + 9 * (octet >> 6));
        digits += 1;
    }
    match input.get(digits..) {
        Some([b'\r', b'\n', ..]) => (digits + 2, size),
        _ => (0, 0),
    }
}

/// The value of an octet as a hexadecimal digit.
#[inline]
pub(super) fn value_of(octet: u8) -> Option<u8> {
    let value = HEXADECIMAL[usize::from(octet)];
    if value == NO_DIGIT { None } else { Some(value) }
}

/// As many hexadecimal digits as 64 bits have.
pub(super) const MOST_DIGITS: usize = 16;

const NO_DIGIT: u8 = 0xff;

/// The value of each octet as a hexadecimal digit.
static HEXADECIMAL: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value] as usize] = value as u8;
        values[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    values
};
