//! A client over a real socket.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use crate::reply::{Reply, To, take};

/// How long a client waits before it gives a test up.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A connection of a client.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Client {
    /// Connects.
    ///
    /// # Panics
    /// When it cannot: like all that a client does, that fails its test.
    pub fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    /// A client on a connection that is there.
    pub fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, received: Vec::new() }
    }

    /// The same connection, for another thread to send on.
    pub fn try_clone(&self) -> Self {
        Self { stream: self.stream.try_clone().unwrap(), received: Vec::new() }
    }

    /// Where the server sees it come from.
    pub fn local_address(&self) -> SocketAddr {
        self.stream.local_addr().unwrap()
    }

    /// Sends octets.
    pub fn send(&mut self, octets: impl AsRef<[u8]>) -> &mut Self {
        self.stream.write_all(octets.as_ref()).unwrap();
        self
    }

    /// Sends octets for as long as the server takes them, and says how many it took before it took none for a while.
    pub fn send_until_refused(&mut self, block: &[u8], most: usize) -> usize {
        self.stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
        let mut sent = 0;
        while sent < most {
            match self.stream.write(block) {
                Ok(length) => sent += length,
                Err(_) => break,
            }
        }
        self.stream.set_write_timeout(Some(PATIENCE)).unwrap();
        sent
    }

    /// Ends the connection at once, without a goodbye: the server gets a reset.
    pub fn vanish(self) {
        rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO)).unwrap();
    }

    /// Whether the server broke the connection off, instead of ending it.
    pub fn is_reset(&mut self) -> bool {
        let outcome = self.stream.read_to_end(&mut self.received);
        matches!(outcome, Err(error) if error.kind() == ErrorKind::ConnectionReset)
    }

    /// Sends octets to a server that may have hung up.
    pub fn try_send(&mut self, octets: impl AsRef<[u8]>) {
        drop(self.stream.write_all(octets.as_ref()));
    }

    /// Ends the client's side.
    pub fn end(&mut self) -> &mut Self {
        drop(self.stream.shutdown(Shutdown::Write));
        self
    }

    /// The next reply.
    pub fn reply(&mut self) -> Reply {
        self.reply_to(To::Other)
    }

    /// The next reply, to this kind of request.
    pub fn reply_to(&mut self, to: To) -> Reply {
        loop {
            if let Some((reply, length)) = take(&self.received, to) {
                self.received.drain(..length);
                return reply;
            }
            self.receive();
        }
    }

    /// The next reply, or `None` where the server ends the connection instead.
    pub fn reply_or_end(&mut self) -> Option<Reply> {
        loop {
            if let Some((reply, length)) = take(&self.received, To::Other) {
                self.received.drain(..length);
                return Some(reply);
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer) {
                Ok(length @ 1..) => self.received.extend_from_slice(&buffer[..length]),
                Ok(_) => return None,
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                    return None;
                }
                Err(error) => panic!("no reply in time: {error}"),
            }
        }
    }

    /// The next octets, up to and with these.
    pub fn up_to(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = self.received.windows(end.len()).position(|window| window == end) {
                return self.received.drain(..at + end.len()).collect();
            }
            self.receive();
        }
    }

    fn receive(&mut self) {
        let mut buffer = vec![0; 1 << 20];
        let length = self.stream.read(&mut buffer).expect("a reply in time");
        assert!(length > 0, "the server closed behind {}", self.received.escape_ascii());
        self.received.extend_from_slice(&buffer[..length]);
    }

    /// What one read brings.
    pub fn read_once(&mut self) -> Vec<u8> {
        let mut buffer = vec![0; 1 << 20];
        let length = self.stream.read(&mut buffer).expect("octets in time");
        buffer.truncate(length);
        buffer
    }

    /// Everything up to the end of the connection.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.received);
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => {}
            // Closed with octets of ours unread: what was sent before is there all the same.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("no end in time: {error}, behind {}", rest.escape_ascii()),
        }
        rest
    }

    /// Whether nothing comes, and the connection stays open, for a short while.
    pub fn is_quiet(&mut self) -> bool {
        self.stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let mut octet = [0];
        let outcome = self.stream.peek(&mut octet);
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        matches!(outcome, Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    }
}

/// Waits until something holds.
///
/// # Panics
/// When it does not in time.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
