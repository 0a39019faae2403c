/// What lies in the input buffer:
///
/// ```text
///          start                     raw                   end
///  ┌─────────┬──────┬────────┬────────┬─────────────────────┬──────┐
///  │ done    │ head │ kept   │ piece, │ not yet looked at   │ room │
///  │ with    │      │        │ gap    │                     │      │
///  └─────────┴──────┴────────┴────────┴─────────────────────┴──────┘
/// ```
///
/// The head of the request that is being answered stays where it is, so that it can be looked at until then. Its content is kept
/// behind it, or handed out as a piece, whose place is free when it has been taken.
#[derive(Debug, Default)]
pub(super) struct Layout {
    start: usize,
    head: usize,
    kept: usize,
    /// Content that was handed out and is not yet taken.
    piece: (usize, usize),
    raw: usize,
    end: usize,
}

impl Layout {
    /// Nothing.
    pub(super) const fn new() -> Self {
        Self { start: 0, head: 0, kept: 0, piece: (0, 0), raw: 0, end: 0 }
    }

    /// The request that is being answered, from its head on.
    pub(super) fn message<'m>(&self, memory: &'m [u8]) -> &'m [u8] {
        memory.get(self.start..self.held_end()).unwrap_or_default()
    }

    /// The content that was kept behind its head.
    pub(super) fn content<'m>(&self, memory: &'m [u8]) -> &'m [u8] {
        memory.get(self.start + self.head..self.held_end()).unwrap_or_default()
    }

    /// The content that was handed out.
    pub(super) fn piece<'m>(&self, memory: &'m [u8]) -> &'m [u8] {
        memory.get(self.piece.0..self.piece.1).unwrap_or_default()
    }

    pub(super) const fn has_piece(&self) -> bool {
        self.piece.0 < self.piece.1
    }

    /// What has not yet been looked at.
    pub(super) fn raw<'m>(&self, memory: &'m [u8]) -> &'m [u8] {
        memory.get(self.raw..self.end).unwrap_or_default()
    }

    /// Room for what comes next.
    pub(super) fn room<'m>(&self, memory: &'m mut [u8]) -> &'m mut [u8] {
        memory.get_mut(self.end..).unwrap_or_default()
    }

    /// What was read into the room.
    pub(super) fn append(&mut self, length: usize, memory: &[u8]) {
        self.end = self.end.saturating_add(length).min(memory.len());
    }

    /// What was looked at.
    pub(super) fn consume(&mut self, length: usize) {
        self.raw = self.raw.saturating_add(length).min(self.end);
    }

    /// What was looked at is the head of a request.
    pub(super) fn begin(&mut self, head: usize) {
        self.release();
        self.head = head;
        self.consume(head);
    }

    /// The request has been answered.
    pub(super) const fn release(&mut self) {
        (self.start, self.head, self.kept, self.piece) = (self.raw, 0, 0, (0, 0));
    }

    /// The last octets that were looked at are content, to be handed out.
    pub(super) const fn hand_out(&mut self, length: usize) {
        self.piece = (self.raw.saturating_sub(length), self.raw);
    }

    /// So much of the piece has been taken.
    pub(super) fn take(&mut self, length: usize) {
        self.piece.0 = self.piece.0.saturating_add(length).min(self.piece.1);
    }

    /// Keeps the piece behind the head and what is kept there.
    pub(super) fn keep(&mut self, memory: &mut [u8]) {
        let to = self.held_end();
        move_down(memory, to, self.piece.0, self.piece.1);
        self.kept += self.piece.1 - self.piece.0;
        self.piece = (0, 0);
    }

    /// How much content can be kept behind the head at most.
    pub(super) const fn most_content(&self, memory: &[u8]) -> usize {
        memory.len().saturating_sub(self.head)
    }

    /// Moves all that is wanted to the start of the memory. A piece that has not been taken is lost.
    pub(super) fn close_gaps(&mut self, memory: &mut [u8]) {
        self.piece = (0, 0);
        let held = self.head + self.kept;
        move_down(memory, 0, self.start, self.start + held);
        move_down(memory, held, self.raw, self.end);
        (self.start, self.end) = (0, held + self.end.saturating_sub(self.raw));
        self.raw = held;
    }

    const fn held_end(&self) -> usize {
        self.start + self.head + self.kept
    }
}

/// Moves what lies between two places down to a third.
fn move_down(memory: &mut [u8], to: usize, from: usize, end: usize) {
    let Some(gap) = from.checked_sub(to) else { return };
    if let Some(part) = memory.get_mut(to..end)
        && gap > 0
        && gap <= part.len()
    {
        part.copy_within(gap.., 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Head, chunk head, content, the end of the chunk, and the beginning of another request.
    const OCTETS: &[u8] = b"..HEAD3|abc|2|de|NEXT";

    fn layout(memory: &mut [u8; 24]) -> Layout {
        memory[..OCTETS.len()].copy_from_slice(OCTETS);
        let mut layout = Layout::new();
        layout.append(OCTETS.len(), memory);
        layout.consume(2);
        layout.begin(4);
        layout
    }

    #[test]
    fn content_is_kept_behind_its_head() {
        let mut memory = [0; 24];
        let mut layout = layout(&mut memory);
        for (consumed, length) in [(5, 3), (5, 2)] {
            layout.consume(consumed);
            layout.hand_out(length);
            layout.keep(&mut memory);
        }
        assert_eq!((layout.message(&memory), layout.content(&memory)), (&b"HEADabcde"[..], &b"abcde"[..]));
        assert_eq!(layout.raw(&memory), b"|NEXT");
        layout.close_gaps(&mut memory);
        assert_eq!((layout.message(&memory), layout.raw(&memory)), (&b"HEADabcde"[..], &b"|NEXT"[..]));
        assert_eq!(layout.room(&mut memory).len(), 24 - 14);
        layout.consume(1);
        layout.release();
        layout.close_gaps(&mut memory);
        assert_eq!((layout.message(&memory), layout.raw(&memory)), (&b""[..], &b"NEXT"[..]));
    }

    #[test]
    fn a_piece_is_taken_bit_by_bit() {
        let mut memory = [0; 24];
        let mut layout = layout(&mut memory);
        layout.consume(5);
        layout.hand_out(3);
        layout.take(1);
        assert_eq!((layout.piece(&memory), layout.has_piece()), (&b"bc"[..], true));
        layout.take(usize::MAX);
        assert!(!layout.has_piece());
        layout.close_gaps(&mut memory);
        assert_eq!((layout.message(&memory), layout.raw(&memory)), (&b"HEAD"[..], &b"|2|de|NEXT"[..]));
    }

    #[test]
    fn more_than_there_is_room_for_is_as_much_as_there_is() {
        let mut layout = Layout::new();
        layout.append(usize::MAX, &[0; 4]);
        layout.consume(usize::MAX);
        assert_eq!((layout.raw(&[0; 4]), layout.room(&mut [0; 4]).len()), (&b""[..], 0));
    }
}
