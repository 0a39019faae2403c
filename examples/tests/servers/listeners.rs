//! Unix sockets, and sockets that a server is started with.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::{
        fd::OwnedFd,
        unix::net::{UnixListener, UnixStream},
    },
    path::Path,
    process::Command,
};

use command_fds::{CommandFdExt, FdMapping};
use rustix::process::Signal;
use tests::{
    client::{Client, PATIENCE, eventually},
    process::{Directory, Server, get},
    reply::{To, take},
};

use crate::PROGRAM;

/// What is answered to one request over a unix socket.
fn ask(path: &Path, target: &str) -> String {
    let mut stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(get(target).as_bytes()).unwrap();
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if let Some((reply, _)) = take(&received, To::Other) {
            return reply.text().into();
        }
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "closed");
        received.extend_from_slice(&buffer[..length]);
    }
}

fn unix_server(address: &str) -> Server {
    Server::run(Command::new(PROGRAM).args(["--addr", address, "--workers", "2", "--access-log"]))
}

#[test]
fn a_unix_socket_is_served_and_its_file_removed_at_the_end() {
    let directory = Directory::new();
    let path = directory.join("socket");
    let address = format!("unix:{}", path.display());
    let server = unix_server(&address);
    assert!(server.banner.starts_with(&format!("pronto on {address} with 2 workers")), "{}", server.banner);
    for _ in 0..20 {
        assert_eq!(ask(&path, "/"), "Hello, World!");
    }
    // The socket of a living server is not taken.
    let output = Command::new(PROGRAM).args(["--addr", &address]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("is in use by another program"), "{said}");
    assert_eq!(ask(&path, "/"), "Hello, World!");
    let (code, said) = server.stop(Signal::TERM);
    assert_eq!(code, Some(0));
    assert!(said.contains("- GET / 200 13"), "{said}");
    assert!(!path.exists());
}

#[test]
fn a_socket_file_that_nobody_listens_on_is_replaced() {
    let directory = Directory::new();
    let path = directory.join("socket");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let server = unix_server(&format!("unix:{}", path.display()));
    assert_eq!(ask(&path, "/"), "Hello, World!");
    drop(server);
}

#[test]
fn a_unix_socket_is_handed_over_with_its_file() {
    let directory = Directory::new();
    let path = directory.join("socket");
    let mut server = unix_server(&format!("unix:{}", path.display()));
    server.signal(Signal::HUP);
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(ask(&path, "/"), "Hello, World!");
    drop(server);
}

#[test]
fn a_wrong_path_is_told_in_words() {
    let directory = Directory::new();
    let file = directory.join("file");
    fs::write(&file, "precious").unwrap();
    let long = directory.join(&"x".repeat(200));
    let cases = [
        (file.clone(), "a file that is no socket is there"),
        (directory.join("no/socket"), "there is no such directory"),
        (file.join("socket"), "there is no such directory"),
        (long, "is not an address to listen on"),
        ("".into(), "there is no path"),
    ];
    for (path, words) in cases {
        let address = format!("unix:{}", path.display());
        let output = Command::new(PROGRAM).args(["--addr", &address]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(words), "{address}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
    assert_eq!(fs::read(&file).unwrap(), b"precious");
}

/// Starts a server with these sockets, and an address that it must not use.
fn with_sockets(sockets: Vec<OwnedFd>, workers: &str) -> Server {
    let mut command = Command::new(PROGRAM);
    command.args(["--addr", "nonsense", "--workers", workers]);
    Server::with_sockets(&mut command, sockets)
}

#[test]
fn inherited_tcp_listeners_are_served_instead_of_an_address() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = with_sockets(vec![listener.into()], "3");
    assert_eq!(server.address(), address);
    assert!(server.banner.contains("3 workers"), "{}", server.banner);
    for _ in 0..20 {
        assert_eq!(Client::connect(address).send(get("/")).reply().text(), "Hello, World!");
    }
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
}

#[test]
fn of_several_inherited_listeners_each_worker_has_one() {
    let listeners = [TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap()];
    let addresses = listeners.each_ref().map(|listener| listener.local_addr().unwrap());
    let server = with_sockets(listeners.into_iter().map(OwnedFd::from).collect(), "3");
    assert!(server.banner.contains("2 workers"), "{}", server.banner);
    server.hears("there are 2 workers, not 3", 1);
    for address in addresses {
        assert_eq!(Client::connect(address).send(get("/")).reply().text(), "Hello, World!");
    }
}

#[test]
fn the_file_of_an_inherited_unix_listener_is_left_to_its_maker() {
    let directory = Directory::new();
    let path = directory.join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let server = with_sockets(vec![listener.into()], "2");
    assert_eq!(ask(&path, "/"), "Hello, World!");
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
    assert!(path.exists());
}

#[test]
fn a_descriptor_that_does_not_listen_is_refused_in_words() {
    let (socket, _other) = UnixStream::pair().unwrap();
    let mut command = Command::new(PROGRAM);
    command.env("LISTEN_FDS", "1");
    command.fd_mappings(vec![FdMapping { parent_fd: socket.into(), child_fd: 3 }]).unwrap();
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("descriptor 3 does not listen"), "{said}");
}

#[test]
fn nobody_who_reads_what_it_says_is_no_reason_not_to_serve() {
    let directory = Directory::new();
    let path = directory.join("socket");
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$@\" >&- 2>&-", PROGRAM]);
    let address = format!("unix:{}", path.display());
    let mut process = command.args(["--addr", &address, "--workers", "1", "--access-log"]).spawn().unwrap();
    eventually("somebody listens", || UnixStream::connect(&path).is_ok());
    assert_eq!(ask(&path, "/"), "Hello, World!");
    rustix::process::kill_process(rustix::process::Pid::from_child(&process), Signal::TERM).unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(0));
}
