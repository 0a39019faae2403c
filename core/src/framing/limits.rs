/// How much of each part of a content is accepted. All are on by default; turning one off means typing its maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContentLimits {
    /// Octets of content, without those of its framing. Default: 1 MiB. More is answered 413.
    pub content: u64,
    /// Octets of chunk extensions in a message, each counted with its semicolon. Default: 4 KiB. More is answered 400.
    pub extensions: u32,
    /// Octets of the trailer section, line ends counted, the empty line that ends it not. Default: 8 KiB. More is
    /// answered 431. A caller must be able to hold a line of this length (see [`Part::NeedInput`](super::Part)).
    pub trailers: u32,
    /// Fields in the trailer section. Default: 100. More is answered 431.
    pub trailer_fields: u16,
}

impl ContentLimits {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            content: 1 << 20,
            extensions: 4 << 10,
            trailers: 8 << 10,
            trailer_fields: 100,
        }
    }

    /// With another limit on the octets of content.
    #[must_use]
    pub const fn with_content(mut self, octets: u64) -> Self {
        self.content = octets;
        self
    }

    /// With another limit on the octets of chunk extensions.
    #[must_use]
    pub const fn with_extensions(mut self, octets: u32) -> Self {
        self.extensions = octets;
        self
    }

    /// With another limit on the octets of the trailer section.
    #[must_use]
    pub const fn with_trailers(mut self, octets: u32) -> Self {
        self.trailers = octets;
        self
    }

    /// With another limit on the fields of the trailer section.
    #[must_use]
    pub const fn with_trailer_fields(mut self, fields: u16) -> Self {
        self.trailer_fields = fields;
        self
    }
}

impl Default for ContentLimits {
    fn default() -> Self {
        Self::new()
    }
}
