//! The scalar tier: 8 octets at a time in a general register. Safe code for every processor, and the oracle of the
//! vector tiers.

use super::{InstructionSet, Scan, WINDOW, is_host_octet, is_token_octet};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalar;

impl InstructionSet for Scalar {
    #[inline(always)]
    fn no_text(self, window: &[u8; WINDOW]) -> u32 {
        by_eights(window, |eight| below(eight, 0x20) | equal(eight, 0x7f) | eight & HIGH_BITS)
    }

    #[inline(always)]
    fn controls(self, window: &[u8; WINDOW]) -> u32 {
        by_eights(window, |eight| {
            let controls = below(eight, 0x20) & !equal(eight, b'\t');
            controls | equal(eight, 0x7f)
        })
    }

    #[inline(always)]
    fn target_stops(self, window: &[u8; WINDOW]) -> u32 {
        by_eights(window, |eight| below(eight, 0x21) | equal(eight, b'#') | equal(eight, 0x7f) | eight & HIGH_BITS)
    }

    #[inline(always)]
    fn equal(self, window: &[u8; WINDOW], octet: u8) -> u32 {
        by_eights(window, |eight| equal(eight, octet))
    }

    #[inline(always)]
    fn token_length(self, window: &[u8; WINDOW], from: usize) -> usize {
        // The class has no arithmetic that would beat the table, and names are short.
        let stop = window.iter().skip(from).position(|&octet| !is_token_octet(octet));
        stop.unwrap_or(WINDOW)
    }

    #[inline(always)]
    fn host_length(self, window: &[u8; WINDOW], from: usize) -> usize {
        window.iter().skip(from).position(|&octet| !is_host_octet(octet)).unwrap_or(WINDOW)
    }

    #[inline(always)]
    fn equal_as_lower(self, window: &[u8; WINDOW], lower: &[u8; WINDOW]) -> u32 {
        let pairs = window.as_chunks::<8>().0.iter().zip(lower.as_chunks::<8>().0);
        pairs.enumerate().fold(0, |mask, (index, (octets, lower))| {
            let difference = (u64::from_le_bytes(*octets) | CASE_BITS) ^ u64::from_le_bytes(*lower);
            mask | (gather(equal(difference, 0)) as u32) << (8 * index)
        })
    }

    #[cold]
    #[inline(never)]
    fn apart<S: Scan>(self, scan: S) -> S::Output {
        scan.run(self)
    }
}

const CASE_BITS: u64 = u64::from_ne_bytes([0x20; 8]);
const LOW_BITS: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);

/// Classifies a window by words: `classify` sets the high bit of each octet that is in the class.
#[inline(always)]
fn by_eights(window: &[u8; WINDOW], classify: impl Fn(u64) -> u64) -> u32 {
    let (words, _) = window.as_chunks::<8>();
    let mut mask = 0;
    for (index, word) in words.iter().enumerate() {
        mask |= (gather(classify(u64::from_le_bytes(*word))) as u32) << (8 * index);
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
