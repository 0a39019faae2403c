//! What a request asks for, and how that is answered: the same however the work is done.

use pronto::head::Status;
use pronto_host::{Fault, Request, Response};
use serde::{Deserialize, Serialize};

use crate::{
    problem::Problem,
    store::{MOST_LISTED, Store, Todo},
};

/// What is to be done. It owns all that it needs, so that another thread can do it.
#[derive(Debug)]
pub(crate) enum Command {
    List { done: Option<bool>, after: i64 },
    Find { id: i64 },
    Add { title: String },
    Change { id: i64, title: Option<String>, done: Option<bool> },
    Remove { id: i64 },
}

impl Command {
    /// Whether it leaves the todos as they are.
    pub(crate) const fn only_reads(&self) -> bool {
        matches!(self, Self::List { .. } | Self::Find { .. })
    }

    /// Does it. This blocks, for as long as SQLite does.
    pub(crate) fn run(self, store: &mut Store) -> Result<Outcome, Problem> {
        Ok(match self {
            Self::List { done, after } => Outcome::List { todos: store.list(done, after)?, done },
            Self::Find { id } => Outcome::One(store.find(id)?.ok_or(Problem::Missing)?),
            Self::Add { title } => Outcome::Added(store.add(&title)?),
            Self::Change { id, title, done } => {
                Outcome::One(store.change(id, title.as_deref(), done)?.ok_or(Problem::Missing)?)
            }
            Self::Remove { id } if store.remove(id)? => Outcome::Removed,
            Self::Remove { .. } => return Err(Problem::Missing),
        })
    }
}

/// What has been done.
#[derive(Debug)]
pub(crate) enum Outcome {
    List { todos: Vec<Todo>, done: Option<bool> },
    One(Todo),
    Added(Todo),
    Removed,
}

impl Outcome {
    /// What the client is told.
    pub(crate) fn into_response(self) -> Result<Response, Fault> {
        match self {
            Self::List { todos, done } => {
                let response = json(Status::OK, &todos)?;
                Ok(match todos.last() {
                    // There may be more (RFC 8288).
                    Some(Todo { id, .. }) if todos.len() == MOST_LISTED => {
                        let done = done.map(|done| format!("&done={done}")).unwrap_or_default();
                        response.field("Link", format!("</todos?after={id}{done}>; rel=\"next\""))
                    }
                    _ => response,
                })
            }
            Self::One(todo) => json(Status::OK, &todo),
            Self::Added(todo) => Ok(json(Status::CREATED, &todo)?.location(format!("/todos/{}", todo.id))),
            Self::Removed => Ok(Response::new(Status::NO_CONTENT)),
        }
    }
}

fn json(status: Status, value: &impl Serialize) -> Result<Response, Fault> {
    let response = Response::new(status).content_type("application/json").field("Cache-Control", "no-store");
    Ok(response.content(serde_json::to_vec(value)?))
}

/// The content of a request for a new todo.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    title: String,
}

/// The content of a request for a change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    title: Option<String>,
    done: Option<bool>,
}

/// Which todos are asked for.
pub(crate) fn list(request: &Request<'_>) -> Result<Command, Problem> {
    let (mut done, mut after) = (None, 0);
    for pair in request.query_pairs() {
        let value = pair.value.map(|value| value.to_string()).unwrap_or_default();
        if pair.name.is(b"done") {
            done = Some(value.parse().map_err(|_| Problem::Query("done is true or false"))?);
        } else if pair.name.is(b"after") {
            after = value.parse().map_err(|_| Problem::Query("after is the id of a todo"))?;
        } else {
            return Err(Problem::Query("the query takes done and after"));
        }
    }
    Ok(Command::List { done, after })
}

/// Which todo is asked for.
pub(crate) fn find(request: &Request<'_>) -> Result<Command, Problem> {
    Ok(Command::Find { id: id(request)? })
}

/// Which todo is to be kept.
pub(crate) fn add(New { title }: New) -> Result<Command, Problem> {
    Ok(Command::Add { title: checked(title)? })
}

/// What is to be changed of which todo.
pub(crate) fn change(request: &Request<'_>, change: Change) -> Result<Command, Problem> {
    let Change { title, done } = change;
    if title.is_none() && done.is_none() {
        return Err(Problem::Value("a change has a title, or done, or both"));
    }
    Ok(Command::Change { id: id(request)?, title: title.map(checked).transpose()?, done })
}

/// Which todo is to go.
pub(crate) fn remove(request: &Request<'_>) -> Result<Command, Problem> {
    Ok(Command::Remove { id: id(request)? })
}

/// What is no number is the id of no todo.
fn id(request: &Request<'_>) -> Result<i64, Problem> {
    let text = request.param("id").map(|value| value.to_string()).unwrap_or_default();
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or(Problem::Missing)
}

fn checked(title: String) -> Result<String, Problem> {
    match title.trim() {
        "" => Err(Problem::Value("a title is not empty")),
        trimmed if trimmed.chars().count() > MOST_CHARACTERS => {
            Err(Problem::Value("a title has 500 characters at most"))
        }
        trimmed => Ok(trimmed.to_owned()),
    }
}

const MOST_CHARACTERS: usize = 500;

/// Octets of content at most: enough for the longest title, with each character escaped.
pub(crate) const MOST_CONTENT: u64 = 16 * 1024;
