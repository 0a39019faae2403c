//! A transport of the crates `embedded-io` and `embedded-io-async` that does what a script says, and a clock that moves with it.

use std::{cell::Cell, collections::VecDeque, future::poll_fn, rc::Rc, task::Poll, time::Duration};

use embedded_io::{ErrorKind, ErrorType};
use pronto::connection::Instant;

/// What comes when the transport is read.
#[derive(Clone, Debug)]
pub enum Come {
    /// Octets: in one read, where there is room for them.
    Octets(Vec<u8>),
    /// Nothing, for so many milliseconds.
    Nothing(u64),
    /// The client ends its side.
    End,
    /// The transport fails.
    Fault(ErrorKind),
}

/// A transport in memory.
#[derive(Clone, Debug)]
pub struct Scripted {
    /// What comes. Behind it the transport fails with [`OVER`].
    pub script: VecDeque<Come>,
    /// What the server has sent.
    pub output: Vec<u8>,
    /// The octets of each write.
    pub writes: Vec<usize>,
    /// How many octets a write takes at most.
    pub most: usize,
    /// How many octets are taken in all: behind them nothing is, for a second at a time.
    pub capacity: usize,
    /// How many seconds pass before the first octets are taken.
    pub stall: u64,
    /// How often it was flushed.
    pub flushes: usize,
    /// Whether the server has said that no more will come.
    pub is_shut: bool,
    /// How long each operation may take, where that was said.
    pub waiting: Option<Duration>,
    clock: Clock,
}

/// A clock that the transport moves.
#[derive(Clone, Debug, Default)]
pub struct Clock(Rc<Cell<u64>>);

/// Nobody waits for so long.
const FOR_EVER: Instant = Instant::from_millis(24 * 3_600_000);

/// How the transport fails behind the end of its script.
pub const OVER: ErrorKind = ErrorKind::NotConnected;

impl Clock {
    /// The time.
    pub fn now(&self) -> Instant {
        Instant::from_millis(self.0.get())
    }

    /// Lets time pass.
    pub fn pass(&self, milliseconds: u64) {
        self.0.set(self.0.get() + milliseconds);
    }

    /// Sleeps by letting the time pass, when nothing else has come to happen.
    pub async fn sleep(self, duration: Duration) {
        let end = self.0.get() + u64::try_from(duration.as_millis()).unwrap();
        for _ in 0..3 {
            if self.0.get() >= end {
                return;
            }
            pending_for(1).await;
        }
        self.0.set(self.0.get().max(end));
    }
}

impl Scripted {
    /// One that takes all that it is given.
    pub fn new(clock: &Clock, script: impl IntoIterator<Item = Come>) -> Self {
        Self {
            script: script.into_iter().collect(),
            output: Vec::new(),
            writes: Vec::new(),
            most: usize::MAX,
            capacity: usize::MAX,
            stall: 0,
            flushes: 0,
            is_shut: false,
            waiting: None,
            clock: clock.clone(),
        }
    }

    fn take(&mut self, octets: &[u8]) -> Option<usize> {
        let length = octets.len().min(self.most).min(self.capacity - self.output.len());
        if length == 0 {
            return None;
        }
        self.output.extend_from_slice(&octets[..length]);
        self.writes.push(length);
        Some(length)
    }

    fn come(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        assert!(!buffer.is_empty(), "a read without room looks like the end");
        match self.script.pop_front() {
            Some(Come::Octets(mut octets)) => {
                let rest = octets.split_off(octets.len().min(buffer.len()));
                buffer[..octets.len()].copy_from_slice(&octets);
                if !rest.is_empty() {
                    self.script.push_front(Come::Octets(rest));
                }
                Ok(octets.len())
            }
            Some(Come::Nothing(milliseconds)) => {
                self.clock.pass(milliseconds);
                Err(ErrorKind::TimedOut)
            }
            // It stays ended.
            Some(Come::End) => {
                self.script.push_front(Come::End);
                Ok(0)
            }
            Some(Come::Fault(kind)) => Err(kind),
            None => Err(OVER),
        }
    }
}

impl ErrorType for Scripted {
    type Error = ErrorKind;
}

impl embedded_io::Read for Scripted {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        self.come(buffer)
    }
}

impl embedded_io::Write for Scripted {
    fn write(&mut self, octets: &[u8]) -> Result<usize, ErrorKind> {
        let taken = if self.stall > 0 { None } else { self.take(octets) };
        taken.ok_or_else(|| {
            self.stall = self.stall.saturating_sub(1);
            self.clock.pass(1_000);
            assert!(self.clock.now() < FOR_EVER, "it waits for ever");
            ErrorKind::TimedOut
        })
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        self.flushes += 1;
        Ok(())
    }
}

/// The same, as a transport of tasks: pending once before each thing that it does, and for ever where it would be for long.
#[derive(Debug)]
pub struct Waiting(pub Scripted);

impl ErrorType for Waiting {
    type Error = ErrorKind;
}

impl embedded_io_async::Read for Waiting {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        pending_for(1).await;
        if let Some(Come::Nothing(_)) = self.0.script.front() {
            self.0.script.pop_front();
            return never().await;
        }
        self.0.come(buffer)
    }
}

impl embedded_io_async::Write for Waiting {
    async fn write(&mut self, octets: &[u8]) -> Result<usize, ErrorKind> {
        pending_for(1).await;
        self.0.clock.pass(self.0.stall * 1_000);
        if self.0.stall > 0 {
            pending_for(1).await;
            self.0.stall = 0;
        }
        match self.0.take(octets) {
            Some(length) => Ok(length),
            None => never().await,
        }
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        pending_for(1).await;
        self.0.flushes += 1;
        Ok(())
    }
}

/// Is pending until whoever waits has slept long enough.
async fn never<T>() -> T {
    pending_for(100).await;
    panic!("it waits for ever");
}

/// Is pending so many times, and wakes the task each time.
async fn pending_for(mut times: u32) {
    poll_fn(|context| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
