//! Connections that begin with a header of the PROXY protocol, and a server that drains meanwhile.

use pronto::connection::Config;
use pronto_host::{App, Drain, Reply, Request};
use tests::wire::Wire;

const HEADER: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\x7f\0\0\x01\xd4\x31\0\x50";

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

fn connection() -> Wire {
    let app = App::new().get("/", |request: &Request<'_>, reply: Reply<'_>| {
        reply.text(&request.peer().map_or_else(|| "nobody".to_owned(), |peer| peer.to_string()))
    });
    Wire::behind_proxy(app, Config::new())
}

/// A drain once had the rest of a header taken for a request, and answered whoever sent none.
#[test]
fn a_gentle_drain_still_waits_for_the_header() {
    for sent in [0, 1, 20, HEADER.len()] {
        let mut wire = connection();
        wire.send(&HEADER[..sent]);
        wire.drain(Drain::Gently);
        assert!(!wire.closed, "behind {sent} octets");
        wire.send(&[&HEADER[sent..], REQUEST].concat());
        let received = String::from_utf8(wire.line.received.clone()).unwrap();
        assert!(received.starts_with("HTTP/1.1 200 "), "behind {sent} octets: {received}");
        assert!(received.contains("\r\nConnection: close\r\n") && received.ends_with("192.0.2.1:54321"), "{received}");

        // Further on, what is sent instead would be an address.
        if sent < 12 {
            let mut wire = connection();
            wire.send(&HEADER[..sent]);
            wire.drain(Drain::Gently);
            wire.send(REQUEST);
            assert_eq!((wire.line.received.len(), wire.closed), (0, true), "without a header, behind {sent} octets");
        }
    }
}

#[test]
fn a_drain_ends_a_connection_whose_header_is_not_there() {
    for sent in [0, 1, 20] {
        let mut wire = connection();
        wire.send(&HEADER[..sent]);
        wire.drain(Drain::AtOnce);
        assert!(wire.line.shut, "behind {sent} octets");
        wire.send(&[&HEADER[sent..], REQUEST].concat());
        wire.end();
        assert_eq!((wire.line.received.len(), wire.closed), (0, true), "behind {sent} octets");
    }
}
