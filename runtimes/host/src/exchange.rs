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
    response::{CONTINUE, CommonFields},
    service::{Admission, Outcome, Room, Service},
};

use crate::{
    Answer, App, ContentError, Home, IncomingContent, Output, OwnedRequest, Reply, Request, WorkerCounters,
    access::{AccessEntry, log_request},
    alarm::Alarm,
    app::{Handling, options},
    attached::Attached,
    backlog::{Backlog, Waiting, Work},
    data::RequestData,
    guarded::guard,
    handler::{AsyncFunction, HandlerFuture},
    matcher::Choice,
    owned::Shared,
    pipe::Pipe,
    render::{render, written},
    session::{Receiving, Sending, keep, place},
};

/// The service of one call of the driver: the application, and where its replies go.
pub(crate) struct Exchange<'a> {
    pub(crate) app: &'a Arc<App>,
    pub(crate) config: &'a Config,
    pub(crate) common: &'a CommonFields,
    pub(crate) counters: &'a Arc<WorkerCounters>,
    pub(crate) home: Home<'a>,
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
    #[inline]
    fn answer(
        &mut self,
        ticket: Ticket,
        logged: Option<Box<AccessEntry>>,
        request: Option<&Request<'_>>,
        answer: impl FnOnce(Reply<'_>) -> Answer,
    ) -> Outcome {
        if ticket.turn() == Turn::Later {
            return self.answer_later(ticket, logged, request, answer);
        }
        let mut attached = Attached::default();
        let Self { app, common, counters, home, .. } = *self;
        let replied = written(app, &ticket, common, counters, home, self.output, &mut attached, request, answer);
        let Some(replied) = replied else {
            let mut waiting = self.waiting(ticket, logged, request);
            waiting.done.append(attached.take_done());
            self.backlog.get_or_insert_default().defer(waiting, self.counters);
            return Outcome::Later;
        };
        self.counters.handle_response(replied.status());
        if let Some(entry) = logged {
            entry.log(&replied);
        }
        place(attached, &replied, self.sending, self.receiving);
        Outcome::Answered(ticket, replied)
    }

    /// Has `answer` answer a request that is not in turn.
    fn answer_later(
        &mut self,
        ticket: Ticket,
        logged: Option<Box<AccessEntry>>,
        request: Option<&Request<'_>>,
        answer: impl FnOnce(Reply<'_>) -> Answer,
    ) -> Outcome {
        let (held, done) = render(self.app, &ticket, self.common, self.counters, self.home, request, answer);
        let mut waiting = self.waiting(ticket, logged, request);
        waiting.done.append(done);
        let backlog = self.backlog.get_or_insert_default();
        match held {
            Some(held) => backlog.hold(waiting, held),
            None => backlog.defer(waiting, self.counters),
        }
        Outcome::Later
    }

    /// A request that waits. It is copied only where somebody may have to see it when it has its reply.
    fn waiting(&self, ticket: Ticket, logged: Option<Box<AccessEntry>>, request: Option<&Request<'_>>) -> Waiting {
        let mut waiting = Waiting::new(ticket, logged);
        if let Some(request) = request.filter(|request| self.app.sees_again(request)) {
            waiting.request = Some(Shared::copy(request));
        }
        waiting
    }

    /// Has an `async` handler begin. Where it does not wait for anything, it has answered.
    fn begin_handling(
        &mut self,
        handler: &AsyncFunction,
        request: &Request<'_>,
        content: Option<Arc<Pipe>>,
        ticket: Ticket,
        logged: Option<Box<AccessEntry>>,
    ) -> Outcome {
        let app = self.app;
        let polls_now = content.is_none();
        let early = guard(|| app.run_before(request)).and_then(|early| early).transpose();
        let early = match early {
            Some(early) if polls_now => return self.answer(ticket, logged, Some(request), |reply| early?.write(reply)),
            early => early,
        };
        let alarm = Alarm::rung(self.home.mailbox, self.home.client);
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
            let outcome = self.answer(ticket, logged, Some(&shared.view()), |reply| {
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
        self.backlog.get_or_insert_default().defer(waiting, self.counters);
        Outcome::Later
    }

    /// What the matcher chooses, or has chosen when the content was admitted.
    #[inline]
    fn choice(&mut self, request: &head::Request<'_>) -> Choice {
        let chosen = self.receiving.as_mut().and_then(|receiving| receiving.choice.take());
        chosen.unwrap_or_else(|| self.app.router.choose(request))
    }

    fn intake(&mut self) -> Option<&mut Intake> {
        self.receiving.as_mut()?.intake.as_mut()
    }

    /// What the access log will say of a request, when it is on.
    #[inline]
    fn logged(&self, request: &head::Request<'_>) -> Option<Box<AccessEntry>> {
        if self.app.is_debugged() {
            log_request(*self.peer, request);
        }
        self.app.logs_access().then(|| AccessEntry::new(*self.peer, request))
    }
}

impl Service for Exchange<'_> {
    fn admit(&mut self, request: &head::Request<'_>) -> Admission {
        let choice = self.app.router.choose(request);
        let admission = self.app.admit(request, &choice, self.config.limits.content);
        if !matches!(choice, Choice::Usual) {
            self.receiving.get_or_insert_default().choice = Some(choice);
        }
        admission
    }

    #[inline]
    fn call(&mut self, request: &head::Request<'_>, content: Option<&[u8]>, ticket: Ticket) -> Outcome {
        self.requests += 1;
        let (app, peer) = (self.app, self.peer);
        let logged = self.logged(request);
        let data = RequestData::default();
        let mut request = Request::new(*request, peer, &data);
        let choice = self.choice(&request);
        match app.handling(&mut request, choice) {
            Handling::Sync(handler) => {
                request.set_content(content);
                self.answer(ticket, logged, Some(&request), |reply| match app.run_before(&request)? {
                    None => handler(&request, reply),
                    Some(response) => response.write(reply),
                })
            }
            Handling::Async(handler) => self.begin_handling(handler, &request, None, ticket, logged),
            Handling::Options(allow) => {
                self.answer(ticket, logged, Some(&request), |reply| match app.run_before(&request)? {
                    None => options(reply, &allow),
                    Some(response) => response.write(reply),
                })
            }
            Handling::Fault(fault) => {
                self.answer(ticket, logged, Some(&request), |reply| match app.run_before(&request)? {
                    None => Err(fault),
                    Some(response) => response.write(reply),
                })
            }
        }
    }

    fn begin(&mut self, request: &head::Request<'_>, ticket: Ticket) -> Outcome {
        self.requests += 1;
        let (app, peer) = (self.app, self.peer);
        let logged = self.logged(request);
        let data = RequestData::default();
        let mut request = Request::new(*request, peer, &data);
        let choice = self.choice(&request);
        let Handling::Async(handler) = app.handling(&mut request, choice) else {
            unreachable!("only what an async handler takes is begun");
        };
        let pipe = Arc::<Pipe>::default();
        let alarm = Alarm::rung(self.home.mailbox, self.home.client);
        let intake = Intake { number: ticket.number(), pipe: Arc::clone(&pipe), alarm, rejection: None };
        self.receiving.get_or_insert_default().intake = Some(intake);
        self.begin_handling(handler, &request, Some(pipe), ticket, logged)
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
            self.counters.handle_rejection(rejection.status());
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
        self.counters.handle_rejection(rejection.status());
        let logged = self.app.logs_access().then(|| AccessEntry::refused(*self.peer));
        let app = self.app;
        self.answer(ticket, logged, None, |reply| app.refuse(rejection, reply))
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
