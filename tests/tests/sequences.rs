//! Sequences of events that once led a connection astray.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use pronto::{connection::Config, head::Status};
use pronto_host::{App, Deferred, Reply, Request};
use tests::{
    memory::Memory,
    reply::{self, To},
};

const LATER: &[u8] = b"GET /later HTTP/1.1\r\nHost: a\r\n\r\n";

fn connection() -> (Memory, Arc<Mutex<Vec<Deferred>>>) {
    let kept: Arc<Mutex<Vec<Deferred>>> = Arc::default();
    let keeper = Arc::clone(&kept);
    let app = App::new()
        .post("/", |request: &Request<'_>, reply: Reply<'_>| {
            reply.octets("text/plain", request.content().unwrap_or(b"none"))
        })
        .get("/later", move |_: &Request<'_>, reply: Reply<'_>| {
            let (deferred, answered) = reply.defer();
            keeper.lock().unwrap().push(deferred);
            Ok(answered)
        });
    (Memory::new(app, Config::new()), kept)
}

fn statuses(memory: &Memory) -> Vec<u16> {
    reply::all(&memory.output, |_| To::Other).iter().map(|reply| reply.status).collect()
}

#[test]
fn a_reply_that_closes_ends_the_collecting_of_content_behind_it() {
    let (mut memory, kept) = connection();
    memory.feed(&[LATER, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"].concat());
    kept.lock().unwrap().remove(0).answer(|reply| reply.status(Status::OK).close().no_content());
    memory.deliver();
    memory.feed(b"def");
    memory.feed(b"ghi");
    assert_eq!((statuses(&memory), memory.shut, memory.closed), (vec![200], true, false));
}

#[test]
fn who_waits_for_leave_to_send_is_not_late() {
    let (mut memory, kept) = connection();
    memory.feed(&[LATER, b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"].concat());
    memory.pass(Duration::from_secs(9));
    kept.lock().unwrap().remove(0).answer(|reply| reply.text("first"));
    memory.deliver();
    memory.pass(Duration::from_secs(4));
    assert_eq!(statuses(&memory), [200, 100]);
    memory.feed(b"hi");
    assert_eq!(statuses(&memory), [200, 100, 200]);
}

#[test]
fn leave_to_send_does_not_last_for_ever() {
    let (mut memory, _) = connection();
    memory.feed(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    memory.pass(Duration::from_secs(5));
    assert_eq!(statuses(&memory), [100, 408]);
}

#[test]
fn content_that_is_refused_is_still_on_its_way_when_the_client_closes_afterwards() {
    for head in [
        "POST / HTTP/1.0\r\nContent-Length: 9999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 9999999\r\n\r\n",
        "POST /nowhere HTTP/1.0\r\nContent-Length: 9999999\r\n\r\n",
    ] {
        let (mut memory, _) = connection();
        memory.feed(head.as_bytes());
        assert_eq!((statuses(&memory).len(), memory.shut, memory.closed), (1, true, false), "{head}");
    }
}

#[test]
fn a_lingering_close_ends_however_often_output_is_looked_after() {
    let (mut memory, _) = connection();
    memory.feed(b"broken\r\n\r\n");
    memory.pass(Duration::from_millis(1_500));
    memory.feed(b"x");
    memory.pass(Duration::from_millis(500));
    assert!(memory.closed);
}
