//! One connection between its buffers: all of [`serve`](super) but for the octets' way from and to the transport, which is all
//! that the blocking and the async one differ in.

use core::time::Duration;

use crate::{
    buffer::SliceSink,
    connection::{Config, Connection, Drain, Event, Instant, Polled, Rejection, Ticket, Transport},
    framing::Framing,
    head::{Request, RequestHead, Status},
    response::{CommonFields, Frame, Framer, Replied, ResponseError, ResponseWriter, write_continue},
};

use super::{
    Buffers, Ended,
    error::Fault,
    layout::Layout,
    step::{Done, Goal, Step, Want},
};

/// A connection, and what it is lent for as long as a request is answered.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    state: &'a mut State,
    config: &'a Config,
    buffers: Buffers<'a>,
}

/// What is known of a connection.
#[derive(Debug)]
pub(super) struct State {
    connection: Connection,
    common: CommonFields,
    layout: Layout,
    head: Option<RequestHead>,
    /// The right to answer the request that was announced last, until it is used.
    ticket: Option<Ticket>,
    /// What it is answered with since nobody else did.
    owed: Option<Status>,
    /// How much content the request may have.
    limit: u64,
    /// All content of the request has come.
    is_complete: bool,
    /// Why no more of it comes.
    rejection: Option<Rejection>,
    /// What frames the content of the reply.
    framer: Option<Framer>,
    /// A piece of it has been counted, and not all of it is in the output or was sent.
    is_within_piece: bool,
    /// Where it begins in the output, as long as it is there.
    begins_at: usize,
    /// It was given up. What lies before it is sent, and the connection is cut.
    is_given_up: bool,
    /// Octets in the output, and how many of them the transport has taken.
    written: usize,
    sent: usize,
    /// The transport has taken octets that it was not told to flush.
    is_dirty: bool,
    /// The transport is to take octets. The client's own are not looked at meanwhile, and so are not late.
    is_writing: bool,
    over: Option<Over>,
}

#[derive(Clone, Copy, Debug)]
enum Over {
    Close,
    Reset,
    Upgraded,
}

/// What looking into the input came to.
#[derive(Clone, Copy, Debug)]
enum Looked {
    Reached,
    /// The transport has to do something first.
    Wait,
    /// The output has to become empty first.
    NeedRoom,
    Upgraded,
}

impl State {
    pub(super) const fn new(config: &Config, common: CommonFields, now: Instant) -> Self {
        Self {
            connection: Connection::new(config, now),
            common,
            layout: Layout::new(),
            head: None,
            ticket: None,
            owed: None,
            limit: 0,
            is_complete: true,
            rejection: None,
            framer: None,
            is_within_piece: false,
            begins_at: 0,
            is_given_up: false,
            written: 0,
            sent: 0,
            is_dirty: false,
            is_writing: false,
            over: None,
        }
    }

    /// How it ended, now that it has.
    pub(super) fn ended<'b>(&self, input: &'b [u8]) -> Ended<'b> {
        let reason = self.connection.close_reason();
        match self.over {
            Some(Over::Upgraded) => Ended::Upgraded(self.layout.raw(input)),
            Some(Over::Close) => Ended::Close(reason),
            Some(Over::Reset) | None => Ended::Reset(reason),
        }
    }

    const fn unsent(&self) -> usize {
        self.written.saturating_sub(self.sent)
    }

    /// What the transport takes without flushing may lie there for ever.
    const fn unsent_or_kept(&self) -> usize {
        self.unsent().saturating_add(self.is_dirty as usize)
    }
}

impl<'a> Machine<'a> {
    pub(super) const fn new(state: &'a mut State, config: &'a Config, buffers: Buffers<'a>) -> Self {
        Self { state, config, buffers }
    }

    pub(super) const fn reborrow(&mut self) -> Machine<'_> {
        let Buffers { input, output, fields } = &mut self.buffers;
        Machine { state: self.state, config: self.config, buffers: Buffers { input, output, fields } }
    }

    pub(super) const fn drain(&mut self) {
        self.state.connection.handle_drain(Drain::AtOnce);
    }

    pub(super) fn set_date(&mut self, unix_seconds: u64) {
        self.state.common.set_date(unix_seconds);
    }

    /// What the transport is to do next towards this goal, and how long that may take.
    pub(super) fn step(&mut self, goal: Goal, now: Instant) -> Result<(Step<'_>, Option<Duration>), Fault> {
        let want = self.want(goal, now)?;
        let within = self.time_left(now);
        let Self { state, buffers, .. } = self;
        let step = match want {
            Want::Reached => Step::Reached,
            Want::Write => Step::Write(buffers.output.get(state.sent..state.written).unwrap_or_default()),
            Want::Flush => Step::Flush,
            Want::Read => Step::Read(state.layout.room(buffers.input)),
            Want::ShutdownWrite => Step::ShutdownWrite,
        };
        Ok((step, within))
    }

    /// How long octets may take that do not lie in the output.
    pub(super) fn check(&mut self, now: Instant) -> Result<Option<Duration>, Fault> {
        self.state.is_writing = true;
        self.handle_timeout(now);
        if self.state.connection.has_failed() { Err(Fault::Cut) } else { Ok(self.time_left(now)) }
    }

    /// What came of a step.
    pub(super) fn handle(&mut self, done: Done, now: Instant) {
        let state = &mut *self.state;
        match done {
            Done::Nothing => {}
            Done::Received(0) => state.connection.handle_end_of_input(),
            Done::Received(length) => state.layout.append(length, self.buffers.input),
            // No transport does so: it would be asked for ever.
            Done::Wrote(0) | Done::Passed { sent: 0, unsent: 1.. } => state.connection.handle_failure(),
            Done::Passed { sent, unsent } => {
                state.is_dirty = true;
                state.connection.handle_transmit(self.config, sent, unsent.saturating_add(1), now);
            }
            Done::Wrote(length) => {
                let length = length.min(state.unsent());
                state.sent += length;
                if state.sent == state.written {
                    (state.sent, state.written, state.begins_at) = (0, 0, 0);
                }
                state.is_dirty = true;
                state.connection.handle_transmit(self.config, length, state.unsent_or_kept(), now);
            }
            Done::Flushed => {
                state.is_dirty = false;
                state.connection.handle_transmit(self.config, 0, state.unsent(), now);
            }
        }
        if matches!(done, Done::Wrote(_) | Done::Flushed | Done::Passed { .. }) {
            state.connection.restart_input_clock(now);
        }
    }

    /// The transport is waited for from now on. Until now it was whoever answers that took the time.
    pub(super) fn begin_to_wait(&mut self, now: Instant) {
        self.state.connection.handle_transmit(self.config, 0, 0, now);
    }

    /// The transport is to take octets that do not lie in the output.
    pub(super) fn begin_to_pass(&mut self, length: usize, now: Instant) {
        self.begin_to_wait(now);
        self.state.connection.handle_transmit(self.config, 0, length, now);
    }

    /// Time has passed, and the transport has done nothing.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.time_left(now) == Some(Duration::ZERO) {
            self.state.connection.handle_timeout(self.config, now);
        }
    }

    /// The head of the request that was reached; none where the connection has ended.
    pub(super) const fn head(&self) -> Option<RequestHead> {
        self.state.head
    }

    pub(super) fn request(&self, head: &RequestHead) -> Request<'_> {
        head.view(self.state.layout.message(self.buffers.input), self.buffers.fields)
    }

    pub(super) const fn limit_content(&mut self, octets: u64) {
        self.state.limit = octets;
    }

    /// Sets the limit of content that is to be kept, as long as none of it was looked at.
    pub(super) fn limit_whole(&mut self) {
        let most = self.state.layout.most_content(self.buffers.input) as u64;
        self.state.connection.limit_content(self.state.limit.min(most));
    }

    pub(super) fn limit_pieces(&mut self) {
        self.state.connection.limit_content(self.state.limit);
    }

    /// The content that was kept.
    pub(super) fn whole(&self) -> &[u8] {
        self.state.layout.content(self.buffers.input)
    }

    /// The piece that is there, which is taken by that.
    pub(super) fn hand_over_piece(&mut self) -> Option<&[u8]> {
        let piece = self.state.layout.piece(self.buffers.input);
        self.state.layout.take(piece.len());
        (!piece.is_empty()).then_some(piece)
    }

    /// Takes as much of the piece as there is room for.
    pub(super) fn copy_piece(&mut self, memory: &mut [u8]) -> usize {
        let piece = self.state.layout.piece(self.buffers.input);
        let length = piece.len().min(memory.len());
        if let (Some(room), Some(octets)) = (memory.get_mut(..length), piece.get(..length)) {
            room.copy_from_slice(octets);
        }
        self.state.layout.take(length);
        length
    }

    /// The time of whoever answers is not the client's.
    pub(super) fn rest(&mut self) {
        if self.state.connection.is_receiving() {
            self.state.connection.pause_content();
        }
    }

    /// Nothing more of the request's content is wanted.
    pub(super) fn decline_content(&mut self, now: Instant) {
        self.state.layout.take(usize::MAX);
        if self.state.connection.is_receiving() {
            self.state.connection.decline_content(self.config, now);
        }
    }

    /// Lets the client send its content, where it waits for that.
    pub(super) fn give_leave(&mut self, now: Instant) -> Result<(), ResponseError> {
        let Self { state, buffers, .. } = self;
        if state.connection.has_expectation() {
            let mut sink = SliceSink::new(buffers.output.get_mut(state.written..).unwrap_or_default());
            write_continue(&mut sink)?;
            state.written += sink.written().len();
            let _it_waits = state.connection.take_expectation(now);
        }
        Ok(())
    }

    /// Writes the reply, or its head.
    pub(super) fn reply<W>(&mut self, write: &W, now: Instant) -> Result<(), ResponseError>
    where
        W: Fn(ResponseWriter<'_, SliceSink<'_>>) -> Result<Replied, ResponseError>,
    {
        let Self { state, buffers, .. } = self;
        let Some(mut ticket) = state.ticket.take() else { return Ok(()) };
        state.connection.refresh_ticket(&mut ticket);
        let mut sink = SliceSink::new(buffers.output.get_mut(state.written..).unwrap_or_default());
        match write(ResponseWriter::new(&mut sink, ticket.context(), &state.common)) {
            Ok(replied) => {
                state.begins_at = state.written;
                state.written += sink.written().len();
                state.connection.handle_replied(ticket, &replied, now);
                (state.framer, state.is_within_piece) = (Some(Framer::new(&replied)), false);
                Ok(())
            }
            Err(error) => {
                state.ticket = Some(ticket);
                Err(error)
            }
        }
    }

    /// What stands around the next piece of content. When all of it is in the output, or was sent, that is to be
    /// [told](Self::end_piece).
    ///
    /// Whoever waits for that may be dropped meanwhile. Nothing can follow half a piece.
    pub(super) fn begin_piece(&mut self, length: usize) -> Result<Frame, Fault> {
        if self.state.is_within_piece {
            return Err(Fault::Cut);
        }
        let framer = self.state.framer.as_mut().ok_or(Fault::WrongLength)?;
        let frame = framer.frame(length).map_err(|_| Fault::WrongLength)?;
        self.state.is_within_piece = true;
        Ok(frame)
    }

    pub(super) const fn end_piece(&mut self) {
        self.state.is_within_piece = false;
    }

    /// Puts all of these into the output, or none.
    pub(super) fn put(&mut self, parts: &[&[u8]]) -> Result<(), ResponseError> {
        let length = length_of(parts);
        let Self { state, buffers, .. } = self;
        let mut room = buffers.output.get_mut(state.written..).unwrap_or_default();
        if room.len() < length {
            return Err(ResponseError::NoRoom);
        }
        for part in parts {
            let Some((place, rest)) = room.split_at_mut_checked(part.len()) else { return Err(ResponseError::NoRoom) };
            place.copy_from_slice(part);
            room = rest;
        }
        state.written += length;
        Ok(())
    }

    /// Whether all of these would fit into an empty output.
    pub(super) fn could_put(&self, parts: &[&[u8]]) -> bool {
        self.buffers.output.len() >= length_of(parts)
    }

    pub(super) const fn has_output(&self) -> bool {
        self.state.unsent() > 0
    }

    /// What stands behind the content of the reply.
    pub(super) fn end_of_content(&mut self) -> Result<&'static [u8], Fault> {
        if self.state.is_within_piece {
            return Err(Fault::Cut);
        }
        match &mut self.state.framer {
            Some(framer) => framer.end().map_err(|_| Fault::WrongLength),
            None => Ok(b""),
        }
    }

    /// All content of the reply is in the output, or was sent.
    pub(super) fn handle_content_sent(&mut self, now: Instant) {
        let connection = &mut self.state.connection;
        if connection.is_sending() && !connection.is_upgraded() {
            connection.handle_content_sent(now);
        }
    }

    /// The handler has returned. What it has not answered is answered with this status.
    pub(super) fn settle(&mut self, status: Status, now: Instant) {
        let state = &mut *self.state;
        if state.connection.has_failed() {
            return;
        }
        if state.ticket.is_some() {
            state.owed = Some(status);
        } else if state.connection.is_sending() && !state.connection.is_upgraded() {
            // It has begun, and is not complete: those before it are.
            state.written = state.begins_at.max(state.sent);
            (state.head, state.is_given_up) = (None, true);
        }
        self.decline_content(now);
    }

    /// How long the transport may take, at most.
    fn time_left(&self, now: Instant) -> Option<Duration> {
        let Self { state, config, .. } = self;
        let connection = &state.connection;
        let deadline =
            if state.is_writing { connection.output_deadline(config) } else { connection.poll_timeout(config) };
        deadline.map(|deadline| deadline.since(now))
    }

    fn want(&mut self, goal: Goal, now: Instant) -> Result<Want, Fault> {
        loop {
            // Whatever has come by now has been looked at.
            let want = self.want_in_time(goal, now)?;
            self.state.is_writing = matches!(want, Want::Write | Want::Flush);
            let waits = self.state.is_writing || matches!(want, Want::Read);
            if !waits || self.time_left(now) != Some(Duration::ZERO) {
                return Ok(want);
            }
            self.handle_timeout(now);
        }
    }

    fn want_in_time(&mut self, goal: Goal, now: Instant) -> Result<Want, Fault> {
        loop {
            if self.state.connection.has_failed() {
                // Whatever would be written now lands in the middle of what was cut.
                (self.state.sent, self.state.written, self.state.is_dirty) = (0, 0, false);
                (self.state.ticket, self.state.owed) = (None, None);
                if goal != Goal::Request {
                    return Err(Fault::Cut);
                }
            }
            let looked = match goal {
                Goal::Request if self.state.is_given_up => Looked::Wait,
                Goal::Request => self.look_for_request(now)?,
                Goal::Piece | Goal::Whole => self.look_for_content(goal, now)?,
                Goal::Room if self.state.unsent() == 0 => Looked::Reached,
                Goal::Flushed if self.state.unsent_or_kept() == 0 => Looked::Reached,
                Goal::Room | Goal::Flushed => Looked::Wait,
            };
            if matches!(looked, Looked::Reached) {
                return Ok(Want::Reached);
            }
            self.state.connection.handle_transmit(self.config, 0, self.state.unsent_or_kept(), now);
            if self.state.unsent() > 0 {
                return Ok(Want::Write);
            }
            match looked {
                // All of it was room, and not enough.
                Looked::NeedRoom => return Err(Fault::Response(ResponseError::NoRoom)),
                _ if self.state.is_dirty => return Ok(Want::Flush),
                Looked::Upgraded => {
                    self.state.over = Some(Over::Upgraded);
                    return Ok(Want::Reached);
                }
                Looked::Reached | Looked::Wait => {}
            }
            if self.state.is_given_up {
                self.state.connection.handle_failure();
            }
            let over = match self.state.connection.poll_transport(self.config, now) {
                Transport::Keep => None,
                Transport::ShutdownWrite => return Ok(Want::ShutdownWrite),
                Transport::Close => Some(Over::Close),
                Transport::Reset => Some(Over::Reset),
            };
            if over.is_some() {
                self.state.over = over;
                return if goal == Goal::Request { Ok(Want::Reached) } else { Err(Fault::Cut) };
            }
            if !self.state.connection.wants_read(self.config) {
                // Nothing that could happen would help: limits let no request through.
                self.state.connection.handle_failure();
                continue;
            }
            self.state.layout.close_gaps(self.buffers.input);
            if self.state.layout.room(self.buffers.input).is_empty() {
                self.state.connection.handle_full_input();
                continue;
            }
            return Ok(Want::Read);
        }
    }

    fn look_for_request(&mut self, now: Instant) -> Result<Looked, Fault> {
        loop {
            if let Some(status) = self.state.owed {
                match self.reply(&|writer| writer.status(status).no_content(), now) {
                    Ok(()) => self.state.owed = None,
                    Err(ResponseError::NoRoom) => return Ok(Looked::NeedRoom),
                    Err(error) => return Err(Fault::Response(error)),
                }
            }
            let Self { state, config, buffers } = self;
            state.layout.release();
            state.head = None;
            let input = state.layout.raw(buffers.input);
            let Polled { consumed, event } = state.connection.poll_event(config, input, buffers.fields, now);
            match event {
                Event::Request { head, framing, ticket } => {
                    state.layout.begin(consumed);
                    (state.head, state.ticket) = (Some(head), Some(ticket));
                    (state.limit, state.rejection, state.framer) = (config.limits.content, None, None);
                    state.is_complete = framing == Framing::None;
                    self.rest();
                    return Ok(Looked::Reached);
                }
                Event::HeadRejected { rejection, ticket } => {
                    (state.ticket, state.owed) = (Some(ticket), Some(rejection.status()));
                }
                // Of content that was declined.
                Event::EndOfMessage | Event::Content(_) | Event::Trailers(_) | Event::ContentRejected(_) => {
                    state.layout.consume(consumed);
                }
                Event::NeedInput | Event::Paused | Event::Closed => {
                    state.layout.consume(consumed);
                    return Ok(Looked::Wait);
                }
                Event::Upgraded => return Ok(Looked::Upgraded),
            }
        }
    }

    fn look_for_content(&mut self, goal: Goal, now: Instant) -> Result<Looked, Fault> {
        loop {
            let Self { state, config, buffers } = self;
            if state.layout.has_piece() {
                if goal == Goal::Piece {
                    return Ok(Looked::Reached);
                }
                state.layout.keep(buffers.input);
            }
            if state.is_complete {
                return Ok(Looked::Reached);
            }
            if let Some(rejection) = state.rejection {
                return Err(Fault::Rejected(rejection));
            }
            state.connection.resume_content(now);
            let input = state.layout.raw(buffers.input);
            let Polled { consumed, event } = state.connection.poll_event(config, input, buffers.fields, now);
            match event {
                Event::Content(octets) => {
                    let length = octets.len();
                    state.layout.consume(consumed);
                    state.layout.hand_out(length);
                }
                Event::Trailers(_) => state.layout.consume(consumed),
                Event::EndOfMessage => {
                    state.layout.consume(consumed);
                    state.is_complete = true;
                }
                Event::ContentRejected(rejection) => {
                    state.layout.consume(consumed);
                    state.rejection = Some(rejection);
                    state.ticket = state.ticket.take().map(Ticket::closing);
                }
                Event::NeedInput => {
                    state.layout.consume(consumed);
                    return Ok(if self.give_leave(now).is_ok() { Looked::Wait } else { Looked::NeedRoom });
                }
                Event::Request { .. }
                | Event::HeadRejected { .. }
                | Event::Paused
                | Event::Upgraded
                | Event::Closed => return Err(Fault::Cut),
            }
        }
    }
}

fn length_of(parts: &[&[u8]]) -> usize {
    parts.iter().fold(0, |sum, part| sum.saturating_add(part.len()))
}
