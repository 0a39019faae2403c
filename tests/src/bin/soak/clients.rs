//! The clients: those who want something, and those who want trouble.

use std::{
    net::{Shutdown, SocketAddr, TcpStream},
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::Duration,
};

use fastrand::Rng;
use tests::{
    client::Client,
    process::get,
    vector::{self, Vector},
};

use crate::{
    exchange::{Connection, Content, Exchange, Expected, Persistence, draw},
    files::Files,
    line::{Line, Pace, Replied, send},
    server::{Restarts, Seen},
    tally::{Gate, Tally},
};

/// What all clients share.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) address: SocketAddr,
    pub(crate) files: Files,
    pub(crate) tally: Tally,
    pub(crate) restarts: Restarts,
    pub(crate) gate: Gate,
    /// Octets that are refused, and the status that says so.
    malformed: Vec<Vector>,
}

/// What a client does, with one connection after the other.
type Kind = fn(&Scene, &mut Rng) -> Result<(), String>;

/// The clients that are there at the same time.
pub(crate) const CLIENTS: [(&str, Kind); 13] = [
    ("pipelining", pipelining),
    ("pipelining", pipelining),
    ("pipelining", pipelining),
    ("pipelining", pipelining),
    ("step by step", step_by_step),
    ("step by step", step_by_step),
    ("slow", slow),
    ("slow", slow),
    ("slow", slow),
    ("resetting", resetting),
    ("flooding", flooding),
    ("malformed", malformed),
    ("late", late),
];

/// Octets of requests behind the first, at most: a server that is told to end reads so much behind its last reply, and not
/// without end. What is sent all the same breaks the connection, and a client loses replies that it has not read.
const BEHIND: usize = 200_000;

impl Scene {
    pub(crate) fn new(address: SocketAddr, files: Files) -> Self {
        let (tally, restarts, gate) = Default::default();
        Self { address, files, tally, restarts, gate, malformed: refused_vectors() }
    }

    /// Is a client, until it is over.
    pub(crate) fn play(&self, name: &str, kind: Kind, mut rng: Rng) {
        while let Some(_inside) = self.gate.enter() {
            let outcome = catch_unwind(AssertUnwindSafe(|| kind(self, &mut rng)));
            let outcome = outcome.unwrap_or_else(|_| Err("a reply that is none: see the panic above".into()));
            if let Err(what) = outcome {
                self.tally.wrong(format!("{name}: {what}"));
            }
        }
    }

    /// Connects. `None`: nobody listens, as it may be just now.
    fn connect(&self) -> Result<Option<(TcpStream, Seen)>, String> {
        let seen = self.restarts.look();
        match TcpStream::connect(self.address) {
            Ok(stream) => {
                self.tally.connections.add(1);
                Ok(Some((stream, seen)))
            }
            Err(_) if self.restarts.stop_since(seen) => {
                thread::sleep(Duration::from_millis(20));
                Ok(None)
            }
            Err(error) => Err(format!("nobody listens: {error}")),
        }
    }

    /// Connects, to compare replies.
    fn line(&self, pace: Pace) -> Result<Option<(Line, Seen)>, String> {
        let Some((stream, seen)) = self.connect()? else { return Ok(None) };
        Ok(Some((Line::new(stream, pace).map_err(|error| error.to_string())?, seen)))
    }

    /// Connects, to take replies apart.
    fn client(&self) -> Result<Option<(Client, Seen)>, String> {
        Ok(self.connect()?.map(|(stream, seen)| (Client::over(stream), seen)))
    }

    /// Takes the replies to these requests.
    fn take_replies(&self, line: &mut Line, seen: Seen, exchanges: &[Exchange]) -> Result<(), String> {
        for (index, exchange) in exchanges.iter().enumerate() {
            let behind = (exchanges.len() - index - 1) as u64;
            match self.take_reply(line, seen, exchange)? {
                Replied::Persists => {}
                Replied::Closes if behind == 0 || exchange.expected.connection == Connection::Closes => break,
                Replied::Closes if self.restarts.since(seen) => {
                    self.tally.void.add(behind);
                    break;
                }
                Replied::Closes => return Err(format!("close, and {behind} requests behind it")),
                Replied::Ended => {
                    self.tally.unanswered.add(behind + 1);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn take_reply(&self, line: &mut Line, seen: Seen, exchange: &Exchange) -> Result<Replied, String> {
        let asked = || {
            let request = &exchange.request[..exchange.request.len().min(300)];
            format!("to {}", request.escape_ascii())
        };
        let compared = line.compared;
        let replied = line.check(&exchange.expected, exchange.waits_at.is_some());
        match replied.map_err(|what| format!("{what}\n    {}", asked()))? {
            Replied::Ended if self.restarts.stop_since(seen) => Ok(Replied::Ended),
            Replied::Ended => Err(format!("no reply\n    {}", asked())),
            Replied::Closes if exchange.expected.connection != Connection::Persists => {
                line.check_end()?;
                self.count(line, compared);
                Ok(Replied::Closes)
            }
            Replied::Closes if !self.restarts.since(seen) => Err(format!("close, unasked\n    {}", asked())),
            replied => {
                self.count(line, compared);
                Ok(replied)
            }
        }
    }

    fn count(&self, line: &Line, compared: u64) {
        self.tally.right.add(1);
        self.tally.octets.add(line.compared - compared);
    }

    fn draw_all(&self, rng: &mut Rng, line: &Line, most: usize) -> Result<Vec<Exchange>, String> {
        let client = line.stream().local_addr().map_err(|error| error.to_string())?;
        let count = rng.usize(1..=most);
        let (mut exchanges, mut behind) = (Vec::new(), 0);
        for index in 1..=count {
            let persistence = match rng.u8(0..10) {
                0 => Persistence::KeepAlive,
                1 if index == count => Persistence::Old,
                2..5 if index == count => Persistence::Closes,
                _ => Persistence::Persists,
            };
            let exchange = draw(rng, &self.files, client, persistence);
            let is_last = exchange.expected.connection == Connection::Closes;
            behind += if index > 1 { exchange.request.len() } else { 0 };
            if behind > BEHIND {
                break;
            }
            exchanges.push(exchange);
            if is_last {
                break;
            }
        }
        Ok(exchanges)
    }
}

/// Sends many requests, however many replies it has.
fn pipelining(scene: &Scene, rng: &mut Rng) -> Result<(), String> {
    pipeline(scene, rng, 40, Pace::Quick)
}

/// Drips requests in, and replies out.
fn slow(scene: &Scene, rng: &mut Rng) -> Result<(), String> {
    pipeline(scene, rng, 4, Pace::Slow)
}

fn pipeline(scene: &Scene, rng: &mut Rng, most: usize, pace: Pace) -> Result<(), String> {
    let Some((mut line, seen)) = scene.line(pace)? else { return Ok(()) };
    let mut exchanges = scene.draw_all(rng, &line, most)?;
    let ends = rng.u8(0..4) == 0;
    if ends {
        for exchange in &mut exchanges {
            if exchange.expected.connection == Connection::Persists {
                exchange.expected.connection = Connection::MayClose;
            }
        }
    }
    let stream = line.stream().try_clone().map_err(|error| error.to_string())?;
    let mut sender = rng.fork();
    thread::scope(|scope| {
        let exchanges = &exchanges;
        scope.spawn(move || {
            let requests: Vec<u8> = exchanges.iter().flat_map(|exchange| &exchange.request).copied().collect();
            if send(&stream, &requests, &mut sender, pace) && ends {
                drop(stream.shutdown(Shutdown::Write));
            }
        });
        let taken = scene.take_replies(&mut line, seen, exchanges);
        // Whatever is still being sent is in vain.
        drop(line);
        taken
    })
}

/// Waits for each reply before it sends more.
fn step_by_step(scene: &Scene, rng: &mut Rng) -> Result<(), String> {
    let Some((mut line, seen)) = scene.line(Pace::Quick)? else { return Ok(()) };
    for exchange in scene.draw_all(rng, &line, 20)? {
        let (head, content) = exchange.request.split_at(exchange.waits_at.unwrap_or(exchange.request.len()));
        let _taken = send(line.stream(), head, rng, Pace::Quick);
        if exchange.waits_at.is_some() {
            match line.await_leave()? {
                true => drop(send(line.stream(), content, rng, Pace::Quick)),
                false if scene.restarts.stop_since(seen) => return Ok(()),
                false => return Err("no leave to send content".into()),
            }
        }
        match scene.take_reply(&mut line, seen, &exchange)? {
            Replied::Persists => {}
            Replied::Closes => return Ok(()),
            Replied::Ended => {
                scene.tally.unanswered.add(1);
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Goes without a goodbye, in the middle of anything.
fn resetting(scene: &Scene, rng: &mut Rng) -> Result<(), String> {
    let Some((mut client, _)) = scene.client()? else { return Ok(()) };
    let mut requests = Vec::new();
    for _ in 0..rng.usize(0..6) {
        requests.extend(draw(rng, &scene.files, client.local_address(), Persistence::Persists).request);
    }
    if rng.u8(0..4) == 0 {
        requests.extend(get("/events").into_bytes());
    }
    client.try_send(&requests[..rng.usize(0..=requests.len())]);
    thread::sleep(Duration::from_micros(rng.u64(0..3_000)));
    client.vanish();
    scene.tally.reset.add(1);
    Ok(())
}

/// Asks for much more than it takes, and then takes some, or goes.
fn flooding(scene: &Scene, rng: &mut Rng) -> Result<(), String> {
    let length = rng.u64(1..300_000);
    let Some((mut line, seen)) = scene.line(Pace::Quick)? else { return Ok(()) };
    let flood = get(&format!("/bytes/{length}")).repeat(3_000).into_bytes();
    let timeout = |timeout| line.stream().set_write_timeout(Some(timeout)).map_err(|error| error.to_string());
    timeout(Duration::from_millis(300))?;
    let mut sent = 0;
    while sent < flood.len() {
        match std::io::Write::write(&mut line.stream(), &flood[sent..]) {
            Ok(more) => sent += more,
            Err(_) => break,
        }
    }
    scene.tally.floods.add(1);
    let fields = format!("Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n");
    let (connection, content) = (Connection::Persists, Content::Repeated(length));
    let exchange = Exchange {
        request: get(&format!("/bytes/{length}")).into_bytes(),
        waits_at: None,
        expected: Expected { status: "200 OK", fields, connection, content },
    };
    let asked = sent / exchange.request.len();
    for _ in 0..asked.min(rng.usize(0..60)) {
        match scene.take_reply(&mut line, seen, &exchange)? {
            Replied::Persists => {}
            Replied::Closes | Replied::Ended => break,
        }
    }
    Ok(())
}

/// Sends what is no request, behind one that is.
fn malformed(scene: &Scene, rng: &mut Rng) -> Result<(), String> {
    let Some((mut client, seen)) = scene.client()? else { return Ok(()) };
    let vector = &scene.malformed[rng.usize(0..scene.malformed.len())];
    let is_behind = rng.bool();
    if is_behind {
        client.try_send(get("/"));
    }
    let cut = rng.usize(0..=vector.sent.len());
    client.try_send(&vector.sent[..cut]);
    client.try_send(&vector.sent[cut..]);
    if vector.ends {
        client.end();
    }
    if is_behind {
        match client.reply_or_end() {
            Some(reply) if (reply.status, reply.text()) == (200, "Hello, World!") => {
                // Of a server that was told to end it is the last reply.
                if reply.field("connection") == Some("close") && scene.restarts.since(seen) {
                    return Ok(());
                }
            }
            None if scene.restarts.stop_since(seen) => return Ok(()),
            other => return Err(format!("{other:?} before {}", vector.name)),
        }
    }
    match client.reply_or_end() {
        Some(reply) if reply.status == vector.statuses[0] && reply.field("connection") == Some("close") => {}
        None if scene.restarts.stop_since(seen) => return Ok(()),
        other => return Err(format!("{other:?} to {}", vector.name)),
    }
    match client.reply_or_end() {
        None => scene.tally.refused.add(1),
        Some(more) => return Err(format!("{more:?} behind {}", vector.name)),
    }
    Ok(())
}

/// Begins requests and does not go on; or says nothing, for a while.
fn late(scene: &Scene, rng: &mut Rng) -> Result<(), String> {
    let Some((client, seen)) = scene.client()? else { return Ok(()) };
    let mut clients = vec![(client, seen)];
    for _ in 0..rng.usize(0..20) {
        clients.extend(scene.client()?);
    }
    if rng.u8(0..8) > 0 {
        thread::sleep(Duration::from_millis(rng.u64(0..300)));
        return Ok(());
    }
    let begun = get("/");
    for (client, _) in &mut clients {
        client.try_send(&begun[..rng.usize(1..begun.len())]);
    }
    for (mut client, seen) in clients {
        match client.reply_or_end() {
            Some(reply) if reply.status == 408 && reply.field("connection") == Some("close") => {}
            None if scene.restarts.since(seen) => return Ok(()),
            other => return Err(format!("{other:?} to half a request")),
        }
        match client.reply_or_end() {
            None => scene.tally.late.add(1),
            Some(more) => return Err(format!("{more:?} behind 408")),
        }
    }
    Ok(())
}

/// The vectors that are refused whatever there is a handler for.
fn refused_vectors() -> Vec<Vector> {
    let mut vectors = vector::all();
    vectors.retain(|vector| {
        let is_refused = vector.executed.is_empty() && vector.statuses.len() == 1 && vector.closes;
        is_refused && matches!(vector.statuses[0], 400 | 414 | 431 | 501 | 505)
    });
    // What frames content wrongly is refused only where somebody reads it.
    for vector in &mut vectors {
        if let Some(rest) = vector.sent.strip_prefix(b"POST / ") {
            vector.sent = [b"POST /echo ", rest].concat();
        }
    }
    assert!(vectors.len() > 200, "vectors were lost: {}", vectors.len());
    vectors
}
