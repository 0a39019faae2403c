use heapless::Deque;

/// Replies that must wait for earlier ones: a bounded ring in request order.
///
/// It is needed only once a reply is deferred. Until then every reply is written in its turn, and no ring exists:
/// an adapter makes one for a connection when the first of its requests is not answered at once.
///
/// ```
/// use pronto::connection::Pipeline;
///
/// let mut pipeline = Pipeline::<&str, 4>::new();
/// pipeline.push_pending(7).unwrap();
/// pipeline.push_ready(8, "second").unwrap();
/// assert_eq!(pipeline.pop_ready(), None); // 8 is ready, but 7 comes first
/// pipeline.complete(7, "first").unwrap();
/// assert_eq!(pipeline.pop_ready(), Some("first"));
/// assert_eq!(pipeline.pop_ready(), Some("second"));
/// assert!(pipeline.complete(7, "again").is_err()); // nobody waits for it any more
/// ```
#[derive(Debug)]
pub struct Pipeline<T, const N: usize> {
    slots: Deque<Slot<T>, N>,
}

#[derive(Debug)]
struct Slot<T> {
    number: u32,
    reply: Option<T>,
}

impl<T, const N: usize> Pipeline<T, N> {
    /// A ring in which nothing waits.
    pub const fn new() -> Self {
        Self { slots: Deque::new() }
    }

    /// Appends a request that has no reply yet.
    ///
    /// # Errors
    /// The ring is full. An engine whose limit of requests in flight is at most `N` never lets this happen.
    pub fn push_pending(&mut self, number: u32) -> Result<(), PipelineFull> {
        self.push(number, None).map_err(|_| PipelineFull)
    }

    /// Appends a request whose reply is there, but not in turn.
    ///
    /// # Errors
    /// Gives the reply back when the ring is full.
    pub fn push_ready(&mut self, number: u32, reply: T) -> Result<(), T> {
        match self.push(number, Some(reply)) {
            Ok(()) | Err(Slot { reply: None, .. }) => Ok(()),
            Err(Slot { reply: Some(reply), .. }) => Err(reply),
        }
    }

    /// Puts the reply of a pending request in its place.
    ///
    /// # Errors
    /// Gives the reply back when no request of this number waits for one: a late reply is never given to somebody else.
    pub fn complete(&mut self, number: u32, reply: T) -> Result<(), T> {
        // Numbers are consecutive, so the place of one follows from the number at the front.
        let Some(place) = self.slots.front().map(|front| number.wrapping_sub(front.number)) else {
            return Err(reply);
        };
        match self.slots.iter_mut().nth(place as usize) {
            Some(slot) if slot.number == number && slot.reply.is_none() => {
                slot.reply = Some(reply);
                Ok(())
            }
            _ => Err(reply),
        }
    }

    /// Takes the oldest reply, unless its request is still pending.
    pub fn pop_ready(&mut self) -> Option<T> {
        self.slots.front()?.reply.as_ref()?;
        self.slots.pop_front()?.reply
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many requests wait, answered or not.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    fn push(&mut self, number: u32, reply: Option<T>) -> Result<(), Slot<T>> {
        self.slots.push_back(Slot { number, reply })
    }
}

impl<T, const N: usize> Default for Pipeline<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

/// More requests were put into a [`Pipeline`] than it has places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PipelineFull;

impl core::fmt::Display for PipelineFull {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("too many replies wait for an earlier one")
    }
}

impl core::error::Error for PipelineFull {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_leave_in_request_order_whatever_order_they_come_in() {
        let mut pipeline = Pipeline::<u32, 8>::new();
        let first = u32::MAX - 3; // numbers wrap around
        for step in 0..8 {
            pipeline.push_pending(first.wrapping_add(step)).unwrap();
        }
        for step in [3, 1, 2, 7, 0, 6, 4, 5] {
            pipeline.complete(first.wrapping_add(step), step).unwrap();
        }
        let mut released = alloc::vec::Vec::new();
        while let Some(reply) = pipeline.pop_ready() {
            released.push(reply);
        }
        assert_eq!(released, [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn a_full_ring_refuses_and_gives_the_reply_back() {
        let mut pipeline = Pipeline::<&str, 1>::new();
        pipeline.push_pending(0).unwrap();
        assert_eq!(pipeline.push_pending(1), Err(PipelineFull));
        assert_eq!(pipeline.push_ready(1, "kept"), Err("kept"));
        assert_eq!(pipeline.len(), 1);
    }

    #[test]
    fn what_waits_is_counted_whether_it_is_answered_or_not() {
        let mut pipeline = Pipeline::<&str, 2>::new();
        assert!(pipeline.is_empty());
        pipeline.push_pending(0).unwrap();
        pipeline.push_ready(1, "second").unwrap();
        assert_eq!((pipeline.is_empty(), pipeline.len()), (false, 2));
        pipeline.complete(0, "first").unwrap();
        assert_eq!((pipeline.pop_ready(), pipeline.len()), (Some("first"), 1));
        assert_eq!((pipeline.pop_ready(), pipeline.is_empty()), (Some("second"), true));
    }

    #[test]
    fn a_second_reply_to_one_request_is_refused() {
        let mut pipeline = Pipeline::<&str, 2>::new();
        pipeline.push_pending(0).unwrap();
        pipeline.complete(0, "first").unwrap();
        assert_eq!(pipeline.complete(0, "second"), Err("second"));
    }

    #[test]
    fn a_reply_to_an_unknown_request_is_refused() {
        let mut pipeline = Pipeline::<&str, 2>::new();
        assert_eq!(pipeline.complete(0, "nobody asked"), Err("nobody asked"));
        pipeline.push_pending(5).unwrap();
        assert_eq!(pipeline.complete(4, "too late"), Err("too late"));
        assert_eq!(pipeline.complete(6, "too early"), Err("too early"));
    }
}
