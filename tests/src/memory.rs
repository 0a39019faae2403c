//! A server's side of a connection, in memory, with a clock that the test moves.

use std::{sync::Arc, time::Duration};

use pronto::{
    connection::{Config, Instant, Transport},
    service::Stop,
};
use pronto_host::{App, ClientKey, Drain, Home, Mailbox, Message, Session, WorkerState};

/// A connection without a transport.
#[derive(Debug)]
pub struct Memory {
    worker: WorkerState,
    mailbox: Arc<Mailbox>,
    session: Session,
    input: Vec<u8>,
    /// What the server has sent.
    pub output: Vec<u8>,
    /// Whether it has shut its write side.
    pub shut: bool,
    /// Whether it has closed the connection.
    pub closed: bool,
    now: Instant,
}

const CLIENT: ClientKey = ClientKey { place: 0, generation: 0 };

impl Memory {
    /// A connection to this application, just accepted.
    pub fn new(app: App, config: Config) -> Self {
        let now = Instant::from_millis(1_000);
        let mailbox = Arc::new(Mailbox::new());
        let worker = WorkerState::new(Arc::new(app), config);
        let session = Session::new(&worker, None, now);
        Self { worker, mailbox, session, input: Vec::new(), output: Vec::new(), shut: false, closed: false, now }
    }

    /// Octets from the client. They are lost where the server does not read.
    pub fn feed(&mut self, octets: &[u8]) {
        if !self.closed && self.session.connection().wants_read(self.worker.config()) {
            self.input.extend_from_slice(octets);
            self.run();
        }
    }

    /// Whether the server reads.
    pub fn wants_read(&self) -> bool {
        self.session.connection().wants_read(self.worker.config())
    }

    /// The client ends its side.
    pub fn end(&mut self) {
        self.session.connection_mut().handle_end_of_input();
        self.run();
    }

    /// The server is told to stop.
    pub fn drain(&mut self) {
        self.session.handle_drain(Drain::AtOnce);
        self.run();
    }

    /// Time passes, in steps to each deadline on the way.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now.after(time);
        while !self.closed {
            match self.session.connection().poll_timeout(self.worker.config()) {
                Some(deadline) if deadline <= end => self.now = self.now.max(deadline),
                _ => break,
            }
            self.session.connection_mut().handle_timeout(self.worker.config(), self.now);
            self.run();
        }
        self.now = end;
    }

    /// Answers that were put off and have been given since reach the connection.
    pub fn deliver(&mut self) {
        for message in self.mailbox.take() {
            let home = Home { mailbox: &self.mailbox, client: CLIENT };
            match message {
                Message::Answer(completion) => self.session.complete(&mut self.worker, home, completion, self.now),
                _ => self.session.wake(&mut self.worker, home, self.now),
            }
        }
        self.run();
    }

    fn run(&mut self) {
        loop {
            let home = Home { mailbox: &self.mailbox, client: CLIENT };
            let driven = self.session.drive(&mut self.worker, home, &mut self.input, self.now);
            self.input.truncate(driven.filled);
            self.input.drain(..driven.consumed);
            self.send();
            if !matches!(driven.stop, Stop::Flush | Stop::Sending) {
                break;
            }
        }
        match self.session.connection_mut().poll_transport(self.worker.config(), self.now) {
            Transport::Keep => {}
            Transport::ShutdownWrite => self.shut = true,
            Transport::Close | Transport::Reset => (self.shut, self.closed) = (true, true),
        }
    }

    /// A transport that takes everything.
    fn send(&mut self) {
        let mut sent = self.worker.output.len();
        self.output.extend_from_slice(self.worker.output.as_octets());
        self.worker.output.clear();
        loop {
            let octets = self.session.content_octets().to_vec();
            if octets.is_empty() && !self.session.is_content_sent() {
                break;
            }
            sent += octets.len();
            let home = Home { mailbox: &self.mailbox, client: CLIENT };
            self.output.extend(&octets);
            self.session.consume_content(&mut self.worker, home, octets.len(), self.now);
            sent += self.worker.output.len();
            self.output.extend_from_slice(self.worker.output.as_octets());
            self.worker.output.clear();
        }
        self.session.connection_mut().handle_transmit(self.worker.config(), sent, 0, self.now);
    }
}
