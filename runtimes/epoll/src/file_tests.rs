//! Files, sent by a kernel that sends little of them, fails, or cannot.

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use pronto::{connection::Config, head::Status};
use pronto_host::{App, Ending, Reply, Request};

use crate::fake::World;

const LENGTH: usize = 1_000_000;

/// A file of a test's own; gone with it.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("pronto-file-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::write(&path, octets()).unwrap();
        Self(path)
    }

    fn shorten(&self, length: u64) {
        File::options().write(true).open(&self.0).unwrap().set_len(length).unwrap();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _gone = fs::remove_file(&self.0);
    }
}

/// Octets that tell where they stand.
fn octets() -> Vec<u8> {
    (0..LENGTH).map(|place| (place * 31 / 7 % 256) as u8).collect()
}

/// How exchanges ended.
type Endings = Arc<Mutex<Vec<Ending>>>;

fn app(place: &Place) -> (App, Endings) {
    let (path, endings) = (place.0.clone(), Endings::default());
    let ended = Arc::clone(&endings);
    let app = App::new().get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("Hello")).get(
        "/file",
        move |_: &Request<'_>, reply: Reply<'_>| {
            let ended = Arc::clone(&ended);
            let reply = reply.on_done(move |ending| ended.lock().unwrap().push(ending.clone()));
            reply.status(Status::OK).content_of_file(File::open(&path)?, 0..LENGTH as u64)
        },
    );
    (app, endings)
}

fn connected() -> (World, usize, Place, Endings) {
    let place = Place::new();
    let (app, endings) = app(&place);
    let mut world = World::new(app, Config::new(), 1000);
    let peer = world.connect();
    world.run();
    (world, peer, place, endings)
}

const FILE: &[u8] = b"GET /file HTTP/1.1\r\nHost: a\r\n\r\n";

const HELLO: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// The content of the replies: all that comes behind heads. Every reply is complete.
fn contents(mut received: &[u8]) -> Vec<Vec<u8>> {
    let mut contents = Vec::new();
    while !received.is_empty() {
        let end = received.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let head = str::from_utf8(&received[..end]).unwrap();
        let (_, rest) = head.split_once("Content-Length: ").unwrap();
        let length: usize = rest.split("\r\n").next().unwrap().parse().unwrap();
        contents.push(received[end..end + length].to_vec());
        received = &received[end + length..];
    }
    contents
}

/// Whether only these came: the text, and the file.
fn are(received: &[u8], expected: &str) -> bool {
    let file = octets();
    let expected: Vec<&[u8]> = expected.chars().map(|kind| if kind == 'f' { &file[..] } else { b"Hello" }).collect();
    contents(received) == expected
}

#[test]
fn a_file_is_sent_by_the_kernel_and_held_by_nobody() {
    let (mut world, peer, _place, endings) = connected();
    world.peer(peer).room = 100_000;
    world.send(peer, &[HELLO, FILE, HELLO].concat());
    world.run();
    assert!(world.worker.memory() <= HELLO.len(), "what is not sent is not held");
    assert_eq!(world.peer(peer).files, 2, "one took the room, and one found none");
    assert!(endings.lock().unwrap().is_empty());
    world.make_room(peer, usize::MAX);
    world.run();
    assert!(are(&world.peer(peer).received, "hfh"));
    assert_eq!(*endings.lock().unwrap(), [Ending::Replied(Status::OK)]);
}

/// No edge comes where there was room left: what is sent of a file may be less than there is room for.
#[test]
fn a_kernel_that_sends_little_of_a_file_is_asked_again() {
    let (mut world, peer, _place, _) = connected();
    world.peer(peer).most_of_file = 999;
    world.send(peer, &[FILE, HELLO].concat());
    world.run();
    assert!(are(&world.peer(peer).received, "fh"));
}

#[test]
fn a_kernel_that_sends_no_files_has_them_written() {
    let (mut world, peer, _place, _) = connected();
    world.peer(peer).sends_no_files = true;
    world.peer(peer).room = 100_000;
    world.send(peer, &[HELLO, FILE, HELLO].concat());
    world.run();
    assert!(world.worker.memory() <= HELLO.len());
    world.make_room(peer, usize::MAX);
    world.run();
    assert!(are(&world.peer(peer).received, "hfh"));
    assert_eq!(world.peer(peer).files, 1, "it was asked once");
}

#[test]
fn one_that_takes_a_file_does_not_keep_others_waiting() {
    let (mut world, peer, _place, _) = connected();
    let other = world.connect();
    world.run();
    world.send(peer, FILE);
    world.send(other, HELLO);
    world.round();
    assert!(are(&world.peer(other).received, "h"));
    let sent = world.peer(peer).received.len();
    assert!((1..LENGTH * 3 / 4).contains(&sent), "{sent} octets in one round");
    world.run();
    assert!(are(&world.peer(peer).received, "f"));
}

#[test]
fn a_file_that_is_cut_short_cuts_the_connection_and_no_other() {
    for sends_no_files in [false, true] {
        let (mut world, peer, place, endings) = connected();
        let other = world.connect();
        world.peer(peer).sends_no_files = sends_no_files;
        world.peer(peer).room = 100_000;
        world.send(peer, &[FILE, HELLO].concat());
        world.run();
        place.shorten(200_000);
        world.make_room(peer, usize::MAX);
        world.run();
        assert!(world.peer(peer).closed && world.peer(peer).reset_by_server);
        let received = world.peer(peer).received.len();
        assert!((200_000..210_000).contains(&received), "{received}");
        assert!(matches!(&endings.lock().unwrap()[..], [Ending::Cut(_)]));
        world.send(other, HELLO);
        world.run();
        assert!(are(&world.peer(other).received, "h"));
    }
}

#[test]
fn a_connection_that_breaks_while_a_file_is_sent_is_over() {
    let (mut world, peer, _place, endings) = connected();
    world.peer(peer).room = 100_000;
    world.send(peer, FILE);
    world.run();
    world.peer(peer).errors.push_back(ErrorKind::BrokenPipe);
    world.make_room(peer, usize::MAX);
    world.run();
    assert!(world.peer(peer).closed);
    assert!(matches!(&endings.lock().unwrap()[..], [Ending::Cut(_)]));
}

#[test]
fn a_client_that_takes_nothing_of_a_file_is_cut_in_time() {
    let (mut world, peer, _place, _) = connected();
    world.peer(peer).room = 1_000;
    world.send(peer, FILE);
    world.pass(29_000);
    world.make_room(peer, 1);
    world.pass(29_900);
    assert!(!world.peer(peer).closed, "any progress counts");
    world.pass(200);
    assert!(world.peer(peer).closed);
}

#[test]
fn nothing_the_kernel_does_changes_what_is_sent() {
    for seed in 1..40_u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        let (mut world, peer, _place, _) = connected();
        world.peer(peer).sends_no_files = seed % 4 == 0;
        let expected: String = (0..8).map(|_| if random(2) == 0 { 'f' } else { 'h' }).collect();
        let requests: Vec<&[u8]> = expected.chars().map(|kind| if kind == 'f' { FILE } else { HELLO }).collect();
        world.peer(peer).room = random(100_000);
        world.send(peer, &requests.concat());
        for _ in 0..200 {
            {
                let mut peer = world.peer(peer);
                peer.most_of_file = 1 + random(300_000);
                peer.most_written = 1 + random(300_000);
                let errors = random(3);
                peer.errors.extend(
                    [ErrorKind::Interrupted, ErrorKind::Interrupted, ErrorKind::WouldBlock].into_iter().take(errors),
                );
            }
            world.make_room(peer, random(200_000));
            if random(2) == 0 {
                world.run();
            } else {
                world.round();
            }
        }
        world.peer(peer).errors.clear();
        world.peer(peer).most_written = usize::MAX;
        world.make_room(peer, usize::MAX);
        world.run();
        assert!(are(&world.peer(peer).received, &expected), "seed {seed}: {expected}");
        assert_eq!(world.worker.memory(), 0);
    }
}
