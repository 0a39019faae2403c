//! The scalar tier: 8 octets at a time in a general register. Safe code for every processor, and the oracle of the
//! vector tiers.

use super::{Class, InstructionSet, Scan, WINDOW};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalar;

impl Scalar {
    /// Runs a scan, in a function of its own as the other tiers do, so that the choice between them stays small.
    #[inline(never)]
    pub(super) fn run<S: Scan>(self, scan: S) -> S::Output {
        scan.run(self)
    }
}

impl InstructionSet for Scalar {
    const HAS_VECTORS: bool = false;

    #[inline(always)]
    fn window(self, class: Class, window: &[u8; WINDOW]) -> u32 {
        match class {
            Class::NoText => by_eights(window, |eight| !from(eight, 0x20) | from(eight, 0x7f) | eight),
            Class::Controls => {
                by_eights(window, |eight| (!from(eight, 0x20) & differing(eight, b'\t') | from(eight, 0x7f)) & !eight)
            }
            Class::TargetStops => {
                by_eights(window, |eight| !(from(eight, 0x21) & differing(eight, b'#')) | from(eight, 0x7f) | eight)
            }
            Class::Equal(octet) => {
                by_eights(window, |eight| !(differing(eight, octet) | (eight ^ (u64::from(octet) * LOW_BITS))))
            }
            // There is no arithmetic for these that would beat a table.
            Class::TokenStops | Class::HostStops => one_by_one(window, |octet| class.has(octet)),
        }
    }

    /// One by one, since there are few: most tokens are short.
    #[inline(always)]
    fn length_before(self, class: Class, window: &[u8; WINDOW], from: usize) -> usize {
        for (length, &octet) in window.get(from..).unwrap_or_default().iter().enumerate() {
            if class.has(octet) {
                return length;
            }
        }
        WINDOW
    }

    #[cold]
    #[inline(never)]
    fn apart<S: Scan>(self, scan: S) -> S::Output {
        scan.run(self)
    }
}

const LOW_BITS: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);

/// Classifies a window octet by octet.
#[inline(always)]
fn one_by_one(window: &[u8; WINDOW], is_in_class: impl Fn(u8) -> bool) -> u32 {
    let mut mask = 0;
    for (index, &octet) in window.iter().enumerate() {
        mask |= u32::from(is_in_class(octet)) << index;
    }
    mask
}

/// Classifies a window by words: `classify` sets the high bit of each octet that is in the class. Other bits do not matter.
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
const fn gather(octets: u64) -> u64 {
    // Each product term lands in the top octet at the place of its octet, and no two terms meet.
    (octets >> 7 & LOW_BITS).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// In its high bit tells of each octet whether its other seven are `bound` or more, for bounds from 1 on. No sum of seven bits
/// and less than 0x80 is carried to the next octet.
#[inline(always)]
const fn from(eight: u64, bound: u8) -> u64 {
    (eight & !HIGH_BITS) + (0x80 - bound as u64) * LOW_BITS
}

/// In its high bit tells of each octet whether its other seven differ from those of `octet`.
#[inline(always)]
const fn differing(eight: u64, octet: u8) -> u64 {
    from(eight ^ (octet as u64 * LOW_BITS), 1)
}
