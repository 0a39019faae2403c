use std::{
    io::{self, ErrorKind},
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use pronto::service::Room;

use crate::ContentError;

/// Octets on their way between a connection and a handler, in one direction.
///
/// Whoever reads takes all that is there at once, without copying it. Whoever writes is told when there is no more room.
#[derive(Debug, Default)]
pub(crate) struct Pipe(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    octets: Vec<u8>,
    end: Option<Result<(), ContentError>>,
    trailers: Vec<(String, Vec<u8>)>,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// The reader has asked for octets that were not there.
    wanted: bool,
    /// The reader is gone: what is written is lost.
    abandoned: bool,
}

/// From so many octets on a pipe has no room: 64 KiB.
const FULL: usize = 64 * 1024;

impl Pipe {
    /// Appends octets, whatever there are. `Full`: no more should follow until there is [room](Self::has_room).
    pub(crate) fn push(&self, octets: &[u8]) -> Room {
        let mut state = self.lock();
        if state.abandoned {
            return Room::Left;
        }
        state.octets.extend_from_slice(octets);
        let room = if state.octets.len() < FULL { Room::Left } else { Room::Full };
        if !octets.is_empty() {
            wake(state, |state| &mut state.reader);
        }
        room
    }

    /// Says that nothing more will be written, and whether that is right so. The first end counts.
    pub(crate) fn end(&self, end: Result<(), ContentError>) {
        let mut state = self.lock();
        state.end.get_or_insert(end);
        wake(state, |state| &mut state.reader);
    }

    /// Notes a trailer field.
    pub(crate) fn push_trailer(&self, name: &str, value: &[u8]) {
        self.lock().trailers.push((name.to_owned(), value.to_vec()));
    }

    /// The trailer fields so far.
    pub(crate) fn trailers(&self) -> Vec<(String, Vec<u8>)> {
        self.lock().trailers.clone()
    }

    /// Appends as much as there is room for.
    pub(crate) fn poll_write(&self, context: &Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        if state.abandoned || state.end.is_some() {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        let room = FULL.saturating_sub(state.octets.len()).min(octets.len());
        if room == 0 && !octets.is_empty() {
            state.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        state.octets.extend_from_slice(&octets[..room]);
        wake(state, |state| &mut state.reader);
        Poll::Ready(Ok(room))
    }

    /// Whether all has been taken that was written; otherwise the waker is woken when something was taken.
    pub(crate) fn poll_flush(&self, context: &Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.lock();
        if state.abandoned {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        if state.octets.is_empty() {
            return Poll::Ready(Ok(()));
        }
        state.writer = Some(context.waker().clone());
        Poll::Pending
    }

    /// All octets that are there; `None` at the end.
    pub(crate) fn poll_take(&self, context: &Context<'_>) -> Poll<Result<Option<Vec<u8>>, ContentError>> {
        let mut state = self.lock();
        if !state.octets.is_empty() {
            let octets = mem::take(&mut state.octets);
            wake(state, |state| &mut state.writer);
            return Poll::Ready(Ok(Some(octets)));
        }
        if let Some(end) = &state.end {
            return Poll::Ready(end.map(|()| None));
        }
        state.reader = Some(context.waker().clone());
        if !mem::replace(&mut state.wanted, true) {
            wake(state, |state| &mut state.writer);
        }
        Poll::Pending
    }

    /// Says that nobody reads any more.
    pub(crate) fn abandon(&self) {
        let mut state = self.lock();
        state.abandoned = true;
        state.octets = Vec::new();
        wake(state, |state| &mut state.writer);
    }

    /// Has this waker woken when there is room again, when octets are first asked for, or when nobody reads any more.
    pub(crate) fn on_change(&self, waker: Waker) {
        self.lock().writer = Some(waker);
    }

    pub(crate) fn has_room(&self) -> bool {
        let state = self.lock();
        state.abandoned || state.octets.len() < FULL
    }

    /// Whether the reader waits, or has waited, for octets.
    pub(crate) fn is_wanted(&self) -> bool {
        self.lock().wanted
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.lock().abandoned
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes one side, outside of the lock: what it does first may be to look.
fn wake(mut state: MutexGuard<'_, State>, side: impl FnOnce(&mut State) -> &mut Option<Waker>) {
    let waker = side(&mut state).take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_taken_at_once_and_the_end_follows() {
        let pipe = Pipe::default();
        let context = Context::from_waker(Waker::noop());
        assert!(pipe.poll_take(&context).is_pending() && pipe.is_wanted());
        assert_eq!(pipe.push(b"ab"), Room::Left);
        assert_eq!(pipe.push(b"c"), Room::Left);
        pipe.end(Ok(()));
        pipe.end(Err(ContentError::Lost));
        assert_eq!(pipe.poll_take(&context), Poll::Ready(Ok(Some(b"abc".to_vec()))));
        assert_eq!(pipe.poll_take(&context), Poll::Ready(Ok(None)));
    }

    #[test]
    fn a_pipe_without_room_takes_what_it_must_and_writers_wait() {
        let pipe = Pipe::default();
        let context = Context::from_waker(Waker::noop());
        assert!(matches!(pipe.poll_write(&context, &[0; FULL + 1]), Poll::Ready(Ok(FULL))));
        assert!(pipe.poll_write(&context, b"more").is_pending());
        assert_eq!(pipe.push(b"more"), Room::Full);
        assert!(!pipe.has_room());
        assert!(matches!(pipe.poll_take(&context), Poll::Ready(Ok(Some(octets))) if octets.len() == FULL + 4));
        assert!(pipe.has_room());
    }

    #[test]
    fn nothing_is_kept_for_a_reader_that_is_gone() {
        let pipe = Pipe::default();
        let _room = pipe.push(b"abc");
        pipe.abandon();
        assert_eq!(pipe.push(&[0; FULL]), Room::Left);
        assert!(pipe.poll_write(&Context::from_waker(Waker::noop()), b"x").is_ready());
        assert!(pipe.lock().octets.is_empty());
    }
}
