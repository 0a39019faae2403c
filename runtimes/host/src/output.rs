use pronto::buffer::Sink;

/// Where the replies of one turn are gathered: memory that grows for a large reply, and shrinks when it has been sent.
#[derive(Debug)]
pub struct Output {
    /// Initialised as far as it is long.
    memory: Vec<u8>,
    written: usize,
}

/// What an output has room for at first.
const FIRST: usize = 1024;

/// What it keeps at most when it is cleared.
const USUAL: usize = 256 * 1024;

impl Output {
    /// An empty output that has no memory yet.
    pub const fn new() -> Self {
        Self { memory: Vec::new(), written: 0 }
    }

    /// What was written and not yet cleared.
    pub fn as_octets(&self) -> &[u8] {
        &self.memory[..self.written]
    }

    /// How many octets that is.
    pub const fn len(&self) -> usize {
        self.written
    }

    /// Whether nothing was written.
    pub const fn is_empty(&self) -> bool {
        self.written == 0
    }

    /// Appends octets.
    pub fn extend(&mut self, octets: &[u8]) {
        if let Some(room) = self.room(octets.len()) {
            room[..octets.len()].copy_from_slice(octets);
            self.advance(octets.len());
        }
    }

    /// Forgets what was written: it has been sent.
    pub fn clear(&mut self) {
        self.written = 0;
        if self.memory.len() > USUAL {
            self.memory = Vec::new();
        }
    }

    /// Puts octets between those that were written, which costs a move of all that is behind them.
    pub(crate) fn insert(&mut self, at: usize, parts: &[&[u8]]) {
        let (length, end) = (parts.iter().map(|part| part.len()).sum(), self.written);
        if self.room(length).is_none() {
            return;
        }
        self.advance(length);
        self.memory.copy_within(at..end, at + length);
        let mut room = &mut self.memory[at..at + length];
        for part in parts {
            let (place, rest) = room.split_at_mut(part.len());
            place.copy_from_slice(part);
            room = rest;
        }
    }

    /// Forgets what was written beyond this length.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.written = self.written.min(length);
    }

    /// What was written, on its own, in no more memory than it takes.
    pub fn into_octets(mut self) -> Vec<u8> {
        self.memory.truncate(self.written);
        self.memory.shrink_to_fit();
        self.memory
    }
}

impl Default for Output {
    fn default() -> Self {
        Self::new()
    }
}

impl Sink for Output {
    #[inline]
    fn room(&mut self, needed: usize) -> Option<&mut [u8]> {
        let end = self.written.checked_add(needed)?;
        if end > self.memory.len() {
            grow(&mut self.memory, end);
        }
        Some(&mut self.memory[self.written..])
    }

    #[inline]
    fn advance(&mut self, written: usize) {
        self.written = self.memory.len().min(self.written.saturating_add(written));
    }
}

#[cold]
fn grow(memory: &mut Vec<u8>, end: usize) {
    memory.resize(end.next_power_of_two().max(FIRST), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_stays_when_the_room_grows() {
        let mut output = Output::new();
        output.room(3).unwrap()[..3].copy_from_slice(b"abc");
        assert_eq!(&output.room(100_000).unwrap()[..3], b"abc");
        output.advance(3);
        output.extend(b"def");
        assert_eq!(output.as_octets(), b"abcdef");
        output.clear();
        assert!(output.is_empty());
    }
}
