//! What applications add: methods, functions around handlers, data.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU64, Ordering},
};

use pronto_epoll::{
    Answer, App, Ending, Fault, Reply, Request, Response, Result, Router, Server, Status, WrittenReply, worker_state,
};

fn main() -> Result {
    let app = App::new()
        .on_worker_start(|worker| {
            worker.insert(Visits(Cell::new(0)));
            Ok(())
        })
        .after(nosniff)
        .get("/agent", agent)
        .get("/visits", visits)
        .get("/done", done)
        .nest("/private", Router::new().before(authenticate).get("/", welcome));
    Server::bind("127.0.0.1:8080").run(app)
}

/// Methods that requests don't have.
trait RequestExtension<'a> {
    /// What the client says it is.
    fn user_agent(&self) -> Option<&'a str>;

    /// The token of `Authorization: Bearer …` (RFC 6750 2.1).
    fn bearer_token(&self) -> Option<&'a str>;
}

impl<'a> RequestExtension<'a> for Request<'a> {
    fn user_agent(&self) -> Option<&'a str> {
        str::from_utf8(self.field("user-agent")?).ok()
    }

    fn bearer_token(&self) -> Option<&'a str> {
        let (scheme, token) = str::from_utf8(self.field("authorization")?).ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
    }
}

fn agent(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    match request.user_agent() {
        Some(agent) => reply.text(&format!("you are {agent}\n")),
        None => reply.text("you don't say who you are\n"),
    }
}

/// Who it was that a token belongs to.
#[derive(Clone)]
struct User(&'static str);

/// Runs before the handlers of a router. It may answer in their place, or attach to the request what they need.
fn authenticate(request: &Request<'_>) -> std::result::Result<Option<Response>, Fault> {
    match request.bearer_token() {
        Some("mellon") => {
            request.set_data(User("friend"));
            Ok(None)
        }
        _ => {
            let refusal = Response::text("speak, friend, and enter\n").with_status(Status::UNAUTHORIZED);
            Ok(Some(refusal.field("WWW-Authenticate", "Bearer")))
        }
    }
}

fn welcome(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    match request.data() {
        Some(User(name)) => reply.text(&format!("welcome, {name}\n")),
        None => reply.text("welcome\n"),
    }
}

/// Runs after all handlers, on any reply.
fn nosniff(_: &Request<'_>, reply: &mut WrittenReply<'_>) -> std::result::Result<(), Fault> {
    Ok(reply.add_field("X-Content-Type-Options", "nosniff")?)
}

/// Each worker has its own: no lock, nothing shared.
struct Visits(Cell<u64>);

fn visits(_: &Request<'_>, reply: Reply<'_>) -> Answer {
    let before = worker_state::<Visits>().map_or(0, |visits| visits.0.replace(visits.0.get() + 1));
    reply.text(&format!("{before} visits to this worker before\n"))
}

/// Replies of `/done` that were sent.
static SENT: AtomicU64 = AtomicU64::new(0);

/// Counts replies when they have left, and not when they are made.
fn done(_: &Request<'_>, reply: Reply<'_>) -> Answer {
    let text = format!("{} were sent before\n", SENT.load(Ordering::Relaxed));
    let reply = reply.on_done(|ending| {
        if let Ending::Replied(_) = ending {
            SENT.fetch_add(1, Ordering::Relaxed);
        }
    });
    reply.text(&text)
}
