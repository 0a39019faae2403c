//! Files of a directory: what they cost, and when descriptors run out.

use std::{
    fs::{self, File},
    process::Command,
};

use tests::{
    client::eventually,
    process::{Directory, Server, get},
};

use super::demo::memory;
use crate::PROGRAM;

#[test]
fn a_slow_reader_of_a_large_file_leaves_memory_flat() {
    const LENGTH: usize = 100_000_000;
    let directory = Directory::new();
    File::create(directory.join("large")).unwrap().set_len(LENGTH as u64).unwrap();
    let server = Server::start(PROGRAM, &["--workers", "1", "--files", directory.join("").to_str().unwrap()]);
    let mut client = server.client();
    assert_eq!(client.send(get("/")).reply().status, 200);
    let before = memory(&server);
    client.send(get("/files/large"));
    let mut received = 0;
    while received < LENGTH {
        received += client.read_once().len();
        assert!(memory(&server) < before + 1024, "from {before} KiB to {} KiB", memory(&server));
    }
    assert!(client.is_quiet(), "more than was asked for");
}

#[test]
fn without_descriptors_files_are_503_and_all_else_is_answered() {
    let directory = Directory::new();
    fs::write(directory.join("file.txt"), "a file").unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 40; exec \"$0\" \"$@\"", PROGRAM, "--workers", "1", "--max-connections", "1000"]);
    let server = Server::run(command.args(["--addr", "127.0.0.1:0", "--files"]).arg(directory.join("")));
    let mut client = server.client();
    assert_eq!(client.send(get("/files/file.txt")).reply().text(), "a file");
    // They take what descriptors there are.
    let others: Vec<_> = (0..60).map(|_| server.client()).collect();
    eventually("descriptors to run out", || server.descriptors() >= 40);
    let reply = client.send(get("/files/file.txt")).reply();
    assert_eq!((reply.status, reply.text()), (503, "Service Unavailable"));
    assert_eq!(client.send(get("/")).reply().status, 200);
    drop(others);
    eventually("descriptors to be there again", || client.send(get("/files/file.txt")).reply().status == 200);
}

/// Those of files that are being sent go with their connections.
#[test]
fn no_descriptor_is_left_behind() {
    let directory = Directory::new();
    File::create(directory.join("large")).unwrap().set_len(100_000_000).unwrap();
    let server = Server::start(PROGRAM, &["--workers", "1", "--files", directory.join("").to_str().unwrap()]);
    let mut clients: Vec<_> = (0..20).map(|_| server.client()).collect();
    for client in &mut clients {
        client.send(get("/files/large") + &get("/files/nothing") + &get("/files/"));
        client.up_to(b"\r\n\r\n");
    }
    // A connection and a file each. What else there is, a runtime may open when it first needs it.
    let most = server.descriptors();
    assert!(most >= 40, "{most}");
    for client in clients {
        client.vanish();
    }
    eventually("all descriptors to be closed", || server.descriptors() <= most - 40);
}

#[test]
fn a_directory_that_is_not_there_is_told_at_the_start() {
    let arguments = ["--addr", "127.0.0.1:0", "--files", "/nothing/there"];
    let output = Command::new(PROGRAM).args(arguments).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let words = "the directory \"/nothing/there\" cannot be served: it does not exist";
    assert!(!output.status.success() && said.contains(words), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}
