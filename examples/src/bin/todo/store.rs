//! The todos in SQLite. All of it blocks.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, named_params};
use serde::Serialize;

/// A connection to the file that keeps the todos.
#[derive(Debug)]
pub(crate) struct Store(Connection);

/// One todo.
#[derive(Debug, Serialize)]
pub(crate) struct Todo {
    pub(crate) id: i64,
    title: String,
    done: bool,
}

/// Todos of a list at most; the next ones are asked for behind the last.
pub(crate) const MOST_LISTED: usize = 1000;

impl Store {
    /// Opens the file, and makes it where it is not there.
    pub(crate) fn open(path: &Path) -> rusqlite::Result<Self> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        // Readers and the writer don't wait for each other, and what was answered is on the disk.
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        // Two programs may start at once: the second one finds what the first one made.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(SCHEMA, ())?;
        transaction.commit()?;
        Ok(Self(connection))
    }

    /// Todos behind an id, in the order in which they were made; those that are done or not, or all.
    pub(crate) fn list(&self, done: Option<bool>, after: i64) -> rusqlite::Result<Vec<Todo>> {
        let mut statement = self.0.prepare_cached(LIST)?;
        let found =
            statement.query_map(named_params! {":done": done, ":after": after, ":most": MOST_LISTED as i64}, todo)?;
        found.collect()
    }

    /// One todo.
    pub(crate) fn find(&self, id: i64) -> rusqlite::Result<Option<Todo>> {
        self.0.prepare_cached(FIND)?.query_row(named_params! {":id": id}, todo).optional()
    }

    /// Keeps a new todo.
    pub(crate) fn add(&mut self, title: &str) -> rusqlite::Result<Todo> {
        self.write(|connection| connection.prepare_cached(ADD)?.query_row(named_params! {":title": title}, todo))
    }

    /// Changes what is given, and returns what has become of it.
    pub(crate) fn change(
        &mut self,
        id: i64,
        title: Option<&str>,
        done: Option<bool>,
    ) -> rusqlite::Result<Option<Todo>> {
        self.write(|connection| {
            let values = named_params! {":id": id, ":title": title, ":done": done};
            connection.prepare_cached(CHANGE)?.query_row(values, todo).optional()
        })
    }

    /// Deletes a todo, and says whether it was there.
    pub(crate) fn remove(&mut self, id: i64) -> rusqlite::Result<bool> {
        self.write(|connection| Ok(connection.prepare_cached(REMOVE)?.execute(named_params! {":id": id})? == 1))
    }

    /// A statement that returns rows would commit by itself when its rows are dropped, where nobody learns whether that
    /// failed. Here it is kept when this returns, or it is an error.
    fn write<T>(&mut self, change: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = change(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }
}

fn todo(row: &Row<'_>) -> rusqlite::Result<Todo> {
    Ok(Todo { id: row.get("id")?, title: row.get("title")?, done: row.get("done")? })
}

/// How long SQLite waits for a lock that another program has.
const PATIENCE: Duration = Duration::from_secs(5);

// AUTOINCREMENT: an id that was deleted never comes again for another todo.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS todo (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        done INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1))
    ) STRICT";

const LIST: &str = "
    SELECT id, title, done FROM todo
    WHERE id > :after AND (:done IS NULL OR done = :done)
    ORDER BY id LIMIT :most";

const FIND: &str = "SELECT id, title, done FROM todo WHERE id = :id";

const ADD: &str = "INSERT INTO todo (title) VALUES (:title) RETURNING id, title, done";

const CHANGE: &str = "
    UPDATE todo SET title = coalesce(:title, title), done = coalesce(:done, done)
    WHERE id = :id RETURNING id, title, done";

const REMOVE: &str = "DELETE FROM todo WHERE id = :id";
