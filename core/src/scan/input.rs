//! Octets to scan, read by whole blocks that never reach beyond them.

use super::{BLOCK, WINDOW};

/// At least a block of octets.
///
/// What is read near the end is read so that it ends with the octets: the block or window then begins before the place
/// that was asked for, by as many octets as [`Part::skip`] says. So there is no last block that would be a case of its
/// own, and no branch that could not be predicted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'i>(&'i [u8]);

/// Octets around a place in the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'i, const N: usize> {
    pub(crate) octets: &'i [u8; N],
    /// How many octets come before the place that was asked for; below `N`, where that lies in the input.
    pub(crate) skip: usize,
}

impl<'i> Input<'i> {
    /// `None` where there is less than a block.
    #[inline(always)]
    pub(crate) const fn new(octets: &'i [u8]) -> Option<Self> {
        if octets.len() >= BLOCK { Some(Self(octets)) } else { None }
    }

    #[inline(always)]
    pub(crate) const fn of_block(block: &'i [u8; BLOCK]) -> Self {
        Self(block)
    }

    #[inline(always)]
    pub(crate) const fn octets(self) -> &'i [u8] {
        self.0
    }

    #[inline(always)]
    pub(crate) fn block(self, at: usize) -> Part<'i, BLOCK> {
        self.part(at)
    }

    #[inline(always)]
    pub(crate) fn window(self, at: usize) -> Part<'i, WINDOW> {
        self.part(at)
    }

    #[inline(always)]
    #[allow(unsafe_code, reason = "reads where the bounds are known")]
    pub(crate) fn part<const N: usize>(self, at: usize) -> Part<'i, N> {
        const { assert!(N <= BLOCK) };
        let start = at.min(self.0.len() - N);
        let first = self.0.as_ptr().wrapping_add(start).cast::<[u8; N]>();
        // SAFETY: `new` has seen that there are at least `BLOCK` octets, which is `N` or more, so that `start + N` is not beyond
        // them. An array of octets needs no alignment, and has the lifetime of the slice it is part of.
        let octets = unsafe { &*first };
        Part { octets, skip: at - start }
    }
}

/// Fewer octets than a block, made one with spaces behind them.
///
/// Copies of a known length, which may overlap, take a fraction of the time of one of any length.
#[inline(always)]
pub(crate) fn widened(short: &[u8]) -> [u8; BLOCK] {
    let mut block = [b' '; BLOCK];
    if !copy_ends::<32>(short, &mut block) && !copy_ends::<16>(short, &mut block) {
        for (place, octet) in block.iter_mut().zip(short.iter().take(16)) {
            *place = *octet;
        }
    }
    block
}

/// Copies the first and the last `N` octets, if there are as many.
#[inline(always)]
fn copy_ends<const N: usize>(short: &[u8], block: &mut [u8; BLOCK]) -> bool {
    let (Some(first), Some(last)) = (short.first_chunk::<N>(), short.last_chunk::<N>()) else {
        return false;
    };
    let Some(place) = block.get_mut(short.len() - N..).and_then(|rest| rest.first_chunk_mut()) else {
        return false;
    };
    *place = *last;
    block[..N].copy_from_slice(first);
    true
}
