//! What the examples with loops of their own answer: a [`Service`] that says hello, and sends content back.

use pronto::{
    buffer::ArraySink,
    connection::{Config, Rejection, Ticket},
    head::{Method, Request, Status},
    response::{CommonFields, Replied, ResponseError, ResponseWriter, write_continue},
    service::{Admission, Outcome, Service},
};

/// Answers requests, and gathers the replies. It may serve any number of connections, one after the other.
#[derive(Debug)]
pub struct Echo {
    /// Where replies are gathered: to be sent when the driver stops, and then cleared.
    pub output: ArraySink<OUTPUT>,
    common: CommonFields,
}

/// How much room a driver's input must have to hold the largest request, behind which nothing may be lost: a head, content,
/// and a trailer section of 8 KiB.
pub const INPUT: usize = Config::new().limits.head.octets as usize + MOST_CONTENT + 8 * 1024;

const MOST_CONTENT: usize = 16 * 1024;

/// Two of the largest replies.
const OUTPUT: usize = 2 * MOST_REPLY;
const MOST_REPLY: usize = MOST_CONTENT + 1024;

impl Echo {
    /// One that has answered nothing.
    pub const fn new() -> Self {
        Self { output: ArraySink::new(), common: CommonFields::new() }
    }

    fn answer(
        &mut self,
        ticket: Ticket,
        write: impl FnOnce(ResponseWriter<'_, ArraySink<OUTPUT>>) -> Result<Replied, ResponseError>,
    ) -> Outcome {
        let context = ticket.context();
        let replied = write(ResponseWriter::new(&mut self.output, context, &self.common)).or_else(|_| {
            // A reply that is refused or does not fit has left nothing behind: another one may take its place.
            ResponseWriter::new(&mut self.output, context, &self.common)
                .status(Status::INTERNAL_SERVER_ERROR)
                .close()
                .no_content()
        });
        Outcome::Answered(ticket, replied.expect("there is room for a reply without content"))
    }
}

impl Service for Echo {
    fn admit(&mut self, _: &Request<'_>) -> Admission {
        Admission::Collect { limit: MOST_CONTENT as u64 }
    }

    fn call(&mut self, request: &Request<'_>, content: Option<&[u8]>, ticket: Ticket) -> Outcome {
        let path = request.path().map(|path| path.as_str());
        match (path, request.method()) {
            (Some("/"), Method::Get | Method::Head) => {
                self.answer(ticket, |writer| writer.ok("text/plain", b"hello\n"))
            }
            (Some("/echo"), Method::Post) => {
                self.answer(ticket, |writer| writer.ok("application/octet-stream", content.unwrap_or_default()))
            }
            (Some(path @ ("/" | "/echo")), _) => {
                let allow = if path == "/" { "GET, HEAD" } else { "POST" };
                self.answer(ticket, |writer| {
                    writer.status(Status::METHOD_NOT_ALLOWED).field("Allow", allow).no_content()
                })
            }
            _ => self.answer(ticket, |writer| writer.status(Status::NOT_FOUND).no_content()),
        }
    }

    fn reject(&mut self, rejection: Rejection, ticket: Ticket) -> Outcome {
        self.answer(ticket, |writer| writer.status(rejection.status()).no_content())
    }

    fn send_continue(&mut self) {
        write_continue(&mut self.output).expect("there is room for a reply without content");
    }

    /// Until this is so, there is room for the largest reply.
    fn wants_flush(&self) -> bool {
        self.output.written().len() > OUTPUT - MOST_REPLY
    }
}

impl Default for Echo {
    fn default() -> Self {
        Self::new()
    }
}
