//! A worker: one thread with its own listener, epoll set, connections, timers and buffers.

use std::{
    collections::VecDeque,
    fmt,
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
    task::Waker,
    time::Duration,
};

use pronto::connection::Instant;
use pronto_host::{Client, ClientKey, Drain, Home, Mailbox, Message, Session, Turn, WorkerState};
use slab::Slab;

use crate::{
    client::{Seat, Socket},
    sys::{Kernel, LISTENER, Ready, WAKER},
    wheel::Wheel,
};

/// A worker on a kernel.
#[derive(Debug)]
pub(crate) struct Worker<K: Kernel> {
    kernel: K,
    state: WorkerState,
    mailbox: Arc<Mailbox>,
    waker: Waker,
    clients: Slab<Seat<K::Socket>>,
    /// How many connections have been accepted: the generation of the next.
    accepted: u32,
    most_clients: usize,
    /// Connections that wait for another turn.
    queue: VecDeque<ClientKey>,
    wheel: Wheel<ClientKey>,
    buffer: Vec<u8>,
    accepting: Accepting,
    /// Until when nothing more is told of connections that are not accepted.
    quiet_until: Instant,
    /// When the drain ends, once it has begun.
    drain_end: Option<Instant>,
    drain_limit: Duration,
    now: Instant,
}

/// Whether connections are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Accepting {
    /// The next edge of the listener says that there are some.
    Waiting,
    /// There may be some.
    Ready,
    /// Not before a connection ends: there are as many as there may be.
    Full,
    /// Not before this, unless a connection ends earlier: something is short, descriptors most likely.
    Paused(Instant),
    /// Never again.
    Stopped,
}

/// How much is read at a time.
const READ: usize = 64 * 1024;

/// Connections accepted before others have their turn.
const ACCEPT_BUDGET: u32 = 64;

/// How long accepting rests when it fails for want of something.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How often it is told at most that no connections are accepted.
const COMPLAINT: Duration = Duration::from_secs(10);

impl<K: Kernel> Worker<K> {
    pub(crate) fn new(
        mut kernel: K,
        state: WorkerState,
        mailbox: Arc<Mailbox>,
        most_clients: usize,
        drain_limit: Duration,
    ) -> Self {
        let (now, waker) = (kernel.now(), kernel.waker());
        Self {
            kernel,
            state,
            mailbox,
            waker,
            clients: Slab::new(),
            accepted: 0,
            most_clients,
            queue: VecDeque::new(),
            wheel: Wheel::new(now),
            buffer: vec![0; READ],
            accepting: Accepting::Ready,
            quiet_until: now,
            drain_end: None,
            drain_limit,
            now,
        }
    }

    /// Serves until it has been told to drain, and has.
    ///
    /// # Errors
    /// Only what leaves no way to go on: the epoll set itself fails.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut events = Vec::new();
        while !self.is_done() {
            let at_most = self.time_to_wait();
            self.kernel.wait(&mut events, at_most)?;
            self.round(&events);
        }
        let cut = self.clients.len();
        self.cancel();
        if cut > 0 {
            log::warn!("{cut} connections were cut at the end of the drain");
        }
        Ok(())
    }

    /// Deals with what a wait has brought, and with what has become due.
    pub(crate) fn round(&mut self, events: &[Ready]) {
        self.now = self.kernel.now();
        let seconds = self.kernel.unix_seconds();
        self.state.set_date(seconds);
        for event in events {
            match event.token {
                LISTENER if self.accepting == Accepting::Waiting => self.accepting = Accepting::Ready,
                LISTENER => {}
                // It has woken the worker, which is all it is for.
                WAKER => {}
                token => self.handle_ready(key_of(token), event),
            }
        }
        self.take_messages();
        for _ in 0..self.queue.len() {
            let Some(key) = self.queue.pop_front() else { break };
            if let Some(seat) = seat(&mut self.clients, key) {
                seat.client.queued = false;
                self.turn(key);
            }
        }
        self.expire();
        self.accept();
    }

    /// How long nothing has to be done, as far as is known.
    pub(crate) fn time_to_wait(&self) -> Option<Duration> {
        if !self.queue.is_empty() || self.accepting == Accepting::Ready || !self.mailbox.rest(&self.waker) {
            return Some(Duration::ZERO);
        }
        let resume = match self.accepting {
            Accepting::Paused(until) => Some(until),
            _ => None,
        };
        let next = [self.wheel.next(), resume, self.drain_end].into_iter().flatten().min()?;
        Some(next.since(self.now))
    }

    pub(crate) fn is_done(&self) -> bool {
        self.drain_end.is_some_and(|end| self.clients.is_empty() || end <= self.now)
    }

    /// Octets of buffers that connections hold.
    #[cfg(any(test, feature = "fake-kernel"))]
    pub(crate) fn memory(&self) -> usize {
        self.clients.iter().map(|(_, seat)| seat.client.memory()).sum()
    }

    fn handle_ready(&mut self, key: ClientKey, event: &Ready) {
        let Some(Seat { client, .. }) = seat(&mut self.clients, key) else { return };
        client.handle_ready(event.readable, event.writable, event.ended);
        if event.broken {
            client.handle_broken();
            self.close(key);
        } else {
            self.turn(key);
        }
    }

    /// Gives a connection its turn.
    fn turn(&mut self, key: ClientKey) {
        let Some(Seat { socket, client, scheduled, .. }) = seat(&mut self.clients, key) else { return };
        let home = Home { mailbox: &self.mailbox, client: key };
        let mut transport = Socket { kernel: &mut self.kernel, socket };
        match client.turn(&mut transport, &mut self.state, home, &mut self.buffer, self.now) {
            Turn::Rest => {}
            Turn::Again if client.queued => {}
            Turn::Again => {
                client.queued = true;
                self.queue.push_back(key);
            }
            Turn::Over => return self.close(key),
        }
        if let Some(deadline) = client.deadline(self.state.config()) {
            let tick = self.wheel.tick(deadline);
            if scheduled.is_none_or(|scheduled| tick < scheduled) {
                *scheduled = Some(tick);
                self.wheel.insert(key, tick);
            }
        }
    }

    fn close(&mut self, key: ClientKey) {
        let Seat { client, .. } = self.clients.remove(key.place as usize);
        self.state.counters().handle_closed(client.close_reason());
        // A descriptor is free again.
        if matches!(self.accepting, Accepting::Paused(_) | Accepting::Full) {
            self.accepting = Accepting::Ready;
        }
    }

    /// Has due connections do what is due.
    fn expire(&mut self) {
        let mut due = Vec::new();
        self.wheel.expire(self.now, &mut due);
        for (key, tick) in due {
            let Some(seat) = seat(&mut self.clients, key) else { continue };
            if seat.scheduled != Some(tick) {
                continue;
            }
            seat.scheduled = None;
            // Whether it is really due is known there.
            seat.client.session_to_drive().handle_timeout(self.state.config(), self.now);
            self.turn(key);
        }
    }

    fn take_messages(&mut self) {
        let mut messages = self.mailbox.take().into_iter().peekable();
        while let Some(message) = messages.next() {
            let Some(key) = message.client() else {
                if let Message::Drain(drain) = message {
                    self.drain(drain);
                }
                continue;
            };
            let Some(Seat { client, .. }) = seat(&mut self.clients, key) else { continue };
            let (session, home) = (client.session_to_drive(), Home { mailbox: &self.mailbox, client: key });
            match message {
                Message::Answer(completion) => session.complete(&mut self.state, home, completion, self.now),
                _ => session.wake(&mut self.state, home, self.now),
            }
            // Answers of one connection that come together leave together.
            if messages.peek().and_then(Message::client) != Some(key) {
                self.turn(key);
            }
        }
    }

    /// Accepts no more, and has every connection end as soon as it owes nothing.
    fn drain(&mut self, drain: Drain) {
        if self.drain_end.is_none() {
            if drain == Drain::AtOnce {
                self.accept_rest();
            }
            self.kernel.stop_accepting();
            self.accepting = Accepting::Stopped;
            self.drain_end = Some(self.now.after(self.drain_limit));
        }
        let keys: Vec<_> = self.clients.iter().map(|(place, seat)| key(place, seat.generation)).collect();
        for key in keys {
            // What has been asked by now is answered, even if no event has told of it yet.
            if let Some(Seat { client, .. }) = seat(&mut self.clients, key) {
                client.handle_ready(true, false, false);
                self.turn(key);
            }
            if let Some(Seat { client, .. }) = seat(&mut self.clients, key) {
                client.session_to_drive().handle_drain(drain);
                self.turn(key);
            }
        }
    }

    /// Answers, as far as that is possible, those that will not be answered in time.
    fn cancel(&mut self) {
        let keys: Vec<_> = self.clients.iter().map(|(place, seat)| key(place, seat.generation)).collect();
        for key in keys {
            let Some(Seat { client, .. }) = seat(&mut self.clients, key) else { continue };
            let home = Home { mailbox: &self.mailbox, client: key };
            client.session_to_drive().cancel(&mut self.state, home, self.now);
            self.turn(key);
            if let Some(Seat { client, .. }) = seat(&mut self.clients, key) {
                client.session_to_drive().abandon("the server ended");
                self.close(key);
            }
        }
    }

    /// Connections that the kernel has accepted for us must not be refused.
    fn accept_rest(&mut self) {
        self.accepting = Accepting::Ready;
        while self.accepting == Accepting::Ready {
            self.accept();
        }
    }

    fn accept(&mut self) {
        if let Accepting::Paused(until) = self.accepting
            && until <= self.now
        {
            self.accepting = Accepting::Ready;
        }
        for _ in 0..ACCEPT_BUDGET {
            if self.accepting != Accepting::Ready {
                return;
            }
            if self.clients.len() >= self.most_clients {
                let most = self.most_clients;
                self.complain(format_args!("{most} are open"));
                self.accepting = Accepting::Full;
                return;
            }
            match self.kernel.accept() {
                Ok((socket, peer)) => self.welcome(socket, peer),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => self.accepting = Accepting::Waiting,
                    // Somebody came and went.
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                    _ => {
                        self.complain(error);
                        self.accepting = Accepting::Paused(self.now.after(ACCEPT_PAUSE));
                    }
                },
            }
        }
    }

    fn complain(&mut self, reason: impl fmt::Display) {
        if self.quiet_until <= self.now {
            self.quiet_until = self.now.after(COMPLAINT);
            log::warn!("connections have to wait until others end: {reason}");
        }
    }

    fn welcome(&mut self, socket: K::Socket, peer: Option<SocketAddr>) {
        let entry = self.clients.vacant_entry();
        let key = key(entry.key(), self.accepted);
        if let Err(error) = self.kernel.register(&socket, token_of(key)) {
            log::warn!("a connection was dropped: {error}");
            return;
        }
        self.accepted = self.accepted.wrapping_add(1);
        let session = Session::new(&self.state, peer, self.now);
        entry.insert(Seat::new(socket, Client::new(session), key.generation));
        self.state.counters().handle_accepted();
        // Its first octets are often there already.
        self.turn(key);
    }
}

/// What a connection takes at rest.
#[cfg(test)]
pub(crate) const CLIENT_SIZE: usize = size_of::<Seat<std::os::fd::OwnedFd>>();

/// The connection of this key, unless it is gone.
fn seat<S>(clients: &mut Slab<Seat<S>>, key: ClientKey) -> Option<&mut Seat<S>> {
    clients.get_mut(key.place as usize).filter(|seat| seat.generation == key.generation)
}

const fn key(place: usize, generation: u32) -> ClientKey {
    ClientKey { place: place as u32, generation }
}

const fn token_of(key: ClientKey) -> u64 {
    (key.place as u64) << 32 | key.generation as u64
}

const fn key_of(token: u64) -> ClientKey {
    ClientKey { place: (token >> 32) as u32, generation: token as u32 }
}
