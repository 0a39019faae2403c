//! The fast path of both head parsers, for plain heads: one vector pass for line ends, and one look at each line.
//!
//! It knows only "this is a plain head" and "not so". What is unusual is left to [`careful`](super::careful); what else
//! there is to say, be it that more must come or what is wrong, is said by [`diagnose`](super::diagnose), which never
//! accepts anything.

use crate::scan::{BLOCK, Input, InstructionSet, LEAST, WINDOW, mask_of};

use super::{
    FieldSpan, HeadLimits,
    careful::Careful,
    known::{Collector, KnownFields},
};

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
/// The spans of fields go to `table`. `None`: there is no whole section, or it has more fields than its limit, or than a
/// table that is not empty has entries.
#[inline(always)]
pub(crate) fn section<I: InstructionSet>(
    instructions: I,
    limits: HeadLimits,
    input: Input<'_>,
    from: usize,
    table: &mut [FieldSpan],
) -> Option<Section> {
    let entries = table.len();
    let section = section_of_any_size(instructions, input, from, table)?;
    let fits_table = entries == 0 || section.field_count <= entries;
    (fits_table && section.field_count <= usize::from(limits.fields)).then_some(section)
}

/// The count of fields may exceed the table.
#[inline(always)]
fn section_of_any_size<I: InstructionSet>(
    instructions: I,
    input: Input<'_>,
    from: usize,
    table: &mut [FieldSpan],
) -> Option<Section> {
    let mut ends = [0; MOST_LINES];
    match find_line_ends(instructions, input, from, &mut ends) {
        LineEnds::All(count) => {
            if let Some(section) = plain(instructions, input, ends.get(..count)?, table) {
                return Some(section);
            }
        }
        LineEnds::NoneLast => return None,
        LineEnds::Unusual => {}
    }
    instructions.apart(Careful { input, from, table })
}

/// What ends a line, as a number.
pub(super) const LINE_END: u16 = u16::from_le_bytes(*b"\r\n");

/// What the empty line makes of the end of a head.
pub(super) const HEAD_END: &[u8; 4] = b"\r\n\r\n";

/// The two octets at `at`, as a number.
#[inline(always)]
pub(super) fn two_at(octets: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*octets.get(at..)?.first_chunk()?))
}

enum LineEnds {
    /// All were found: so many, the last of which is the head's end.
    All(usize),
    /// The input ends before the head does.
    NoneLast,
    /// There are more than there is room for, or octets that would need a closer look.
    Unusual,
}

/// The most lines of a plain head, the first one included. Most heads have fewer.
const MOST_LINES: usize = 64;

/// How many line ends are stored for a block whether or not it has them; it rarely has more.
const STORED: usize = 3;

/// Finds where lines end, from `at` on.
///
/// In a plain head, only what ends lines is no text. So in a mask of what is no text, a line end is the start of a run,
/// and the head's end a run of more than two. Whether the others are CR and LF is looked at with the lines.
#[inline(always)]
fn find_line_ends<I: InstructionSet>(
    instructions: I,
    input: Input<'_>,
    from: usize,
    ends: &mut [u16; MOST_LINES],
) -> LineEnds {
    let octets = input.octets();
    let mut at = from;
    let mut count = 0;
    // Whether the two octets before the block are no text: two bits, the last octet's above the other's.
    let mut before = 0;
    let (starts, thirds) = loop {
        let Some(block) = octets.get(at..at + BLOCK).and_then(|block| block.first_chunk()) else {
            if at >= octets.len() {
                return LineEnds::NoneLast;
            }
            let no_text = input.last_mask(instructions, at, I::no_text);
            let (starts, thirds) = runs(no_text, before);
            if thirds == 0 {
                return LineEnds::NoneLast;
            }
            break (starts, thirds);
        };
        let no_text = mask_of(instructions, block, I::no_text);
        let (starts, thirds) = runs(no_text, before);
        if thirds != 0 {
            break (starts, thirds);
        }
        let Some(number) = store(ends, count, at, starts) else {
            return LineEnds::Unusual;
        };
        count += number;
        before = no_text >> (BLOCK - 2);
        at += BLOCK;
    };
    let third = thirds.trailing_zeros() as usize;
    let Some(number) = store(ends, count, at, starts & ((1 << third) - 1)) else {
        return LineEnds::Unusual;
    };
    // A run that begins the head's end does so two octets before its third.
    let end = at + third - 2;
    match octets.get(end..end + HEAD_END.len()) {
        Some(octets) if octets == HEAD_END => LineEnds::All(count + number),
        // It may be that the last octet is still to come.
        _ => LineEnds::Unusual,
    }
}

/// Where runs of bits begin, and all bits that two others come right before.
#[inline(always)]
pub(super) const fn runs(bits: u64, before: u64) -> (u64, u64) {
    // Sums instead of unions, since what is added comes in where the shift leaves nothing: the processor has one instruction
    // for it.
    let follows_one = (bits << 1).wrapping_add(before >> 1);
    let follows_two = (bits << 2).wrapping_add(before);
    (bits & !follows_one, bits & follows_one & follows_two)
}

/// Stores the offsets of the bits of `starts` in a block at `at`, behind `count` others, and gives their number.
///
/// Storing three, and counting those there are, spares a branch that could not be predicted.
#[inline(always)]
fn store(ends: &mut [u16; MOST_LINES], count: usize, at: usize, starts: u64) -> Option<usize> {
    let mut left = starts;
    for place in ends.get_mut(count..count + STORED)? {
        *place = (at + left.trailing_zeros() as usize) as u16;
        left &= left.wrapping_sub(1);
    }
    let mut more = count + STORED;
    while left != 0 {
        *ends.get_mut(more)? = (at + left.trailing_zeros() as usize) as u16;
        left &= left - 1;
        more += 1;
    }
    Some(starts.count_ones() as usize)
}

/// Reads the lines between line ends. `None`: one of them is not plain.
///
/// Nothing is carried from line to line, so that lines can overlap in the processor, and a branch is only taken for what
/// is rare.
#[inline(always)]
fn plain<I: InstructionSet>(
    instructions: I,
    input: Input<'_>,
    ends: &[u16],
    table: &mut [FieldSpan],
) -> Option<Section> {
    let octets = input.octets();
    let (&first_line_end, ends) = ends.split_first()?;
    let spans = table.get_mut(..ends.len())?;
    let mut candidates = 0_u64;
    let mut end_before = usize::from(first_line_end);
    let mut lines = ends.iter().zip(&mut *spans).enumerate();
    // Up to here what is around a line end lies in the input as it is, which spares a look at where it ends.
    let near_end = octets.len().saturating_sub(AROUND);
    while end_before <= near_end {
        let Some((index, (&end, span))) = lines.next() else { break };
        let around = octets.get(end_before - 1..end_before - 1 + AROUND)?.first_chunk()?;
        let (length, candidate) = plain_name(instructions, around, 0)?;
        *span = span_of(end_before + 2, length, end);
        candidates |= candidate << index;
        end_before = usize::from(end);
    }
    for (index, (&end, span)) in lines {
        let around = input.part(end_before - 1);
        let (length, candidate) = plain_name(instructions, around.octets, around.skip)?;
        *span = span_of(end_before + 2, length, end);
        candidates |= candidate << index;
        end_before = usize::from(end);
    }
    if *octets.get(end_before - 1)? <= b' ' {
        return None;
    }
    let mut known = Collector::new();
    while candidates != 0 {
        let index = candidates.trailing_zeros() as usize;
        candidates &= candidates - 1;
        let span = spans.get(index)?;
        known.note(instructions, input, usize::from(span.name_start), usize::from(span.name_length), index);
    }
    Some(Section {
        end: end_before + HEAD_END.len(),
        first_line_end: usize::from(first_line_end),
        field_count: ends.len(),
        known: known.collected(),
    })
}

/// How many octets are looked at around a line end: the one before it, the CRLF, a window for the name of the field behind
/// it, and what separates that from its value.
const AROUND: usize = 1 + 2 + WINDOW + 3;

const _: () = assert!(AROUND <= LEAST);

/// Looks at a line end and at the name of the field behind it, and gives the length of the name, and whether the field may
/// be a known one. `skip` octets come before those that are meant. `None`: something is not plain.
#[inline(always)]
fn plain_name<I: InstructionSet>(instructions: I, around: &[u8; AROUND], skip: usize) -> Option<(usize, u64)> {
    let &[before, cr, lf, first] = around.get(skip..skip + 4)?.first_chunk()?;
    let length = instructions.token_length(around[3..].first_chunk()?, skip);
    let &[after_name, space, value] = around.get(skip + 3 + length..skip + 3 + length + 3)?.first_chunk()?;
    // An octet of a plain line that is not above the space is a space, or belongs to the line's end.
    let is_plain = before > b' '
        && u16::from_le_bytes([cr, lf]) == LINE_END
        && u16::from_le_bytes([after_name, space]) == SEPARATOR
        && value > b' '
        && length.wrapping_sub(1) < WINDOW - 1;
    is_plain.then(|| (length, Collector::may_know(length, first)))
}

/// Where a field is whose name begins here, and whose line ends there.
#[inline(always)]
const fn span_of(start: usize, length: usize, end: u16) -> FieldSpan {
    FieldSpan {
        name_start: start as u16,
        name_length: length as u16,
        value_start: (start + length + 2) as u16,
        value_end: end,
    }
}

/// What stands between name and value in nearly all lines.
const SEPARATOR: u16 = u16::from_le_bytes(*b": ");
