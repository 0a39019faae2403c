//! A client that pipelines: it sends some requests in one write, and reads the replies in order.
//!
//! ```sh
//! cargo run --bin client -- 127.0.0.1:8080 / --count 5
//! ```
//!
//! It says of each reply what its status is and how much content it has. If the server closes before it has answered them all,
//! nobody knows what became of the rest: a client may send those again that are idempotent (RFC 9110 9.2.2), as GET is.

use std::{
    error::Error,
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use clap::Parser;
use pronto::{
    buffer::ArraySink,
    framing::{ContentDecoder, ContentLimits, Decoded, Framing, Part, response_framing},
    head::{FieldSpan, HeadLimits, Method, Progress, ResponseParser, Status},
    request::RequestWriter,
};

/// A client that pipelines, of pronto's parsers and writers
#[derive(Debug, Parser)]
struct CommandLine {
    /// Where to
    addr: SocketAddr,

    /// What to ask for
    target: String,

    /// How often
    #[arg(long, default_value_t = 10)]
    count: usize,

    /// Ask for the heads of replies alone
    #[arg(long)]
    head: bool,

    /// Seconds for the whole of it
    #[arg(long, default_value_t = 10)]
    time: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let CommandLine { addr, target, count, head, time } = CommandLine::parse();
    let method = if head { Method::Head } else { Method::Get };
    let deadline = Instant::now() + Duration::from_secs(time);

    // Requests that do not fit are refused as a whole. As long as all of them fit into the buffers of the sockets, a server may
    // wait with reading until its replies are read: nobody waits for ever.
    let mut requests = ArraySink::<REQUESTS>::new();
    let host = addr.to_string();
    for _ in 0..count {
        RequestWriter::new(&mut requests, method, &target, &host).no_content()?;
    }
    let mut server = Server::connect(addr, deadline)?;
    server.stream.write_all(requests.written())?;

    for number in 1..=count {
        let reply = server.read_reply(method).map_err(|error| format!("reply {number} of {count}: {error}"))?;
        println!("{}, {} octets", reply.status, reply.content);
        if !reply.is_followed && number < count {
            return Err(format!("the server closes; it has left {} of {count} unanswered", count - number).into());
        }
    }
    Ok(())
}

struct Reply {
    status: Status,
    /// Octets of its content.
    content: u64,
    /// Whether the connection goes on behind it.
    is_followed: bool,
}

/// A connection to a server, and what has come on it.
struct Server {
    stream: TcpStream,
    deadline: Instant,
    input: Box<[u8; INPUT]>,
    start: usize,
    end: usize,
}

impl Server {
    fn connect(addr: SocketAddr, deadline: Instant) -> io::Result<Self> {
        let time = time_left(deadline)?;
        let stream = TcpStream::connect_timeout(&addr, time)?;
        stream.set_write_timeout(Some(time))?;
        Ok(Self { stream, deadline, input: Box::new([0; INPUT]), start: 0, end: 0 })
    }

    /// Reads the next final reply, to a request with this method: only with it one can tell where the reply ends.
    fn read_reply(&mut self, method: Method<'_>) -> Result<Reply, Box<dyn Error>> {
        let (status, framing, keeps_alive) = loop {
            let (status, framing, keeps_alive) = self.read_head(method)?;
            // Interim replies come before the final one (RFC 9110 15.2), but nobody has asked for another protocol.
            if status == Status::SWITCHING_PROTOCOLS {
                return Err("the server changes to a protocol that nobody asked for".into());
            } else if !status.is_informational() {
                break (status, framing, keeps_alive);
            }
        };
        let content = self.read_content(framing)?;
        Ok(Reply { status, content, is_followed: keeps_alive && framing != Framing::UntilClose })
    }

    fn read_head(&mut self, method: Method<'_>) -> Result<(Status, Framing, bool), Box<dyn Error>> {
        let mut parser = ResponseParser::new(HeadLimits::new());
        let mut fields = [FieldSpan::EMPTY; 100];
        loop {
            let input = &self.input[self.start..self.end];
            if let Progress::Complete(head) = parser.parse(input, &mut fields)? {
                let response = head.view(input, &fields);
                let read = (response.status(), response_framing(&response, method)?, response.keeps_alive());
                self.start += head.length();
                return Ok(read);
            }
            if self.read_more()? == 0 {
                return Err("the server closed instead".into());
            }
        }
    }

    /// Reads content to its end, and says how long it was.
    fn read_content(&mut self, framing: Framing) -> Result<u64, Box<dyn Error>> {
        let mut decoder = ContentDecoder::new(framing, ContentLimits::new(MOST_CONTENT));
        let mut length = 0;
        loop {
            let Decoded { consumed, part } = decoder.decode(&self.input[self.start..self.end])?;
            self.start += consumed;
            match part {
                Part::Content(octets) => length += octets.len() as u64,
                Part::Trailers(_) => {}
                Part::End => return Ok(length),
                Part::NeedInput => {
                    if self.read_more()? == 0 {
                        // That is the end of content which ends so, and of no other.
                        decoder.handle_end_of_input()?;
                        return Ok(length);
                    }
                }
            }
        }
    }

    /// Waits for more octets, and says how many came; 0 where the server has closed.
    fn read_more(&mut self) -> io::Result<usize> {
        self.input.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        loop {
            self.stream.set_read_timeout(Some(time_left(self.deadline)?))?;
            // There is room: heads and trailer sections, all that is not consumed at once, are limited to less.
            match self.stream.read(&mut self.input[self.end..]) {
                Ok(length) => {
                    self.end += length;
                    return Ok(length);
                }
                // How that is told that the time is over differs from system to system; whether it is does not.
                Err(error)
                    if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn time_left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// For all requests.
const REQUESTS: usize = 16 * 1024;
/// For a head (16 KiB at most), and what is read behind it.
const INPUT: usize = 32 * 1024;
const MOST_CONTENT: u64 = 1 << 30;
