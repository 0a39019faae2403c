use pronto::{
    connection::Ticket,
    head::Status,
    response::{CommonFields, Replied},
};

use crate::{
    Answer, Answered, App, Fault, Home, Output, Panicked, Reply, Request, WorkerCounters, WrittenReply,
    answer::{Kind, Origin},
    app::plain,
    attached::Attached,
    backlog::Held,
    done::DoneHooks,
    guarded::guard,
};

/// Writes a reply into memory of its own; `None` where it is put off. What is to be done in the end comes beside it.
pub(crate) fn render(
    app: &App,
    ticket: &Ticket,
    common: &CommonFields,
    counters: &WorkerCounters,
    home: Home<'_>,
    request: Option<&Request<'_>>,
    answer: impl FnOnce(Reply<'_>) -> Answer,
) -> (Option<Box<Held>>, DoneHooks) {
    let (mut output, mut attached) = (Output::new(), Attached::default());
    let replied = written(app, ticket, common, counters, home, &mut output, &mut attached, request, answer);
    let done = attached.take_done();
    let held = replied.map(|replied| Box::new(Held { octets: output.into_octets(), replied, attached }));
    (held, done)
}

/// Has `answer` answer. Where it fails or panics, the application's error handlers do, or 500. `None`: it is put off.
#[expect(clippy::too_many_arguments, reason = "they are parts of several things, borrowed apart")]
#[inline]
pub(crate) fn written(
    app: &App,
    ticket: &Ticket,
    common: &CommonFields,
    counters: &WorkerCounters,
    home: Home<'_>,
    output: &mut Output,
    attached: &mut Attached,
    request: Option<&Request<'_>>,
    answer: impl FnOnce(Reply<'_>) -> Answer,
) -> Option<Replied> {
    let context = ticket.context();
    let origin = Origin { mailbox: home.mailbox, client: home.client, number: ticket.number() };
    let before = output.len();
    let fault = match attempt(Reply { output, attached, context, common, origin }, answer) {
        Ok(Answered(Kind::Written(replied))) => match look_after(app, before, output, &replied, request) {
            Ok(()) => return Some(replied),
            Err(fault) => fault,
        },
        Ok(Answered(Kind::Deferred)) => return None,
        Err(fault) => fault,
    };
    failed(app, counters, before, Reply { output, attached, context, common, origin }, &fault, request)
}

/// Answers in the place of a handler that failed.
#[cold]
fn failed(
    app: &App,
    counters: &WorkerCounters,
    before: usize,
    reply: Reply<'_>,
    fault: &Fault,
    request: Option<&Request<'_>>,
) -> Option<Replied> {
    count(counters, fault);
    let Reply { output, attached, context, common, origin } = reply;
    // What was written before is taken back.
    output.truncate(before);
    attached.clear();
    let reply = Reply { output, attached, context, common, origin };
    match attempt(reply, |reply| app.handle_error(fault, request, reply)) {
        Ok(Answered(Kind::Written(replied))) => match look_after(app, before, output, &replied, request) {
            Ok(()) => return Some(replied),
            Err(error) => {
                count(counters, &error);
                log::error!("a function after a handler failed: {}", error.told());
            }
        },
        Ok(Answered(Kind::Deferred)) => return None,
        Err(error) => {
            count(counters, &error);
            log::error!("the handler of an error failed: {}", error.told());
        }
    }
    output.truncate(before);
    attached.clear();
    let reply = Reply { output, attached, context, common, origin };
    match plain(reply, Status::INTERNAL_SERVER_ERROR) {
        Ok(Answered(Kind::Written(replied))) => Some(replied),
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
#[inline]
fn look_after(
    app: &App,
    start: usize,
    output: &mut Output,
    replied: &Replied,
    request: Option<&Request<'_>>,
) -> Result<(), Fault> {
    let Some(request) = request.filter(|request| app.router.looks_after(request.endpoint())) else { return Ok(()) };
    guard(|| app.run_after(request, &mut WrittenReply::new(output, start, replied))).unwrap_or_else(Err)
}

/// Has somebody else's code answer, whose panics are its own.
#[inline]
fn attempt(reply: Reply<'_>, answer: impl FnOnce(Reply<'_>) -> Answer) -> Answer {
    guard(|| answer(reply)).unwrap_or_else(Err)
}
