//! A connection that is taken over: an echo server for WebSockets (RFC 6455), with a page that tries it.
//!
//! | route | answer |
//! |---|---|
//! | `GET /` | a page that talks to `/echo`, and says whether all is well |
//! | `GET /echo` | a WebSocket that sends every text and binary message back |
//! | `GET /clock` | a page that listens to `/events`, and says whether all is well |
//! | `GET /events` | three events, 50 ms apart |

mod echo;

use std::time::Duration;

use async_io::Timer;
use clap::{Parser, ValueEnum};
use examples::{arguments::Arguments, serve};
use futures_lite::StreamExt;
use pronto_epoll::Epoll;
use pronto_host::{App, Reply, Request, Response, ServerSentEvent, StartError};
use pronto_smol::Smol;

/// An echo server for WebSockets, with a page that tries it
#[derive(Debug, Parser)]
struct CommandLine {
    /// What serves
    #[arg(long, value_enum, default_value_t = Runtime::Smol)]
    runtime: Runtime,

    #[command(flatten)]
    arguments: Arguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Runtime {
    Epoll,
    Smol,
}

fn main() -> Result<(), StartError> {
    let CommandLine { runtime, arguments } = CommandLine::parse();
    match runtime {
        Runtime::Epoll => serve::<Epoll>(&arguments, app()),
        Runtime::Smol => serve::<Smol>(&arguments, app()),
    }
}

fn app() -> App {
    App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| page(reply, include_str!("echo.html")))
        .get("/clock", |_: &Request<'_>, reply: Reply<'_>| page(reply, include_str!("clock.html")))
        .get("/echo", echo::handshake)
        .get("/events", |_: &Request<'_>, reply: Reply<'_>| reply.respond(events()))
}

fn page(reply: Reply<'_>, page: &str) -> pronto_host::Answer {
    reply.octets("text/html; charset=utf-8", page.as_bytes())
}

// The timer has a thread of its own, so that it wakes handlers on any runtime.
fn events() -> Response {
    let ticks = Timer::interval(Duration::from_millis(50)).take(3).enumerate();
    Response::events(ticks.map(|(number, _)| {
        let number = number.to_string();
        ServerSentEvent::data(&format!("tick {number}")).with_id(&number)
    }))
}
