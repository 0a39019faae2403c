//! Field sections that are not plain: of many lines, with white space where it is unusual, with long names, tabs or octets
//! from 0x80 on. Right for all of them, at some cost; and for plain ones, where no table is given.

use crate::scan::{BLOCK, Class, Input, InstructionSet, Scan, WINDOW, is_token_octet};

use super::{
    FieldSpan,
    known::Collector,
    parse::{HEAD_END, LINE_END, Section, runs, two_at},
};

/// To parse a field section from an offset in the first line on.
pub(super) struct Careful<'i, 't> {
    pub(super) input: Input<'i>,
    pub(super) from: usize,
    pub(super) table: &'t mut [FieldSpan],
}

impl Scan for Careful<'_, '_> {
    type Output = Option<Section>;

    #[inline(always)]
    fn run<I: InstructionSet>(self, instructions: I) -> Option<Section> {
        let Self { input, from, table } = self;
        let mut ends = LineEnds::new(from);
        let mut lines = Lines { count: 0, known: Collector::new() };
        let mut first_line_end = None;
        loop {
            let ended = ends.fill(instructions, input)?;
            let first = *first_line_end.get_or_insert(usize::from(ends.offsets[0]));
            lines.read(instructions, input, ends.filled()?, table)?;
            let last = ends.keep_last();
            if ended {
                return Some(Section {
                    end: last + HEAD_END.len(),
                    first_line_end: first,
                    field_count: lines.count,
                    known: lines.known.collected(),
                });
            }
        }
    }
}

/// Where lines end: a batch of offsets, filled by scanning the input for runs of controls.
struct LineEnds {
    offsets: [u16; BATCH],
    count: usize,
    /// Where the next block begins.
    at: usize,
    /// Whether the last two octets before it are controls: two bits, the last octet's above the other's.
    controls_before: u64,
}

/// Places for line ends. Most heads have fewer lines.
const BATCH: usize = 64;

/// The most line ends in a block that a head can have: two octets each, and one between them.
const MOST_IN_BLOCK: usize = BLOCK.div_ceil(3);

/// A batch with more line ends than this is full: those of another block might not fit.
const FULL: usize = BATCH - MOST_IN_BLOCK;

impl LineEnds {
    #[inline(always)]
    const fn new(at: usize) -> Self {
        Self { offsets: [0; BATCH], count: 0, at, controls_before: 0 }
    }

    #[inline(always)]
    fn filled(&self) -> Option<&[u16]> {
        self.offsets.get(..self.count)
    }

    /// Makes room, keeping the last end: it is where the next line begins.
    fn keep_last(&mut self) -> usize {
        let last = self.filled().and_then(|ends| ends.last()).copied().unwrap_or_default();
        self.offsets[0] = last;
        self.count = 1;
        usize::from(last)
    }

    /// Scans on until the head ends (`true`) or the batch is full (`false`). `None`: the input ends first, or there is a
    /// run of controls that no head has.
    ///
    /// In a mask of controls, a line end is the start of a run, and the end of the head a run of more than two. Whether
    /// the others are CR and LF is looked at with the lines.
    #[inline(always)]
    fn fill<I: InstructionSet>(&mut self, instructions: I, input: Input<'_>) -> Option<bool> {
        // Kept out of memory while the scan goes on.
        let Self { mut count, mut at, mut controls_before, .. } = *self;
        while at < input.octets().len() {
            if count > FULL {
                (self.count, self.at, self.controls_before) = (count, at, controls_before);
                return Some(false);
            }
            let controls = input.mask(instructions, at, Class::Controls);
            let (starts, thirds) = runs(controls, controls_before);
            let up_to_third = thirds ^ thirds.wrapping_sub(1);
            count += store(self.offsets.get_mut(count..)?, at, starts & up_to_third)?;
            if thirds != 0 {
                self.count = count;
                // A run that begins the head's end does so two octets before its third.
                let end = at + thirds.trailing_zeros() as usize - 2;
                let is_end = input.octets().get(end..)?.first_chunk()? == HEAD_END;
                return is_end.then_some(true);
            }
            controls_before = controls >> (BLOCK - 2);
            at += BLOCK;
        }
        None
    }
}

/// Stores the offsets of the bits of `starts` in a block at `at`, and gives their number. `None`: more than a head can have.
#[inline(always)]
fn store(room: &mut [u16], at: usize, starts: u64) -> Option<usize> {
    let number = starts.count_ones() as usize;
    let mut left = starts;
    for place in room.get_mut(..MOST_IN_BLOCK)? {
        if left == 0 {
            return Some(number);
        }
        *place = (at + left.trailing_zeros() as usize) as u16;
        left &= left - 1;
    }
    (left == 0).then_some(number)
}

/// What is known of the field lines that were read.
struct Lines {
    count: usize,
    known: Collector,
}

impl Lines {
    /// Reads the lines between the line ends of a batch. `None`: one of them is no field.
    #[inline(always)]
    fn read<I: InstructionSet>(
        &mut self,
        instructions: I,
        input: Input<'_>,
        ends: &[u16],
        table: &mut [FieldSpan],
    ) -> Option<()> {
        let octets = input.octets();
        for pair in ends.windows(2) {
            let &[end_before, end] = pair else {
                return None;
            };
            let (end_before, end) = (usize::from(end_before), usize::from(end));
            let start = end_before + LINE_END.to_ne_bytes().len();
            let length = name_length(instructions, input, start)?;
            let colon = start + length;
            if two_at(octets, end_before)? != LINE_END || *octets.get(colon)? != b':' || length == 0 {
                return None;
            }
            let value = trim(octets, colon + 1, end);
            if let Some(span) = table.get_mut(self.count) {
                *span = self::span(start, length, value);
            }
            self.known.note(input, &self::span(start, length, value), self.count);
            self.count += 1;
        }
        Some(())
    }
}

/// How many octets from `start` on make a token; at the latest a line end stops it.
#[inline(always)]
pub(super) fn name_length<I: InstructionSet>(instructions: I, input: Input<'_>, start: usize) -> Option<usize> {
    let window = input.window(start);
    let length = instructions.length_before(Class::TokenStops, window.octets, window.skip);
    if length < WINDOW { Some(length) } else { long_token_length(input.octets().get(start..)?) }
}

/// How many octets make a token, looked at one by one: it is longer than a window, or a method that few have.
#[cold]
#[inline(never)]
pub(super) fn long_token_length(rest: &[u8]) -> Option<usize> {
    rest.iter().position(|&octet| !is_token_octet(octet))
}

/// Where a field is: its name from `start` on, and its value.
#[inline(always)]
pub(super) const fn span(start: usize, name_length: usize, (value_start, value_end): (usize, usize)) -> FieldSpan {
    FieldSpan {
        name_start: start as u16,
        name_length: name_length as u16,
        value_start: value_start as u16,
        value_end: value_end as u16,
    }
}

/// A value without the optional white space around it (RFC 9110 5.6.3).
pub(super) fn trim(octets: &[u8], start: usize, end: usize) -> (usize, usize) {
    let is_blank = |octet: &&u8| matches!(octet, b' ' | b'\t');
    let value = octets.get(start..end).unwrap_or_default();
    let leading = value.iter().take_while(is_blank).count();
    let trailing = value.get(leading..).unwrap_or_default().iter().rev().take_while(is_blank).count();
    (start + leading, end - trailing)
}
