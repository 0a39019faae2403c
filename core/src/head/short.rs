//! The field section of a short head, which ends within the block of octets that it is looked for in.
//!
//! All octets are classified at once, and what is found is a mask of 64 bits for each class. The rest is arithmetic on masks, for all
//! lines at once: nothing is written down on the way and read again.

use crate::scan::{Class, Input, InstructionSet};

use super::{
    FieldSpan,
    known::Collector,
    parse::{HEAD_END, LINE_END, Section, span_of},
};

/// Reads the lines between the line ends of the block at `at`, the last of which is the end of the head; there is one more than
/// there are spans. `None`: one of the lines is not plain.
#[inline(always)]
pub(super) fn short<I: InstructionSet>(
    instructions: I,
    input: Input<'_>,
    at: usize,
    line_ends: u64,
    spans: &mut [FieldSpan],
) -> Option<Section> {
    let block = input.block(at);
    let last = 63 - line_ends.leading_zeros();
    let names = line_ends << 2 & ((1 << last) - 1);
    let stops = block.mask(instructions, Class::TokenStops);
    // Added to the octets of tokens, a bit where a name begins is carried to what comes behind the name. It is carried no
    // further than to the CR that ends the line, which the loop below makes sure of.
    let name_ends = names.wrapping_add(!stops) & stops;
    let spaces = block.mask(instructions, Class::Equal(b' '));
    let wrong = name_ends & (names | !block.mask(instructions, Class::Equal(b':')))
        | name_ends << 1 & !spaces
        // Where a value begins and where a line ends; no value is there where the line end comes behind the space.
        | (name_ends << 2 | line_ends >> 1) & spaces;
    if wrong != 0 {
        return None;
    }

    let first_line_end = at + lowest(line_ends);
    let mut line_end = first_line_end;
    let (mut line_ends_left, mut name_ends_left) = (without_lowest(line_ends), name_ends);
    let mut known = Collector::new();
    for (index, span) in spans.iter_mut().enumerate() {
        let &[cr, lf, first] = input.whole(line_end)?;
        if u16::from_le_bytes([cr, lf]) != LINE_END {
            return None;
        }
        let name_start = line_end + 2;
        let length = (at + lowest(name_ends_left)).wrapping_sub(name_start);
        line_end = at + lowest(line_ends_left);
        line_ends_left = without_lowest(line_ends_left);
        name_ends_left = without_lowest(name_ends_left);
        *span = span_of(name_start, length, line_end as u16);
        if Collector::may_know(length, first) != 0 {
            known.note(input, span, index);
        }
    }
    let end = line_end + HEAD_END.len();
    Some(Section { end, first_line_end, field_count: spans.len(), known: known.collected() })
}

/// The place of the lowest bit of a mask; 64 where there is none.
#[inline(always)]
const fn lowest(mask: u64) -> usize {
    mask.trailing_zeros() as usize
}

#[inline(always)]
const fn without_lowest(mask: u64) -> u64 {
    mask & mask.wrapping_sub(1)
}
