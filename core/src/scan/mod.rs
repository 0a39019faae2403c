//! Finds octets of a class in a window of input, with the widest vectors the processor has.
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
mod input;
mod octet;
mod scalar;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod sse42;
#[cfg(test)]
pub(crate) mod tests;
mod tier;

pub(crate) use input::{Input, Widened, mask_of};
pub use octet::{is_field_octet, is_token_octet};
pub(crate) use octet::{is_host_octet, is_target_octet};
pub(crate) use tier::{Scan, dispatch};
pub use tier::{Tier, Unavailable, pin, unpin};

/// Octets in a block, which is two windows: one bit of a `u64` each.
pub(crate) const BLOCK: usize = 64;

/// Octets in a window: one bit of a `u32` each.
pub(crate) const WINDOW: usize = 32;

/// Octets that an [`Input`] has at least: a window, and a few around it.
pub(crate) const LEAST: usize = WINDOW + 6;

/// What a tier can do: classify octets, the octet in lane `i` in bit `i` of the result.
pub(crate) trait InstructionSet: Copy {
    /// What is no text: all but the space and visible ASCII. Cheaper than [`controls`](Self::controls).
    fn no_text(self, window: &[u8; WINDOW]) -> u32;

    /// The controls other than tab: 0x00 to 0x08, 0x0a to 0x1f, and 0x7f. None of them may stand inside a line of a
    /// head (RFC 9110 5.5, RFC 9112 2.2).
    fn controls(self, window: &[u8; WINDOW]) -> u32;

    /// What may not stand in a request target: all but visible ASCII, and `#` (RFC 9112 3.2).
    fn target_stops(self, window: &[u8; WINDOW]) -> u32;

    /// The octets that are this one.
    fn equal(self, window: &[u8; WINDOW], octet: u8) -> u32;

    /// How many octets from lane `from` on may stand in a token (`tchar`, RFC 9110 5.6.2). [`WINDOW`] where all do to the
    /// end of the window, whatever `from` is.
    fn token_length(self, window: &[u8; WINDOW], from: usize) -> usize;

    /// How many octets from lane `from` on are letters, digits, `-` or `.`. [`WINDOW`] where all are to the end of the window,
    /// whatever `from` is.
    fn host_length(self, window: &[u8; WINDOW], from: usize) -> usize;

    /// The lanes that are equal to those of `lower` once their bit 0x20 is set, which makes letters lower-case.
    fn equal_as_lower(self, window: &[u8; WINDOW], lower: &[u8; WINDOW]) -> u32;

    /// Does something rare in a function of its own, so that what is frequent stays compact.
    fn apart<S: Scan>(self, scan: S) -> S::Output;
}
