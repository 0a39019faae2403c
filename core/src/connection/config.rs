use core::time::Duration;

use crate::head::HeadLimits;

/// The limits and timeouts of a connection. All are on by default; `None` turns a timeout off, and has to be typed.
///
/// One value serves any number of connections: it is lent with each call and not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Limits in octets and numbers.
    pub limits: Limits,
    /// Limits in time.
    pub timeouts: Timeouts,
}

impl Config {
    /// The defaults.
    pub const fn new() -> Self {
        Self { limits: Limits::new(), timeouts: Timeouts::new() }
    }
}

/// What one connection may use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Limits of a request head.
    pub head: HeadLimits,
    /// Octets of a request's content where the service does not say otherwise; more is answered 413. 1 MiB.
    pub content: u64,
    /// Octets of content that are read and thrown away for the sake of the connection, when a request was answered
    /// without reading its content. Where more is to come, the connection closes instead. 64 KiB.
    pub unread_content: u64,
    /// Requests of one connection that are in flight at a time; reading stops until some are answered. 64; with 0 none
    /// is ever taken.
    pub in_flight: u16,
    /// Octets of replies that the transport has not taken; above, reading stops until it is below. 256 KiB.
    pub output_high_water: usize,
    /// Octets that are read and thrown away by a lingering close (RFC 9112 9.6). 256 KiB.
    pub linger: u64,
}

impl Limits {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            head: HeadLimits::new(),
            content: 1024 * 1024,
            unread_content: 64 * 1024,
            in_flight: 64,
            output_high_water: 256 * 1024,
            linger: 256 * 1024,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

/// How long one connection may take. `None` means: for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// From the first octet of a request head to its last; longer is answered 408. 10 s.
    pub head: Option<Duration>,
    /// The rate that a request's content must keep; slower is answered 408. 1 KiB/s after 5 s.
    pub content: Option<ContentRate>,
    /// Between requests, after which the connection closes quietly. 60 s.
    pub idle: Option<Duration>,
    /// Without progress in sending what is owed, after which the connection is cut. 30 s.
    pub write: Option<Duration>,
    /// For the peer to close its side in a lingering close (RFC 9112 9.6). 2 s.
    pub linger: Option<Duration>,
}

impl Timeouts {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            head: Some(Duration::from_secs(10)),
            content: Some(ContentRate::new()),
            idle: Some(Duration::from_secs(60)),
            write: Some(Duration::from_secs(30)),
            linger: Some(Duration::from_secs(2)),
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::new()
    }
}

/// A least rate for content, with some grace at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContentRate {
    /// How long the rate is not looked at. 5 s.
    pub grace: Duration,
    /// Octets a second after that; zero lets content take only the grace, whatever its length. 1024.
    pub octets_per_second: u32,
}

impl ContentRate {
    /// The default: 1 KiB/s after 5 s.
    pub const fn new() -> Self {
        Self { grace: Duration::from_secs(5), octets_per_second: 1024 }
    }

    /// This rate with another grace.
    #[must_use]
    pub const fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// This rate with another number of octets a second.
    #[must_use]
    pub const fn with_rate(mut self, octets_per_second: u32) -> Self {
        self.octets_per_second = octets_per_second;
        self
    }

    /// How long content may have taken when this much of it has come.
    pub(crate) fn allowance(self, octets: u64) -> Duration {
        let earned = octets.saturating_mul(1000).checked_div(u64::from(self.octets_per_second)).unwrap_or(0);
        self.grace.saturating_add(Duration::from_millis(earned))
    }
}

impl Default for ContentRate {
    fn default() -> Self {
        Self::new()
    }
}
