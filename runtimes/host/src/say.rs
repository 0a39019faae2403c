use std::{
    fmt::Display,
    io::{self, Write},
};

/// Says a line to whoever runs the server. A standard error that is closed is no reason to end, as `eprintln` would.
pub(crate) fn say(words: impl Display) {
    let _closed = writeln!(io::stderr(), "{words}");
}
