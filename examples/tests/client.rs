//! The client example, against servers that are right and servers that are not.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    process::{Command, Output},
    thread::{self, JoinHandle},
    time::Duration,
};

use tests::process::Server;

fn run(address: SocketAddr, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_client")).arg(address.to_string()).args(arguments).output().unwrap()
}

fn said(output: &Output) -> (String, String, bool) {
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.success())
}

/// A server that has this answer to whatever one read brings, and what that was.
fn answering(answer: &'static [u8]) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut received = vec![0; 1 << 16];
        let length = stream.read(&mut received).unwrap();
        received.truncate(length);
        stream.write_all(answer).unwrap();
        received
    });
    (address, server)
}

#[test]
fn requests_leave_in_one_write_and_replies_are_read_in_order() {
    let server = Server::start(env!("CARGO_BIN_EXE_on-std"), &[]);
    assert_eq!(said(&run(server.address(), &["/", "--count", "3"])), ("200 OK, 6 octets\n".repeat(3), "".into(), true));
    assert_eq!(said(&run(server.address(), &["/", "--head"])).0, "200 OK, 0 octets\n".repeat(10));
    let many = said(&run(server.address(), &["/nowhere", "--count", "300"]));
    assert_eq!(many, ("404 Not Found, 0 octets\n".repeat(300), "".into(), true));

    let replies = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc\
        HTTP/1.1 204 No Content\r\n\r\n\
        HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nA: b\r\n\r\n\
        HTTP/1.0 299 Whatever\r\n\r\nuntil it closes";
    let (address, server) = answering(replies);
    let expected = "200 OK, 3 octets\n204 No Content, 0 octets\n200 OK, 5 octets\n299 , 15 octets\n";
    assert_eq!(said(&run(address, &["/a?b", "--count", "4"])), (expected.into(), "".into(), true));
    let one = format!("GET /a?b HTTP/1.1\r\nHost: {address}\r\n\r\n");
    assert_eq!(String::from_utf8(server.join().unwrap()).unwrap(), one.repeat(4));
}

#[test]
fn replies_do_not_depend_on_how_they_are_cut() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        let _length = stream.read(&mut [0; 4096]).unwrap();
        let replies = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc\
            HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nA: b\r\n\r\n";
        for octet in replies {
            stream.write_all(&[*octet]).unwrap();
            thread::sleep(Duration::from_micros(200));
        }
    });
    let expected = "200 OK, 3 octets\n200 OK, 5 octets\n";
    assert_eq!(said(&run(address, &["/", "--count", "2"])), (expected.into(), "".into(), true));
    server.join().unwrap();
}

#[test]
fn a_head_without_end_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut sent = 0;
        stream.write_all(b"HTTP/1.1 200 OK\r\nA: ").unwrap();
        while let Ok(length) = stream.write(&[b'x'; 4096]) {
            sent += length;
        }
        sent
    });
    let (_, words, is_well) = said(&run(address, &["/"]));
    assert!(!is_well && words.contains("the head is too large"), "{words}");
    // What is in the buffers of the sockets, and no more.
    assert!(server.join().unwrap() < 32 << 20);
}

#[test]
fn what_is_no_reply_is_an_error_in_words() {
    for (answer, words) in [
        (&b""[..], "reply 1 of 2: the server closed instead"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "the input ended inside the content"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "the input ended inside the content"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nGARBAGE, AND MORE\r\n\r\n",
            "reply 2 of 2: not a protocol version",
        ),
        (b"HTTP/1.1 200 OK\nContent-Length: 0\n\n", "at octet"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "both Transfer-Encoding and"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "nobody asked for"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "has left 1 of 2 unanswered"),
        (b"HTTP/1.1 200 OK\r\n\r\nall", "has left 1 of 2 unanswered"),
    ] {
        let (address, server) = answering(answer);
        let (_, words_said, is_well) = said(&run(address, &["/", "--count", "2"]));
        assert!(words_said.contains(words) && !is_well, "{}: {words_said}", answer.escape_ascii());
        server.join().unwrap();
    }
}

#[test]
fn requests_that_are_none_or_too_many_are_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    for arguments in [&["a b"][..], &["/\r\nX: y"], &["/", "--count", "5000"]] {
        let (_, words, is_well) = said(&run(address, arguments));
        assert!(!is_well && !words.is_empty(), "{arguments:?}");
    }
    assert!(listener.accept().is_err(), "somebody has connected");
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (_, words, is_well) = said(&run(listener.local_addr().unwrap(), &["/", "--time", "1"]));
    assert!(!is_well && words.contains("reply 1 of 10: timed out"), "{words}");
}
