//! Deadlines of any number of connections, in a wheel of slots by time.
//!
//! An entry is made when a connection's deadline comes nearer than the one it has in the wheel, and not when it moves
//! away: a busy connection, whose deadline moves with every request, costs a comparison. What an entry finds when it
//! fires is asked then; entries that are out of date are dropped. A queue for each kind of timeout, ordered for free as
//! its entries all take equally long, would have to move one with every request, and would lose its order when a
//! connection turns from one kind to another.

use core::{mem, num::NonZeroU64};

use pronto::connection::Instant;

/// A timing wheel of keys.
#[derive(Debug)]
pub(crate) struct Wheel<K> {
    /// What fires at each tick of the turn that begins behind the last one looked at: all keys of a slot have one tick.
    slots: Vec<Vec<K>>,
    /// The last tick that has been looked at.
    last: u64,
    /// No entry fires before this tick.
    earliest: u64,
}

/// Milliseconds in a tick: how late a deadline may be met.
const TICK: u64 = 50;

/// Ticks in a turn of the wheel: 51 s. What is due later is put at the end, and found to be early there.
const SLOTS: u64 = 1024;

impl<K: Copy> Wheel<K> {
    pub(crate) fn new(now: Instant) -> Self {
        let slots = (0..SLOTS).map(|_| Vec::new()).collect();
        Self { slots, last: now.as_millis() / TICK, earliest: u64::MAX }
    }

    /// The tick that a deadline fires at.
    pub(crate) fn tick(&self, deadline: Instant) -> NonZeroU64 {
        let tick = deadline.as_millis().div_ceil(TICK).clamp(self.last + 1, self.last + SLOTS - 1);
        NonZeroU64::new(tick).unwrap_or(NonZeroU64::MIN)
    }

    /// Has `key` fire at a tick that [`tick`](Self::tick) gave.
    pub(crate) fn insert(&mut self, key: K, tick: NonZeroU64) {
        self.earliest = self.earliest.min(tick.get());
        self.slots[slot(tick.get())].push(key);
    }

    /// Takes what has become due, with the tick it was due at.
    pub(crate) fn expire(&mut self, now: Instant, due: &mut Vec<(K, NonZeroU64)>) {
        let tick = now.as_millis() / TICK;
        if tick < self.earliest {
            self.last = self.last.max(tick);
            return;
        }
        // After a long sleep every slot is looked at once.
        for passed in self.earliest.max(self.last + 1)..=tick.min(self.last + SLOTS) {
            // The memory goes, too: otherwise every slot would come to hold what the fullest has once held.
            let keys = mem::take(&mut self.slots[slot(passed)]);
            let tick = NonZeroU64::new(passed).unwrap_or(NonZeroU64::MIN);
            due.extend(keys.into_iter().map(|key| (key, tick)));
        }
        self.last = tick;
        self.earliest =
            (tick + 1..=tick + SLOTS).find(|&later| !self.slots[slot(later)].is_empty()).unwrap_or(u64::MAX);
    }

    /// When something may become due next.
    pub(crate) fn next(&self) -> Option<Instant> {
        (self.earliest != u64::MAX).then(|| Instant::from_millis(self.earliest * TICK))
    }
}

const fn slot(tick: u64) -> usize {
    (tick % SLOTS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(wheel: &mut Wheel<u32>, now: u64) -> Vec<u32> {
        let mut due = Vec::new();
        wheel.expire(Instant::from_millis(now), &mut due);
        due.into_iter().map(|(key, _)| key).collect()
    }

    fn insert(wheel: &mut Wheel<u32>, key: u32, deadline: u64) {
        let tick = wheel.tick(Instant::from_millis(deadline));
        wheel.insert(key, tick);
    }

    #[test]
    fn keys_fire_in_time_and_never_early() {
        let mut wheel = Wheel::new(Instant::from_millis(1_000));
        for (key, deadline) in [(1, 3_000), (2, 1_001), (3, 1_500), (4, 3_000)] {
            insert(&mut wheel, key, deadline);
        }
        assert_eq!(wheel.next(), Some(Instant::from_millis(1_050)));
        assert!(fired(&mut wheel, 1_000).is_empty());
        assert_eq!(fired(&mut wheel, 1_050), [2]);
        assert!(fired(&mut wheel, 1_499).is_empty());
        assert_eq!(fired(&mut wheel, 1_550), [3]);
        assert!(fired(&mut wheel, 2_999).is_empty());
        assert_eq!(fired(&mut wheel, 3_000), [1, 4]);
        assert_eq!(wheel.next(), None);
    }

    #[test]
    fn what_is_due_beyond_a_turn_comes_up_at_its_end() {
        let mut wheel = Wheel::new(Instant::from_millis(0));
        insert(&mut wheel, 1, 10 * SLOTS * TICK);
        assert_eq!(fired(&mut wheel, (SLOTS - 1) * TICK), [1]);
    }

    #[test]
    fn a_long_sleep_loses_nothing() {
        let mut wheel = Wheel::new(Instant::from_millis(0));
        for key in 0..100 {
            insert(&mut wheel, key, u64::from(key) * 400);
        }
        assert_eq!(fired(&mut wheel, 10_000_000).len(), 100);
        insert(&mut wheel, 7, 1);
        assert_eq!(fired(&mut wheel, 10_000_100), [7]);
    }
}
