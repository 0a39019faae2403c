//! The parser alone, in a blocking loop over `std::net`: some threads, each with one connection at a time.
//!
//! ```sh
//! cargo run --bin on-std
//! curl http://127.0.0.1:8080/
//! curl -d 'over and out' http://127.0.0.1:8080/echo
//! ```
//!
//! Whoever takes the parser without the engine must see to what [`serve`] shows: that the end of each message is found before
//! the next one is looked at, that nobody stays for ever, that replies leave in one write, and that the last one arrives.

use std::{
    io::{self, ErrorKind, Read, Write},
    mem,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use pronto::{
    buffer::SliceSink,
    connection::{Checked, Rejection, check_request},
    framing::{ContentDecoder, ContentLimits, Decoded, Part},
    head::{FieldSpan, HeadLimits, Method, Progress, Request, RequestHead, RequestParser, Status, Version},
    response::{
        CommonFields, Persistence, Replied, ReplyContent, ReplyContext, ResponseError, ResponseWriter, write_continue,
    },
};

/// The parser of pronto in a blocking loop
#[derive(Debug, Parser)]
struct CommandLine {
    /// Address to serve
    #[arg(long, default_value = "127.0.0.1:8080")]
    addr: SocketAddr,

    /// Connections served at a time, each by a thread; others wait
    #[arg(long, default_value_t = 64)]
    threads: usize,
}

fn main() -> io::Result<()> {
    let CommandLine { addr, threads } = CommandLine::parse();
    let listener = TcpListener::bind(addr)?;
    println!("on-std serves at http://{} until it is ended", listener.local_addr()?);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    match listener.accept() {
                        // Why a connection broke is nobody's business here.
                        Ok((stream, _)) => drop(serve(&stream)),
                        // There may be no descriptor left: that passes.
                        Err(_) => thread::sleep(Duration::from_millis(100)),
                    }
                }
            });
        }
    });
    Ok(())
}

/// Answers the requests of one connection, in order.
fn serve(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut output = [0; OUTPUT];
    let mut peer = Peer { stream, input: [0; INPUT], start: 0, end: 0, output: SliceSink::new(&mut output) };
    let common = CommonFields::new();
    let ended = loop {
        match answer_next(&mut peer, &common) {
            Ok(Persistence::Keep) => {}
            Ok(Persistence::Close) | Err(End::Quiet) => break Ok(()),
            Err(End::Io(error)) => break Err(error),
            Err(End::Refused(rejection)) => {
                // What came behind it may be anything: no further message is looked for.
                let context = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Close);
                let status = rejection.status();
                peer.write(|sink| ResponseWriter::new(sink, context, &common).status(status).no_content().map(drop))?;
                break Ok(());
            }
        }
    };
    peer.flush()?;
    peer.linger()?;
    ended
}

/// Reads one request to its end, and writes its reply.
fn answer_next(peer: &mut Peer<'_>, common: &CommonFields) -> Result<Persistence, End> {
    let mut fields = [FieldSpan::EMPTY; 64];
    let head = read_head(peer, &mut fields)?;
    let request = head.view(peer.input(), &fields);
    // One Host, a target that goes with the method, and one way only to tell where the message ends.
    let checked = check_request(&request).map_err(End::Refused)?;
    // The octets of the head are given up for those of the content, so what matters of them is kept.
    let resource = Resource::of(&request);
    let context = context(&request);
    peer.consume(head.length());
    let content = read_content(peer, checked)?;
    let replied = peer.write(|sink| resource.answer(ResponseWriter::new(sink, context, common), &content))?;
    Ok(replied.persistence())
}

/// What is there, and was asked for.
enum Resource {
    Hello,
    Echo,
    /// There, but not for this method.
    NotFor(&'static str),
    Missing,
}

impl Resource {
    fn of(request: &Request<'_>) -> Self {
        let path = request.path().map(|path| path.as_str());
        match (path, request.method()) {
            (Some("/"), Method::Get | Method::Head) => Self::Hello,
            (Some("/echo"), Method::Post) => Self::Echo,
            (Some("/"), _) => Self::NotFor("GET, HEAD"),
            (Some("/echo"), _) => Self::NotFor("POST"),
            _ => Self::Missing,
        }
    }

    fn answer(&self, writer: ResponseWriter<'_, SliceSink<'_>>, content: &[u8]) -> Result<Replied, ResponseError> {
        match self {
            Self::Hello => writer.ok("text/plain", b"hello\n"),
            Self::Echo => writer.ok("application/octet-stream", content),
            Self::NotFor(allow) => writer.status(Status::METHOD_NOT_ALLOWED).field("Allow", allow).no_content(),
            Self::Missing => writer.status(Status::NOT_FOUND).no_content(),
        }
    }
}

/// What a reply must know of its request.
fn context(request: &Request<'_>) -> ReplyContext {
    let content = if request.method() == Method::Head { ReplyContent::Omitted } else { ReplyContent::Sent };
    let persistence = if request.keeps_alive() { Persistence::Keep } else { Persistence::Close };
    ReplyContext::new(request.version(), content, persistence)
}

fn read_head(peer: &mut Peer<'_>, fields: &mut [FieldSpan]) -> Result<RequestHead, End> {
    let mut parser = RequestParser::new(HeadLimits::new());
    let mut deadline = Instant::now() + IDLE;
    let mut begun = false;
    loop {
        let progress = parser.parse(peer.input(), fields).map_err(|error| End::Refused(Rejection::Head(error)))?;
        if let Progress::Complete(head) = progress {
            return Ok(head);
        }
        // One deadline for the whole head: a client that drips gains nothing. Empty lines alone begin none (RFC 9112 2.2).
        if !begun && peer.input().iter().any(|octet| !matches!(octet, b'\r' | b'\n')) {
            (begun, deadline) = (true, Instant::now() + HEAD);
        }
        match peer.read_more(deadline) {
            Ok(()) => {}
            Err(_) if !begun => return Err(End::Quiet),
            Err(Wait::Ended) => return Err(End::Refused(Rejection::EndOfInput)),
            Err(Wait::TimedOut) => return Err(End::Refused(Rejection::HeadTimeout)),
            Err(Wait::Io(error)) => return Err(End::Io(error)),
        }
    }
}

/// Reads the content of a request to its end. This is the only way to the next request.
fn read_content(peer: &mut Peer<'_>, checked: Checked) -> Result<Vec<u8>, End> {
    let mut decoder = ContentDecoder::new(checked.framing, ContentLimits::new(MOST_CONTENT as u64));
    let mut expects_continue = checked.expects_continue;
    let mut content = Vec::new();
    let deadline = Instant::now() + CONTENT;
    loop {
        let Decoded { consumed, part } =
            decoder.decode(peer.input()).map_err(|error| End::Refused(Rejection::Framing(error)))?;
        let mut needs_input = false;
        match part {
            Part::Content(octets) => content.extend_from_slice(octets),
            Part::Trailers(_) => {}
            Part::End => {
                peer.consume(consumed);
                return Ok(content);
            }
            Part::NeedInput => needs_input = true,
        }
        peer.consume(consumed);
        if needs_input {
            // Only here: content that is there, or is refused, needs no leave.
            if mem::take(&mut expects_continue) {
                peer.write(|sink| write_continue(sink))?;
            }
            peer.read_more(deadline).map_err(|wait| match wait {
                Wait::Ended => End::Refused(Rejection::EndOfInput),
                Wait::TimedOut => End::Refused(Rejection::ContentTimeout),
                Wait::Io(error) => End::Io(error),
            })?;
        }
    }
}

/// Why no further request is answered.
enum End {
    /// Nobody waits for an answer.
    Quiet,
    Refused(Rejection),
    Io(io::Error),
}

/// Why no more octets came.
enum Wait {
    Ended,
    TimedOut,
    Io(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A connection, and its buffers.
struct Peer<'a> {
    stream: &'a TcpStream,
    input: [u8; INPUT],
    start: usize,
    end: usize,
    /// Replies are gathered here, and leave in one write before anybody waits.
    output: SliceSink<'a>,
}

impl Peer<'_> {
    /// What has come and is not consumed.
    fn input(&self) -> &[u8] {
        &self.input[self.start..self.end]
    }

    fn consume(&mut self, length: usize) {
        self.start += length;
    }

    /// Sends what is gathered, and waits for more octets.
    fn read_more(&mut self, deadline: Instant) -> Result<(), Wait> {
        self.flush().map_err(Wait::Io)?;
        if self.start > 0 {
            self.input.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Wait::TimedOut);
            }
            self.stream.set_read_timeout(Some(left)).map_err(Wait::Io)?;
            let mut stream = self.stream;
            // There is room: heads and trailer sections, all that is not consumed at once, are limited to less.
            match stream.read(&mut self.input[self.end..]) {
                Ok(0) => return Err(Wait::Ended),
                Ok(length) => {
                    self.end += length;
                    return Ok(());
                }
                Err(error) if is_transient(&error) => {}
                Err(error) => return Err(Wait::Io(error)),
            }
        }
    }

    /// Writes something behind what is gathered. What does not fit was not begun, and fits when that has left.
    fn write<T>(&mut self, write: impl Fn(&mut SliceSink<'_>) -> Result<T, ResponseError>) -> io::Result<T> {
        match write(&mut self.output) {
            Err(ResponseError::NoRoom) => {
                self.flush()?;
                write(&mut self.output)
            }
            outcome => outcome,
        }
        .map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + WRITE;
        let (mut stream, mut left) = (self.stream, self.output.written());
        while !left.is_empty() {
            let time = deadline.saturating_duration_since(Instant::now());
            if time.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            stream.set_write_timeout(Some(time))?;
            match stream.write(left) {
                Ok(length) => left = &left[length..],
                Err(error) if is_transient(&error) => {}
                Err(error) => return Err(error),
            }
        }
        self.output.clear();
        Ok(())
    }

    /// Lets the client read the last reply (RFC 9112 9.6): closing with octets unread would break the connection off.
    fn linger(mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        let deadline = Instant::now() + LINGER;
        for _ in 0..MOST_LINGERING_READS {
            (self.start, self.end) = (0, 0);
            if self.read_more(deadline).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Whether it is to be tried again, if there is time.
fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// For a head (16 KiB at most), or a trailer section (8 KiB at most), and what is read behind it.
const INPUT: usize = 32 * 1024;
const MOST_CONTENT: usize = 64 * 1024;
/// For one reply at least.
const OUTPUT: usize = MOST_CONTENT + 1024;

const IDLE: Duration = Duration::from_secs(30);
const HEAD: Duration = Duration::from_secs(5);
const CONTENT: Duration = Duration::from_secs(10);
const WRITE: Duration = Duration::from_secs(10);
const LINGER: Duration = Duration::from_secs(1);
const MOST_LINGERING_READS: usize = 16;
