use core::mem;

use crate::{
    connection::{Config, Connection, Event, Instant, Next, Polled, Rejection, Ticket},
    framing::{Framing, TrailerSection},
    head::{FieldSpan, Progress, Request, RequestHead, RequestParser},
    response::Replied,
};

/// Somebody who answers requests: whole ones, and, where it [says so](Admission::Stream), ones whose content comes piece
/// by piece.
///
/// An adapter implements it for the time of one [`Driver::drive`], around the application and the place where replies
/// are gathered.
pub trait Service {
    /// Decides what becomes of a request's content, before any of it is read. Not asked for requests without content.
    fn admit(&mut self, request: &Request<'_>) -> Admission;

    /// Answers a request. `content` is `None` where the request has none, which differs from empty content, and where
    /// [`admit`](Self::admit) declined it.
    ///
    /// When the [`turn`](Ticket::turn) of the ticket is [`Now`](crate::connection::Turn::Now), a reply may be written
    /// straight to the output. Otherwise it must be held until its turn comes: one that is [answered](Outcome::Answered) before
    /// cuts the connection.
    fn call(&mut self, request: &Request<'_>, content: Option<&[u8]>, ticket: Ticket) -> Outcome;

    /// Begins to answer a request whose content comes piece by piece, through the next three methods. The reply may be
    /// written at once, or later, while the content comes or when it has.
    ///
    /// Only a service that [admits](Self::admit) [streams](Admission::Stream) has a use for these four. Unless they are
    /// made, such a request is answered as if it had no content.
    fn begin(&mut self, request: &Request<'_>, ticket: Ticket) -> Outcome {
        self.call(request, None, ticket)
    }

    /// Takes a piece of the content of the request last begun.
    fn take_content(&mut self, octets: &[u8]) -> Room {
        let _nobody_wants_it = octets;
        Room::Left
    }

    /// Takes the trailer section of that content.
    fn take_trailers(&mut self, trailers: TrailerSection<'_>) {
        let _nobody_wants_it = trailers;
    }

    /// Says that the content is complete, or why it never will be: then the request is answered with the rejection, or,
    /// where a reply has begun, [`Connection::handle_failure`] has to end it. Not said where nobody wants the content
    /// any more.
    fn end_content(&mut self, end: Result<(), Rejection>) {
        let _nobody_wants_it = end;
    }

    /// Answers something that is not a request, or one whose content is broken, with the rejection's status.
    fn reject(&mut self, rejection: Rejection, ticket: Ticket) -> Outcome;

    /// Writes [`CONTINUE`](crate::response::CONTINUE) to the output.
    fn send_continue(&mut self);

    /// Whether so much output is gathered that it should be sent before more requests are answered.
    fn wants_flush(&self) -> bool;
}

/// What becomes of a request's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Admission {
    /// It is collected and handed over whole; more than this many octets are answered 413.
    Collect {
        /// Octets of content at most.
        limit: u64,
    },
    /// The request is answered while it comes; more than this many octets are answered 413.
    Stream {
        /// Octets of content at most.
        limit: u64,
    },
    /// The request is answered without it. It is thrown away, or the connection closes
    /// ([`Connection::decline_content`]).
    Decline,
}

/// Whether more content can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use]
pub enum Room {
    /// It can.
    Left,
    /// It cannot, until [`Connection::resume_content`] is called.
    Full,
}

/// What a service did with a request.
#[derive(Debug)]
#[must_use]
pub enum Outcome {
    /// The reply was written to the output, in its turn.
    Answered(Ticket, Replied),
    /// The service kept the ticket: the reply is still to come, or is held until its turn comes. It is handed in by
    /// [`Connection::handle_replied`].
    Later,
}

/// Joins a [`Connection`], a buffer and a [`Service`]: takes whatever is complete out of the input and has it answered.
///
/// Content that is not complete is gathered in the input buffer itself, decoded in place behind its head. So a
/// request that arrives whole is neither copied nor moved, and one that does not needs no second buffer.
#[derive(Debug)]
pub struct Driver {
    connection: Connection,
    content: Content,
}

/// What becomes of the content that comes.
#[derive(Debug)]
enum Content {
    /// None comes, or it is thrown away.
    Unwanted,
    /// It is handed over piece by piece.
    Streamed,
    /// It is gathered.
    Collected(Collecting),
}

/// A request whose content is not complete. It lies at the start of the input: head, content so far, octets not yet
/// looked at.
#[derive(Debug)]
struct Collecting {
    ticket: Ticket,
    /// A head is never longer than its limit, which is 16 bits wide.
    head: u16,
    content: usize,
    /// Where the octets begin that are not yet looked at.
    raw: usize,
}

/// How far [`Driver::drive`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the input must be cut to what is left of it"]
pub struct Driven {
    /// Octets at the front of the input that are done with.
    pub consumed: usize,
    /// Where the octets end that must be kept. What was read next is appended there.
    pub filled: usize,
    /// Why it went no further.
    pub stop: Stop,
}

/// Why [`Driver::drive`] went no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Stop {
    /// All that is complete has been answered. Drive again with more input, or when it ended.
    NeedInput,
    /// Too much is in flight, or content has no room. Drive again when replies were handed in, output has gone out, or
    /// there is room.
    Paused,
    /// Much output is gathered. Send it, and drive again.
    Flush,
    /// The content of the last reply must follow its head before anything else is sent. Send it, call
    /// [`Connection::handle_content_sent`], and drive again.
    Sending,
    /// The connection has become another protocol's; what is left of the input is that protocol's.
    Upgraded,
    /// No further request will be answered. The transport is to be treated as
    /// [`Connection::poll_transport`] says.
    Closed,
}

impl Driver {
    /// The driver of a connection that was accepted now.
    pub const fn new(config: &Config, now: Instant) -> Self {
        Self { connection: Connection::new(config, now), content: Content::Unwanted }
    }

    /// The connection.
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The connection, to hand in replies, time and what became of the output.
    pub const fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Answers every complete request in `input`, in order.
    ///
    /// Afterwards keep `input[consumed..filled]`, append to it what is read next, and drive again with that. A message that does
    /// not fit is never complete: the limits of its head and content must leave room for both, and for a trailer section of
    /// 8 KiB. Where less than what was to be kept is given, octets of a message are gone, and the connection is cut.
    ///
    /// `fields` is scratch space for the field spans of one head, and sets how many fields a request may have: one with more is
    /// rejected with 431.
    pub fn drive<S: Service>(
        &mut self,
        config: &Config,
        input: &mut [u8],
        fields: &mut [FieldSpan],
        service: &mut S,
        now: Instant,
    ) -> Driven {
        if self.content.collected().is_some_and(|collecting| collecting.raw > input.len()) {
            self.content = Content::Unwanted;
            self.connection.handle_failure();
        }
        // Where the message begins that is being looked at, and its head while its spans are in the table.
        let mut start = 0;
        let mut parsed: Option<RequestHead> = None;
        let stop = loop {
            let raw = start + self.content.collected().map_or(0, |collecting| collecting.raw);
            let octets = input.get(raw..).unwrap_or_default();
            let Polled { consumed, event } = match self.connection.poll_next(config, octets, fields, now) {
                Next::Ordinary { head, ticket } => {
                    start = raw + head.length();
                    let outcome = service.call(&head.view(octets, fields), None, ticket);
                    match self.take_outcome(outcome, service, now) {
                        None => continue,
                        Some(stop) => break stop,
                    }
                }
                Next::Other(polled) => polled,
            };
            let outcome = match event {
                Event::Request { head, framing, mut ticket } => {
                    let request = head.view(input.get(start..).unwrap_or_default(), fields);
                    match self.admit(config, &request, framing, &mut ticket, service, now) {
                        Admission::Collect { .. } => {
                            let head_length = head.length();
                            let length = head_length as u16;
                            self.content =
                                Content::Collected(Collecting { ticket, head: length, content: 0, raw: head_length });
                            parsed = Some(head);
                            continue;
                        }
                        Admission::Stream { .. } => {
                            start += consumed;
                            self.content = Content::Streamed;
                            service.begin(&request, ticket)
                        }
                        Admission::Decline => {
                            start += consumed;
                            call_apart(service, &request, None, ticket)
                        }
                    }
                }
                Event::Content(octets) if matches!(self.content, Content::Streamed) => {
                    start += consumed;
                    if service.take_content(octets) == Room::Full {
                        self.connection.pause_content();
                    }
                    continue;
                }
                Event::Content(octets) => {
                    let length = octets.len();
                    if let Some(collecting) = self.content.collected() {
                        // They are the last of those consumed.
                        collecting.raw += consumed;
                        collecting.append(input.get_mut(start..).unwrap_or_default(), length);
                    }
                    continue;
                }
                Event::Trailers(section) if matches!(self.content, Content::Streamed) => {
                    start += consumed;
                    service.take_trailers(section);
                    continue;
                }
                Event::Trailers(_) => {
                    if let Some(collecting) = self.content.collected() {
                        collecting.raw += consumed;
                    }
                    continue;
                }
                Event::EndOfMessage => {
                    let Collecting { mut ticket, head: head_length, content, raw } = match self.content.take() {
                        Content::Collected(collecting) => collecting,
                        other => {
                            start += consumed;
                            if matches!(other, Content::Streamed) {
                                service.end_content(Ok(()));
                            }
                            continue;
                        }
                    };
                    let head_length = usize::from(head_length);
                    let message = input.get(start..).unwrap_or_default();
                    start += raw + consumed;
                    let again = || parse_again(config, message.get(..head_length)?, fields);
                    let Some(head) = parsed.take().or_else(again) else {
                        self.connection.handle_failure();
                        continue;
                    };
                    // Replies before it may have left while its content came.
                    self.connection.refresh_ticket(&mut ticket);
                    let request = head.view(message, fields);
                    let content = message.get(head_length..head_length + content).unwrap_or_default();
                    call_apart(service, &request, Some(content), ticket)
                }
                Event::HeadRejected { rejection, ticket } => service.reject(rejection, ticket),
                Event::ContentRejected(rejection) => match self.content.take() {
                    Content::Collected(Collecting { ticket, raw, .. }) => {
                        start += raw;
                        let mut ticket = ticket.closing();
                        self.connection.refresh_ticket(&mut ticket);
                        service.reject(rejection, ticket)
                    }
                    Content::Streamed => {
                        service.end_content(Err(rejection));
                        continue;
                    }
                    Content::Unwanted => continue,
                },
                Event::NeedInput => {
                    // Octets of framing may have been taken all the same.
                    match self.content.collected() {
                        Some(collecting) => collecting.raw += consumed,
                        None => start += consumed,
                    }
                    let filled = self.close_gap(input, start, service, now);
                    return Driven { consumed: start, filled, stop: Stop::NeedInput };
                }
                Event::Paused => break Stop::Paused,
                Event::Upgraded => break Stop::Upgraded,
                Event::Closed => {
                    // A reply to an earlier request may have closed the connection while content came.
                    self.content = Content::Unwanted;
                    return Driven { consumed: input.len(), filled: input.len(), stop: Stop::Closed };
                }
            };
            if let Some(stop) = self.take_outcome(outcome, service, now) {
                break stop;
            }
        };
        match stop {
            Stop::Sending => self.drive_while_sending(config, input, start, fields, service, now),
            _ => Driven { consumed: start, filled: input.len(), stop },
        }
    }

    /// Takes what the service did with a request, and says why to go no further where that follows from it.
    #[inline(always)]
    fn take_outcome<S: Service>(&mut self, outcome: Outcome, service: &S, now: Instant) -> Option<Stop> {
        if let Outcome::Answered(ticket, replied) = outcome {
            self.connection.handle_replied(ticket, &replied, now);
            if self.connection.is_sending() && !self.connection.is_upgraded() {
                return Some(Stop::Sending);
            }
        }
        service.wants_flush().then_some(Stop::Flush)
    }

    /// Looks at what is behind a request whose reply has content that must be sent, as far as it is no request: the rest
    /// of the content that came with it.
    #[cold]
    fn drive_while_sending<S: Service>(
        &mut self,
        config: &Config,
        input: &mut [u8],
        start: usize,
        fields: &mut [FieldSpan],
        service: &mut S,
        now: Instant,
    ) -> Driven {
        let Driven { consumed, filled, stop } =
            self.drive(config, input.get_mut(start..).unwrap_or_default(), fields, service, now);
        let stop = if matches!(stop, Stop::NeedInput | Stop::Paused) { Stop::Sending } else { stop };
        Driven { consumed: start + consumed, filled: start + filled, stop }
    }

    fn admit<S: Service>(
        &mut self,
        config: &Config,
        request: &Request<'_>,
        framing: Framing,
        ticket: &mut Ticket,
        service: &mut S,
        now: Instant,
    ) -> Admission {
        if framing == Framing::None {
            return Admission::Decline;
        }
        let admission = service.admit(request);
        match admission {
            Admission::Collect { limit } | Admission::Stream { limit } => self.connection.limit_content(limit),
            Admission::Decline => {
                self.connection.decline_content(config, now);
                self.connection.refresh_ticket(ticket);
            }
        }
        admission
    }

    /// Moves octets not yet looked at down to the content they follow, and has the client told to go on where it waits
    /// for that. Returns where the input now ends.
    fn close_gap<S: Service>(&mut self, input: &mut [u8], start: usize, service: &mut S, now: Instant) -> usize {
        let Some(collecting) = self.content.collected() else { return input.len() };
        let end = usize::from(collecting.head) + collecting.content;
        let gap = collecting.raw - end;
        if gap > 0 {
            move_down(input.get_mut(start + end..).unwrap_or_default(), gap);
        }
        let filled = input.len() - gap;
        collecting.raw = end;
        if self.connection.is_in_turn(collecting.ticket.number()) && self.connection.take_expectation(now) {
            service.send_continue();
        }
        filled
    }
}

impl Content {
    #[inline]
    fn collected(&mut self) -> Option<&mut Collecting> {
        match self {
            Self::Collected(collecting) => Some(collecting),
            Self::Unwanted | Self::Streamed => None,
        }
    }

    /// What has become of it, now that no more comes.
    fn take(&mut self) -> Self {
        mem::replace(self, Self::Unwanted)
    }
}

impl Collecting {
    /// Takes the last octets of the message that were looked at as content: moves them down behind what is there, unless
    /// they lie there already.
    fn append(&mut self, message: &mut [u8], length: usize) {
        let end = usize::from(self.head) + self.content;
        let gap = self.raw - length - end;
        if gap > 0 {
            move_down(message.get_mut(end..self.raw).unwrap_or_default(), gap);
        }
        self.content += length;
    }
}

/// [`Service::call`], of which there is one in the way of ordinary requests, and this.
#[inline(never)]
fn call_apart<S: Service>(service: &mut S, request: &Request<'_>, content: Option<&[u8]>, ticket: Ticket) -> Outcome {
    service.call(request, content, ticket)
}

/// Closes a gap at the start.
fn move_down(octets: &mut [u8], gap: usize) {
    if gap <= octets.len() {
        octets.copy_within(gap.., 0);
    }
}

/// The table of spans is shared: between two calls it held other heads.
fn parse_again(config: &Config, octets: &[u8], fields: &mut [FieldSpan]) -> Option<RequestHead> {
    match RequestParser::new(config.limits.head).parse(octets, fields) {
        Ok(Progress::Complete(head)) => Some(head),
        Ok(Progress::Incomplete) | Err(_) => None,
    }
}
