//! A whole connection of a worker in memory, with a transport that does as the test says and a clock that the test moves.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, IoSlice},
    os::fd::BorrowedFd,
    sync::Arc,
    time::Duration,
};

use pronto::connection::{Config, Instant};
use pronto_host::{App, Client, ClientKey, Drain, Home, Mailbox, Message, Session, Transport, Turn, WorkerState};

/// A connection, and its client.
#[derive(Debug)]
pub struct Wire {
    worker: WorkerState,
    mailbox: Arc<Mailbox>,
    client: Client,
    buffer: Vec<u8>,
    /// The transport, which the test looks after.
    pub line: Line,
    /// Whether the server has closed the connection.
    pub closed: bool,
    now: Instant,
}

/// What is between the client and the server. It is not edge-triggered, as streams are.
#[derive(Debug)]
pub struct Line {
    unread: VecDeque<u8>,
    ended: bool,
    /// How much one read gives at most.
    pub most_read: usize,
    /// How much more is taken.
    pub room: usize,
    /// Whether it takes files, or has them read and written.
    pub takes_files: bool,
    /// What the server has sent.
    pub received: Vec<u8>,
    /// Whether it has shut its write side.
    pub shut: bool,
    /// Whether it has broken the connection off.
    pub reset: bool,
}

const CLIENT: ClientKey = ClientKey { place: 0, generation: 0 };

/// After so many turns without rest a connection spins.
const MOST_TURNS: usize = 5_000;

impl Wire {
    /// A connection to this application, just accepted.
    pub fn new(app: App, config: Config) -> Self {
        Self::with_state(WorkerState::new(Arc::new(app), config))
    }

    /// One that a proxy has made.
    pub fn behind_proxy(app: App, config: Config) -> Self {
        Self::with_state(WorkerState::new(Arc::new(app), config).behind_proxy())
    }

    fn with_state(worker: WorkerState) -> Self {
        let now = Instant::from_millis(1_000);
        let client = Client::new(Session::new(&worker, None, now));
        let line = Line {
            unread: VecDeque::new(),
            ended: false,
            most_read: usize::MAX,
            room: usize::MAX,
            takes_files: true,
            received: Vec::new(),
            shut: false,
            reset: false,
        };
        let mailbox = Arc::new(Mailbox::new());
        Self { worker, mailbox, client, buffer: vec![0; 64 * 1024], line, closed: false, now }
    }

    /// The client sends octets.
    pub fn send(&mut self, octets: &[u8]) {
        self.line.unread.extend(octets);
        self.run();
    }

    /// The client ends its side.
    pub fn end(&mut self) {
        self.line.ended = true;
        self.run();
    }

    /// The client takes so much more.
    pub fn make_room(&mut self, room: usize) {
        self.line.room = room;
        self.run();
    }

    /// Whether the server has read all that was sent.
    pub fn is_read_out(&self) -> bool {
        self.line.unread.is_empty()
    }

    /// The server is told to stop.
    pub fn drain(&mut self, drain: Drain) {
        self.mailbox.send(Message::Drain(drain));
        self.run();
    }

    /// The time that a drain may take is over.
    pub fn cancel(&mut self) {
        self.mailbox.send(Message::Cancel);
        self.run();
    }

    /// Time passes, in steps to each deadline on the way.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now.after(time);
        self.run();
        while !self.closed {
            match self.client.deadline(self.worker.config()) {
                Some(deadline) if deadline <= end => self.now = self.now.max(deadline),
                _ => break,
            }
            self.client.session_to_drive().handle_timeout(self.worker.config(), self.now);
            self.run();
        }
        self.now = end;
    }

    /// Lets the server work until it would wait.
    ///
    /// # Panics
    /// When it never does.
    pub fn run(&mut self) {
        for _ in 0..MOST_TURNS {
            if self.closed {
                return;
            }
            let home = Home { mailbox: &self.mailbox, client: CLIENT };
            for message in self.mailbox.take() {
                match message {
                    Message::Answer(completion) => {
                        self.client.session_to_drive().complete(&mut self.worker, home, completion, self.now);
                    }
                    Message::Drain(drain) => self.client.session_to_drive().handle_drain(drain),
                    Message::Cancel => self.client.session_to_drive().cancel(&mut self.worker, home, self.now),
                    _ => self.client.session_to_drive().wake(&mut self.worker, home, self.now),
                }
            }
            self.client.handle_ready(true, true, false);
            let turn = self.client.turn(&mut self.line, &mut self.worker, home, &mut self.buffer, self.now);
            self.closed = turn == Turn::Over;
            if turn == Turn::Rest && self.mailbox.rest(std::task::Waker::noop()) {
                return;
            }
        }
        panic!("the connection spins");
    }
}

impl Transport for Line {
    const EDGE_TRIGGERED: bool = false;

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.most_read).min(self.unread.len());
        if length == 0 && !self.ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        for (place, octet) in buffer.iter_mut().zip(self.unread.drain(..length)) {
            *place = octet;
        }
        Ok(length)
    }

    fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        assert!(!self.shut, "the write side is shut");
        let total: usize = parts.iter().map(|part| part.len()).sum();
        let length = total.min(self.room);
        if length == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.room -= length;
        self.received.extend(parts.iter().flat_map(|part| part.iter()).take(length));
        Ok(length)
    }

    fn send_file(&mut self, file: BorrowedFd<'_>, offset: u64, length: usize) -> io::Result<usize> {
        if !self.takes_files {
            return Err(ErrorKind::Unsupported.into());
        }
        let mut octets = vec![0; length];
        let read = rustix::io::pread(file, &mut octets[..], offset)?;
        if read == 0 { Ok(0) } else { self.write(&[IoSlice::new(&octets[..read])]) }
    }

    fn shutdown_write(&mut self) {
        self.shut = true;
    }

    fn reset_on_close(&mut self) {
        self.reset = true;
    }
}
