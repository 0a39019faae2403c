use std::{
    io::{self, ErrorKind, IoSlice},
    os::fd::BorrowedFd,
};

use pronto::{
    connection::{CloseReason, Config, Instant, Transport as Todo},
    service::{Driven, Stop},
};

use crate::{
    Home, Session, WorkerState,
    content::Next,
    file_part::{TURN, Unread},
    kept::Kept,
};

/// What a connection asks of its socket. Nothing blocks: what cannot be done now is [`ErrorKind::WouldBlock`], and whoever
/// gives the connection its turns gives it one when that may have changed.
pub trait Transport {
    /// Whether each change of readiness is told once, when it happens, and needs no question: a read or write that does
    /// less than it could has found the socket empty or full, and asking again would be a system call for nothing.
    const EDGE_TRIGGERED: bool;

    /// Reads; 0 octets are the end.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`], [`ErrorKind::Interrupted`]; with any other the connection is over.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes the parts, one behind the other, as far as there is room.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Writes as [`write`](Self::write) does, where more will be written at once: what is little may wait for that.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    fn write_before_more(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write(parts)
    }

    /// Sends octets of a file, as many as there is room for: at most `length` of those from `offset` on. 0: the file ends
    /// there.
    ///
    /// # Errors
    /// As for [`read`](Self::read), and [`ErrorKind::Unsupported`] where this file cannot be sent so: it is read then, and
    /// written.
    fn send_file(&mut self, file: BorrowedFd<'_>, offset: u64, length: usize) -> io::Result<usize> {
        let _can_not = (file, offset, length);
        Err(ErrorKind::Unsupported.into())
    }

    /// Says to the peer that no more will be sent.
    fn shutdown_write(&mut self);

    /// Has the peer told, when the socket is closed, that the connection was broken off, where there is such a thing.
    fn reset_on_close(&mut self);
}

/// One connection of a worker: its [`Session`], and the octets that could not be dealt with at once. At rest it has no
/// buffers.
#[derive(Debug)]
pub struct Client {
    session: Session,
    kept: Option<Box<Kept>>,
    /// There may be something to read.
    readable: bool,
    /// The peer has ended its side: it is to be read on until the end comes.
    ended: bool,
    /// There may be room to write.
    writable: bool,
    /// There may be something to answer without anything being read.
    undriven: bool,
    /// The driver has paused.
    paused: bool,
    /// It waits for its next turn, as whoever gives it turns has noted.
    pub queued: bool,
}

/// What comes of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing more to do until something happens.
    Rest,
    /// More to do, after others have had their turn.
    Again,
    /// The connection is over.
    Over,
}

/// Rounds of a turn, and writes of one round, before others have their turn.
const BUDGET: u32 = 16;

/// Up to so much kept input is copied to the worker's buffer, to have what follows read behind it: more would be copied
/// too often.
const LITTLE: usize = 4 * 1024;

impl Client {
    /// A connection that was accepted now.
    pub const fn new(session: Session) -> Self {
        Self {
            session,
            kept: None,
            readable: true,
            ended: false,
            writable: true,
            undriven: false,
            paused: false,
            queued: false,
        }
    }

    /// Octets of buffers that it holds.
    pub fn memory(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.input.memory() + kept.unsent.memory())
    }

    /// Notes what is known of the socket: there may be something to read; there may be room to write; the peer has ended
    /// its side.
    pub fn handle_ready(&mut self, readable: bool, writable: bool, ended: bool) {
        self.readable |= readable || ended;
        self.writable |= writable;
        self.ended |= ended;
    }

    /// The session, for something that gives the driver something to do.
    pub const fn session_to_drive(&mut self) -> &mut Session {
        self.undriven = true;
        &mut self.session
    }

    /// Why it ended, when it has.
    pub fn close_reason(&self) -> CloseReason {
        self.session.connection().close_reason()
    }

    /// When its next deadline is.
    pub fn deadline(&self, config: &Config) -> Option<Instant> {
        self.session.connection().poll_timeout(config)
    }

    /// Whether it neither reads nor waits for room to write: where only that tells that the connection is broken, it is not
    /// told of now.
    pub fn is_deaf(&self, config: &Config) -> bool {
        self.writable && !self.session.connection().wants_read(config)
    }

    /// Says that the connection is broken: nothing can be sent any more. Then drop it.
    pub fn handle_broken(&mut self) {
        self.session.abandon("the client broke the connection off");
    }

    /// Sends, answers and reads as long as there is something to, within a budget. The worker's output holds only what
    /// is this connection's, and is empty afterwards.
    pub fn turn<T: Transport>(
        &mut self,
        transport: &mut T,
        worker: &mut WorkerState,
        home: Home<'_>,
        buffer: &mut [u8],
        now: Instant,
    ) -> Turn {
        match self.rounds(transport, worker, home, buffer, now) {
            Ok(turn) => turn,
            Err(error) => {
                log::debug!("a connection was cut: {error}");
                self.session.abandon(&error.to_string());
                worker.output.clear();
                Turn::Over
            }
        }
    }

    fn rounds<T: Transport>(
        &mut self,
        transport: &mut T,
        worker: &mut WorkerState,
        home: Home<'_>,
        buffer: &mut [u8],
        now: Instant,
    ) -> io::Result<Turn> {
        for _ in 0..BUDGET {
            if self.owes(worker) {
                self.send(transport, worker, home, now)?;
            }
            match self.session.connection_mut().poll_transport(worker.config(), now) {
                Todo::Keep => {}
                Todo::ShutdownWrite => transport.shutdown_write(),
                Todo::Close => return Ok(Turn::Over),
                Todo::Reset => {
                    transport.reset_on_close();
                    return Ok(Turn::Over);
                }
            }
            if !self.proceed(transport, worker, home, buffer, now)? {
                // The end, too: a reply that is delimited by it has nothing left to send then.
                let more_to_send = self.session.next_content().len() > 0 || self.session.is_content_sent();
                return Ok(if self.writable && more_to_send { Turn::Again } else { Turn::Rest });
            }
        }
        self.send(transport, worker, home, now)?;
        Ok(Turn::Again)
    }

    /// Answers what is there, or reads and answers. Says whether there was anything to do.
    fn proceed<T: Transport>(
        &mut self,
        transport: &mut T,
        worker: &mut WorkerState,
        home: Home<'_>,
        buffer: &mut [u8],
        now: Instant,
    ) -> io::Result<bool> {
        if self.undriven {
            self.drive_kept(worker, home, now);
            return Ok(true);
        }
        if !self.readable || !self.session.connection().wants_read(worker.config()) {
            return Ok(false);
        }
        let kept = self.kept.as_mut().map_or(0, |kept| kept.input.len());
        if kept > LITTLE {
            return self.read_behind_kept(transport, worker, home, now);
        }
        if let Some(kept) = &mut self.kept {
            buffer[..kept.input.len()].copy_from_slice(kept.input.as_octets());
        }
        let Some(length) = self.read(transport, &mut buffer[kept..])? else { return Ok(false) };
        worker.counters.handle_received(length);
        let driven = self.session.drive(worker, home, &mut buffer[..kept + length], now);
        let rest = &buffer[driven.consumed..driven.filled];
        if !rest.is_empty() || kept > 0 {
            self.kept.get_or_insert_default().input.replace(rest);
            self.let_go();
        }
        self.note(driven);
        Ok(true)
    }

    /// Reads to the memory that holds what is kept, and drives it there.
    fn read_behind_kept<T: Transport>(
        &mut self,
        transport: &mut T,
        worker: &mut WorkerState,
        home: Home<'_>,
        now: Instant,
    ) -> io::Result<bool> {
        let Some(mut kept) = self.kept.take() else { return Ok(false) };
        let read = self.read(transport, kept.input.room(self.session.connection().content_to_come()));
        let length = read.as_ref().ok().copied().flatten().unwrap_or(0);
        kept.input.fill(length);
        worker.counters.handle_received(length);
        self.kept = Some(kept);
        if read?.is_none() {
            return Ok(false);
        }
        self.drive_kept(worker, home, now);
        Ok(true)
    }

    /// Drives the input that is kept, be it none.
    fn drive_kept(&mut self, worker: &mut WorkerState, home: Home<'_>, now: Instant) {
        let driven = match &mut self.kept {
            Some(kept) => {
                let driven = self.session.drive(worker, home, kept.input.as_octets(), now);
                kept.input.keep(driven.consumed..driven.filled);
                self.let_go();
                driven
            }
            None => self.session.drive(worker, home, &mut [], now),
        };
        self.note(driven);
    }

    /// Keeps nothing where there is nothing to keep.
    fn let_go(&mut self) {
        if self.kept.as_ref().is_some_and(|kept| kept.is_empty()) {
            self.kept = None;
        }
    }

    /// Notes what the driver stopped for: what sends, completes or times out later has it driven again.
    fn note(&mut self, driven: Driven) {
        self.undriven = driven.stop == Stop::Flush;
        self.paused = driven.stop == Stop::Paused;
    }

    /// Reads, and notes what that says of the socket. `None`: nothing is there.
    fn read<T: Transport>(&mut self, transport: &mut T, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        loop {
            match transport.read(buffer) {
                Ok(0) => {
                    self.readable = false;
                    self.session.connection_mut().handle_end_of_input();
                    return Ok(Some(0));
                }
                Ok(length) => {
                    // A read that leaves room has emptied the socket. The end may have come already.
                    self.readable = length == buffer.len() || self.ended || !T::EDGE_TRIGGERED;
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

    /// Whether there is anything to send, or to say of what was.
    #[inline]
    fn owes(&self, worker: &WorkerState) -> bool {
        let keeps_unsent = || self.kept.as_ref().is_some_and(|kept| !kept.unsent.as_octets().is_empty());
        !worker.output.is_empty() || self.session.has_content() || keeps_unsent()
    }

    /// Sends what is unsent, then the worker's output, then content from where it lies, as far as the kernel takes it.
    /// What it does not take of the output is kept.
    fn send<T: Transport>(
        &mut self,
        transport: &mut T,
        worker: &mut WorkerState,
        home: Home<'_>,
        now: Instant,
    ) -> io::Result<()> {
        let mut sent_now = 0;
        let mut output_sent = 0;
        let mut files_sent = 0;
        for _ in 0..BUDGET {
            let unsent = self.kept.as_ref().map_or(&[][..], |kept| kept.unsent.as_octets());
            let output = &worker.output.as_octets()[output_sent..];
            if !self.writable {
                break;
            }
            let (large, file) = match self.session.next_content() {
                Next::Octets(octets) => (octets, None),
                Next::File(file) => (&[][..], Some(file)),
            };
            let (unsent_length, output_length) = (unsent.len(), output.len());
            let total = unsent_length + output_length + large.len();
            if total == 0 {
                if let Some(file) = file {
                    let sent = send_file(transport, file);
                    worker.output.clear();
                    output_sent = 0;
                    match sent? {
                        FileSent::Octets(sent) => {
                            worker.counters.handle_sent(sent);
                            sent_now += sent;
                            self.undriven |= self.session.consume_content(worker, home, sent, now);
                            files_sent += sent;
                            if files_sent >= TURN {
                                break;
                            }
                        }
                        FileSent::Full => self.writable = false,
                        FileSent::Ended => self.session.fail_content(ErrorKind::UnexpectedEof.into()),
                        FileSent::Unsupported => self.session.read_content(),
                    }
                    continue;
                }
                if !self.session.is_content_sent() {
                    break;
                }
                worker.output.clear();
                output_sent = 0;
                self.undriven |= self.session.consume_content(worker, home, 0, now);
                continue;
            }
            let Some(sent) = write(transport, [unsent, output, large], file.is_some())? else {
                self.writable = false;
                break;
            };
            // A short write has filled the socket, and room brings an edge.
            self.writable = sent == total || !T::EDGE_TRIGGERED;
            // Now: the next attempt may find that the connection is broken.
            worker.counters.handle_sent(sent);
            sent_now += sent;
            let from_unsent = sent.min(unsent_length);
            let from_output = (sent - from_unsent).min(output_length);
            if let Some(kept) = &mut self.kept {
                kept.unsent.consume(from_unsent);
            }
            output_sent += from_output;
            let from_content = sent - from_unsent - from_output;
            if from_content > 0 {
                // All of the output has gone, since content comes behind it.
                worker.output.clear();
                output_sent = 0;
                self.undriven |= self.session.consume_content(worker, home, from_content, now);
            }
        }
        let rest = &worker.output.as_octets()[output_sent..];
        if !rest.is_empty() {
            self.kept.get_or_insert_default().unsent.append(rest);
        }
        worker.output.clear();
        self.let_go();
        let unsent =
            self.kept.as_ref().map_or(0, |kept| kept.unsent.as_octets().len()) + self.session.next_content().len();
        if sent_now > 0 || unsent > 0 {
            self.session.connection_mut().handle_transmit(worker.config(), sent_now, unsent, now);
            // What waits behind content that is being sent can go on when all of that has been: then it is driven.
            self.undriven |= self.paused && sent_now > 0 && !self.session.connection().is_sending();
        }
        Ok(())
    }
}

/// What became of a file that was to be sent.
enum FileSent {
    Octets(usize),
    Full,
    /// There is less of it than was promised.
    Ended,
    Unsupported,
}

/// One attempt to send of a file. That it sends less than it could does not say why.
#[inline(never)]
fn send_file<T: Transport>(transport: &mut T, file: Unread<'_>) -> io::Result<FileSent> {
    let length = usize::try_from(file.left).map_or(TURN, |left| left.min(TURN));
    loop {
        match transport.send_file(file.file, file.offset, length) {
            Ok(0) => return Ok(FileSent::Ended),
            Ok(sent) => return Ok(FileSent::Octets(sent)),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => return Ok(FileSent::Full),
                ErrorKind::Unsupported => return Ok(FileSent::Unsupported),
                ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
}

/// One write of all parts that are not empty; `None` where the kernel takes nothing now.
fn write<T: Transport>(transport: &mut T, parts: [&[u8]; 3], more_follows: bool) -> io::Result<Option<usize>> {
    let mut slices = [IoSlice::new(&[]); 3];
    let mut count = 0;
    for part in parts {
        if !part.is_empty() {
            slices[count] = IoSlice::new(part);
            count += 1;
        }
    }
    loop {
        let parts = &slices[..count];
        match if more_follows { transport.write_before_more(parts) } else { transport.write(parts) } {
            // Nothing would say when to ask again.
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(sent) => return Ok(Some(sent)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
