//! Looks for the end of a head that comes in pieces, at new octets only.

use crate::scan::{BLOCK, Class, Input, InstructionSet, Widened};

/// What is known of a head's octets without parsing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scanned {
    /// All octets before this offset may stand in a head, and it does not end before it. Those from there on must be
    /// looked at again with more: at most a CR whose LF is not there.
    Fine(usize),
    /// There is an octet that may not, or the end of the head: look closer.
    Odd,
}

/// Scans `input` from `from` on, an offset that an earlier scan found everything fine before; at least from `start` on,
/// where the first line begins.
#[inline(always)]
pub(super) fn scan<I: InstructionSet>(instructions: I, input: &[u8], start: usize, from: usize) -> Scanned {
    let known = match input {
        // The first of them is followed by no LF, which the last block would not show where it ends with it.
        [.., b'\r', b'\r'] => return Scanned::Odd,
        // What follows a last CR is not known.
        [known @ .., b'\r'] => known,
        _ => input,
    };
    let end = known.len();
    let mut wide = Widened::new();
    let octets = match Input::new(known) {
        Some(octets) => octets,
        None => wide.of(known),
    };
    // A line end that was fine may be the first half of the head's end. What comes before it no longer matters.
    let mut at = from.saturating_sub(2).max(start);
    if at > start && known.get(at) == Some(&b'\n') {
        at -= 1;
    }
    let mut returns_before = 0;
    while at < end {
        let controls = octets.mask(instructions, at, Class::Controls);
        if controls != 0 || returns_before != 0 {
            let returns = octets.mask(instructions, at, Class::Equal(b'\r'));
            let feeds = octets.mask(instructions, at, Class::Equal(b'\n'));
            let awaited = returns << 1 | returns_before >> 1;
            let ended = returns & (returns << 2 | returns_before);
            if controls != returns | feeds || feeds != awaited || ended != 0 {
                return Scanned::Odd;
            }
            returns_before = returns >> (BLOCK - 2);
        }
        at += BLOCK;
    }
    Scanned::Fine(end.max(from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{Scan, dispatch};

    /// A scan that began between CR and LF once called them a bare LF. The head was then parsed and diagnosed anew with
    /// each octet that came, for as long as it was not complete.
    #[test]
    fn a_scan_goes_on_from_wherever_one_ended() {
        let input = b"GET / HTTP/1.1\r\nA:\r\nB: c\r\n";
        for from in 0..=input.len() {
            assert_eq!(dispatch(Job { input, from }), Scanned::Fine(input.len()), "from {from}");
        }
    }

    /// Where the first of two CRs at the end was the last octet of a block, the LF that it lacks was missed.
    #[test]
    fn two_returns_at_the_end_are_odd_wherever_blocks_end() {
        for length in 0..=3 * BLOCK {
            let input = [&b"x".repeat(length)[..], b"\r\r"].concat();
            for from in 0..=length {
                assert_eq!(dispatch(Job { input: &input, from }), Scanned::Odd, "{length} octets before, from {from}");
            }
        }
    }

    struct Job<'i> {
        input: &'i [u8],
        from: usize,
    }

    impl Scan for Job<'_> {
        type Output = Scanned;

        fn run<I: InstructionSet>(self, instructions: I) -> Scanned {
            scan(instructions, self.input, 0, self.from)
        }
    }
}
