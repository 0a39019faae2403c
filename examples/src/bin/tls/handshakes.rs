//! Handshakes, bounded in time and number.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    convert::Infallible,
    io::{self, ErrorKind},
    rc::Rc,
    time::Duration,
};

use async_channel::Sender;
use async_io::Timer;
use futures_lite::FutureExt;
use futures_rustls::{TlsAcceptor, server::TlsStream};
use pronto_smol::Socket;

/// The handshakes of a worker. A client that is silent, or slow on purpose, holds nothing for longer than it is told here.
pub(crate) struct Handshakes {
    acceptor: TlsAcceptor,
    timeout: Duration,
    most: usize,
    under_way: RefCell<UnderWay>,
}

/// Oldest first. One that is given up has its sender dropped.
#[derive(Default)]
struct UnderWay {
    next: u64,
    senders: BTreeMap<u64, Sender<Infallible>>,
}

impl Handshakes {
    pub(crate) fn new(acceptor: TlsAcceptor, timeout: Duration, most: usize) -> Self {
        Self { acceptor, timeout, most, under_way: RefCell::default() }
    }

    /// Makes an encrypted stream of a socket that was accepted.
    ///
    /// # Errors
    /// The client does not speak TLS, or none that this server does; it was too slow, or there are too many others.
    pub(crate) async fn accept(self: Rc<Self>, socket: Socket) -> io::Result<TlsStream<Socket>> {
        let (sender, given_up) = async_channel::bounded(1);
        let _turn = self.begin(sender);
        let too_late = async {
            Timer::after(self.timeout).await;
            Err(io::Error::new(ErrorKind::TimedOut, "the handshake took too long"))
        };
        let too_many = async {
            let _dropped = given_up.recv().await;
            Err(io::Error::new(ErrorKind::ConnectionAborted, "too many handshakes are under way"))
        };
        self.acceptor.accept(socket).or(too_late).or(too_many).await
    }

    fn begin(&self, sender: Sender<Infallible>) -> Turn<'_> {
        let mut under_way = self.under_way.borrow_mut();
        if under_way.senders.len() >= self.most {
            // Whoever speaks TLS is through in no time: the oldest is the likeliest to be silent.
            under_way.senders.pop_first();
        }
        let number = under_way.next;
        under_way.next += 1;
        under_way.senders.insert(number, sender);
        Turn { handshakes: self, number }
    }
}

/// A handshake that is under way, until this is dropped.
struct Turn<'a> {
    handshakes: &'a Handshakes,
    number: u64,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.handshakes.under_way.borrow_mut().senders.remove(&self.number);
    }
}
