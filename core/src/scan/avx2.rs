//! The AVX2 tier: 32 octets at a time.
//!
//! `bmi1` counts trailing zeros without a special case for zero; `bmi2` shifts without flags.

#[cfg(target_arch = "x86")]
use core::arch::x86 as arch;
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64 as arch;

use arch::{__m128i, __m256i};

use super::{
    Class, InstructionSet, Scan, WINDOW,
    octet::{BIT_BY_HIGH_NIBBLE, HOST_BY_LOW_NIBBLE, TOKEN_BY_LOW_NIBBLE},
};

cpufeatures::new!(detected, "avx2", "bmi1", "bmi2", "popcnt");

/// Exists only where the processor has what the tier is compiled for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// The tier, if the processor has it and the build does not forbid it.
    #[inline]
    pub(crate) fn new() -> Option<Self> {
        let forbidden = cfg!(any(feature = "max-tier-scalar", feature = "max-tier-sse42"));
        (!forbidden && detected::get()).then_some(Self(()))
    }

    /// Runs a scan that is compiled for this tier.
    #[inline]
    #[allow(unsafe_code, reason = "calls code that is compiled for the tier")]
    pub(crate) fn run<S: Scan>(self, scan: S) -> S::Output {
        #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
        fn compiled<S: Scan>(tier: Avx2, scan: S) -> S::Output {
            scan.run(tier)
        }
        // SAFETY: `self` exists, so `new` has detected every feature that is enabled.
        unsafe { compiled(self, scan) }
    }
}

#[allow(unsafe_code, reason = "calls code that is compiled for the tier")]
impl InstructionSet for Avx2 {
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
        #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
        fn compiled<S: Scan>(tier: Avx2, scan: S) -> S::Output {
            scan.run(tier)
        }
        // SAFETY: `self` exists, so `new` has detected every feature that is enabled.
        unsafe { compiled(self, scan) }
    }
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn no_text(window: &[u8; WINDOW]) -> u32 {
    // One more than the octet, as a signed number: text is above the bound. 0x7f has become the least of all, 0xff zero.
    let one_more = arch::_mm256_add_epi8(load(window), arch::_mm256_set1_epi8(1));
    bits(arch::_mm256_cmpgt_epi8(arch::_mm256_set1_epi8(0x21), one_more))
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn controls(window: &[u8; WINDOW]) -> u32 {
    let octets = load(window);
    let low = arch::_mm256_cmpeq_epi8(arch::_mm256_min_epu8(octets, arch::_mm256_set1_epi8(0x1f)), octets);
    let low = arch::_mm256_andnot_si256(arch::_mm256_cmpeq_epi8(octets, arch::_mm256_set1_epi8(0x09)), low);
    bits(arch::_mm256_or_si256(low, arch::_mm256_cmpeq_epi8(octets, arch::_mm256_set1_epi8(0x7f))))
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn target_stops(window: &[u8; WINDOW]) -> u32 {
    let octets = load(window);
    // Compared as signed numbers, octets from 0x80 are below the space, too.
    let visible = arch::_mm256_cmpgt_epi8(octets, arch::_mm256_set1_epi8(0x20));
    let other = arch::_mm256_or_si256(
        arch::_mm256_cmpeq_epi8(octets, arch::_mm256_set1_epi8(0x23)),
        arch::_mm256_cmpeq_epi8(octets, arch::_mm256_set1_epi8(0x7f)),
    );
    !bits(arch::_mm256_andnot_si256(other, visible))
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn equal(window: &[u8; WINDOW], octet: u8) -> u32 {
    bits(arch::_mm256_cmpeq_epi8(load(window), arch::_mm256_set1_epi8(octet.cast_signed())))
}

/// What is not in a class of octets, which is given by the low halves of its octets.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn stops(window: &[u8; WINDOW], class: &[u8; 16]) -> u32 {
    let octets = load(window);
    // The shuffle looks at the low half of an index, and yields 0 from 0x80 on.
    let classes = arch::_mm256_shuffle_epi8(table(class), octets);
    let high = arch::_mm256_and_si256(arch::_mm256_srli_epi16::<4>(octets), arch::_mm256_set1_epi8(0x0f));
    let class = arch::_mm256_shuffle_epi8(table(&BIT_BY_HIGH_NIBBLE), high);
    bits(arch::_mm256_cmpeq_epi8(arch::_mm256_and_si256(classes, class), arch::_mm256_setzero_si256()))
}

/// The top bit of each octet.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn bits(octets: __m256i) -> u32 {
    arch::_mm256_movemask_epi8(octets).cast_unsigned()
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
#[allow(unsafe_code, reason = "loads a vector")]
fn load(octets: &[u8; WINDOW]) -> __m256i {
    // SAFETY: the array has the 32 octets that are read, and the load asks for no alignment.
    unsafe { arch::_mm256_loadu_si256(octets.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn table(half: &[u8; 16]) -> __m256i {
    arch::_mm256_broadcastsi128_si256(load_half(half))
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
#[allow(unsafe_code, reason = "loads a vector")]
fn load_half(octets: &[u8; 16]) -> __m128i {
    // SAFETY: the array has the 16 octets that are read, and the load asks for no alignment.
    unsafe { arch::_mm_loadu_si128(octets.as_ptr().cast()) }
}
