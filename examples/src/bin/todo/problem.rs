//! What goes wrong, told in JSON: `{"error": "…"}`.

use std::{error::Error, fmt};

use pronto::{connection::Rejection, head::Status};
use pronto_host::{Answer, App, BadContent, ContentError, MethodNotAllowed, NotFound, Reply, ReplyHead, Request};
use rusqlite::ErrorCode;
use serde::Serialize;

/// Why a request is not done.
#[derive(Debug)]
pub(crate) enum Problem {
    /// There is no todo of this id.
    Missing,
    /// The query is none that can be understood; why.
    Query(&'static str),
    /// The content is understood, but makes no todo; why.
    Value(&'static str),
    /// Too many wait already.
    Full,
    /// SQLite failed.
    Store(rusqlite::Error),
}

impl Problem {
    fn status(&self) -> Status {
        match self {
            Self::Missing => Status::NOT_FOUND,
            Self::Query(_) => Status::BAD_REQUEST,
            Self::Value(_) => Status::UNPROCESSABLE_CONTENT,
            Self::Full => Status::SERVICE_UNAVAILABLE,
            // Another program has the database locked.
            Self::Store(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                Status::SERVICE_UNAVAILABLE
            }
            Self::Store(_) => Status::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Has everything that goes wrong answered in JSON.
pub(crate) fn answered_in_json(app: App) -> App {
    app.on_error(|problem: &Problem, _: &Request<'_>, reply: Reply<'_>| {
        let status = problem.status();
        // What SQLite says is for who runs the server, not for who asks.
        if let Problem::Store(error) = problem {
            log::error!("the database failed: {error}");
            if status == Status::INTERNAL_SERVER_ERROR {
                return finish(reply.status(status), "the database failed");
            }
        }
        let head = reply.status(status);
        let head = if status == Status::SERVICE_UNAVAILABLE { head.field("Retry-After", "1") } else { head };
        finish(head, &problem.to_string())
    })
    .on_error(|error: &BadContent, _: &Request<'_>, reply: Reply<'_>| {
        let head = reply.status(error.status());
        // What does not come to its end can't be told from the next request.
        let head = if matches!(error, BadContent::Incoming(_)) { head.close() } else { head };
        finish(head, &error.to_string())
    })
    .on_error(|error: &ContentError, _: &Request<'_>, reply: Reply<'_>| {
        finish(reply.status(error.status()).close(), &error.to_string())
    })
    .on_error(|_: &NotFound, _: &Request<'_>, reply: Reply<'_>| {
        finish(reply.status(Status::NOT_FOUND), "there is nothing here")
    })
    .on_error(|MethodNotAllowed { allow }: &MethodNotAllowed, _: &Request<'_>, reply: Reply<'_>| {
        finish(reply.status(Status::METHOD_NOT_ALLOWED).field("Allow", allow), &format!("it takes {allow}"))
    })
    .on_rejection(|rejection: &Rejection, reply: Reply<'_>| {
        finish(reply.status(rejection.status()), &rejection.to_string())
    })
}

fn finish(head: ReplyHead<'_>, error: &str) -> Answer {
    #[derive(Serialize)]
    struct Told<'a> {
        error: &'a str,
    }
    head.json(&Told { error })
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "there is no such todo",
            Self::Query(why) | Self::Value(why) => why,
            Self::Full => "too many wait already",
            Self::Store(_) => "the database is busy",
        })
    }
}

impl Error for Problem {}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error)
    }
}
