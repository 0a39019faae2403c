use std::{
    future::ready,
    net::SocketAddr,
    sync::Arc,
    task::{Poll, Waker},
};

use pronto::{
    connection::{Config, Rejection, Ticket, Turn},
    framing::TrailerSection,
    head,
    response::CONTINUE,
    service::{Admission, Outcome, Room, Service},
};

use crate::{
    Answer, ContentError, IncomingContent, Output, OwnedRequest, Request,
    access::{AccessEntry, log_request},
    alarm::Alarm,
    app::Refusal,
    attached::Attached,
    backlog::{Backlog, Waiting, Work},
    data::RequestData,
    guarded::guard,
    handler::{AsyncFunction, HandlerFuture, HandlerKind},
    matcher::Choice,
    owned::Shared,
    pipe::Pipe,
    render::{Desk, ReplyParts, render, written},
    session::{Receiving, Sending, keep, place},
};

/// The service of one call of the driver: the application, and where its replies go.
pub(crate) struct Exchange<'a> {
    pub(crate) desk: Desk<'a>,
    pub(crate) config: &'a Config,
    pub(crate) output: &'a mut Output,
    pub(crate) peer: &'a Option<SocketAddr>,
    pub(crate) backlog: &'a mut Option<Box<Backlog>>,
    pub(crate) sending: &'a mut Option<Box<Sending>>,
    pub(crate) receiving: &'a mut Option<Box<Receiving>>,
    /// How many requests the application was given.
    pub(crate) requests: u32,
}

/// Content that is handed over while it comes.
#[derive(Debug)]
pub(crate) struct Intake {
    /// Whose content it is.
    pub(crate) number: u32,
    pub(crate) pipe: Arc<Pipe>,
    /// Rings when whoever reads has done something that the session waits for.
    alarm: Arc<Alarm>,
    rejection: Option<Rejection>,
}

impl Intake {
    /// The request whose content is broken, and why, where it is.
    pub(crate) fn rejection(&self) -> Option<(u32, Rejection)> {
        self.rejection.map(|rejection| (self.number, rejection))
    }

    /// Has the session look after this when whoever reads, be it elsewhere, has done something.
    pub(crate) fn wake_on_change(&self) {
        self.alarm.take();
        self.pipe.on_change(Waker::from(Arc::clone(&self.alarm)));
    }
}

/// Whoever reads elsewhere is told that nothing more will come.
impl Drop for Intake {
    fn drop(&mut self) {
        self.pipe.end(Err(ContentError::Lost));
    }
}

impl Exchange<'_> {
    /// Has `answer` answer, where the reply belongs: in the output, or in the backlog.
    #[inline(always)]
    fn answer(
        &mut self,
        ticket: Ticket,
        logged: Option<Box<AccessEntry>>,
        request: Option<&Request<'_>>,
        answer: impl FnOnce(ReplyParts<'_>) -> Answer,
    ) -> Outcome {
        if ticket.turn() == Turn::Later {
            return self.answer_later(ticket, logged, request, answer);
        }
        let mut attached = Attached::default();
        let replied = written(&self.desk, &ticket, self.output, &mut attached, request, answer);
        let Some(replied) = replied else { return self.put_off(ticket, logged, request, attached) };
        self.desk.counters.handle_response(replied.status());
        if let Some(entry) = logged {
            entry.log(&replied);
        }
        place(attached, &replied, self.sending, self.receiving);
        Outcome::Answered(ticket, replied)
    }

    /// Keeps what is needed to take the answer to a request that comes later.
    #[inline(never)]
    fn put_off(
        &mut self,
        ticket: Ticket,
        logged: Option<Box<AccessEntry>>,
        request: Option<&Request<'_>>,
        mut attached: Attached,
    ) -> Outcome {
        let mut waiting = self.waiting(ticket, logged, request);
        waiting.done.append(attached.take_done());
        self.backlog.get_or_insert_default().defer(waiting, self.desk.counters);
        Outcome::Later
    }

    /// Has `answer` answer a request that is not in turn.
    #[inline(never)]
    fn answer_later(
        &mut self,
        ticket: Ticket,
        logged: Option<Box<AccessEntry>>,
        request: Option<&Request<'_>>,
        answer: impl FnOnce(ReplyParts<'_>) -> Answer,
    ) -> Outcome {
        let (held, done) = render(&self.desk, &ticket, request, answer);
        let mut waiting = self.waiting(ticket, logged, request);
        waiting.done.append(done);
        let backlog = self.backlog.get_or_insert_default();
        match held {
            Some(held) => backlog.hold(waiting, held),
            None => backlog.defer(waiting, self.desk.counters),
        }
        Outcome::Later
    }

    /// A request that waits. It is copied only where somebody may have to see it when it has its reply.
    fn waiting(&self, ticket: Ticket, logged: Option<Box<AccessEntry>>, request: Option<&Request<'_>>) -> Waiting {
        let mut waiting = Waiting::new(ticket, logged);
        if let Some(request) = request.filter(|request| self.desk.app.sees_again(request)) {
            waiting.request = Some(Shared::copy(request));
        }
        waiting
    }

    /// Has an `async` handler begin. Where it does not wait for anything, it has answered.
    #[inline(never)]
    fn begin_handling(
        &mut self,
        handler: &AsyncFunction,
        request: &Request<'_>,
        content: Option<Arc<Pipe>>,
        ticket: Ticket,
        logged: Option<Box<AccessEntry>>,
    ) -> Outcome {
        let app = self.desk.app;
        let polls_now = content.is_none();
        let early = guard(|| app.run_before(request)).and_then(|early| early).transpose();
        let early = match early {
            Some(early) if polls_now => {
                return self.answer(ticket, logged, Some(request), |parts| early?.write(parts.reply()));
            }
            early => early,
        };
        let alarm = Alarm::rung(self.desk.home.mailbox, self.desk.home.client);
        let shared = Shared::copy(request);
        let content = IncomingContent::new(content);
        let future: HandlerFuture = match early {
            // Nobody reads the content, which has to be known before the reply is written.
            Some(early) => Box::pin(ready(early)),
            None => guard(|| handler(OwnedRequest::new(Arc::clone(&shared), content)))
                .unwrap_or_else(|fault| Box::pin(ready(Err(fault)))),
        };
        let mut work = Work::new(future, alarm);
        // Where content is to come, the ticket is needed until that is settled.
        if polls_now && let Poll::Ready(result) = work.poll() {
            drop(work);
            let mut hooks = shared.take_done();
            let outcome = self.answer(ticket, logged, Some(&shared.view()), |parts| {
                let reply = parts.reply();
                reply.attached.append_done(std::mem::take(&mut hooks));
                result?.write(reply)
            });
            match outcome {
                Outcome::Answered(..) => keep(Some(shared), self.sending),
                Outcome::Later => {
                    if let Some(last) = self.backlog.as_mut().and_then(|backlog| backlog.last()) {
                        last.request = Some(shared);
                    }
                }
            }
            return outcome;
        }
        let mut waiting = Waiting::new(ticket, logged);
        (waiting.request, waiting.work) = (Some(shared), Some(work));
        self.backlog.get_or_insert_default().defer(waiting, self.desk.counters);
        Outcome::Later
    }

    /// Has `answer` answer a request, unless a function before it does.
    #[inline(always)]
    fn answer_behind(
        &mut self,
        ticket: Ticket,
        logged: Option<Box<AccessEntry>>,
        request: &Request<'_>,
        answer: impl FnOnce(ReplyParts<'_>) -> Answer,
    ) -> Outcome {
        let app = self.desk.app;
        self.answer(ticket, logged, Some(request), |parts| {
            if app.looks_before(request)
                && let Some(response) = app.run_before(request)?
            {
                return response.write(parts.reply());
            }
            answer(parts)
        })
    }

    /// Answers a request that no route takes.
    #[inline(never)]
    fn refuse(
        &mut self,
        refusal: Refusal,
        request: &Request<'_>,
        ticket: Ticket,
        logged: Option<Box<AccessEntry>>,
    ) -> Outcome {
        self.answer_behind(ticket, logged, request, |parts| refusal.answer(parts.reply()))
    }

    /// What the matcher chooses, or has chosen when the content was admitted.
    #[inline]
    fn choice(&mut self, request: &head::Request<'_>) -> Choice {
        let chosen = self.receiving.as_mut().and_then(|receiving| receiving.choice.take());
        chosen.unwrap_or_else(|| self.desk.app.router.choose(request))
    }

    fn intake(&mut self) -> Option<&mut Intake> {
        self.receiving.as_mut()?.intake.as_mut()
    }

    /// What the access log will say of a request, when it is on.
    #[inline]
    fn logged(&self, request: &head::Request<'_>) -> Option<Box<AccessEntry>> {
        if self.desk.app.is_debugged() {
            log_request(*self.peer, request);
        }
        self.desk.app.logs_access().then(|| AccessEntry::new(*self.peer, request))
    }
}

impl Service for Exchange<'_> {
    fn admit(&mut self, request: &head::Request<'_>) -> Admission {
        let choice = self.desk.app.router.choose(request);
        let admission = self.desk.app.admit(request, &choice, self.config.limits.content);
        if !matches!(choice, Choice::Usual) {
            self.receiving.get_or_insert_default().choice = Some(choice);
        }
        admission
    }

    #[inline(always)]
    fn call(&mut self, request: &head::Request<'_>, content: Option<&[u8]>, ticket: Ticket) -> Outcome {
        self.requests += 1;
        let (app, peer) = (self.desk.app, self.peer);
        let data = RequestData::default();
        let mut request = Request::new(*request, peer, &data);
        let logged = self.logged(&request);
        let choice = self.choice(&request);
        match app.handler(&mut request, choice) {
            Ok(HandlerKind::Sync(handler)) => {
                request.set_content(content);
                self.answer_behind(ticket, logged, &request, |parts| handler(&request, parts.reply()))
            }
            Ok(HandlerKind::Async(handler)) => self.begin_handling(&**handler, &request, None, ticket, logged),
            Err(refusal) => self.refuse(refusal, &request, ticket, logged),
        }
    }

    fn begin(&mut self, request: &head::Request<'_>, ticket: Ticket) -> Outcome {
        self.requests += 1;
        let (app, peer) = (self.desk.app, self.peer);
        let data = RequestData::default();
        let mut request = Request::new(*request, peer, &data);
        let logged = self.logged(&request);
        let choice = self.choice(&request);
        let Ok(HandlerKind::Async(handler)) = app.handler(&mut request, choice) else {
            unreachable!("only what an async handler takes is begun");
        };
        let pipe = Arc::<Pipe>::default();
        let alarm = Alarm::rung(self.desk.home.mailbox, self.desk.home.client);
        let intake = Intake { number: ticket.number(), pipe: Arc::clone(&pipe), alarm, rejection: None };
        self.receiving.get_or_insert_default().intake = Some(intake);
        self.begin_handling(&**handler, &request, Some(pipe), ticket, logged)
    }

    fn take_content(&mut self, octets: &[u8]) -> Room {
        let Some(intake) = self.intake() else { return Room::Left };
        let room = intake.pipe.push(octets);
        if room == Room::Full {
            intake.wake_on_change();
        }
        room
    }

    fn take_trailers(&mut self, trailers: TrailerSection<'_>) {
        let Some(intake) = self.intake() else { return };
        for field in trailers.fields() {
            intake.pipe.push_trailer(field.name, field.value);
        }
    }

    fn end_content(&mut self, end: Result<(), Rejection>) {
        if let Err(rejection) = end {
            self.desk.counters.handle_rejection(rejection.status());
        }
        let Some(intake) = self.intake() else { return };
        match end {
            Ok(()) => {
                intake.pipe.end(Ok(()));
                if let Some(receiving) = self.receiving {
                    receiving.intake = None;
                }
            }
            Err(rejection) => {
                intake.pipe.end(Err(ContentError::Rejected(rejection)));
                intake.rejection = Some(rejection);
            }
        }
    }

    fn reject(&mut self, rejection: Rejection, ticket: Ticket) -> Outcome {
        self.desk.counters.handle_rejection(rejection.status());
        let logged = self.desk.app.logs_access().then(|| AccessEntry::refused(*self.peer));
        let app = self.desk.app;
        self.answer(ticket, logged, None, |parts| app.refuse(rejection, parts.reply()))
    }

    fn send_continue(&mut self) {
        self.output.extend(CONTINUE);
    }

    fn wants_flush(&self) -> bool {
        self.output.len() + self.backlog.as_ref().map_or(0, |backlog| backlog.octets()) >= FLUSH
    }
}

/// Output from this length on is sent before more requests are answered.
const FLUSH: usize = 256 * 1024;
