//! Parses a request head, and takes the content out of what follows.

#![no_std]
#![no_main]

#[path = "../platform.rs"]
mod platform;

use pronto::{
    framing::{ContentDecoder, ContentLimits, Part, request_framing},
    head::{FieldSpan, Progress, RequestHead},
};

fn run() -> i32 {
    let (mut input, mut fields) = ([0; 1024], [FieldSpan::EMPTY; 16]);
    let length = usize::try_from(platform::read(&mut input)).unwrap_or(0);
    let octets = input.get(..length).unwrap_or_default();
    let Ok(Progress::Complete(head)) = RequestHead::parse(octets, &mut fields) else { return 1 };
    let request = head.view(octets, &fields);
    let _taken = platform::write(request.target().as_bytes());
    let Ok(framing) = request_framing(&request) else { return 2 };
    let mut decoder = ContentDecoder::new(framing, ContentLimits::new(512));
    let mut rest = octets.get(head.length()..).unwrap_or_default();
    loop {
        let Ok(decoded) = decoder.decode(rest) else { return 3 };
        rest = rest.get(decoded.consumed..).unwrap_or_default();
        match decoded.part {
            Part::Content(octets) => drop(platform::write(octets)),
            Part::Trailers(_) => {}
            Part::End | Part::NeedInput => return 0,
        }
    }
}
