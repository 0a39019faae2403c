//! What a request has, read when it is asked for.

use std::fmt::Write;

use pronto_epoll::{Answer, App, Fault, OwnedRequest, Reply, Request, Response, Result, Server};
use serde::Deserialize;

fn main() -> Result {
    let app = App::new()
        .get("/head", head)
        .get("/search", search)
        .post("/text", text)
        .post("/json", json)
        .post("/form", form)
        .post("/files", files)
        .content_limit(u64::MAX);
    Server::bind("127.0.0.1:8080").run(app)
}

/// Of the head.
fn head(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    let mut text = String::new();
    writeln!(text, "{} {} {}", request.method(), request.target(), request.version())?;
    for field in request.fields() {
        writeln!(text, "field {} = {}", field.name, field.value.escape_ascii())?;
    }
    for cookie in request.cookies() {
        writeln!(text, "cookie {} = {}", cookie.name.escape_ascii(), cookie.value.escape_ascii())?;
    }
    if let Some(host) = request.authority()? {
        writeln!(text, "host {}, port {:?}", host.host(), host.port())?;
    }
    if let Some(peer) = request.peer() {
        writeln!(text, "from {}", peer.ip())?;
    }
    writeln!(text, "keeps the connection: {}", request.keeps_alive())?;
    reply.text(&text)
}

/// Of the query: what comes behind the question mark.
fn search(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    let query = request.query();
    let words = query.and_then(|query| query.value("words")).flatten();
    let page = query.and_then(|query| query.value("page")).flatten();
    match words {
        Some(words) => reply.text(&format!("{words}, page {}\n", page.map_or("1".into(), |page| page.to_string()))),
        None => reply.text("all of it\n"),
    }
}

/// Content that is text, in any charset.
fn text(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    let text = request.text()?;
    reply.text(&format!("{} characters, {} octets\n", text.chars().count(), text.len()))
}

/// What `/json` takes.
#[derive(Deserialize)]
struct Point {
    x: f64,
    y: f64,
}

/// Content that is JSON, of a type.
fn json(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    let Point { x, y } = request.json()?;
    reply.text(&format!("{} from the origin\n", x.hypot(y)))
}

/// Content that is a form.
fn form(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    let form = request.form()?;
    match form.value("name") {
        Some(name) => reply.text(&format!("{name} likes {}\n", form.values("likes").collect::<Vec<_>>().join(", "))),
        None => reply.text("somebody likes nothing\n"),
    }
}

/// A form with files, which are taken while they come: they may be larger than the memory.
async fn files(mut request: OwnedRequest) -> std::result::Result<Response, Fault> {
    let mut text = String::new();
    let mut parts = request.multipart()?;
    while let Some(mut part) = parts.next_part().await? {
        let mut length = 0;
        while let Some(octets) = part.next().await? {
            length += octets.len();
        }
        match part.file_name() {
            Some(file_name) => writeln!(text, "{}: {length} octets of {file_name}", part.name())?,
            None => writeln!(text, "{}: {length} octets", part.name())?,
        }
    }
    Ok(Response::text(text))
}
