use std::{io, net::SocketAddr, sync::Arc, task::Poll};

use pronto::{
    connection::{Config, Connection, Drain, Instant},
    head::{FieldSpan, Progress, Status},
    proxy::{ProxyHeader, Source},
    response::{CONTINUE, CommonFields, Replied},
    service::{Driven, Driver, Stop},
};

use crate::{
    Answer, App, Cancelled, ClientKey, Ending, Fault, Mailbox, Output, Reply, WorkerCounters,
    attached::{Attached, Parts},
    backlog::{Backlog, Held, MOST, Waiting},
    content::{Content, Next},
    deferral::Completion,
    done::DoneHooks,
    exchange::{Exchange, Intake},
    matcher::Choice,
    owned::Shared,
    render::{Desk, render},
    takeover::Takeover,
};

/// What a worker lends to its connections, one at a time.
#[derive(Debug)]
pub struct WorkerState {
    pub(crate) app: Arc<App>,
    pub(crate) config: Config,
    pub(crate) fields: Box<[FieldSpan]>,
    pub(crate) common: CommonFields,
    pub(crate) counters: Arc<WorkerCounters>,
    /// Connections begin with a header of the PROXY protocol.
    behind_proxy: bool,
    /// The replies of the turn.
    pub output: Output,
}

impl WorkerState {
    /// What a worker needs for this application. At most 64 requests of a connection are in flight, whatever `config`
    /// says: as many as the replies that can wait.
    pub fn new(app: Arc<App>, config: Config) -> Self {
        let counters = app.counters().add_worker();
        Self::with_counters(app, config, counters)
    }

    /// The same, with counters that are there already.
    pub fn with_counters(app: Arc<App>, mut config: Config, counters: Arc<WorkerCounters>) -> Self {
        config.limits.in_flight = config.limits.in_flight.min(MOST as u16);
        let fields = vec![FieldSpan::EMPTY; usize::from(config.limits.head.fields)].into_boxed_slice();
        Self { app, config, fields, common: CommonFields::new(), counters, behind_proxy: false, output: Output::new() }
    }

    /// Has each connection begin with a header of the PROXY protocol, as [`Server::proxy_protocol`](crate::Server::proxy_protocol)
    /// says.
    #[must_use]
    pub fn behind_proxy(mut self) -> Self {
        self.behind_proxy = true;
        self
    }

    /// The limits and timeouts.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where it is counted what happens.
    pub fn counters(&self) -> &Arc<WorkerCounters> {
        &self.counters
    }

    /// Sets the clock of the Date field, in seconds since 1970.
    pub fn set_date(&mut self, unix_seconds: u64) {
        self.common.set_date(unix_seconds);
    }
}

/// Where a connection is told that something it waits for has come.
#[derive(Clone, Copy, Debug)]
pub struct Home<'a> {
    /// The mailbox of whoever owns the session.
    pub mailbox: &'a Arc<Mailbox>,
    /// Which of its connections it is.
    pub client: ClientKey,
}

/// One connection, but for its transport: the engine, what is being answered, and what waits to be sent.
///
/// An adapter [drives](Self::drive) it with input, sends the worker's output and then the [content](Self::content_octets),
/// and [wakes](Self::wake) it when a message says so.
#[derive(Debug)]
pub struct Session {
    driver: Driver,
    peer: Option<SocketAddr>,
    backlog: Option<Box<Backlog>>,
    /// The reply whose content is being sent.
    sending: Option<Box<Sending>>,
    /// What takes octets as they come.
    receiving: Option<Box<Receiving>>,
}

/// Who takes octets of a connection as they come.
#[derive(Debug, Default)]
pub(crate) struct Receiving {
    /// A request whose content is handed over while it comes.
    pub(crate) intake: Option<Intake>,
    /// A handler that has taken the connection over.
    pub(crate) takeover: Option<Takeover>,
    /// There is room again, so that input can be dealt with that waits.
    resumed: bool,
    /// What was chosen for the request whose content comes.
    pub(crate) choice: Option<Choice>,
    /// The header of a proxy is still to come. It is here since most connections have none, and should not be larger for it.
    awaits_proxy: bool,
}

/// A reply whose head was written.
#[derive(Debug)]
pub(crate) struct Sending {
    content: Content,
    status: Status,
    done: DoneHooks,
    /// The request, where what makes the content has it, too, and may add to what is to be done.
    request: Option<Arc<Shared>>,
}

impl Session {
    /// The session of a connection that was accepted now.
    pub fn new(worker: &WorkerState, peer: Option<SocketAddr>, now: Instant) -> Self {
        let awaited = || Box::new(Receiving { awaits_proxy: true, ..Receiving::default() });
        let receiving = worker.behind_proxy.then(awaited);
        Self { driver: Driver::new(&worker.config, now), peer, backlog: None, sending: None, receiving }
    }

    /// The engine's connection.
    pub const fn connection(&self) -> &Connection {
        self.driver.connection()
    }

    /// The engine's connection, to be told of transport and time.
    pub const fn connection_mut(&mut self) -> &mut Connection {
        self.driver.connection_mut()
    }

    /// Answers every complete request in `input`; see [`Driver::drive`]. Replies in turn go to the worker's output.
    pub fn drive(&mut self, worker: &mut WorkerState, home: Home<'_>, input: &mut [u8], now: Instant) -> Driven {
        if self.receiving.as_ref().is_some_and(|receiving| receiving.awaits_proxy) {
            return self.drive_behind_proxy(worker, home, input, now);
        }
        let Self { driver, peer, backlog, sending, receiving } = self;
        let WorkerState { app, config, fields, common, counters, output, .. } = worker;
        let desk = Desk { app, common, counters, home };
        let mut exchange = Exchange { desk, config, output, peer, backlog, sending, receiving, requests: 0 };
        let mut driven = driver.drive(config, input, fields, &mut exchange, now);
        if exchange.requests > 0 {
            counters.handle_batch(exchange.requests);
        }
        if driven.stop == Stop::Upgraded {
            self.pass_on(&input[driven.consumed..driven.filled]);
            driven.consumed = driven.filled;
        }
        if self.backlog.is_some() || self.receiving.is_some() {
            self.settle(worker, home, now);
        }
        if let Some(receiving) = &mut self.receiving {
            let resumed = std::mem::take(&mut receiving.resumed);
            if resumed && driven.stop == Stop::Paused {
                driven.stop = Stop::Flush;
            }
            let has_nothing = receiving.intake.is_none() && receiving.takeover.is_none() && receiving.choice.is_none();
            if has_nothing && !resumed {
                self.receiving = None;
            }
        }
        driven
    }

    /// Lets the engine do what it does without input.
    fn drive_without_input(&mut self, worker: &mut WorkerState, home: Home<'_>, now: Instant) -> Driven {
        let awaited = self.receiving.take();
        let driven = self.drive(worker, home, &mut [], now);
        self.receiving = awaited;
        driven
    }

    /// Takes the header of the proxy off the front of the input. A connection that begins with something else is cut.
    #[cold]
    fn drive_behind_proxy(
        &mut self,
        worker: &mut WorkerState,
        home: Home<'_>,
        input: &mut [u8],
        now: Instant,
    ) -> Driven {
        let taken = match ProxyHeader::parse(input) {
            Ok(Progress::Complete(header)) => {
                match header.source() {
                    Source::Proxy => {}
                    Source::Address(address) => self.peer = Some(address),
                    Source::Unknown => self.peer = None,
                }
                header.length()
            }
            Ok(Progress::Incomplete) => {
                // There is no request in this, but the engine may end an idle connection. One that it leaves open still begins
                // with a header.
                let Driven { stop, .. } = self.drive_without_input(worker, home, now);
                let kept = if stop == Stop::Closed { input.len() } else { 0 };
                return Driven { consumed: kept, filled: input.len(), stop };
            }
            Err(error) => {
                log::debug!("a connection was cut: {error}");
                self.driver.connection_mut().handle_failure();
                input.len()
            }
        };
        self.receiving = None;
        let Driven { consumed, filled, stop } = self.drive(worker, home, &mut input[taken..], now);
        Driven { consumed: taken + consumed, filled: taken + filled, stop }
    }

    /// Lets handlers go on that can. [Drive](Self::drive) the session next, be it without new input.
    pub fn wake(&mut self, worker: &mut WorkerState, home: Home<'_>, now: Instant) {
        self.settle(worker, home, now);
    }

    /// Takes the answer to a request that was put off. [Drive](Self::drive) the session next, be it without new input.
    pub fn complete(&mut self, worker: &mut WorkerState, home: Home<'_>, completion: Completion, now: Instant) {
        let Completion { number, finish, .. } = completion;
        self.give(worker, home, number, now, |reply| finish.call(reply));
        self.settle(worker, home, now);
    }

    /// The octets that must be sent behind the output, as far as they are there. A source that fails fails the connection.
    pub fn content_octets(&mut self) -> &[u8] {
        let failed = self.sending.as_mut().and_then(|sending| sending.content.octets().err());
        if let Some(fault) = failed {
            self.fail(&fault);
        }
        match &mut self.sending {
            Some(sending) => sending.content.octets().unwrap_or_default(),
            None => &[],
        }
    }

    /// Whether the content of a reply is being sent, be it that nothing of it is there.
    #[inline]
    pub(crate) const fn has_content(&self) -> bool {
        self.sending.is_some()
    }

    /// What must be sent behind the output, as far as it is there; as [`content_octets`](Self::content_octets), but for files
    /// that the operating system can send.
    #[inline]
    pub(crate) fn next_content(&mut self) -> Next<'_> {
        if self.sending.is_some() { self.next_of_sending() } else { Next::Octets(&[]) }
    }

    fn next_of_sending(&mut self) -> Next<'_> {
        let failed = self.sending.as_mut().and_then(|sending| sending.content.next().err());
        if let Some(fault) = failed {
            self.fail(&fault);
        }
        match &mut self.sending {
            Some(sending) => sending.content.next().unwrap_or(Next::Octets(&[])),
            None => Next::Octets(&[]),
        }
    }

    /// Says that the operating system does not send this file to this transport: it is read from now on.
    pub(crate) fn read_content(&mut self) {
        // Octets are asked for, and looked at later.
        let _first = self.content_octets();
    }

    /// Says that content does not come that was promised.
    pub(crate) fn fail_content(&mut self, error: io::Error) {
        self.fail(&error.into());
    }

    /// Whether a reply has content of which nothing is left, be it that there was nothing: say so by
    /// [`consume_content`](Self::consume_content).
    pub fn is_content_sent(&self) -> bool {
        self.sending.as_ref().is_some_and(|sending| sending.content.is_sent())
    }

    /// Says that this many of them were sent, and whether the content is complete by now: then replies may follow that it
    /// held back, so that there is more to send and to drive.
    pub fn consume_content(&mut self, worker: &mut WorkerState, home: Home<'_>, sent: usize, now: Instant) -> bool {
        let Some(sending) = &mut self.sending else { return false };
        if let Err(fault) = sending.content.consume(sent) {
            self.fail(&fault);
            return true;
        }
        if !sending.content.is_sent() {
            return false;
        }
        let status = sending.status;
        sending.end(|| Ending::Replied(status));
        self.sending = None;
        self.driver.connection_mut().handle_content_sent(now);
        self.settle(worker, home, now);
        true
    }

    /// Does what has become due: see [`Connection::handle_timeout`]. [Drive](Self::drive) the session next.
    pub fn handle_timeout(&mut self, config: &Config, now: Instant) {
        let connection = self.driver.connection_mut();
        connection.handle_timeout(config, now);
        if connection.has_failed() {
            self.abandon("the client took nothing in time");
        }
    }

    /// Says that the connection should end soon. [Drive](Self::drive) the session next.
    pub fn handle_drain(&mut self, drain: Drain) {
        self.driver.connection_mut().handle_drain(drain);
        if let Some(takeover) = self.takeover() {
            takeover.handle_drain();
        }
    }

    /// Answers what has no reply yet with [`Cancelled`], since the time to end is over. Send what there is, and close.
    pub fn cancel(&mut self, worker: &mut WorkerState, home: Home<'_>, now: Instant) {
        let pending: Vec<u32> =
            self.backlog.iter_mut().flat_map(|backlog| backlog.all()).map(|waiting| waiting.ticket.number()).collect();
        for number in pending {
            self.give(worker, home, number, now, |_| Err(Cancelled.into()));
        }
        self.settle(worker, home, now);
        let connection = self.driver.connection_mut();
        let would_look_complete = self.sending.as_ref().is_some_and(|sending| sending.content.ends_with_connection());
        if would_look_complete && !connection.is_upgraded() {
            connection.handle_failure();
        }
    }

    /// Says why the connection ends, for those who wait for the end of an exchange. Then drop the session.
    pub fn abandon(&mut self, reason: &str) {
        let cut = || Ending::Cut(reason.to_owned());
        if let Some(sending) = &mut self.sending {
            sending.end(cut);
        }
        for waiting in self.backlog.iter_mut().flat_map(|backlog| backlog.all()) {
            run_all(&mut waiting.done, waiting.request.as_deref(), cut);
        }
    }

    /// Hands octets to the handler that has taken the connection over.
    fn pass_on(&mut self, octets: &[u8]) {
        let Some(takeover) = self.receiving.as_ref().and_then(|receiving| receiving.takeover.as_ref()) else { return };
        let connection = self.driver.connection_mut();
        if takeover.incoming.push(octets) == pronto::service::Room::Full {
            takeover.wake_on_room();
            connection.pause_content();
        }
        if connection.has_ended() {
            takeover.incoming.end(Ok(()));
        }
    }

    /// Does all that has become possible: handlers go on, replies leave in their turn, content is asked for.
    fn settle(&mut self, worker: &mut WorkerState, home: Home<'_>, now: Instant) {
        self.poll_handlers(worker, home, now);
        self.reject_broken_content(worker, home, now);
        self.release(worker, now);
        self.tend_intake(worker, now);
        self.poll_takeover(now);
        let held = self.backlog.as_deref().map_or(0, Backlog::octets);
        self.driver.connection_mut().handle_held(&worker.config, held, now);
    }

    /// Lets the handler go on that has taken the connection over.
    fn poll_takeover(&mut self, now: Instant) {
        let Some(receiving) = &mut self.receiving else { return };
        let Some(takeover) = &mut receiving.takeover else { return };
        let connection = self.driver.connection_mut();
        let has_left = takeover.poll();
        if connection.is_draining() {
            // Only now the handler has had the chance to say that it looks after that.
            takeover.handle_drain();
        }
        if takeover.incoming.has_room() {
            receiving.resume(connection, now);
        }
        if has_left {
            receiving.takeover = None;
        }
    }

    fn takeover(&self) -> Option<&Takeover> {
        self.receiving.as_ref()?.takeover.as_ref()
    }

    /// Lets handlers go on that can, and takes what they answer.
    fn poll_handlers(&mut self, worker: &mut WorkerState, home: Home<'_>, now: Instant) {
        while let Some((number, result)) = self.backlog.as_deref_mut().and_then(poll_any) {
            self.give(worker, home, number, now, |reply| match result {
                Ok(response) => response.write(reply),
                Err(fault) => Err(fault),
            });
        }
    }

    /// Answers a request whose content is broken, in the place of its handler.
    fn reject_broken_content(&mut self, worker: &mut WorkerState, home: Home<'_>, now: Instant) {
        let Some(receiving) = &mut self.receiving else { return };
        let Some((number, rejection)) = receiving.intake.as_ref().and_then(Intake::rejection) else { return };
        receiving.intake = None;
        let app = Arc::clone(&worker.app);
        self.give(worker, home, number, now, |reply| app.refuse(rejection, reply));
    }

    /// Gives a request that was put off its answer, and ends what was done to find one.
    fn give(
        &mut self,
        worker: &WorkerState,
        home: Home<'_>,
        number: u32,
        now: Instant,
        answer: impl FnOnce(Reply<'_>) -> Answer,
    ) {
        let Self { driver, backlog, receiving, .. } = self;
        let Some(backlog) = backlog else { return };
        let Some(waiting) = backlog.unanswered(number) else { return };
        waiting.work = None;
        let connection = driver.connection_mut();
        if let Some(receiving) = receiving {
            receiving.decline_abandoned(connection, &worker.config, now);
        }
        connection.refresh_ticket(&mut waiting.ticket);
        let view = waiting.request.as_deref().map(|request| request.view());
        let WorkerState { app, common, counters, .. } = worker;
        let desk = Desk { app, common, counters, home };
        let (held, done) = render(&desk, &waiting.ticket, view.as_ref(), |parts| answer(parts.reply()));
        waiting.done.append(done);
        if let Some(held) = held {
            if let Some(request) = &waiting.request {
                waiting.done.append(request.take_done());
            }
            backlog.complete(number, held);
        }
    }

    /// Moves replies whose turn has come to the output.
    fn release(&mut self, worker: &mut WorkerState, now: Instant) {
        let Some(backlog) = &mut self.backlog else { return };
        let connection = self.driver.connection_mut();
        let intake = self.receiving.as_ref().and_then(|receiving| receiving.intake.as_ref());
        let reading = intake.filter(|intake| !intake.pipe.is_abandoned()).map(|intake| intake.number);
        while !connection.is_sending() {
            let Some((waiting, held)) = backlog.pop_ready() else { break };
            let Waiting { ticket, logged, request, mut done, .. } = waiting;
            if !connection.is_in_turn(ticket.number()) {
                done.run(|| Ending::Cut("a reply before it closed the connection".to_owned()));
                continue;
            }
            let Held { octets, replied, mut attached } = *held;
            attached.append_done(done);
            worker.counters.handle_response(replied.status());
            if let Some(entry) = logged {
                entry.log(&replied);
            }
            // The content of this reply may be made from that of its request: after its head it is too late for leave.
            if reading == Some(ticket.number()) && connection.take_expectation(now) {
                worker.output.extend(CONTINUE);
            }
            worker.output.extend(&octets);
            place(attached, &replied, &mut self.sending, &mut self.receiving);
            keep(request, &mut self.sending);
            connection.handle_replied(ticket, &replied, now);
        }
        if backlog.is_empty() {
            self.backlog = None;
        }
    }

    /// Asks for content that is wanted, goes on with it where there is room, and declines it where nobody reads it.
    fn tend_intake(&mut self, worker: &mut WorkerState, now: Instant) {
        let Some(receiving) = &mut self.receiving else { return };
        let connection = self.driver.connection_mut();
        // First, or what another thread does after it was looked at would be missed.
        if let Some(intake) = receiving.intake.as_ref().filter(|_| connection.has_expectation()) {
            intake.wake_on_change();
        }
        receiving.decline_abandoned(connection, &worker.config, now);
        let Some(intake) = &receiving.intake else { return };
        if intake.pipe.is_wanted() && connection.is_in_turn(intake.number) && connection.take_expectation(now) {
            worker.output.extend(CONTINUE);
        }
        if intake.pipe.has_room() {
            receiving.resume(connection, now);
        }
    }

    /// Ends the connection so that the client sees that the reply is not complete.
    #[cold]
    fn fail(&mut self, fault: &Fault) {
        let reason = fault.told();
        log::warn!("a reply was cut: {reason}");
        if let Some(mut sending) = self.sending.take() {
            sending.end(|| Ending::Cut(reason.clone()));
        }
        self.driver.connection_mut().handle_failure();
    }
}

impl Sending {
    /// Does what is to be done in the end.
    fn end(&mut self, ending: impl Fn() -> Ending) {
        run_all(&mut self.done, self.request.as_deref(), ending);
    }
}

impl Receiving {
    /// Has the connection go on with octets that had no room.
    fn resume(&mut self, connection: &mut Connection, now: Instant) {
        self.resumed |= connection.is_content_paused();
        connection.resume_content(now);
    }

    /// Has content thrown away that nobody reads any more.
    fn decline_abandoned(&mut self, connection: &mut Connection, config: &Config, now: Instant) {
        if self.intake.as_ref().is_some_and(|intake| intake.pipe.is_abandoned()) {
            self.intake = None;
            self.resume(connection, now);
            connection.decline_content(config, now);
        }
    }
}

/// Does what is to be done in the end, be it that only the request knows of it.
fn run_all(done: &mut DoneHooks, request: Option<&Shared>, ending: impl Fn() -> Ending) {
    done.run(&ending);
    if let Some(request) = request {
        request.take_done().run(ending);
    }
}

/// The first handler that can go on and comes to its end.
fn poll_any(backlog: &mut Backlog) -> Option<(u32, Result<crate::Response, Fault>)> {
    backlog.all().find_map(|waiting| match waiting.work.as_mut()?.poll() {
        Poll::Ready(result) => Some((waiting.ticket.number(), result)),
        Poll::Pending => None,
    })
}

/// Puts what belongs to a reply that was written where it is looked after.
#[inline]
pub(crate) fn place(
    attached: Attached,
    replied: &Replied,
    sending: &mut Option<Box<Sending>>,
    receiving: &mut Option<Box<Receiving>>,
) {
    if let Some(parts) = attached.into_parts() {
        place_parts(*parts, replied, sending, receiving);
    }
}

fn place_parts(
    parts: Parts,
    replied: &Replied,
    sending: &mut Option<Box<Sending>>,
    receiving: &mut Option<Box<Receiving>>,
) {
    let Parts { content, takeover, mut done } = parts;
    let status = replied.status();
    match content {
        None => done.run(|| Ending::Replied(status)),
        Some(content) => *sending = Some(Box::new(Sending { content, status, done, request: None })),
    }
    if let Some(taken) = takeover {
        receiving.get_or_insert_default().takeover = Some(taken);
    }
}

/// Has a reply that is being sent keep its request, where somebody else has it, too, and may add to what is to be done.
pub(crate) fn keep(request: Option<Arc<Shared>>, sending: &mut Option<Box<Sending>>) {
    if let Some(sending) = sending {
        sending.request = request.filter(|request| Arc::strong_count(request) > 1);
    }
}
