//! Serving by a process that is replaced when its program changes.

use std::{fs, net::TcpStream, process::Command};

use rustix::process::{Pid, Signal, kill_process};
use tests::{
    client::eventually,
    process::{Directory, Server, get},
};

use crate::PROGRAM;

fn watching(directory: &Directory) -> Server {
    let program = directory.install(PROGRAM.as_ref());
    Server::run(Command::new(program).args(["--addr", "127.0.0.1:0", "--workers", "2", "--reload"]))
}

/// The processes that a process has started.
fn children(parent: u32) -> Vec<i32> {
    let text = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap();
    text.split_whitespace().map(|id| id.parse().unwrap()).collect()
}

#[test]
fn a_program_that_changes_is_started_anew_and_takes_over() {
    let directory = Directory::new();
    let server = watching(&directory);
    let address = server.address();
    let first = children(server.id());
    assert_eq!(server.client().send(get("/")).reply().text(), "Hello, World!");
    directory.install(PROGRAM.as_ref());
    server.hears("the new process serves", 1);
    assert_eq!(server.client().send(get("/")).reply().text(), "Hello, World!");
    eventually("the old process has left", || {
        let now = children(server.id());
        now.len() == 1 && now != first
    });
    // One that does not start changes nothing.
    directory.install_script("exit 3");
    server.hears("exit status: 3; the old one serves on", 1);
    assert_eq!(server.client().send(get("/")).reply().text(), "Hello, World!");
    // Asking for it does the same as a change.
    directory.install(PROGRAM.as_ref());
    server.hears("the new process serves", 2);
    server.signal(Signal::HUP);
    server.hears("the new process serves", 3);
    eventually("the old processes have left", || children(server.id()).len() == 1);
    let serving = children(server.id());
    assert_eq!(server.stop(Signal::INT).0, Some(0));
    assert!(!fs::exists(format!("/proc/{}", serving[0])).unwrap());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_process_that_dies_is_started_again() {
    let directory = Directory::new();
    let server = watching(&directory);
    let serving = Pid::from_raw(children(server.id())[0]).unwrap();
    kill_process(serving, Signal::KILL).unwrap();
    server.hears("the process that served has ended", 1);
    // The listener was there all the time: nobody is refused.
    assert_eq!(server.client().send(get("/")).reply().text(), "Hello, World!");
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
}

#[test]
fn a_program_that_never_serves_ends_with_its_own_code() {
    // The same words as without watching, once.
    let output = Command::new(PROGRAM).args(["--addr", "nonsense", "--reload"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.matches("is not an address to listen on").count(), 1, "{said}");
    assert_eq!(output.status.code(), Some(1));
}
