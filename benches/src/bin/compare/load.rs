//! The load: one thread, many connections, and no parsing. A reply's length is learnt from the first; then octets are
//! counted.

use std::{
    io::{self, ErrorKind, Read, Write},
    mem::MaybeUninit,
    net::{SocketAddr, TcpStream},
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use hdrhistogram::Histogram;
use rustix::event::{
    Timespec,
    epoll::{self, EventData, EventFlags},
};

use crate::{
    measure::stop_if_told,
    workload::{Persistence, Workload},
};

/// How long a server may be silent.
const PATIENCE: Duration = Duration::from_secs(5);
const READ_AT_MOST: usize = 256 * 1024;

/// Connections to a server.
#[derive(Debug)]
pub(crate) struct Load {
    epoll: OwnedFd,
    address: SocketAddr,
    connections: Vec<Connection>,
    persistence: Persistence,
    batch: Vec<u8>,
    depth: u64,
    /// Octets of the replies to a batch.
    replies: usize,
    input: Vec<u8>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Requests that were answered.
    pub(crate) requests: u64,
    /// From the first write to the last read.
    pub(crate) elapsed: Duration,
    /// Nanoseconds from the write of a batch until its last octet came.
    pub(crate) latency: Histogram<u64>,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    sent_at: Instant,
    /// Octets of the batch that the kernel has not taken.
    unsent: usize,
    /// Octets of replies that have not come.
    missing: usize,
}

impl Load {
    /// Opens all connections.
    ///
    /// # Errors
    /// That the server does not take them.
    pub(crate) fn connect(address: SocketAddr, workload: &Workload, reply: usize, connections: usize) -> Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let connections = (0..connections).map(|token| open(&epoll, address, token)).collect::<Result<_>>()?;
        Ok(Self {
            epoll,
            address,
            connections,
            persistence: workload.persistence,
            batch: workload.batch(),
            depth: workload.depth as u64,
            replies: reply * workload.depth,
            input: vec![0; READ_AT_MOST],
        })
    }

    /// Keeps all connections busy for a time, then waits for what is under way.
    ///
    /// # Errors
    /// That the server closed a connection, fell silent, or sent more or less than it should.
    pub(crate) fn run(&mut self, duration: Duration) -> Result<Tally> {
        let start = Instant::now();
        let deadline = start + duration;
        let mut tally =
            Tally { requests: 0, elapsed: Duration::ZERO, latency: Histogram::new_with_bounds(1, 60_000_000_000, 3)? };
        for token in 0..self.connections.len() {
            self.send(token, Instant::now())?;
        }
        let mut busy = self.connections.len();
        let mut events = [MaybeUninit::uninit(); 1024];
        let patience = Timespec::try_from(PATIENCE)?;
        while busy > 0 {
            stop_if_told()?;
            let ready = match epoll::wait(&self.epoll, &mut events, Some(&patience)) {
                Ok((ready, _)) => ready,
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            ensure!(!ready.is_empty(), "silent for {PATIENCE:?}");
            for event in ready {
                let token = usize::try_from(event.data.u64())?;
                let (flags, connection) = (event.flags, &mut self.connections[token]);
                if flags.contains(EventFlags::OUT) {
                    connection.write_rest(&self.epoll, &self.batch, token)?;
                }
                if !flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
                    continue;
                }
                if !connection.read(&mut self.input, self.persistence)? {
                    continue;
                }
                let now = Instant::now();
                tally.requests += self.depth;
                tally.latency.saturating_record((now - connection.sent_at).as_nanos() as u64);
                if self.persistence == Persistence::Closed {
                    self.connections[token] = open(&self.epoll, self.address, token)?;
                }
                if now < deadline {
                    self.send(token, now)?;
                } else {
                    busy -= 1;
                }
            }
        }
        tally.elapsed = start.elapsed();
        Ok(tally)
    }

    fn send(&mut self, token: usize, now: Instant) -> Result<()> {
        let connection = &mut self.connections[token];
        connection.sent_at = now;
        connection.unsent = self.batch.len();
        connection.missing = self.replies;
        connection.write(&self.batch)?;
        if connection.unsent > 0 {
            let data = EventData::new_u64(token as u64);
            epoll::modify(&self.epoll, &connection.stream, data, EventFlags::IN | EventFlags::OUT)?;
        }
        Ok(())
    }
}

impl Connection {
    fn write(&mut self, batch: &[u8]) -> Result<()> {
        match self.stream.write(&batch[batch.len() - self.unsent..]) {
            Ok(written) => self.unsent -= written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error).context("writing"),
        }
        Ok(())
    }

    fn write_rest(&mut self, epoll: &OwnedFd, batch: &[u8], token: usize) -> Result<()> {
        self.write(batch)?;
        if self.unsent == 0 {
            epoll::modify(epoll, &self.stream, EventData::new_u64(token as u64), EventFlags::IN)?;
        }
        Ok(())
    }

    /// Whether all replies have come.
    fn read(&mut self, input: &mut [u8], persistence: Persistence) -> Result<bool> {
        let octets = match self.stream.read(input) {
            Ok(octets) => octets,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => return Ok(false),
            Err(error) => return Err(error).context("reading"),
        };
        match (persistence, octets, self.missing) {
            (_, octets, missing) if octets > missing => bail!("{} octets too many", octets - missing),
            (Persistence::Kept, 0, missing) => bail!("closed with {missing} octets missing"),
            (Persistence::Closed, 0, missing @ 1..) => bail!("closed with {missing} octets missing"),
            (Persistence::Closed, 0, 0) => return Ok(true),
            _ => {}
        }
        self.missing -= octets;
        Ok(self.missing == 0 && persistence == Persistence::Kept)
    }
}

/// Asks a server once, and tells the length of a reply.
///
/// # Errors
/// That the reply has another status or content than it should, or that a pipeline is not answered.
pub(crate) fn first_reply(address: SocketAddr, workload: &Workload, text: &[u8]) -> Result<usize> {
    let ask = |octets: &[u8]| -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(octets)?;
        Ok(stream)
    };
    let mut stream = ask(&workload.request)?;
    let mut input = Vec::new();
    let length = loop {
        let mut fields = [httparse::EMPTY_HEADER; 32];
        let mut head = httparse::Response::new(&mut fields);
        if let httparse::Status::Complete(length) = head.parse(&input).map_err(|error| anyhow!("no reply: {error}"))? {
            ensure!(head.code == Some(200), "answers {:?}", head.code);
            let told = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"));
            let told = told.context("does not tell the length of its content")?;
            break length + std::str::from_utf8(told.value)?.parse::<usize>()?;
        }
        read_more(&mut stream, &mut input)?;
    };
    while input.len() < length {
        read_more(&mut stream, &mut input)?;
    }
    ensure!(input.len() == length && input.ends_with(text), "answers another content");
    if workload.persistence == Persistence::Closed {
        ensure!(matches!(stream.read(&mut [0]), Ok(0)), "does not close as it is asked to");
        return Ok(length);
    }

    let mut stream = ask(&workload.batch())?;
    let mut replies = vec![0; length * workload.depth];
    stream.read_exact(&mut replies).context("does not answer all that is pipelined")?;
    for reply in replies.chunks(length) {
        ensure!(reply.starts_with(b"HTTP/1.1 200") && reply.ends_with(text), "answers of unequal length");
    }
    Ok(length)
}

fn read_more(stream: &mut TcpStream, input: &mut Vec<u8>) -> Result<()> {
    let mut piece = [0; 4096];
    let octets = stream.read(&mut piece)?;
    ensure!(octets > 0, "closes before its reply is whole");
    input.extend_from_slice(&piece[..octets]);
    Ok(())
}

fn open(epoll: &OwnedFd, address: SocketAddr, token: usize) -> Result<Connection> {
    let stream = TcpStream::connect(address).context("connecting")?;
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    epoll::add(epoll, &stream, EventData::new_u64(token as u64), EventFlags::IN)?;
    Ok(Connection { stream, sent_at: Instant::now(), unsent: 0, missing: 0 })
}
