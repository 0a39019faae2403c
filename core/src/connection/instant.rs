use core::{fmt, time::Duration};

/// A point in time, in milliseconds since any start that the caller likes, as long as it stays the same one.
///
/// The engine has no clock: every call that depends on time takes `now`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The instant this many milliseconds after the caller's start.
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the caller's start.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This instant moved into the future, at most to the end of time.
    #[must_use]
    pub const fn after(self, delay: Duration) -> Self {
        Self(self.0.saturating_add(milliseconds(delay)))
    }

    /// How long ago `earlier` was; zero if it is not earlier.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ms", self.0)
    }
}

/// Whole milliseconds, rounded up, so that a deadline is never early.
const fn milliseconds(delay: Duration) -> u64 {
    let fraction = delay.subsec_nanos().div_ceil(1_000_000) as u64;
    delay.as_secs().saturating_mul(1_000).saturating_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_was_made_of_is_read_again() {
        for milliseconds in [0, 1, 7, u64::MAX] {
            assert_eq!(Instant::from_millis(milliseconds).as_millis(), milliseconds);
        }
    }

    #[test]
    fn a_fraction_of_a_millisecond_is_rounded_up() {
        let start = Instant::from_millis(5);
        assert_eq!(start.after(Duration::from_micros(1)), Instant::from_millis(6));
    }

    #[test]
    fn the_end_of_time_is_not_passed() {
        let last = Instant::from_millis(u64::MAX);
        assert_eq!(last.after(Duration::MAX), last);
        assert_eq!(Instant::from_millis(0).since(last), Duration::ZERO);
    }
}
