//! The fields that framing and connection handling look at are recognised while a head is parsed.
//!
//! Their names differ in length, so that length and first letter tell nearly for sure which field may be one of them.
//! Names are compared afterwards: on varied traffic a switch on every field would cost several times more.

use crate::scan::{Input, WINDOW};

use super::FieldSpan;

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
/// for each of the first names, the index of its field where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownFields(u64);

impl KnownFields {
    /// How many bits of the number are used.
    pub(super) const BITS: u32 = 48;

    /// The bits of what tells that something comes behind a head, or is waited for.
    pub(super) const BEHIND_HEAD: u64 = 1 << CONTENT_LENGTH | 1 << TRANSFER_ENCODING | 1 << EXPECT;

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

    /// Takes note of a field, if it is a known one. The order of calls does not matter.
    #[inline(always)]
    pub(super) fn note(&mut self, input: Input<'_>, span: &FieldSpan, index: usize) {
        let (start, length) = (usize::from(span.name_start), usize::from(span.name_length));
        // Each head has this one, and numbers that are known in advance are soonest compared.
        if length == NAMES[HOST].len()
            && let Some(name) = input.whole(start)
        {
            if u32::from_le_bytes(*name) | CASE_BITS as u32 == u32::from_le_bytes(*b"host") {
                self.add(HOST, index);
            }
            return;
        }
        let Some(name) = NAME_OF_LENGTH.get(length) else { return };
        // Hardly anything else is noted, so that a branch is foreseen, and what follows need not wait for the octets.
        if name.is(input, start) {
            self.add(usize::from(name.place), index);
        }
    }

    #[inline(always)]
    const fn add(&mut self, place: usize, index: usize) {
        let occurs = 1 << place;
        let again = self.0 & occurs;
        // What is noted of names without a place is shifted out. The places of a name that occurs again are mixed up, and not
        // looked at.
        self.0 |= occurs | again << REPEATED | (index as u64 & 0xff) << PLACES << (8 * place);
    }

    #[inline(always)]
    pub(super) const fn collected(self) -> KnownFields {
        // What was shifted out lies above, where the head has other bits.
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

/// A name in lower case, as it is compared.
#[derive(Clone, Copy)]
struct Name {
    /// Its first eight octets and its last, which are the same where there are no more, and nothing behind a shorter name.
    parts: [u64; 2],
    /// The octets of both parts that are looked at.
    looked_at: u64,
    /// Where the last part begins.
    last_part: u16,
    /// What stands between the two parts, where the name is longer than both.
    between: u8,
    /// Its place in [`NAMES`].
    place: u8,
}

impl Name {
    /// What no name is.
    const NONE: Self = Self { parts: [u64::MAX; 2], looked_at: 0, last_part: 0, between: 0, place: 0 };

    const fn new(place: usize) -> Self {
        let name = NAMES[place];
        let last_part = name.len().saturating_sub(PART);
        assert!(last_part <= PART + 1, "at most one octet is between the parts");
        let mut parts = [0; 2];
        let mut octet = 0;
        while octet < PART && octet < name.len() {
            parts[0] |= (name[octet] as u64) << (8 * octet);
            parts[1] |= (name[last_part + octet] as u64) << (8 * octet);
            octet += 1;
        }
        let looked_at = if name.len() < PART { (1 << (8 * name.len())) - 1 } else { u64::MAX };
        let between = if last_part > PART { name[PART] } else { 0 };
        Self { parts, looked_at, last_part: last_part as u16, between, place: place as u8 }
    }

    /// Whether it begins at `start`, in any case. What is looked at lies in a head, since an empty line follows each field.
    #[inline(always)]
    fn is(&self, input: Input<'_>, start: usize) -> bool {
        let (Some(first), Some(last)) = (input.whole(start), input.whole(start + usize::from(self.last_part))) else {
            return false;
        };
        let lower = |octets: &[u8; PART]| (u64::from_le_bytes(*octets) | CASE_BITS) & self.looked_at;
        let is_equal = lower(first) == self.parts[0] && lower(last) == self.parts[1];
        is_equal && (self.between == 0 || input.octets().get(start + PART) == Some(&self.between))
    }
}

/// Octets that are compared at once.
const PART: usize = 8;

/// What makes letters lower-case.
const CASE_BITS: u64 = u64::from_le_bytes([0x20; 8]);

/// The name of each length.
static NAME_OF_LENGTH: [Name; WINDOW + 1] = {
    let mut names = [Name::NONE; WINDOW + 1];
    let mut place = 0;
    while place < NAMES.len() {
        names[NAMES[place].len()] = Name::new(place);
        place += 1;
    }
    names
};
