use std::{
    io::{self, ErrorKind, IoSlice},
    os::fd::{BorrowedFd, OwnedFd},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_lite::{AsyncRead, AsyncWrite};
use rustix::{
    fs::sendfile,
    io::Errno,
    net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown, sockopt},
};

use crate::readiness::{Readiness, Registration};

/// A connected socket, of whatever family.
///
/// It is tried first, and waited for only when it would block: when it says so, or when it gave less than it could have,
/// which says the same without another system call.
#[derive(Debug)]
pub struct Socket {
    socket: OwnedFd,
    registration: Registration,
    /// The last read left it empty.
    is_empty: bool,
    /// The last write had no room.
    is_full: bool,
}

impl Socket {
    /// A socket that does not block.
    pub(crate) fn new(socket: OwnedFd, readiness: &Rc<Readiness>) -> io::Result<Self> {
        let registration = readiness.watch(&socket)?;
        Ok(Self { socket, registration, is_empty: false, is_full: false })
    }

    /// Has the peer told, when this is dropped, that the connection was broken off.
    pub(crate) fn reset_on_close(&self) {
        // A family that has no such thing is closed as usual.
        let _other_family = sockopt::set_socket_linger(&self.socket, Some(Duration::ZERO));
    }

    /// Ready where the peer has broken the connection off: for as long as nobody reads what it sends.
    pub(crate) fn poll_broken(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.registration.poll_broken(context)
    }

    /// Sends octets of a file; 0 where it ends there.
    pub(crate) fn poll_send_file(
        &mut self,
        context: &mut Context<'_>,
        file: BorrowedFd<'_>,
        offset: u64,
        length: usize,
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(context, |socket| sendfile(socket, file, Some(&mut { offset }), length))
            // A file system that has no pages to send from.
            .map_err(|error| match Errno::from_io_error(&error) {
                Some(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => ErrorKind::Unsupported.into(),
                _ => error,
            })
    }

    fn poll_write_with(
        &mut self,
        context: &mut Context<'_>,
        write: impl Fn(&OwnedFd) -> rustix::io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            if self.is_full {
                ready!(self.registration.poll_writable(context));
                self.is_full = false;
            }
            match write(&self.socket) {
                // It is told of again only after it has said so itself, and not for having taken less than it could have.
                Err(Errno::AGAIN) => self.is_full = true,
                written => return Poll::Ready(written.map_err(Into::into)),
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            if self.is_empty {
                ready!(self.registration.poll_readable(context));
                self.is_empty = false;
            }
            match recv(&self.socket, &mut *buffer, RecvFlags::empty()) {
                Err(Errno::AGAIN) => self.is_empty = true,
                read => {
                    let (read, _) = read?;
                    // An end that was told of already is not told of again.
                    self.is_empty = read < buffer.len() && !self.registration.has_ended();
                    return Poll::Ready(Ok(read));
                }
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_with(context, |socket| send(socket, octets, SendFlags::NOSIGNAL))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(context, |socket| rustix::io::writev(socket, parts))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(shutdown(&self.socket, Shutdown::Write).map_err(Into::into))
    }
}
