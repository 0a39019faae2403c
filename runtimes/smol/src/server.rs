use std::{io, net::SocketAddr, rc::Rc};

use async_executor::LocalExecutor;
use futures_lite::{AsyncRead, AsyncWrite};
use pronto_host::{Runtime, WorkerSeed};

use crate::{
    Socket, Worker,
    accept::Acceptor,
    connection::{Abilities, Goodbye},
    opening::Opening,
};

/// Tasks on a local executor for each worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Smol;

/// A server on this runtime.
pub type Server = pronto_host::Server<Smol>;

impl Smol {
    /// Serves as this runtime does, over streams that `open` makes of accepted sockets: for a [`Runtime`] that encrypts, or
    /// does something else to all that is sent.
    ///
    /// A connection counts from when it was accepted, and what ends one ends it also while its stream is opened. How
    /// long that may take at most is for `open` to say; where it fails the connection is cut. A header of the PROXY
    /// protocol is expected within the stream.
    ///
    /// ```
    /// use std::io;
    ///
    /// use futures_lite::io::BufReader;
    /// use pronto_smol::{Runtime, Smol, WorkerSeed};
    ///
    /// struct Buffered;
    ///
    /// impl Runtime for Buffered {
    ///     const NAME: &'static str = "smol with a buffer";
    ///
    ///     fn serve(seed: WorkerSeed) -> io::Result<()> {
    ///         Smol::serve_over(seed, async |socket| Ok(BufReader::new(socket)))
    ///     }
    /// }
    ///
    /// let server = pronto_host::Server::<Buffered>::bind("127.0.0.1:8080");
    /// ```
    ///
    /// # Errors
    /// As for [`Runtime::serve`].
    pub fn serve_over<S, F>(seed: WorkerSeed, open: impl Fn(Socket) -> F + 'static) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
        F: Future<Output = io::Result<S>> + 'static,
    {
        run(Acceptor::new(seed, move |worker, socket, peer| worker.serve(Opening::new(open(socket)), peer))?)
    }
}

impl Runtime for Smol {
    const NAME: &'static str = "smol";

    fn serve(seed: WorkerSeed) -> io::Result<()> {
        run(Acceptor::new(seed, |worker, socket, peer| worker.serve_with(socket, peer, SOCKET))?)
    }
}

fn run<W, F>(acceptor: Acceptor<W>) -> io::Result<()>
where
    W: Fn(Rc<Worker>, Socket, Option<SocketAddr>) -> F + 'static,
    F: Future<Output = ()> + 'static,
{
    let executor = Rc::new(LocalExecutor::new());
    // A task as others are: what is run beside them has its turn once after very many of theirs. It does not keep the executor,
    // with which all tasks end.
    let accepting = executor.spawn(acceptor.run(Rc::downgrade(&executor)));
    async_io::block_on(executor.run(accepting))
}

/// What a socket can.
const SOCKET: Abilities<Socket> = Abilities {
    reset: Socket::reset_on_close,
    goodbye: Goodbye::Said,
    send_file: Some(Socket::poll_send_file),
    broken: Socket::poll_broken,
};
