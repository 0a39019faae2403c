//! The AVX-512 tier: 64 octets at a time, and masks that need not be moved out of vectors.
//!
//! `vbmi2` writes down the places of bits at once; processors that have it do not slow down for wide vectors.

#[cfg(target_arch = "x86")]
use core::arch::x86 as arch;
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64 as arch;

use arch::__m512i;

use super::{BLOCK, Class, InstructionSet, ROOM, Scan, WINDOW, avx2::Avx2, by_windows};

// `avx512f` brings `fma` and `f16c` with it. No processor has it without them, and nothing here computes with fractions; the
// second can't be asked for.
cpufeatures::new!(detected, "avx512f", "avx512bw", "avx512vl", "avx512vbmi2", "avx2", "fma", "bmi1", "bmi2", "popcnt");

/// Exists only where the processor has what the tier is compiled for. Windows are left to the tier below.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(Avx2);

impl Avx512 {
    /// The tier, if the processor has it and the build does not forbid it.
    #[inline]
    pub(crate) fn new() -> Option<Self> {
        let forbidden = cfg!(feature = "max-tier-avx2");
        Avx2::new().filter(|_| !forbidden && detected::get()).map(Self)
    }

    /// Runs a scan that is compiled for this tier.
    #[inline]
    #[allow(unsafe_code, reason = "calls code that is compiled for the tier")]
    pub(crate) fn run<S: Scan>(self, scan: S) -> S::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,popcnt")]
        fn compiled<S: Scan>(tier: Avx512, scan: S) -> S::Output {
            scan.run(tier)
        }
        // SAFETY: `self` exists, so `new` has detected every feature that is enabled; for `f16c`, which comes with `avx512f`,
        // see there.
        unsafe { compiled(self, scan) }
    }
}

#[allow(unsafe_code, reason = "calls code that is compiled for the tier")]
impl InstructionSet for Avx512 {
    #[inline(always)]
    fn window(self, class: Class, window: &[u8; WINDOW]) -> u32 {
        let Self(narrower) = self;
        narrower.window(class, window)
    }

    #[inline(always)]
    fn block(self, class: Class, block: &[u8; BLOCK]) -> u64 {
        match class {
            // SAFETY: `self` exists, so `new` has detected the features. This holds for all of them.
            Class::NoText => unsafe { no_text(block) },
            // SAFETY: as above.
            Class::Controls => unsafe { controls(block) },
            // SAFETY: as above.
            Class::TargetStops => unsafe { target_stops(block) },
            // Nobody asks for a block of these.
            Class::TokenStops | Class::HostStops => by_windows(self, class, block),
            // SAFETY: as above.
            Class::Equal(octet) => unsafe { equal(block, octet) },
        }
    }

    #[inline(always)]
    fn places(self, mask: u64, from: usize, room: &mut [u16; ROOM]) {
        // SAFETY: `self` exists, so `new` has detected the features.
        unsafe { places(mask, from as u16, room) }
    }

    #[inline(always)]
    fn apart<S: Scan>(self, scan: S) -> S::Output {
        #[cold]
        #[inline(never)]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,popcnt")]
        fn compiled<S: Scan>(tier: Avx512, scan: S) -> S::Output {
            scan.run(tier)
        }
        // SAFETY: `self` exists, so `new` has detected every feature that is enabled; for `f16c`, which comes with `avx512f`,
        // see there.
        unsafe { compiled(self, scan) }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,popcnt")]
fn no_text(block: &[u8; BLOCK]) -> u64 {
    // One more than the octet, as a signed number: text is above the bound. 0x7f has become the least of all, 0xff zero.
    arch::_mm512_cmplt_epi8_mask(arch::_mm512_add_epi8(load(block), all(1)), all(0x21))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,popcnt")]
fn controls(block: &[u8; BLOCK]) -> u64 {
    let octets = load(block);
    arch::_mm512_cmplt_epu8_mask(octets, all(0x20)) & arch::_mm512_cmpneq_epi8_mask(octets, all(0x09))
        | arch::_mm512_cmpeq_epi8_mask(octets, all(0x7f))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,popcnt")]
fn target_stops(block: &[u8; BLOCK]) -> u64 {
    let octets = load(block);
    arch::_mm512_cmplt_epi8_mask(arch::_mm512_add_epi8(octets, all(1)), all(0x22))
        | arch::_mm512_cmpeq_epi8_mask(octets, all(0x23))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,popcnt")]
fn equal(block: &[u8; BLOCK], octet: u8) -> u64 {
    arch::_mm512_cmpeq_epi8_mask(load(block), all(octet))
}

/// An octet in every lane.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,popcnt")]
fn all(octet: u8) -> __m512i {
    arch::_mm512_set1_epi8(octet.cast_signed())
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,popcnt")]
fn places(mask: u64, from: u16, room: &mut [u16; ROOM]) {
    let lanes = arch::_mm512_maskz_compress_epi8(mask, load(&LANES));
    let lanes = arch::_mm512_cvtepu8_epi16(arch::_mm512_castsi512_si256(lanes));
    store(room, arch::_mm512_add_epi16(lanes, arch::_mm512_set1_epi16(from.cast_signed())));
}

/// The number of each lane.
static LANES: [u8; BLOCK] = {
    let mut lanes = [0; BLOCK];
    let mut lane = 0;
    while lane < BLOCK {
        lanes[lane] = lane as u8;
        lane += 1;
    }
    lanes
};

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,popcnt")]
#[allow(unsafe_code, reason = "loads a vector")]
fn load(octets: &[u8; BLOCK]) -> __m512i {
    // SAFETY: the array has the 64 octets that are read, and the load asks for no alignment.
    unsafe { arch::_mm512_loadu_si512(octets.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,popcnt")]
#[allow(unsafe_code, reason = "stores a vector")]
fn store(room: &mut [u16; ROOM], places: __m512i) {
    // SAFETY: the array has room for the 32 numbers of two octets that are written, and the store asks for no alignment.
    unsafe { arch::_mm512_storeu_si512(room.as_mut_ptr().cast(), places) }
}
