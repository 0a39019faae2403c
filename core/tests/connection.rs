//! A connection, call by call: what each of them changes, at the borders of what it promises. Whole conversations are in the
//! suites above it.

use std::time::Duration;

use pronto::{
    buffer::ArraySink,
    connection::{CloseReason, Config, Connection, Drain, Event, Instant, Polled, Ticket, Transport},
    head::{FieldSpan, Status},
    response::{CommonFields, Persistence, Replied, ResponseWriter},
};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const START: Instant = Instant::from_millis(10_000);

/// A connection, what has come of its input, and the time.
struct Side {
    config: Config,
    connection: Connection,
    input: Vec<u8>,
    now: Instant,
}

/// What an event was, without what it borrows.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Request(Ticket),
    HeadRejected(u16, Ticket),
    Content(Vec<u8>),
    ContentRejected(u16),
    Trailers,
    EndOfMessage,
    NeedInput,
    Paused,
    Upgraded,
    Closed,
}

impl Side {
    fn new() -> Self {
        Self::with(Config::new())
    }

    fn with(config: Config) -> Self {
        let connection = Connection::new(&config, START);
        Self { config, connection, input: Vec::new(), now: START }
    }

    /// Octets come.
    fn feed(&mut self, octets: &[u8]) -> Seen {
        self.input.extend_from_slice(octets);
        self.poll()
    }

    fn poll(&mut self) -> Seen {
        let mut fields = [FieldSpan::EMPTY; 16];
        let Polled { consumed, event } = self.connection.poll_event(&self.config, &self.input, &mut fields, self.now);
        let seen = match event {
            Event::Request { ticket, .. } => Seen::Request(ticket),
            Event::HeadRejected { rejection, ticket } => Seen::HeadRejected(rejection.status().code(), ticket),
            Event::Content(octets) => Seen::Content(octets.to_vec()),
            Event::ContentRejected(rejection) => Seen::ContentRejected(rejection.status().code()),
            Event::Trailers(_) => Seen::Trailers,
            Event::EndOfMessage => Seen::EndOfMessage,
            Event::NeedInput => Seen::NeedInput,
            Event::Paused => Seen::Paused,
            Event::Upgraded => Seen::Upgraded,
            Event::Closed => Seen::Closed,
            event => panic!("{event:?} is new"),
        };
        self.input.drain(..consumed);
        seen
    }

    fn request(&mut self, octets: &[u8]) -> Ticket {
        match self.feed(octets) {
            Seen::Request(ticket) => ticket,
            seen => panic!("{seen:?} is no request"),
        }
    }

    fn transport(&mut self) -> Transport {
        self.connection.poll_transport(&self.config, self.now)
    }

    fn pass(&mut self, milliseconds: u64) {
        self.now = self.now.after(Duration::from_millis(milliseconds));
    }

    fn timeout(&mut self) {
        self.connection.handle_timeout(&self.config, self.now);
    }

    /// In how many milliseconds it wants to be called.
    fn due(&self) -> Option<u64> {
        let deadline = self.connection.poll_timeout(&self.config)?;
        Some(deadline.as_millis().checked_sub(self.now.as_millis()).expect("a deadline that is over"))
    }
}

/// Writes a reply, and hands it in.
macro_rules! reply {
    ($side:ident, $ticket:expr, |$writer:ident| $write:expr) => {{
        let ticket: Ticket = $ticket;
        let (mut sink, common) = (ArraySink::<512>::new(), CommonFields::new());
        let $writer = ResponseWriter::new(&mut sink, ticket.context(), &common);
        let replied: Replied = $write.expect("a reply that is right");
        $side.connection.handle_replied(ticket, &replied, $side.now);
    }};
    ($side:ident, $ticket:expr) => {
        reply!($side, $ticket, |writer| writer.status(Status::OK).content(b"hello"))
    };
}

/// A fresh connection has the same number for its first request as any other.
#[test]
fn a_reply_where_nothing_was_asked_cuts_the_connection() {
    let ticket = Side::new().request(GET);
    let mut side = Side::new();
    assert!(!side.connection.is_in_turn(ticket.number()));
    reply!(side, ticket);
    assert!(side.connection.has_failed());
}

#[test]
fn whoever_drains_with_a_reply_owed_says_so_with_it() {
    for drain in [Drain::AtOnce, Drain::Gently] {
        let mut side = Side::new();
        let mut ticket = side.request(GET);
        side.connection.handle_drain(drain);
        side.connection.refresh_ticket(&mut ticket);
        reply!(side, ticket);
        // The reply has said that it closes: nothing more is taken.
        assert_eq!(side.feed(GET), Seen::Closed, "{drain:?}");
        assert_eq!(side.connection.close_reason(), CloseReason::Drain);
    }
}

/// Whoever takes content piece by piece may have stopped for so long that the buffer is full.
#[test]
fn content_that_nobody_has_room_for_is_not_refused_for_want_of_room() {
    let mut side = Side::new();
    let _ticket = side.request(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    side.connection.pause_content();
    assert!(side.connection.is_content_paused());
    assert_eq!(side.feed(b"hello"), Seen::Paused);
    side.connection.handle_full_input();
    assert_eq!(side.poll(), Seen::Paused);
    side.connection.resume_content(side.now);
    assert!(!side.connection.is_content_paused());
    assert_eq!([side.poll(), side.poll()], [Seen::Content(b"hello".to_vec()), Seen::EndOfMessage]);
}

/// It may still be on its way out: what comes behind it is no part of the connection any more.
#[test]
fn nothing_is_read_behind_a_reply_that_closes_while_its_content_is_being_sent() {
    for behind in [&b""[..], b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"] {
        let mut side = Side::new();
        let ticket = side.request(GET);
        if !behind.is_empty() {
            let _behind = side.request(behind);
        }
        reply!(side, ticket, |writer| writer.status(Status::OK).close().chunked());
        assert!(!side.connection.wants_read(&side.config));
        assert_eq!(side.poll(), Seen::Closed);
    }
}

/// What makes the content of the reply may be reading that of the request: an echo.
#[test]
fn content_is_read_while_the_reply_to_it_is_sent_though_that_closes() {
    let mut side = Side::new();
    let ticket = side.request(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    reply!(side, ticket, |writer| writer.status(Status::OK).close().chunked());
    assert!(side.connection.wants_read(&side.config));
    assert_eq!([side.feed(b"hello"), side.poll()], [Seen::Content(b"hello".to_vec()), Seen::EndOfMessage]);
    side.connection.handle_content_sent(side.now);
    assert_eq!(side.feed(GET), Seen::Closed);
}

/// A head has ten seconds, whatever becomes of replies meanwhile.
#[test]
fn a_head_gains_no_time_by_replies_that_do_not_stop_the_reading() {
    let mut side = Side::new();
    assert_eq!(side.feed(b"GET / HT"), Seen::NeedInput);
    side.pass(9_000);
    side.connection.handle_held(&side.config, 100, side.now);
    assert_eq!(side.due(), Some(1_000));
    side.connection.handle_transmit(&side.config, 0, 100, side.now);
    side.connection.handle_transmit(&side.config, 10, 90, side.now);
    assert_eq!(side.due(), Some(1_000));
}

/// Nor is it late for the time that nobody read.
#[test]
fn a_head_has_its_time_anew_when_reading_goes_on() {
    let high = Config::new().limits.output_high_water + 1;
    for holds in [false, true] {
        let mut side = Side::new();
        assert_eq!(side.feed(b"GET / HT"), Seen::NeedInput);
        let fill = |side: &mut Side, octets| match holds {
            true => side.connection.handle_held(&side.config, octets, side.now),
            false => side.connection.handle_transmit(&side.config, 0, octets, side.now),
        };
        fill(&mut side, high);
        assert!(!side.connection.wants_read(&side.config));
        side.pass(9_000);
        fill(&mut side, high + 1);
        side.pass(9_000);
        fill(&mut side, high - 1);
        assert!(side.connection.wants_read(&side.config));
        // What is still unsent has its own time, since it was there.
        assert_eq!(side.due(), Some(10_000));
    }
}

#[test]
fn whoever_takes_a_little_output_has_the_time_for_the_rest_anew() {
    let mut side = Side::new();
    let ticket = side.request(GET);
    reply!(side, ticket);
    side.connection.handle_transmit(&side.config, 0, 100, side.now);
    side.pass(29_000);
    side.connection.handle_transmit(&side.config, 0, 100, side.now);
    assert_eq!(side.due(), Some(1_000), "it has taken nothing");
    side.connection.handle_transmit(&side.config, 1, 99, side.now);
    assert_eq!(side.due(), Some(30_000));
    side.pass(30_000);
    side.timeout();
    assert_eq!((side.transport(), side.connection.close_reason()), (Transport::Reset, CloseReason::WriteTimeout));
}

/// Whoever reads slowly has not been idle.
#[test]
fn a_connection_is_idle_from_the_time_that_its_last_reply_has_left() {
    let mut side = Side::new();
    let ticket = side.request(GET);
    reply!(side, ticket);
    side.connection.handle_transmit(&side.config, 0, 100, side.now);
    side.pass(20_000);
    side.connection.handle_transmit(&side.config, 100, 0, side.now);
    assert_eq!(side.due(), Some(60_000));
}

#[test]
fn how_much_is_to_come_is_known_of_content_that_says_its_length() {
    let mut side = Side::new();
    assert_eq!(side.connection.content_to_come(), 0);
    let _ticket = side.request(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
    assert_eq!(side.connection.content_to_come(), 9);
    assert_eq!(side.feed(b"hello"), Seen::Content(b"hello".to_vec()));
    assert_eq!(side.connection.content_to_come(), 4);
    let mut side = Side::new();
    let _ticket = side.request(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(side.connection.content_to_come(), 0);
}

#[test]
fn requests_are_in_flight_from_their_heads_to_their_replies() {
    let mut side = Side::new();
    assert_eq!(side.connection.in_flight(), 0);
    let first = side.request(GET);
    let second = side.request(GET);
    assert_eq!(side.connection.in_flight(), 2);
    reply!(side, first);
    assert_eq!(side.connection.in_flight(), 1);
    reply!(side, second);
    assert_eq!(side.connection.in_flight(), 0);
}

/// The reply that says so may be long in coming.
#[test]
fn nothing_is_read_behind_the_last_request_while_that_waits_for_its_reply() {
    for last in [
        &b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"[..],
        b"GET / HTTP/1.0\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    ] {
        let mut side = Side::new();
        let ticket = side.request(last);
        while side.feed(b"") == Seen::EndOfMessage {}
        assert_eq!(side.feed(GET), Seen::Closed);
        assert_eq!((side.transport(), side.connection.wants_read(&side.config)), (Transport::Keep, false));
        reply!(side, ticket);
        assert_eq!(side.connection.close_reason(), CloseReason::Request);
    }
}

/// Content that was looked at has the bound of whoever read it, and then another.
#[test]
fn content_that_is_declined_halfway_is_thrown_away_within_its_own_bound() {
    let mut config = Config::new();
    config.limits.unread_content = 10;
    for (rest, is_over) in [(10, false), (11, true)] {
        let mut side = Side::with(config.clone());
        let ticket = side.request(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert_eq!(side.feed(b"5\r\nhello\r\n"), Seen::Content(b"hello".to_vec()));
        side.connection.decline_content(&side.config, side.now);
        // All of it is taken, whatever becomes of it.
        let chunk = format!("{rest:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(rest));
        assert_eq!(side.feed(chunk.as_bytes()), if is_over { Seen::Closed } else { Seen::EndOfMessage });
        assert_eq!(side.input, b"");
        reply!(side, ticket);
        assert_eq!(side.transport(), if is_over { Transport::ShutdownWrite } else { Transport::Keep });
        assert_eq!(side.connection.close_reason() == CloseReason::UnreadContent, is_over);
    }
}

/// Some clients do not wait for leave to send.
#[test]
fn content_that_comes_without_leave_has_its_time_from_then_on() {
    let mut side = Side::new();
    let _ticket = side.request(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(side.due(), None);
    side.pass(60_000);
    assert_eq!(side.feed(b"h"), Seen::Content(b"h".to_vec()));
    assert_eq!(side.due(), Some(5_000));
    assert!(!side.connection.take_expectation(side.now));
}

/// What has come behind a request is answered before a connection that drains closes.
#[test]
fn whoever_drains_closes_with_the_reply_to_what_came_last() {
    for (behind, is_last) in [(&b""[..], true), (GET, false)] {
        let mut side = Side::new();
        let mut ticket = side.request(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
        assert_eq!(side.feed(&[b"hello", behind].concat()), Seen::Content(b"hello".to_vec()));
        assert_eq!(side.poll(), Seen::EndOfMessage);
        side.connection.handle_drain(Drain::Gently);
        side.connection.refresh_ticket(&mut ticket);
        reply!(side, ticket);
        assert_eq!(matches!(side.poll(), Seen::Closed), is_last);
    }
}

#[test]
fn whoever_waits_for_a_reply_is_not_idle() {
    let mut config = Config::new();
    config.timeouts.write = None;
    let mut side = Side::with(config);
    assert_eq!(side.due(), Some(60_000));
    let ticket = side.request(GET);
    assert_eq!(side.due(), None, "the reply is not made yet");
    reply!(side, ticket);
    side.connection.handle_transmit(&side.config, 0, 100, side.now);
    assert_eq!(side.due(), None, "or has not left");
    side.connection.handle_transmit(&side.config, 100, 0, side.now);
    assert_eq!(side.due(), Some(60_000));
}

/// The rate of content counts from when reading goes on: what came before earns no time.
#[test]
fn content_has_its_time_anew_when_reading_goes_on() {
    let mut side = Side::new();
    let _ticket = side.request(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    assert!(matches!(side.feed(&[b'x'; 10 * 1024]), Seen::Content(_)));
    assert_eq!(side.due(), Some(15_000));
    side.connection.pause_content();
    assert_eq!(side.due(), None);
    side.pass(60_000);
    side.connection.resume_content(side.now);
    assert_eq!(side.due(), Some(5_000));
    assert!(matches!(side.feed(&[b'x'; 1024]), Seen::Content(_)));
    assert_eq!(side.due(), Some(6_000));
}

/// A request that has come whole is no last one where another has come behind it.
#[test]
fn whoever_drains_has_the_last_of_what_has_come_say_so() {
    for (sent, is_last) in
        [("hel", true), ("hello", true), ("helloG", false), ("helloGET / HTTP/1.1\r\nHost: a\r\n\r\n", false)]
    {
        let mut side = Side::new();
        side.connection.handle_drain(Drain::Gently);
        let head = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
        let ticket = side.request([head, sent].concat().as_bytes());
        let (mut sink, common) = (ArraySink::<512>::new(), CommonFields::new());
        let writer = ResponseWriter::new(&mut sink, ticket.context(), &common);
        let replied = writer.status(Status::OK).content(b"hello").unwrap();
        assert_eq!(replied.persistence() == Persistence::Close, is_last, "{sent}");
    }
}

/// Not a millisecond before, nor after: a clock that has been set for the deadline would go off again at once.
#[test]
fn what_is_due_is_done_at_its_deadline() {
    for (sent, milliseconds, status) in [
        ("", 60_000, None),
        ("GET / HT", 10_000, Some(408)),
        ("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", 5_000, Some(408)),
    ] {
        let mut side = Side::new();
        let begun = side.feed(sent.as_bytes());
        assert_eq!(side.due(), Some(milliseconds), "{sent}");
        side.pass(milliseconds - 1);
        side.timeout();
        assert_eq!(side.poll(), Seen::NeedInput, "{sent}");
        side.pass(1);
        side.timeout();
        let refused = match side.poll() {
            Seen::HeadRejected(status, _) | Seen::ContentRejected(status) => Some(status),
            Seen::Closed => None,
            seen => panic!("{seen:?} after {begun:?}"),
        };
        assert_eq!(refused, status, "{sent}");
    }
}
