use core::fmt;

/// The protocol version of a message (RFC 9112 2.3).
///
/// `HTTP/1.2` to `HTTP/1.9` are read as [`Http11`](Version::Http11): a higher minor version promises to be understood
/// by those who know a lower one (RFC 9110 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Version {
    /// `HTTP/1.0`
    Http10,
    /// `HTTP/1.1`
    Http11,
}

impl Version {
    /// The version as it is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
        }
    }

    #[inline(always)]
    pub(super) fn parse(octets: &[u8; 8]) -> Option<Self> {
        // Compared as numbers: octet by octet it would take eight times as many comparisons.
        const HTTP_1_1: u64 = u64::from_le_bytes(*b"HTTP/1.1");
        const HTTP_1_0: u64 = u64::from_le_bytes(*b"HTTP/1.0");
        match u64::from_le_bytes(*octets) {
            HTTP_1_1 => Some(Self::Http11),
            HTTP_1_0 => Some(Self::Http10),
            _ => matches!(octets, [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'2'..=b'9']).then_some(Self::Http11),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
