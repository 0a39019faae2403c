use std::{
    convert::Infallible,
    fmt::Write as _,
    future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use pronto::{
    connection::{CloseReason, Config, Instant},
    head::{FieldSpan, Status},
    serve::{Buffers, Ended, Error, Server},
};

use crate::choices::{cuts, each, whole};

/// Connections over `Read` and `Write`, blocking and async: what is executed, what is answered and how it ends is the same in
/// both ways, however the octets come, and however few of the reply are taken at once.
///
/// The target chooses: whether content is gathered (`/w`), taken piece by piece (`/p`), read in part (`/r`) or left alone, and how
/// the request is answered.
///
/// # Panics
/// When that is not so.
pub fn serve(octets: &[u8]) {
    let Some((&seed, input)) = octets.split_first() else { return };
    let at_once = play(seed, input, whole(input.len()), usize::MAX);
    assert_eq!(play(seed, input, cuts(seed, input.len()), 7), at_once, "in pieces");
    assert_eq!(play(seed, input, each(input.len()), 1), at_once, "octet by octet");
}

/// How much content a handler takes.
const MOST_CONTENT: u64 = 50;

/// What came of octets.
#[derive(Debug, PartialEq, Eq)]
struct Played {
    /// What was executed: method, target, content.
    calls: Vec<String>,
    sent: String,
    end: End,
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Close(CloseReason),
    Reset(CloseReason),
    /// What is the other protocol's: octets that were read, and those that were not.
    Upgraded(Vec<u8>),
}

/// What the application does, with `.await` or without.
macro_rules! answer {
    ($exchange:ident, $calls:ident $(, $await:tt)*) => {{
        let request = $exchange.request();
        let target = request.target().to_owned();
        $calls.push(format!("{} {target} ", request.method()));
        let call = $calls.last_mut().expect("it was pushed");
        $exchange.limit_content(MOST_CONTENT);
        match target.as_bytes().get(1) {
            Some(b'w') => {
                let (_, content) = $exchange.whole()$(.$await)*?;
                note(call, content);
            }
            Some(b'p') => {
                while let Some(piece) = $exchange.piece()$(.$await)*? {
                    assert!(!piece.is_empty());
                    note(call, piece);
                }
            }
            Some(b'r') => {
                let mut octet = [0];
                for _ in 0..3 {
                    let length = $exchange.read(&mut octet)$(.$await)*?;
                    note(call, &octet[..length]);
                }
            }
            _ => {}
        }
        match target.as_bytes().get(2) {
            Some(b'x') => $exchange.reply(|writer| writer.status(Status::OK).close().content(b"closes"))$(.$await)*,
            Some(b'l') => $exchange.octets("text/plain", &[b'l'; 400])$(.$await)*,
            Some(b'c') => {
                let mut body = $exchange.stream(|writer| writer.status(Status::OK).chunked())$(.$await)*?;
                for length in [0, 1, 300, 20] {
                    body.write(&[b'c'; 300][..length])$(.$await)*?;
                }
                body.finish()$(.$await)*
            }
            Some(b's') => {
                let mut body = $exchange.stream(|writer| writer.status(Status::OK).content_of_length(9))$(.$await)*?;
                body.write(b"short")$(.$await)*?;
                body.finish()$(.$await)*
            }
            Some(b'u') => {
                $exchange.reply(|writer| writer.status(Status::SWITCHING_PROTOCOLS).upgrade("shout"))$(.$await)*
            }
            Some(b'f') => Err(Status::SERVICE_UNAVAILABLE)?,
            _ => $exchange.text(call)$(.$await)*,
        }
    }};
}

fn note(call: &mut String, content: &[u8]) {
    write!(call, "{}", content.escape_ascii()).expect("a string takes everything");
}

/// Serves it in both ways.
fn play(seed: u8, octets: &[u8], ends: impl Iterator<Item = usize> + Clone, most: usize) -> Played {
    let mut config = Config::new();
    // More than a handler takes: what is left of content that was read in part depends on how much of it has come.
    config.limits.unread_content = MOST_CONTENT + 10;
    let sizes = (300 + usize::from(seed & 3), 200 + usize::from(seed >> 2), 12);

    let (mut input, mut output, mut fields) = (vec![0; sizes.0], vec![0; sizes.1], vec![FieldSpan::EMPTY; sizes.2]);
    let mut line = Line::new(octets, ends.clone(), most);
    let server = Server::new(|| Instant::from_millis(1_000))
        .with_config(config.clone())
        .with_shutdown(|line: &mut Line<'_, _>| line.is_shut = true);
    let buffers = Buffers { input: &mut input, output: &mut output, fields: &mut fields };
    let mut calls = Vec::new();
    let ended = server.serve(&mut line, buffers, |mut exchange| answer!(exchange, calls));
    let blocking = line.played(calls, ended);

    let mut line = Line::new(octets, ends, most);
    let server = Server::new(|| Instant::from_millis(1_000))
        .with_config(config)
        .with_shutdown(|line: &mut Line<'_, _>| line.is_shut = true);
    let buffers = Buffers { input: &mut input, output: &mut output, fields: &mut fields };
    let mut calls = Vec::new();
    let serving = server.serve_async(
        &mut line,
        buffers,
        |_| future::pending(),
        async |mut exchange| answer!(exchange, calls, await),
    );
    let Poll::Ready(ended) = pin!(serving).poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it waits, for a transport that is always ready")
    };
    assert_eq!(line.played(calls, ended), blocking, "async, and blocking");
    blocking
}

/// A transport that brings octets in pieces, and takes a few at a time.
struct Line<'o, E> {
    octets: &'o [u8],
    /// Where the pieces end.
    ends: E,
    end: usize,
    start: usize,
    most: usize,
    sent: Vec<u8>,
    /// Whether it was said that no more will be sent.
    is_shut: bool,
}

impl<'o, E: Iterator<Item = usize>> Line<'o, E> {
    const fn new(octets: &'o [u8], ends: E, most: usize) -> Self {
        Self { octets, ends, end: 0, start: 0, most, sent: Vec::new(), is_shut: false }
    }

    fn come(&mut self, buffer: &mut [u8]) -> usize {
        assert!(!buffer.is_empty(), "a read without room looks like the end");
        if self.start == self.end {
            self.end = self.ends.next().unwrap_or(self.octets.len());
        }
        let length = buffer.len().min(self.end - self.start);
        buffer[..length].copy_from_slice(&self.octets[self.start..][..length]);
        self.start += length;
        length
    }

    fn take(&mut self, octets: &[u8]) -> usize {
        assert!(!self.is_shut, "octets behind what was to be the last");
        let length = octets.len().min(self.most);
        self.sent.extend_from_slice(&octets[..length]);
        length
    }

    fn played(&self, calls: Vec<String>, ended: Result<Ended<'_>, Error<Infallible>>) -> Played {
        let end = match ended.expect("the transport fails never, and the output has room for a head") {
            Ended::Close(reason) => End::Close(reason),
            Ended::Reset(reason) => End::Reset(reason),
            Ended::Upgraded(read) => End::Upgraded([read, &self.octets[self.start..]].concat()),
        };
        // Whether leave to send is given depends on whether the content is there already.
        let sent = self.sent.escape_ascii().to_string().replace(r"HTTP/1.1 100 Continue\r\n\r\n", "");
        Played { calls, sent, end }
    }
}

impl<E> embedded_io::ErrorType for Line<'_, E> {
    type Error = Infallible;
}

impl<E: Iterator<Item = usize>> embedded_io::Read for Line<'_, E> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        Ok(self.come(buffer))
    }
}

impl<E: Iterator<Item = usize>> embedded_io::Write for Line<'_, E> {
    fn write(&mut self, octets: &[u8]) -> Result<usize, Infallible> {
        Ok(self.take(octets))
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl<E: Iterator<Item = usize>> embedded_io_async::Read for Line<'_, E> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        Ok(self.come(buffer))
    }
}

impl<E: Iterator<Item = usize>> embedded_io_async::Write for Line<'_, E> {
    async fn write(&mut self, octets: &[u8]) -> Result<usize, Infallible> {
        Ok(self.take(octets))
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
