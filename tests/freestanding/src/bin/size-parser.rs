//! Parses a request head, and looks a field up.

#![no_std]
#![no_main]

#[path = "../platform.rs"]
mod platform;

use pronto::head::{FieldSpan, Progress, RequestHead};

fn run() -> i32 {
    let (mut input, mut fields) = ([0; 1024], [FieldSpan::EMPTY; 16]);
    let length = usize::try_from(platform::read(&mut input)).unwrap_or(0);
    let octets = input.get(..length).unwrap_or_default();
    let Ok(Progress::Complete(head)) = RequestHead::parse(octets, &mut fields) else { return 1 };
    let request = head.view(octets, &fields);
    let _taken = platform::write(request.target().as_bytes());
    let _taken = platform::write(request.field("host").unwrap_or_default());
    0
}
