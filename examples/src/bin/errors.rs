//! What becomes of what goes wrong.

use std::{error::Error, fmt, num::ParseIntError};

use pronto_epoll::{Answer, App, NotFound, Rejection, Reply, Request, Result, Server, Status};

fn main() -> Result {
    let app = App::new()
        .get("/quotient/{dividend}/{divisor}", quotient)
        .get("/broken", |_: &Request<'_>, _: Reply<'_>| Err(fmt::Error.into()))
        .get("/panic", |_: &Request<'_>, _: Reply<'_>| panic!("the sky is falling"))
        .on_error(|_: &DividedByZero, _: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::UNPROCESSABLE_CONTENT).text("nothing can be divided by zero\n")
        })
        .on_error(|error: &ParseIntError, _: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::BAD_REQUEST).text(&format!("{error}\n"))
        })
        .on_error(|_: &NotFound, request: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::NOT_FOUND).text(&format!("{} is not here\n", request.target()))
        })
        .on_rejection(|rejection: &Rejection, reply: Reply<'_>| {
            reply.status(rejection.status()).text(&format!("I don't understand: {rejection}\n"))
        });
    Server::bind("127.0.0.1:8080").run(app)
}

/// Three things can go wrong in it, and `?` is all it does about them.
fn quotient(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    let dividend: i64 = number(request, "dividend")?;
    let divisor: i64 = number(request, "divisor")?;
    let quotient = dividend.checked_div(divisor).ok_or(DividedByZero)?;
    reply.text(&format!("{quotient}\n"))
}

fn number(request: &Request<'_>, name: &str) -> std::result::Result<i64, ParseIntError> {
    request.param(name).map(|text| text.to_string()).unwrap_or_default().parse()
}

/// An error of one's own.
#[derive(Debug)]
struct DividedByZero;

impl fmt::Display for DividedByZero {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("divided by zero")
    }
}

impl Error for DividedByZero {}
