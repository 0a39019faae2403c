//! What the two head parsers share: when to scan, when to parse, and when to ask for a diagnosis.

use crate::scan::{InstructionSet, Scan};

use super::{
    FieldSpan, HeadError, HeadLimits, Progress,
    diagnose::{EmptyLines, FirstLine, diagnose, skip_empty_lines},
    scanner::{Scanned, scan},
};

/// A kind of head, parsed by the fast path from a first line at `start`.
pub(crate) trait Grammar: Sized {
    const FIRST_LINE: FirstLine;

    fn parse<I: InstructionSet>(
        instructions: I,
        limits: HeadLimits,
        input: &[u8],
        start: usize,
        table: &mut [FieldSpan],
    ) -> Option<Self>;
}

/// A parser that remembers what it has scanned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resumable {
    limits: HeadLimits,
    scanned: u16,
}

impl Resumable {
    pub(crate) const fn new(limits: HeadLimits) -> Self {
        Self { limits, scanned: 0 }
    }

    #[inline]
    pub(crate) fn parse<G: Grammar>(
        &mut self,
        input: &[u8],
        table: &mut [FieldSpan],
    ) -> Result<Progress<G>, HeadError> {
        let (limits, entries) = (self.limits, table.len());
        let within = &input[..input.len().min(usize::from(limits.octets))];
        let attempt = Attempt { limits, input: within, scanned: usize::from(self.scanned), table };
        match crate::scan::dispatch(Job(attempt, core::marker::PhantomData)) {
            Attempted::Complete(head) => Ok(Progress::Complete(head)),
            // The head may still be over its limit, which the scan does not know of.
            Attempted::Fine(scanned) if input.len() < usize::from(limits.octets) => {
                self.scanned = scanned as u16;
                Ok(Progress::Incomplete)
            }
            Attempted::Fine(_) | Attempted::Odd => match diagnose(G::FIRST_LINE, limits, input, entries)? {
                Progress::Incomplete => Ok(Progress::Incomplete),
                Progress::Complete(never) => match never {},
            },
        }
    }
}

struct Attempt<'i, 't> {
    limits: HeadLimits,
    input: &'i [u8],
    scanned: usize,
    table: &'t mut [FieldSpan],
}

struct Job<'i, 't, G>(Attempt<'i, 't>, core::marker::PhantomData<G>);

enum Attempted<G> {
    Complete(G),
    Fine(usize),
    Odd,
}

impl<G: Grammar> Scan for Job<'_, '_, G> {
    type Output = Attempted<G>;

    /// The first time a whole head is hoped for, so parsing comes first. Later ones scan first, and parse when the end
    /// is there: every octet is scanned once and parsed once, and scanned once more if it came first.
    #[inline(always)]
    fn run<I: InstructionSet>(self, instructions: I) -> Attempted<G> {
        let Attempt { limits, input, scanned, table } = self.0;
        let EmptyLines::Skipped(start) = skip_empty_lines(G::FIRST_LINE, input) else {
            return Attempted::Odd;
        };
        let mut parse = |input| G::parse(instructions, limits, input, start, table);
        if scanned == 0
            && let Some(head) = parse(input)
        {
            return Attempted::Complete(head);
        }
        let known = scanned.max(start) - start;
        match scan(instructions, &input[start..], known) {
            Scanned::Fine(fine) => Attempted::Fine(start + fine),
            Scanned::Odd if scanned == 0 => Attempted::Odd,
            Scanned::Odd => parse(input).map_or(Attempted::Odd, Attempted::Complete),
        }
    }
}
