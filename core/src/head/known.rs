//! The fields that framing and connection handling look at are recognised while a head is parsed.
//!
//! Their names differ in length, so that length and first letter tell nearly for sure which field may be one of them.
//! Names are compared afterwards: on varied traffic a switch on every field would cost several times more.

use crate::scan::{Input, InstructionSet, WINDOW};

/// Where a field name that matters to the protocol occurs in a head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Occurrence {
    /// Index of the first field of this name; meaningless while `count` is 0.
    pub(crate) first: u16,
    /// How many fields have this name.
    pub(crate) count: u16,
}

/// Where the fields are that framing and connection handling look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownFields {
    pub(crate) host: Occurrence,
    pub(crate) content_length: Occurrence,
    pub(crate) transfer_encoding: Occurrence,
    pub(crate) connection: Occurrence,
    pub(crate) expect: Occurrence,
    pub(crate) upgrade: Occurrence,
}

/// Collects [`KnownFields`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Collector {
    /// One for each name, and one for no name. Where there is no first field, it is the last that there could be.
    occurrences: [Occurrence; NO_NAME + 1],
}

impl Collector {
    #[inline(always)]
    pub(super) const fn new() -> Self {
        Self { occurrences: [Occurrence { first: u16::MAX, count: 0 }; NO_NAME + 1] }
    }

    /// 1 where a field with a name of this length and first letter may be one of them, and 0 where it is not.
    #[inline(always)]
    pub(super) const fn may_know(length: usize, first: u8) -> u64 {
        HASHES >> hash(length, first) & 1
    }

    /// Takes note of the field whose name begins at `start`, if it is the known one of this length. The order in which
    /// fields are noted does not matter.
    #[inline(always)]
    pub(super) fn note<I: InstructionSet>(
        &mut self,
        instructions: I,
        input: Input<'_>,
        start: usize,
        length: usize,
        index: usize,
    ) {
        let name = usize::from(NAME_OF_LENGTH[length % WINDOW]);
        let window = input.window(start);
        // Lanes where the name is not are compared, too, and not looked at.
        let lower = NAMES_TO_COMPARE.get(name).and_then(|name| name.get(WINDOW - window.skip % WINDOW..));
        let (Some(lower), Some(occurrence)) =
            (lower.and_then(|lower| lower.first_chunk()), self.occurrences.get_mut(name))
        else {
            return;
        };
        let differing = !(instructions.equal_as_lower(window.octets, lower) >> (window.skip % WINDOW));
        let is_name = differing << (WINDOW - length % WINDOW - 1) << 1 == 0;
        occurrence.first = occurrence.first.min(if is_name { index as u16 } else { u16::MAX });
        occurrence.count += u16::from(is_name);
    }

    #[inline(always)]
    pub(super) const fn collected(self) -> KnownFields {
        let [host, expect, upgrade, connection, content_length, transfer_encoding, _] = self.occurrences;
        KnownFields { host, content_length, transfer_encoding, connection, expect, upgrade }
    }
}

const NAMES: [&[u8]; 6] = [b"host", b"expect", b"upgrade", b"connection", b"content-length", b"transfer-encoding"];

/// A number below 64 that tells most names apart from the known ones. Whether the letter is upper or lower case, which is
/// its bit 0x20, does not matter.
#[inline(always)]
const fn hash(length: usize, first: u8) -> u64 {
    (2 * first as u64 + length as u64) % 64
}

/// The hashes of the known names, as bits.
const HASHES: u64 = {
    let mut hashes = 0;
    let mut index = 0;
    while index < NAMES.len() {
        hashes |= 1 << hash(NAMES[index].len(), NAMES[index][0]);
        index += 1;
    }
    hashes
};

/// The index of what is equal to no name.
const NO_NAME: usize = NAMES.len();

/// The index of the name of each length.
const NAME_OF_LENGTH: [u8; WINDOW] = {
    let mut names = [NO_NAME as u8; WINDOW];
    let mut index = 0;
    while index < NAMES.len() {
        names[NAMES[index].len()] = index as u8;
        index += 1;
    }
    names
};

/// The names, each behind as much of nothing as a window may skip.
static NAMES_TO_COMPARE: [[u8; 2 * WINDOW]; NO_NAME + 1] = {
    let mut names = [[0; 2 * WINDOW]; NO_NAME + 1];
    let mut index = 0;
    while index < NAMES.len() {
        let mut offset = 0;
        while offset < NAMES[index].len() {
            names[index][WINDOW + offset] = NAMES[index][offset];
            offset += 1;
        }
        index += 1;
    }
    names
};
