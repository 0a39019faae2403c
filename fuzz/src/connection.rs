use std::collections::VecDeque;

use pronto::{
    buffer::SliceSink,
    connection::{Config, Connection, Drain, Event, Instant, Polled, Ticket, Transport},
    framing::Framing,
    head::{FieldSpan, Status},
    response::{CommonFields, Persistence, Replied, ReplyContext, ResponseError, ResponseWriter},
};

use crate::choices::Choices;

/// A connection under any sequence of calls that its contract allows, with octets in any pieces.
///
/// Where requests and their content lie in the input is the same as when nothing is done but reading, up to the point at
/// which reading ends. Whatever is done, it does not spin, and it ends when the client has ended and all is answered.
///
/// The input begins with the number of octets that choose the calls, and those.
///
/// # Panics
/// When that is not so.
pub fn connection(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let count = usize::from(choices.octet());
    let mut calls = Choices::new(choices.take(count));
    let input = choices.rest();
    let mut player = Player::new(input);
    while !calls.is_empty() && !player.is_over {
        player.call(&mut calls);
    }
    player.finish();
    let truth = messages(input);
    assert!(player.messages.len() <= truth.len(), "{:?}\nis more than\n{truth:?}", player.messages);
    for (seen, truth) in player.messages.iter().zip(&truth) {
        assert_eq!((seen.start, seen.framing), (truth.start, truth.framing));
        assert!(truth.content.starts_with(&seen.content), "{seen:?}\nis no part of\n{truth:?}");
    }
}

/// Where a request lies in the input.
#[derive(Debug)]
struct Message {
    start: usize,
    framing: Framing,
    /// The place of each octet of content.
    content: Vec<usize>,
}

/// All requests of an input that is there at once, each answered as it comes.
fn messages(input: &[u8]) -> Vec<Message> {
    let mut player = Player::new(input);
    player.config = Config::new();
    player.is_plain = true;
    player.fed = input.len();
    player.finish();
    player.messages
}

struct Player<'i> {
    connection: Connection,
    config: Config,
    now: Instant,
    fields: Vec<FieldSpan>,
    input: &'i [u8],
    /// How much of it was taken.
    taken: usize,
    /// How much of it is there.
    fed: usize,
    messages: Vec<Message>,
    waiting: VecDeque<Ticket>,
    unsent: usize,
    /// No request may come any more.
    is_last: bool,
    is_shut: bool,
    is_over: bool,
    /// Requests are answered, and nothing else is done.
    is_plain: bool,
}

impl<'i> Player<'i> {
    fn new(input: &'i [u8]) -> Self {
        let mut config = Config::new();
        config.limits.in_flight = 4;
        config.limits.content = 300;
        config.limits.unread_content = 30;
        config.limits.output_high_water = 100;
        config.limits.linger = 50;
        let now = Instant::from_millis(1_000);
        Self {
            connection: Connection::new(&config, now),
            config,
            now,
            fields: vec![FieldSpan::EMPTY; 40],
            input,
            taken: 0,
            fed: 0,
            messages: Vec::new(),
            waiting: VecDeque::new(),
            unsent: 0,
            is_last: false,
            is_shut: false,
            is_over: false,
            is_plain: false,
        }
    }

    /// Does what the next octets choose.
    fn call(&mut self, calls: &mut Choices<'_>) {
        let connection = &mut self.connection;
        match calls.octet() % 21 {
            0..=3 if connection.wants_read(&self.config) => {
                self.fed = self.input.len().min(self.fed + 1 + usize::from(calls.octet()));
            }
            4 | 5 => self.answer(|writer| writer.status(Status::OK).content(b"hello")),
            6 => self.answer(|writer| writer.status(Status::OK).content_of_length(5)),
            7 => self.answer(|writer| writer.status(Status::OK).chunked()),
            8 => self.answer(|writer| writer.status(Status::OK).close().no_content()),
            9 => self.answer(|writer| writer.status(Status::SWITCHING_PROTOCOLS).upgrade("websocket")),
            10 if connection.is_sending() => connection.handle_content_sent(self.now),
            11 => connection.decline_content(&self.config, self.now),
            12 => connection.pause_content(),
            13 => connection.resume_content(self.now),
            14 => {
                let number = self.waiting.front().map(Ticket::number);
                if number.is_some_and(|number| connection.is_in_turn(number)) {
                    let had = connection.has_expectation();
                    assert_eq!(connection.take_expectation(self.now), had);
                    assert!(!connection.has_expectation());
                }
            }
            15 => {
                let drain = if calls.octet().is_multiple_of(2) { Drain::AtOnce } else { Drain::Gently };
                connection.handle_drain(drain);
            }
            16 => connection.handle_end_of_input(),
            17 => self.pass(calls),
            18 => {
                let sent = self.unsent.min(usize::from(calls.octet()));
                self.unsent -= sent;
                connection.handle_transmit(&self.config, sent, self.unsent, self.now);
            }
            19 => connection.handle_held(&self.config, usize::from(calls.octet()), self.now),
            20 if calls.octet() == 0 => {
                connection.handle_failure();
                self.is_last = true;
            }
            _ => {}
        }
        self.settle(calls);
    }

    fn pass(&mut self, calls: &mut Choices<'_>) {
        let step = u64::from(calls.octet());
        self.now = Instant::from_millis(self.now.as_millis() + step * step);
        if self.connection.poll_timeout(&self.config).is_some_and(|deadline| deadline <= self.now) {
            self.connection.handle_timeout(&self.config, self.now);
            self.settle(calls);
            let next = self.connection.poll_timeout(&self.config);
            assert!(self.is_over || next.is_none_or(|next| next > self.now), "it would spin");
        }
    }

    /// Answers the oldest request, where that may be.
    fn answer(&mut self, write: impl FnOnce(ResponseWriter<'_, SliceSink<'_>>) -> Result<Replied, ResponseError>) {
        let Some(mut ticket) = self.waiting.pop_front() else { return };
        if !self.connection.is_in_turn(ticket.number()) {
            return self.waiting.push_front(ticket);
        }
        self.connection.refresh_ticket(&mut ticket);
        let context: ReplyContext = ticket.context();
        let (mut memory, common) = ([0; 300], CommonFields::new());
        let mut sink = SliceSink::new(&mut memory);
        let Ok(replied) = write(ResponseWriter::new(&mut sink, context, &common)) else {
            return self.waiting.push_front(ticket);
        };
        if !self.is_plain {
            self.unsent += sink.written().len();
        }
        self.connection.handle_replied(ticket, &replied, self.now);
        self.connection.handle_transmit(&self.config, 0, self.unsent, self.now);
        if replied.persistence() == Persistence::Close {
            self.is_last = true;
            let later = self.waiting.drain(..).find(|later| self.connection.is_in_turn(later.number()));
            assert_eq!(later, None, "nothing follows the last reply");
        }
    }

    /// Asks for events until there are none, and what to do about the transport.
    fn settle(&mut self, calls: &mut Choices<'_>) {
        let mut idle = 0;
        while !self.is_over {
            let rest = &self.input[self.taken..self.fed];
            let Polled { consumed, event } = self.connection.poll_event(&self.config, rest, &mut self.fields, self.now);
            assert!(consumed <= rest.len());
            self.taken += consumed;
            idle = if consumed > 0 { 0 } else { idle + 1 };
            assert!(idle < 5, "events without end: {event:?}");
            match event {
                Event::Request { framing, ticket, .. } => {
                    assert!(!self.is_last, "a request behind the last one");
                    let start = self.taken - consumed;
                    self.messages.push(Message { start, framing, content: Vec::new() });
                    self.issue(ticket);
                    self.chosen_for_content(calls);
                }
                Event::Content(octets) => {
                    assert!(!octets.is_empty());
                    let places = self.taken - octets.len()..self.taken;
                    assert_eq!(octets, &self.input[places.clone()]);
                    self.messages.last_mut().expect("a request came before").content.extend(places);
                }
                Event::HeadRejected { ticket, .. } => {
                    self.issue(ticket);
                    self.is_last = true;
                }
                Event::ContentRejected(_) => self.is_last = true,
                Event::NeedInput | Event::Paused | Event::Upgraded | Event::Closed => break,
                _ => {}
            }
        }
        let told = self.connection.poll_transport(&self.config, self.now);
        match told {
            Transport::Keep => {}
            Transport::ShutdownWrite => {
                assert!(!self.is_shut && self.unsent == 0 && self.waiting.is_empty(), "something is owed");
                self.is_shut = true;
            }
            Transport::Close | Transport::Reset => {
                assert!(self.is_shut || self.connection.has_failed() || self.unsent == 0, "something is owed");
                let _reason = self.connection.close_reason();
                self.is_over = true;
            }
        }
        if self.is_over {
            assert!(!self.connection.wants_read(&self.config));
            assert_eq!(told == Transport::Reset, self.connection.has_failed());
        }
    }

    /// A ticket comes in order, and its turn is when no other waits.
    fn issue(&mut self, ticket: Ticket) {
        if let Some(last) = self.waiting.back() {
            assert_eq!(ticket.number(), last.number().wrapping_add(1));
        }
        self.waiting.push_back(ticket);
        assert_eq!(usize::from(self.connection.in_flight()), self.waiting.len());
    }

    /// What must be said before the next event.
    fn chosen_for_content(&mut self, calls: &mut Choices<'_>) {
        if self.is_plain {
            return self.connection.limit_content(u64::MAX);
        }
        match calls.octet() % 8 {
            1 => self.connection.limit_content(u64::from(calls.octet())),
            2 => self.connection.decline_content(&self.config, self.now),
            3 => self.connection.pause_content(),
            _ => {}
        }
    }

    /// Answers all, sends all, ends the input: then the connection ends.
    fn finish(&mut self) {
        let none = &mut Choices::new(&[]);
        if self.is_plain {
            self.settle(none);
        }
        self.connection.handle_end_of_input();
        for _ in 0..2 * self.input.len() + 1_000 {
            if self.is_over {
                return;
            }
            self.connection.resume_content(self.now);
            self.connection.handle_held(&self.config, 0, self.now);
            let sent = std::mem::take(&mut self.unsent);
            self.connection.handle_transmit(&self.config, sent, 0, self.now);
            if self.connection.is_sending() {
                self.connection.handle_content_sent(self.now);
            }
            self.settle(none);
            self.answer(|writer| writer.status(Status::OK).no_content());
        }
        panic!("it does not end: {:?}", self.connection);
    }
}
