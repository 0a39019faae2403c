use pronto::buffer::Sink;

/// A sink that grows, and hands out no more than was asked for.
#[derive(Debug, Default)]
pub(crate) struct Growing {
    octets: Vec<u8>,
    written: usize,
}

impl Growing {
    pub(crate) const fn len(&self) -> usize {
        self.written
    }

    /// What was written, which is forgotten.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.octets.truncate(self.written);
        self.written = 0;
        std::mem::take(&mut self.octets)
    }
}

impl Sink for Growing {
    fn room(&mut self, needed: usize) -> Option<&mut [u8]> {
        self.octets.resize(self.octets.len().max(self.written + needed), b'?');
        Some(&mut self.octets[self.written..self.written + needed])
    }

    fn advance(&mut self, written: usize) {
        assert!(self.written + written <= self.octets.len(), "more than there was room for");
        self.written += written;
    }
}
