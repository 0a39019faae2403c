//! Finds octets of a class in a block of input, with the widest vectors the processor has.
//!
//! Three tiers do the same job: [`Tier::Scalar`] everywhere, 8 octets at a time, in safe code; [`Tier::Sse42`] and
//! [`Tier::Avx2`] on x86, where `cpuid` says so. The choice is made once, also without std. A scan is written once,
//! generic over an instruction set, and compiled for each tier; the tier is looked up once for a scan and not for each
//! token in it.
//!
//! This is the only module of the crate with `unsafe` code. Each block of it is one intrinsic or one call into code
//! compiled for a tier, and rests on one fact: a value of a tier's type exists only where its instructions do.

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod avx2;
mod octet;
mod scalar;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod sse42;
#[cfg(test)]
mod tests;
mod tier;

pub(crate) use octet::{is_field_octet, is_target_octet, is_token_octet};
pub(crate) use tier::{Scan, dispatch};
pub use tier::{Tier, Unavailable, pin, unpin};

/// Octets in a block: one bit of a `u64` each.
pub(crate) const BLOCK: usize = 64;

/// Octets in a window: one bit of a `u32` each.
pub(crate) const WINDOW: usize = 32;

/// What a tier can do: classify octets, the octet at offset `i` in bit `i` of the result.
pub(crate) trait InstructionSet: Copy {
    /// The controls other than tab: 0x00 to 0x08, 0x0a to 0x1f, and 0x7f. None of them may stand inside a line of a
    /// head (RFC 9110 5.5, RFC 9112 2.2).
    fn controls(self, block: &[u8; BLOCK]) -> u64;

    /// What may not stand in a request target: all but visible ASCII, and `#` (RFC 9112 3.2).
    fn target_stops(self, block: &[u8; BLOCK]) -> u64;

    /// What may not stand in a token: all but `tchar` (RFC 9110 5.6.2).
    fn token_stops(self, window: &[u8; WINDOW]) -> u32;
}

/// The octets of `input` from `at` on, filled up with `fill` where the input ends before the block does.
#[inline(always)]
pub(crate) fn padded<const N: usize>(input: &[u8], at: usize, fill: u8) -> [u8; N] {
    let rest = input.get(at..).unwrap_or_default();
    match rest.first_chunk::<N>() {
        Some(block) => *block,
        None => {
            let mut block = [fill; N];
            block[..rest.len()].copy_from_slice(rest);
            block
        }
    }
}
