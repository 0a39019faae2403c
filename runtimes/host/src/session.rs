use std::{
    any::Any,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use pronto::{
    connection::{Config, Connection, Instant, Rejection, Ticket, Turn},
    head::{self, FieldSpan, Status},
    response::{CommonFields, Replied},
    service::{Admission, Driven, Driver, Outcome, Service},
};

use crate::{
    Answer, Answered, App, ClientKey, Content, Mailbox, Output, Reply,
    answer::{Kind, Origin},
    app::plain,
    backlog::{Backlog, Held, MOST, Waiting},
    deferral::Completion,
};

/// What a worker lends to its connections, one at a time.
#[derive(Debug)]
pub struct WorkerState {
    app: Arc<App>,
    config: Config,
    mailbox: Arc<Mailbox>,
    fields: Box<[FieldSpan]>,
    common: CommonFields,
    /// The replies of the turn.
    pub output: Output,
}

impl WorkerState {
    /// What a worker needs for this application. At most 64 requests of a connection are in flight, whatever `config`
    /// says: as many as the replies that can wait.
    pub fn new(app: Arc<App>, mut config: Config, mailbox: Arc<Mailbox>) -> Self {
        config.limits.in_flight = config.limits.in_flight.min(MOST as u16);
        let fields = vec![FieldSpan::EMPTY; usize::from(config.limits.head.fields)].into_boxed_slice();
        Self { app, config, mailbox, fields, common: CommonFields::new(), output: Output::new() }
    }

    /// The limits and timeouts.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Sets the clock of the Date field, in seconds since 1970.
    pub fn set_date(&mut self, unix_seconds: u64) {
        self.common.set_date(unix_seconds);
    }
}

/// One connection, but for its transport: the engine, and what waits to be sent.
#[derive(Debug)]
pub struct Session {
    driver: Driver,
    peer: Option<SocketAddr>,
    backlog: Option<Box<Backlog>>,
    content: Option<Box<Content>>,
}

impl Session {
    /// The session of a connection that was accepted now.
    pub const fn new(config: &Config, peer: Option<SocketAddr>, now: Instant) -> Self {
        Self { driver: Driver::new(config, now), peer, backlog: None, content: None }
    }

    /// The engine's connection.
    pub const fn connection(&self) -> &Connection {
        self.driver.connection()
    }

    /// The engine's connection, to be told of transport and time.
    pub const fn connection_mut(&mut self) -> &mut Connection {
        self.driver.connection_mut()
    }

    /// The content that must be sent behind the output.
    pub fn content_mut(&mut self) -> Option<&mut Content> {
        self.content.as_deref_mut()
    }

    /// Says that the content has all been sent, and releases the replies that it held back.
    pub fn handle_content_sent(&mut self, worker: &mut WorkerState, now: Instant) {
        self.content = None;
        self.driver.connection_mut().handle_content_sent(now);
        self.release(worker, now);
    }

    /// Answers every complete request in `input`; see [`Driver::drive`]. Replies in turn go to the worker's output.
    pub fn drive(&mut self, worker: &mut WorkerState, client: ClientKey, input: &mut [u8], now: Instant) -> Driven {
        let Self { driver, peer, backlog, content } = self;
        let WorkerState { app, config, mailbox, fields, common, output } = worker;
        let origin = Origin { mailbox, client, number: 0 };
        let mut exchange = Exchange { app, config, common, origin, output, peer: *peer, backlog, content };
        let driven = driver.drive(config, input, fields, &mut exchange, now);
        if let Some(backlog) = backlog {
            driver.connection_mut().handle_held(backlog.octets());
        }
        driven
    }

    /// Takes the answer to a request that was put off, and releases what is now in turn.
    pub fn complete(&mut self, worker: &mut WorkerState, completion: Completion, now: Instant) {
        let Completion { client, number, finish } = completion;
        let Some(waiting) = self.backlog.as_deref().and_then(|backlog| backlog.waiting(number)) else { return };
        let origin = Origin { mailbox: &worker.mailbox, client, number };
        let held = render(&waiting.ticket, &worker.common, origin, finish);
        if let (Some(backlog), Some(held)) = (&mut self.backlog, held) {
            backlog.complete(number, held);
        }
        self.release(worker, now);
    }

    /// Moves replies whose turn has come to the output.
    fn release(&mut self, worker: &mut WorkerState, now: Instant) {
        let Some(backlog) = &mut self.backlog else { return };
        while !self.driver.connection().is_sending() {
            let Some((Waiting { ticket, logged }, held)) = backlog.pop_ready() else { break };
            if !self.driver.connection().is_in_turn(ticket.number()) {
                // A reply before it has closed the connection.
                continue;
            }
            if let Some(line) = logged {
                log_access(&line, &held.replied);
            }
            worker.output.extend(&held.octets);
            self.content = held.content.map(Box::new);
            self.driver.connection_mut().handle_replied(ticket, &held.replied, now);
        }
        self.driver.connection_mut().handle_held(backlog.octets());
        if backlog.is_empty() {
            self.backlog = None;
        }
    }
}

/// The service of one call of the driver.
struct Exchange<'a> {
    app: &'a App,
    config: &'a Config,
    common: &'a CommonFields,
    origin: Origin<'a>,
    output: &'a mut Output,
    peer: Option<SocketAddr>,
    backlog: &'a mut Option<Box<Backlog>>,
    content: &'a mut Option<Box<Content>>,
}

impl Exchange<'_> {
    /// Has `answer` answer, where the reply belongs: in the output, or in the backlog.
    #[inline]
    fn answer(&mut self, ticket: Ticket, logged: Option<String>, answer: impl FnOnce(Reply<'_>) -> Answer) -> Outcome {
        let origin = Origin { number: ticket.number(), ..self.origin };
        if ticket.turn() == Turn::Later {
            let held = render(&ticket, self.common, origin, answer);
            let backlog = self.backlog.get_or_insert_default();
            let waiting = Waiting { ticket, logged };
            match held {
                Some(held) => backlog.hold(waiting, held),
                None => backlog.defer(waiting),
            }
            return Outcome::Later;
        }
        let mut content = None;
        let answered = written_or_500(&ticket, self.common, origin, self.output, &mut content, answer);
        match answered {
            Kind::Written(replied) => {
                if let Some(line) = logged {
                    log_access(&line, &replied);
                }
                if content.is_some() {
                    *self.content = content.map(Box::new);
                }
                Outcome::Answered(ticket, replied)
            }
            Kind::Deferred => {
                self.backlog.get_or_insert_default().defer(Waiting { ticket, logged });
                Outcome::Later
            }
        }
    }
}

impl Service for Exchange<'_> {
    fn admit(&mut self, request: &head::Request<'_>) -> Admission {
        match self.app.content_limit_for(request, self.config.limits.content) {
            Some(limit) => Admission::Collect { limit },
            None => Admission::Decline,
        }
    }

    #[inline]
    fn call(&mut self, request: &head::Request<'_>, content: Option<&[u8]>, ticket: Ticket) -> Outcome {
        let (app, peer) = (self.app, self.peer);
        let logged = app.logs_access().then(|| access_line(peer, request.method().as_str(), request.target()));
        self.answer(ticket, logged, |reply| app.handle(request, content, peer, reply))
    }

    fn reject(&mut self, rejection: Rejection, ticket: Ticket) -> Outcome {
        let logged = self.app.logs_access().then(|| access_line(self.peer, "-", "-"));
        self.answer(ticket, logged, |reply| {
            let words = rejection.to_string();
            reply.status(rejection.status()).content_type("text/plain").content(words.as_bytes())
        })
    }

    fn send_continue(&mut self) {
        self.output.extend(pronto::response::CONTINUE);
    }

    fn wants_flush(&self) -> bool {
        self.output.len() + self.backlog.as_ref().map_or(0, |backlog| backlog.octets()) >= FLUSH
    }
}

/// Output from this length on is sent before more requests are answered.
const FLUSH: usize = 256 * 1024;

/// Writes a reply into memory of its own; `None` where it is put off.
fn render(
    ticket: &Ticket,
    common: &CommonFields,
    origin: Origin<'_>,
    answer: impl FnOnce(Reply<'_>) -> Answer,
) -> Option<Held> {
    let (mut output, mut content) = (Output::new(), None);
    match written_or_500(ticket, common, origin, &mut output, &mut content, answer) {
        Kind::Written(replied) => Some(Held { octets: output.into_octets(), replied, content }),
        Kind::Deferred => None,
    }
}

/// Has `answer` answer. When it panics or cannot, 500 does.
#[inline]
fn written_or_500(
    ticket: &Ticket,
    common: &CommonFields,
    origin: Origin<'_>,
    output: &mut Output,
    content: &mut Option<Content>,
    answer: impl FnOnce(Reply<'_>) -> Answer,
) -> Kind {
    let context = ticket.context();
    let before = output.len();
    // Nothing is broken by a panic: what was written before it is taken back.
    let answered = catch_unwind(AssertUnwindSafe(|| answer(Reply { output, content, context, common, origin })));
    let words = match answered {
        Ok(Ok(Answered(kind))) => return kind,
        Ok(Err(error)) => error.to_string(),
        Err(panic) => format!("panicked: {}", panic_message(&*panic)),
    };
    log::error!("a handler failed: {words}");
    output.truncate(before);
    *content = None;
    let reply = Reply { output, content, context, common, origin };
    match plain(reply, Status::INTERNAL_SERVER_ERROR) {
        Ok(Answered(kind)) => kind,
        // The output grows, and nothing else about this reply can be wrong.
        Err(error) => unreachable!("the plainest reply was refused: {error}"),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// What the access log says of a request.
fn access_line(peer: Option<SocketAddr>, method: &str, target: &str) -> String {
    match peer {
        Some(peer) => format!("{peer} {method} {target}"),
        None => format!("- {method} {target}"),
    }
}

fn log_access(line: &str, replied: &Replied) {
    let status = replied.status().code();
    match replied.content_length() {
        Some(length) => log::info!(target: "pronto::access", "{line} {status} {length}"),
        None => log::info!(target: "pronto::access", "{line} {status} -"),
    }
}
