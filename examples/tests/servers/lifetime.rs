//! How a server stops, and how another takes over from it.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::process::ExitStatusExt,
    process::Command,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use rustix::{
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};
use tests::{
    client::{PATIENCE, eventually},
    process::{Directory, Server, get},
    reply::{To, take},
};

use crate::PROGRAM;

#[test]
fn under_load_a_successor_takes_over_without_a_failure() {
    let mut server = Server::start(PROGRAM, &["--workers", "2"]);
    let address = server.address();
    let load = Load::default();
    thread::scope(|scope| {
        for keep in [true, true, true, false, false] {
            let load = &load;
            scope.spawn(move || load.ask(address, keep));
        }
        // Whatever fails here must not leave the threads asking.
        let _over = Over(&load);
        load.goes_on();
        server.signal(Signal::HUP);
        assert_eq!(server.wait().code(), Some(0), "{}", server.said());
        load.goes_on();
    });
    assert_eq!(*load.failures.lock().unwrap(), Vec::<String>::new());
    let successor = successor(&server);
    assert_ne!(successor.as_raw_pid(), server.id() as i32);
    assert_eq!(server.starts(), 2);
    // The successor is a server like any other.
    kill_process(successor, Signal::TERM).unwrap();
    server.hears("stopped", 2);
    eventually("nobody listens", || TcpStream::connect(address).is_err());
}

#[test]
fn a_successor_that_does_not_start_leaves_the_old_one_serving() {
    let directory = Directory::new();
    let program = directory.install(PROGRAM.as_ref());
    let server = Server::run(Command::new(&program).args(["--addr", "127.0.0.1:0", "--workers", "2"]));
    let mut kept = server.client();
    let mut failures = 0;
    let mut fails = |words: &str| {
        server.signal(Signal::HUP);
        failures += 1;
        server.hears("serving on", failures);
        let said = server.said();
        assert!(said.lines().last().unwrap().contains(words), "no {words:?} in {said}");
        assert_eq!(kept.send(get("/")).reply().text(), "Hello, World!");
        assert_eq!(server.client().send(get("/")).reply().text(), "Hello, World!");
    };
    directory.install_script("exit 7");
    fails("exit status: 7");
    fs::write(&program, "not a program").unwrap();
    fails("the successor does not start: ");
    fs::remove_file(&program).unwrap();
    fails("No such file");
    // And when there is a right one again, it takes over.
    directory.install(PROGRAM.as_ref());
    server.signal(Signal::HUP);
    server.hears("the successor serves", 1);
    assert_eq!(server.client().send(get("/")).reply().text(), "Hello, World!");
}

#[test]
fn a_second_signal_ends_a_drain_at_once() {
    let mut server = Server::start(PROGRAM, &["--workers", "1", "--drain-limit", "60"]);
    let mut busy = server.client();
    busy.send(get("/") + &get("/sleep/10000"));
    assert_eq!(busy.reply().status, 200);
    server.signal(Signal::TERM);
    server.hears("1 connection is left", 1);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().signal(), Some(Signal::TERM.as_raw()));
}

#[test]
fn a_stop_during_a_restart_leaves_nobody_behind() {
    let directory = Directory::new();
    let program = directory.install(PROGRAM.as_ref());
    let mut server = Server::run(Command::new(&program).args(["--addr", "127.0.0.1:0", "--workers", "1"]));
    directory.install_script("exec sleep 60");
    server.signal(Signal::HUP);
    server.hears("SIGHUP: starting", 1);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    eventually("nobody listens", || TcpStream::connect(server.address()).is_err());
}

#[test]
fn the_loss_of_the_terminal_ends_a_server_and_does_not_restart_it() {
    for more in [vec![], vec!["--reload"]] {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
        let mut command = Command::new("setsid");
        command.args(["--ctty", PROGRAM, "--addr", "127.0.0.1:0", "--workers", "1"]).args(more);
        command.stdin(File::options().read(true).write(true).open(name).unwrap());
        let mut server = Server::run_in_this_group(&mut command);
        drop(command);
        drop(terminal);
        assert_eq!(server.wait().code(), Some(0));
    }
}

/// The process that says it serves in place of the first.
fn successor(server: &Server) -> Pid {
    let said = server.said();
    let line = said.lines().find(|line| line.ends_with(" serves") && line.contains("process ")).expect("a successor");
    let id = line.split(' ').rev().nth(1).unwrap();
    Pid::from_raw(id.parse().unwrap()).unwrap()
}

/// Clients that ask without end.
#[derive(Default)]
struct Load {
    over: AtomicBool,
    replies: AtomicUsize,
    failures: std::sync::Mutex<Vec<String>>,
}

struct Over<'a>(&'a Load);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

impl Load {
    /// Waits until more requests have been answered.
    fn goes_on(&self) {
        let before = self.replies.load(Ordering::Relaxed);
        eventually("replies", || self.replies.load(Ordering::Relaxed) > before + 500);
    }

    /// Asks, on one connection as long as the server keeps it, or on one for each request.
    fn ask(&self, address: SocketAddr, keep: bool) {
        let mut connection = None;
        while !self.over.load(Ordering::Relaxed) {
            match exchange(&mut connection, address) {
                Ok(closes) => {
                    self.replies.fetch_add(1, Ordering::Relaxed);
                    if closes || !keep {
                        connection = None;
                    }
                }
                Err(error) => {
                    self.failures.lock().unwrap().push(format!("{error}, keep: {keep}"));
                    connection = None;
                }
            }
        }
    }
}

/// One request and its reply. Returns whether the server closes behind it.
fn exchange(connection: &mut Option<TcpStream>, address: SocketAddr) -> io::Result<bool> {
    if connection.is_none() {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        *connection = Some(stream);
    }
    let Some(stream) = connection else { return Err(ErrorKind::NotConnected.into()) };
    stream.write_all(get("/bytes/20000").as_bytes())?;
    let (mut received, mut buffer) = (Vec::new(), [0; 32 * 1024]);
    loop {
        let length = stream.read(&mut buffer)?;
        if length == 0 {
            let kind = if received.is_empty() { ErrorKind::UnexpectedEof } else { ErrorKind::InvalidData };
            return Err(io::Error::new(kind, format!("closed after {} octets", received.len())));
        }
        received.extend_from_slice(&buffer[..length]);
        if let Some((reply, length)) = take(&received, To::Other) {
            let is_right = reply.status == 200 && reply.content == [b'x'; 20_000] && length == received.len();
            let wrong = || io::Error::new(ErrorKind::InvalidData, format!("{} and {length}", reply.status));
            return if is_right { Ok(reply.field("connection") == Some("close")) } else { Err(wrong()) };
        }
    }
}
