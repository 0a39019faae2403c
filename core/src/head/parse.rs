//! The fast path of both head parsers, for plain heads: one vector pass for line ends, and one look at each line. What ends within a
//! block of octets has a [`short`](super::short) way of its own.
//!
//! It knows only "this is a plain head" and "not so". What is unusual is left to [`careful`](super::careful); what else
//! there is to say, be it that more must come or what is wrong, is said by [`diagnose`](super::diagnose), which never
//! accepts anything.

use core::marker::PhantomData;

use crate::scan::{BLOCK, Class, Input, InstructionSet, LEAST, ROOM, Scan, WINDOW, places};

use super::{
    FieldSpan, HeadLimits,
    careful::Careful,
    diagnose::FirstLine,
    known::{Collector, KnownFields},
    short::short,
};

/// A kind of head: what its first line is, and what is kept of the whole.
pub(crate) trait Grammar: Sized {
    const FIRST_LINE: FirstLine;

    /// How many fields are read as part of the first line; they come first in the table.
    const FIELDS_IN_LINE: usize = 0;

    /// What is read of the first line before the fields are.
    type Line: Copy;

    /// Reads the first line, which begins at `start`. `None`: there is none, or it is wrong.
    fn line<I: InstructionSet>(
        instructions: I,
        limits: HeadLimits,
        input: Input<'_>,
        start: usize,
    ) -> Option<Self::Line>;

    /// An offset in the first line that no line end comes before; better one that is known early than a later one.
    #[inline(always)]
    fn in_line(_: Self::Line, start: usize) -> usize {
        start
    }

    /// Puts a head together from its first line and the fields behind it.
    fn head<I: InstructionSet>(
        instructions: I,
        input: Input<'_>,
        start: usize,
        line: Self::Line,
        section: Section,
        table: &mut [FieldSpan],
    ) -> Option<Self>;
}

/// The field section of a head.
pub(crate) struct Section {
    /// The offset behind the empty line that ends the head.
    pub(crate) end: usize,
    /// The offset of the CRLF that ends the first line.
    pub(crate) first_line_end: usize,
    /// How many fields there are, those that are read as part of the first line included where a head is made of it.
    pub(crate) field_count: usize,
    pub(crate) known: KnownFields,
}

/// Parses the head whose first line begins at `start`.
///
/// The spans of fields go to `table`. `None`: there is no whole head, or it has more fields than its limit, or than a table
/// that is not empty has entries.
#[inline(always)]
pub(crate) fn parse<G: Grammar, I: InstructionSet>(
    instructions: I,
    limits: HeadLimits,
    input: Input<'_>,
    start: usize,
    table: &mut [FieldSpan],
) -> Option<G> {
    let line = G::line(instructions, limits, input, start)?;
    let from = G::in_line(line, start);
    // Closures are not compiled for the tier where they are not inlined, so there are none here.
    let section = match short_section::<G, I>(instructions, limits, input, from, table) {
        Some(section) => Some(section),
        None => {
            let mut ends = [0; PLACES];
            match find_line_ends(instructions, input, from, &mut ends) {
                LineEnds::All(count) => match room_for::<G>(table, limits, count) {
                    Some(fields) => plain(instructions, input, &ends, fields),
                    None => None,
                },
                LineEnds::NoneLast => return None,
                LineEnds::Unusual => None,
            }
        }
    };
    match section {
        Some(mut section) => {
            section.field_count += G::FIELDS_IN_LINE;
            G::head(instructions, input, start, line, section, table)
        }
        None => instructions.apart(Unusual { limits, input, start, line, table, head: PhantomData }),
    }
}

/// The field section of a head that ends within the block at `from`. `None`: it does not, or is not plain.
#[inline(always)]
fn short_section<G: Grammar, I: InstructionSet>(
    instructions: I,
    limits: HeadLimits,
    input: Input<'_>,
    from: usize,
    table: &mut [FieldSpan],
) -> Option<Section> {
    if !I::HAS_VECTORS {
        return None;
    }
    let no_text = input.mask(instructions, from, Class::NoText);
    let (starts, thirds) = runs(no_text, 0);
    if thirds == 0 {
        return None;
    }
    let line_ends = last_line_ends(input, from, starts, thirds)?;
    let fields = room_for::<G>(table, limits, line_ends.count_ones() as usize)?;
    short(instructions, input, from, line_ends, fields)
}

/// The entries for the fields between so many line ends, without those that are read as part of the first line. `None`: there
/// are too few, or the fields are more than the limit.
#[inline(always)]
fn room_for<G: Grammar>(table: &mut [FieldSpan], limits: HeadLimits, line_ends: usize) -> Option<&mut [FieldSpan]> {
    let field_count = line_ends - 1 + G::FIELDS_IN_LINE;
    let is_within = field_count <= usize::from(limits.fields);
    if is_within { table.get_mut(G::FIELDS_IN_LINE..field_count) } else { None }
}

/// To parse a head that is not plain.
struct Unusual<'i, 't, G: Grammar> {
    limits: HeadLimits,
    input: Input<'i>,
    start: usize,
    line: G::Line,
    table: &'t mut [FieldSpan],
    head: PhantomData<G>,
}

impl<G: Grammar> Scan for Unusual<'_, '_, G> {
    type Output = Option<G>;

    #[inline(always)]
    fn run<I: InstructionSet>(self, instructions: I) -> Option<G> {
        let Self { limits, input, start, line, table, .. } = self;
        let entries = table.len();
        let from = G::in_line(line, start);
        let fields = table.get_mut(G::FIELDS_IN_LINE..).unwrap_or_default();
        let mut section = Careful { input, from, table: fields }.run(instructions)?;
        section.field_count += G::FIELDS_IN_LINE;
        let fits_table = entries == 0 || section.field_count <= entries;
        let is_within = fits_table && section.field_count <= usize::from(limits.fields);
        is_within.then(|| G::head(instructions, input, start, line, section, table))?
    }
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

/// Places for line ends: whatever is behind the last one is written over.
const PLACES: usize = MOST_LINES + ROOM;

/// Finds where lines end, from `at` on.
///
/// In a plain head, only what ends lines is no text. So in a mask of what is no text, a line end is the start of a run,
/// and the head's end a run of more than two. Whether the others are CR and LF is looked at with the lines.
#[inline(always)]
fn find_line_ends<I: InstructionSet>(
    instructions: I,
    input: Input<'_>,
    from: usize,
    ends: &mut [u16; PLACES],
) -> LineEnds {
    let octets = input.octets();
    let mut at = from;
    let mut count = 0;
    // Whether the two octets before the block are no text: two bits, the last octet's above the other's.
    let mut before = 0;
    let (starts, thirds) = loop {
        let Some(block) = input.whole(at) else {
            if at >= octets.len() {
                return LineEnds::NoneLast;
            }
            let no_text = input.last_mask(instructions, at, Class::NoText);
            let (starts, thirds) = runs(no_text, before);
            if thirds == 0 {
                return LineEnds::NoneLast;
            }
            break (starts, thirds);
        };
        let no_text = instructions.block(Class::NoText, block);
        let (starts, thirds) = runs(no_text, before);
        if thirds != 0 {
            break (starts, thirds);
        }
        let Some(room) = room(ends, count) else { return LineEnds::Unusual };
        instructions.places(starts, at, room);
        count += starts.count_ones() as usize;
        before = no_text >> (BLOCK - 2);
        at += BLOCK;
    };
    let (Some(room), Some(last)) = (room(ends, count), last_line_ends(input, at, starts, thirds)) else {
        return LineEnds::Unusual;
    };
    places(last, at, room);
    count += last.count_ones() as usize;
    if count <= MOST_LINES { LineEnds::All(count) } else { LineEnds::Unusual }
}

/// The line ends of the block at `at` that the head ends with. `None`: something else ends it, or the last octet of its end
/// is still to come.
#[inline(always)]
fn last_line_ends(input: Input<'_>, at: usize, starts: u64, thirds: u64) -> Option<u64> {
    let third = thirds.trailing_zeros() as usize;
    // A run that begins the head's end does so two octets before its third.
    let is_end = input.whole(at + third - 2)? == HEAD_END;
    if is_end { Some(starts & ((1 << third) - 1)) } else { None }
}

/// Room for the line ends of a block behind so many.
#[inline(always)]
fn room(ends: &mut [u16; PLACES], count: usize) -> Option<&mut [u16; ROOM]> {
    if count > MOST_LINES {
        return None;
    }
    ends.get_mut(count..)?.first_chunk_mut()
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

/// Reads the lines between line ends, as many as there are spans, which are fewer than line ends. `None`: one of them is not
/// plain.
///
/// Nothing is carried from line to line, so that lines can overlap in the processor, and a branch is only taken for what
/// is rare.
#[inline(always)]
fn plain<I: InstructionSet>(
    instructions: I,
    input: Input<'_>,
    ends: &[u16; PLACES],
    spans: &mut [FieldSpan],
) -> Option<Section> {
    let mut candidates = Candidates(0);
    let first_line_end = usize::from(ends[0]);
    let mut end_before = first_line_end;
    let mut lines = spans.iter_mut().zip(1..);
    // Up to here what is around a line end lies in the input as it is, which spares a look at where it ends.
    while let Some(around) = input.whole(end_before.wrapping_sub(1)) {
        let Some((span, line)) = lines.next() else { break };
        let length = plain_name(instructions, around, 0, &mut candidates)?;
        let end = ends[line % MOST_LINES];
        *span = span_of(end_before + 2, length, end);
        end_before = usize::from(end);
    }
    for (span, line) in lines {
        let around = input.part(end_before.checked_sub(1)?);
        let length = plain_name(instructions, around.octets, around.skip, &mut candidates)?;
        let end = ends[line % MOST_LINES];
        *span = span_of(end_before + 2, length, end);
        end_before = usize::from(end);
    }
    if *input.octets().get(end_before.wrapping_sub(1))? <= b' ' {
        return None;
    }
    let mut known = Collector::new();
    let Candidates(mut left) = candidates;
    let last = spans.len().wrapping_sub(1);
    while left != 0 {
        let index = last.wrapping_sub(left.trailing_zeros() as usize);
        left &= left - 1;
        known.note(input, spans.get(index)?, index);
    }
    let end = end_before + HEAD_END.len();
    Some(Section { end, first_line_end, field_count: spans.len(), known: known.collected() })
}

/// How many octets are looked at around a line end: the one before it, the CRLF, a window for the name of the field behind
/// it, and what separates that from its value.
const AROUND: usize = 1 + 2 + WINDOW + 3;

const _: () = assert!(AROUND <= LEAST);

/// The fields that may be known ones: a bit for each field, the last one lowest.
struct Candidates(u64);

/// Looks at a line end and at the name of the field behind it, and gives the length of the name. `skip` octets come before
/// those that are meant. `None`: something is not plain.
#[inline(always)]
fn plain_name<I: InstructionSet>(
    instructions: I,
    around: &[u8; AROUND],
    skip: usize,
    candidates: &mut Candidates,
) -> Option<usize> {
    let (before, first) = (*around.get(skip)?, *around.get(skip + 3)?);
    let line_end = u16::from_le_bytes(*around.get(skip + 1..)?.first_chunk()?);
    let length = instructions.length_before(Class::TokenStops, around[3..].first_chunk()?, skip);
    let &[after_name, space, value] = around.get(skip + 3 + length..)?.first_chunk()?;
    // An octet of a plain line that is not above the space is a space, or belongs to the line's end.
    let is_plain = before > b' '
        && line_end == LINE_END
        && u16::from_le_bytes([after_name, space]) == SEPARATOR
        && value > b' '
        && length != 0;
    candidates.0 = candidates.0 << 1 | Collector::may_know(length, first);
    is_plain.then_some(length)
}

/// Where a field is whose name begins here, and whose line ends there.
#[inline(always)]
pub(super) const fn span_of(start: usize, length: usize, end: u16) -> FieldSpan {
    FieldSpan {
        name_start: start as u16,
        name_length: length as u16,
        value_start: (start + length + 2) as u16,
        value_end: end,
    }
}

/// What stands between name and value in nearly all lines.
const SEPARATOR: u16 = u16::from_le_bytes(*b": ");

#[cfg(test)]
mod tests {
    use alloc::{format, string::String};

    use super::*;
    use crate::{
        head::{FieldSection, RequestHead},
        scan::{dispatch, tests::with_every_tier},
    };

    /// Whether the way of short heads is taken by `input`; as it should be, where a tier has none.
    #[derive(Clone, Copy)]
    struct IsShort<'i> {
        input: &'i [u8],
        should_be: bool,
        is_section: bool,
    }

    impl Scan for IsShort<'_> {
        type Output = bool;

        fn run<I: InstructionSet>(self, instructions: I) -> bool {
            let Some(input) = Input::new(self.input) else { return false };
            let (limits, table) = (HeadLimits::new(), &mut [FieldSpan::EMPTY; 8]);
            let section = if self.is_section {
                short_section::<FieldSection, I>(instructions, limits, input, 0, table)
            } else {
                short_section::<RequestHead, I>(instructions, limits, input, 0, table)
            };
            if I::HAS_VECTORS { section.is_some() } else { self.should_be }
        }
    }

    #[test]
    fn what_ends_within_a_block_is_read_the_short_way() {
        for line in ["GET / HTTP/1.1\r\nHost: a.example\r\n", "Accept: text/plain\r\nHost: a.example\r\n"] {
            for behind in
                ["", "GET /next HTTP/1.1\r\nHost: a.example\r\n\r\nGET /another HTTP/1.1\r\nHost: a.example\r\n\r\n"]
            {
                for octets in 44..80 {
                    let padding = "p".repeat(octets - line.len() - "X: \r\n\r\n".len());
                    let input: String = format!("{line}X: {padding}\r\n\r\n{behind}");
                    // The last octet may lie behind the block. An empty value is not plain.
                    let should_be = octets <= BLOCK + 1 && !padding.is_empty();
                    with_every_tier(|tier| {
                        let is_section = line.starts_with('A');
                        let is_short = dispatch(IsShort { input: input.as_bytes(), should_be, is_section });
                        assert_eq!(is_short, should_be, "{octets} octets, {tier}");
                    });
                }
            }
        }
    }
}
