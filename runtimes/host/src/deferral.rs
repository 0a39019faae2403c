use std::{
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
};

use pronto::connection::Drain;

use crate::{Answer, Reply, Unanswered, guarded::Guarded};

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
        let finish = Guarded::new(finish);
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

/// What a worker, or a connection, is told by others.
#[derive(Debug)]
#[non_exhaustive]
pub enum Message {
    /// The answer to a request that was put off.
    Answer(Completion),
    /// Something that a connection waits for can go on.
    Wake(ClientKey),
    /// Accept no more, and end when nothing is owed.
    Drain(Drain),
    /// The time to end is over: answer what is pending as cancelled, and end.
    Cancel,
}

impl Message {
    /// Which connection it is for, unless it is for the worker itself.
    pub const fn client(&self) -> Option<ClientKey> {
        match self {
            Self::Answer(completion) => Some(completion.client),
            Self::Wake(client) => Some(*client),
            Self::Drain(_) | Self::Cancel => None,
        }
    }
}

/// The answer to a request that was put off.
pub struct Completion {
    pub(crate) client: ClientKey,
    pub(crate) number: u32,
    pub(crate) finish: Guarded<Finish>,
}

impl fmt::Debug for Completion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, number, .. } = self;
        formatter.debug_struct("Completion").field("client", client).field("number", number).finish_non_exhaustive()
    }
}

/// Where others leave messages for a worker, or for a connection.
#[derive(Default)]
pub struct Mailbox(Mutex<State>);

#[derive(Default)]
struct State {
    messages: Vec<Message>,
    /// What gets the owner's attention.
    waker: Option<Waker>,
    /// The owner waits, and looks for messages only when it is woken.
    resting: bool,
}

impl Mailbox {
    /// An empty mailbox.
    pub const fn new() -> Self {
        Self(Mutex::new(State { messages: Vec::new(), waker: None, resting: false }))
    }

    /// Leaves a message. The owner is woken by the first one that comes while it rests.
    pub fn send(&self, message: Message) {
        let mut state = self.lock();
        state.messages.push(message);
        if mem::take(&mut state.resting)
            && let Some(waker) = state.waker.clone()
        {
            drop(state);
            waker.wake();
        }
    }

    /// Takes all messages.
    pub fn take(&self) -> Vec<Message> {
        let mut state = self.lock();
        state.resting = false;
        mem::take(&mut state.messages)
    }

    /// Says that the owner is about to wait until it is woken. No: there are messages.
    #[must_use = "who waits while there are messages is not woken by them"]
    pub fn rest(&self, waker: &Waker) -> bool {
        let mut state = self.lock();
        state.resting = state.messages.is_empty();
        if state.resting && state.waker.as_ref().is_none_or(|known| !known.will_wake(waker)) {
            state.waker = Some(waker.clone());
        }
        state.resting
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mailbox").finish_non_exhaustive()
    }
}
