use std::{
    error::Error,
    fmt,
    future::poll_fn,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_lite::{AsyncRead, Stream};
use pronto::{connection::Rejection, head::Status};

use crate::pipe::Pipe;

/// The content of a request while it comes. A handler that does not read stops the socket, once 64 KiB wait for it.
///
/// A client that waits for leave to send (`Expect: 100-continue`) is given it when the content is first read. What was not
/// read when the reply is given is thrown away within a bound, or the connection closes.
#[derive(Debug)]
pub struct IncomingContent {
    pipe: Option<Arc<Pipe>>,
    /// What was taken from the pipe and not yet read.
    taken: Vec<u8>,
    /// How much of that has been read.
    read: usize,
}

impl IncomingContent {
    pub(crate) const fn new(pipe: Option<Arc<Pipe>>) -> Self {
        Self { pipe, taken: Vec::new(), read: 0 }
    }

    /// Whether the request has content, be it empty.
    pub const fn is_present(&self) -> bool {
        self.pipe.is_some()
    }

    /// The next octets, as many as are there; `None` at the end.
    ///
    /// # Errors
    /// [`ContentError`] where the content does not come to its end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ContentError> {
        poll_fn(|context| self.poll_octets(context)).await
    }

    /// All of it. How much that may be is the route's limit of content.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub async fn collect(&mut self) -> Result<Vec<u8>, ContentError> {
        let mut all = self.next().await?.unwrap_or_default();
        while let Some(octets) = self.next().await? {
            all.extend_from_slice(&octets);
        }
        Ok(all)
    }

    /// The fields of the trailer section, once the end was reached. Those that a trailer section must not have are not
    /// among them (RFC 9110 6.5.1).
    pub fn trailers(&self) -> Vec<(String, Vec<u8>)> {
        self.pipe.as_ref().map(|pipe| pipe.trailers()).unwrap_or_default()
    }

    fn poll_octets(&mut self, context: &Context<'_>) -> Poll<Result<Option<Vec<u8>>, ContentError>> {
        if self.read < self.taken.len() {
            let rest = self.taken.split_off(self.read);
            (self.taken, self.read) = (Vec::new(), 0);
            return Poll::Ready(Ok(Some(rest)));
        }
        match &self.pipe {
            Some(pipe) => pipe.poll_take(context),
            None => Poll::Ready(Ok(None)),
        }
    }
}

impl Drop for IncomingContent {
    fn drop(&mut self) {
        if let Some(pipe) = &self.pipe {
            pipe.abandon();
        }
    }
}

/// Its pieces, for a reply that is made from them.
impl Stream for IncomingContent {
    type Item = Result<Vec<u8>, ContentError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_octets(context).map(Result::transpose)
    }
}

impl AsyncRead for IncomingContent {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.read == self.taken.len() {
            let Some(octets) = ready!(self.poll_octets(context)).map_err(io::Error::other)? else {
                return Poll::Ready(Ok(0));
            };
            (self.taken, self.read) = (octets, 0);
        }
        let length = buffer.len().min(self.taken.len() - self.read);
        buffer[..length].copy_from_slice(&self.taken[self.read..self.read + length]);
        self.read += length;
        Poll::Ready(Ok(length))
    }
}

/// Why the content of a request does not come to its end. A handler that passes it on, or does not answer at once, has the
/// request answered with the fitting status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContentError {
    /// It is broken, too large, too slow, or ended early.
    Rejected(Rejection),
    /// Its connection is gone.
    Lost,
}

impl ContentError {
    /// The status that answers it.
    pub const fn status(&self) -> Status {
        match self {
            Self::Rejected(rejection) => rejection.status(),
            Self::Lost => Status::BAD_REQUEST,
        }
    }
}

impl fmt::Display for ContentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => rejection.fmt(formatter),
            Self::Lost => formatter.write_str("the connection is gone"),
        }
    }
}

impl Error for ContentError {}
