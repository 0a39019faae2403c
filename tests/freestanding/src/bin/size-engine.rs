//! Drives a connection by its events, and answers each request.

#![no_std]
#![no_main]

#[path = "../platform.rs"]
mod platform;

use pronto::{
    buffer::SliceSink,
    connection::{Config, Connection, Event, Instant, Polled, Transport},
    head::{FieldSpan, Status},
    response::{CommonFields, ResponseWriter},
};

fn run() -> i32 {
    let (mut input, mut fields, mut output) = ([0; 1024], [FieldSpan::EMPTY; 16], [0; 512]);
    let (config, common, now) = (Config::new(), CommonFields::new(), Instant::from_millis(0));
    let mut connection = Connection::new(&config, now);
    let mut filled = 0;
    loop {
        let mut sink = SliceSink::new(&mut output);
        let Polled { consumed, event } =
            connection.poll_event(&config, input.get(..filled).unwrap_or_default(), &mut fields, now);
        let (status, ticket) = match event {
            Event::Request { head, ticket, .. } => {
                let request = head.view(&input, &fields);
                let _taken = platform::write(request.target().as_bytes());
                (Status::OK, Some(ticket))
            }
            Event::HeadRejected { rejection, ticket } => (rejection.status(), Some(ticket)),
            Event::Content(octets) => {
                let _taken = platform::write(octets);
                (Status::OK, None)
            }
            Event::NeedInput | Event::Closed => {
                if connection.poll_transport(&config, now) != Transport::Keep {
                    return 0;
                }
                let room = input.get_mut(filled..).unwrap_or_default();
                match usize::try_from(platform::read(room)) {
                    Ok(0) => connection.handle_end_of_input(),
                    Ok(length) => filled += length,
                    Err(_) => return 1,
                }
                continue;
            }
            _ => (Status::OK, None),
        };
        if let Some(ticket) = ticket {
            let writer = ResponseWriter::new(&mut sink, ticket.context(), &common).status(status);
            let Ok(replied) = writer.content_type("text/plain").content(b"hello") else { return 2 };
            let _taken = platform::write(sink.written());
            connection.handle_replied(ticket, &replied, now);
        }
        if consumed > filled {
            return 3;
        }
        input.copy_within(consumed..filled, 0);
        filled -= consumed;
    }
}
