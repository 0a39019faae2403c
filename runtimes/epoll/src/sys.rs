//! The system calls, all of them, behind a seam: a worker runs on any [`Kernel`], so that tests can play one that writes
//! little, fails, or resets connections.

use std::{
    io::{self, IoSlice},
    mem::MaybeUninit,
    net::SocketAddr,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
    time::{self, Duration, SystemTime},
};

use rustix::{
    event::{EventfdFlags, Timespec, epoll, epoll::EventData, eventfd},
    io::Errno,
    net::{
        AddressFamily, RecvFlags, SendFlags, Shutdown, SocketFlags, SocketType, acceptfrom_with, bind, getsockname,
        ipproto, listen, recv, send, shutdown, socket_with, sockopt,
    },
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

    fn shutdown_write(&mut self, socket: &Self::Socket);

    /// Has the peer told, when the socket is dropped, that the connection was broken off.
    fn reset_on_close(&mut self, socket: &Self::Socket);

    /// Waits for events, at most so long.
    fn wait(&mut self, events: &mut Vec<Ready>, at_most: Option<Duration>) -> io::Result<()>;

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
    waker: Arc<OwnedFd>,
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
        Ok(Self { epoll, listener: Some(listener), waker: Arc::new(waker), start: time::Instant::now() })
    }

    /// What wakes a worker from its wait, from any thread.
    pub(crate) fn waker(&self) -> impl Fn() + Send + Sync + 'static {
        let waker = Arc::clone(&self.waker);
        // It can only fail when the counter is full: then the worker is being woken anyway.
        move || {
            let _full = rustix::io::write(&*waker, &1_u64.to_ne_bytes());
        }
    }
}

impl Kernel for Linux {
    type Socket = OwnedFd;

    fn accept(&mut self) -> io::Result<(OwnedFd, Option<SocketAddr>)> {
        let Some(listener) = &self.listener else { return Err(Errno::AGAIN.into()) };
        let (socket, peer) = acceptfrom_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC)?;
        let peer = peer.and_then(|peer| SocketAddr::try_from(peer).ok());
        Ok((socket, peer))
    }

    fn register(&mut self, socket: &OwnedFd, token: u64) -> io::Result<()> {
        let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::RDHUP | epoll::EventFlags::ET;
        Ok(epoll::add(&self.epoll, socket, EventData::new_u64(token), flags)?)
    }

    fn stop_accepting(&mut self) {
        self.listener = None;
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
                let _nothing = rustix::io::read(&*self.waker, &mut [0; 8]);
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

    fn now(&mut self) -> Instant {
        Instant::from_millis(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn unix_seconds(&mut self) -> u64 {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}

/// Listens on an address that other listeners of this process share: the kernel spreads connections over them.
pub(crate) fn listen_shared(address: SocketAddr) -> io::Result<OwnedFd> {
    let listener = bound(address, Sharing::Yes)?;
    // Replies leave whole: waiting to fill a segment would only delay them. Accepted sockets inherit it.
    sockopt::set_tcp_nodelay(&listener, true)?;
    listen(&listener, BACKLOG)?;
    Ok(listener)
}

/// Whether nobody else listens on an address. A shared listener alone would not notice: it would take half of the other
/// server's connections.
pub(crate) fn is_free(address: SocketAddr) -> io::Result<()> {
    bound(address, Sharing::No).map(drop)
}

/// The address that a listener was given, where it asked for any port.
pub(crate) fn local_address(listener: impl AsFd) -> io::Result<SocketAddr> {
    Ok(getsockname(listener)?.try_into()?)
}

/// How many descriptors this process may have open.
pub(crate) fn descriptor_limit() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}

/// Connections that wait to be accepted.
const BACKLOG: i32 = 4096;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sharing {
    Yes,
    No,
}

fn bound(address: SocketAddr, sharing: Sharing) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(family, SocketType::STREAM, flags, Some(ipproto::TCP))?;
    // Connections of an earlier run that still linger are no reason to refuse.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if sharing == Sharing::Yes {
        sockopt::set_socket_reuseport(&socket, true)?;
    }
    bind(&socket, &address)?;
    Ok(socket)
}
