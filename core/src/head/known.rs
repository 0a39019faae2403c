//! The fields that framing and connection handling look at are recognised while a head is parsed.
//!
//! Their names differ in length, so that length and first letter tell nearly for sure which field may be one of them.
//! Names are compared afterwards: on varied traffic a switch on every field would cost several times more.

use crate::scan::{Input, InstructionSet, WINDOW};

/// The fields of a name that matters to the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occurrence {
    /// None has it.
    None,
    /// One has it: its index.
    One(u8),
    /// Several have it.
    Several,
}

/// The fields that framing and connection handling look at: in one number, so that it stays in a register.
///
/// From the lowest bit on: for each name whether it occurs, for each name whether it occurs again, and from bit 16 on an octet
/// for each of the first names, the index of its first field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownFields(u64);

impl KnownFields {
    /// How many bits of the number are used.
    pub(super) const BITS: u32 = 48;

    /// The number.
    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    /// From a number that may have something else above.
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits & ((1 << Self::BITS) - 1))
    }

    pub(crate) const fn host(self) -> Occurrence {
        self.occurrence(HOST)
    }

    pub(crate) const fn connection(self) -> Occurrence {
        self.occurrence(CONNECTION)
    }

    pub(crate) const fn content_length(self) -> Occurrence {
        self.occurrence(CONTENT_LENGTH)
    }

    pub(crate) const fn transfer_encoding(self) -> Occurrence {
        self.occurrence(TRANSFER_ENCODING)
    }

    /// Whether any field delimits content.
    pub(crate) const fn has_framing(self) -> bool {
        self.0 & (1 << CONTENT_LENGTH | 1 << TRANSFER_ENCODING) != 0
    }

    pub(crate) const fn has_expect(self) -> bool {
        self.0 & 1 << EXPECT != 0
    }

    #[inline(always)]
    const fn occurrence(self, name: usize) -> Occurrence {
        if self.0 >> name & 1 == 0 {
            Occurrence::None
        } else if self.0 >> (REPEATED + name) & 1 == 0 {
            Occurrence::One((self.0 >> (PLACES + 8 * name)) as u8)
        } else {
            Occurrence::Several
        }
    }
}

/// Collects [`KnownFields`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Collector(u64);

impl Collector {
    #[inline(always)]
    pub(super) const fn new() -> Self {
        Self(0)
    }

    /// 1 where a field with a name of this length and first letter may be one of them, and 0 where it is not.
    #[inline(always)]
    pub(super) const fn may_know(length: usize, first: u8) -> u64 {
        HASHES >> hash(length, first) & 1
    }

    /// Takes note of the field whose name begins at `start`, if it is the known one of this length. Fields are noted in
    /// their order.
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
        let Some(lower) = lower.and_then(|lower| lower.first_chunk()) else { return };
        let differing = !(instructions.equal_as_lower(window.octets, lower) >> (window.skip % WINDOW));
        let is_name = differing << (WINDOW - length % WINDOW - 1) << 1 == 0;
        let occurs = u64::from(is_name) << name;
        let again = self.0 & occurs;
        // What is noted of names without a place is shifted out.
        let place = if is_name && again == 0 { (index as u64 & 0xff) << PLACES << (8 * name) } else { 0 };
        self.0 |= occurs | again << REPEATED | place;
    }

    #[inline(always)]
    pub(super) const fn collected(self) -> KnownFields {
        KnownFields::from_bits(self.0)
    }
}

/// Where the bits for names that occur again begin.
const REPEATED: usize = NAMES.len();

/// Where the indexes of fields begin.
const PLACES: usize = 16;

/// The places of the names, those first whose fields are looked at by their index.
const HOST: usize = 0;
const CONNECTION: usize = 1;
const CONTENT_LENGTH: usize = 2;
const TRANSFER_ENCODING: usize = 3;
const EXPECT: usize = 4;

const NAMES: [&[u8]; 5] = [b"host", b"connection", b"content-length", b"transfer-encoding", b"expect"];

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
