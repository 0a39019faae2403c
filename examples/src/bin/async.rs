//! Handlers that wait, beside one that does not.

use std::{thread, time::Duration};

use async_io::Timer;
use futures_lite::future;
use pronto_smol::{Answer, App, ContentError, OwnedRequest, Reply, Request, Response, Result, Server, Status};

fn main() -> Result {
    let app = App::new()
        .get("/now", now)
        .get("/later", later)
        .get("/both", both)
        .get("/patient", patient)
        .get("/elsewhere", elsewhere)
        .put("/count", count)
        .content_limit(u64::MAX);
    Server::bind("127.0.0.1:8080").run(app)
}

/// A plain function answers at once.
fn now(_: &Request<'_>, reply: Reply<'_>) -> Answer {
    reply.text("now\n")
}

/// An `async` one may wait, and keeps nobody else waiting.
async fn later(_: OwnedRequest) -> Response {
    Timer::after(Duration::from_millis(300)).await;
    Response::text("later\n")
}

/// Two things are waited for at the same time.
async fn both(_: OwnedRequest) -> Response {
    let (rain, sun) = future::zip(ask("rain"), ask("sun")).await;
    Response::text(format!("{rain} and {sun}\n"))
}

/// Stands for a question to another server.
async fn ask(what: &str) -> String {
    Timer::after(Duration::from_millis(300)).await;
    what.to_uppercase()
}

/// Gives up when it takes too long.
async fn patient(_: OwnedRequest) -> Response {
    let answer = async {
        Timer::after(Duration::from_secs(3600)).await;
        Response::text("at last\n")
    };
    let end = async {
        Timer::after(Duration::from_millis(300)).await;
        Response::text("it takes too long\n").with_status(Status::GATEWAY_TIMEOUT)
    };
    future::or(answer, end).await
}

/// The right to answer goes to another thread, which may block.
fn elsewhere(_: &Request<'_>, reply: Reply<'_>) -> Answer {
    let (deferred, answered) = reply.defer();
    thread::spawn(|| {
        thread::sleep(Duration::from_millis(300));
        deferred.answer(|reply| reply.text("from elsewhere\n"));
    });
    Ok(answered)
}

/// Content is taken while it comes. However long it is, at most 64 KiB of it wait here.
async fn count(mut request: OwnedRequest) -> std::result::Result<Response, ContentError> {
    let mut length = 0;
    while let Some(octets) = request.content().next().await? {
        length += octets.len();
    }
    Ok(Response::text(format!("{length} octets\n")))
}
