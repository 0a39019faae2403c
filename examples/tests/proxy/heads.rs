//! What becomes of messages on their way, to the octet.

use std::io::Write;

use tests::{client::Client, reply::To};

use crate::{
    DATE, before,
    upstream::{Upstream, read_request},
};

const OK: &str = "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 2\r\n\r\nok";

/// What the proxy adds to a request, up to the framing.
const ADDED: &str = "Via: 1.1 pronto-proxy\r\nForwarded: for=127.0.0.1;proto=http\r\nX-Forwarded-For: 127.0.0.1\r\n";

#[test]
fn requests_are_written_anew_from_what_was_understood() {
    let cases: &[(&str, &str, &str)] = &[
        ("GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?b HTTP/1.1\r\nHost: h\r\n", "Connection: close\r\n\r\n"),
        // The authority of the target is the host (RFC 9112 3.2.2).
        (
            "GET http://x:8/a HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: x:8\r\n",
            "Connection: close\r\n\r\n",
        ),
        ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: h\r\n", "Connection: close\r\n\r\n"),
        (
            "OPTIONS / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 7\r\n\r\n",
            "OPTIONS / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 6\r\n",
            "Connection: close\r\n\r\n",
        ),
        // What is for this connection stays here; what others say of the client is not believed.
        (
            "GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nConnection: keep-alive, X-Hop ,te\r\nKeep-Alive: 5\r\nx-hop: 2\r\nTE: trailers\r\n\
             Proxy-Authorization: p\r\nProxy-Connection: close\r\nTrailer: a\r\nUpgrade: h2c\r\nForwarded: for=evil\r\n\
             X-Forwarded-For: evil\r\nx-forwarded-host: evil\r\nX-Real-IP: evil\r\na: 3\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\na: 3\r\n",
            "Connection: close\r\n\r\n",
        ),
        // Nor is it where `_` stands for `-`: to many an upstream the two are one name.
        (
            "POST / HTTP/1.1\r\nHost: h\r\nX_Forwarded_For: evil\r\nx_forwarded-Proto: evil\r\nX-Real_IP: evil\r\n\
             Content_Length: 9\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\na_b: 1\r\n\r\nhello",
            "POST / HTTP/1.1\r\nHost: h\r\na_b: 1\r\n",
            "Content-Length: 5\r\nConnection: close\r\n\r\nhello",
        ),
        // Nobody takes away the framing, or what the proxy says, by naming it.
        (
            "POST / HTTP/1.1\r\nHost: h\r\nConnection: host, content-length, via, x-forwarded-for\r\nContent-Length: 5\r\n\r\nhello",
            "POST / HTTP/1.1\r\nHost: h\r\n",
            "Content-Length: 5\r\nConnection: close\r\n\r\nhello",
        ),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\n",
            "Content-Length: 0\r\nConnection: close\r\n\r\n",
        ),
        // Chunks are ours: extensions and trailers do not go on.
        (
            "PUT / HTTP/1.1\r\nHost: h\r\ntransfer-ENCODING: Chunked\r\n\r\n005;a=\"0\"\r\nhello\r\n1\r\n!\r\n00\r\nContent-Length: 5\r\n\r\n",
            "PUT / HTTP/1.1\r\nHost: h\r\n",
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
        ),
        // Content that looks like a request is content.
        (
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 35\r\n\r\nGET /admin HTTP/1.1\r\nHost: evil\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\n",
            "Content-Length: 35\r\nConnection: close\r\n\r\nGET /admin HTTP/1.1\r\nHost: evil\r\n\r\n",
        ),
    ];
    for (sent, start, end) in cases {
        let upstream = Upstream::answering(OK);
        let proxy = before(&upstream, &[]);
        let mut client = proxy.client();
        assert_eq!(client.send(sent).reply().text(), "ok", "{sent:?}");
        assert_eq!(upstream.received(1), [[start, ADDED, end].concat()], "{sent:?}");
        // Octet by octet it is the same, but for how chunks are cut.
        if !end.contains("chunked") {
            for octet in sent.bytes() {
                client.send([octet]);
            }
            assert_eq!(client.reply().text(), "ok");
            assert_eq!(upstream.received(2)[1], [start, ADDED, end].concat(), "{sent:?}");
        }
    }
}

#[test]
fn a_request_of_the_first_version_goes_on_in_ours() {
    let upstream = Upstream::answering(OK);
    let proxy = before(&upstream, &[]);
    let mut client = proxy.client();
    let replied = client.send("GET / HTTP/1.0\r\n\r\n").rest();
    assert!(replied.ends_with(b"Connection: close\r\n\r\nok"), "{}", replied.escape_ascii());
    let expected = format!("GET / HTTP/1.1\r\nHost: {}\r\n{ADDED}Connection: close\r\n\r\n", upstream.address);
    assert_eq!(upstream.received(1), [expected.replace("Via: 1.1", "Via: 1.0")]);
}

#[test]
fn responses_are_written_anew_from_what_was_understood() {
    let via = "Via: 1.1 pronto-proxy\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    let cases: Vec<(&str, String, String)> = vec![
        (
            "GET",
            format!(
                "HTTP/1.1 200 Fine\r\n{DATE}Server: s\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok, and too much"
            ),
            format!(
                "HTTP/1.1 200 OK\r\n{DATE}Server: s\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n{via}Content-Length: 2\r\n\r\nok"
            ),
        ),
        (
            "GET",
            format!(
                "HTTP/1.1 200 OK\r\n{DATE}Connection: x, close\r\nX: y\r\nKeep-Alive: 5\r\nProxy-Authenticate: p\r\n{chunked}\r\n2;a\r\nok\r\n0\r\nA: b\r\n\r\n"
            ),
            format!("HTTP/1.1 200 OK\r\n{DATE}{via}{chunked}\r\n2\r\nok\r\n0\r\n\r\n"),
        ),
        // Until it closes: in chunks, so that the end is told.
        (
            "GET",
            format!("HTTP/1.0 200 OK\r\n{DATE}\r\nok"),
            format!("HTTP/1.1 200 OK\r\n{DATE}{}{chunked}\r\n2\r\nok\r\n0\r\n\r\n", via.replace("1.1", "1.0")),
        ),
        (
            "GET",
            format!("HTTP/1.1 204 No Content\r\n{DATE}\r\n"),
            format!("HTTP/1.1 204 No Content\r\n{DATE}{via}\r\n"),
        ),
        // One that asks for a form to be cleared has no content, however it says so.
        (
            "POST",
            format!("HTTP/1.1 205 Reset Content\r\n{DATE}Content-Length: 0\r\n\r\n"),
            format!("HTTP/1.1 205 Reset Content\r\n{DATE}{via}Content-Length: 0\r\n\r\n"),
        ),
        (
            "POST",
            format!("HTTP/1.1 205 Reset Content\r\n{DATE}{chunked}A: b\r\n\r\n0;a\r\nB: c\r\n\r\n"),
            format!("HTTP/1.1 205 Reset Content\r\n{DATE}A: b\r\n{via}Content-Length: 0\r\n\r\n"),
        ),
        (
            "POST",
            format!("HTTP/1.1 205 Reset Content\r\n{DATE}\r\n"),
            format!("HTTP/1.1 205 Reset Content\r\n{DATE}{via}Content-Length: 0\r\n\r\n"),
        ),
        (
            "HEAD",
            format!("HTTP/1.1 205 Reset Content\r\n{DATE}{chunked}\r\n"),
            format!("HTTP/1.1 205 Reset Content\r\n{DATE}{via}Content-Length: 0\r\n\r\n"),
        ),
        (
            "GET",
            format!("HTTP/1.1 304 Not Modified\r\n{DATE}Content-Length: 9\r\nETag: e\r\n\r\n"),
            format!("HTTP/1.1 304 Not Modified\r\n{DATE}ETag: e\r\n{via}\r\n"),
        ),
        (
            "HEAD",
            format!("HTTP/1.1 200 OK\r\n{DATE}Content-Length: 9\r\n\r\n"),
            format!("HTTP/1.1 200 OK\r\n{DATE}{via}Content-Length: 9\r\n\r\n"),
        ),
        (
            "HEAD",
            format!("HTTP/1.1 200 OK\r\n{DATE}{chunked}\r\n"),
            format!("HTTP/1.1 200 OK\r\n{DATE}{via}{chunked}\r\n"),
        ),
        ("HEAD", format!("HTTP/1.1 200 OK\r\n{DATE}\r\n"), format!("HTTP/1.1 200 OK\r\n{DATE}{via}{chunked}\r\n")),
        // Interim ones come before.
        (
            "GET",
            format!(
                "HTTP/1.1 103 Early Hints\r\nLink: l\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n{DATE}Content-Length: 0\r\n\r\n"
            ),
            format!(
                "HTTP/1.1 103 Early Hints\r\nLink: l\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n{DATE}{via}Content-Length: 0\r\n\r\n"
            ),
        ),
    ];
    for (method, answer, expected) in cases {
        let request = format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n");
        let upstream = Upstream::answering(answer.clone());
        let proxy = before(&upstream, &[]);
        let mut client = proxy.client();
        let replied = client.send(&request).send(&request).end().rest();
        assert_eq!(replied.escape_ascii().to_string(), expected.repeat(2).escape_default().to_string(), "{answer:?}");
        // The same, however it comes.
        let upstream = Upstream::doing(move |stream, received| {
            read_request(stream, received);
            stream.set_nodelay(true).unwrap();
            let _gone = answer.bytes().try_for_each(|octet| stream.write_all(&[octet]));
        });
        let proxy = before(&upstream, &[]);
        let replied = proxy.client().send(&request).end().rest();
        if expected.contains("chunked\r\n\r\n2") {
            assert!(replied.ends_with(b"0\r\n\r\n"), "{}", replied.escape_ascii());
        } else {
            assert_eq!(replied.escape_ascii().to_string(), expected.escape_default().to_string());
        }
    }
}

#[test]
fn a_client_of_the_first_version_gets_neither_chunks_nor_interim_responses() {
    let upstream = Upstream::answering(format!(
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n{DATE}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    ));
    let proxy = before(&upstream, &[]);
    let replied = proxy.client().send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").rest();
    let expected = format!("HTTP/1.1 200 OK\r\n{DATE}Via: 1.1 pronto-proxy\r\nConnection: close\r\n\r\nok");
    assert_eq!(String::from_utf8(replied).unwrap(), expected);
}

#[test]
fn a_date_is_added_where_there_is_none() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let proxy = before(&upstream, &[]);
    let reply = proxy.client().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").reply();
    assert!(reply.field("date").is_some_and(|date| date.ends_with(" GMT")));
    assert_eq!(reply.field("server"), None);
}

#[test]
fn pipelined_requests_are_passed_on_one_after_the_other() {
    let upstream = Upstream::doing(|stream, received| {
        read_request(stream, received);
        let target = String::from_utf8(received.clone()).unwrap().split(' ').nth(1).unwrap().to_owned();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{target}", target.len()).unwrap();
    });
    let proxy = before(&upstream, &[]);
    let mut client = proxy.client();
    let request = |number: usize| match number % 2 {
        0 => format!("GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n"),
        _ => format!("POST /{number} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    };
    client.send((0..50).map(request).collect::<String>());
    for number in 0..50 {
        assert_eq!(client.reply().text(), format!("/{number}"));
    }
    assert_eq!(upstream.received(50).len(), 50);
}

#[test]
fn leave_to_send_is_the_upstreams_to_give() {
    let expecting = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    let upstream = Upstream::doing(|stream, received| {
        crate::upstream::read_until(stream, received, |octets| crate::upstream::position(octets, b"\r\n\r\n"));
        assert!(String::from_utf8(received.clone()).unwrap().contains("Expect: 100-continue\r\n"));
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
        read_request(stream, received);
        stream.write_all(OK.as_bytes()).unwrap();
    });
    let proxy = before(&upstream, &[]);
    let mut client = proxy.client();
    assert_eq!(client.send(expecting).reply().status, 100);
    assert_eq!(client.send("hello").reply().text(), "ok");
    assert!(upstream.received(1)[0].ends_with("\r\n\r\nhello"));

    // Without leave there is an answer, and nothing comes behind it.
    let refusing = Upstream::doing(|stream, received| {
        crate::upstream::read_until(stream, received, |octets| crate::upstream::position(octets, b"\r\n\r\n"));
        stream.write_all(format!("HTTP/1.1 403 Forbidden\r\n{DATE}Content-Length: 0\r\n\r\n").as_bytes()).unwrap();
    });
    let proxy = before(&refusing, &[]);
    let mut client: Client = proxy.client();
    let reply = client.send(expecting).reply_to(To::Other);
    assert_eq!((reply.status, reply.field("connection")), (403, Some("close")));
    assert_eq!(client.rest(), b"");
    assert!(refusing.received(1)[0].ends_with("\r\n\r\n"));
}
