use super::Sink;

/// Output into an array that the sink owns, for programs that keep it in a static or on the stack.
///
/// All of the array is initialised from the start, so that room in it can be lent out without `unsafe`.
///
/// ```
/// use pronto::buffer::{ArraySink, Sink};
///
/// let mut sink = ArraySink::<8>::new();
/// sink.room(5).unwrap()[..5].copy_from_slice(b"hello");
/// sink.advance(5);
/// assert_eq!(sink.written(), b"hello");
/// ```
#[derive(Clone, Debug)]
pub struct ArraySink<const N: usize> {
    memory: [u8; N],
    length: usize,
}

impl<const N: usize> ArraySink<N> {
    /// An empty sink of `N` octets.
    #[must_use]
    pub const fn new() -> Self {
        Self { memory: [0; N], length: 0 }
    }

    /// What was written since the start, or since the last [`clear`](Self::clear).
    #[must_use]
    pub fn written(&self) -> &[u8] {
        self.memory.get(..self.length).unwrap_or_default()
    }

    /// Forgets what was written, so that all of the array is room again.
    pub const fn clear(&mut self) {
        self.length = 0;
    }
}

impl<const N: usize> Sink for ArraySink<N> {
    #[inline]
    fn room(&mut self, needed: usize) -> Option<&mut [u8]> {
        let room = self.memory.get_mut(self.length..)?;
        (room.len() >= needed).then_some(room)
    }

    /// Keeps the first `written` octets of the room; more than there is room for are taken as all of it.
    #[inline]
    fn advance(&mut self, written: usize) {
        self.length = self.length.saturating_add(written).min(N);
    }
}

impl<const N: usize> Default for ArraySink<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_what_is_left() {
        let mut sink = ArraySink::<4>::new();
        assert!(sink.room(5).is_none());
        sink.room(3).unwrap()[..3].copy_from_slice(b"abc");
        assert_eq!(&sink.room(4).unwrap()[..3], b"abc");
        sink.advance(3);
        assert_eq!(sink.written(), b"abc");
        assert!(sink.room(2).is_none());
        sink.advance(usize::MAX);
        assert_eq!(sink.written().len(), 4);
    }
}
