//! The demo application, the same on every runtime.
//!
//! | route | answer |
//! |---|---|
//! | `GET /` | `Hello, World!` |
//! | `GET /hello/{name}` | the name, percent-decoded |
//! | `POST /echo` | the content, up to 16 MiB, with its media type |
//! | `POST /form` | what a form has, with files or without, up to 16 MiB: names, types and lengths, as JSON |
//! | `GET /bytes/{n}` | `x`, n times, up to 100,000,000 |
//! | `GET /sleep/{ms}` | `slept`, after that time, up to 10,000 |
//! | `GET /headers` | the fields of the request, a line each |
//! | `GET /peer` | the address of the client, which a proxy in between may tell |
//! | `GET /query` | the pairs of the query, a line each |
//! | `GET /events` | an event each second, without end: server-sent events |
//! | `PUT /upload` | how long the content is, of any length, and its SHA-256 |
//! | `GET /files/…` | the files of a directory, with `--files` |
//! | `GET /metrics` | what the server has counted, as Prometheus reads it |
//! | `GET /download/{n}` | `x`, n times, up to 1 TB, streamed without its length being told |

use std::{
    convert::Infallible,
    fmt::Display,
    io::{self, BufRead, Read},
    time::{Duration, Instant},
};

use async_io::Timer;
use futures_lite::StreamExt;
use pronto::{
    head::{Encoded, Status},
    prepared,
    response::PreparedResponse,
};
use pronto_host::{Answer, App, Fault, OwnedRequest, PROMETHEUS, Reply, Request, Response, ServerSentEvent};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What never changes is rendered once, here by the compiler.
static HELLO: PreparedResponse<'static> = prepared!(Status::OK, &[("Content-Type", "text/plain")], b"Hello, World!");

/// The application.
pub fn app() -> App {
    let app = App::new();
    let counters = app.counters();
    app.get("/", |_: &Request<'_>, reply: Reply<'_>| reply.prepared(&HELLO))
        .get("/hello/{name}", hello)
        .post("/echo", echo)
        .content_limit(16 * 1024 * 1024)
        .post("/form", form)
        .content_limit(16 * 1024 * 1024)
        .get("/bytes/{n}", bytes)
        .get("/sleep/{ms}", sleep)
        .get("/headers", headers)
        .get("/peer", |request: &Request<'_>, reply: Reply<'_>| match request.peer() {
            Some(peer) => reply.text(&peer.to_string()),
            None => reply.text("unknown"),
        })
        .get("/query", query)
        .get("/events", events)
        .put("/upload", upload)
        .content_limit(u64::MAX)
        .get("/download/{n}", download)
        .get("/metrics", move |_: &Request<'_>, reply: Reply<'_>| {
            reply.octets(PROMETHEUS, counters.read().prometheus().to_string().as_bytes())
        })
}

fn hello(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    match request.param("name").map(decoded) {
        Some(Ok(name)) => reply.octets("text/plain; charset=utf-8", &name),
        Some(Err(error)) => bad_request(reply, error),
        None => bad_request(reply, "no name"),
    }
}

fn echo(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    let media_type = request.field("content-type").unwrap_or(b"application/octet-stream");
    reply.status(Status::OK).content_type(media_type).content(request.content().unwrap_or_default())
}

/// What a form has.
#[derive(Serialize)]
struct Field {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    length: usize,
}

async fn form(mut request: OwnedRequest) -> Result<Response, Fault> {
    let mut fields = Vec::new();
    if request.view().media_type().is_some_and(|media_type| media_type.kind().eq_ignore_ascii_case("multipart")) {
        let mut multipart = request.multipart()?;
        while let Some(mut part) = multipart.next_part().await? {
            let mut length = 0;
            while let Some(octets) = part.next().await? {
                length += octets.len();
            }
            fields.push(Field {
                name: part.name().to_owned(),
                file_name: part.file_name().map(str::to_owned),
                media_type: part.media_type().map(|media_type| media_type.to_string()),
                length,
            });
        }
    } else {
        for (name, value) in request.form().await?.pairs() {
            fields.push(Field { name: name.into(), file_name: None, media_type: None, length: value.len() });
        }
    }
    Response::json(&fields)
}

fn bytes(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    match number(request, "n", 100_000_000) {
        Ok(length) => reply.status(Status::OK).content_type("application/octet-stream").content_from(length, EndlessX),
        Err(problem) => bad_request(reply, problem),
    }
}

async fn sleep(request: OwnedRequest) -> Response {
    match number(&request.view(), "ms", 10_000) {
        Ok(milliseconds) => {
            Timer::after(Duration::from_millis(milliseconds)).await;
            Response::octets("text/plain", &b"slept"[..])
        }
        Err(problem) => Response::new(Status::BAD_REQUEST).content_type("text/plain").content(problem.into_bytes()),
    }
}

async fn events(_: OwnedRequest) -> Response {
    let seconds = Timer::interval_at(Instant::now(), Duration::from_secs(1));
    Response::events(seconds.enumerate().map(|(second, _)| ServerSentEvent::data(&format!("second {second}"))))
}

async fn upload(mut request: OwnedRequest) -> Result<Response, Fault> {
    let (mut length, mut digest) = (0, Sha256::new());
    while let Some(octets) = request.content().next().await? {
        length += octets.len() as u64;
        digest.update(&octets);
    }
    let digest: String = digest.finalize().iter().map(|octet| format!("{octet:02x}")).collect();
    Ok(Response::octets("text/plain", format!("{length} {digest}\n").into_bytes()))
}

fn download(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    match number(request, "n", 1_000_000_000_000) {
        Ok(length) => {
            let mut left = length;
            let pieces = std::iter::from_fn(move || {
                let piece = &BLOCK_OF_X[..left.min(BLOCK_OF_X.len() as u64) as usize];
                left -= piece.len() as u64;
                (!piece.is_empty()).then_some(Ok::<_, Infallible>(piece))
            });
            reply.status(Status::OK).content_type("application/octet-stream").pull(pieces)
        }
        Err(problem) => bad_request(reply, problem),
    }
}

fn headers(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    let mut text = Vec::new();
    for field in request.fields() {
        text.extend_from_slice(field.name.as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(field.value);
        text.push(b'\n');
    }
    reply.octets("text/plain", &text)
}

fn query(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    let mut text = Vec::new();
    for pair in request.query_pairs() {
        let value = pair.value.unwrap_or(Encoded::form(b""));
        match (decoded(pair.name), decoded(value)) {
            (Ok(name), Ok(value)) => text.extend([&name[..], b"=", &value, b"\n"].concat()),
            (Err(error), _) | (_, Err(error)) => return bad_request(reply, error),
        }
    }
    reply.octets("text/plain; charset=utf-8", &text)
}

fn decoded(encoded: Encoded<'_>) -> Result<Vec<u8>, impl Display> {
    encoded.decode().collect::<Result<Vec<u8>, _>>()
}

/// The number that a placeholder stands for.
fn number(request: &Request<'_>, name: &str, most: u64) -> Result<u64, String> {
    let text = request.param(name).map(|value| value.to_string()).unwrap_or_default();
    if text.is_empty() || !text.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(format!("{name} is not a number"));
    }
    match text.parse() {
        Ok(number) if number <= most => Ok(number),
        _ => Err(format!("{name} is {most} at most")),
    }
}

fn bad_request(reply: Reply<'_>, problem: impl Display) -> Answer {
    reply.status(Status::BAD_REQUEST).content_type("text/plain").content(problem.to_string().as_bytes())
}

/// A source of `x` without end, and without memory of its own.
struct EndlessX;

static BLOCK_OF_X: [u8; 64 * 1024] = [b'x'; 64 * 1024];

impl BufRead for EndlessX {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(&BLOCK_OF_X)
    }

    fn consume(&mut self, _: usize) {}
}

impl Read for EndlessX {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(b'x');
        Ok(buffer.len())
    }
}
