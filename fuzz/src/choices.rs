//! What an input decides besides its octets.

/// Numbers out of an input, until it is used up; then zeros.
#[derive(Debug)]
pub(crate) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    /// The choices that these octets make.
    pub(crate) const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// The next octet.
    pub(crate) fn octet(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// Whether nothing is left.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// So many octets, or what is left.
    pub(crate) fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// What is left.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.0
    }
}

/// Ends of pieces that octets of this length are cut into: short ones and long ones, as the seed says.
pub(crate) fn cuts(seed: u8, length: usize) -> impl Iterator<Item = usize> + Clone {
    let mut state = u32::from(seed) << 8 | 0x9e;
    let mut end = 0;
    std::iter::from_fn(move || {
        if end == length {
            return None;
        }
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let piece = if state & 0x300 == 0 { state % 500 } else { state % 17 };
        end = length.min(end + 1 + piece as usize);
        Some(end)
    })
}

/// The end of each octet: pieces that are as small as can be.
pub(crate) fn each(length: usize) -> impl Iterator<Item = usize> + Clone {
    1..=length
}

/// All at once.
pub(crate) fn whole(length: usize) -> impl Iterator<Item = usize> + Clone {
    std::iter::once(length)
}
