/// Limits of a head, in octets and numbers. A limit is the most that is accepted.
///
/// ```
/// use pronto::head::HeadLimits;
///
/// let small = HeadLimits::new().with_octets(2048).with_target(512).with_fields(32);
/// assert_eq!(small.octets, 2048);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeadLimits {
    /// Octets of the whole head, its empty line and empty lines before it included; more is answered 431. 16 KiB;
    /// 64 KiB less one at most, since offsets take two octets.
    pub octets: u16,
    /// Octets of the request target; more is answered 414. 8 KiB.
    pub target: u16,
    /// Fields; more is answered 431. 100; 255 at most.
    pub fields: u8,
}

impl HeadLimits {
    /// The defaults.
    pub const fn new() -> Self {
        Self { octets: 16 * 1024, target: 8 * 1024, fields: 100 }
    }

    /// These limits with another one on the octets of a head.
    #[must_use]
    pub const fn with_octets(mut self, octets: u16) -> Self {
        self.octets = octets;
        self
    }

    /// These limits with another one on the octets of a request target.
    #[must_use]
    pub const fn with_target(mut self, octets: u16) -> Self {
        self.target = octets;
        self
    }

    /// These limits with another one on the number of fields.
    #[must_use]
    pub const fn with_fields(mut self, fields: u8) -> Self {
        self.fields = fields;
        self
    }
}

impl Default for HeadLimits {
    fn default() -> Self {
        Self::new()
    }
}
