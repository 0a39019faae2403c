//! The demo application, the same on every runtime.
//!
//! | route | answer |
//! |---|---|
//! | `GET /` | `Hello, World!` |
//! | `GET /hello/{name}` | the name, percent-decoded |
//! | `POST /echo` | the content, up to 16 MiB, with its media type |
//! | `GET /bytes/{n}` | `x`, n times, up to 100,000,000 |
//! | `GET /sleep/{ms}` | `slept`, after that time, up to 10,000 |
//! | `GET /headers` | the fields of the request, a line each |
//! | `GET /query` | the pairs of the query, a line each |

use std::{
    fmt::Display,
    io::{self, BufRead, Read},
    str::FromStr,
    time::{Duration, Instant},
};

use pronto::{
    head::{Encoded, Status},
    prepared,
    response::PreparedResponse,
};
use pronto_host::{Answer, App, Reply, Request};

use crate::timer::Timer;

/// What never changes is rendered once, here by the compiler.
static HELLO: PreparedResponse<'static> = prepared!(Status::OK, &[("Content-Type", "text/plain")], b"Hello, World!");

/// The application.
pub fn app() -> App {
    let timer = Timer::start();
    App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.prepared(&HELLO))
        .get("/hello/{name}", hello)
        .post("/echo", echo)
        .content_limit(16 * 1024 * 1024)
        .get("/bytes/{n}", bytes)
        .get("/sleep/{ms}", move |request: &Request<'_>, reply: Reply<'_>| sleep(&timer, request, reply))
        .get("/headers", headers)
        .get("/query", query)
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

fn bytes(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    match number(request, "n", 100_000_000) {
        Ok(length) => reply.status(Status::OK).content_type("application/octet-stream").content_from(length, EndlessX),
        Err(problem) => bad_request(reply, problem),
    }
}

fn sleep(timer: &Timer, request: &Request<'_>, reply: Reply<'_>) -> Answer {
    match number(request, "ms", 10_000) {
        Ok(milliseconds) => {
            let (deferred, answered) = reply.defer();
            timer.at(Instant::now() + Duration::from_millis(milliseconds), || {
                deferred.answer(|reply| reply.text("slept"));
            });
            Ok(answered)
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
    match u64::from_str(&text) {
        Ok(number) if number <= most => Ok(number),
        Ok(_) => Err(format!("{name} is {most} at most")),
        Err(_) => Err(format!("{name} is not a number")),
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
