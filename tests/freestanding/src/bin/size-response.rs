//! Parses a request head, takes the content out of what follows, and writes a response.

#![no_std]
#![no_main]

#[path = "../platform.rs"]
mod platform;

use pronto::{
    buffer::SliceSink,
    framing::{ContentDecoder, ContentLimits, Part, request_framing},
    head::{FieldSpan, Progress, RequestHead, Status},
    response::{CommonFields, Persistence, ReplyContent, ReplyContext, ResponseWriter},
};

fn run() -> i32 {
    let (mut input, mut fields, mut output) = ([0; 1024], [FieldSpan::EMPTY; 16], [0; 512]);
    let length = usize::try_from(platform::read(&mut input)).unwrap_or(0);
    let octets = input.get(..length).unwrap_or_default();
    let Ok(Progress::Complete(head)) = RequestHead::parse(octets, &mut fields) else { return 1 };
    let request = head.view(octets, &fields);
    let Ok(framing) = request_framing(&request) else { return 2 };
    let mut decoder = ContentDecoder::new(framing, ContentLimits::new(512));
    let mut rest = octets.get(head.length()..).unwrap_or_default();
    loop {
        let Ok(decoded) = decoder.decode(rest) else { return 3 };
        rest = rest.get(decoded.consumed..).unwrap_or_default();
        match decoded.part {
            Part::Content(octets) => drop(platform::write(octets)),
            Part::Trailers(_) => {}
            Part::End | Part::NeedInput => break,
        }
    }
    let mut sink = SliceSink::new(&mut output);
    let context = ReplyContext::new(request.version(), ReplyContent::Sent, Persistence::Close);
    let common = CommonFields::new();
    let writer = ResponseWriter::new(&mut sink, context, &common).status(Status::OK);
    let Ok(_) = writer.field("Target", request.target()).content_type("text/plain").content(b"hello") else { return 4 };
    let _taken = platform::write(sink.written());
    0
}
