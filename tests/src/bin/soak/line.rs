//! A connection whose replies are compared with what they have to be.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    thread,
    time::Duration,
};

use fastrand::Rng;
use tests::client::PATIENCE;

use crate::exchange::{Connection, Content, Expected};

/// How quick a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As quick as it can be.
    Quick,
    /// Octets drip in and out, for a second or so.
    Slow,
}

/// What came in the place of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replied {
    /// It, and the connection persists.
    Persists,
    /// It, and it says that it is the last.
    Closes,
    /// The end of the connection.
    Ended,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    received: Vec<u8>,
    pace: Pace,
    /// How often it may still wait.
    waits: u32,
    /// Octets that were compared.
    pub(crate) compared: u64,
}

/// How often a slow client waits on one connection, each way: it is slow, and yet quicker than the server insists on.
const WAITS: u32 = 400;

const WAIT: Duration = Duration::from_millis(1);

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

impl Line {
    pub(crate) fn new(stream: TcpStream, pace: Pace) -> io::Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new(), pace, waits: WAITS, compared: 0 })
    }

    pub(crate) const fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Compares what comes next with a reply. `continues`: leave to go on may come before it.
    ///
    /// # Errors
    /// How it differs.
    pub(crate) fn check(&mut self, expected: &Expected, continues: bool) -> Result<Replied, String> {
        let head = loop {
            if continues && self.received.starts_with(CONTINUE) {
                self.received.drain(..CONTINUE.len());
            }
            if let Some(end) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                if !(continues && self.received.starts_with(CONTINUE)) {
                    break self.received.drain(..end + 4).collect::<Vec<u8>>();
                }
            } else if !self.receive()? {
                return match &*self.received {
                    [] => Ok(Replied::Ended),
                    part => Err(format!("cut in a head, behind {}", part.escape_ascii())),
                };
            }
        };
        self.compared += head.len() as u64;
        let replied = check_head(&head, expected).ok_or_else(|| {
            let Expected { status, fields, connection, .. } = expected;
            format!("a head {}, and not {status}, {fields:?}, {connection:?}", head.escape_ascii())
        })?;
        self.check_content(&expected.content).map_err(|what| format!("{what}, behind {}", head.escape_ascii()))?;
        Ok(replied)
    }

    /// Waits for leave to send content. `false`: the end came, or a reply.
    pub(crate) fn await_leave(&mut self) -> Result<bool, String> {
        while self.received.len() < CONTINUE.len() {
            if !self.receive()? {
                return Ok(false);
            }
        }
        let came = self.received.starts_with(CONTINUE);
        if came {
            self.received.drain(..CONTINUE.len());
        }
        Ok(came)
    }

    /// Waits for the end, before which nothing may come.
    pub(crate) fn check_end(&mut self) -> Result<(), String> {
        while self.received.is_empty() && self.receive()? {}
        match &*self.received {
            [] => Ok(()),
            more => Err(format!("behind the last reply {}", more[..more.len().min(300)].escape_ascii())),
        }
    }

    fn check_content(&mut self, content: &Content) -> Result<(), String> {
        match content {
            Content::None => Ok(()),
            Content::Octets(octets) => self.take(octets.len() as u64, |at, piece| {
                octets.get(at as usize..).is_some_and(|rest| rest.starts_with(piece))
            }),
            Content::Repeated(length) => self.take(*length, only_x),
            Content::Chunked(length) => {
                let mut total = 0;
                loop {
                    let line = self.take_line()?;
                    let digits = !line.is_empty() && line.bytes().all(|octet| octet.is_ascii_hexdigit());
                    let size = u64::from_str_radix(&line, 16).ok().filter(|_| digits);
                    let size = size.ok_or_else(|| format!("the size of a chunk is {line:?}"))?;
                    if size > 0 {
                        self.take(size, only_x)?;
                        total += size;
                    }
                    let line = self.take_line()?;
                    if !line.is_empty() {
                        return Err(format!("behind a chunk {line:?}"));
                    }
                    if size == 0 {
                        break;
                    }
                }
                if total == *length { Ok(()) } else { Err(format!("{total} octets in chunks, and not {length}")) }
            }
            Content::UntilEnd(length) => {
                self.take(*length, only_x)?;
                self.check_end()
            }
        }
    }

    /// Takes so many octets, which have to be right.
    fn take(&mut self, length: u64, is_right: impl Fn(u64, &[u8]) -> bool) -> Result<(), String> {
        let mut taken = 0;
        while taken < length {
            if self.received.is_empty() && !self.receive()? {
                return Err(format!("cut behind {taken} octets of {length}"));
            }
            let piece = self.received.len().min((length - taken) as usize);
            if !is_right(taken, &self.received[..piece]) {
                return Err(format!("other content in the {piece} octets from {taken} of {length} on"));
            }
            self.received.drain(..piece);
            taken += piece as u64;
        }
        self.compared += taken;
        Ok(())
    }

    fn take_line(&mut self) -> Result<String, String> {
        loop {
            if let Some(end) = self.received.windows(2).position(|window| window == b"\r\n") {
                self.compared += end as u64 + 2;
                let line: Vec<u8> = self.received.drain(..end + 2).take(end).collect();
                return Ok(line.escape_ascii().to_string());
            }
            if self.received.len() > 100 {
                return Err(format!("not a line: {}", self.received.escape_ascii()));
            }
            if !self.receive()? {
                return Err("cut in a line of the chunked coding".into());
            }
        }
    }

    /// Receives more. `false`: the end has come.
    fn receive(&mut self) -> Result<bool, String> {
        let mut buffer = [0; 64 * 1024];
        let mut room = buffer.len();
        if self.pace == Pace::Slow && self.waits > 0 {
            self.waits -= 1;
            thread::sleep(WAIT);
            room = 2 * 1024;
        }
        match self.stream.read(&mut buffer[..room]) {
            Ok(length) => {
                self.received.extend_from_slice(&buffer[..length]);
                Ok(length > 0)
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(false),
            Err(error) => Err(format!("nothing in time: {error}")),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // Whoever still sends on it must not wait.
        drop(self.stream.shutdown(Shutdown::Both));
    }
}

fn only_x(_: u64, piece: &[u8]) -> bool {
    piece.iter().all(|&octet| octet == b'x')
}

/// Whether a head is the one that is expected, and what it says of the connection.
fn check_head(head: &[u8], expected: &Expected) -> Option<Replied> {
    let head = str::from_utf8(head).ok()?;
    let rest =
        head.strip_prefix("HTTP/1.1 ")?.strip_prefix(expected.status)?.strip_prefix("\r\nServer: pronto\r\nDate: ")?;
    let (date, rest) = rest.split_once("\r\n")?;
    let connection = rest.strip_prefix(&*expected.fields)?.strip_suffix("\r\n")?;
    if !is_date(date) {
        return None;
    }
    match (connection, expected.connection) {
        ("", Connection::Persists | Connection::MayClose) => Some(Replied::Persists),
        ("Connection: keep-alive\r\n", Connection::KeepAlive) => Some(Replied::Persists),
        ("Connection: close\r\n", _) => Some(Replied::Closes),
        _ => None,
    }
}

/// Whether a text has the form of `Sun, 06 Nov 1994 08:49:37 GMT`.
fn is_date(text: &str) -> bool {
    const FORM: &[u8; 29] = b"Aaa, 00 Aaa 0000 00:00:00 GMT";
    text.len() == FORM.len()
        && text.bytes().zip(FORM).all(|(octet, form)| match form {
            b'A' => octet.is_ascii_uppercase(),
            b'a' => octet.is_ascii_lowercase(),
            b'0' => octet.is_ascii_digit(),
            other => octet == *other,
        })
}

/// Sends octets in pieces of any length. `false`: nobody takes them.
pub(crate) fn send(mut stream: &TcpStream, mut octets: &[u8], rng: &mut Rng, pace: Pace) -> bool {
    let mut waits = if pace == Pace::Slow { WAITS } else { 0 };
    while !octets.is_empty() {
        let most = match (waits, rng.u8(0..4)) {
            (1.., _) => 3,
            (_, 0) => 20,
            _ => 100_000,
        };
        let (piece, rest) = octets.split_at(rng.usize(1..=octets.len().min(most)));
        if stream.write_all(piece).is_err() {
            return false;
        }
        if waits > 0 {
            waits -= 1;
            thread::sleep(WAIT);
        }
        octets = rest;
    }
    true
}
