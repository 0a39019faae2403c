//! Where output goes: memory of the caller's, seen through one small trait.

/// Somewhere to put output.
///
/// A writer asks once for all the room it needs, fills it, and then says how much it took: what does not fit is
/// not begun.
pub trait Sink {
    /// The room behind what was written so far, at least `needed` octets of it, or `None` where so much cannot be had.
    ///
    /// A sink may hand out more than was asked for. The octets in the room are initialised, but mean nothing.
    fn room(&mut self, needed: usize) -> Option<&mut [u8]>;

    /// Keeps the first `written` octets of the room handed out last.
    ///
    /// # Panics
    /// May panic when `written` exceeds that room: a fault of the caller's code, never of its input.
    fn advance(&mut self, written: usize);
}
