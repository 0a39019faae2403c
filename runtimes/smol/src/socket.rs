use std::{
    io::{self, IoSlice},
    os::fd::OwnedFd,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use async_io::Async;
use futures_lite::{AsyncRead, AsyncWrite};
use rustix::{
    io::Errno,
    net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown, sockopt},
};

/// A connected socket, of whatever family. It is tried first, and waited for only when it would block.
#[derive(Debug)]
pub(crate) struct Socket(Async<OwnedFd>);

impl Socket {
    /// A socket that does not block.
    pub(crate) fn new(socket: OwnedFd) -> io::Result<Self> {
        Async::new_nonblocking(socket).map(Self)
    }

    /// Has the peer told, when this is dropped, that the connection was broken off.
    pub(crate) fn reset_on_close(&self) {
        // A family that has no such thing is closed as usual.
        let _other_family = sockopt::set_socket_linger(&self.0, Some(Duration::ZERO));
    }

    fn poll_write_with(
        &self,
        context: &mut Context<'_>,
        write: impl Fn(&OwnedFd) -> rustix::io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            match write(self.0.get_ref()) {
                Err(Errno::AGAIN) => ready!(self.0.poll_writable(context))?,
                written => return Poll::Ready(Ok(written?)),
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            match recv(self.0.get_ref(), &mut *buffer, RecvFlags::empty()) {
                Err(Errno::AGAIN) => ready!(self.0.poll_readable(context))?,
                read => return Poll::Ready(Ok(read?.0)),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_with(context, |socket| send(socket, octets, SendFlags::NOSIGNAL))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(context, |socket| rustix::io::writev(socket, parts))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(shutdown(self.0.get_ref(), Shutdown::Write).map_err(Into::into))
    }
}
