//! Looks for the end of a head that comes in pieces, at new octets only.

use crate::scan::{BLOCK, InstructionSet, padded};

/// What is known of a head's octets without parsing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scanned {
    /// All octets before this offset may stand in a head, and it does not end before it. Those from there on must be
    /// looked at again with more: at most a CR whose LF is not there.
    Fine(usize),
    /// There is an octet that may not, or the end of the head: look closer.
    Odd,
}

/// Scans `input` from `from` on, an offset that an earlier scan found everything fine before.
#[inline(always)]
pub(super) fn scan<I: InstructionSet>(instructions: I, input: &[u8], from: usize) -> Scanned {
    // What follows a last CR is not known. A run of controls is seen whole when the scan begins before it: of those
    // that are fine, the longest is CR LF.
    let end = input.len() - usize::from(input.last() == Some(&b'\r'));
    let mut at = from.saturating_sub(3);
    // Nor does it begin inside one.
    if at > 0 && input.get(at) == Some(&b'\n') {
        at -= 1;
    }
    let (mut controls_before, mut starts_before) = (0, 0);
    while at < end {
        let controls = match input[..end].get(at..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
            Some(block) => instructions.controls(block),
            None => instructions.controls(&padded(&input[..end], at, b' ')),
        };
        let follows_one = controls << 1 | controls_before >> 63;
        let follows_two = controls << 2 | controls_before >> 62;
        let starts = controls & !follows_one;
        let third = controls & follows_one & follows_two;
        let lone = (starts << 1 | starts_before >> 63) & !controls;
        if third | lone != 0 {
            return Scanned::Odd;
        }
        let mut left = starts;
        while left != 0 {
            let start = at + left.trailing_zeros() as usize;
            if input.get(start..).and_then(|rest| rest.first_chunk()) != Some(b"\r\n") {
                return Scanned::Odd;
            }
            left &= left - 1;
        }
        (controls_before, starts_before) = (controls, starts);
        at += BLOCK;
    }
    Scanned::Fine(end)
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

    struct Job<'i> {
        input: &'i [u8],
        from: usize,
    }

    impl Scan for Job<'_> {
        type Output = Scanned;

        fn run<I: InstructionSet>(self, instructions: I) -> Scanned {
            scan(instructions, self.input, self.from)
        }
    }
}
