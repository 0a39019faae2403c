//! Where connections come in.

use std::{
    fmt, fs,
    io::{self, ErrorKind},
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::{
            fs::{FileTypeExt, MetadataExt},
            net::UnixListener,
        },
    },
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rustix::{
    io::Errno,
    net::{
        AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, ipproto, listen, socket_with, sockopt,
    },
};

/// What addresses of unix sockets begin with.
pub(crate) const UNIX: &str = "unix:";

/// A socket that listens, and never blocks.
#[derive(Debug)]
pub enum Listener {
    /// For TCP.
    Tcp(TcpListener),
    /// For a unix socket.
    Unix(UnixListener),
}

impl Listener {
    /// The same socket by another descriptor.
    ///
    /// # Errors
    /// The operating system's: too many descriptors are open.
    pub fn try_clone(&self) -> io::Result<Self> {
        match self {
            Self::Tcp(listener) => listener.try_clone().map(Self::Tcp),
            Self::Unix(listener) => listener.try_clone().map(Self::Unix),
        }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The operating system's.
    pub fn address(&self) -> io::Result<Address> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Address::Tcp),
            Self::Unix(listener) => {
                let address = listener.local_addr()?;
                Ok(Address::Unix(address.as_pathname().map(Path::to_path_buf).unwrap_or_default()))
            }
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(listener) => listener.as_fd(),
            Self::Unix(listener) => listener.as_fd(),
        }
    }
}

impl From<Listener> for OwnedFd {
    fn from(listener: Listener) -> Self {
        match listener {
            Listener::Tcp(listener) => listener.into(),
            Listener::Unix(listener) => listener.into(),
        }
    }
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// An address and a port.
    Tcp(SocketAddr),
    /// The path of a unix socket; empty where it has none.
    Unix(PathBuf),
}

impl Address {
    /// The address and the port, unless it is a unix socket.
    pub const fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }
}

/// As a browser or a client takes it: `http://127.0.0.1:8080`, `unix:/run/app.sock`.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(formatter, "http://{address}"),
            Self::Unix(path) => write!(formatter, "{UNIX}{}", path.display()),
        }
    }
}

/// The sockets of a server: one that all workers share, or one for each.
#[derive(Debug)]
pub(crate) struct Listeners {
    address: Address,
    sockets: Mutex<Vec<Listener>>,
    /// What lies in the file system, and is to be removed at the end.
    file: Option<SocketFile>,
}

impl Listeners {
    /// Listens. A TCP address gets a socket for each worker, over which the kernel spreads connections.
    pub(crate) fn bind(address: &str, workers: usize) -> io::Result<Self> {
        match address.strip_prefix(UNIX) {
            Some(path) => bind_unix(Path::new(path)),
            None => bind_tcp(address, workers),
        }
    }

    /// Sockets that listen already. Whoever made them minds their file, unless it is said to be ours.
    pub(crate) fn adopt(sockets: Vec<Listener>, owns_file: bool) -> io::Result<Self> {
        let first = sockets.first().ok_or(ErrorKind::NotFound)?;
        let address = first.address()?;
        let file = match &address {
            Address::Unix(path) if owns_file => SocketFile::at(path).ok(),
            _ => None,
        };
        Ok(Self { address, sockets: Mutex::new(sockets), file })
    }

    pub(crate) const fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) const fn owns_file(&self) -> bool {
        self.file.is_some()
    }

    /// How many sockets there are.
    pub(crate) fn len(&self) -> usize {
        self.sockets().len()
    }

    /// A worker's own descriptor of its socket.
    pub(crate) fn socket_for(&self, worker: usize) -> io::Result<Listener> {
        let sockets = self.sockets();
        match sockets.len() {
            0 => Err(io::Error::other("the server listens no more")),
            length => sockets[worker % length].try_clone(),
        }
    }

    /// Descriptors of all, for another process.
    pub(crate) fn descriptors(&self) -> io::Result<Vec<OwnedFd>> {
        self.sockets().iter().map(|socket| socket.as_fd().try_clone_to_owned()).collect()
    }

    /// Closes what is held here: when workers close theirs, too, nobody listens any more.
    pub(crate) fn close(&self) {
        self.sockets().clear();
    }

    /// Removes the file of a unix socket, at a real end.
    pub(crate) fn remove_file(&self) {
        if let Some(file) = &self.file {
            file.remove();
        }
    }

    fn sockets(&self) -> std::sync::MutexGuard<'_, Vec<Listener>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file of a unix socket.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    fn at(path: &Path) -> io::Result<Self> {
        Ok(Self { path: std::path::absolute(path)?, identity: identity(path)? })
    }

    /// Somebody else's socket may be there by now: it stays.
    fn remove(&self) {
        if identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            let _gone = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

fn bind_unix(path: &Path) -> io::Result<Listeners> {
    if path.as_os_str().is_empty() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "there is no path"));
    }
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.file_type().is_socket() => return Err(ErrorKind::AlreadyExists.into()),
        Ok(_) => remove_stale(path)?,
        // The way to it may be what is missing: binding says so.
        Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    listener.set_nonblocking(true)?;
    let sockets = Mutex::new(vec![Listener::Unix(listener)]);
    Ok(Listeners { address: Address::Unix(path.into()), sockets, file: Some(SocketFile::at(path)?) })
}

/// Removes a socket that nobody listens on: a server that was killed has left it.
fn remove_stale(path: &Path) -> io::Result<()> {
    // One that is alive and has too much to do must not keep us waiting.
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    match connect(&socket, &SocketAddrUnix::new(path)?) {
        Err(Errno::CONNREFUSED) => fs::remove_file(path),
        Ok(()) | Err(Errno::AGAIN) => Err(ErrorKind::AddrInUse.into()),
        Err(error) => Err(error.into()),
    }
}

fn bind_tcp(address: &str, workers: usize) -> io::Result<Listeners> {
    let mut outcome = Err(ErrorKind::AddrNotAvailable.into());
    // A name may stand for several addresses, of which this machine need not have all.
    for address in address.to_socket_addrs()? {
        outcome = bind_address(address, workers);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

fn bind_address(mut address: SocketAddr, workers: usize) -> io::Result<Listeners> {
    // A shared socket alone would not notice that somebody else listens: it would take half of its connections.
    bound(address, Sharing::No)?;
    let mut sockets = Vec::new();
    for _ in 0..workers {
        let socket = bound(address, Sharing::Yes)?;
        set_options(&socket)?;
        listen(&socket, BACKLOG)?;
        let listener = TcpListener::from(socket);
        // Where any port was asked for, all have the one that the first was given.
        address = listener.local_addr()?;
        sockets.push(Listener::Tcp(listener));
    }
    Ok(Listeners { address: Address::Tcp(address), sockets: Mutex::new(sockets), file: None })
}

/// Sets what accepted sockets inherit.
pub(crate) fn set_options(listener: impl AsFd) -> io::Result<()> {
    let listener = listener.as_fd();
    // Replies leave whole: waiting to fill a segment would only delay them.
    sockopt::set_tcp_nodelay(listener, true)?;
    // A client that went without a word is noticed even where nothing is sent to it: a stream may be silent for long.
    sockopt::set_tcp_keepidle(listener, KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(listener, KEEPALIVE_INTERVAL)?;
    sockopt::set_tcp_keepcnt(listener, KEEPALIVE_PROBES)?;
    Ok(sockopt::set_socket_keepalive(listener, true)?)
}

/// How long a connection is silent before the operating system asks whether its client is there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);

/// How often it asks then.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// How often it asks in vain.
const KEEPALIVE_PROBES: u32 = 4;

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

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn accepted_sockets_notice_a_client_that_went_without_a_word() {
        let listeners = Listeners::bind("127.0.0.1:0", 1).unwrap();
        let Listener::Tcp(listener) = listeners.socket_for(0).unwrap() else { panic!("no TCP") };
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let socket = loop {
            match listener.accept() {
                Ok((socket, _)) => break socket,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        };
        assert!(sockopt::socket_keepalive(&socket).unwrap() && sockopt::tcp_nodelay(&socket).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&socket).unwrap(), KEEPALIVE_IDLE);
        assert_eq!(sockopt::tcp_keepintvl(&socket).unwrap(), KEEPALIVE_INTERVAL);
        assert_eq!(sockopt::tcp_keepcnt(&socket).unwrap(), KEEPALIVE_PROBES);
    }
}
