//! The loop of one client: between the engine of its connection and the exchange that is under way.

use std::{
    future, io,
    net::{IpAddr, SocketAddr},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use pronto::{
    connection::{Config, Connection, Event, Instant, Polled, Ticket, Transport},
    framing::{ContentDecoder, ContentEncoder, ContentLimits, Decoded, Framing, Part},
    head::{FieldSpan, Method, Progress, RequestHead, ResponseHead, Status},
    response::{CommonFields, ResponseWriter},
};
use tokio::{
    io::{AsyncWriteExt, Interest},
    net::TcpStream,
    task::coop,
    time,
};

use crate::{
    IN, OUT,
    buffer::{Buffer, Read},
    exchange::{End, Exchange, Held, Stage},
    heads::{self, Passed},
};

/// A client's connection, and what it has under way.
pub(crate) struct Link<'a> {
    config: &'a Config,
    patience: Patience,
    upstream: SocketAddr,
    client: IpAddr,
    stream: TcpStream,
    start: time::Instant,
    connection: Connection,
    input: Buffer,
    output: Buffer,
    fields: [FieldSpan; 100],
    common: CommonFields,
    exchange: Option<Exchange>,
}

/// How long the upstream is waited for.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) connect: Duration,
    pub(crate) upstream: Duration,
}

impl<'a> Link<'a> {
    pub(crate) fn new(
        stream: TcpStream,
        client: IpAddr,
        upstream: SocketAddr,
        config: &'a Config,
        patience: Patience,
    ) -> Self {
        Self {
            config,
            patience,
            upstream,
            client,
            stream,
            start: time::Instant::now(),
            connection: Connection::new(config, Instant::from_millis(0)),
            input: Buffer::new(IN),
            output: Buffer::new(OUT),
            fields: [FieldSpan::EMPTY; 100],
            common: CommonFields::without_server(),
            exchange: None,
        }
    }

    pub(crate) async fn run(mut self) -> io::Result<()> {
        let _nodelay = self.stream.set_nodelay(true);
        loop {
            // A connection that is always ready must not keep others waiting.
            coop::consume_budget().await;
            let mut goes_on = self.take_events().await;
            goes_on |= self.take_response();
            goes_on |= self.transmit()?;
            match self.connection.poll_transport(self.config, self.now()) {
                Transport::Keep => {}
                Transport::ShutdownWrite => self.stream.shutdown().await?,
                Transport::Close => return Ok(()),
                Transport::Reset => return self.stream.set_zero_linger(),
            }
            if !goes_on {
                self.wait().await;
                self.receive()?;
            }
            self.handle_timeouts();
        }
    }

    /// Passes on what has come from the client, up to and with the next request. Says whether there was anything.
    ///
    /// One request at a time: however many are there, what answers the one before is sent, and clocks are looked at, before the
    /// next has an upstream looked for.
    async fn take_events(&mut self) -> bool {
        let mut goes_on = false;
        loop {
            let now = self.now();
            match &self.exchange {
                // The upstream is to take what it has first. Meanwhile no time runs for the client.
                Some(exchange) if !exchange.has_room_for_content() => self.connection.pause_content(),
                _ => self.connection.resume_content(now),
            }
            let Polled { consumed, event } =
                self.connection.poll_event(self.config, self.input.octets(), &mut self.fields, now);
            let is_enough = match event {
                Event::Request { head, framing, ticket } => {
                    self.begin(&head, framing, ticket).await;
                    true
                }
                Event::Content(octets) => {
                    if let Some(Exchange { encoder: Some(encoder), request, .. }) = &mut self.exchange
                        && encoder.write(request, octets).is_err()
                    {
                        self.connection.handle_failure();
                    }
                    false
                }
                // This proxy tells nobody that it passes trailers on, so it may drop them (RFC 9110 6.5.1).
                Event::Trailers(_) => false,
                Event::EndOfMessage => {
                    if let Some(exchange) = &mut self.exchange
                        && let Some(mut encoder) = exchange.encoder.take()
                        && encoder.finish(&mut exchange.request).is_err()
                    {
                        self.connection.handle_failure();
                    }
                    false
                }
                Event::HeadRejected { rejection, ticket } => {
                    self.refuse(ticket, rejection.status());
                    true
                }
                // The upstream sees a request cut short, and not one that looks complete.
                Event::ContentRejected(rejection) => {
                    self.fail(rejection.status());
                    true
                }
                _ => {
                    self.input.consume(consumed);
                    return goes_on;
                }
            };
            self.input.consume(consumed);
            if is_enough {
                return true;
            }
            goes_on = true;
        }
    }

    /// Passes the head of a request on, once it is known that it can be.
    async fn begin(&mut self, head: &RequestHead, framing: Framing, ticket: Ticket) {
        let request = head.view(self.input.octets(), &self.fields);
        let to_head = request.method() == Method::Head;
        if matches!(framing, Framing::Length(length) if length > self.config.limits.content) {
            // The engine would say so when the content is looked at, behind a head that is passed on.
            return self.refuse(ticket, Status::CONTENT_TOO_LARGE);
        }
        let mut octets = Buffer::new(OUT);
        let following = match heads::pass_request_on(&request, framing, self.client, self.upstream, &mut octets) {
            Ok(following) => following,
            Err(status) => return self.refuse(ticket, status),
        };
        // Nothing is read meanwhile, so nothing can be late.
        self.connection.pause_content();
        let connected = time::timeout(self.patience.connect, TcpStream::connect(self.upstream)).await;
        self.connection.resume_content(self.now());
        match connected {
            Ok(Ok(stream)) => {
                let _nodelay = stream.set_nodelay(true);
                self.exchange = Some(Exchange::new(stream, ticket, to_head, octets, following, self.now()));
            }
            Ok(Err(_)) => self.refuse(ticket, Status::BAD_GATEWAY),
            Err(_) => self.refuse(ticket, Status::GATEWAY_TIMEOUT),
        }
    }

    /// Passes on what has come from the upstream. Says whether there was anything.
    fn take_response(&mut self) -> bool {
        let mut goes_on = false;
        // Whatever comes next fits then: a head with what is added to it, or content with its framing.
        while self.output.free() >= IN + ADDED
            && let Some(mut exchange) = self.exchange.take()
        {
            let took = match &mut exchange.stage {
                Stage::Head { parser, .. } => match parser.parse(exchange.response.octets(), &mut self.fields) {
                    Ok(Progress::Complete(head)) => {
                        self.take_head(exchange, &head);
                        true
                    }
                    Ok(Progress::Incomplete) if exchange.end.is_none() => {
                        self.exchange = Some(exchange);
                        false
                    }
                    Ok(Progress::Incomplete) | Err(_) => {
                        self.give_up(exchange, Status::BAD_GATEWAY);
                        true
                    }
                },
                Stage::Content { .. } => self.take_content(exchange),
            };
            if !took {
                break;
            }
            goes_on = true;
        }
        goes_on
    }

    fn take_head(&mut self, mut exchange: Exchange, head: &ResponseHead) {
        let now = self.now();
        let response = head.view(exchange.response.octets(), &self.fields);
        let Stage::Head { mut ticket, interims, .. } = exchange.stage else { return };
        let status = response.status();
        if status.is_informational() {
            if status == Status::CONTINUE {
                // It is passed on, and what the client now sends is waited for.
                let _waited = self.connection.take_expectation(now);
            }
            let is_passed_on = interims < MOST_INTERIMS
                && heads::pass_interim_on(&response, ticket.context(), &mut self.output).is_some();
            if !is_passed_on {
                return self.refuse(ticket, Status::BAD_GATEWAY);
            }
            exchange.response.consume(head.length());
            exchange.stage = Stage::head(ticket, interims + 1);
            self.exchange = Some(exchange);
            return;
        }
        if self.connection.has_expectation() {
            // The client was given no leave to send, and now never is.
            self.connection.decline_content(self.config, self.now());
            exchange.encoder = None;
        }
        self.connection.refresh_ticket(&mut ticket);
        self.common.set_date(unix_seconds());
        let mut own = (status == Status::RESET_CONTENT).then(|| Buffer::new(IN + ADDED));
        let sink = own.as_mut().unwrap_or(&mut self.output);
        let passed = heads::pass_response_on(&response, exchange.to_head, ticket.context(), &self.common, sink);
        let Some(Passed { replied, framing }) = passed else {
            return self.refuse(ticket, Status::BAD_GATEWAY);
        };
        let encoder = ContentEncoder::new(replied.following());
        let held = match own {
            Some(head) => Some(Held { ticket, head, replied }),
            None => {
                self.connection.handle_replied(ticket, &replied, now);
                None
            }
        };
        exchange.response.consume(head.length());
        exchange.stage = Stage::Content {
            // It may be of any length: it is not kept.
            decoder: ContentDecoder::new(framing, ContentLimits::new(u64::MAX)),
            encoder,
            held,
        };
        exchange.waiting_since = now;
        self.exchange = Some(exchange);
    }

    /// Passes on some content of a response. Says whether there was any, or its end.
    fn take_content(&mut self, mut exchange: Exchange) -> bool {
        let Stage::Content { decoder, encoder, .. } = &mut exchange.stage else { return false };
        let Ok(Decoded { consumed, part }) = decoder.decode(exchange.response.octets()) else {
            self.give_up(exchange, Status::BAD_GATEWAY);
            return true;
        };
        let is_complete = match part {
            Part::Content(octets) => encoder.write(&mut self.output, octets).map(|()| false),
            Part::Trailers(_) => Ok(false),
            Part::End => encoder.finish(&mut self.output).map(|()| true),
            Part::NeedInput => match exchange.end {
                None => {
                    exchange.response.consume(consumed);
                    self.exchange = Some(exchange);
                    return false;
                }
                Some(End::Closed) if decoder.handle_end_of_input().is_ok() => {
                    encoder.finish(&mut self.output).map(|()| true)
                }
                // The client sees a response cut short, and not one that looks complete.
                Some(End::Closed | End::Broken) => {
                    self.give_up(exchange, Status::BAD_GATEWAY);
                    return true;
                }
            },
        };
        exchange.response.consume(consumed);
        match is_complete {
            Ok(false) => self.exchange = Some(exchange),
            Ok(true) => {
                if let Stage::Content { held: Some(Held { ticket, head, replied }), .. } = exchange.stage {
                    match self.output.put(head.octets()) {
                        Some(()) => self.connection.handle_replied(ticket, &replied, self.now()),
                        None => self.connection.handle_failure(),
                    }
                }
                // An upstream may answer before it has seen all of the request.
                if self.connection.is_receiving() {
                    self.connection.decline_content(self.config, self.now());
                }
                if self.connection.is_sending() {
                    self.connection.handle_content_sent(self.now());
                }
            }
            Err(_) => self.give_up(exchange, Status::BAD_GATEWAY),
        }
        true
    }

    /// Sends what the two sockets take. Says whether that was anything.
    fn transmit(&mut self) -> io::Result<bool> {
        let now = self.now();
        let mut goes_on = false;
        if let Some(exchange) = &mut self.exchange {
            match exchange.request.write_to(&exchange.stream) {
                Ok(0) => {}
                Ok(_) => (goes_on, exchange.waiting_since) = (true, now),
                // It takes no more; it may have answered all the same.
                Err(_) => {
                    exchange.request.clear();
                    exchange.encoder = None;
                    self.connection.decline_content(self.config, now);
                    goes_on = true;
                }
            }
        }
        let sent = self.output.write_to(&self.stream)?;
        self.connection.handle_transmit(self.config, sent, self.output.len(), now);
        Ok(goes_on || sent > 0)
    }

    /// Waits until one of the sockets is ready for what is wanted of it, or until somebody's time is up.
    async fn wait(&mut self) {
        let now = self.now();
        let deadline = match (self.connection.poll_timeout(self.config), self.upstream_deadline()) {
            (Some(client), Some(upstream)) => Some(client.min(upstream)),
            (client, upstream) => client.or(upstream),
        };
        let reads = self.connection.wants_read(self.config) && self.input.free() > 0;
        let client = ready(&self.stream, reads, !self.output.is_empty());
        let upstream = async {
            match &self.exchange {
                Some(Exchange { stream, response, request, end, .. }) => {
                    ready(stream, end.is_none() && response.free() > 0, !request.is_empty()).await;
                }
                None => future::pending().await,
            }
        };
        let either = async {
            tokio::select! {
                () = client => {}
                () = upstream => {}
            }
        };
        match deadline {
            Some(deadline) => drop(time::timeout(deadline.since(now), either).await),
            None => either.await,
        }
    }

    /// Does what has become due.
    fn handle_timeouts(&mut self) {
        let now = self.now();
        if self.connection.poll_timeout(self.config).is_some_and(|deadline| deadline <= now) {
            self.connection.handle_timeout(self.config, now);
        }
        match (self.upstream_deadline(), &mut self.exchange) {
            (Some(deadline), _) if deadline <= now => self.fail(Status::GATEWAY_TIMEOUT),
            (None, Some(exchange)) => exchange.waiting_since = now,
            _ => {}
        }
    }

    /// When the upstream's time is up, if something must come from it.
    fn upstream_deadline(&self) -> Option<Instant> {
        let exchange = self.exchange.as_ref()?;
        let waits = exchange.waits_for_upstream(&self.output, self.connection.has_expectation());
        waits.then(|| exchange.waiting_since.after(self.patience.upstream))
    }

    /// Reads what the two sockets have.
    fn receive(&mut self) -> io::Result<()> {
        let now = self.now();
        if self.connection.wants_read(self.config)
            && let Read::End = self.input.read_from(&self.stream)?
        {
            self.connection.handle_end_of_input();
        }
        if let Some(exchange) = &mut self.exchange
            && exchange.end.is_none()
        {
            match exchange.response.read_from(&exchange.stream) {
                // A head must be there in time, however it drips.
                Ok(Read::Octets) if matches!(exchange.stage, Stage::Content { .. }) => exchange.waiting_since = now,
                Ok(Read::Octets | Read::Nothing) => {}
                Ok(Read::End) => exchange.end = Some(End::Closed),
                Err(_) => exchange.end = Some(End::Broken),
            }
        }
        Ok(())
    }

    /// Answers a request itself.
    fn refuse(&mut self, mut ticket: Ticket, status: Status) {
        self.connection.decline_content(self.config, self.now());
        self.connection.refresh_ticket(&mut ticket);
        self.common.set_date(unix_seconds());
        let writer = ResponseWriter::new(&mut self.output, ticket.context(), &self.common);
        match writer.status(status).no_content() {
            Ok(replied) => self.connection.handle_replied(ticket, &replied, self.now()),
            Err(_) => self.connection.handle_failure(),
        }
    }

    /// Ends the exchange that is under way, if there is one.
    fn fail(&mut self, status: Status) {
        if let Some(exchange) = self.exchange.take() {
            self.give_up(exchange, status);
        }
    }

    /// Ends an exchange before its time: with this status, or, where the response has begun, by a connection that is cut.
    fn give_up(&mut self, exchange: Exchange, status: Status) {
        match exchange.stage {
            Stage::Head { ticket, .. } | Stage::Content { held: Some(Held { ticket, .. }), .. } => {
                self.refuse(ticket, status);
            }
            Stage::Content { .. } => self.connection.handle_failure(),
        }
    }

    fn now(&self) -> Instant {
        Instant::from_millis(self.start.elapsed().as_millis() as u64)
    }
}

/// Waits until a socket is ready for one of these.
async fn ready(stream: &TcpStream, reads: bool, writes: bool) {
    let interest = match (reads, writes) {
        (true, true) => Interest::READABLE | Interest::WRITABLE,
        (true, false) => Interest::READABLE,
        (false, true) => Interest::WRITABLE,
        (false, false) => return future::pending().await,
    };
    // What is wrong with it is told by reading and writing.
    let _ready = stream.ready(interest).await;
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// What a head or a piece of content may grow by on its way.
const ADDED: usize = 1024;
/// Interim responses before a final one.
const MOST_INTERIMS: u8 = 16;
