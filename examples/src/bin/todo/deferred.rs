//! Threads of its own do the work, and give replies that were deferred: nothing but the standard library, and no task for a
//! request.

use std::{
    io,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread,
};

use pronto_host::{Answer, Deferred, Fault, Reply, Request, Router};

use crate::{
    api::{self, Command, MOST_CONTENT},
    problem::Problem,
    store::Store,
};

/// The routes, and two threads for them.
pub(crate) fn router(writing: Store, reading: Store) -> io::Result<Router> {
    let desk = Desk { writing: clerk("writing", writing)?, reading: clerk("reading", reading)? };
    Ok(Router::new()
        .get("/", desk.handler(|request| Ok(api::list(request)?)))
        .post("/", desk.handler(|request| Ok(api::add(request.json()?)?)))
        .content_limit(MOST_CONTENT)
        .get("/{id}", desk.handler(|request| Ok(api::find(request)?)))
        .patch("/{id}", desk.handler(|request| Ok(api::change(request, request.json()?)?)))
        .content_limit(MOST_CONTENT)
        .delete("/{id}", desk.handler(|request| Ok(api::remove(request)?))))
}

/// Where work is handed in.
#[derive(Clone, Debug)]
struct Desk {
    writing: SyncSender<Job>,
    reading: SyncSender<Job>,
}

/// What is to be done, and who waits for it.
#[derive(Debug)]
struct Job {
    command: Command,
    deferred: Deferred,
}

impl Desk {
    /// A handler that hands in what a request asks for.
    fn handler(
        &self,
        command: fn(&Request<'_>) -> Result<Command, Fault>,
    ) -> impl Fn(&Request<'_>, Reply<'_>) -> Answer + Send + Sync + 'static {
        let desk = self.clone();
        move |request: &Request<'_>, reply: Reply<'_>| desk.hand_in(command(request)?, reply)
    }

    fn hand_in(&self, command: Command, reply: Reply<'_>) -> Answer {
        let clerk = if command.only_reads() { &self.reading } else { &self.writing };
        let (deferred, answered) = reply.defer();
        // Waiting for room would hold up all other connections of this worker.
        if let Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) =
            clerk.try_send(Job { command, deferred })
        {
            job.deferred.answer(|_| Err(Problem::Full.into()));
        }
        Ok(answered)
    }
}

/// Starts a thread that does one job after the other, for as long as there is a desk.
fn clerk(name: &str, mut store: Store) -> io::Result<SyncSender<Job>> {
    let (sender, jobs): (_, Receiver<Job>) = sync_channel(MOST_WAITING);
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        for Job { command, deferred } in jobs {
            let outcome = command.run(&mut store);
            // The worker that has the connection writes the reply.
            deferred.answer(|reply| reply.respond(outcome?.into_response()?));
        }
    })?;
    Ok(sender)
}

/// Jobs that wait for a thread, at most; more are answered 503.
const MOST_WAITING: usize = 256;
