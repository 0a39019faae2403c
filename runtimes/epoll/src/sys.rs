//! The system calls, all of them, behind a seam: a worker runs on any [`Kernel`], so that tests can play one that writes
//! little, fails, or resets connections.

use std::{
    io::{self, ErrorKind, IoSlice},
    mem::MaybeUninit,
    net::SocketAddr,
    os::fd::{BorrowedFd, OwnedFd},
    sync::Arc,
    task::{Wake, Waker},
    time::{self, Duration, SystemTime},
};

use rustix::{
    event::{EventfdFlags, Timespec, epoll, epoll::EventData, eventfd},
    fs::sendfile,
    io::Errno,
    net::{RecvFlags, SendFlags, Shutdown, SocketFlags, acceptfrom_with, recv, send, shutdown, sockopt},
};

use pronto::connection::Instant;

/// What a worker asks of an operating system. Nothing blocks but [`wait`](Self::wait).
pub(crate) trait Kernel {
    /// An accepted connection; dropping it closes it.
    type Socket;

    /// Accepts a connection, and tells its peer's address where it has one.
    fn accept(&mut self) -> io::Result<(Self::Socket, Option<SocketAddr>)>;

    /// Has events of the socket reported from now on, edge-triggered.
    fn register(&mut self, socket: &Self::Socket, token: u64) -> io::Result<()>;

    /// Accepts no more, and refuses connections from now on.
    fn stop_accepting(&mut self);

    fn read(&mut self, socket: &Self::Socket, buffer: &mut [u8]) -> io::Result<usize>;

    fn write(&mut self, socket: &Self::Socket, parts: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Writes, where more will be written at once.
    fn write_before_more(&mut self, socket: &Self::Socket, parts: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Sends octets of a file, at most so many from this place on; 0 where it ends there.
    fn send_file(
        &mut self,
        socket: &Self::Socket,
        file: BorrowedFd<'_>,
        offset: u64,
        length: usize,
    ) -> io::Result<usize>;

    fn shutdown_write(&mut self, socket: &Self::Socket);

    /// Has the peer told, when the socket is dropped, that the connection was broken off.
    fn reset_on_close(&mut self, socket: &Self::Socket);

    /// Waits for events, at most so long.
    fn wait(&mut self, events: &mut Vec<Ready>, at_most: Option<Duration>) -> io::Result<()>;

    /// What ends a wait, from any thread.
    fn waker(&self) -> Waker;

    /// Time since some start that stays the same.
    fn now(&mut self) -> Instant;

    /// Seconds since 1970.
    fn unix_seconds(&mut self) -> u64;
}

/// What an epoll set reports of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) token: u64,
    /// There may be something to read, be it the end.
    pub(crate) readable: bool,
    /// There may be room to write.
    pub(crate) writable: bool,
    /// The peer has ended its side: reads go on until they say so.
    pub(crate) ended: bool,
    /// The connection is broken: nothing can be sent any more.
    pub(crate) broken: bool,
}

/// The token of the listener; the sockets' are below.
pub(crate) const LISTENER: u64 = u64::MAX;

/// The token of the waker.
pub(crate) const WAKER: u64 = u64::MAX - 1;

/// The kernel that this program runs on.
#[derive(Debug)]
pub(crate) struct Linux {
    epoll: OwnedFd,
    listener: Option<OwnedFd>,
    waker: Arc<EventFd>,
    start: time::Instant,
}

/// How many events one wait takes.
const EVENTS: usize = 512;

impl Linux {
    pub(crate) fn new(listener: OwnedFd) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let waker = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let edge = epoll::EventFlags::IN | epoll::EventFlags::ET;
        epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), edge)?;
        epoll::add(&epoll, &waker, EventData::new_u64(WAKER), edge)?;
        Ok(Self { epoll, listener: Some(listener), waker: Arc::new(EventFd(waker)), start: time::Instant::now() })
    }
}

/// What wakes a worker from its wait, from any thread.
#[derive(Debug)]
struct EventFd(OwnedFd);

impl Wake for EventFd {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // It can only fail when the counter is full: then the worker is being woken anyway.
        let _full = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }
}

impl Kernel for Linux {
    type Socket = OwnedFd;

    fn accept(&mut self) -> io::Result<(OwnedFd, Option<SocketAddr>)> {
        let Some(listener) = &self.listener else { return Err(Errno::AGAIN.into()) };
        let (socket, peer) = acceptfrom_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC)?;
        // One that came by a unix socket has none.
        let peer = peer.and_then(|peer| SocketAddr::try_from(peer).ok());
        Ok((socket, peer))
    }

    fn register(&mut self, socket: &OwnedFd, token: u64) -> io::Result<()> {
        let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::RDHUP | epoll::EventFlags::ET;
        Ok(epoll::add(&self.epoll, socket, EventData::new_u64(token), flags)?)
    }

    fn stop_accepting(&mut self) {
        if let Some(listener) = self.listener.take() {
            // Others may keep the socket open by descriptors of their own: then it would go on being reported.
            let _gone = epoll::delete(&self.epoll, &listener);
        }
    }

    #[inline]
    fn read(&mut self, socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<usize> {
        let (read, _) = recv(socket, buffer, RecvFlags::empty())?;
        Ok(read)
    }

    #[inline]
    fn write(&mut self, socket: &OwnedFd, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match parts {
            [part] => Ok(send(socket, part, SendFlags::NOSIGNAL)?),
            _ => Ok(rustix::io::writev(socket, parts)?),
        }
    }

    fn write_before_more(&mut self, socket: &OwnedFd, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match parts {
            [part] => Ok(send(socket, part, SendFlags::NOSIGNAL | SendFlags::MORE)?),
            _ => self.write(socket, parts),
        }
    }

    fn send_file(
        &mut self,
        socket: &OwnedFd,
        file: BorrowedFd<'_>,
        mut offset: u64,
        length: usize,
    ) -> io::Result<usize> {
        match sendfile(socket, file, Some(&mut offset), length) {
            // A file system that has no pages to send from.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Err(ErrorKind::Unsupported.into()),
            sent => Ok(sent?),
        }
    }

    fn shutdown_write(&mut self, socket: &OwnedFd) {
        // Where it fails the connection is gone already, which reading will tell.
        let _gone = shutdown(socket, Shutdown::Write);
    }

    fn reset_on_close(&mut self, socket: &OwnedFd) {
        // A socket that has no such thing is closed as any other.
        let _other_family = sockopt::set_socket_linger(socket, Some(Duration::ZERO));
    }

    fn wait(&mut self, events: &mut Vec<Ready>, at_most: Option<Duration>) -> io::Result<()> {
        let at_most = at_most.and_then(|duration| Timespec::try_from(duration).ok());
        events.clear();
        let mut taken = [const { MaybeUninit::uninit() }; EVENTS];
        let taken: &[epoll::Event] = match epoll::wait(&self.epoll, &mut taken, at_most.as_ref()) {
            Ok((taken, _)) => taken,
            Err(Errno::INTR) => &[],
            Err(error) => return Err(error.into()),
        };
        for event in taken {
            let (flags, token) = (event.flags, event.data.u64());
            if token == WAKER {
                let _nothing = rustix::io::read(&self.waker.0, &mut [0; 8]);
            }
            let broken = flags.contains(epoll::EventFlags::ERR);
            // Both sides have ended: there may still be something to read, and nothing to lose by it.
            let over = flags.contains(epoll::EventFlags::HUP);
            events.push(Ready {
                token,
                readable: flags.contains(epoll::EventFlags::IN) || over,
                writable: flags.contains(epoll::EventFlags::OUT),
                ended: flags.contains(epoll::EventFlags::RDHUP) || over,
                broken,
            });
        }
        Ok(())
    }

    fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.waker))
    }

    fn now(&mut self) -> Instant {
        Instant::from_millis(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn unix_seconds(&mut self) -> u64 {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}
