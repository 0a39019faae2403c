//! Finds octets of a class in a window of input, with the widest vectors the processor has.
//!
//! Four tiers do the same job: [`Tier::Scalar`] everywhere, 8 octets at a time, in safe code; [`Tier::Sse42`],
//! [`Tier::Avx2`] and [`Tier::Avx512`] on x86, where `cpuid` says so. The choice is made once, also without std. A scan is written once,
//! generic over an instruction set, and compiled for each tier; the tier is looked up once for a scan and not for each
//! token in it.
//!
//! This is the only module of the crate with `unsafe` code. Each block of it is one intrinsic or one call into code compiled for a
//! tier, and rests on one fact: a value of a tier's type exists only where its instructions do. The two that look at octets
//! of an input without asking for its bounds rest on a comparison beside them.

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod avx2;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod avx512;
mod input;
mod octet;
mod scalar;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod sse42;
#[cfg(test)]
pub(crate) mod tests;
mod tier;

pub(crate) use input::{Input, Widened};
pub(crate) use octet::is_target_octet;
pub use octet::{is_field_octet, is_token_octet};
pub(crate) use tier::{Scan, dispatch};
pub use tier::{Tier, Unavailable, pin, unpin};

/// Octets in a block, which is two windows: one bit of a `u64` each.
pub(crate) const BLOCK: usize = 64;

/// Octets in a window: one bit of a `u32` each.
pub(crate) const WINDOW: usize = 32;

/// Places that are written down at once: more than runs of bits begin in a block.
pub(crate) const ROOM: usize = BLOCK / 2;

/// Octets that an [`Input`] has at least: a window, and a few around it.
pub(crate) const LEAST: usize = WINDOW + 6;

/// A class of octets. Which one is meant is known when a scan is compiled, so that nothing is left of the choice.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Class {
    /// What is no text: all but the space and visible ASCII. Cheaper than [`Controls`](Self::Controls).
    NoText,
    /// The controls other than tab: 0x00 to 0x08, 0x0a to 0x1f, and 0x7f. None of them may stand inside a line of a head
    /// (RFC 9110 5.5, RFC 9112 2.2).
    Controls,
    /// What may not stand in a request target: all but visible ASCII, and `#` (RFC 9112 3.2).
    TargetStops,
    /// What may not stand in a token (`tchar`, RFC 9110 5.6.2).
    TokenStops,
    /// All but letters, digits, `-` and `.`: what hardly any host has.
    HostStops,
    /// The octets that are this one.
    Equal(u8),
}

/// What a tier can do: classify octets, the octet in lane `i` in bit `i` of the result.
pub(crate) trait InstructionSet: Copy {
    /// Whether it classifies many octets at once, so that those cost little that nobody asks for.
    const HAS_VECTORS: bool = true;

    /// Which octets of a window are in a class.
    fn window(self, class: Class, window: &[u8; WINDOW]) -> u32;

    /// Which octets of a block are in a class.
    #[inline(always)]
    fn block(self, class: Class, block: &[u8; BLOCK]) -> u64 {
        by_windows(self, class, block)
    }

    /// How many octets from lane `from` on, which is one of the window, come before the first that is in a class. [`WINDOW`] where
    /// none is to the end of the window, whichever lane it is.
    #[inline(always)]
    fn length_before(self, class: Class, window: &[u8; WINDOW], from: usize) -> usize {
        // Where no bit is set there are as many zeros as lanes.
        (self.window(class, window) >> (from % WINDOW)).trailing_zeros() as usize
    }

    /// Does what [`places`] does, where many follow one another: what is written is read later.
    #[inline(always)]
    fn places(self, mask: u64, from: usize, room: &mut [u16; ROOM]) {
        places(mask, from, room);
    }

    /// Does something rare in a function of its own, so that what is frequent stays compact.
    fn apart<S: Scan>(self, scan: S) -> S::Output;
}

/// Classifies a block by its two windows.
#[inline(always)]
fn by_windows<I: InstructionSet>(instructions: I, class: Class, block: &[u8; BLOCK]) -> u64 {
    let mut mask = 0;
    // A loop is inlined where a fold might not be.
    for (index, window) in block.as_chunks::<WINDOW>().0.iter().enumerate() {
        mask |= u64::from(instructions.window(class, window)) << (WINDOW * index);
    }
    mask
}

/// Writes down where the bits of a mask are, the lowest first, as offsets from a place: as many as there is room for. What is
/// behind them then means nothing.
///
/// Three are written whether or not there are so many, which spares a branch that could not be foreseen: a block of a head
/// rarely has more line ends.
#[inline(always)]
pub(crate) fn places(mask: u64, from: usize, room: &mut [u16; ROOM]) {
    let mut left = mask;
    let (few, more) = room.split_at_mut(3);
    for place in few {
        *place = (from + left.trailing_zeros() as usize) as u16;
        left &= left.wrapping_sub(1);
    }
    for place in more {
        if left == 0 {
            return;
        }
        *place = (from + left.trailing_zeros() as usize) as u16;
        left &= left - 1;
    }
}
