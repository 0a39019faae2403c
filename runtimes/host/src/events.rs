use std::{fmt::Write, time::Duration};

use crate::Piece;

/// An event of a `text/event-stream` (the HTML standard, 9.2 Server-sent events).
///
/// ```
/// use pronto_host::ServerSentEvent;
///
/// let event = ServerSentEvent::data("one\ntwo").named("count").with_id("7");
/// assert_eq!(event.to_string(), "id: 7\nevent: count\ndata: one\ndata: two\n\n");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerSentEvent(String);

impl ServerSentEvent {
    /// An event with this data, which may have several lines.
    pub fn data(data: &str) -> Self {
        let mut lines = String::with_capacity(data.len() + "data: \n\n".len());
        for line in lines_of(data) {
            lines.extend(["data: ", line, "\n"]);
        }
        Self(lines)
    }

    /// A comment, which clients ignore: it keeps a connection alive that has nothing to say.
    pub fn comment(text: &str) -> Self {
        let mut lines = String::new();
        for line in lines_of(text) {
            lines.extend([": ", line, "\n"]);
        }
        Self(lines)
    }

    /// The event's type; `message` unless it is said.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        self.with_line("event", name)
    }

    /// The event's identifier, which a client that connects anew tells in `Last-Event-ID`.
    #[must_use]
    pub fn with_id(self, id: &str) -> Self {
        self.with_line("id", id)
    }

    /// How long a client waits before it connects anew.
    #[must_use]
    pub fn with_retry(self, pause: Duration) -> Self {
        self.with_line("retry", &pause.as_millis().to_string())
    }

    /// Puts a line before the others. What would end it, or make it invalid, is left out.
    fn with_line(mut self, name: &str, value: &str) -> Self {
        let value: String = value.chars().filter(|character| !matches!(character, '\r' | '\n' | '\0')).collect();
        self.0.insert_str(0, &format!("{name}: {value}\n"));
        self
    }
}

/// The lines of a text, by each of the line ends that the format knows.
fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\r', '\n']) else { return rest.take() };
        let length = if text[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = Some(&text[end + length..]);
        Some(&text[..end])
    })
}

impl std::fmt::Display for ServerSentEvent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)?;
        formatter.write_char('\n')
    }
}

impl From<ServerSentEvent> for Piece {
    fn from(event: ServerSentEvent) -> Self {
        (event.0 + "\n").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_gets_out_of_its_line() {
        let event = ServerSentEvent::data("a\r\nb\rc\n").named("x\ndata: no").with_retry(Duration::from_secs(2));
        assert_eq!(event.to_string(), "retry: 2000\nevent: xdata: no\ndata: a\ndata: b\ndata: c\ndata: \n\n");
        assert_eq!(ServerSentEvent::comment("still\nhere").to_string(), ": still\n: here\n\n");
    }
}
