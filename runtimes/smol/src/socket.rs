use std::{
    io::{self, ErrorKind, IoSlice},
    os::fd::{BorrowedFd, OwnedFd},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use async_io::Async;
use futures_lite::{AsyncRead, AsyncWrite};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::sendfile,
    io::Errno,
    net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown, sockopt},
};

/// A connected socket, of whatever family.
///
/// It is tried first, and waited for only when it would block: when it says so,
/// or when it gave or took less than it could have, which says the same without another system call.
#[derive(Debug)]
pub struct Socket {
    socket: Async<OwnedFd>,
    /// The last read left it empty.
    is_empty: bool,
    /// The last write left it full.
    is_full: bool,
}

impl Socket {
    /// A socket that does not block.
    pub(crate) fn new(socket: OwnedFd) -> io::Result<Self> {
        Ok(Self { socket: Async::new_nonblocking(socket)?, is_empty: false, is_full: false })
    }

    /// Has the peer told, when this is dropped, that the connection was broken off.
    pub(crate) fn reset_on_close(&self) {
        // A family that has no such thing is closed as usual.
        let _other_family = sockopt::set_socket_linger(&self.socket, Some(Duration::ZERO));
    }

    /// Whether the peer has broken the connection off, for as long as nobody reads what it sends.
    pub(crate) fn poll_health(&mut self, context: &mut Context<'_>) -> Health {
        // That it is broken is told as something to read is. Something that is there and is not read would be told for ever.
        if self.is_empty && self.socket.poll_readable(context).is_ready() {
            self.is_empty = false;
        }
        match (self.is_broken(), self.is_empty) {
            (true, _) => Health::Broken,
            (false, true) => Health::Watched,
            (false, false) => Health::Unwatched,
        }
    }

    fn is_broken(&self) -> bool {
        let mut asked = [PollFd::new(&self.socket, PollFlags::empty())];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        // What is not asked for is told all the same: that it is broken, and that both sides have ended, as then they have.
        poll(&mut asked, Some(&at_once)).is_ok_and(|count| count > 0)
    }

    /// Sends octets of a file; 0 where it ends there.
    pub(crate) fn poll_send_file(
        &mut self,
        context: &mut Context<'_>,
        file: BorrowedFd<'_>,
        offset: u64,
        length: usize,
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(context, length, |socket| sendfile(socket, file, Some(&mut { offset }), length))
            // A file system that has no pages to send from.
            .map_err(|error| match Errno::from_io_error(&error) {
                Some(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => ErrorKind::Unsupported.into(),
                _ => error,
            })
    }

    fn poll_write_with(
        &mut self,
        context: &mut Context<'_>,
        length: usize,
        write: impl Fn(&OwnedFd) -> rustix::io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            if self.is_full {
                ready!(self.socket.poll_writable(context))?;
                self.is_full = false;
            }
            match write(self.socket.get_ref()) {
                Err(Errno::AGAIN) => self.is_full = true,
                written => {
                    let written = written?;
                    self.is_full = written < length;
                    return Poll::Ready(Ok(written));
                }
            }
        }
    }
}

/// What is known of a connection that is not read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Broken,
    /// The task is woken when that changes.
    Watched,
    /// It has to be asked again after a while.
    Unwatched,
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            if self.is_empty {
                ready!(self.socket.poll_readable(context))?;
                self.is_empty = false;
            }
            match recv(self.socket.get_ref(), &mut *buffer, RecvFlags::empty()) {
                Err(Errno::AGAIN) => self.is_empty = true,
                read => {
                    let (read, _) = read?;
                    // The end, too, is told of by the next readiness.
                    self.is_empty = read < buffer.len();
                    return Poll::Ready(Ok(read));
                }
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_with(context, octets.len(), |socket| send(socket, octets, SendFlags::NOSIGNAL))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = parts.iter().map(|part| part.len()).sum();
        self.poll_write_with(context, length, |socket| rustix::io::writev(socket, parts))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(shutdown(self.socket.get_ref(), Shutdown::Write).map_err(Into::into))
    }
}
