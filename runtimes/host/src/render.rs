use std::sync::Arc;

use pronto::{
    connection::Ticket,
    head::Status,
    response::{CommonFields, Replied},
};

use crate::{
    Answer, Answered, App, Fault, Home, Output, Panicked, Reply, Request, Unanswered, WorkerCounters, WrittenReply,
    answer::Origin,
    app::plain,
    attached::{Attached, Made},
    backlog::Held,
    done::DoneHooks,
    guarded::guard,
};

/// What replies are made with, beside the memory that they are written to.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a> {
    pub(crate) app: &'a Arc<App>,
    pub(crate) common: &'a CommonFields,
    pub(crate) counters: &'a Arc<WorkerCounters>,
    pub(crate) home: Home<'a>,
}

/// What one reply is made of. It becomes one where that is used, since a whole [`Reply`] is moved through memory.
pub(crate) struct ReplyParts<'a> {
    desk: &'a Desk<'a>,
    ticket: &'a Ticket,
    output: &'a mut Output,
    attached: &'a mut Attached,
}

impl<'a> ReplyParts<'a> {
    /// The reply.
    #[inline(always)]
    pub(crate) fn reply(self) -> Reply<'a> {
        let Self { desk, ticket, output, attached } = self;
        let Home { mailbox, client } = desk.home;
        let origin = Origin { mailbox, client, number: ticket.number() };
        Reply { output, attached, context: ticket.context(), common: desk.common, origin }
    }
}

/// Writes a reply into memory of its own; `None` where it is put off. What is to be done in the end comes beside it.
pub(crate) fn render(
    desk: &Desk<'_>,
    ticket: &Ticket,
    request: Option<&Request<'_>>,
    answer: impl FnOnce(ReplyParts<'_>) -> Answer,
) -> (Option<Box<Held>>, DoneHooks) {
    let (mut output, mut attached) = (Output::new(), Attached::default());
    let replied = written(desk, ticket, &mut output, &mut attached, request, answer);
    let done = attached.take_done();
    let held = replied.map(|replied| Box::new(Held { octets: output.into_octets(), replied, attached }));
    (held, done)
}

/// Has `answer` answer. Where it fails or panics, the application's error handlers do, or 500. `None`: it is put off.
#[inline(always)]
pub(crate) fn written(
    desk: &Desk<'_>,
    ticket: &Ticket,
    output: &mut Output,
    attached: &mut Attached,
    request: Option<&Request<'_>>,
    answer: impl FnOnce(ReplyParts<'_>) -> Answer,
) -> Option<Replied> {
    let before = output.len();
    let answered = guard(|| answer(ReplyParts { desk, ticket, output, attached }));
    let fault = match made(answered.unwrap_or_else(Err), attached) {
        Ok(Made::Written(replied)) => match look_after(desk.app, before, output, &replied, request) {
            Ok(()) => return Some(replied),
            Err(fault) => fault,
        },
        Ok(Made::PutOff) => return None,
        Err(fault) => fault,
    };
    failed(desk, ticket, before, output, attached, &fault, request)
}

/// Answers in the place of a handler that failed.
#[cold]
fn failed(
    desk: &Desk<'_>,
    ticket: &Ticket,
    before: usize,
    output: &mut Output,
    attached: &mut Attached,
    fault: &Fault,
    request: Option<&Request<'_>>,
) -> Option<Replied> {
    let Desk { app, counters, .. } = desk;
    count(counters, fault);
    // What was written before is taken back.
    output.truncate(before);
    attached.clear();
    let answered = guard(|| app.handle_error(fault, request, ReplyParts { desk, ticket, output, attached }.reply()));
    match made(answered.unwrap_or_else(Err), attached) {
        Ok(Made::Written(replied)) => match look_after(app, before, output, &replied, request) {
            Ok(()) => return Some(replied),
            Err(error) => {
                count(counters, &error);
                log::error!("a function after a handler failed: {}", error.told());
            }
        },
        Ok(Made::PutOff) => return None,
        Err(error) => {
            count(counters, &error);
            log::error!("the handler of an error failed: {}", error.told());
        }
    }
    output.truncate(before);
    attached.clear();
    let reply = ReplyParts { desk, ticket, output, attached }.reply();
    match made(plain(reply, Status::INTERNAL_SERVER_ERROR), attached) {
        Ok(Made::Written(replied)) => Some(replied),
        // The output grows, and nothing else about this reply can be wrong.
        _ => unreachable!("the plainest reply was refused"),
    }
}

/// Counts an error, or a panic, unless it only tells what is wrong with a request.
fn count(counters: &WorkerCounters, fault: &Fault) {
    if fault.downcast_ref::<Panicked>().is_some() {
        counters.handle_panic();
    } else if !fault.is_about_the_request() {
        counters.handle_error();
    }
}

/// Has the functions look at a reply that run after handlers.
#[inline(always)]
fn look_after(
    app: &App,
    start: usize,
    output: &mut Output,
    replied: &Replied,
    request: Option<&Request<'_>>,
) -> Result<(), Fault> {
    match request {
        Some(request) if app.router.looks_after(request.endpoint()) => run_after(app, start, output, replied, request),
        _ => Ok(()),
    }
}

#[inline(never)]
fn run_after(
    app: &App,
    start: usize,
    output: &mut Output,
    replied: &Replied,
    request: &Request<'_>,
) -> Result<(), Fault> {
    guard(|| app.run_after(request, &mut WrittenReply::new(output, start, replied))).unwrap_or_else(Err)
}

/// What was done with a reply. The proof that something was can only be wrong where it is that of another reply.
#[inline(always)]
fn made(answer: Answer, attached: &mut Attached) -> Result<Made, Fault> {
    match (answer?, attached.take_made()) {
        (Answered(()), Some(made)) => Ok(made),
        (Answered(()), None) => Err(Unanswered.into()),
    }
}
