use core::{fmt, num::NonZeroU64};

use crate::head::Status;

use super::Persistence;

/// Proof that a response was written, and what must still follow its head. Only a writer makes one.
#[derive(PartialEq, Eq)]
#[must_use = "the connection must be told of the reply"]
pub struct Replied {
    /// Octets of content, where that is told.
    length: u64,
    /// From the lowest on: the status (16 bits), the [`Rest`] (8 bits), and whether the connection closes.
    ///
    /// Two numbers, and not a field for each of them, are moved in registers. Fields that were stored one by one and are
    /// loaded together have the processor wait for the stores.
    about: NonZeroU64,
}

/// What must be sent behind what a writer wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Following {
    /// Nothing: the response is complete.
    Nothing,
    /// Exactly this many octets.
    Octets(u64),
    /// Chunks, as [`encode`](crate::framing::encode) frames them, and a last one.
    Chunked,
    /// Any octets; the end of the connection is the end of the content.
    UntilClose,
    /// The other protocol's octets.
    Upgrade,
}

/// What of the content is sent behind what was written, and whether its length is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing.
    None = 0,
    /// Nothing, of content whose length is not told.
    NoneOfUnknown = 1,
    /// All of it.
    Octets = 2,
    Chunked = 3,
    UntilClose = 4,
    Upgrade = 5,
}

/// Where what is packed begins.
mod shift {
    pub(super) const REST: u32 = 16;
    pub(super) const CLOSES: u32 = 24;
}

impl Replied {
    #[inline(always)]
    pub(super) const fn new(status: Status, persistence: Persistence, rest: Rest, length: u64) -> Self {
        let closes = matches!(persistence, Persistence::Close) as u64;
        let rest = (rest as u64) << shift::REST;
        // No status is 0.
        let about = match NonZeroU64::new(status.code() as u64 | rest | closes << shift::CLOSES) {
            Some(about) => about,
            None => NonZeroU64::MIN,
        };
        Self { length, about }
    }

    /// The status that was written.
    #[inline]
    pub const fn status(&self) -> Status {
        Status::from_own_code(self.about.get() as u16)
    }

    /// Whether the response said that the connection closes.
    #[inline]
    pub const fn persistence(&self) -> Persistence {
        if self.about.get() >> shift::CLOSES & 1 == 1 { Persistence::Close } else { Persistence::Keep }
    }

    /// What must still be sent.
    #[inline]
    pub const fn following(&self) -> Following {
        match self.rest() {
            Rest::None | Rest::NoneOfUnknown => Following::Nothing,
            Rest::Octets => Following::Octets(self.length),
            Rest::Chunked => Following::Chunked,
            Rest::UntilClose => Following::UntilClose,
            Rest::Upgrade => Following::Upgrade,
        }
    }

    /// Octets of content sent or still to be sent, where that is known: for logs.
    pub const fn content_length(&self) -> Option<u64> {
        match self.rest() {
            Rest::None | Rest::Octets => Some(self.length),
            Rest::NoneOfUnknown | Rest::Chunked | Rest::UntilClose | Rest::Upgrade => None,
        }
    }

    /// Whether the connection is as before: nothing must be sent, and it stays.
    #[inline(always)]
    pub(crate) const fn leaves_nothing(&self) -> bool {
        const REST_OR_CLOSES: u64 = 0xff << shift::REST | 1 << shift::CLOSES;
        self.about.get() & REST_OR_CLOSES == (Rest::None as u64) << shift::REST
    }

    #[inline(always)]
    const fn rest(&self) -> Rest {
        match (self.about.get() >> shift::REST) as u8 {
            1 => Rest::NoneOfUnknown,
            2 => Rest::Octets,
            3 => Rest::Chunked,
            4 => Rest::UntilClose,
            5 => Rest::Upgrade,
            _ => Rest::None,
        }
    }
}

impl fmt::Debug for Replied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Replied")
            .field("status", &self.status())
            .field("persistence", &self.persistence())
            .field("following", &self.following())
            .field("content_length", &self.content_length())
            .finish()
    }
}
