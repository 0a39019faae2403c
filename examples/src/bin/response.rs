//! What a reply can be.

use std::{convert::Infallible, time::Duration};

use async_io::Timer;
use futures_lite::StreamExt;
use pronto::{prepared, response::PreparedResponse};
use pronto_epoll::{
    Answer, App, Directory, OwnedRequest, Redirect, Reply, Request, Response, Result, Server, ServerSentEvent,
    SetCookie, Status,
};
use serde::Serialize;

fn main() -> Result {
    let app = App::new()
        .get("/text", |_: &Request<'_>, reply: Reply<'_>| reply.text("Grüße\n"))
        .get("/html", |_: &Request<'_>, reply: Reply<'_>| reply.html("<h1>Grüße</h1>\n"))
        .get("/octets", |_: &Request<'_>, reply: Reply<'_>| reply.octets("image/gif", b"GIF89a"))
        .get("/json", json)
        .get("/busy", busy)
        .post("/things", made)
        .get("/cookie", cookie)
        .get("/old", |_: &Request<'_>, reply: Reply<'_>| {
            reply.redirect(Redirect::PermanentRedirect, "/text").no_content()
        })
        .get("/prepared", |_: &Request<'_>, reply: Reply<'_>| reply.prepared(&SAME))
        .get("/stream", stream)
        .get("/events", events)
        .files("/files", Directory::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin")));
    Server::bind("127.0.0.1:8080").run(app)
}

/// What `/json` answers.
#[derive(Serialize)]
struct Point {
    x: i32,
    y: i32,
}

fn json(_: &Request<'_>, reply: Reply<'_>) -> Answer {
    reply.json(&Point { x: 3, y: 4 })
}

/// Any status, and fields of one's own.
fn busy(_: &Request<'_>, reply: Reply<'_>) -> Answer {
    reply.status(Status::TOO_MANY_REQUESTS).field("Retry-After", "3").text("not now\n")
}

/// No content, and where the new thing is.
fn made(_: &Request<'_>, reply: Reply<'_>) -> Answer {
    reply.status(Status::CREATED).location("/things/1").no_content()
}

fn cookie(_: &Request<'_>, reply: Reply<'_>) -> Answer {
    let session = SetCookie::new("session", "31d4d96e407aad42").path("/").max_age(3600).http_only();
    reply.status(Status::OK).cookie(&session).text("remember me\n")
}

/// Rendered when the program was compiled.
static SAME: PreparedResponse<'static> = prepared!(Status::OK, &[("Content-Type", "text/plain")], b"always the same\n");

/// Content whose length nobody knows when it begins: it is made when there is room to send it.
fn stream(_: &Request<'_>, reply: Reply<'_>) -> Answer {
    let lines = (1..=3).map(|number| Ok::<_, Infallible>(format!("line {number}\n").into_bytes()));
    reply.status(Status::OK).content_type("text/plain").pull(lines)
}

/// Each event is sent as soon as it is there.
async fn events(_: OwnedRequest) -> Response {
    let ticks = Timer::interval(Duration::from_millis(100)).enumerate().take(3);
    Response::events(ticks.map(|(number, _)| ServerSentEvent::data("tick").with_id(&number.to_string())))
}
