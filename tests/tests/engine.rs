//! The engine in memory, with a clock that the test moves: deadlines, order, back-pressure, the end of connections.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use pronto::connection::Config;
use pronto_host::{App, Deferred, Fault, Reply, Request};
use proptest::prelude::*;
use tests::{
    memory::Memory,
    reply::{self, To},
};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const LATER: &[u8] = b"GET /later HTTP/1.1\r\nHost: a\r\n\r\n";

/// An application that answers `/` at once, `/later` when the test says so, and echoes what is posted.
fn app() -> (App, Arc<Mutex<Vec<Deferred>>>) {
    let kept: Arc<Mutex<Vec<Deferred>>> = Arc::default();
    let keeper = Arc::clone(&kept);
    let app = App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("now"))
        .post("/", |request: &Request<'_>, reply: Reply<'_>| {
            reply.octets("text/plain", request.content().unwrap_or(b"none"))
        })
        .get("/later", move |_: &Request<'_>, reply: Reply<'_>| {
            let (deferred, answered) = reply.defer();
            keeper.lock().unwrap().push(deferred);
            Ok(answered)
        });
    (app, kept)
}

fn memory() -> Memory {
    Memory::new(app().0, Config::new())
}

fn statuses(memory: &Memory) -> Vec<u16> {
    reply::all(&memory.output, |_| To::Other).iter().map(|reply| reply.status).collect()
}

fn texts(memory: &Memory) -> Vec<String> {
    reply::all(&memory.output, |_| To::Other).iter().map(|reply| reply.text().to_owned()).collect()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A handler returned the proof that another request had been answered: its own would have waited for ever.
#[test]
fn the_proof_of_another_reply_answers_nothing() {
    let kept = Arc::new(Mutex::new(None));
    let keeper = Arc::clone(&kept);
    let app = App::new()
        .get("/keep", move |_: &Request<'_>, reply: Reply<'_>| {
            *keeper.lock().unwrap() = Some(reply.text("kept")?);
            Err(Fault::words("it is kept"))
        })
        .get("/use", move |_: &Request<'_>, _: Reply<'_>| kept.lock().unwrap().take().ok_or(Fault::words("it is gone")))
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("now"));
    let mut memory = Memory::new(app, Config::new());
    for path in ["keep", "use", ""] {
        memory.feed(format!("GET /{path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
    }
    assert_eq!(statuses(&memory), [500, 500, 200]);
}

#[test]
fn a_head_must_arrive_within_ten_seconds_of_its_first_octet() {
    let mut memory = memory();
    memory.pass(seconds(30));
    memory.feed(b"GET / HT");
    memory.pass(Duration::from_millis(9_999));
    memory.feed(b"TP/1.1\r\n");
    assert!(statuses(&memory).is_empty());
    memory.pass(Duration::from_millis(1));
    assert_eq!(statuses(&memory), [408]);
    assert!(memory.shut && !memory.closed, "the write side is shut, and the rest is thrown away");
}

#[test]
fn a_head_that_is_dripped_is_refused_in_time_however_steadily_it_comes() {
    let mut memory = memory();
    for octet in b"GET / HTTP/1.1\r\nHost: a\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaa" {
        memory.feed(&[*octet]);
        memory.pass(seconds(1));
    }
    assert_eq!(statuses(&memory), [408]);
}

#[test]
fn an_idle_connection_is_closed_after_a_minute_without_a_word() {
    let mut memory = memory();
    memory.feed(GET);
    memory.pass(seconds(59));
    assert!(!memory.closed);
    memory.feed(GET);
    memory.pass(seconds(59));
    assert!(!memory.closed, "a request starts the minute anew");
    memory.pass(seconds(1));
    assert!(memory.closed);
    assert_eq!(statuses(&memory), [200, 200]);
}

#[test]
fn content_has_five_seconds_and_then_must_keep_its_rate() {
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
    let mut slow = memory();
    slow.feed(head);
    slow.pass(Duration::from_millis(4_999));
    assert!(statuses(&slow).is_empty());
    slow.pass(Duration::from_millis(1));
    assert_eq!(statuses(&slow), [408]);

    let mut steady = memory();
    steady.feed(head);
    for _ in 0..50 {
        steady.feed(&[b'x'; 2000]);
        steady.pass(Duration::from_millis(1500));
    }
    assert_eq!(statuses(&steady), [200], "2000 octets in 1.5 s are more than the rate");

    let mut dripped = memory();
    dripped.feed(head);
    for _ in 0..20 {
        dripped.feed(b"x");
        dripped.pass(seconds(1));
    }
    assert_eq!(statuses(&dripped), [408]);
}

#[test]
fn a_lingering_close_is_bounded_in_time_and_octets() {
    let mut silent = memory();
    silent.feed(b"broken\r\n\r\n");
    assert_eq!((statuses(&silent), silent.shut, silent.closed), (vec![400], true, false));
    silent.pass(seconds(2));
    assert!(silent.closed, "two seconds are enough");

    let mut noisy = memory();
    noisy.feed(b"broken\r\n\r\n");
    for _ in 0..300 {
        noisy.feed(&[b'x'; 1024]);
    }
    assert!(noisy.closed, "so are 256 KiB");
    assert_eq!(statuses(&noisy), [400]);

    let mut polite = memory();
    polite.feed(b"broken\r\n\r\n");
    polite.end();
    assert!(polite.closed, "the end of the peer's side is what it waits for");
}

#[test]
fn replies_that_are_put_off_leave_in_order_and_hold_back_none_before_them() {
    let (app, kept) = app();
    let mut memory = Memory::new(app, Config::new());
    memory.feed(&[GET, LATER, GET, LATER, GET].concat());
    assert_eq!(texts(&memory), ["now"], "what is ready before does not wait");
    let mut deferred = std::mem::take(&mut *kept.lock().unwrap()).into_iter();
    let (first, second) = (deferred.next().unwrap(), deferred.next().unwrap());
    second.answer(|reply| reply.text("second"));
    memory.deliver();
    assert_eq!(texts(&memory), ["now"], "the second waits for the first");
    first.answer(|reply| reply.text("first"));
    memory.deliver();
    assert_eq!(texts(&memory), ["now", "first", "now", "second", "now"]);
    memory.feed(GET);
    assert_eq!(texts(&memory).len(), 6, "the direct way is open again");
}

#[test]
fn reading_stops_while_too_many_requests_are_in_flight() {
    let (app, kept) = app();
    let mut config = Config::new();
    config.limits.in_flight = 3;
    let mut memory = Memory::new(app, config);
    memory.feed(&LATER.repeat(5));
    assert_eq!(kept.lock().unwrap().len(), 3, "no more are executed");
    assert!(!memory.wants_read());
    let first = kept.lock().unwrap().remove(0);
    first.answer(|reply| reply.text("one"));
    memory.deliver();
    assert_eq!((texts(&memory), kept.lock().unwrap().len()), (vec!["one".into()], 3));
    // The rest answers itself, as it is dropped: 500.
    while !kept.lock().unwrap().is_empty() {
        kept.lock().unwrap().clear();
        memory.deliver();
    }
    assert_eq!(statuses(&memory), [200, 500, 500, 500, 500]);
    assert!(memory.wants_read());
}

#[test]
fn a_pending_reply_has_no_idle_timeout_and_an_error_behind_it_waits_its_turn() {
    let (app, kept) = app();
    let mut memory = Memory::new(app, Config::new());
    memory.feed(&[LATER, b"broken\r\n\r\n", GET].concat());
    memory.pass(seconds(600));
    assert_eq!((statuses(&memory), memory.shut), (vec![], false));
    kept.lock().unwrap().remove(0).answer(|reply| reply.text("at last"));
    memory.deliver();
    assert_eq!((statuses(&memory), memory.shut), (vec![200, 400], true));
}

#[test]
fn a_reply_that_closes_voids_what_is_behind_it() {
    let (app, kept) = app();
    let mut memory = Memory::new(app, Config::new());
    memory.feed(&[LATER, LATER, GET].concat());
    let mut deferred = std::mem::take(&mut *kept.lock().unwrap()).into_iter();
    deferred.next().unwrap().answer(|reply| reply.status(pronto::head::Status::OK).close().no_content());
    memory.deliver();
    deferred.next().unwrap().answer(|reply| reply.text("too late"));
    memory.deliver();
    assert_eq!((statuses(&memory), memory.shut), (vec![200], true));
}

#[test]
fn leave_to_send_waits_for_the_replies_before_it() {
    let (app, kept) = app();
    let mut memory = Memory::new(app, Config::new());
    memory.feed(&[LATER, b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"].concat());
    assert!(statuses(&memory).is_empty());
    kept.lock().unwrap().remove(0).answer(|reply| reply.text("first"));
    memory.deliver();
    assert_eq!(statuses(&memory), [200, 100]);
    memory.feed(b"hi");
    assert_eq!(statuses(&memory), [200, 100, 200]);
}

#[test]
fn a_drain_ends_what_is_idle_at_once_and_what_is_busy_when_it_is_done() {
    let mut idle = memory();
    idle.feed(GET);
    idle.drain();
    assert!(idle.shut);

    let mut in_a_head = memory();
    in_a_head.feed(b"GET / HTTP/1.1\r\n");
    in_a_head.drain();
    assert!(!in_a_head.shut);
    in_a_head.feed(b"Host: a\r\n\r\n");
    let replies = reply::all(&in_a_head.output, |_| To::Other);
    assert_eq!((replies[0].status, replies[0].field("connection")), (200, Some("close")));
    assert!(in_a_head.shut);

    let (app, kept) = app();
    let mut pending = Memory::new(app, Config::new());
    pending.feed(LATER);
    pending.drain();
    assert!(!pending.shut);
    kept.lock().unwrap().remove(0).answer(|reply| reply.text("done"));
    pending.deliver();
    assert_eq!((texts(&pending), pending.shut), (vec!["done".into()], true));
}

#[test]
fn an_end_of_input_is_told_after_the_replies_that_are_owed() {
    let (app, kept) = app();
    let mut memory = Memory::new(app, Config::new());
    memory.feed(&[LATER, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel"].concat());
    memory.end();
    assert_eq!((statuses(&memory), memory.closed), (vec![], false));
    kept.lock().unwrap().remove(0).answer(|reply| reply.text("first"));
    memory.deliver();
    assert_eq!((statuses(&memory), memory.closed), (vec![200, 400], true));
}

/// Octets that take a connection to its corners much more often than random ones would.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(GET), 2 => Just(LATER), 1 => Just(&b"\r\n"[..]),
        2 => Just(&b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"[..]),
        2 => Just(&b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nT: u\r\n\r\n"[..]),
        1 => Just(&b"POST /nowhere HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"[..]),
        1 => Just(&b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd"[..]),
        1 => Just(&b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"[..]),
        1 => Just(&b"GET / HTTP/1.0\r\n\r\n"[..]),
        1 => Just(&b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"[..]),
        1 => Just(&b"\x00"[..]), 1 => Just(&b"G"[..]), 1 => Just(&b"0\r\n\r\n"[..]),
    ];
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

/// The replies to octets that come in pieces, with what is put off answered at the end.
fn play(octets: &[u8], ends: &[usize]) -> (Vec<(u16, Vec<u8>)>, bool) {
    let (app, kept) = app();
    let mut memory = Memory::new(app, Config::new());
    let mut start = 0;
    for &end in ends.iter().chain([&octets.len()]) {
        memory.feed(&octets[start..end]);
        start = end;
    }
    memory.end();
    while !kept.lock().unwrap().is_empty() {
        let deferred = std::mem::take(&mut *kept.lock().unwrap());
        for deferred in deferred.into_iter().rev() {
            deferred.answer(|reply| reply.text("later"));
        }
        memory.deliver();
    }
    // Leave to send depends on whether the content was there already.
    let replies = reply::all(&memory.output, |_| To::Other);
    let finals = replies.into_iter().filter(|reply| reply.status != 100);
    (finals.map(|reply| (reply.status, reply.content)).collect(), memory.closed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_outcome_does_not_depend_on_how_octets_arrive(octets in messages(), mut ends in prop::collection::vec(0_usize..600, 0..6)) {
        ends.retain(|&end| end < octets.len());
        ends.sort_unstable();
        let whole = play(&octets, &[]);
        prop_assert!(whole.1, "the connection ends when the client has");
        prop_assert_eq!(play(&octets, &ends), whole.clone());
        let each: Vec<_> = (0..octets.len()).collect();
        prop_assert_eq!(play(&octets, &each), whole);
    }
}
