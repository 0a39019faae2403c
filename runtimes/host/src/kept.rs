//! The octets that a connection keeps between its turns, because they could not be dealt with at once.

/// What a connection keeps. At rest it keeps nothing, and has no such thing.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) input: Input,
    pub(crate) unsent: Unsent,
}

impl Kept {
    pub(crate) const fn is_empty(&self) -> bool {
        self.input.filled == 0 && self.unsent.as_octets().is_empty()
    }
}

/// Input that is not complete, or not yet answered.
#[derive(Debug, Default)]
pub(crate) struct Input {
    /// Input, and room behind it.
    octets: Vec<u8>,
    filled: usize,
}

/// Room that is made for input where some waits, at least. It is no more than what waits: otherwise it would be given back, and
/// made again with each octet that drips in.
const STEP: usize = 4 * 1024;

/// The most room that is made for content that has not come.
const MOST_AHEAD: u64 = 1024 * 1024;

impl Input {
    pub(crate) const fn len(&self) -> usize {
        self.filled
    }

    pub(crate) fn as_octets(&mut self) -> &mut [u8] {
        &mut self.octets[..self.filled]
    }

    /// Room behind the input. It grows by doubling, and at most as far ahead as the content goes that has been
    /// promised: a promise alone takes no memory.
    pub(crate) fn room(&mut self, to_come: u64) -> &mut [u8] {
        if self.octets.len() - self.filled < STEP {
            let ahead = usize::try_from(to_come.min(MOST_AHEAD)).unwrap_or(STEP);
            self.octets.resize(self.filled + ahead.min(self.filled).max(STEP), 0);
        }
        &mut self.octets[self.filled..]
    }

    /// Says that so much of the room has been filled.
    pub(crate) fn fill(&mut self, length: usize) {
        self.filled += length;
    }

    /// Keeps only this part of the input.
    pub(crate) fn keep(&mut self, part: core::ops::Range<usize>) {
        if part.len() * 4 < self.octets.capacity() {
            // Mostly room: what it took is not needed any more.
            self.octets = self.octets[part].to_vec();
            self.filled = self.octets.len();
        } else {
            self.filled = part.len();
            // What stays where it is is not to be looked at.
            if part.start > 0 {
                self.octets.copy_within(part, 0);
            }
        }
    }

    /// Keeps this instead.
    pub(crate) fn replace(&mut self, rest: &[u8]) {
        if self.octets.capacity() > 4 * rest.len() {
            self.octets = Vec::new();
        }
        self.octets.clear();
        self.octets.extend_from_slice(rest);
        self.filled = rest.len();
    }

    pub(crate) const fn memory(&self) -> usize {
        self.octets.capacity()
    }
}

/// Output that the kernel did not take.
#[derive(Debug, Default)]
pub(crate) struct Unsent {
    octets: Vec<u8>,
    /// How much of it has been sent since.
    sent: usize,
}

impl Unsent {
    pub(crate) const fn as_octets(&self) -> &[u8] {
        self.octets.as_slice().split_at(self.sent).1
    }

    /// Says that so much of it has been sent.
    pub(crate) fn consume(&mut self, sent: usize) {
        self.sent += sent;
        if self.sent == self.octets.len() {
            *self = Self::default();
        }
    }

    /// Keeps more behind it.
    pub(crate) fn append(&mut self, rest: &[u8]) {
        // What has been sent is let go of once it is more than what has not: so each octet is moved once at most, on
        // average, and a client that always leaves something unsent does not have it grow.
        if self.sent > self.octets.len() / 2 {
            self.octets.drain(..self.sent);
            self.sent = 0;
        }
        self.octets.extend_from_slice(rest);
    }

    pub(crate) const fn memory(&self) -> usize {
        self.octets.capacity()
    }
}
