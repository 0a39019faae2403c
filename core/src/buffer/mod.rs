//! Where output goes: memory of the caller's, seen through one small trait.

mod array;

pub use array::ArraySink;

/// Somewhere to put output.
///
/// A writer asks for room, fills it, asks for more where that was not enough, and says at the end how much it took. What
/// does not fit is given up without a trace: nothing is taken before all of it is there.
pub trait Sink {
    /// The room behind what was taken so far, at least `needed` octets of it, or `None` where so much cannot be had.
    ///
    /// A sink may hand out more than was asked for. The octets in the room are initialised, but mean nothing, except
    /// that what was put into an earlier room since the last [`advance`](Self::advance) still stands at its start.
    fn room(&mut self, needed: usize) -> Option<&mut [u8]>;

    /// Takes the first `written` octets of the room handed out last. More than that room has are taken as all of it.
    fn advance(&mut self, written: usize);
}

impl<S: Sink + ?Sized> Sink for &mut S {
    #[inline]
    fn room(&mut self, needed: usize) -> Option<&mut [u8]> {
        (**self).room(needed)
    }

    #[inline]
    fn advance(&mut self, written: usize) {
        (**self).advance(written);
    }
}

/// A fixed slice of memory as a sink.
///
/// ```
/// use pronto::buffer::{Sink, SliceSink};
///
/// let mut memory = [0; 8];
/// let mut sink = SliceSink::new(&mut memory);
/// sink.room(5).unwrap()[..5].copy_from_slice(b"hello");
/// sink.advance(5);
/// assert!(sink.room(4).is_none());
/// assert_eq!(sink.written(), b"hello");
/// ```
#[derive(Debug)]
pub struct SliceSink<'a> {
    memory: &'a mut [u8],
    written: usize,
}

impl<'a> SliceSink<'a> {
    /// An empty sink in this memory.
    pub const fn new(memory: &'a mut [u8]) -> Self {
        Self { memory, written: 0 }
    }

    /// What was written.
    pub fn written(&self) -> &[u8] {
        self.memory.get(..self.written).unwrap_or_default()
    }

    /// Forgets what was written: it has been sent.
    pub const fn clear(&mut self) {
        self.written = 0;
    }
}

impl Sink for SliceSink<'_> {
    #[inline]
    fn room(&mut self, needed: usize) -> Option<&mut [u8]> {
        let room = self.memory.get_mut(self.written..)?;
        (room.len() >= needed).then_some(room)
    }

    #[inline]
    fn advance(&mut self, written: usize) {
        self.written = self.memory.len().min(self.written.saturating_add(written));
    }
}
