//! # Theory of operation
//!
//! A connection is two half-duplex machines that share a counter of requests.
//!
//! The *input* machine turns octets into events. There is one way to the next head: through the end of the content
//! before it.
//!
//! ```text
//!             first octets           complete head                    end of content
//!   ┌──────┐ ────────────▶ ┌──────┐ ───────────────▶ ┌─────────┐ ───────────────────────┐
//!   │ Idle │               │ Head │                  │ Content │ ──────────┐            │
//!   └──────┘ ◀──────────── └──────┘                  └─────────┘           │            │
//!      ▲ │    no content       │                          │                │            │
//!      │ │                     │ refused, 408             │ refused, 408   │ upgrade    │
//!      │ │ idle, drain, end    ▼                          ▼                ▼            │
//!      │ └──────────────▶ ┌────────────────────────────────────┐    ┌──────────┐        │
//!      │                  │ Closed: octets are thrown away     │    │ Upgraded │        │
//!      │                  └────────────────────────────────────┘    └──────────┘        │
//!      │                       ▲ last request: `Connection: close`, a reply that closes │
//!      └───────────────────────┴────────────────────────────────────────────────────────┘
//! ```
//!
//! The *output* machine follows the replies. Each request takes the next number; `in_flight` of them are unanswered.
//! Replies are handed in by number, in order. One whose content is still being sent (`sending`) holds back the next.
//!
//! ```text
//!   ┌──────┐  input Closed, nothing in flight, nothing unsent  ┌───────────┐  end, bound or time  ┌──────┐
//!   │ Open │ ────────────────────────────────────────────────▶ │ Lingering │ ───────────────────▶ │ Done │
//!   └──────┘                                                   └───────────┘                      └──────┘
//!       │      the same, and the peer has ended or has asked to close; idle or write timeout; cut   ▲
//!       └───────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! At most one deadline runs for each machine: head, content or idle for the input, write or linger for the output.
//!
//! Two things hold the input machine back: a request that offers another protocol, until it is answered, since what
//! follows may not be HTTP; and whoever takes content piece by piece and has no room.

use crate::{
    framing::{ContentDecoder, ContentLimits, Decoded, Framing, FramingError, Part, Stage, request_framing},
    head::{
        ConnectionOptions, FieldSpan, HeadError, HeadErrorKind, Method, Progress, Request, RequestHead, RequestParser,
        Version,
    },
    response::{Following, Persistence, Replied, ReplyContent, ReplyContext},
};

use super::{CloseReason, Config, Drain, Event, Instant, Polled, Rejection, Ticket, Transport, Turn};

/// The state of one connection of a server.
///
/// # What to call, and when
/// 1. Octets came: append them to the input of the connection and call [`poll_event`](Self::poll_event) until it
///    says [`NeedInput`](Event::NeedInput), [`Paused`](Event::Paused), [`Upgraded`](Event::Upgraded) or
///    [`Closed`](Event::Closed), dropping what each call consumed. The rest stays, to be given again with more.
/// 2. The input ended: call [`handle_end_of_input`](Self::handle_end_of_input), then as in 1.
/// 3. A reply was written: [`handle_replied`](Self::handle_replied), in the order of the tickets.
/// 4. The transport took output, or refused it: [`handle_transmit`](Self::handle_transmit), then
///    [`poll_transport`](Self::poll_transport).
/// 5. After each of these: read only while [`wants_read`](Self::wants_read), and have
///    [`handle_timeout`](Self::handle_timeout) called at [`poll_timeout`](Self::poll_timeout), then as in 1 and 4.
///
/// [`Driver`](crate::service::Driver) does 1 to 3 for a handler that takes whole requests.
///
/// ```
/// use pronto::{
///     connection::{Config, Connection, Event, Instant},
///     head::FieldSpan,
/// };
///
/// let (config, now) = (Config::new(), Instant::from_millis(0));
/// let mut connection = Connection::new(&config, now);
/// let mut fields = [FieldSpan::EMPTY; 16];
/// let mut input: &[u8] = b"GET /one HTTP/1.1\r\nHost: a\r\n\r\nGET /two HT";
///
/// let polled = connection.poll_event(&config, input, &mut fields, now);
/// let Event::Request { head, .. } = polled.event else { panic!() };
/// assert_eq!(head.view(input, &fields).target(), "/one");
/// input = &input[polled.consumed..];
///
/// let polled = connection.poll_event(&config, input, &mut fields, now);
/// assert!(matches!(polled.event, Event::NeedInput));
/// assert_eq!(&input[polled.consumed..], b"GET /two HT");
/// ```
#[derive(Debug)]
pub struct Connection {
    input: Input,
    output: Output,
    parser: RequestParser,
    /// The number of the next request.
    next: u32,
    /// Requests that have a number and no reply.
    in_flight: u16,
    /// The peer has ended its side: nothing more will come.
    ended: bool,
    /// The peer asked for the connection to close after its last request.
    peer_closes: bool,
    /// The owner asked for the connection to close as soon as it owes nothing.
    draining: Option<Drain>,
    /// Input that may hold whole requests waits: behind what is in flight, or to be looked at.
    input_waits: bool,
    /// Who takes the content, or another protocol's octets, has no room for more.
    content_paused: bool,
    /// The last request offers another protocol (RFC 9110 7.8): until it is answered nobody knows what follows.
    upgrade_offered: bool,
    /// The content of the last reply is still being sent.
    sending: bool,
    /// The reply that is being sent is the last one.
    closing: bool,
    /// It ended before it could say all that it had promised.
    failed: bool,
    /// Why it ends, once that is known.
    close_reason: Option<CloseReason>,
    /// Octets of output that the transport has not taken.
    unsent: usize,
    /// Octets of replies that wait for their turn.
    held: u32,
    /// Since when the input machine has been waiting: the start of its deadline.
    waiting_since: Instant,
    /// Since when the transport has taken nothing, or since when the connection lingers.
    stalled_since: Instant,
}

/// What [`Connection::poll_next`] found.
pub(crate) enum Next<'i> {
    /// An [ordinary](Request::is_ordinary) request: all of it is its head.
    Ordinary { head: RequestHead, ticket: Ticket },
    /// Anything else, requests among it.
    Other(Polled<'i>),
}

#[derive(Debug)]
enum Input {
    /// Between messages.
    Idle,
    /// Some octets of a head are there.
    Head,
    /// The head cannot become complete, which is still to be told.
    HeadHopeless(Hopeless),
    /// In the content of the last request, or just behind its head.
    Content(Content),
    /// Another protocol's.
    Upgraded,
    /// No further message will be read.
    Closed,
}

#[derive(Debug)]
struct Content {
    decoding: Decoding,
    /// Octets of content at most.
    limit: u64,
    /// Octets of content so far.
    received: u64,
    /// Those that came before the clock of its rate was started again.
    received_before: u64,
    /// Whether the connection ends with this message.
    last: bool,
    /// The client waits for 100 (Continue) before it sends.
    expected: bool,
    /// Nobody wants it: it is thrown away, as long as `received` is within `limit`.
    declined: bool,
    /// It cannot become complete, which is still to be told.
    hopeless: Option<Hopeless>,
}

#[derive(Clone, Copy, Debug)]
enum Decoding {
    /// None of it has been asked for: the service may still set the limit.
    Awaited(Framing),
    Begun(ContentDecoder),
}

/// Why a message that has begun cannot become complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hopeless {
    /// It came too slowly.
    Late,
    /// The owner's buffer is full.
    NoRoom,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    Open,
    /// The write side is shut; this much more input is thrown away.
    Lingering {
        left: u64,
    },
    Done,
}

impl Connection {
    /// A connection that was accepted now.
    pub const fn new(config: &Config, now: Instant) -> Self {
        Self {
            input: Input::Idle,
            output: Output::Open,
            parser: RequestParser::new(config.limits.head),
            next: 0,
            in_flight: 0,
            ended: false,
            peer_closes: false,
            draining: None,
            input_waits: false,
            content_paused: false,
            upgrade_offered: false,
            sending: false,
            closing: false,
            failed: false,
            close_reason: None,
            unsent: 0,
            held: 0,
            waiting_since: now,
            stalled_since: now,
        }
    }

    /// What the input begins with. `input` starts where the last call stopped consuming.
    ///
    /// `fields` takes the field spans of a head, and is read only through the head that comes with the event; it may
    /// be shared by any number of connections. A table with fewer entries than a request has fields refuses that
    /// request with 431.
    ///
    /// Call it again after every event but [`NeedInput`](Event::NeedInput), [`Paused`](Event::Paused),
    /// [`Upgraded`](Event::Upgraded) and [`Closed`](Event::Closed); after those, when more octets came, the input
    /// ended, a reply was handed in, output has gone out, or a timeout was handled.
    pub fn poll_event<'i>(
        &mut self,
        config: &Config,
        input: &'i [u8],
        fields: &mut [FieldSpan],
        now: Instant,
    ) -> Polled<'i> {
        match self.poll_next(config, input, fields, now) {
            Next::Ordinary { head, ticket } => {
                let framing = Framing::None;
                Polled { consumed: head.length(), event: Event::Request { head, framing, ticket } }
            }
            Next::Other(polled) => polled,
        }
    }

    /// As [`poll_event`](Self::poll_event), with what nearly always comes apart from everything else: so it stays in
    /// registers, and is not told by many questions.
    #[inline(always)]
    pub(crate) fn poll_next<'i>(
        &mut self,
        config: &Config,
        input: &'i [u8],
        fields: &mut [FieldSpan],
        now: Instant,
    ) -> Next<'i> {
        if !matches!(self.input, Input::Idle | Input::Head) || input.is_empty() {
            return Next::Other(self.poll_without_head(input, now));
        }
        self.input_waits = !self.accepts_requests(config);
        if self.input_waits {
            return Next::Other(Polled { consumed: 0, event: Event::Paused });
        }
        match self.parser.parse_whole(input, fields) {
            Some(head) if self.draining.is_none() && head.view(input, fields).is_ordinary() => {
                let ticket = self.take_ordinary_head(config, &head, input, now);
                Next::Ordinary { head, ticket }
            }
            head => Next::Other(self.take_head(config, head, input, fields, now)),
        }
    }

    /// Sets how much content the request last announced may have, in place of
    /// [`Limits::content`](super::Limits::content). Call it before the next [`poll_event`](Self::poll_event): once content is
    /// looked at, or declined, its limit stays.
    pub fn limit_content(&mut self, octets: u64) {
        if let Input::Content(content @ Content { decoding: Decoding::Awaited(_), declined: false, .. }) =
            &mut self.input
        {
            content.limit = octets;
        }
    }

    /// Says that the service does not want the content of the request last announced, or what has not come of it.
    ///
    /// It is thrown away as it comes, from now on, if reading was [paused](Self::pause_content). Where that would be more than
    /// [`Limits::unread_content`](super::Limits::unread_content), or where the client waits for leave to send it, the
    /// connection closes instead, after the reply to that request: [`refresh_ticket`](Self::refresh_ticket) has the
    /// reply say so.
    pub fn decline_content(&mut self, config: &Config, now: Instant) {
        let Input::Content(content) = &mut self.input else { return };
        if content.declined {
            return;
        }
        let bound = config.limits.unread_content;
        if content.to_come() > bound || content.expected {
            self.input = Input::Closed;
            self.note_close(CloseReason::UnreadContent);
            // The content may be on its way: a close without lingering could lose the reply.
            self.peer_closes = false;
        } else {
            content.limit = content.received.saturating_add(bound);
            content.declined = true;
        }
        self.resume_content(now);
    }

    /// Whether more content of the request last announced is to come, and wanted.
    pub const fn is_receiving(&self) -> bool {
        matches!(&self.input, Input::Content(content) if !content.declined)
    }

    /// Says that who takes the content piece by piece, or the octets of another protocol, has no room for more: reading
    /// stops, and no time runs.
    pub fn pause_content(&mut self) {
        self.content_paused = true;
    }

    /// Whether reading of content is stopped.
    pub const fn is_content_paused(&self) -> bool {
        self.content_paused
    }

    /// Says that there is room again. Call [`poll_event`](Self::poll_event) next.
    pub fn resume_content(&mut self, now: Instant) {
        if self.content_paused {
            self.content_paused = false;
            self.restart_input_clock(now);
        }
    }

    /// Whether the client waits for 100 (Continue) before it sends the content of the request last announced
    /// (RFC 9110 10.1.1). Answers yes only once: the caller then writes [`CONTINUE`](crate::response::CONTINUE).
    ///
    /// Ask when the service begins to read the content and none is there. The caller must see to it that every
    /// earlier reply has been written: an interim response, too, keeps its turn. Once the reply to that request has been
    /// handed in the answer is no, since an interim response cannot follow it.
    pub fn take_expectation(&mut self, now: Instant) -> bool {
        match &mut self.input {
            Input::Content(content) if content.expected && self.in_flight > 0 => {
                content.expected = false;
                // Only now there is something to be late with.
                self.waiting_since = now;
                true
            }
            _ => false,
        }
    }

    /// Whether the client waits for 100 (Continue): [`take_expectation`](Self::take_expectation) would answer yes.
    pub const fn has_expectation(&self) -> bool {
        self.in_flight > 0 && matches!(&self.input, Input::Content(content) if content.expected)
    }

    /// Whether the connection was cut: by [`handle_failure`](Self::handle_failure), or since it took no output in time.
    pub const fn has_failed(&self) -> bool {
        self.failed
    }

    /// Why the connection ended: to be asked when it has.
    pub fn close_reason(&self) -> CloseReason {
        match self.draining {
            Some(_) => self.close_reason.unwrap_or(CloseReason::Drain),
            None => self.close_reason.unwrap_or(CloseReason::Broken),
        }
    }

    /// Whether the connection has become another protocol's.
    pub const fn is_upgraded(&self) -> bool {
        matches!(self.input, Input::Upgraded)
    }

    /// Says that the peer has ended its side of the connection: nothing follows what is in the input.
    ///
    /// Every reply still owed is sent; a message that is not complete is refused, where that is still possible.
    pub fn handle_end_of_input(&mut self) {
        self.ended = true;
        if matches!(self.output, Output::Lingering { .. }) {
            self.output = Output::Done;
        }
    }

    /// Says that the buffer of the input is full, and holds nothing that [`poll_event`](Self::poll_event) would take: the
    /// message that has begun can never become complete. It is refused with 431 where its head or its trailer section has no
    /// room, and with 413 where its content has none, which its owner gathers. One that lingers ends. Nothing is refused that
    /// only waits, since [`poll_event`](Self::poll_event) has said [`Paused`](Event::Paused).
    ///
    /// Call [`poll_event`](Self::poll_event) next.
    pub const fn handle_full_input(&mut self) {
        match &mut self.input {
            Input::Idle | Input::Head if !self.input_waits => self.input = Input::HeadHopeless(Hopeless::NoRoom),
            Input::Content(content) if !self.content_paused => content.hopeless = Some(Hopeless::NoRoom),
            _ => {}
        }
        if matches!(self.output, Output::Lingering { .. }) {
            self.output = Output::Done;
        }
    }

    /// Says that the connection should end soon: after the requests that have been read, the last of which is told so.
    /// One that is idle ends at once, or is left to bring one request more, as `drain` says.
    ///
    /// Call [`poll_event`](Self::poll_event) next: what it is given is still answered.
    pub const fn handle_drain(&mut self, drain: Drain) {
        if !self.leaves_when_idle() {
            self.draining = Some(drain);
        }
    }

    /// Whether the peer has ended its side.
    pub const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether the connection should end soon: [`handle_drain`](Self::handle_drain) was called.
    pub const fn is_draining(&self) -> bool {
        self.draining.is_some()
    }

    /// Whether the reply to this request, and no other, may be written now.
    pub const fn is_in_turn(&self, number: u32) -> bool {
        self.in_flight > 0 && !self.sending && number == self.oldest()
    }

    /// Says anew whether it is this ticket's turn, and whether the connection closes after its reply: since it was given
    /// out, earlier requests may have been answered, and the connection may have been told to end. Ask before a reply
    /// is written that was put off: after one that closes no further request is taken.
    pub fn refresh_ticket(&mut self, ticket: &mut Ticket) {
        ticket.turn = self.turn_of(ticket.number);
        let nothing_follows = match &self.input {
            Input::Closed => true,
            Input::Idle => self.is_draining() && !self.input_waits,
            _ => false,
        };
        if nothing_follows && ticket.number.wrapping_add(1) == self.next {
            self.input = Input::Closed;
            self.note_close(CloseReason::Drain);
            ticket.context = ticket.context.closing();
        }
    }

    /// Says that the reply to a request has been written; where its content is still to be sent, that its head has.
    ///
    /// Replies are handed in in the order of their tickets, each when [`is_in_turn`](Self::is_in_turn). After one that
    /// closes the connection no later one is ever in turn.
    ///
    /// One that is not in turn cuts the connection, as [`handle_failure`](Self::handle_failure) does: it has been written where
    /// the peer takes it for the answer to another request.
    #[inline]
    pub fn handle_replied(&mut self, ticket: Ticket, replied: &Replied, now: Instant) {
        if !self.is_in_turn(ticket.number) {
            return self.cut_out_of_turn();
        }
        self.in_flight = self.in_flight.saturating_sub(1);
        let is_last = self.in_flight == 0;
        if is_last {
            self.upgrade_offered = false;
        }
        // Most replies are complete, and the connection stays.
        if !replied.leaves_nothing() {
            self.handle_rest(replied, is_last);
        }
        self.restart_idle_clock(now);
    }

    /// Takes what a reply leaves to do: what must still be sent, and that the connection closes.
    #[inline(never)]
    fn handle_rest(&mut self, replied: &Replied, is_last: bool) {
        match replied.following() {
            Following::Nothing => {}
            Following::Octets(_) | Following::Chunked | Following::UntilClose => self.sending = true,
            Following::Upgrade => {
                self.sending = true;
                self.input = Input::Upgraded;
                self.note_close(CloseReason::Upgraded);
            }
        }
        if replied.persistence() == Persistence::Close {
            self.in_flight = 0;
            self.closing = true;
            self.note_close(CloseReason::Reply);
            // What makes the content of the reply may still be reading that of the request.
            if !(self.sending && is_last && self.is_receiving()) {
                self.close_input();
            }
        }
    }

    /// Says how many octets of replies are held back until their turn comes. Above
    /// [`Limits::output_high_water`](super::Limits::output_high_water), no further requests are answered until some have
    /// left: otherwise a client could have any number of them pile up behind one slow reply.
    pub fn handle_held(&mut self, config: &Config, octets: usize, now: Instant) {
        let was_reading = self.wants_read(config);
        self.held = u32::try_from(octets).unwrap_or(u32::MAX);
        if self.wants_read(config) && !was_reading {
            self.restart_input_clock(now);
        }
    }

    /// Says that all content of the reply handed in last has been given to the transport or its buffer.
    ///
    /// For a connection that has become another protocol's: that nothing more will be sent.
    pub fn handle_content_sent(&mut self, now: Instant) {
        self.sending = false;
        if self.closing || matches!(self.input, Input::Upgraded) {
            self.close_input();
        }
        // No head was read meanwhile.
        if matches!(self.input, Input::Idle | Input::Head) {
            self.waiting_since = now;
        }
    }

    /// Says that the connection cannot go on, because the content of a reply failed or the transport did. Nothing
    /// more is sent: the peer sees a message cut short, and not one that looks complete.
    pub fn handle_failure(&mut self) {
        self.note_close(CloseReason::Cut);
        self.cut();
    }

    /// Says that the transport took `sent` octets of output, and that `unsent` octets are still held.
    pub fn handle_transmit(&mut self, config: &Config, sent: usize, unsent: usize, now: Instant) {
        if matches!(self.output, Output::Open) && (sent > 0 || self.unsent == 0) {
            self.stalled_since = now;
        }
        if self.unsent != unsent {
            let was_reading = self.wants_read(config);
            self.unsent = unsent;
            if self.wants_read(config) && !was_reading {
                self.restart_input_clock(now);
            }
        }
        if sent > 0 {
            self.restart_idle_clock(now);
        }
    }

    /// Whether to read from the transport. While it is false nothing is lost: back-pressure reaches the peer.
    ///
    /// Ask after each round of events and output.
    pub const fn wants_read(&self, config: &Config) -> bool {
        if self.ended {
            return false;
        }
        match (&self.output, &self.input) {
            (Output::Done, _) => false,
            (Output::Lingering { .. }, _) => true,
            (Output::Open, Input::Idle | Input::Head) => self.accepts_requests(config),
            (Output::Open, Input::Content(_) | Input::Upgraded) => {
                !self.content_paused && self.unsent <= config.limits.output_high_water
            }
            (Output::Open, Input::HeadHopeless(_) | Input::Closed) => false,
        }
    }

    /// What to do about the transport. Ask when all events are handled, after each attempt to send.
    pub fn poll_transport(&mut self, config: &Config, now: Instant) -> Transport {
        let nothing_owed = self.in_flight == 0 && !self.sending && self.unsent == 0;
        match self.output {
            Output::Open if nothing_owed && matches!(self.input, Input::Closed) => {
                if self.ended || self.peer_closes {
                    self.output = Output::Done;
                    return Transport::Close;
                }
                self.output = Output::Lingering { left: config.limits.linger };
                self.stalled_since = now;
                Transport::ShutdownWrite
            }
            Output::Open | Output::Lingering { left: 1.. } => Transport::Keep,
            Output::Lingering { left: 0 } | Output::Done => {
                self.output = Output::Done;
                if self.failed { Transport::Reset } else { Transport::Close }
            }
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) must be called, unless something else happens before. It may be
    /// called late or for nothing, never early.
    pub fn poll_timeout(&self, config: &Config) -> Option<Instant> {
        let output = self.output_deadline(config);
        let input = self.input_deadline(config);
        match (output, input) {
            (Some(output), Some(input)) => Some(output.min(input)),
            (output, input) => output.or(input),
        }
    }

    /// Does what has become due. Call [`poll_event`](Self::poll_event) and
    /// [`poll_transport`](Self::poll_transport) afterwards.
    pub fn handle_timeout(&mut self, config: &Config, now: Instant) {
        if self.output_deadline(config).is_some_and(|deadline| deadline <= now) {
            // One that lingers has its reason.
            if matches!(self.output, Output::Open) {
                self.note_close(CloseReason::WriteTimeout);
            }
            return self.cut();
        }
        if self.input_deadline(config).is_none_or(|deadline| deadline > now) {
            return;
        }
        match &mut self.input {
            Input::Idle => {
                (self.input, self.output) = (Input::Closed, Output::Done);
                self.note_close(CloseReason::Idle);
            }
            Input::Head => self.input = Input::HeadHopeless(Hopeless::Late),
            Input::Content(content) => content.hopeless = Some(Hopeless::Late),
            Input::HeadHopeless(_) | Input::Upgraded | Input::Closed => {}
        }
    }

    /// How many octets of the content being received are known to be still to come; 0 where that is not known.
    pub fn content_to_come(&self) -> u64 {
        match &self.input {
            Input::Content(content) => content.to_come(),
            _ => 0,
        }
    }

    /// Whether the content of the reply handed in last is still to be sent, before anything else.
    pub const fn is_sending(&self) -> bool {
        self.sending
    }

    /// How many requests wait for their reply.
    pub const fn in_flight(&self) -> u16 {
        self.in_flight
    }

    /// What comes where there is nothing of a head to read.
    #[inline(never)]
    fn poll_without_head<'i>(&mut self, input: &'i [u8], now: Instant) -> Polled<'i> {
        match self.input {
            Input::Idle | Input::Head => self.wait_for_head(input, now),
            Input::HeadHopeless(Hopeless::Late) => self.reject_head(Rejection::HeadTimeout),
            Input::HeadHopeless(Hopeless::NoRoom) => {
                let (kind, at) = (HeadErrorKind::HeadTooLarge, input.len());
                self.reject_head(Rejection::Head(HeadError { kind, at }))
            }
            Input::Content(_) if self.content_paused => Polled { consumed: 0, event: Event::Paused },
            Input::Content(_) => self.poll_content(input, now),
            Input::Upgraded => Polled { consumed: 0, event: Event::Upgraded },
            Input::Closed => self.throw_away(input),
        }
    }

    /// Takes the head of an [ordinary](Request::is_ordinary) request, as [`take_head`](Self::take_head) would.
    #[inline(always)]
    fn take_ordinary_head(&mut self, config: &Config, head: &RequestHead, input: &[u8], now: Instant) -> Ticket {
        self.parser = RequestParser::new(config.limits.head);
        self.peer_closes = false;
        self.input_waits = input.len() > head.length();
        self.upgrade_offered = false;
        self.input = Input::Idle;
        self.waiting_since = now;
        // It is not sending, or no head would be taken.
        let turn = if self.in_flight == 0 { Turn::Now } else { Turn::Later };
        let context = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Keep);
        Ticket { number: self.take_number(), turn, context }
    }

    /// Takes any head: one that has been parsed, or else what comes of parsing on.
    #[inline(never)]
    fn take_head<'i>(
        &mut self,
        config: &Config,
        whole: Option<RequestHead>,
        input: &'i [u8],
        fields: &mut [FieldSpan],
        now: Instant,
    ) -> Polled<'i> {
        let parsed = whole.map_or_else(|| self.parser.parse_on(input, fields), |head| Ok(Progress::Complete(head)));
        let head = match parsed {
            Ok(Progress::Complete(head)) => head,
            Ok(Progress::Incomplete) => return self.wait_for_head(input, now),
            Err(error) => return self.reject_head(Rejection::Head(error)),
        };
        self.parser = RequestParser::new(config.limits.head);
        if head.field_count() > fields.len() {
            // The parser counts fields without a table, but nothing can be decided about a request whose fields are not
            // seen.
            let (kind, at) = (HeadErrorKind::TooManyFields, head.length());
            return self.reject_head(Rejection::Head(HeadError { kind, at }));
        }
        let request = head.view(input, fields);
        let ConnectionOptions { keep, upgrade } = request.connection_options();
        let persistence = if keep { Persistence::Keep } else { Persistence::Close };
        let mut context = ReplyContext::new(request.version(), content_in_reply_to(&request), persistence);
        let (framing, expected) = match check(&request) {
            Ok(checked) => checked,
            Err(rejection) => return self.reject(rejection, context),
        };
        self.peer_closes = persistence == Persistence::Close;
        let behind_head = input.len() - head.length();
        self.input_waits = behind_head > 0;
        if self.is_draining() && !is_followed(framing, behind_head) {
            context = context.closing();
        }
        let last = context.persistence == Persistence::Close;
        // A request is complete before its connection becomes another protocol's; one with content never is, here.
        self.upgrade_offered = upgrade && !last && framing == Framing::None;
        if self.upgrade_offered {
            context = context.offering_upgrade();
        }
        if last {
            let is_asked_for = persistence == Persistence::Close;
            self.note_close(if is_asked_for { CloseReason::Request } else { CloseReason::Drain });
        }
        self.input = match framing {
            Framing::None if last => Input::Closed,
            Framing::None => Input::Idle,
            _ => Input::Content(Content::new(framing, config.limits.content, last, expected)),
        };
        self.waiting_since = now;
        let ticket = self.issue_ticket(context);
        Polled { consumed: head.length(), event: Event::Request { head, framing, ticket } }
    }

    fn poll_content<'i>(&mut self, mut input: &'i [u8], now: Instant) -> Polled<'i> {
        let mut thrown_away = 0;
        loop {
            let Input::Content(content) = &mut self.input else {
                let Polled { consumed, event } = self.throw_away(input);
                return Polled { consumed: thrown_away + consumed, event };
            };
            let expected = content.expected;
            let polled = match content.hopeless {
                Some(hopeless) => Polled { consumed: 0, event: Event::ContentRejected(content.why(hopeless)) },
                None => content.poll(input, self.ended),
            };
            if expected && !content.expected {
                self.waiting_since = now;
            }
            let declined = content.declined;
            match polled.event {
                Event::EndOfMessage => {
                    self.input_waits = polled.consumed < input.len();
                    // One that drains closes by a reply that says so, and that of this message may have gone out.
                    self.input = if content.last { Input::Closed } else { Input::Idle };
                    self.waiting_since = now;
                }
                Event::ContentRejected(_) => {
                    self.close_input();
                    self.note_close(CloseReason::Rejected);
                }
                Event::Content(_) if declined && content.received > content.limit => {
                    self.close_input();
                    self.note_close(CloseReason::UnreadContent);
                }
                _ => {}
            }
            // Nobody is told of content that nobody wants, but of its end.
            if !declined || matches!(polled.event, Event::NeedInput | Event::EndOfMessage) {
                return Polled { consumed: thrown_away + polled.consumed, event: polled.event };
            }
            thrown_away += polled.consumed;
            input = input.get(polled.consumed..).unwrap_or_default();
        }
    }

    /// Nothing more can be said of this input, which is empty or the beginning of a head.
    fn wait_for_head<'i>(&mut self, input: &[u8], now: Instant) -> Polled<'i> {
        // Empty lines alone begin no request (RFC 9112 2.2).
        let begun = input.iter().any(|octet| !matches!(octet, b'\r' | b'\n'));
        if !begun && (self.ended || self.leaves_when_idle()) {
            self.input = Input::Closed;
            self.note_close(if self.ended { CloseReason::Peer } else { CloseReason::Drain });
            return Polled { consumed: input.len(), event: Event::Closed };
        }
        if self.ended {
            return self.reject_head(Rejection::EndOfInput);
        }
        if begun && matches!(self.input, Input::Idle) {
            self.input = Input::Head;
            self.waiting_since = now;
        }
        Polled { consumed: 0, event: Event::NeedInput }
    }

    fn throw_away<'i>(&mut self, input: &[u8]) -> Polled<'i> {
        if !input.is_empty() {
            // The peer did not stop where it said it would: close gently, or it may lose the last reply.
            self.peer_closes = false;
        }
        if let Output::Lingering { left } = &mut self.output {
            *left = left.saturating_sub(input.len() as u64);
        }
        Polled { consumed: input.len(), event: Event::Closed }
    }

    fn reject_head<'i>(&mut self, rejection: Rejection) -> Polled<'i> {
        self.reject(rejection, ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Close))
    }

    fn reject<'i>(&mut self, rejection: Rejection, context: ReplyContext) -> Polled<'i> {
        self.input = Input::Closed;
        self.note_close(CloseReason::Rejected);
        let ticket = self.issue_ticket(context.closing());
        Polled { consumed: 0, event: Event::HeadRejected { rejection, ticket } }
    }

    fn issue_ticket(&mut self, context: ReplyContext) -> Ticket {
        let number = self.take_number();
        Ticket { number, turn: self.turn_of(number), context }
    }

    /// The number of a request that is in flight from now on.
    #[inline(always)]
    const fn take_number(&mut self) -> u32 {
        let number = self.next;
        self.next = number.wrapping_add(1);
        self.in_flight += 1;
        number
    }

    const fn leaves_when_idle(&self) -> bool {
        matches!(self.draining, Some(Drain::AtOnce))
    }

    const fn turn_of(&self, number: u32) -> Turn {
        if self.is_in_turn(number) { Turn::Now } else { Turn::Later }
    }

    const fn oldest(&self) -> u32 {
        self.next.wrapping_sub(self.in_flight as u32)
    }

    /// Ends it without another octet, be it that a message is not complete.
    fn cut(&mut self) {
        self.input = Input::Closed;
        self.output = Output::Done;
        self.failed = true;
    }

    /// Kept out of the way of replies that are in turn.
    #[cold]
    #[inline(never)]
    fn cut_out_of_turn(&mut self) {
        self.handle_failure();
    }

    fn note_close(&mut self, reason: CloseReason) {
        if self.close_reason.is_none() || reason.is_fault() {
            self.close_reason = Some(reason);
        }
    }

    /// No more is read of a message that has not come to its end.
    fn close_input(&mut self) {
        // The rest may be on its way: a close without lingering could lose the reply.
        self.peer_closes &= !matches!(self.input, Input::Content(_) | Input::Upgraded);
        self.input = Input::Closed;
    }

    const fn accepts_requests(&self, config: &Config) -> bool {
        self.in_flight < config.limits.in_flight
            && !self.sending
            && !self.upgrade_offered
            && self.unsent.saturating_add(self.held as usize) <= config.limits.output_high_water
    }

    fn restart_idle_clock(&mut self, now: Instant) {
        // Nobody waits any longer for leave to send, which the reply has taken away: from now on the content may be late.
        if matches!(self.input, Input::Idle | Input::Content(Content { expected: true, .. })) {
            self.waiting_since = now;
        }
    }

    /// The peer could not send while nobody read: what it is owed begins anew.
    pub(crate) fn restart_input_clock(&mut self, now: Instant) {
        self.waiting_since = now;
        if let Input::Content(content) = &mut self.input {
            content.received_before = content.received;
        }
    }

    fn input_deadline(&self, config: &Config) -> Option<Instant> {
        if !matches!(self.output, Output::Open) || !self.wants_read(config) {
            return None;
        }
        let timeouts = &config.timeouts;
        let allowance = match &self.input {
            Input::Idle if self.in_flight == 0 && self.unsent == 0 => timeouts.idle?,
            Input::Head => timeouts.head?,
            // Who waits for leave to send is not late.
            Input::Content(content) if content.hopeless.is_none() && !self.has_expectation() => {
                timeouts.content?.allowance(content.received - content.received_before)
            }
            _ => return None,
        };
        Some(self.waiting_since.after(allowance))
    }

    pub(crate) fn output_deadline(&self, config: &Config) -> Option<Instant> {
        let allowance = match self.output {
            Output::Open if self.unsent > 0 => config.timeouts.write?,
            Output::Lingering { .. } => config.timeouts.linger?,
            Output::Open | Output::Done => return None,
        };
        Some(self.stalled_since.after(allowance))
    }
}

impl Content {
    const fn new(framing: Framing, limit: u64, last: bool, expected: bool) -> Self {
        Self {
            decoding: Decoding::Awaited(framing),
            limit,
            received: 0,
            received_before: 0,
            last,
            expected,
            declined: false,
            hopeless: None,
        }
    }

    /// How many octets of content are known to be still to come; 0 where that is not known.
    const fn to_come(&self) -> u64 {
        match &self.decoding {
            Decoding::Awaited(Framing::Length(length)) => *length,
            Decoding::Awaited(_) => 0,
            Decoding::Begun(decoder) => decoder.length_left(),
        }
    }

    /// What is said of content that cannot become complete.
    fn why(&self, hopeless: Hopeless) -> Rejection {
        let limits = ContentLimits::new(self.limit);
        match (hopeless, &self.decoding) {
            (Hopeless::Late, _) => Rejection::ContentTimeout,
            (Hopeless::NoRoom, Decoding::Begun(decoder)) if decoder.state(limits).stage() == Stage::Trailers => {
                Rejection::Framing(FramingError::Trailers(HeadErrorKind::HeadTooLarge))
            }
            (Hopeless::NoRoom, _) => Rejection::Framing(FramingError::ContentTooLarge),
        }
    }

    fn poll<'i>(&mut self, input: &'i [u8], ended: bool) -> Polled<'i> {
        let decoded = loop {
            match &mut self.decoding {
                // The decoder is made when it is first needed: only then the service has said how much it takes.
                Decoding::Awaited(framing) => {
                    let decoder = ContentDecoder::new(*framing, ContentLimits::new(self.limit));
                    self.decoding = Decoding::Begun(decoder);
                }
                Decoding::Begun(decoder) => break decoder.decode(input),
            }
        };
        let Decoded { consumed, part } = match decoded {
            Ok(decoded) => decoded,
            Err(error) => return Polled { consumed: 0, event: Event::ContentRejected(Rejection::Framing(error)) },
        };
        let event = match part {
            Part::Content(octets) => {
                self.received += octets.len() as u64;
                self.expected = false;
                Event::Content(octets)
            }
            Part::Trailers(section) => Event::Trailers(section),
            Part::End => Event::EndOfMessage,
            Part::NeedInput if ended => Event::ContentRejected(Rejection::EndOfInput),
            Part::NeedInput => Event::NeedInput,
        };
        Polled { consumed, event }
    }
}

/// Everything about a head that only a server asks for: the form of the target, the host, framing, expectations.
///
/// [`Connection`] has asked it of every request. It is for servers that take the parser alone, and takes a request whose
/// table of fields was not empty.
///
/// ```
/// use pronto::{connection::{Checked, check_request}, framing::Framing, head::{FieldSpan, Progress, RequestHead}};
///
/// let input = b"PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
/// let mut fields = [FieldSpan::EMPTY; 16];
/// let Progress::Complete(head) = RequestHead::parse(input, &mut fields)? else { panic!() };
/// let checked = check_request(&head.view(input, &fields)).unwrap();
/// assert_eq!(checked.framing, Framing::Length(5));
/// assert!(checked.expects_continue);
/// # Ok::<(), pronto::head::HeadError>(())
/// ```
///
/// # Errors
/// [`Rejection`]; after it the connection cannot be read any further.
pub fn check_request(request: &Request<'_>) -> Result<Checked, Rejection> {
    check(request).map(|(framing, expects_continue)| Checked { framing, expects_continue })
}

/// What a server must know about a request before it reads on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// How its content is delimited.
    pub framing: Framing,
    /// Whether the client waits for 100 (Continue) before it sends content (RFC 9110 10.1.1).
    pub expects_continue: bool,
}

fn check(request: &Request<'_>) -> Result<(Framing, bool), Rejection> {
    // What is usual is told quickly; anything else is read in full.
    if request.target_octets().first() != Some(&b'/') || request.is_connect() {
        request.target_form().map_err(Rejection::Target)?;
    }
    if !request.has_plain_host() {
        request.host_field().map_err(Rejection::Host)?;
    }
    let framing = request_framing(request).map_err(Rejection::Framing)?;
    Ok((framing, expects_continue(request, framing)?))
}

/// Whether something follows a message in the octets behind its head, as far as can be told.
const fn is_followed(framing: Framing, behind_head: usize) -> bool {
    match framing {
        Framing::None => behind_head > 0,
        Framing::Length(length) => behind_head as u64 > length,
        Framing::Chunked | Framing::UntilClose => false,
    }
}

/// What a request's method permits in the reply.
fn content_in_reply_to(request: &Request<'_>) -> ReplyContent {
    if request.method() == Method::Head { ReplyContent::Omitted } else { ReplyContent::Sent }
}

/// Whether the client waits for 100 (Continue) (RFC 9110 10.1.1). It need not be told where it sends nothing.
fn expects_continue(request: &Request<'_>, framing: Framing) -> Result<bool, Rejection> {
    if request.version() == Version::Http10 || !request.known().has_expect() {
        return Ok(false);
    }
    if request.fields_named("expect").any(|value| !value.eq_ignore_ascii_case(b"100-continue")) {
        return Err(Rejection::Expectation);
    }
    Ok(!matches!(framing, Framing::None | Framing::Length(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        buffer::ArraySink,
        head::Status,
        response::{CommonFields, ResponseWriter},
    };

    #[test]
    fn a_request_whose_fields_are_not_seen_is_refused() {
        let (config, now) = (Config::new(), Instant::from_millis(0));
        let mut connection = Connection::new(&config, now);
        let input = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let Event::HeadRejected { rejection, .. } = connection.poll_event(&config, input, &mut [], now).event else {
            panic!("it was taken")
        };
        assert_eq!(rejection.status().code(), 431);
    }

    /// What has begun is not followed by an interim response, and a message for which there is no room is not waited for.
    #[test]
    fn leave_to_send_is_not_given_behind_the_reply() {
        let (config, now, mut fields) = (Config::new(), Instant::from_millis(0), [FieldSpan::EMPTY; 4]);
        let input = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n";
        for replies_first in [false, true] {
            let mut connection = Connection::new(&config, now);
            let Event::Request { ticket, .. } = connection.poll_event(&config, input, &mut fields, now).event else {
                panic!("it was not taken")
            };
            if replies_first {
                let (mut sink, common) = (ArraySink::<200>::new(), CommonFields::new());
                let writer = ResponseWriter::new(&mut sink, ticket.context(), &common).status(Status::OK);
                connection.handle_replied(ticket, &writer.content(b"no").unwrap(), now);
            }
            assert_eq!(connection.has_expectation(), !replies_first);
            // Who waits for it is not late; who does not wait any more has the time that content may take.
            assert_eq!(connection.poll_timeout(&config).is_some(), replies_first);
            assert_eq!(connection.take_expectation(now), !replies_first);
        }
    }

    #[test]
    fn what_waits_is_not_refused_for_want_of_room() {
        let (mut config, now, mut fields) = (Config::new(), Instant::from_millis(0), [FieldSpan::EMPTY; 4]);
        config.limits.in_flight = 1;
        let mut connection = Connection::new(&config, now);
        let input = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let Event::Request { .. } = connection.poll_event(&config, input, &mut fields, now).event else {
            panic!("it was not taken")
        };
        assert!(matches!(connection.poll_event(&config, input, &mut fields, now).event, Event::Paused));
        connection.handle_full_input();
        assert!(matches!(connection.poll_event(&config, input, &mut fields, now).event, Event::Paused));
    }

    #[test]
    fn what_has_no_room_is_refused() {
        let (config, now, mut fields) = (Config::new(), Instant::from_millis(0), [FieldSpan::EMPTY; 4]);
        let mut connection = Connection::new(&config, now);
        let head = connection.poll_event(&config, b"GET / HT", &mut fields, now);
        assert!(matches!(head.event, Event::NeedInput));
        connection.handle_full_input();
        let Event::HeadRejected { rejection, .. } = connection.poll_event(&config, b"GET / HT", &mut fields, now).event
        else {
            panic!("it is waited for")
        };
        assert_eq!(rejection.status().code(), 431);

        for (chunks, status) in [(&b"5\r\nab"[..], 413), (b"0\r\nT: t", 431)] {
            let mut connection = Connection::new(&config, now);
            let input = b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
            let _request = connection.poll_event(&config, input, &mut fields, now);
            let mut rest = chunks;
            loop {
                let Polled { consumed, event } = connection.poll_event(&config, rest, &mut fields, now);
                rest = &rest[consumed..];
                if matches!(event, Event::NeedInput) {
                    break;
                }
            }
            connection.handle_full_input();
            let Event::ContentRejected(rejection) = connection.poll_event(&config, rest, &mut fields, now).event else {
                panic!("it is waited for")
            };
            assert_eq!(rejection.status().code(), status);
        }
    }

    /// There are two ways to take a head, of which one is only quicker.
    #[test]
    fn ordinary_heads_are_taken_as_any_others() {
        let (config, now) = (Config::new(), Instant::from_millis(7));
        let targets = ["/", "/a?b", "*", "http://a/", "a:80"];
        let methods = ["GET", "HEAD", "POST", "CONNECT", "OPTIONS", "QUERY"];
        let hosts =
            ["Host: a\r\n", "Host: a:8080\r\n", "Host: [::1]\r\n", "", "Host: a\r\nHost: a\r\n", "Host: a b\r\n"];
        let others = [
            "",
            "Connection: keep-alive\r\n",
            "connection: Keep-Alive\r\n",
            "Connection: close\r\n",
            "Connection: keep-alive, close\r\n",
            "Connection: keep-alive\r\nConnection: close\r\n",
            "Connection: upgrade\r\n",
            "Content-Length: 0\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Expect: 100-continue\r\n",
        ];
        let mut ordinary = 0;
        for version in ["1.0", "1.1"] {
            for (method, target) in methods.iter().flat_map(|method| targets.map(|target| (method, target))) {
                for (host, other) in hosts.iter().flat_map(|host| others.map(|other| (host, other))) {
                    for behind in ["", "GET"] {
                        let input = alloc::format!("{method} {target} HTTP/{version}\r\n{host}{other}\r\n{behind}");
                        let (input, mut fields) = (input.as_bytes(), [FieldSpan::EMPTY; 8]);
                        // One reply is owed, so that the second request has another turn.
                        for in_flight in 0..2 {
                            let [mut quick, mut slow] =
                                [(); 2].map(|()| Connection::new(&config, Instant::from_millis(0)));
                            (quick.in_flight, slow.in_flight) = (in_flight, in_flight);
                            let head = slow.parser.parse_whole(input, &mut fields);
                            ordinary += usize::from(head.is_some_and(|head| head.view(input, &fields).is_ordinary()));
                            let slowly = slow.take_head(&config, head, input, &mut fields, now);
                            let slowly = alloc::format!("{slowly:?} {slow:?}");
                            let quickly = quick.poll_event(&config, input, &mut fields, now);
                            let quickly = alloc::format!("{quickly:?} {quick:?}");
                            assert_eq!(quickly, slowly, "{}", input.escape_ascii());
                        }
                    }
                }
            }
        }
        assert_eq!(ordinary, 4 * 2 * 2 * 3 * 2 * 2, "methods, targets, hosts, other fields, what is behind, turns");
    }

    /// A server keeps very many of these.
    #[test]
    fn a_connection_is_small() {
        assert!(size_of::<Connection>() <= 160, "{} octets", size_of::<Connection>());
    }
}
