//! The fast path of both head parsers: one vector pass for line ends, and one look at each line.
//!
//! It knows only "this is a head" and "not so". What else there is to say, be it that more must come or what is wrong,
//! is said by [`diagnose`](super::diagnose), which never accepts anything.

use crate::scan::{BLOCK, InstructionSet, WINDOW, is_token_octet, padded};

use super::{FieldSpan, KnownFields};

/// The field section of a head.
pub(crate) struct Section {
    /// The offset behind the empty line that ends the head.
    pub(crate) end: usize,
    /// The offset of the CRLF that ends the first line.
    pub(crate) first_line_end: usize,
    pub(crate) field_count: usize,
    pub(crate) known: KnownFields,
}

/// Parses everything from `from`, an offset in the first line, to the end of the head.
///
/// The spans of fields go to `table` as far as it reaches; the count may exceed it.
#[inline(always)]
pub(crate) fn section<I: InstructionSet>(
    instructions: I,
    input: &[u8],
    from: usize,
    table: &mut [FieldSpan],
) -> Option<Section> {
    let mut section = Section { end: 0, first_line_end: 0, field_count: 0, known: KnownFields::default() };
    let mut lines = LineEnds::new(from);
    let mut ended = false;
    let mut first_batch = true;
    while !ended {
        ended = lines.fill(instructions, input)?;
        if first_batch {
            section.first_line_end = usize::from(lines.ends[0]);
            first_batch = false;
        }
        batch(instructions, input, lines.filled(), table, &mut section)?;
        section.end = usize::from(lines.keep_last()) + 4;
    }
    Some(section)
}

/// Where lines end: a batch of offsets, filled by scanning the input for runs of controls.
struct LineEnds {
    ends: [u16; BATCH],
    count: usize,
    /// Where the next block begins.
    at: usize,
    /// The controls of the last block, and which of them begin a run.
    controls: u64,
    starts: u64,
}

/// Places for line ends. A block has at most 22, since a run of two and an octet between runs make three.
const BATCH: usize = 64;

/// A batch with more line ends than this is full: another block might not fit. Most heads have fewer lines.
const FULL: usize = BATCH - 22 - STORED;

/// How many line ends are stored for a block whether or not it has them; it rarely has more.
const STORED: usize = 3;

/// What the empty line makes of the end of a head.
const HEAD_END: &[u8; 4] = b"\r\n\r\n";

impl LineEnds {
    #[inline(always)]
    fn new(at: usize) -> Self {
        Self { ends: [0; BATCH], count: 0, at, controls: 0, starts: 0 }
    }

    #[inline(always)]
    fn filled(&self) -> &[u16] {
        &self.ends[..self.count.min(BATCH)]
    }

    /// Makes room, keeping the last end: it is where the next line begins.
    #[inline(always)]
    fn keep_last(&mut self) -> u16 {
        let last = self.ends[self.count.wrapping_sub(1) % BATCH];
        self.ends[0] = last;
        self.count = 1;
        last
    }

    /// Scans on until the head ends (`true`) or the batch is full (`false`). `None`: the input ends first, or holds a
    /// control that ends no line.
    ///
    /// In a mask of controls, a line end is a run of two, and the end of the head a run of four. Whether they are CR
    /// and LF is looked at with the lines.
    #[inline(always)]
    fn fill<I: InstructionSet>(&mut self, instructions: I, input: &[u8]) -> Option<bool> {
        while self.at < input.len() {
            if self.count > FULL {
                return Some(false);
            }
            let controls = match input.get(self.at..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
                Some(block) => instructions.controls(block),
                None => last_block(instructions, input, self.at),
            };
            let follows_one = controls << 1 | self.controls >> 63;
            let follows_two = controls << 2 | self.controls >> 62;
            let starts = controls & !follows_one;
            let third = controls & follows_one & follows_two;
            let lone = (starts << 1 | self.starts >> 63) & !controls;
            let odd = third | lone;
            if odd == 0 {
                self.store(starts, starts.count_ones() as usize)?;
                self.controls = controls;
                self.starts = starts;
                self.at += BLOCK;
                continue;
            }
            // The run that ends the head begins two octets before its third.
            let place = odd.trailing_zeros();
            if lone >> place & 1 == 1 {
                return None;
            }
            let end = (self.at + place as usize).checked_sub(2)?;
            let up_to_third = starts & ((1 << place) - 1);
            self.store(up_to_third, up_to_third.count_ones() as usize)?;
            let whole = input.get(end..)?.first_chunk::<4>()? == HEAD_END;
            return whole.then_some(true);
        }
        None
    }

    /// Appends the offsets of `starts`. Storing three, and counting those there are, spares a branch that could not be
    /// predicted.
    #[inline(always)]
    fn store(&mut self, starts: u64, number: usize) -> Option<()> {
        let mut left = starts;
        let room = self.ends.get_mut(self.count..)?.first_chunk_mut::<STORED>()?;
        for end in room {
            *end = (self.at + left.trailing_zeros() as usize) as u16;
            left &= left.wrapping_sub(1);
        }
        if number > STORED {
            self.store_many(left)?;
        }
        self.count += number;
        Some(())
    }

    /// Appends what is left of a block with more than three line ends.
    #[cold]
    #[inline(never)]
    fn store_many(&mut self, mut left: u64) -> Option<()> {
        let mut count = self.count + STORED;
        while left != 0 {
            *self.ends.get_mut(count)? = (self.at + left.trailing_zeros() as usize) as u16;
            left &= left - 1;
            count += 1;
        }
        Some(())
    }
}

/// The controls of the block at `at`, of which the input has only a part.
///
/// Where the input is long enough, the block is loaded so that it ends with the input, and its mask moved.
#[inline(always)]
fn last_block<I: InstructionSet>(instructions: I, input: &[u8], at: usize) -> u64 {
    match input.last_chunk::<BLOCK>() {
        Some(block) => instructions.controls(block) >> ((BLOCK + at - input.len()) % BLOCK),
        None => instructions.controls(&padded(input, at, b' ')),
    }
}

/// Looks at the lines between the line ends of a batch.
///
/// Nothing is carried from line to line but what was wrong, which is looked at once: lines can overlap in the
/// processor, and a branch is only taken for what is rare.
#[inline(always)]
fn batch<I: InstructionSet>(
    instructions: I,
    input: &[u8],
    ends: &[u16],
    table: &mut [FieldSpan],
    section: &mut Section,
) -> Option<()> {
    let mut wrong = false;
    let mut candidates = 0_u64;
    let first = section.field_count;
    for (index, pair) in ends.windows(2).enumerate() {
        let &[end_before, end] = pair else {
            return None;
        };
        let (end_before, end) = (usize::from(end_before), usize::from(end));
        wrong |= input.get(end_before..)?.first_chunk::<2>()? != b"\r\n";

        let start = end_before + 2;
        let colon = start + name_length(instructions, input, start)?;
        wrong |= (*input.get(colon)? != b':') | (colon == start);

        // One space after the colon, and none before the end, is what nearly everybody sends.
        let mut value_start = colon + 1;
        value_start += usize::from(*input.get(value_start)? == b' ');
        let mut value_end = end;
        if is_blank(*input.get(value_start)?) || is_blank(*input.get(value_end.wrapping_sub(1))?) {
            (value_start, value_end) = trim(input, colon + 1, end);
        }
        if let Some(span) = table.get_mut(first + index) {
            *span = FieldSpan {
                name_start: start as u16,
                name_length: (colon - start) as u16,
                value_start: value_start.min(value_end) as u16,
                value_end: value_end as u16,
            };
        }
        candidates |= u64::from(may_be_known(input[start], colon - start)) << (index % 64);
    }
    if wrong {
        return None;
    }
    section.field_count += ends.len().saturating_sub(1);
    while candidates != 0 {
        let index = candidates.trailing_zeros() as usize;
        candidates &= candidates - 1;
        let start = usize::from(*ends.get(index)?) + 2;
        section.known.note(input.get(start..)?, first + index);
    }
    Some(())
}

/// How many octets from `start` on make a token; at the latest the line end stops it.
#[inline(always)]
fn name_length<I: InstructionSet>(instructions: I, input: &[u8], start: usize) -> Option<usize> {
    let rest = input.get(start..)?;
    let stops = match rest.first_chunk::<WINDOW>() {
        Some(window) => instructions.token_stops(window),
        None => match input.last_chunk::<WINDOW>() {
            Some(window) => instructions.token_stops(window) >> ((WINDOW - rest.len()) % WINDOW),
            None => instructions.token_stops(&padded(input, start, b' ')),
        },
    };
    if stops != 0 { Some(stops.trailing_zeros() as usize) } else { long_name_length(rest) }
}

#[cold]
#[inline(never)]
fn long_name_length(rest: &[u8]) -> Option<usize> {
    rest.iter().position(|&octet| !is_token_octet(octet))
}

/// Optional white space (RFC 9110 5.6.3).
#[inline(always)]
const fn is_blank(octet: u8) -> bool {
    octet == b' ' || octet == b'\t'
}

#[cold]
#[inline(never)]
fn trim(input: &[u8], start: usize, end: usize) -> (usize, usize) {
    let value = input.get(start..end).unwrap_or_default();
    let leading = value.iter().take_while(|&&octet| is_blank(octet)).count();
    let trailing = value[leading..].iter().rev().take_while(|&&octet| is_blank(octet)).count();
    (start + leading, end - trailing)
}

/// The names that framing and connection handling look for. They differ in length, so that length and first letter
/// tell nearly for sure.
const KNOWN: [&[u8]; 6] = [b"host", b"expect", b"upgrade", b"connection", b"content-length", b"transfer-encoding"];

/// The first letter of the known name of each length.
const FIRST_LETTERS: [u8; 32] = {
    let mut letters = [0; 32];
    let mut index = 0;
    while index < KNOWN.len() {
        letters[KNOWN[index].len()] = KNOWN[index][0];
        index += 1;
    }
    letters
};

#[inline(always)]
fn may_be_known(first: u8, length: usize) -> bool {
    FIRST_LETTERS[length % 32] == first | 0x20
}

impl KnownFields {
    /// Takes note of the field that `line` begins with, if its name is a known one.
    #[inline]
    fn note(&mut self, line: &[u8], index: usize) {
        let is = |name: &[u8]| {
            line.get(name.len()) == Some(&b':')
                && line.get(..name.len()).is_some_and(|octets| octets.eq_ignore_ascii_case(name))
        };
        let Some(name) = KNOWN.iter().position(|&name| is(name)) else {
            return;
        };
        let occurrence = match name {
            0 => &mut self.host,
            1 => &mut self.expect,
            2 => &mut self.upgrade,
            3 => &mut self.connection,
            4 => &mut self.content_length,
            _ => &mut self.transfer_encoding,
        };
        if occurrence.count == 0 {
            occurrence.first = index as u16;
        }
        occurrence.count = occurrence.count.saturating_add(1);
    }
}
