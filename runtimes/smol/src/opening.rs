use std::{
    fmt,
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_lite::{AsyncRead, AsyncWrite};

/// A stream that may not be there yet: whoever reads or writes waits for it. So a connection has all its limits from when it
/// was accepted.
pub(crate) enum Opening<S, F> {
    /// It is waited for.
    Closed(Pin<Box<F>>),
    /// It is there.
    Open(S),
    /// It could not be opened, or is not wanted any more.
    Lost,
}

impl<S, F: Future<Output = io::Result<S>>> Opening<S, F> {
    pub(crate) fn new(opening: F) -> Self {
        Self::Closed(Box::pin(opening))
    }

    fn poll_open(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Pin<&mut S>>>
    where
        S: Unpin,
    {
        if let Self::Closed(opening) = self {
            let opened = ready!(opening.as_mut().poll(context));
            // Whatever it holds goes before anything else is done.
            *self = Self::Lost;
            *self = Self::Open(opened?);
        }
        match self {
            Self::Open(stream) => Poll::Ready(Ok(Pin::new(stream))),
            _ => Poll::Ready(Err(ErrorKind::NotConnected.into())),
        }
    }
}

impl<S: AsyncRead + Unpin, F: Future<Output = io::Result<S>>> AsyncRead for Opening<S, F> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(context))?.poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin, F: Future<Output = io::Result<S>>> AsyncWrite for Opening<S, F> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(context))?.poll_write(context, octets)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(context))?.poll_write_vectored(context, parts)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(context))?.poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Open(stream) => Pin::new(stream).poll_close(context),
            // Nobody is there to whom a goodbye could be said.
            closed => {
                *closed = Self::Lost;
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl<S, F> fmt::Debug for Opening<S, F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Closed(_) => "Closed",
            Self::Open(_) => "Open",
            Self::Lost => "Lost",
        })
    }
}
