use std::{
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use pronto::connection::Drain;

use crate::{Answer, Reply, Unanswered};

/// Which connection of a worker: a place, and how many connections have had it, so that a late answer to a dead one is
/// never given to somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientKey {
    /// The place.
    pub place: u32,
    /// How many connections had it before.
    pub generation: u32,
}

/// A reply that was put off. It may be answered by any thread, once; dropped, it answers 500.
#[derive(Debug)]
#[must_use = "dropping it answers 500"]
pub struct Deferred {
    mailbox: Arc<Mailbox>,
    client: ClientKey,
    number: u32,
    answered: bool,
}

type Finish = Box<dyn FnOnce(Reply<'_>) -> Answer + Send>;

impl Deferred {
    pub(crate) const fn new(mailbox: Arc<Mailbox>, client: ClientKey, number: u32) -> Self {
        Self { mailbox, client, number, answered: false }
    }

    /// Answers. What is given writes the reply on the worker's own thread, when it gets to it.
    pub fn answer(mut self, finish: impl FnOnce(Reply<'_>) -> Answer + Send + 'static) {
        self.send(Box::new(finish));
    }

    fn send(&mut self, finish: Finish) {
        self.answered = true;
        self.mailbox.send(Message::Answer(Completion { client: self.client, number: self.number, finish }));
    }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        if !self.answered {
            self.send(Box::new(|_| Err(Unanswered.into())));
        }
    }
}

/// What a worker is told by other threads.
#[derive(Debug)]
#[non_exhaustive]
pub enum Message {
    /// The answer to a request that was put off.
    Answer(Completion),
    /// Something that a connection waits for can go on.
    Wake(ClientKey),
    /// Accept no more, and end when nothing is owed.
    Drain(Drain),
}

impl Message {
    /// Which connection it is for, unless it is for the worker itself.
    pub const fn client(&self) -> Option<ClientKey> {
        match self {
            Self::Answer(completion) => Some(completion.client),
            Self::Wake(client) => Some(*client),
            Self::Drain(_) => None,
        }
    }
}

/// The answer to a request that was put off.
pub struct Completion {
    pub(crate) client: ClientKey,
    pub(crate) number: u32,
    pub(crate) finish: Finish,
}

impl fmt::Debug for Completion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, number, .. } = self;
        formatter.debug_struct("Completion").field("client", client).field("number", number).finish_non_exhaustive()
    }
}

/// Where other threads leave messages for a worker.
#[derive(Default)]
pub struct Mailbox {
    state: Mutex<State>,
    wake: OnceLock<Wake>,
}

#[derive(Default)]
struct State {
    messages: Vec<Message>,
    /// The worker waits, and looks for messages only when it is woken.
    resting: bool,
}

type Wake = Box<dyn Fn() + Send + Sync>;

impl Mailbox {
    /// An empty mailbox, whose worker nothing wakes yet.
    pub const fn new() -> Self {
        Self { state: Mutex::new(State { messages: Vec::new(), resting: false }), wake: OnceLock::new() }
    }

    /// Says what gets the worker's attention. The worker calls it, once, before it first [rests](Self::rest).
    pub fn wake_with(&self, wake: impl Fn() + Send + Sync + 'static) {
        // A second one would be a second worker, and a mailbox has one.
        let _second = self.wake.set(Box::new(wake));
    }

    /// Leaves a message. The worker is woken by the first one that comes while it rests.
    pub fn send(&self, message: Message) {
        let mut state = self.lock();
        state.messages.push(message);
        let was_resting = mem::take(&mut state.resting);
        drop(state);
        if was_resting && let Some(wake) = self.wake.get() {
            wake();
        }
    }

    /// Takes all messages.
    pub fn take(&self) -> Vec<Message> {
        let mut state = self.lock();
        state.resting = false;
        mem::take(&mut state.messages)
    }

    /// Says that the worker is about to wait. No: there are messages.
    #[must_use = "who waits while there are messages is not woken by them"]
    pub fn rest(&self) -> bool {
        let mut state = self.lock();
        state.resting = state.messages.is_empty();
        state.resting
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mailbox").finish_non_exhaustive()
    }
}
