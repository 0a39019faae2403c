use std::{
    io::{self, ErrorKind, IoSlice},
    net::SocketAddr,
    os::fd::BorrowedFd,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
};

use async_io::Timer;
use futures_lite::{AsyncRead, AsyncWrite};
use pronto::connection::Instant;
use pronto_host::{Client, ClientKey, Home, Mailbox, Message, Session, Transport, Turn};

use crate::worker::{Worker, unix_seconds};

/// One connection: a task's state.
#[derive(Debug)]
pub(crate) struct Connection<S> {
    worker: Rc<Worker>,
    place: usize,
    client: Client,
    stream: S,
    abilities: Abilities<S>,
    /// The stream still has octets in it that it has taken.
    flushing: bool,
    goodbye: Goodbye,
    /// All is over but for these.
    over: bool,
    /// Where other tasks and threads leave what this connection waits for.
    mailbox: Arc<Mailbox>,
    timer: Timer,
    /// When the timer fires. A deadline that moves away leaves it as it is: to fire for nothing costs less than to set it
    /// for each request.
    armed: Option<Instant>,
}

/// What a stream can that not every stream can.
#[derive(Debug)]
pub(crate) struct Abilities<S> {
    /// Has the peer told that the connection was broken off, when the stream is dropped next.
    pub(crate) reset: fn(&S),
    /// Whether it has anything to say when it is dropped.
    pub(crate) goodbye: Goodbye,
    /// Sends octets of a file, at most so many from this place on; 0 where it ends there.
    pub(crate) send_file: Option<SendFile<S>>,
    /// Ready where it is broken, while nobody reads; wakes the task otherwise when it breaks.
    pub(crate) broken: fn(&mut S, &mut Context<'_>) -> Poll<()>,
}

/// What a stream still has to say before it is dropped: one that encrypts tells its peer that this is the end, and nobody has
/// cut it short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goodbye {
    /// All of it.
    Owed,
    /// It has begun, and there was no room for the rest.
    Begun,
    /// Nothing.
    Said,
}

type SendFile<S> = fn(&mut S, &mut Context<'_>, BorrowedFd<'_>, u64, usize) -> Poll<io::Result<usize>>;

impl<S> Abilities<S> {
    /// Those of any stream.
    pub(crate) const NONE: Self =
        Self { reset: |_| {}, goodbye: Goodbye::Owed, send_file: None, broken: |_, _| Poll::Pending };
}

impl<S> Clone for Abilities<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Abilities<S> {}

/// A connection has its mailbox for itself.
const CLIENT: ClientKey = ClientKey { place: 0, generation: 0 };

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) fn new(worker: Rc<Worker>, stream: S, peer: Option<SocketAddr>, abilities: Abilities<S>) -> Self {
        let mailbox = Arc::new(Mailbox::new());
        let place = worker.enter(Arc::clone(&mailbox));
        let client = Client::new(Session::new(&worker.state.borrow(), peer, worker.now()));
        let timer = Timer::never();
        Self {
            worker,
            place,
            client,
            stream,
            abilities,
            flushing: false,
            goodbye: abilities.goodbye,
            over: false,
            mailbox,
            timer,
            armed: None,
        }
    }

    /// Does all that can be done now. Ready: the connection is over.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let now = self.worker.now();
        if self.flushing {
            self.flushing = Pin::new(&mut self.stream).poll_flush(context).is_pending();
        }
        if self.goodbye == Goodbye::Begun {
            self.goodbye = say_goodbye(&mut self.stream, context);
        }
        if self.over {
            return self.end(context);
        }
        if let Some(over) = self.take_messages(context, now) {
            return over;
        }
        // Whatever has woken the task, only asking tells what is ready.
        self.client.handle_ready(true, true, false);
        let mut turn = self.turn(context, now);
        // What has come is not late, be it that the worker was busy until now.
        if turn != Turn::Over && self.armed.is_some_and(|armed| armed <= now) {
            self.armed = None;
            let worker = Rc::clone(&self.worker);
            self.client.session_to_drive().handle_timeout(worker.state.borrow().config(), now);
            turn = self.turn(context, now);
        }
        match turn {
            Turn::Over => return self.end(context),
            Turn::Again => context.waker().wake_by_ref(),
            Turn::Rest => return self.rest(context),
        }
        Poll::Pending
    }

    /// Lets a stream that gathers send what it has, for as long as a lingering close may take.
    fn end(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.goodbye == Goodbye::Owed {
            self.goodbye = say_goodbye(&mut self.stream, context);
        }
        if !self.flushing && self.goodbye != Goodbye::Begun {
            return Poll::Ready(());
        }
        if !self.over {
            self.over = true;
            let most = self.worker.state.borrow().config().timeouts.linger.unwrap_or_default();
            self.timer.set_after(most);
        }
        Pin::new(&mut self.timer).poll(context).map(drop)
    }

    fn take_messages(&mut self, context: &mut Context<'_>, now: Instant) -> Option<Poll<()>> {
        for message in self.mailbox.take() {
            let worker = Rc::clone(&self.worker);
            let home = Home { mailbox: &self.mailbox, client: CLIENT };
            match message {
                Message::Answer(completion) => {
                    self.client.session_to_drive().complete(&mut worker.state.borrow_mut(), home, completion, now);
                }
                Message::Drain(drain) => {
                    // What has been asked by now is answered.
                    self.client.handle_ready(true, true, false);
                    if self.turn(context, now) == Turn::Over {
                        return Some(self.end(context));
                    }
                    self.client.session_to_drive().handle_drain(drain);
                }
                Message::Cancel => {
                    self.client.session_to_drive().cancel(&mut worker.state.borrow_mut(), home, now);
                    let _over = self.turn(context, now);
                    self.client.session_to_drive().abandon("the server ended");
                    return Some(Poll::Ready(()));
                }
                _ => self.client.session_to_drive().wake(&mut worker.state.borrow_mut(), home, now),
            }
        }
        None
    }

    fn turn(&mut self, context: &mut Context<'_>, now: Instant) -> Turn {
        let (mut state, mut buffer) = (self.worker.state.borrow_mut(), self.worker.buffer.borrow_mut());
        state.set_date(unix_seconds());
        let home = Home { mailbox: &self.mailbox, client: CLIENT };
        let Self { stream, flushing, goodbye, abilities, .. } = self;
        let mut transport = Stream { stream, context, flushing, goodbye, abilities: *abilities };
        self.client.turn(&mut transport, &mut state, home, &mut buffer, now)
    }

    /// Sees to it that the task is woken by a message or a deadline. That the stream wakes it is seen to by asking it: where
    /// there was nothing to ask for, whether the client is there at all.
    fn rest(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let (deadline, is_deaf) = {
            let state = self.worker.state.borrow();
            (self.client.deadline(state.config()), self.client.is_deaf(state.config()))
        };
        if is_deaf && (self.abilities.broken)(&mut self.stream, context).is_ready() {
            self.client.handle_broken();
            return Poll::Ready(());
        }
        if let Some(deadline) = deadline
            && self.armed.is_none_or(|armed| deadline < armed)
        {
            self.armed = Some(deadline);
            self.timer.set_at(self.worker.instant(deadline));
        }
        // Asked each time: the task may have another waker than when the timer was set.
        if self.armed.is_some() && Pin::new(&mut self.timer).poll(context).is_ready() {
            context.waker().wake_by_ref();
        }
        if !self.mailbox.rest(context.waker()) {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl<S> Drop for Connection<S> {
    fn drop(&mut self) {
        self.worker.leave(self.place, self.client.close_reason());
    }
}

/// A stream within one poll of its task.
struct Stream<'a, 'b, S> {
    stream: &'a mut S,
    context: &'a mut Context<'b>,
    flushing: &'a mut bool,
    goodbye: &'a mut Goodbye,
    abilities: Abilities<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for Stream<'_, '_, S> {
    // Only a question that is answered "not now" has the task woken.
    const EDGE_TRIGGERED: bool = false;

    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        ready(Pin::new(&mut *self.stream).poll_read(self.context, buffer))
    }

    #[inline]
    fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        if *self.flushing {
            return Err(ErrorKind::WouldBlock.into());
        }
        let stream = Pin::new(&mut *self.stream);
        let written = match parts {
            [part] => ready(stream.poll_write(self.context, part)),
            _ => ready(stream.poll_write_vectored(self.context, parts)),
        };
        if matches!(written, Ok(1..)) {
            // A stream that gathers, as one that encrypts does, must not keep what is said to be sent. Where the flush
            // fails the next write does, too.
            *self.flushing = Pin::new(&mut *self.stream).poll_flush(self.context).is_pending();
        }
        written
    }

    fn send_file(&mut self, file: BorrowedFd<'_>, offset: u64, length: usize) -> io::Result<usize> {
        match self.abilities.send_file {
            Some(send_file) => ready(send_file(self.stream, self.context, file, offset, length)),
            None => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn shutdown_write(&mut self) {
        // Where it fails, reading will tell.
        *self.goodbye = say_goodbye(self.stream, self.context);
    }

    fn reset_on_close(&mut self) {
        *self.goodbye = Goodbye::Said;
        (self.abilities.reset)(self.stream);
    }
}

fn say_goodbye<S: AsyncWrite + Unpin>(stream: &mut S, context: &mut Context<'_>) -> Goodbye {
    if Pin::new(stream).poll_close(context).is_pending() { Goodbye::Begun } else { Goodbye::Said }
}

fn ready<T>(polled: Poll<io::Result<T>>) -> io::Result<T> {
    match polled {
        Poll::Ready(result) => result,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}
