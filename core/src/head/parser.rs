//! What the two head parsers share: when to scan, when to parse, and when to ask for a diagnosis.

use core::marker::PhantomData;

use crate::scan::{Input, InstructionSet, Scan, Widened, dispatch};

use super::{
    FieldSpan, HeadError, HeadLimits, Progress,
    diagnose::{EmptyLines, FirstLine, diagnose, skip_empty_lines},
    parse::{Grammar, parse},
    scanner::{Scanned, scan},
};

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

    /// One that has said of so many octets that more must follow.
    pub(crate) const fn resumed(limits: HeadLimits, scanned: usize) -> Self {
        // A head that long is refused, so more need not be told.
        let scanned = if scanned > u16::MAX as usize { u16::MAX } else { scanned as u16 };
        Self { limits, scanned }
    }

    /// How many octets need not be scanned again.
    pub(crate) const fn scanned(&self) -> u16 {
        self.scanned
    }

    #[inline]
    pub(crate) fn parse<G: Grammar>(
        &mut self,
        input: &[u8],
        table: &mut [FieldSpan],
    ) -> Result<Progress<G>, HeadError> {
        match self.parse_whole(input, table) {
            Some(head) => Ok(Progress::Complete(head)),
            None => self.parse_on(input, table),
        }
    }

    /// The first time a whole head is hoped for, so parsing comes first, and nothing else where it succeeds. `None` has
    /// [`parse_on`](Self::parse_on) tell.
    #[inline(always)]
    pub(crate) fn parse_whole<G: Grammar>(&mut self, input: &[u8], table: &mut [FieldSpan]) -> Option<G> {
        if self.scanned != 0 {
            return None;
        }
        dispatch(Whole { limits: self.limits, input, table, head: PhantomData })
    }

    /// Later ones scan first, and parse when the end is there: every octet is scanned once and parsed once, and scanned
    /// once more if it came first.
    #[inline(never)]
    pub(crate) fn parse_on<G: Grammar>(
        &mut self,
        input: &[u8],
        table: &mut [FieldSpan],
    ) -> Result<Progress<G>, HeadError> {
        dispatch(Rest { parser: self, input, table, head: PhantomData })
    }

    /// What to say when there is no head, and nothing is wrong with what is there.
    #[inline(always)]
    fn wait<G: Grammar>(&mut self, input: &[u8], scanned: usize, entries: usize) -> Result<Progress<G>, HeadError> {
        if input.len() >= usize::from(self.limits.octets) {
            return refuse(G::FIRST_LINE, self.limits, input, entries);
        }
        self.scanned = scanned as u16;
        Ok(Progress::Incomplete)
    }
}

/// To parse a head that is there.
struct Whole<'i, 't, G> {
    limits: HeadLimits,
    input: &'i [u8],
    table: &'t mut [FieldSpan],
    head: PhantomData<G>,
}

impl<G: Grammar> Scan for Whole<'_, '_, G> {
    /// As little as tells it, so that it can be returned in registers.
    type Output = Option<G>;

    #[inline(always)]
    fn run<I: InstructionSet>(self, instructions: I) -> Option<G> {
        let Self { limits, input, table, .. } = self;
        let within = &input[..input.len().min(usize::from(limits.octets))];
        let EmptyLines::Skipped(start) = skip_empty_lines(G::FIRST_LINE, within) else { return None };
        let mut wide;
        let whole = match Input::new(within) {
            Some(whole) => whole,
            None => {
                wide = Widened::new();
                wide.of(within)
            }
        };
        parse(instructions, limits, whole, start, table)
    }
}

/// To find out what has become of a head that was not there at first.
struct Rest<'p, 'i, 't, G> {
    parser: &'p mut Resumable,
    input: &'i [u8],
    table: &'t mut [FieldSpan],
    head: PhantomData<G>,
}

impl<G: Grammar> Scan for Rest<'_, '_, '_, G> {
    type Output = Result<Progress<G>, HeadError>;

    #[inline(always)]
    fn run<I: InstructionSet>(self, instructions: I) -> Self::Output {
        let Self { parser, input, table, .. } = self;
        let (limits, entries) = (parser.limits, table.len());
        let within = &input[..input.len().min(usize::from(limits.octets))];
        let EmptyLines::Skipped(start) = skip_empty_lines(G::FIRST_LINE, within) else {
            return refuse(G::FIRST_LINE, limits, input, entries);
        };
        let scanned = usize::from(parser.scanned);
        if let Scanned::Fine(scanned) = scan(instructions, within, start, scanned) {
            return parser.wait(input, scanned, entries);
        }
        // Where nothing had been scanned, it has been tried.
        if scanned > 0
            && let Some(head) = (Whole { limits, input, table, head: PhantomData }).run(instructions)
        {
            return Ok(Progress::Complete(head));
        }
        refuse(G::FIRST_LINE, limits, input, entries)
    }
}

#[cold]
#[inline(never)]
fn refuse<G>(
    first_line: FirstLine,
    limits: HeadLimits,
    input: &[u8],
    entries: usize,
) -> Result<Progress<G>, HeadError> {
    match diagnose(first_line, limits, input, entries)? {
        Progress::Incomplete => Ok(Progress::Incomplete),
        Progress::Complete(never) => match never {},
    }
}
