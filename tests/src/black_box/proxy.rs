//! Servers behind a proxy that says who its clients are.

use std::time::Duration;

use pronto::connection::Config;
use pronto_host::{App, OwnedRequest, Reply, Request};

use super::{Runtime, get};
use crate::client::Client;

fn app() -> App {
    fn shown(peer: Option<std::net::SocketAddr>) -> String {
        peer.map_or_else(|| "nobody".to_owned(), |peer| peer.to_string())
    }
    App::new()
        .get("/sync", |request: &Request<'_>, reply: Reply<'_>| reply.text(&shown(request.peer())))
        .get("/async", async |request: OwnedRequest| shown(request.peer()))
}

/// A header of the PROXY protocol with these octets from the thirteenth on.
fn header(rest: &[u8]) -> Vec<u8> {
    [b"\r\n\r\n\0\r\nQUIT\n", rest].concat()
}

const V4: &[u8] = b"\x21\x11\0\x0c\xc0\0\x02\x01\x7f\0\0\x01\xd4\x31\0\x50";
const V6_WITH_MORE: &[u8] = b"\x21\x21\0\x29\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01\0\0\x50\x04\0\x02\0\0";

/// At once with a pipeline, and octet by octet.
pub fn the_peer_is_who_the_proxy_says<R: Runtime>() {
    let server = R::start_behind_proxy(app(), Config::new());
    let requests = [get("/sync"), get("/async"), get("/sync")].concat();
    let cases = [
        (V4, Some("192.0.2.1:54321")),
        (V6_WITH_MORE, Some("[2001:db8::7]:256")),
        (b"\x21\0\0\0", Some("nobody")),
        (b"\x20\0\0\0", None),
    ];
    for (rest, peer) in cases {
        let header = header(rest);
        for drips in [false, true] {
            let mut client = Client::connect(server.address());
            let own = client.local_address().to_string();
            if drips {
                for octet in &header {
                    client.send([*octet]);
                    std::thread::sleep(Duration::from_micros(200));
                }
                client.send(&requests);
            } else {
                client.send([&header, requests.as_bytes()].concat());
            }
            for _ in 0..3 {
                assert_eq!(client.reply().text(), peer.unwrap_or(&own), "{rest:02x?}");
            }
            // There is one header, and what looks like another is no request.
            client.send(&header);
            assert_eq!(client.reply().status, 400);
        }
    }
    server.stop();
}

/// Nothing is answered: it may be somebody who goes around the proxy.
pub fn a_connection_without_the_header_of_a_proxy_is_cut<R: Runtime>() {
    let mut config = Config::new();
    config.timeouts.idle = Some(Duration::from_millis(300));
    let server = R::start_behind_proxy(app(), config);
    let text = "PROXY TCP4 192.0.2.1 127.0.0.1 54321 80\r\n".to_owned() + &get("/sync");
    let broken = header(b"\x21\x11\0\x0b123456789ab");
    for octets in [get("/sync").as_bytes(), text.as_bytes(), &broken, b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
        let mut client = Client::connect(server.address());
        client.try_send(octets);
        assert_eq!(client.rest(), b"", "{}", octets.escape_ascii());
    }
    // One that never comes, and one whose sender ends before it is whole.
    for octets in [&b""[..], &header(V4)[..20]] {
        let mut client = Client::connect(server.address());
        client.try_send(octets);
        assert_eq!(client.rest(), b"", "in time");
        let mut client = Client::connect(server.address());
        client.try_send(octets);
        client.end();
        assert_eq!(client.rest(), b"");
    }
    server.stop();
}
