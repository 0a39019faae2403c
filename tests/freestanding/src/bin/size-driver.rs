//! Has the driver gather content and call a service, which finds a route for each request.

#![no_std]
#![no_main]

#[path = "../platform.rs"]
mod platform;

use pronto::{
    buffer::SliceSink,
    connection::{Config, Instant, Rejection, Ticket, Transport},
    head::{FieldSpan, Method, Request, Status},
    response::{CommonFields, ResponseWriter, write_continue},
    service::{Admission, Driver, Methods, Outcome, Pattern, Route, Routing, Service, find},
};

fn run() -> i32 {
    let (mut input, mut fields, mut output) = ([0; 1024], [FieldSpan::EMPTY; 16], [0; 512]);
    let (config, now) = (Config::new(), Instant::from_millis(0));
    let (Ok(root), Ok(light)) = (Pattern::new("/"), Pattern::new("/lights/{name}")) else { return 4 };
    let routes = [
        Route { methods: Methods::one(Method::Get), pattern: root, handler: 0 },
        Route { methods: Methods::one(Method::Post), pattern: light, handler: 1 },
    ];
    let mut device = Device { output: SliceSink::new(&mut output), common: CommonFields::new(), routes };
    let mut driver = Driver::new(&config, now);
    let mut filled = 0;
    loop {
        let driven = driver.drive(&config, input.get_mut(..filled).unwrap_or_default(), &mut fields, &mut device, now);
        let _taken = platform::write(device.output.written());
        device.output.clear();
        if driven.consumed > driven.filled || driven.filled > filled {
            return 3;
        }
        input.copy_within(driven.consumed..driven.filled, 0);
        filled = driven.filled - driven.consumed;
        if driver.connection_mut().poll_transport(&config, now) != Transport::Keep {
            return 0;
        }
        match usize::try_from(platform::read(input.get_mut(filled..).unwrap_or_default())) {
            Ok(0) => driver.connection_mut().handle_end_of_input(),
            Ok(length) => filled += length,
            Err(_) => return 1,
        }
    }
}

struct Device<'a> {
    output: SliceSink<'a>,
    common: CommonFields,
    routes: [Route<'a, u8>; 2],
}

impl Device<'_> {
    fn answer(&mut self, status: Status, content: &[u8], ticket: Ticket) -> Outcome {
        let writer = ResponseWriter::new(&mut self.output, ticket.context(), &self.common).status(status);
        match writer.content_type("text/plain").content(content) {
            Ok(replied) => Outcome::Answered(ticket, replied),
            Err(_) => platform::exit(2),
        }
    }
}

impl Service for Device<'_> {
    fn admit(&mut self, _: &Request<'_>) -> Admission {
        Admission::Collect { limit: 64 }
    }

    fn call(&mut self, request: &Request<'_>, content: Option<&[u8]>, ticket: Ticket) -> Outcome {
        let (status, content) = match find(&self.routes, request.method(), request.path()) {
            Routing::Found { handler: 0, .. } => (Status::OK, &b"hello"[..]),
            Routing::Found { .. } => (Status::OK, content.unwrap_or_default()),
            Routing::Options(_) => (Status::NO_CONTENT, &b""[..]),
            Routing::MethodNotAllowed(_) => (Status::METHOD_NOT_ALLOWED, &b""[..]),
            Routing::NotFound => (Status::NOT_FOUND, &b""[..]),
            Routing::NotImplemented => (Status::NOT_IMPLEMENTED, &b""[..]),
        };
        self.answer(status, content, ticket)
    }

    fn reject(&mut self, rejection: Rejection, ticket: Ticket) -> Outcome {
        self.answer(rejection.status(), b"", ticket)
    }

    fn send_continue(&mut self) {
        let _no_room = write_continue(&mut self.output);
    }

    fn wants_flush(&self) -> bool {
        false
    }
}
