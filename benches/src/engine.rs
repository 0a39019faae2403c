//! The whole engine in memory: what a server does with the octets of one read, but for the system calls.

use pronto::{
    buffer::SliceSink,
    connection::{Config, Instant, Rejection, Ticket, Turn},
    framing::TrailerSection,
    head::{FieldSpan, Request, Status},
    prepared,
    response::{CommonFields, PreparedResponse},
    service::{Admission, Driver, Outcome, Room, Service},
};

/// A connection, and the memory that it is driven with.
#[derive(Debug)]
pub struct Engine {
    driver: Driver,
    config: Config,
    common: CommonFields,
    fields: Vec<FieldSpan>,
    output: Vec<u8>,
}

impl Default for Engine {
    fn default() -> Self {
        let config = Config::new();
        let mut common = CommonFields::new();
        common.set_date(1_000_000_000);
        let (fields, output) = (vec![FieldSpan::EMPTY; 100], vec![0; 64 * 1024]);
        Self { driver: Driver::new(&config, NOW), config, common, fields, output }
    }
}

impl Engine {
    /// Answers all requests of an input, as if it had just been read, and gives the octets of the replies.
    ///
    /// # Panics
    /// When one is not answered.
    pub fn answer(&mut self, input: &mut [u8]) -> usize {
        let Self { driver, config, common, fields, output } = self;
        let mut hello = Hello { sink: SliceSink::new(output), common };
        let driven = driver.drive(config, input, fields, &mut hello, NOW);
        assert_eq!(driven.consumed, input.len(), "all is answered");
        let sent = hello.sink.written().len();
        driver.connection_mut().handle_transmit(config, sent, 0, NOW);
        sent
    }
}

const NOW: Instant = Instant::from_millis(1_000);

static HELLO: PreparedResponse<'static> = prepared!(Status::OK, &[("Content-Type", "text/plain")], b"Hello, World!");

/// Says the same to everybody.
struct Hello<'a> {
    sink: SliceSink<'a>,
    common: &'a CommonFields,
}

impl Service for Hello<'_> {
    fn admit(&mut self, _: &Request<'_>) -> Admission {
        Admission::Decline
    }

    fn call(&mut self, _: &Request<'_>, _: Option<&[u8]>, ticket: Ticket) -> Outcome {
        assert_eq!(ticket.turn(), Turn::Now);
        let replied = HELLO.write(&mut self.sink, ticket.context(), self.common).expect("there is room");
        Outcome::Answered(ticket, replied)
    }

    fn begin(&mut self, _: &Request<'_>, _: Ticket) -> Outcome {
        unreachable!("no content is taken")
    }

    fn take_content(&mut self, _: &[u8]) -> Room {
        Room::Left
    }

    fn take_trailers(&mut self, _: TrailerSection<'_>) {}

    fn end_content(&mut self, _: Result<(), Rejection>) {}

    fn reject(&mut self, rejection: Rejection, _: Ticket) -> Outcome {
        panic!("refused: {rejection}")
    }

    fn send_continue(&mut self) {}

    fn wants_flush(&self) -> bool {
        false
    }
}
