//! The scalar tier: 8 octets at a time in a general register. Safe code for every processor, and the oracle of the
//! vector tiers.

use super::{BLOCK, InstructionSet, WINDOW, is_token_octet};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalar;

impl InstructionSet for Scalar {
    #[inline(always)]
    fn controls(self, block: &[u8; BLOCK]) -> u64 {
        by_eights(block, |eight| {
            let controls = below(eight, 0x20) & !equal(eight, b'\t');
            controls | equal(eight, 0x7f)
        })
    }

    #[inline(always)]
    fn target_stops(self, block: &[u8; BLOCK]) -> u64 {
        by_eights(block, |eight| below(eight, 0x21) | equal(eight, b'#') | equal(eight, 0x7f) | eight & HIGH_BITS)
    }

    #[inline(always)]
    fn token_stops(self, window: &[u8; WINDOW]) -> u32 {
        // The class has no arithmetic that would beat the table. Names are short: stop at the first that is none.
        for (offset, &octet) in window.iter().enumerate() {
            if !is_token_octet(octet) {
                return token_stops_from(window, offset);
            }
        }
        0
    }
}

/// All stops, once the first is known: callers look at it alone, but the contract is the whole mask.
#[inline(always)]
fn token_stops_from(window: &[u8; WINDOW], first: usize) -> u32 {
    let mut stops = 0;
    for (offset, &octet) in window.iter().enumerate().skip(first) {
        stops |= u32::from(!is_token_octet(octet)) << offset;
    }
    stops
}

const LOW_BITS: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);

/// Classifies a block by words: `classify` sets the high bit of each octet that is in the class.
#[inline(always)]
fn by_eights(block: &[u8; BLOCK], classify: impl Fn(u64) -> u64) -> u64 {
    let (words, _) = block.as_chunks::<8>();
    let mut mask = 0;
    for (index, word) in words.iter().enumerate() {
        mask |= gather(classify(u64::from_le_bytes(*word))) << (8 * index);
    }
    mask
}

/// The high bits of the eight octets, as the eight low bits, the first octet lowest.
#[inline(always)]
const fn gather(high_bits: u64) -> u64 {
    // Each product term lands in the top octet at the place of its octet, and no two terms meet.
    (high_bits >> 7 & LOW_BITS).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// The high bit of each octet that is below `bound`, for bounds up to 0x80. Exact: no borrow crosses an octet.
#[inline(always)]
const fn below(eight: u64, bound: u8) -> u64 {
    let bound = bound as u64 * LOW_BITS;
    // With its high bit set an octet is at least 0x80, so taking less than that away never borrows.
    !((eight | HIGH_BITS).wrapping_sub(bound)) & !eight & HIGH_BITS
}

/// The high bit of each octet that equals `octet`.
#[inline(always)]
const fn equal(eight: u64, octet: u8) -> u64 {
    let difference = eight ^ (octet as u64 * LOW_BITS);
    below(difference, 1)
}
