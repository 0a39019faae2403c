//! A server's side of a connection, in memory, with a clock that the test moves.

use std::{sync::Arc, time::Duration};

use pronto::{
    connection::{Config, Instant, Transport},
    service::Stop,
};
use pronto_host::{App, ClientKey, Mailbox, Message, Session, WorkerState};

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
        let mailbox = Arc::new(Mailbox::new(|| {}));
        let session = Session::new(&config, None, now);
        let worker = WorkerState::new(Arc::new(app), config, Arc::clone(&mailbox));
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
        self.session.connection_mut().handle_drain();
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
            if let Message::Answer(completion) = message {
                self.session.complete(&mut self.worker, completion, self.now);
            }
        }
        self.run();
    }

    fn run(&mut self) {
        loop {
            let driven = self.session.drive(&mut self.worker, CLIENT, &mut self.input, self.now);
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
            Transport::Close => (self.shut, self.closed) = (true, true),
        }
    }

    /// A transport that takes everything.
    fn send(&mut self) {
        let mut sent = self.worker.output.len();
        self.output.extend_from_slice(self.worker.output.as_octets());
        self.worker.output.clear();
        while let Some(content) = self.session.content_mut() {
            let octets = content.octets().unwrap().to_vec();
            content.consume(octets.len()).unwrap();
            sent += octets.len();
            self.output.extend(octets);
            if self.session.content_mut().is_some_and(|content| content.left() == 0) {
                self.session.handle_content_sent(&mut self.worker, self.now);
            }
        }
        self.session.connection_mut().handle_transmit(self.worker.config(), sent, 0, self.now);
    }
}
