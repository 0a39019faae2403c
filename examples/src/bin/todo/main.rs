//! A todo list that is kept in SQLite, with a page for it. What SQLite does may take long, so it never runs on the thread
//! that serves: there are two ways to have it done elsewhere, `--by`.
//!
//! | route | answer |
//! |---|---|
//! | `GET /` | a page that lists, adds, ticks and deletes todos |
//! | `GET /todos` | todos as JSON, 1,000 at most; `?done=true` or `false` chooses, `?after=ID` goes on behind one |
//! | `POST /todos` | makes one of `{"title": "…"}`, and tells where it is |
//! | `GET /todos/{id}` | one of them |
//! | `PATCH /todos/{id}` | changes what `{"title": "…", "done": true}` tells, or one of both |
//! | `DELETE /todos/{id}` | deletes it |

mod api;
mod deferred;
mod page;
mod problem;
mod store;
mod unblocked;

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};
use examples::{arguments::Arguments, serve};
use pronto_epoll::Epoll;
use pronto_host::App;
use pronto_smol::Smol;

use crate::store::Store;

/// A todo list that is kept in SQLite, with a page for it
#[derive(Debug, Parser)]
struct CommandLine {
    /// What serves
    #[arg(long, value_enum, default_value_t = Runtime::Epoll)]
    runtime: Runtime,

    /// How blocking work is kept off the threads that serve [default: deferred on epoll, unblock on smol]
    #[arg(long, value_enum)]
    by: Option<Way>,

    /// The file that keeps the todos; made when it is not there
    #[arg(long, value_name = "PATH", default_value = "todo.sqlite")]
    database: PathBuf,

    #[command(flatten)]
    arguments: Arguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Runtime {
    Epoll,
    Smol,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Way {
    /// Threads of its own, which give deferred replies
    Deferred,
    /// `async` handlers, and the threads of the crate `blocking`
    Unblock,
}

fn main() -> ExitCode {
    match run(CommandLine::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(CommandLine { runtime, by, database, arguments }: CommandLine) -> Result<(), Box<dyn Error>> {
    // SQLite has one writer at a time: one connection writes, and another one reads meanwhile.
    let open = || Store::open(&database).map_err(|error| format!("{} can't be used: {error}", database.display()));
    let (writing, reading) = (open()?, open()?);
    let by = by.unwrap_or(match runtime {
        Runtime::Epoll => Way::Deferred,
        Runtime::Smol => Way::Unblock,
    });
    let todos = match by {
        Way::Deferred => deferred::router(writing, reading)?,
        Way::Unblock => unblocked::router(writing, reading),
    };
    let app = problem::answered_in_json(App::new().get("/", page::show()).nest("/todos", todos));
    match runtime {
        Runtime::Epoll => serve::<Epoll>(&arguments, app)?,
        Runtime::Smol => serve::<Smol>(&arguments, app)?,
    }
    Ok(())
}
