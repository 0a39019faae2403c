//! The engine on mio: one thread, one loop, any number of connections.
//!
//! ```sh
//! cargo run --bin on-mio
//! curl http://127.0.0.1:8080/
//! curl -d 'over and out' http://127.0.0.1:8080/echo
//! ```
//!
//! All connections are served with the same two buffers. One of its own has only a connection that has sent the beginning of a
//! request, or that does not take its replies; at rest it has none.

use std::{
    collections::{BTreeSet, HashMap},
    io::{self, ErrorKind, Read, Write},
    mem,
    net::{Shutdown, SocketAddr},
    time::{self, Duration},
};

use clap::Parser;
use examples::echo::{Echo, INPUT};
use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};
use pronto::{
    connection::{Config, Instant, Transport},
    head::FieldSpan,
    service::{Driver, Stop},
};

/// The engine of pronto on mio
#[derive(Debug, Parser)]
struct CommandLine {
    /// Address to serve
    #[arg(long, default_value = "127.0.0.1:8080")]
    addr: SocketAddr,

    /// Connections at a time; others wait
    #[arg(long, default_value_t = 1024)]
    max_connections: usize,
}

fn main() -> io::Result<()> {
    let CommandLine { addr, max_connections } = CommandLine::parse();
    let mut listener = TcpListener::bind(addr)?;
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    println!("on-mio serves at http://{} until it is ended", listener.local_addr()?);
    Server {
        poll,
        listener,
        accepts: false,
        max_connections,
        clients: HashMap::new(),
        next: LISTENER.0 + 1,
        deadlines: BTreeSet::new(),
        busy: Vec::new(),
        worker: Worker {
            config: Config::new(),
            start: time::Instant::now(),
            input: vec![0; INPUT].into(),
            fields: [FieldSpan::EMPTY; 64],
            echo: Echo::new(),
        },
    }
    .run()
}

struct Server {
    poll: Poll,
    listener: TcpListener,
    /// Clients may be waiting to be accepted.
    accepts: bool,
    max_connections: usize,
    clients: HashMap<Token, Client>,
    /// Tokens are running numbers, so that none is ever another connection's.
    next: usize,
    /// When each client's time is up.
    deadlines: BTreeSet<(Instant, Token)>,
    /// Those that have had their turn, and could go on.
    busy: Vec<Token>,
    worker: Worker,
}

/// What is lent to one connection at a time.
struct Worker {
    config: Config,
    start: time::Instant,
    input: Box<[u8]>,
    fields: [FieldSpan; 64],
    echo: Echo,
}

struct Client {
    stream: TcpStream,
    driver: Driver,
    /// The beginning of a request, in a buffer of its own.
    rest: Option<Box<[u8]>>,
    filled: usize,
    /// Replies that the socket did not take.
    unsent: Vec<u8>,
    deadline: Option<Instant>,
    /// mio tells each change once: it is so until the socket says otherwise.
    readable: bool,
    writable: bool,
}

/// What a turn of a client has come to.
enum Turn {
    Waits,
    /// Others first.
    CouldGoOn,
    Over,
}

impl Server {
    fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(256);
        loop {
            match self.poll.poll(&mut events, self.patience()) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            let mut turns = mem::take(&mut self.busy);
            for event in &events {
                if event.token() == LISTENER {
                    self.accepts = true;
                } else if let Some(client) = self.clients.get_mut(&event.token()) {
                    client.readable |= event.is_readable() || event.is_error();
                    client.writable |= event.is_writable() || event.is_error();
                    turns.push(event.token());
                }
            }
            let now = self.worker.now();
            while let Some(&(deadline, token)) = self.deadlines.first().filter(|(deadline, _)| *deadline <= now) {
                self.deadlines.remove(&(deadline, token));
                if let Some(client) = self.clients.get_mut(&token) {
                    client.deadline = None;
                    client.driver.connection_mut().handle_timeout(&self.worker.config, now);
                    turns.push(token);
                }
            }
            for token in turns {
                self.turn(token);
            }
            self.accept();
        }
    }

    /// How long nothing needs to be done unless something happens.
    fn patience(&self) -> Option<Duration> {
        if !self.busy.is_empty() {
            return Some(Duration::ZERO);
        }
        let deadline = self.deadlines.first().map(|(deadline, _)| deadline.since(self.worker.now()));
        // A socket that could not be accepted, for want of descriptors, is tried again.
        let again = (self.accepts && self.clients.len() < self.max_connections).then_some(ACCEPT_AGAIN);
        deadline.into_iter().chain(again).min()
    }

    fn accept(&mut self) {
        while self.accepts && self.clients.len() < self.max_connections {
            match self.listener.accept() {
                Ok((mut stream, _)) => {
                    let token = Token(self.next);
                    self.next += 1;
                    let _nodelay = stream.set_nodelay(true);
                    let both = Interest::READABLE | Interest::WRITABLE;
                    if self.poll.registry().register(&mut stream, token, both).is_ok() {
                        let client = Client::new(stream, &self.worker);
                        self.clients.insert(token, client);
                        self.turn(token);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.accepts = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    fn turn(&mut self, token: Token) {
        let Some(client) = self.clients.get_mut(&token) else { return };
        let turn = client.turn(&mut self.worker).unwrap_or(Turn::Over);
        if let Some(deadline) = client.deadline.take() {
            self.deadlines.remove(&(deadline, token));
        }
        match turn {
            Turn::Over => drop(self.clients.remove(&token)),
            Turn::Waits | Turn::CouldGoOn => {
                client.deadline = client.driver.connection().poll_timeout(&self.worker.config);
                self.deadlines.extend(client.deadline.map(|deadline| (deadline, token)));
                if matches!(turn, Turn::CouldGoOn) {
                    self.busy.push(token);
                }
            }
        }
    }
}

impl Client {
    fn new(stream: TcpStream, worker: &Worker) -> Self {
        Self {
            stream,
            driver: Driver::new(&worker.config, worker.now()),
            rest: None,
            filled: 0,
            unsent: Vec::new(),
            deadline: None,
            readable: true,
            writable: true,
        }
    }

    /// Answers what has come, and reads on, for as long as there is something and it is its turn.
    fn turn(&mut self, worker: &mut Worker) -> io::Result<Turn> {
        // What has gone out may make room for more replies.
        self.send(worker)?;
        let mut own = self.rest.take();
        let mut left = READS_IN_A_TURN;
        let outcome = loop {
            let now = worker.now();
            let Worker { config, input, fields, echo, .. } = &mut *worker;
            let input = own.as_deref_mut().unwrap_or(input);
            let driven = self.driver.drive(config, &mut input[..self.filled], fields, echo, now);
            input.copy_within(driven.consumed..driven.filled, 0);
            self.filled = driven.filled - driven.consumed;
            self.send(worker)?;
            let connection = self.driver.connection_mut();
            match connection.poll_transport(&worker.config, now) {
                Transport::Keep => {}
                Transport::ShutdownWrite => self.stream.shutdown(Shutdown::Write)?,
                Transport::Close | Transport::Reset => return Ok(Turn::Over),
            }
            // More requests are there: they are answered before more are read.
            if driven.stop == Stop::Flush {
                if self.unsent.is_empty() {
                    continue;
                }
                break Turn::Waits;
            }
            if !self.readable || !connection.wants_read(&worker.config) {
                break Turn::Waits;
            }
            if left == 0 {
                break Turn::CouldGoOn;
            }
            left -= 1;
            let input = own.as_deref_mut().unwrap_or(&mut worker.input);
            match self.stream.read(&mut input[self.filled..]) {
                Ok(0) => connection.handle_end_of_input(),
                Ok(length) => self.filled += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        };
        if self.filled > 0 {
            self.rest = Some(own.unwrap_or_else(|| worker.input.clone()));
        }
        Ok(outcome)
    }

    /// Sends what waits and what was gathered, as far as the socket takes it, and keeps the rest.
    fn send(&mut self, worker: &mut Worker) -> io::Result<()> {
        let gathered = worker.echo.output.written();
        // Usually nothing waits, and what was gathered leaves from where it lies.
        let waited = !self.unsent.is_empty();
        if waited {
            self.unsent.extend_from_slice(gathered);
        }
        let octets = if waited { &self.unsent[..] } else { gathered };
        let outcome = write_some(&mut self.stream, &mut self.writable, octets);
        if let Ok(sent) = outcome {
            self.unsent = octets[sent..].to_vec();
            let connection = self.driver.connection_mut();
            connection.handle_transmit(&worker.config, sent, self.unsent.len(), worker.now());
        }
        // Whatever became of them, the next connection finds nothing of these.
        worker.echo.output.clear();
        outcome.map(drop)
    }
}

/// Writes as much as the socket takes.
fn write_some(stream: &mut TcpStream, writable: &mut bool, octets: &[u8]) -> io::Result<usize> {
    let mut sent = 0;
    while *writable && sent < octets.len() {
        match stream.write(&octets[sent..]) {
            Ok(length) => sent += length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => *writable = false,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sent)
}

impl Worker {
    fn now(&self) -> Instant {
        Instant::from_millis(self.start.elapsed().as_millis() as u64)
    }
}

const LISTENER: Token = Token(0);
/// So many reads, and others have their turn.
const READS_IN_A_TURN: usize = 16;
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
