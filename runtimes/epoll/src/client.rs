//! One connection of a worker: its socket, its session, and the octets that could not be dealt with at once.

use std::{
    io::{self, ErrorKind, IoSlice},
    net::SocketAddr,
};

use pronto::{
    connection::{Config, Instant, Transport},
    service::{Driven, Stop},
};
use pronto_host::{ClientKey, Session, WorkerState};

use crate::sys::Kernel;

/// A connection. At rest it has no buffers: `input` and `unsent` are without memory.
#[derive(Debug)]
pub(crate) struct Client<S> {
    socket: S,
    session: Session,
    key: ClientKey,
    /// Input that is not complete, or not yet answered.
    input: Vec<u8>,
    /// How much of `input` is input; the rest is room.
    filled: u32,
    /// Octets of `unsent` that have been sent since.
    sent: u32,
    /// Output that the kernel did not take.
    unsent: Vec<u8>,
    /// There may be something to read.
    readable: bool,
    /// The peer has ended its side: it is to be read on until the end comes.
    ended: bool,
    /// The kernel may take output.
    writable: bool,
    /// There may be something to answer without anything being read.
    undriven: bool,
    /// The driver has paused.
    paused: bool,
    /// It waits for its next turn.
    pub(crate) queued: bool,
    /// The tick of its entry in the wheel.
    pub(crate) scheduled: Option<u64>,
}

/// What comes of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing more to do until something happens.
    Rest,
    /// More to do, after others have had their turn.
    Again,
    /// The connection is over.
    Over,
}

/// Rounds of a turn, and writes of one round, before others have their turn.
const BUDGET: u32 = 16;

/// Room that is made for input where some waits.
const STEP: usize = 16 * 1024;

/// The most room that is made for content that has not come.
const MOST_AHEAD: u64 = 1024 * 1024;

impl<S> Client<S> {
    pub(crate) fn new(socket: S, peer: Option<SocketAddr>, config: &Config, key: ClientKey, now: Instant) -> Self {
        Self {
            socket,
            session: Session::new(config, peer, now),
            key,
            input: Vec::new(),
            filled: 0,
            sent: 0,
            unsent: Vec::new(),
            readable: true,
            ended: false,
            writable: true,
            undriven: false,
            paused: false,
            queued: false,
            scheduled: None,
        }
    }

    pub(crate) const fn key(&self) -> ClientKey {
        self.key
    }

    /// Notes what the kernel says of the socket.
    pub(crate) fn handle_ready(&mut self, readable: bool, writable: bool, ended: bool) {
        self.readable |= readable || ended;
        self.writable |= writable;
        self.ended |= ended;
    }

    /// The session, for something that gives the driver something to do.
    pub(crate) fn session_to_drive(&mut self) -> &mut Session {
        self.undriven = true;
        &mut self.session
    }

    /// When its next deadline is.
    pub(crate) fn deadline(&self, config: &Config) -> Option<Instant> {
        self.session.connection().poll_timeout(config)
    }

    /// Sends, answers and reads as long as there is something to, within a budget. The worker's output holds only what
    /// is this connection's, and is empty afterwards.
    pub(crate) fn turn<K: Kernel<Socket = S>>(
        &mut self,
        kernel: &mut K,
        worker: &mut WorkerState,
        buffer: &mut [u8],
        now: Instant,
    ) -> Turn {
        match self.rounds(kernel, worker, buffer, now) {
            Ok(turn) => turn,
            Err(error) => {
                log::debug!("a connection was cut: {error}");
                worker.output.clear();
                Turn::Over
            }
        }
    }

    fn rounds<K: Kernel<Socket = S>>(
        &mut self,
        kernel: &mut K,
        worker: &mut WorkerState,
        buffer: &mut [u8],
        now: Instant,
    ) -> io::Result<Turn> {
        for _ in 0..BUDGET {
            self.send(kernel, worker, now)?;
            match self.session.connection_mut().poll_transport(worker.config(), now) {
                Transport::Keep => {}
                Transport::ShutdownWrite => kernel.shutdown_write(&self.socket),
                Transport::Close => return Ok(Turn::Over),
            }
            if !self.proceed(kernel, worker, buffer, now)? {
                let more_to_send = self.writable && self.session.content_mut().is_some();
                return Ok(if more_to_send { Turn::Again } else { Turn::Rest });
            }
        }
        self.send(kernel, worker, now)?;
        Ok(Turn::Again)
    }

    /// Answers what is there, or reads and answers. Says whether there was anything to do.
    fn proceed<K: Kernel<Socket = S>>(
        &mut self,
        kernel: &mut K,
        worker: &mut WorkerState,
        buffer: &mut [u8],
        now: Instant,
    ) -> io::Result<bool> {
        if self.undriven {
            self.drive_input(worker, now);
            return Ok(true);
        }
        if !self.readable || !self.session.connection().wants_read(worker.config()) {
            return Ok(false);
        }
        if self.filled == 0 {
            let Some(length) = self.read(kernel, buffer)? else { return Ok(false) };
            let driven = self.session.drive(worker, self.key, &mut buffer[..length], now);
            let rest = &buffer[driven.consumed..driven.filled];
            if !rest.is_empty() {
                self.input.extend_from_slice(rest);
                self.filled = rest.len() as u32;
            }
            self.note(driven);
        } else {
            let mut input = self.input_with_room();
            let read = self.read(kernel, &mut input[self.filled as usize..]);
            self.input = input;
            let Some(length) = read? else { return Ok(false) };
            self.filled += length as u32;
            self.drive_input(worker, now);
        }
        Ok(true)
    }

    /// The input, taken out, with room behind what it holds. It grows by doubling, and at most as far ahead as the
    /// content goes that has been promised.
    fn input_with_room(&mut self) -> Vec<u8> {
        let mut input = core::mem::take(&mut self.input);
        let filled = self.filled as usize;
        if input.len() - filled < STEP {
            let to_come = self.session.connection().content_to_come().min(MOST_AHEAD) as usize;
            input.resize(filled + to_come.min(filled).max(STEP), 0);
        }
        input
    }

    /// Drives the input that the connection holds.
    fn drive_input(&mut self, worker: &mut WorkerState, now: Instant) {
        let input = &mut self.input[..self.filled as usize];
        let driven = self.session.drive(worker, self.key, input, now);
        if driven.consumed == driven.filled {
            self.input = Vec::new();
            self.filled = 0;
        } else {
            self.input.copy_within(driven.consumed..driven.filled, 0);
            self.filled = (driven.filled - driven.consumed) as u32;
        }
        self.note(driven);
    }

    /// Notes what the driver stopped for: what sends, completes or times out later has it driven again.
    fn note(&mut self, driven: Driven) {
        self.undriven = driven.stop == Stop::Flush;
        self.paused = driven.stop == Stop::Paused;
    }

    /// Reads, and notes what that says of the socket. `None`: nothing is there.
    fn read<K: Kernel<Socket = S>>(&mut self, kernel: &mut K, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        loop {
            match kernel.read(&self.socket, buffer) {
                Ok(0) => {
                    self.readable = false;
                    self.session.connection_mut().handle_end_of_input();
                    return Ok(Some(0));
                }
                Ok(length) => {
                    // A read that leaves room has emptied the socket, and what comes next brings an edge. The end may
                    // have come already.
                    self.readable = length == buffer.len() || self.ended;
                    return Ok(Some(length));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.readable = false;
                    return Ok(None);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends what is unsent, then the worker's output, then content from where it lies, as far as the kernel takes it.
    /// What it does not take of the output is kept.
    fn send<K: Kernel<Socket = S>>(
        &mut self,
        kernel: &mut K,
        worker: &mut WorkerState,
        now: Instant,
    ) -> io::Result<()> {
        let mut sent_now = 0;
        let mut output_sent = 0;
        for _ in 0..BUDGET {
            let unsent = &self.unsent[self.sent as usize..];
            let output = &worker.output.as_octets()[output_sent..];
            let large = match self.session.content_mut() {
                Some(content) => content.octets()?,
                None => &[],
            };
            let (unsent_length, output_length) = (unsent.len(), output.len());
            let total = unsent_length + output_length + large.len();
            if total == 0 || !self.writable {
                break;
            }
            let Some(sent) = write(kernel, &self.socket, [unsent, output, large])? else {
                self.writable = false;
                break;
            };
            // A short write has filled the socket, and room brings an edge.
            self.writable = sent == total;
            sent_now += sent;
            let from_unsent = sent.min(unsent_length);
            let from_output = (sent - from_unsent).min(output_length);
            self.sent += from_unsent as u32;
            output_sent += from_output;
            if let Some(content) = self.session.content_mut() {
                content.consume(sent - from_unsent - from_output);
                if content.left() == 0 {
                    // All of the output has gone, since content comes behind it.
                    worker.output.clear();
                    output_sent = 0;
                    self.session.handle_content_sent(worker, now);
                    self.undriven = true;
                }
            }
        }
        self.keep(&worker.output.as_octets()[output_sent..]);
        worker.output.clear();
        let unsent = self.unsent.len() - self.sent as usize + usize::from(self.session.content_mut().is_some());
        if sent_now > 0 || unsent > 0 {
            self.session.connection_mut().handle_transmit(worker.config(), sent_now, unsent, now);
            self.undriven |= self.paused && sent_now > 0;
        }
        Ok(())
    }

    /// Keeps output that the kernel did not take.
    fn keep(&mut self, rest: &[u8]) {
        if self.sent as usize == self.unsent.len() && self.sent > 0 {
            self.unsent = Vec::new();
            self.sent = 0;
        }
        if !rest.is_empty() {
            self.unsent.extend_from_slice(rest);
        }
    }
}

/// One write of all parts that are not empty; `None` where the kernel takes nothing now.
fn write<K: Kernel>(kernel: &mut K, socket: &K::Socket, parts: [&[u8]; 3]) -> io::Result<Option<usize>> {
    let mut slices = [IoSlice::new(&[]); 3];
    let mut count = 0;
    for part in parts {
        if !part.is_empty() {
            slices[count] = IoSlice::new(part);
            count += 1;
        }
    }
    loop {
        match kernel.write(socket, &slices[..count]) {
            Ok(sent) => return Ok(Some(sent)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
