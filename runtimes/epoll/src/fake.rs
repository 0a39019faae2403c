//! A kernel in memory for tests: edge-triggered like the real one, and as nasty as a test wants it to be.

use std::{
    cell::{RefCell, RefMut},
    collections::VecDeque,
    io::{self, ErrorKind, IoSlice},
    net::SocketAddr,
    os::fd::BorrowedFd,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Wake, Waker},
    time::Duration,
};

use pronto::connection::{Config, Instant};
use pronto_host::{App, Drain, Mailbox, Message, WorkerState};

use crate::{
    sys::{Kernel, LISTENER, Ready, WAKER},
    worker::Worker,
};

/// After so many rounds without rest, and without anything read or written, a worker spins.
const MOST_ROUNDS: usize = 10_000;

/// A worker on a fake kernel, and the peers of its connections.
#[derive(Debug)]
pub struct World {
    pub(crate) worker: Worker<Fake>,
    mailbox: Arc<Mailbox>,
    net: Rc<RefCell<Net>>,
    woken: Arc<Woken>,
}

/// What is on the other side of the system calls.
#[derive(Debug, Default)]
pub struct Net {
    peers: Vec<Peer>,
    /// Connections that wait to be accepted.
    arriving: VecDeque<usize>,
    /// What the next accepts fail with.
    pub accept_errors: VecDeque<io::Error>,
    pub accepts: usize,
    pub listening: bool,
    events: Vec<Ready>,
    now: u64,
}

/// A peer, and what the kernel holds of its connection.
#[derive(Debug)]
pub struct Peer {
    /// What the peer has sent and the worker has not read.
    unread: VecDeque<u8>,
    ended: bool,
    reset: bool,
    /// The worker has broken the connection off.
    pub reset_by_server: bool,
    /// How much one read gives at most.
    pub most_read: usize,
    /// How much more the kernel takes before it says that it is full.
    pub room: usize,
    /// How much one write takes at most.
    pub most_written: usize,
    /// How much of a file is sent at a time at most.
    pub most_of_file: usize,
    /// Files are not sent to it, but read and written.
    pub sends_no_files: bool,
    /// How often a file was to be sent.
    pub files: usize,
    /// What the next reads and writes fail with.
    pub errors: VecDeque<ErrorKind>,
    /// What the worker has sent.
    pub received: Vec<u8>,
    pub reads: usize,
    pub writes: usize,
    pub shut: bool,
    pub closed: bool,
    token: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Fake(Rc<RefCell<Net>>, Arc<Woken>);

/// Whether the worker was woken.
#[derive(Debug, Default)]
pub(crate) struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[derive(Debug)]
pub(crate) struct Socket {
    peer: usize,
    net: Rc<RefCell<Net>>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.net.borrow_mut().peers[self.peer].closed = true;
    }
}

impl World {
    pub fn new(app: App, config: Config, most_clients: usize) -> Self {
        let net = Rc::new(RefCell::new(Net { listening: true, now: 1_000_000, ..Net::default() }));
        let woken = Arc::new(Woken::default());
        let mailbox = Arc::new(Mailbox::new());
        let state = WorkerState::new(Arc::new(app), config);
        let limit = Duration::from_secs(5);
        let worker =
            Worker::new(Fake(Rc::clone(&net), Arc::clone(&woken)), state, Arc::clone(&mailbox), most_clients, limit);
        Self { worker, mailbox, net, woken }
    }

    /// Octets of buffers that connections hold.
    pub fn memory(&self) -> usize {
        self.worker.memory()
    }

    pub fn net(&self) -> RefMut<'_, Net> {
        self.net.borrow_mut()
    }

    pub fn peer(&self, peer: usize) -> RefMut<'_, Peer> {
        RefMut::map(self.net.borrow_mut(), |net| &mut net.peers[peer])
    }

    /// What a peer has received, which is forgotten.
    pub fn take_received(&self, peer: usize) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.peer(peer).received)).into_owned()
    }

    /// A peer connects.
    pub fn connect(&mut self) -> usize {
        let mut net = self.net.borrow_mut();
        let peer = net.peers.len();
        net.peers.push(Peer::new());
        net.arriving.push_back(peer);
        net.events.push(Ready { token: LISTENER, readable: true, writable: false, ended: false, broken: false });
        peer
    }

    /// A peer sends octets.
    pub fn send(&mut self, peer: usize, octets: &[u8]) {
        self.peer(peer).unread.extend(octets);
        self.net().edge(peer);
    }

    /// A peer shuts its write side.
    pub fn end(&mut self, peer: usize) {
        self.peer(peer).ended = true;
        self.net().edge(peer);
    }

    /// A peer resets the connection.
    pub fn reset(&mut self, peer: usize) {
        self.peer(peer).reset = true;
        self.net().edge(peer);
    }

    /// A peer takes so much more of what the kernel holds.
    pub fn make_room(&mut self, peer: usize, room: usize) {
        self.peer(peer).room = room;
        self.net().edge(peer);
    }

    /// What has happened is told by no event.
    pub fn forget_events(&mut self) {
        self.net().events.clear();
    }

    pub fn drain(&mut self) {
        self.mailbox.send(Message::Drain(Drain::AtOnce));
    }

    /// One round of the worker, with the events that are there.
    pub fn round(&mut self) {
        let mut events = Vec::new();
        self.take_events(&mut events);
        self.worker.round(&events);
    }

    /// Lets the worker work until it would wait.
    pub fn run(&mut self) {
        let (mut before, mut rounds) = (self.progress(), 0);
        while rounds < MOST_ROUNDS {
            if self.worker.is_done() {
                return;
            }
            let idle = self.worker.time_to_wait() != Some(Duration::ZERO);
            let mut events = Vec::new();
            self.take_events(&mut events);
            if idle && events.is_empty() {
                return;
            }
            self.worker.round(&events);
            // A kernel that takes an octet at a time needs many rounds for what is large.
            let progress = self.progress();
            rounds = if progress == before { rounds + 1 } else { 0 };
            before = progress;
        }
        panic!("the worker spins");
    }

    /// What has not been read, and what has been sent. Nothing comes in while the worker is at it: the one only shrinks, and
    /// the other only grows.
    fn progress(&mut self) -> (usize, usize) {
        self.net()
            .peers
            .iter()
            .fold((0, 0), |(unread, received), peer| (unread + peer.unread.len(), received + peer.received.len()))
    }

    /// Lets time pass, and the worker wake when it wants to.
    pub fn pass(&mut self, milliseconds: u64) {
        let end = self.net().now + milliseconds;
        for _ in 0..MOST_ROUNDS {
            self.run();
            let now = self.net().now;
            let wait = self.worker.time_to_wait().map_or(u64::MAX, |wait| wait.as_millis() as u64);
            if self.worker.is_done() || wait > end - now {
                self.net().now = end;
                self.worker.round(&[]);
                return;
            }
            self.net().now += wait;
            self.worker.round(&[]);
        }
        panic!("the worker wakes too often");
    }

    /// How often the worker wakes, with nothing happening, in so much time.
    pub fn wakes_in(&mut self, milliseconds: u64) -> usize {
        let (mut left, mut wakes) = (milliseconds, 0);
        while let Some(wait) = self.worker.time_to_wait().map(|wait| wait.as_millis() as u64)
            && wait <= left
        {
            left -= wait;
            self.net().now += wait;
            self.worker.round(&[]);
            wakes += 1;
            assert!(wakes < 100_000, "the worker spins");
        }
        wakes
    }

    fn take_events(&mut self, events: &mut Vec<Ready>) {
        events.append(&mut self.net().events);
        if self.woken.0.swap(false, Ordering::SeqCst) {
            events.push(Ready { token: WAKER, readable: true, writable: false, ended: false, broken: false });
        }
    }
}

impl Net {
    /// What an epoll set says of a socket when anything about it changes: all that is true of it.
    fn edge(&mut self, peer: usize) {
        let Peer { unread, ended, reset, room, token, closed, .. } = &self.peers[peer];
        let Some(token) = token.filter(|_| !closed) else { return };
        let ready = Ready {
            token,
            readable: !unread.is_empty() || *ended || *reset,
            writable: *room > 0 || *reset,
            ended: *ended || *reset,
            broken: *reset,
        };
        // One event for each socket, however much has happened.
        self.events.retain(|event| event.token != token);
        self.events.push(ready);
    }
}

impl Net {
    /// What the kernel takes of what is written.
    fn take(&mut self, index: usize, parts: &[&[u8]]) -> io::Result<usize> {
        let peer = &mut self.peers[index];
        peer.writes += 1;
        peer.fault()?;
        assert!(!peer.shut, "the write side is shut");
        let total: usize = parts.iter().map(|part| part.len()).sum();
        let length = total.min(peer.most_written).min(peer.room);
        if length == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        peer.room -= length;
        let mut left = length;
        for part in parts {
            let taken = part.len().min(left);
            peer.received.extend_from_slice(&part[..taken]);
            left -= taken;
        }
        if length < total && peer.room > 0 {
            self.edge(index);
        }
        Ok(length)
    }
}

impl Peer {
    fn new() -> Self {
        Self {
            unread: VecDeque::new(),
            ended: false,
            reset: false,
            reset_by_server: false,
            most_read: usize::MAX,
            room: usize::MAX,
            most_written: usize::MAX,
            most_of_file: usize::MAX,
            sends_no_files: false,
            files: 0,
            errors: VecDeque::new(),
            received: Vec::new(),
            reads: 0,
            writes: 0,
            shut: false,
            closed: false,
            token: None,
        }
    }

    /// Whether the worker has read all that was sent.
    pub fn is_read_out(&self) -> bool {
        self.unread.is_empty()
    }

    fn fault(&mut self) -> io::Result<()> {
        match self.errors.pop_front() {
            Some(kind) => Err(kind.into()),
            None if self.reset => Err(ErrorKind::ConnectionReset.into()),
            None => Ok(()),
        }
    }
}

impl Kernel for Fake {
    type Socket = Socket;

    fn accept(&mut self) -> io::Result<(Socket, Option<SocketAddr>)> {
        let mut net = self.0.borrow_mut();
        net.accepts += 1;
        if let Some(error) = net.accept_errors.pop_front() {
            return Err(error);
        }
        let peer = net.arriving.pop_front().ok_or(ErrorKind::WouldBlock)?;
        Ok((Socket { peer, net: Rc::clone(&self.0) }, None))
    }

    fn register(&mut self, socket: &Socket, token: u64) -> io::Result<()> {
        let mut net = self.0.borrow_mut();
        net.peers[socket.peer].token = Some(token);
        net.edge(socket.peer);
        Ok(())
    }

    fn stop_accepting(&mut self) {
        self.0.borrow_mut().listening = false;
    }

    fn read(&mut self, socket: &Socket, buffer: &mut [u8]) -> io::Result<usize> {
        assert!(!buffer.is_empty(), "a read without room looks like the end");
        let mut net = self.0.borrow_mut();
        let peer = &mut net.peers[socket.peer];
        peer.reads += 1;
        peer.fault()?;
        let length = buffer.len().min(peer.most_read).min(peer.unread.len());
        if length == 0 && !peer.ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        for (place, octet) in buffer.iter_mut().zip(peer.unread.drain(..length)) {
            *place = octet;
        }
        // A kernel that gives less than it has, and less than was asked for, says again that there is something.
        if length < buffer.len() && !peer.unread.is_empty() {
            net.edge(socket.peer);
        }
        Ok(length)
    }

    fn write(&mut self, socket: &Socket, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let parts: Vec<&[u8]> = parts.iter().map(|part| &**part).collect();
        self.0.borrow_mut().take(socket.peer, &parts)
    }

    fn write_before_more(&mut self, socket: &Socket, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write(socket, parts)
    }

    fn send_file(&mut self, socket: &Socket, file: BorrowedFd<'_>, offset: u64, length: usize) -> io::Result<usize> {
        let mut net = self.0.borrow_mut();
        let peer = &mut net.peers[socket.peer];
        peer.files += 1;
        if peer.sends_no_files {
            return Err(ErrorKind::Unsupported.into());
        }
        // It may send less than there is room for, and say nothing of it.
        let mut octets = vec![0; length.min(peer.most_of_file)];
        let read = rustix::io::pread(file, &mut octets[..], offset)?;
        let sent = net.take(socket.peer, &[&octets[..read]]);
        if read == 0 { Ok(0) } else { sent }
    }

    fn shutdown_write(&mut self, socket: &Socket) {
        let mut net = self.0.borrow_mut();
        net.peers[socket.peer].shut = true;
        net.edge(socket.peer);
    }

    fn reset_on_close(&mut self, socket: &Socket) {
        self.0.borrow_mut().peers[socket.peer].reset_by_server = true;
    }

    fn wait(&mut self, events: &mut Vec<Ready>, _: Option<Duration>) -> io::Result<()> {
        events.clear();
        Ok(())
    }

    fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.1))
    }

    fn now(&mut self) -> Instant {
        Instant::from_millis(self.0.borrow().now)
    }

    fn unix_seconds(&mut self) -> u64 {
        self.0.borrow().now / 1000
    }
}
