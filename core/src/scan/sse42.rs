//! The SSE4.2 tier: 16 octets at a time.
//!
//! The string instructions that gave it its name are not used: compare and mask is faster. What counts is the shuffle
//! of SSSE3, and `popcnt`.

#[cfg(target_arch = "x86")]
use core::arch::x86 as arch;
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64 as arch;

use arch::__m128i;

use super::{
    Class, InstructionSet, Scan, WINDOW,
    octet::{BIT_BY_HIGH_NIBBLE, HOST_BY_LOW_NIBBLE, TOKEN_BY_LOW_NIBBLE},
};

cpufeatures::new!(detected, "sse4.2", "popcnt");

/// Exists only where the processor has what the tier is compiled for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sse42(());

impl Sse42 {
    /// The tier, if the processor has it and the build does not forbid it.
    #[inline]
    pub(crate) fn new() -> Option<Self> {
        let forbidden = cfg!(feature = "max-tier-scalar");
        (!forbidden && detected::get()).then_some(Self(()))
    }

    /// Runs a scan that is compiled for this tier.
    #[inline]
    #[allow(unsafe_code, reason = "calls code that is compiled for the tier")]
    pub(crate) fn run<S: Scan>(self, scan: S) -> S::Output {
        #[target_feature(enable = "sse4.2,popcnt")]
        fn compiled<S: Scan>(tier: Sse42, scan: S) -> S::Output {
            scan.run(tier)
        }
        // SAFETY: `self` exists, so `new` has detected every feature that is enabled.
        unsafe { compiled(self, scan) }
    }
}

#[allow(unsafe_code, reason = "calls code that is compiled for the tier")]
impl InstructionSet for Sse42 {
    #[inline(always)]
    fn window(self, class: Class, window: &[u8; WINDOW]) -> u32 {
        match class {
            // SAFETY: `self` exists, so `new` has detected the features. This holds for all of them.
            Class::NoText => unsafe { no_text(window) },
            // SAFETY: as above.
            Class::Controls => unsafe { controls(window) },
            // SAFETY: as above.
            Class::TargetStops => unsafe { target_stops(window) },
            // SAFETY: as above.
            Class::TokenStops => unsafe { stops(window, &TOKEN_BY_LOW_NIBBLE) },
            // SAFETY: as above.
            Class::HostStops => unsafe { stops(window, &HOST_BY_LOW_NIBBLE) },
            // SAFETY: as above.
            Class::Equal(octet) => unsafe { equal(window, octet) },
        }
    }

    #[inline(always)]
    fn apart<S: Scan>(self, scan: S) -> S::Output {
        #[cold]
        #[inline(never)]
        #[target_feature(enable = "sse4.2,popcnt")]
        fn compiled<S: Scan>(tier: Sse42, scan: S) -> S::Output {
            scan.run(tier)
        }
        // SAFETY: `self` exists, so `new` has detected every feature that is enabled.
        unsafe { compiled(self, scan) }
    }
}

#[inline]
#[target_feature(enable = "sse4.2,popcnt")]
fn no_text(window: &[u8; WINDOW]) -> u32 {
    let one = arch::_mm_set1_epi8(1);
    let bound = arch::_mm_set1_epi8(0x21);
    let parts = window.as_chunks().0.iter().enumerate();
    // One more than the octet, as a signed number: text is above the bound. 0x7f has become the least of all, 0xff zero.
    parts.fold(0, |mask, (index, part)| {
        mask | bits(arch::_mm_cmpgt_epi8(bound, arch::_mm_add_epi8(load(part), one))) << (16 * index)
    })
}

#[inline]
#[target_feature(enable = "sse4.2,popcnt")]
fn controls(window: &[u8; WINDOW]) -> u32 {
    let tab = arch::_mm_set1_epi8(0x09);
    let last_control = arch::_mm_set1_epi8(0x1f);
    let delete = arch::_mm_set1_epi8(0x7f);
    let mut mask = 0;
    for (index, part) in window.as_chunks().0.iter().enumerate() {
        let octets = load(part);
        let low = arch::_mm_cmpeq_epi8(arch::_mm_min_epu8(octets, last_control), octets);
        let low = arch::_mm_andnot_si128(arch::_mm_cmpeq_epi8(octets, tab), low);
        mask |= bits(arch::_mm_or_si128(low, arch::_mm_cmpeq_epi8(octets, delete))) << (16 * index);
    }
    mask
}

#[inline]
#[target_feature(enable = "sse4.2,popcnt")]
fn target_stops(window: &[u8; WINDOW]) -> u32 {
    let space = arch::_mm_set1_epi8(0x20);
    let number_sign = arch::_mm_set1_epi8(0x23);
    let delete = arch::_mm_set1_epi8(0x7f);
    let mut mask = 0;
    for (index, part) in window.as_chunks().0.iter().enumerate() {
        let octets = load(part);
        // Compared as signed numbers, octets from 0x80 are below the space, too.
        let visible = arch::_mm_cmpgt_epi8(octets, space);
        let other = arch::_mm_or_si128(arch::_mm_cmpeq_epi8(octets, number_sign), arch::_mm_cmpeq_epi8(octets, delete));
        mask |= bits(arch::_mm_andnot_si128(other, visible)) << (16 * index);
    }
    !mask
}

#[inline]
#[target_feature(enable = "sse4.2,popcnt")]
fn equal(window: &[u8; WINDOW], octet: u8) -> u32 {
    let wanted = arch::_mm_set1_epi8(octet.cast_signed());
    let parts = window.as_chunks().0.iter().enumerate();
    parts.fold(0, |mask, (index, part)| mask | bits(arch::_mm_cmpeq_epi8(load(part), wanted)) << (16 * index))
}

/// What is not in a class of octets, which is given by the low halves of its octets.
#[inline]
#[target_feature(enable = "sse4.2,popcnt")]
fn stops(window: &[u8; WINDOW], class: &[u8; 16]) -> u32 {
    let by_low = load(class);
    let by_high = load(&BIT_BY_HIGH_NIBBLE);
    let nibble = arch::_mm_set1_epi8(0x0f);
    let mut mask = 0;
    for (index, part) in window.as_chunks().0.iter().enumerate() {
        let octets = load(part);
        // The shuffle looks at the low half of an index, and yields 0 from 0x80 on.
        let classes = arch::_mm_shuffle_epi8(by_low, octets);
        let high = arch::_mm_and_si128(arch::_mm_srli_epi16::<4>(octets), nibble);
        let class = arch::_mm_shuffle_epi8(by_high, high);
        let none = arch::_mm_cmpeq_epi8(arch::_mm_and_si128(classes, class), arch::_mm_setzero_si128());
        mask |= bits(none) << (16 * index);
    }
    mask
}

/// The top bit of each octet.
#[inline]
#[target_feature(enable = "sse4.2,popcnt")]
fn bits(octets: __m128i) -> u32 {
    arch::_mm_movemask_epi8(octets).cast_unsigned()
}

#[inline]
#[target_feature(enable = "sse4.2,popcnt")]
#[allow(unsafe_code, reason = "loads a vector")]
fn load(octets: &[u8; 16]) -> __m128i {
    // SAFETY: the array has the 16 octets that are read, and the load asks for no alignment.
    unsafe { arch::_mm_loadu_si128(octets.as_ptr().cast()) }
}
