/// Limits of multipart content. A limit is the most that is accepted.
///
/// ```
/// use pronto::content::MultipartLimits;
///
/// let small = MultipartLimits::new().with_parts(10).with_head_octets(512);
/// assert_eq!((small.parts, small.head_octets), (10, 512));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MultipartLimits {
    /// Octets of the head of a part, its empty line included. 8 KiB.
    pub head_octets: u16,
    /// Fields in the head of a part. 16.
    pub fields: u16,
    /// Parts. 1,000.
    pub parts: u32,
    /// Octets that mean nothing, taken together: before the parts, behind them, and spaces behind boundaries. 8 KiB.
    pub octets_around: u32,
}

impl MultipartLimits {
    /// The defaults.
    pub const fn new() -> Self {
        Self { head_octets: 8 * 1024, fields: 16, parts: 1_000, octets_around: 8 * 1024 }
    }

    /// These limits with another one on the octets of the head of a part.
    #[must_use]
    pub const fn with_head_octets(mut self, octets: u16) -> Self {
        self.head_octets = octets;
        self
    }

    /// These limits with another one on the number of fields in the head of a part.
    #[must_use]
    pub const fn with_fields(mut self, fields: u16) -> Self {
        self.fields = fields;
        self
    }

    /// These limits with another one on the number of parts.
    #[must_use]
    pub const fn with_parts(mut self, parts: u32) -> Self {
        self.parts = parts;
        self
    }

    /// These limits with another one on the octets that mean nothing.
    #[must_use]
    pub const fn with_octets_around(mut self, octets: u32) -> Self {
        self.octets_around = octets;
        self
    }
}

impl Default for MultipartLimits {
    fn default() -> Self {
        Self::new()
    }
}
