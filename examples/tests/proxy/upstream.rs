//! Upstreams that do as a test says, and note to the octet what has reached them.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use tests::client::{PATIENCE, eventually};

/// A server that takes one connection after the other.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    /// All that has come, a piece for each connection that has ended.
    received: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Upstream {
    /// One that has the same answer to every request, and closes behind it.
    pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::doing(move |stream, received| {
            read_request(stream, received);
            // Whether it is read does not matter.
            let _read = stream.write_all(&answer);
        })
    }

    /// One that does this on each connection, and then reads until its peer closes.
    pub(crate) fn doing(act: impl Fn(&mut TcpStream, &mut Vec<u8>) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (all, act) = (Arc::clone(&received), Arc::new(act));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, all, act) = (stream.unwrap(), Arc::clone(&all), Arc::clone(&act));
                thread::spawn(move || {
                    stream.set_read_timeout(Some(PATIENCE)).unwrap();
                    let mut received = Vec::new();
                    act(&mut stream, &mut received);
                    let _closed = stream.shutdown(Shutdown::Write);
                    let _end = stream.read_to_end(&mut received);
                    all.lock().unwrap().push(received);
                });
            }
        });
        Self { address, received }
    }

    /// What has come on so many connections, once they have ended.
    pub(crate) fn received(&self, connections: usize) -> Vec<String> {
        eventually("all that came", || self.received.lock().unwrap().len() >= connections);
        let received = self.received.lock().unwrap();
        assert_eq!(received.len(), connections);
        received.iter().map(|octets| String::from_utf8(octets.clone()).unwrap()).collect()
    }

    /// How many connections have ended.
    pub(crate) fn connections(&self) -> usize {
        self.received.lock().unwrap().len()
    }
}

/// A server that has more connections waiting than it takes: whoever wants another is not answered.
pub(crate) struct Busy {
    pub(crate) address: SocketAddr,
    listener: TcpListener,
    waiting: Vec<TcpStream>,
}

impl Busy {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        rustix::net::listen(&listener, 0).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            waiting.push(stream);
            assert!(waiting.len() < 16, "it has room for any number");
        }
        Self { address, listener, waiting }
    }

    /// Takes the next connection that is wanted: those that waited are gone.
    pub(crate) fn take(self) -> TcpStream {
        for _ in &self.waiting {
            self.listener.accept().unwrap();
        }
        self.listener.accept().unwrap().0
    }
}

/// Reads a request to its end, as simply as its framing lets one: the proxy's has one form of each.
pub(crate) fn read_request(stream: &mut TcpStream, received: &mut Vec<u8>) {
    let head = read_until(stream, received, |octets| position(octets, b"\r\n\r\n").map(|at| at + 4));
    let fields = String::from_utf8(received[..head].to_vec()).unwrap().to_ascii_lowercase();
    if let Some(length) = fields.split("\r\ncontent-length: ").nth(1) {
        let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
        read_until(stream, received, |octets| (octets.len() >= head + length).then_some(0));
    } else if fields.contains("\r\ntransfer-encoding: chunked\r\n") {
        read_until(stream, received, |octets| octets.ends_with(b"0\r\n\r\n").then_some(0));
    }
}

/// Reads until this says something, or the peer ends.
pub(crate) fn read_until(
    stream: &mut TcpStream,
    received: &mut Vec<u8>,
    is_enough: impl Fn(&[u8]) -> Option<usize>,
) -> usize {
    let mut buffer = vec![0; 1 << 16];
    loop {
        if let Some(at) = is_enough(received) {
            return at;
        }
        match stream.read(&mut buffer) {
            Ok(0) => return received.len(),
            Ok(length) => received.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return received.len(),
            Err(error) => panic!("no more in time: {error}, behind {}", received.escape_ascii()),
        }
    }
}

pub(crate) fn position(octets: &[u8], part: &[u8]) -> Option<usize> {
    octets.windows(part.len()).position(|window| window == part)
}

/// Waits for what should not happen.
pub(crate) fn a_while() {
    thread::sleep(Duration::from_millis(50));
}
