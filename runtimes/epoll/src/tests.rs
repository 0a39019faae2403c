//! A worker against a kernel that writes little, fails, and resets connections.

use std::{
    io::{self, BufRead, Cursor, ErrorKind, Read},
    sync::{Arc, Mutex},
};

use pronto::{connection::Config, head::Status};
use pronto_host::{App, Deferred, Reply, Request};

use crate::fake::World;

const HELLO: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Requests that were put off, for a test to answer.
type PutOff = Arc<Mutex<Vec<Deferred>>>;

fn app() -> (App, PutOff) {
    let put_off = PutOff::default();
    let waiting = Arc::clone(&put_off);
    let app = App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("Hello"))
        .get("/large", |_: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::OK).content_from(1_000_000, Cursor::new(vec![b'x'; 1_000_000]))
        })
        .get("/copied", |_: &Request<'_>, reply: Reply<'_>| reply.octets("text/plain", &[b'y'; 10_000]))
        .get("/later", move |_: &Request<'_>, reply: Reply<'_>| {
            let (deferred, answered) = reply.defer();
            waiting.lock().unwrap().push(deferred);
            Ok(answered)
        })
        .get("/short-source", |_: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::OK).content_from(100_000, Cursor::new(vec![b'z'; 10]))
        })
        .get("/broken-source", |_: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::OK).content_from(100_000, Panicking)
        })
        .get("/changed-mind", |_: &Request<'_>, reply: Reply<'_>| {
            let _answered = reply.text("never to be seen");
            panic!("after having answered")
        })
        .post("/echo", |request: &Request<'_>, reply: Reply<'_>| {
            reply.octets("text/plain", request.content().unwrap_or(b"none"))
        });
    (app, put_off)
}

/// A source that panics.
struct Panicking;

impl Read for Panicking {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        panic!("a source that panics")
    }
}

impl BufRead for Panicking {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        panic!("a source that panics")
    }

    fn consume(&mut self, _: usize) {}
}

fn world() -> World {
    World::new(app().0, Config::new(), 1000)
}

/// A world with one connection.
fn connected() -> (World, usize) {
    let mut world = world();
    let peer = world.connect();
    world.run();
    (world, peer)
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
}

/// Statuses and contents of the replies in a stream, which must consist of such.
fn replies(stream: &str) -> Vec<(u16, String)> {
    let (mut rest, mut found) = (stream, Vec::new());
    while !rest.is_empty() {
        let (head, after) = rest.split_once("\r\n\r\n").expect("a whole head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let length =
            head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok()).unwrap_or_default();
        assert!(after.len() >= length, "content cut short");
        found.push((status, after[..length].to_owned()));
        rest = &after[length..];
    }
    found
}

fn statuses(stream: &str) -> Vec<u16> {
    replies(stream).into_iter().map(|(status, _)| status).collect()
}

#[test]
fn a_batch_costs_one_read_and_one_write() {
    let (mut world, peer) = connected();
    let before = world.peer(peer).reads;
    world.send(peer, &HELLO.repeat(24));
    world.run();
    assert_eq!(statuses(&world.take_received(peer)), [200; 24]);
    assert_eq!(world.peer(peer).reads - before, 1);
    assert_eq!(world.peer(peer).writes, 1);
}

#[test]
fn content_is_sent_with_its_head_in_one_write() {
    let (mut world, peer) = connected();
    world.send(peer, &get("/large"));
    world.run();
    assert_eq!(replies(&world.take_received(peer))[0].1.len(), 1_000_000);
    assert_eq!(world.peer(peer).writes, 1);
}

#[test]
fn more_than_a_buffer_holds_is_read_to_its_end() {
    let (mut world, peer) = connected();
    world.send(peer, &HELLO.repeat(10_000));
    world.run();
    assert_eq!(statuses(&world.take_received(peer)), [200; 10_000]);
    assert_eq!(world.worker.memory(), 0);
}

#[test]
fn interrupted_calls_are_made_again() {
    let (mut world, peer) = connected();
    world.peer(peer).errors.extend([ErrorKind::Interrupted; 3]);
    world.send(peer, HELLO);
    world.peer(peer).errors.push_back(ErrorKind::Interrupted);
    world.run();
    assert_eq!(statuses(&world.take_received(peer)), [200]);
}

#[test]
fn what_the_kernel_does_not_take_goes_out_when_there_is_room() {
    for most_written in [1, 7, 100, 65_537] {
        let (mut world, peer) = connected();
        world.peer(peer).room = 3;
        world.peer(peer).most_written = most_written;
        world.send(peer, &[HELLO, &get("/large"), &get("/copied"), HELLO].concat());
        world.run();
        assert_eq!(world.peer(peer).received, b"HTT");
        for _ in 0..100 {
            world.make_room(peer, 20_000);
            world.run();
        }
        let replies = replies(&world.take_received(peer));
        let lengths: Vec<_> = replies.iter().map(|(_, content)| content.len()).collect();
        assert_eq!(lengths, [5, 1_000_000, 10_000, 5], "{most_written} at a time");
        assert_eq!(world.worker.memory(), 0);
    }
}

/// A client that takes replies no faster than it asks never leaves nothing unsent: what has been sent must be let go
/// of all the same.
#[test]
fn a_slow_client_that_goes_on_asking_costs_no_more_with_time() {
    let (mut world, peer) = connected();
    world.peer(peer).room = 0;
    world.send(peer, &get("/copied").repeat(200));
    world.run();
    let mut most = 0;
    for _ in 0..2_000 {
        world.send(peer, &get("/copied").repeat(2));
        world.make_room(peer, 20_000);
        world.run();
        most = most.max(world.worker.memory());
    }
    assert!(most < 4 * 1024 * 1024, "{most} octets are held");
}

#[test]
fn nothing_is_read_while_the_client_takes_nothing() {
    let (mut world, peer) = connected();
    world.peer(peer).room = 0;
    world.send(peer, &get("/copied").repeat(1_000));
    world.run();
    let reads = world.peer(peer).reads;
    for _ in 0..10 {
        world.send(peer, &get("/copied").repeat(10));
        world.run();
    }
    assert_eq!(world.peer(peer).reads, reads);
    world.make_room(peer, usize::MAX);
    world.run();
    assert_eq!(statuses(&world.take_received(peer)), [200; 1_100]);
}

/// One octet at a time must not make a connection hold a read buffer of its own.
#[test]
fn a_head_that_drips_is_held_in_what_it_takes() {
    let (mut world, peer) = connected();
    for octet in &HELLO[..HELLO.len() - 1] {
        world.send(peer, &[*octet]);
        world.run();
    }
    assert!(world.worker.memory() <= 64, "{} octets", world.worker.memory());
    world.send(peer, b"\n");
    world.run();
    assert_eq!(statuses(&world.take_received(peer)), [200]);
    assert_eq!(world.worker.memory(), 0);
}

#[test]
fn content_comes_whole_however_it_is_split() {
    let content: String = (0..20_000).map(|number| char::from(b'a' + (number % 26) as u8)).collect();
    for most_read in [1, 100, 5_000, 60_000] {
        let (mut world, peer) = connected();
        world.peer(peer).most_read = most_read;
        let head = format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", content.len());
        world.send(peer, &[head.as_bytes(), content.as_bytes(), HELLO].concat());
        for chunk in content.as_bytes().chunks(997) {
            world.send(peer, b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
            world.send(peer, format!("{:x}\r\n", chunk.len()).as_bytes());
            world.send(peer, chunk);
            world.send(peer, b"\r\n0\r\n\r\n");
        }
        world.run();
        let replies = replies(&world.take_received(peer));
        assert_eq!(replies[0], (200, content.clone()));
        assert_eq!(replies[1], (200, "Hello".into()));
        assert_eq!(replies[2..].iter().map(|(_, content)| content.as_str()).collect::<String>(), content);
        assert_eq!(world.worker.memory(), 0);
    }
}

#[test]
fn a_client_that_ends_gets_what_it_asked_for() {
    let (mut world, peer) = connected();
    world.send(peer, &[HELLO, HELLO].concat());
    world.end(peer);
    world.run();
    assert_eq!(statuses(&world.take_received(peer)), [200, 200]);
    assert!(world.peer(peer).closed);
}

/// The end and the octets before it may be told by one event, and a read that leaves room tells only of the octets.
#[test]
fn the_end_behind_a_short_read_is_seen() {
    let mut world = world();
    let peer = world.connect();
    world.send(peer, &HELLO[..5]);
    world.end(peer);
    world.run();
    assert_eq!(statuses(&world.take_received(peer)), [400]);
    assert!(world.peer(peer).closed);
}

#[test]
fn a_reset_ends_a_connection_at_once_even_if_a_reply_is_owed() {
    let (app, put_off) = app();
    let mut world = World::new(app, Config::new(), 1000);
    let peer = world.connect();
    world.send(peer, &get("/later"));
    world.run();
    world.reset(peer);
    world.run();
    assert!(world.peer(peer).closed);

    // Somebody else gets the place, and asks for the same. The late answer is not his.
    let other = world.connect();
    world.send(other, &get("/later"));
    world.run();
    let late = put_off.lock().unwrap().remove(0);
    late.answer(|reply| reply.text("for somebody who is gone"));
    world.run();
    assert_eq!(world.take_received(other), "");
    let own = put_off.lock().unwrap().remove(0);
    own.answer(|reply| reply.text("own"));
    world.run();
    assert_eq!(replies(&world.take_received(other)), [(200, "own".into())]);
}

#[test]
fn replies_put_off_leave_in_order_and_in_one_write() {
    let (app, put_off) = app();
    let mut world = World::new(app, Config::new(), 1000);
    let peer = world.connect();
    world.send(peer, &[HELLO, &get("/later"), HELLO, &get("/later"), &get("/large"), HELLO].concat());
    world.run();
    assert_eq!(statuses(&world.take_received(peer)), [200], "what is ready does not wait");
    let (first, second) = {
        let mut put_off = put_off.lock().unwrap();
        (put_off.remove(0), put_off.remove(0))
    };
    let writes = world.peer(peer).writes;
    second.answer(|reply| reply.text("second"));
    world.run();
    assert_eq!(world.take_received(peer), "");
    first.answer(|reply| reply.text("first"));
    world.run();
    let contents: Vec<_> = replies(&world.take_received(peer)).into_iter().map(|(_, content)| content).collect();
    assert_eq!(contents[..3], ["first", "Hello", "second"]);
    assert_eq!((contents[3].len(), contents[4].as_str()), (1_000_000, "Hello"));
    assert!(world.peer(peer).writes - writes <= 2);
    assert_eq!(world.worker.memory(), 0);
}

#[test]
fn answers_that_come_together_leave_together() {
    let (app, put_off) = app();
    let mut world = World::new(app, Config::new(), 1000);
    let peer = world.connect();
    world.send(peer, &get("/later").repeat(24));
    world.run();
    for deferred in put_off.lock().unwrap().drain(..) {
        deferred.answer(|reply| reply.text("now"));
    }
    world.run();
    assert_eq!(statuses(&world.take_received(peer)), [200; 24]);
    assert_eq!(world.peer(peer).writes, 1);
}

#[test]
fn a_deferred_reply_that_is_dropped_is_answered_500() {
    let (app, put_off) = app();
    let mut world = World::new(app, Config::new(), 1000);
    let peer = world.connect();
    world.send(peer, &get("/later"));
    world.run();
    put_off.lock().unwrap().clear();
    world.run();
    assert_eq!(statuses(&world.take_received(peer)), [500]);
}

/// Replies that wait for an earlier one are memory, too: a client must not be able to pile up any amount of them.
#[test]
fn replies_held_back_stop_the_reading() {
    let (mut world, peer) = connected();
    world.send(peer, &get("/later"));
    let content = vec![b'c'; 500_000];
    for _ in 0..60 {
        world.send(peer, b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n");
        world.send(peer, &content);
    }
    world.run();
    assert!(!world.peer(peer).is_read_out(), "30 MB were read, and are held");
}

#[test]
fn a_busy_connection_does_not_keep_others_waiting() {
    let (mut world, busy) = connected();
    let other = world.connect();
    world.run();
    world.send(busy, &HELLO.repeat(200_000));
    world.send(other, HELLO);
    world.round();
    assert_eq!(statuses(&world.take_received(other)), [200]);
    assert!(!world.peer(busy).is_read_out(), "the busy one has not been read to its end in one round");
    // And no edge is lost: no further event comes.
    world.run();
    assert_eq!(statuses(&world.take_received(busy)).len(), 200_000);
}

#[test]
fn a_stream_keeps_others_waiting_no_longer_for_a_request_behind_it() {
    let app = App::new().get("/endless", |_: &Request<'_>, reply: Reply<'_>| {
        let pieces = std::iter::repeat_with(|| Ok::<_, io::Error>(&[b'x'; 40_000][..]));
        reply.status(Status::OK).pull(pieces)
    });
    let mut world = World::new(app, Config::new(), 1000);
    let peer = world.connect();
    world.send(peer, &get("/endless").repeat(2));
    world.round();
    // Something has it look at what is behind.
    world.drain();
    world.round();
    let before = world.peer(peer).writes;
    world.round();
    let writes = world.peer(peer).writes - before;
    assert!((1..=16).contains(&writes), "{writes} writes in a turn");
}

#[test]
fn accepting_rests_when_descriptors_run_out_and_goes_on_by_itself() {
    let (mut world, peer) = connected();
    let too_many = 24; // EMFILE
    world.net().accept_errors.push_back(io::Error::from_raw_os_error(too_many));
    let late = world.connect();
    world.run();
    world.send(late, HELLO);
    assert_eq!(world.take_received(late), "");
    let accepts = world.net().accepts;
    world.send(peer, HELLO);
    world.run();
    assert_eq!(statuses(&world.take_received(peer)), [200], "others are served meanwhile");
    assert_eq!(world.net().accepts, accepts, "it is not tried again and again");
    world.pass(1_000);
    assert_eq!(statuses(&world.take_received(late)), [200]);
}

#[test]
fn at_the_most_connections_the_next_waits_for_one_to_end() {
    let mut world = World::new(app().0, Config::new(), 3);
    let peers: Vec<_> = (0..5).map(|_| world.connect()).collect();
    for &peer in &peers {
        world.send(peer, HELLO);
    }
    world.run();
    let served = |world: &World| peers.iter().filter(|&&peer| !world.peer(peer).received.is_empty()).count();
    assert_eq!(served(&world), 3);
    assert!(world.wakes_in(10_000) <= 2, "a full worker sleeps");
    world.end(peers[0]);
    world.run();
    assert_eq!(served(&world), 4);
    world.reset(peers[1]);
    world.run();
    assert_eq!(served(&world), 5);
}

#[test]
fn aborted_connections_do_not_hinder_those_behind_them() {
    let mut world = world();
    for kind in [ErrorKind::ConnectionAborted, ErrorKind::Interrupted] {
        world.net().accept_errors.push_back(kind.into());
    }
    let peer = world.connect();
    world.send(peer, HELLO);
    world.run();
    assert_eq!(statuses(&world.take_received(peer)), [200]);
}

#[test]
fn an_idle_connection_is_closed_quietly_and_in_time() {
    let (mut world, peer) = connected();
    world.pass(30_000);
    world.send(peer, HELLO);
    world.pass(59_900);
    assert_eq!(statuses(&world.take_received(peer)), [200]);
    assert!(!world.peer(peer).closed);
    world.pass(200);
    assert!(world.peer(peer).closed);
    assert_eq!(world.take_received(peer), "");
}

#[test]
fn an_octet_a_second_is_answered_408_in_time() {
    let (mut world, peer) = connected();
    for (second, octet) in HELLO.iter().cycle().take(60).enumerate() {
        if world.peer(peer).closed {
            break;
        }
        world.send(peer, &[*octet]);
        world.pass(1_000);
        assert_eq!(world.peer(peer).received.is_empty(), second < 9, "{second}");
    }
    assert_eq!(statuses(&world.take_received(peer)), [408]);
    assert!(world.peer(peer).closed, "and it lingers no longer than it may");
}

#[test]
fn a_client_that_takes_nothing_is_cut() {
    let (mut world, peer) = connected();
    world.peer(peer).room = 1_000;
    world.send(peer, &get("/large"));
    world.pass(29_000);
    world.make_room(peer, 1);
    world.pass(29_900);
    assert!(!world.peer(peer).closed, "any progress counts");
    world.pass(200);
    assert!(world.peer(peer).closed);
}

#[test]
fn a_worker_with_only_idle_connections_sleeps() {
    let mut world = world();
    for _ in 0..500 {
        world.connect();
    }
    world.run();
    assert!(world.wakes_in(50_000) <= 3);
}

#[test]
fn drained_it_closes_idle_connections_and_finishes_busy_ones() {
    let (app, put_off) = app();
    let mut world = World::new(app, Config::new(), 1000);
    let (idle, busy, asking, waiting) = (world.connect(), world.connect(), world.connect(), world.connect());
    world.send(busy, &get("/later"));
    world.run();
    world.send(waiting, HELLO);
    // Two that the kernel holds, and nobody has looked at: a request, and a connection.
    world.send(asking, HELLO);
    let new = world.connect();
    world.send(new, HELLO);
    world.forget_events();
    world.drain();
    world.run();
    assert!(!world.net().listening);
    assert!(world.peer(idle).shut);
    assert_eq!(statuses(&world.take_received(asking)), [200]);
    assert_eq!(statuses(&world.take_received(new)), [200]);
    put_off.lock().unwrap().remove(0).answer(|reply| reply.text("done"));
    world.run();
    assert_eq!(replies(&world.take_received(busy)), [(200, "done".into())]);
    for peer in [idle, busy, asking, waiting, new] {
        assert!(world.peer(peer).shut);
        world.end(peer);
    }
    world.run();
    assert!(world.worker.is_done());
}

#[test]
fn a_drain_ends_though_a_connection_does_not() {
    let (app, put_off) = app();
    let mut world = World::new(app, Config::new(), 1000);
    let peer = world.connect();
    world.send(peer, &get("/later"));
    world.run();
    world.drain();
    world.pass(4_900);
    assert!(!world.worker.is_done());
    world.pass(200);
    assert!(world.worker.is_done());
    drop(put_off);
}

#[test]
fn content_that_fails_cuts_the_connection_and_no_other() {
    let (mut world, other) = connected();
    for path in ["/short-source", "/broken-source"] {
        let peer = world.connect();
        world.send(peer, &get(path));
        world.run();
        assert!(world.peer(peer).closed, "{path}");
        assert!(world.take_received(peer).len() < 1_000);
    }
    world.send(other, HELLO);
    world.run();
    assert_eq!(statuses(&world.take_received(other)), [200]);
}

/// What a handler wrote before it panicked must not stay in front of the 500.
#[test]
fn a_request_is_answered_once_by_a_handler_that_answers_and_panics() {
    let (mut world, peer) = connected();
    world.send(peer, &[&get("/changed-mind")[..], HELLO].concat());
    world.run();
    assert_eq!(statuses(&world.take_received(peer)), [500, 200]);
}

#[test]
fn a_connection_at_rest_is_small() {
    let size = crate::worker::CLIENT_SIZE;
    assert!(size <= 280, "{size} octets");
}

/// Any splits, short writes and interruptions: the replies are the same.
#[test]
fn nothing_the_kernel_does_changes_what_is_said() {
    let requests =
        [HELLO, &get("/copied"), b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", &get("/large")];
    for seed in 1..50_u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        let (mut world, peer) = connected();
        let (mut input, mut expected) = (Vec::new(), Vec::new());
        for _ in 0..30 {
            let choice = random(requests.len());
            input.extend_from_slice(requests[choice]);
            expected.push([5, 10_000, 3, 1_000_000][choice]);
        }
        while !input.is_empty() {
            let length = (1 + random(150)).min(input.len());
            let part: Vec<_> = input.drain(..length).collect();
            {
                let mut peer = world.peer(peer);
                peer.most_read = 1 + random(100);
                peer.most_written = 1 + random(100_000);
                peer.room = random(200_000);
                peer.errors.extend((0..random(3)).map(|_| ErrorKind::Interrupted));
            }
            world.send(peer, &part);
            if random(2) == 0 {
                world.run();
            }
        }
        world.peer(peer).most_written = usize::MAX;
        world.make_room(peer, usize::MAX);
        world.run();
        let lengths: Vec<_> = replies(&world.take_received(peer)).iter().map(|(_, content)| content.len()).collect();
        assert_eq!(lengths, expected, "seed {seed}");
        assert_eq!(world.worker.memory(), 0);
    }
}
