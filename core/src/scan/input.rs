//! Octets to scan, read by whole windows that never reach beyond them.

use super::{BLOCK, Class, InstructionSet, LEAST, WINDOW};

/// At least [`LEAST`] octets.
///
/// What is read near the end is read so that it ends with the octets: it then begins before the place that was asked for,
/// by as many octets as [`Part::skip`] says. So there is no last part that would be a case of its own, and no branch that
/// could not be predicted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'i>(&'i [u8]);

/// Octets around a place in the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'i, const N: usize> {
    pub(crate) octets: &'i [u8; N],
    /// How many octets come before the place that was asked for; below `N`, where that lies in the input.
    pub(crate) skip: usize,
}

/// A block of the input, of which some may lie behind it: each class of it is found in the same two windows, whether they are
/// whole or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'i>([Part<'i, WINDOW>; 2]);

impl Block<'_> {
    /// Classifies it, as [`Input::mask`] does.
    #[inline(always)]
    pub(crate) fn mask<I: InstructionSet>(self, instructions: I, class: Class) -> u64 {
        let Self([first, second]) = self;
        // Fewer than a block are skipped, since the block begins in the input.
        let first_half = u64::from(instructions.window(class, first.octets)) >> (first.skip % BLOCK);
        let second_half = u64::from(instructions.window(class, second.octets)) >> (second.skip % BLOCK);
        first_half | second_half << WINDOW
    }
}

impl<'i> Input<'i> {
    /// `None` where there are fewer.
    #[inline(always)]
    pub(crate) const fn new(octets: &'i [u8]) -> Option<Self> {
        if octets.len() >= LEAST { Some(Self(octets)) } else { None }
    }

    #[inline(always)]
    pub(crate) const fn octets(self) -> &'i [u8] {
        self.0
    }

    /// Classifies a block at a place in the input: the octet there is the lowest bit. What lies behind the input is in no
    /// class.
    #[inline(always)]
    pub(crate) fn mask<I: InstructionSet>(self, instructions: I, at: usize, class: Class) -> u64 {
        match self.whole(at) {
            Some(block) => instructions.block(class, block),
            None => self.last_mask(instructions, at, class),
        }
    }

    /// The same for a block that reaches beyond the input.
    #[inline(always)]
    pub(crate) fn last_mask<I: InstructionSet>(self, instructions: I, at: usize, class: Class) -> u64 {
        let last = self.0.len().wrapping_sub(BLOCK);
        match self.whole(last) {
            // Fewer than a block are skipped, since `at` lies in the input, and not before the last block.
            Some(block) => instructions.block(class, block) >> (at.wrapping_sub(last) % BLOCK),
            None => self.block(at).mask(instructions, class),
        }
    }

    /// A block at a place in the input.
    #[inline(always)]
    pub(crate) fn block(self, at: usize) -> Block<'i> {
        Block([self.part(at), self.part(at + WINDOW)])
    }

    /// So many octets from a place on, where the input has them.
    #[inline(always)]
    #[allow(unsafe_code, reason = "reads where the bounds are known")]
    pub(crate) fn whole<const N: usize>(self, at: usize) -> Option<&'i [u8; N]> {
        let last = self.0.len().checked_sub(N)?;
        if at > last {
            return None;
        }
        let first = self.0.as_ptr().wrapping_add(at).cast::<[u8; N]>();
        // SAFETY: `at + N` is not beyond the input, by the line before. An array of octets needs no alignment, and has the
        // lifetime of the slice that it is part of.
        Some(unsafe { &*first })
    }

    #[inline(always)]
    pub(crate) fn window(self, at: usize) -> Part<'i, WINDOW> {
        self.part(at)
    }

    #[inline(always)]
    #[allow(unsafe_code, reason = "reads where the bounds are known")]
    pub(crate) fn part<const N: usize>(self, at: usize) -> Part<'i, N> {
        const { assert!(N <= LEAST) };
        let start = at.min(self.0.len() - N);
        let first = self.0.as_ptr().wrapping_add(start).cast::<[u8; N]>();
        // SAFETY: an `Input` has at least `LEAST` octets, which is `N` or more, so that `start + N` is not beyond them. An array
        // of octets needs no alignment, and has the lifetime of the slice it is part of.
        let octets = unsafe { &*first };
        Part { octets, skip: at - start }
    }
}

/// Room for fewer octets than an [`Input`] has, which are made one with spaces behind them.
pub(crate) struct Widened([u8; LEAST]);

impl Widened {
    #[inline(always)]
    pub(crate) const fn new() -> Self {
        Self([b' '; LEAST])
    }

    /// The octets, with as many spaces behind them as it takes; at most [`LEAST`] of them.
    #[inline(always)]
    pub(crate) fn of(&mut self, short: &[u8]) -> Input<'_> {
        let Self(octets) = self;
        if let Some(place) = octets.get_mut(..short.len()) {
            place.copy_from_slice(short);
        }
        Input(octets)
    }
}
