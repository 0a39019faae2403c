//! What is not passed on: requests that could be read in two ways, and responses that are none.

use std::{
    net::{TcpListener, TcpStream},
    process::Command,
    thread,
    time::Duration,
};

use tests::{
    client::{Client, eventually},
    process::{Server, get},
    reply::{self, To},
};

use crate::{
    DATE, before,
    upstream::{Busy, Upstream, a_while, read_request},
};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn nothing_of_a_refused_request_reaches_the_upstream() {
    let upstream = Upstream::answering(OK);
    let proxy = before(&upstream, &[]);
    let framed = |fields: &str, content: &str| format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n{content}");
    let smuggled = "0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n";
    let many_options = format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: {}\r\n\r\n", "a,".repeat(40));
    let too_large = format!("GET / HTTP/1.1\r\nHost: a\r\nA: {}\r\n\r\n", "x".repeat(16_384));
    let too_many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "A: b\r\n".repeat(100));
    let cases = [
        (framed("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", smuggled), 400),
        (framed("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", smuggled), 400),
        (framed("Content-Length: 6\r\nContent-Length: 0\r\n", smuggled), 400),
        (framed("Content-Length: 6\r\ncontent-length: 6\r\n", smuggled), 400),
        (framed("Content-Length: 6, 6\r\n", smuggled), 400),
        (framed("Content-Length: +6\r\n", smuggled), 400),
        (framed("Content-Length: 0x6\r\n", smuggled), 400),
        (framed("Content-Length: \r\n", smuggled), 400),
        (framed("Content-Length: 18446744073709551616\r\n", smuggled), 400),
        (framed("Content-Length : 6\r\n", smuggled), 400),
        (framed("Content-Length\t: 6\r\n", smuggled), 400),
        (framed("Content-Length: 6\n", smuggled), 400),
        (framed("A: b\rContent-Length: 6\r\n", smuggled), 400),
        (framed("A: b\0\r\n", smuggled), 400),
        (framed("Transfer-Encoding: xchunked\r\n", smuggled), 400),
        (framed("Transfer-Encoding: \"chunked\"\r\n", smuggled), 400),
        (framed("Transfer-Encoding: chunked;a=b\r\n", smuggled), 400),
        (framed("Transfer-Encoding: chunked, identity\r\n", smuggled), 400),
        (framed("Transfer-Encoding: identity, chunked\r\n", smuggled), 501),
        (framed("Transfer-Encoding: gzip, chunked\r\n", smuggled), 501),
        (framed("Transfer-Encoding: chunked, chunked\r\n", smuggled), 400),
        (framed("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", smuggled), 400),
        (framed("Transfer-Encoding:\x0bchunked\r\n", smuggled), 400),
        (framed("Transfer-Encoding : chunked\r\n", smuggled), 400),
        (framed(" Transfer-Encoding: chunked\r\n", smuggled), 400),
        (framed("A: b\r\n Transfer-Encoding: chunked\r\n", smuggled), 400),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned() + smuggled, 400),
        ("GET / HTTP/1.1\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n".into(), 400),
        ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n".into(), 400),
        ("GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n".into(), 400),
        ("GET / HTTP/9.9\r\nHost: a\r\n\r\n".into(), 505),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), 505),
        ("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n".into(), 501),
        ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n".into(), 501),
        ("OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n".into(), 204),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n".into(), 417),
        ("GET / HT".into(), 400),
        (many_options, 400),
        (too_large, 431),
        (too_many, 431),
        // Known to be too long before any of it is read.
        (framed("Content-Length: 99999999999\r\n", ""), 413),
    ];
    for (sent, status) in &cases {
        let mut client = proxy.client();
        client.try_send(sent);
        let replies = reply::all(&client.end().rest(), |_| To::Other);
        let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        assert_eq!(statuses, [*status], "{}", sent.escape_debug());
    }
    a_while();
    assert_eq!(upstream.connections(), 0);
    // All the while it serves those who are right.
    assert_eq!(proxy.client().send(get("/")).reply().text(), "ok");
}

#[test]
fn content_that_breaks_off_or_is_none_is_never_made_to_look_whole() {
    for (content, status) in [
        ("5\r\nhello\r\n", 400),
        ("5\r\nhello!\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("5\r\nhello\r\n0x0\r\n\r\n", 400),
        ("5\r\nhello\r\n0\r\nA: b\nC: d\r\n\r\n", 400),
        ("5\r\nhello\r\n0\r\n", 400),
        ("5\r\nhello\r\nfffffffffffffffff\r\n", 400),
        ("5\r\nhello\r\n7fffffff\r\n", 413),
    ] {
        let upstream = Upstream::answering(OK);
        let proxy = before(&upstream, &[]);
        let mut client = proxy.client();
        client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").send(content);
        let replies = reply::all(&client.end().rest(), |_| To::Other);
        assert_eq!(replies.iter().map(|reply| reply.status).collect::<Vec<_>>(), [status], "{content:?}");
        let received = &upstream.received(1)[0];
        assert!(!received.contains("0\r\n\r\n") && !received.contains("admin"), "{content:?}: {received}");
    }
    let upstream = Upstream::answering(OK);
    let proxy = before(&upstream, &[]);
    let mut client = proxy.client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nhello");
    assert_eq!(client.end().reply().status, 400);
    assert!(upstream.received(1)[0].ends_with("Content-Length: 6\r\nConnection: close\r\n\r\nhello"));
}

#[test]
fn what_is_no_response_is_answered_502() {
    let interims = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(17) + OK;
    let too_large = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(16_384));
    let many_options = format!("HTTP/1.1 200 OK\r\nConnection: {}\r\n\r\n", "a,".repeat(40));
    for answer in [
        "",
        "HTTP/1.1 200 O",
        "HTTP/1.1 200 OK\r\n",
        "hello, how are you\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        "HTTP/1.1 205 Reset Content\r\n\r\nok",
        "HTTP/1.1 099 What\r\n\r\n",
        &interims,
        &too_large,
        &many_options,
    ] {
        let upstream = Upstream::answering(answer);
        let proxy = before(&upstream, &[]);
        let mut client = proxy.client();
        client.send(get("/")).end();
        let replies = reply::all(&client.rest(), |_| To::Other);
        let last = replies.last().unwrap();
        assert_eq!((last.status, last.text()), (502, ""), "{}", answer.escape_debug());
        assert!(replies[..replies.len() - 1].iter().all(|reply| reply.status == 103));
    }
}

#[test]
fn a_response_that_breaks_off_is_seen_to() {
    for answer in [
        "Content-Length: 5\r\n\r\nhel",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
        "Transfer-Encoding: chunked\r\n\r\n3\r\nhelp\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\nA: b\n",
    ] {
        let upstream = Upstream::answering(format!("HTTP/1.1 200 OK\r\n{DATE}{answer}"));
        let proxy = before(&upstream, &[]);
        assert!(proxy.client().send(get("/")).is_reset(), "{answer:?}");
        let mut client = proxy.client();
        let received = client.send(get("/")).rest();
        assert!(!received.ends_with(b"0\r\n\r\n"), "{}", received.escape_ascii());
        // To a client of the first version the end of the connection is that of the content: it must not look like one.
        assert!(proxy.client().send("GET / HTTP/1.0\r\n\r\n").is_reset(), "{answer:?}");
    }
}

/// A scope means something on one machine alone. With such an upstream each request without Host was told to be too large.
#[test]
fn an_upstream_whose_address_no_request_can_name_is_refused_at_the_start() {
    // It does not start in either case.
    let arguments = ["--upstream", "[fe80::1%2]:80", "--upstream-timeout", "soon"];
    let output = Command::new(env!("CARGO_BIN_EXE_proxy")).args(arguments).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("no request can name"), "{said}");
}

#[test]
fn an_upstream_that_is_not_there_is_answered_502_and_one_that_is_silent_504() {
    // A port that nobody has any more.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let proxy = Server::start(env!("CARGO_BIN_EXE_proxy"), &["--upstream", &address]);
    let mut client = proxy.client();
    assert_eq!(client.send(get("/")).reply().status, 502);
    // The connection is none the worse for it.
    let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    assert_eq!(client.send(post).reply().status, 502);
    assert_eq!(client.send(get("/")).reply().status, 502);

    let silent = Upstream::doing(|stream, received| {
        read_request(stream, received);
        crate::upstream::read_until(stream, received, |_| None);
    });
    let proxy = before(&silent, &["--upstream-timeout", "0.3"]);
    let mut client = proxy.client();
    assert_eq!(client.send(get("/")).reply().status, 504);
    assert_eq!(client.send(post).reply().status, 504);
    // One that waits for leave waits for the upstream.
    let expecting = post.replace("\r\n\r\nhello", "\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.send(expecting).reply().status, 504);

    let stalling = Upstream::doing(|stream, received| {
        read_request(stream, received);
        std::io::Write::write_all(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel").unwrap();
        crate::upstream::read_until(stream, received, |_| None);
    });
    let proxy = before(&stalling, &["--upstream-timeout", "0.3"]);
    assert!(proxy.client().send(get("/")).is_reset());
}

/// A client went away unnoticed, and each request that it had sent was tried to the end of its time.
#[test]
fn each_request_of_a_pipeline_is_answered_before_the_next_is_tried() {
    let upstream = Busy::new();
    let address = upstream.address.to_string();
    let proxy = Server::start(env!("CARGO_BIN_EXE_proxy"), &["--upstream", &address, "--upstream-timeout", "0.4"]);
    let before = proxy.descriptors();
    let mut client = proxy.client();
    // To try them all takes longer than the client waits.
    client.send(get("/").repeat(100));
    assert_eq!(client.reply().status, 504);
    client.vanish();
    eventually("the client is let go", || proxy.descriptors() == before);
}

/// What was refused was answered without looking whether there is room, and the connection cut when there was none.
#[test]
fn however_many_requests_are_refused_all_are_answered() {
    let upstream = Upstream::answering(OK);
    let proxy = before(&upstream, &[]);
    let mut client = proxy.client();
    let (request, times) = ("TRACE / HTTP/1.1\r\nHost:a\r\n\r\n", 585);
    client.send(request.repeat(times)).end();
    let replies = reply::all(&client.rest(), |_| To::Other);
    assert!(replies.iter().all(|reply| reply.status == 501));
    assert_eq!(replies.len(), times);

    // Nobody reads: it takes no more than it can answer, and goes on when somebody does.
    let stream = TcpStream::connect(proxy.address()).unwrap();
    rustix::net::sockopt::set_socket_recv_buffer_size(&stream, 1 << 14).unwrap();
    let mut client = Client::over(stream);
    let mut sender = client.try_clone();
    // The replies are more than what the sockets hold.
    let times = 100_000;
    let sending = thread::spawn(move || {
        sender.send(request.repeat(times)).end();
    });
    thread::sleep(Duration::from_secs(1));
    let replies = String::from_utf8(client.rest()).unwrap();
    assert_eq!(replies.matches("HTTP/1.1 501 Not Implemented\r\n").count(), times);
    sending.join().unwrap();
}
