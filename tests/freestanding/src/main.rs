//! Parses a request, writes a response, and reads a form that comes in pieces, with neither std, nor an allocator, nor libc.
//!
//! The program is linked against nothing at all, so whatever the core needed beyond its own code would be an
//! undefined symbol. It exits with 0 when the response on its standard output is the one expected, with another code
//! per step that failed otherwise.

#![no_std]
#![no_main]

mod platform;

use pronto::{
    buffer::SliceSink,
    connection::{Config, Instant, Rejection, Ticket},
    content::{Boundary, MultipartError, MultipartEvent, MultipartLimits, MultipartParser},
    head::{FieldSpan, Request, Status},
    response::{CommonFields, ResponseWriter},
    service::{Admission, Driver, Outcome, Service},
};

const INPUT: &[u8] = b"GET /hello HTTP/1.1\r\nHost: device.local\r\nAccept: */*\r\n\r\n\
    POST /echo HTTP/1.1\r\nHost: device.local\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

const EXPECTED: &[u8] = b"HTTP/1.1 200 OK\r\nServer: pronto\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\n\
    Hello, device!HTTP/1.1 200 OK\r\nServer: pronto\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc";

/// What the program does; its result is the exit code.
fn run() -> i32 {
    let config = Config::new();
    let now = Instant::from_millis(0);
    let mut driver = Driver::new(&config, now);
    let mut fields = [FieldSpan::EMPTY; 16];
    let mut input = [0; 256];
    let mut output = [0; 512];
    let Some(received) = input.get_mut(..INPUT.len()) else { return 2 };
    received.copy_from_slice(INPUT);

    let mut device = Device { output: SliceSink::new(&mut output), common: CommonFields::new() };
    let driven = driver.drive(&config, received, &mut fields, &mut device, now);
    if driven.consumed != INPUT.len() {
        return 3;
    }
    let _taken = platform::write(device.output.written());
    if device.output.written() != EXPECTED {
        return 4;
    }
    match length_of_file() {
        Ok(4) => 0,
        _ => 6,
    }
}

const FORM: &[u8] = b"--x\r\nContent-Disposition: form-data; name=file; filename=f\r\n\r\n1234\r\n--x--\r\n";

fn length_of_file() -> Result<usize, MultipartError> {
    let Ok(boundary) = Boundary::new(b"x") else { return Ok(0) };
    let mut parser = MultipartParser::new(boundary, MultipartLimits::new());
    let mut memory = [0; 128];
    let mut length = 0;
    for mut piece in FORM.chunks(7) {
        while let Some(event) = parser.next(&mut piece, &mut memory)? {
            match event {
                MultipartEvent::Part(head) if !head.name().is("file") => return Ok(0),
                MultipartEvent::Octets(octets) => length += octets.len(),
                _ => {}
            }
        }
    }
    parser.end().map(|()| length)
}

struct Device<'a> {
    output: SliceSink<'a>,
    common: CommonFields,
}

impl Device<'_> {
    fn answer(&mut self, status: Status, content: &[u8], ticket: Ticket) -> Outcome {
        let reply = ResponseWriter::new(&mut self.output, ticket.context(), &self.common)
            .status(status)
            .content_type("text/plain")
            .content(content);
        match reply {
            Ok(replied) => Outcome::Answered(ticket, replied),
            Err(_) => platform::exit(5),
        }
    }
}

impl Service for Device<'_> {
    fn admit(&mut self, _: &Request<'_>) -> Admission {
        Admission::Collect { limit: 64 }
    }

    fn call(&mut self, _: &Request<'_>, content: Option<&[u8]>, ticket: Ticket) -> Outcome {
        self.answer(Status::OK, content.unwrap_or(b"Hello, device!"), ticket)
    }

    fn reject(&mut self, rejection: Rejection, ticket: Ticket) -> Outcome {
        self.answer(rejection.status(), b"", ticket)
    }

    fn send_continue(&mut self) {}

    fn wants_flush(&self) -> bool {
        false
    }
}
