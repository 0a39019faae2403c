use pronto::{
    connection::{Config, Instant, Rejection, Ticket, Transport, Turn},
    framing::TrailerSection,
    head::{FieldSpan, Request, Status},
    response::{CommonFields, Following, Replied, ResponseError, ResponseWriter},
    service::{Admission, Driver, Outcome, Room, Service, Stop},
};

use crate::{
    buffer::Growing,
    choices::{cuts, each, whole},
    tiers::same_on_every_tier,
};

/// The octets of a connection: what is executed, what is answered, and what becomes of the connection is the same on every
/// tier, and however the octets come.
///
/// The target chooses: whether its content is collected (`/c`), streamed (`/s`) or declined (`/d`), and how the request is
/// answered.
///
/// # Panics
/// When that is not so.
pub fn driver(octets: &[u8]) {
    let Some((&seed, input)) = octets.split_first() else { return };
    same_on_every_tier(|| {
        let at_once = play(seed, input, whole(input.len()));
        assert_eq!(play(seed, input, cuts(seed, input.len())), at_once, "in pieces");
        assert_eq!(play(seed, input, each(input.len())), at_once, "octet by octet");
        at_once
    });
}

/// What came of octets.
#[derive(Debug, PartialEq, Eq)]
struct Played {
    /// What was executed: method, target, content, trailers.
    calls: Vec<String>,
    sent: String,
    /// Whether the write side was shut before the client ended its side.
    shut: bool,
    closed: bool,
}

fn play(seed: u8, octets: &[u8], ends: impl Iterator<Item = usize>) -> Played {
    let mut config = Config::new();
    config.limits.unread_content = 40;
    let now = Instant::from_millis(1_000);
    let driver = Driver::new(&config, now);
    let answers =
        Answers { seed, calls: Vec::new(), output: Growing::default(), common: CommonFields::new(), pieces: 0 };
    let mut side =
        Side { driver, config, now, answers, input: Vec::new(), sent: Vec::new(), shut: false, closed: false };
    let mut start = 0;
    for end in ends {
        if !side.closed && side.driver.connection().wants_read(&side.config) {
            side.input.extend_from_slice(&octets[start..end]);
            side.run();
        }
        start = end;
    }
    let shut = side.shut;
    side.driver.connection_mut().handle_end_of_input();
    side.run();
    assert!(side.closed, "the connection ends when the client has");
    Played { calls: side.answers.calls, sent: side.sent.escape_ascii().to_string(), shut, closed: side.closed }
}

/// The server's side of a connection.
struct Side {
    driver: Driver,
    config: Config,
    now: Instant,
    answers: Answers,
    input: Vec<u8>,
    sent: Vec<u8>,
    shut: bool,
    closed: bool,
}

impl Side {
    fn run(&mut self) {
        let mut fields = [FieldSpan::EMPTY; 50];
        for _ in 0..10 * self.input.len() + 100 {
            let driven = self.driver.drive(&self.config, &mut self.input, &mut fields, &mut self.answers, self.now);
            assert!(driven.consumed <= driven.filled && driven.filled <= self.input.len());
            self.input.truncate(driven.filled);
            self.input.drain(..driven.consumed);
            let mut output = self.answers.output.take();
            let connection = self.driver.connection_mut();
            if driven.stop == Stop::Sending {
                output.extend_from_slice(b"12345");
                connection.handle_content_sent(self.now);
            }
            connection.handle_transmit(&self.config, output.len(), 0, self.now);
            self.sent.append(&mut output);
            match driven.stop {
                Stop::Flush | Stop::Sending => {}
                Stop::Paused if connection.is_content_paused() => connection.resume_content(self.now),
                Stop::NeedInput | Stop::Upgraded | Stop::Closed | Stop::Paused => {
                    match connection.poll_transport(&self.config, self.now) {
                        Transport::Keep => {}
                        Transport::ShutdownWrite => self.shut = true,
                        Transport::Close | Transport::Reset => (self.shut, self.closed) = (true, true),
                    }
                    return;
                }
            }
        }
        panic!("the driver spins");
    }
}

struct Answers {
    seed: u8,
    calls: Vec<String>,
    output: Growing,
    common: CommonFields,
    pieces: u32,
}

impl Answers {
    fn answer(&mut self, line: &str, ticket: Ticket) -> Outcome {
        assert_eq!(ticket.turn(), Turn::Now, "every earlier request has been answered");
        let writer = ResponseWriter::new(&mut self.output, ticket.context(), &self.common);
        let ok: Result<Replied, ResponseError> = match line.as_bytes().get(2).copied() {
            Some(b'x') => writer.status(Status::OK).close().content(line.as_bytes()),
            Some(b'n') => writer.status(Status::NO_CONTENT).no_content(),
            Some(b'5') => writer.status(Status::OK).content_of_length(5),
            _ => writer.status(Status::OK).content(line.as_bytes()),
        };
        let replied = ok.expect("a reply that is right");
        assert!(matches!(replied.following(), Following::Nothing | Following::Octets(5)));
        Outcome::Answered(ticket, replied)
    }
}

impl Service for Answers {
    fn admit(&mut self, request: &Request<'_>) -> Admission {
        match request.target().as_bytes() {
            [b'/', b's', ..] => Admission::Stream { limit: 70 },
            [b'/', b'd', ..] => Admission::Decline,
            _ => Admission::Collect { limit: 50 },
        }
    }

    fn call(&mut self, request: &Request<'_>, content: Option<&[u8]>, ticket: Ticket) -> Outcome {
        let content = content.map(|content| content.escape_ascii().to_string());
        self.calls.push(format!("{} {} {content:?}", request.method(), request.target()));
        self.answer(request.target(), ticket)
    }

    fn begin(&mut self, request: &Request<'_>, ticket: Ticket) -> Outcome {
        self.calls.push(format!("{} {} ", request.method(), request.target()));
        self.answer(request.target(), ticket)
    }

    fn take_content(&mut self, octets: &[u8]) -> Room {
        assert!(!octets.is_empty());
        self.calls.last_mut().expect("a request was begun").push_str(&octets.escape_ascii().to_string());
        self.pieces += 1;
        if self.seed & 1 == 1 && self.pieces.is_multiple_of(3) { Room::Full } else { Room::Left }
    }

    fn take_trailers(&mut self, trailers: TrailerSection<'_>) {
        let trailers = trailers.fields().map(|field| format!(" {field:?}")).collect::<String>();
        self.calls.last_mut().expect("a request was begun").push_str(&trailers);
    }

    fn end_content(&mut self, end: Result<(), Rejection>) {
        self.calls.push(format!("{end:?}"));
    }

    fn reject(&mut self, rejection: Rejection, ticket: Ticket) -> Outcome {
        assert_eq!(ticket.turn(), Turn::Now, "every earlier request has been answered");
        let writer = ResponseWriter::new(&mut self.output, ticket.context(), &self.common);
        let replied = writer.status(rejection.status()).content(rejection.to_string().as_bytes());
        Outcome::Answered(ticket, replied.expect("a reply that is right"))
    }

    // Whether it is sent depends on whether the content is there already.
    fn send_continue(&mut self) {}

    fn wants_flush(&self) -> bool {
        self.seed & 2 == 2 && self.output.len() > 50
    }
}
