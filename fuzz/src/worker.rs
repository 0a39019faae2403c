use std::{
    io::{self, Cursor, ErrorKind},
    sync::{Arc, Mutex},
};

use pronto::{connection::Config, head::Status};
use pronto_epoll::{App, Deferred, Reply, Request, fake::World};

use crate::{
    choices::Choices,
    reply::{self, To},
};

/// A worker of the epoll runtime on a kernel that reads and writes little, is interrupted, has no descriptors, and resets
/// connections, with peers that come and go, and handlers that answer late and in any order.
///
/// What a peer receives are replies to what it has asked for, whole and in order; one that was done no harm gets them all. The
/// worker does not spin, and holds nothing when all have gone.
///
/// # Panics
/// When that is not so.
pub fn worker(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let mut play = Play::new();
    while !choices.is_empty() {
        play.step(&mut choices);
    }
    play.finish();
}

struct Play {
    world: World,
    put_off: Arc<Mutex<Vec<(String, Deferred)>>>,
    peers: Vec<Peer>,
    /// The number of the next request.
    next: usize,
    /// How much time has passed, in milliseconds.
    passed: u64,
    is_drained: bool,
}

#[derive(Default)]
struct Peer {
    id: usize,
    /// What it is about to send.
    queue: Vec<u8>,
    /// The replies that are due, in order.
    due: Vec<Due>,
    /// It was done something that may cost it replies.
    is_harmed: bool,
    /// It has sent what is no request: then come replies that nobody knows.
    is_odd: bool,
    has_ended: bool,
}

struct Due {
    content: Vec<u8>,
    to: To,
}

const LARGE: usize = 40_000;

impl Play {
    fn new() -> Self {
        let put_off = Arc::default();
        let kept: Arc<Mutex<Vec<(String, Deferred)>>> = Arc::clone(&put_off);
        let app = App::new()
            .get("/now/{n}", |request: &Request<'_>, reply: Reply<'_>| reply.text(request.target()))
            .get("/later/{n}", move |request: &Request<'_>, reply: Reply<'_>| {
                let (deferred, answered) = reply.defer();
                kept.lock().unwrap().push((request.target().to_owned(), deferred));
                Ok(answered)
            })
            .get("/large/{n}", |_: &Request<'_>, reply: Reply<'_>| {
                reply.status(Status::OK).content_from(LARGE as u64, Cursor::new(vec![b'x'; LARGE]))
            })
            .get("/short/{n}", |_: &Request<'_>, reply: Reply<'_>| {
                reply.status(Status::OK).content_from(LARGE as u64, Cursor::new(vec![b'x'; 10]))
            })
            .post("/echo/{n}", |request: &Request<'_>, reply: Reply<'_>| {
                reply.octets("text/plain", request.content().unwrap_or(b"none"))
            });
        let world = World::new(app, Config::new(), MOST_CLIENTS);
        Self { world, put_off, peers: Vec::new(), next: 0, passed: 0, is_drained: false }
    }

    fn step(&mut self, choices: &mut Choices<'_>) {
        let action = choices.octet() % 24;
        let number = usize::from(choices.octet());
        if action == 0 && self.peers.len() < MOST_PEERS {
            let id = self.world.connect();
            return self.peers.push(Peer { id, ..Peer::default() });
        }
        let index = usize::from(choices.octet()) % self.peers.len().max(1);
        let Some(peer) = self.peers.get_mut(index) else { return };
        let id = peer.id;
        match action {
            1..=4 if !peer.has_ended => {
                self.next += 1;
                peer.ask(number, self.next);
            }
            5..=7 if !peer.has_ended => {
                let length = peer.queue.len().min(number + 1);
                let octets: Vec<_> = peer.queue.drain(..length).collect();
                self.world.send(id, &octets);
            }
            8 if !peer.has_ended => {
                peer.queue.extend_from_slice(choices.take(number));
                peer.is_odd = true;
            }
            9 if number < 100 => {
                self.world.end(id);
                (peer.has_ended, peer.is_harmed) = (true, peer.is_harmed || !peer.queue.is_empty());
            }
            10 if number < 50 => {
                self.world.reset(id);
                (peer.has_ended, peer.is_harmed) = (true, true);
            }
            11 => self.world.make_room(id, number * number),
            12 => self.world.peer(id).most_read = 1 + number,
            13 => self.world.peer(id).most_written = 1 + number * 4,
            14 => {
                let kinds =
                    [ErrorKind::Interrupted, ErrorKind::WouldBlock, ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
                let kind = kinds[number % kinds.len()];
                peer.is_harmed |= number % kinds.len() > 1;
                self.world.peer(id).errors.push_back(kind);
            }
            15 => {
                const NO_DESCRIPTORS: i32 = 24;
                let error = match number % 3 {
                    0 => io::Error::from_raw_os_error(NO_DESCRIPTORS),
                    1 => ErrorKind::ConnectionAborted.into(),
                    _ => ErrorKind::Interrupted.into(),
                };
                self.world.net().accept_errors.push_back(error);
            }
            16 | 17 => self.answer(number),
            18 => {
                let time = (number * number) as u64;
                self.passed += time;
                self.world.pass(time);
            }
            19 if number < 20 => {
                self.is_drained = true;
                self.world.drain();
            }
            20 => self.world.round(),
            _ => self.world.run(),
        }
    }

    /// Answers one of those that were put off.
    fn answer(&self, number: usize) {
        let mut put_off = self.put_off.lock().unwrap();
        if !put_off.is_empty() {
            let index = number % put_off.len();
            let (target, deferred) = put_off.remove(index);
            deferred.answer(move |reply| reply.text(&target));
        }
    }

    /// Gives every peer what it waits for, and looks at what it has received; then all go.
    fn finish(&mut self) {
        self.world.net().accept_errors.clear();
        for peer in &mut self.peers {
            let id = peer.id;
            self.world.peer(id).errors.clear();
            self.world.peer(id).most_read = usize::MAX;
            self.world.peer(id).most_written = usize::MAX;
            if !peer.has_ended {
                self.world.send(id, &std::mem::take(&mut peer.queue));
            }
            self.world.make_room(id, usize::MAX);
        }
        loop {
            self.world.run();
            self.world.pass(500);
            if self.put_off.lock().unwrap().is_empty() {
                break;
            }
            self.answer(0);
        }
        for peer in &self.peers {
            let state = self.world.peer(peer.id);
            let was_accepted = state.reads > 0;
            // The limits of time are longer than that.
            let was_in_time = self.passed + 500 * (2 + self.next as u64) < 9_000;
            let is_whole = was_accepted && was_in_time && !peer.is_harmed && !peer.is_odd && !self.is_drained;
            peer.check(&state.received, is_whole);
        }
        for peer in &self.peers {
            self.world.end(peer.id);
        }
        for _ in 0..3 {
            self.world.run();
            self.put_off.lock().unwrap().clear();
            self.world.pass(100_000);
        }
        assert_eq!(self.world.memory(), 0, "something is held for nobody");
        for peer in &self.peers {
            let state = self.world.peer(peer.id);
            assert!(state.closed || state.reads == 0, "it was forgotten");
        }
    }
}

impl Peer {
    /// Queues a request.
    fn ask(&mut self, kind: usize, number: usize) {
        let (path, method) = match kind % 8 {
            0..=2 => ("now", "GET"),
            3 => ("now", "HEAD"),
            4 => ("later", "GET"),
            5 => ("large", "GET"),
            6 if kind > 200 => ("short", "GET"),
            _ => ("echo", "POST"),
        };
        let head = format!("{method} /{path}/{number} HTTP/1.1\r\nHost: a\r\n");
        let (mut content, mut to) = (format!("/{path}/{number}").into_bytes(), To::Other);
        let rest = match path {
            "large" | "short" => {
                content = vec![b'x'; LARGE];
                "\r\n".to_owned()
            }
            "echo" if kind & 8 == 0 => format!("Content-Length: {}\r\n\r\n/echo/{number}", content.len()),
            "echo" => format!(
                "Transfer-Encoding: chunked\r\n\r\n6;a=b\r\n/echo/\r\n{:x}\r\n{number}\r\n0\r\nA: b\r\n\r\n",
                content.len() - 6
            ),
            _ => "\r\n".to_owned(),
        };
        if method == "HEAD" {
            (content, to) = (Vec::new(), To::Head);
        }
        // Its content is cut short, and so is all that comes after it.
        self.is_harmed |= path == "short";
        self.queue.extend_from_slice(head.as_bytes());
        self.queue.extend_from_slice(rest.as_bytes());
        self.due.push(Due { content, to });
    }

    /// Reads replies strictly, and compares them with those that are due.
    fn check(&self, mut received: &[u8], is_whole: bool) {
        let mut due = self.due.iter();
        loop {
            let to = due.clone().next().map_or(To::Other, |due| due.to);
            if self.is_odd {
                // Nobody knows which requests there were.
                return;
            }
            let Some((reply, length)) = reply::take(received, to) else { break };
            received = &received[length..];
            if reply.status == 100 {
                continue;
            }
            match (reply.status, due.next()) {
                (200, Some(due)) => assert_eq!(reply.content, due.content),
                // Somebody was too slow, or gone.
                (408 | 400 | 500 | 503, _) if !is_whole => {}
                (status, due) => {
                    panic!("{status}, where {:?} is due", due.map(|due| due.content.escape_ascii().to_string()))
                }
            }
        }
        if is_whole {
            assert!(received.is_empty(), "half a reply");
            assert_eq!(due.count(), 0, "replies are missing");
        }
    }
}

const MOST_PEERS: usize = 6;
const MOST_CLIENTS: usize = 4;
