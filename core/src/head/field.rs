/// Where a field stands in the input: offsets without a lifetime.
///
/// A table of these is lent to the parser; it need not be cleared between heads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSpan {
    pub(crate) name_start: u16,
    pub(crate) name_length: u16,
    pub(crate) value_start: u16,
    pub(crate) value_end: u16,
}

impl FieldSpan {
    /// An unused entry of a table.
    pub const EMPTY: Self = Self {
        name_start: 0,
        name_length: 0,
        value_start: 0,
        value_end: 0,
    };
}

/// A field: its name as it was sent, and its value without the white space around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name, as it was sent.
    pub name: &'a str,
    /// The value, without optional white space around it. Octets 0x80 to 0xff are possible (RFC 9110 5.5).
    pub value: &'a [u8],
}

/// The fields of a head, in order, duplicates kept.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    pub(crate) octets: &'a [u8],
    pub(crate) spans: core::slice::Iter<'a, FieldSpan>,
}

/// Where a field name that matters to the protocol occurs in a head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occurrence {
    /// Index of the first field of this name; meaningless while `count` is 0.
    pub(crate) first: u16,
    /// How many fields have this name.
    pub(crate) count: u16,
}

/// The fields that framing and connection handling look at, found while the head was parsed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownFields {
    pub(crate) host: Occurrence,
    pub(crate) content_length: Occurrence,
    pub(crate) transfer_encoding: Occurrence,
    pub(crate) connection: Occurrence,
    pub(crate) expect: Occurrence,
    pub(crate) upgrade: Occurrence,
}
