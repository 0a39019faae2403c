//! The websocket example as a process, on each runtime.

use std::net::TcpStream;

use async_tungstenite::tungstenite::{
    Bytes, Error, Message, WebSocket,
    protocol::{CloseFrame, frame::coding::CloseCode},
};
use rustix::process::Signal;
use tests::{
    client::{PATIENCE, eventually},
    process::{Server, get},
};

const RUNTIMES: [&str; 2] = ["epoll", "smol"];

/// The handshake of RFC 6455 1.3.
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const UPGRADE: &str = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n";
const VERSION: &str = "Sec-WebSocket-Version: 13\r\n";

fn start(runtime: &str, more: &[&str]) -> Server {
    Server::start(env!("CARGO_BIN_EXE_websocket"), &[&["--runtime", runtime, "--workers", "1"], more].concat())
}

fn handshake(parts: &[&str]) -> String {
    format!("GET /echo HTTP/1.1\r\nHost: a\r\n{}\r\n", parts.concat())
}

/// A WebSocket of somebody else's client.
fn open(server: &Server) -> WebSocket<TcpStream> {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let url = format!("ws://{}/echo", server.address());
    async_tungstenite::tungstenite::client(url, stream).unwrap().0
}

/// A frame as a client sends it, masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat()
}

#[test]
fn messages_come_back() {
    for runtime in RUNTIMES {
        let server = start(runtime, &[]);
        let mut socket = open(&server);
        let messages = [
            Message::text("over and out"),
            Message::text("Grüße"),
            Message::text(""),
            Message::text("x".repeat(100_000)),
            Message::binary((0..=255).cycle().take(1024 * 1024).collect::<Vec<u8>>()),
        ];
        for message in messages {
            socket.send(message.clone()).unwrap();
            assert!(socket.read().unwrap() == message, "{runtime}: {} octets", message.len());
        }
        socket.send(Message::Ping(Bytes::from_static(b"there?"))).unwrap();
        assert_eq!(socket.read().unwrap(), Message::Pong(Bytes::from_static(b"there?")), "{runtime}");
        let leave = CloseFrame { code: CloseCode::Normal, reason: "done".into() };
        socket.close(Some(leave.clone())).unwrap();
        assert_eq!(socket.read().unwrap(), Message::Close(Some(leave)), "{runtime}");
        assert!(matches!(socket.read(), Err(Error::ConnectionClosed)), "{runtime}");
    }
}

#[test]
fn frames_right_behind_the_handshake_are_read() {
    for runtime in RUNTIMES {
        let server = start(runtime, &[]);
        let mut client = server.client();
        let octets = [handshake(&[UPGRADE, KEY, VERSION]).into_bytes(), frame(0x81, b"hi"), frame(0x88, b"")].concat();
        let reply = client.send(octets).reply();
        assert_eq!(
            (reply.status, reply.field("upgrade"), reply.field("connection")),
            (101, Some("websocket"), Some("upgrade"))
        );
        assert_eq!(reply.field("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{runtime}");
        assert_eq!(client.end().rest(), b"\x81\x02hi\x88\x00", "{runtime}");
    }
}

#[test]
fn a_handshake_that_is_none_is_refused_in_words_and_the_connection_stays() {
    let short = "Sec-WebSocket-Key: c2hvcnQ=\r\n";
    let old = "Sec-WebSocket-Version: 8\r\n";
    let other = "Connection: upgrade\r\nUpgrade: h2c\r\n";
    let unnamed = "Upgrade: websocket\r\n";
    let cases: [(&[&str], u16, &str); 8] = [
        (&[], 426, "ask for it"),
        (&[KEY, VERSION], 426, "ask for it"),
        (&[other, KEY, VERSION], 426, "ask for it"),
        (&[unnamed, KEY, VERSION], 426, "ask for it"),
        (&[UPGRADE, KEY], 426, "Version must be 13"),
        (&[UPGRADE, KEY, old], 426, "Version must be 13"),
        (&[UPGRADE, VERSION], 400, "Key must be there once"),
        (&[UPGRADE, short, VERSION], 400, "Key must be there once"),
    ];
    for runtime in RUNTIMES {
        let server = start(runtime, &[]);
        let mut client = server.client();
        for (parts, status, words) in cases {
            let reply = client.send(handshake(parts)).reply();
            assert_eq!(reply.status, status, "{runtime}: {parts:?}");
            assert!(reply.text().contains(words), "{runtime}: {parts:?}: {}", reply.text());
            let offered = (status == 426).then_some("websocket");
            assert_eq!((reply.field("upgrade"), reply.field("connection").is_some()), (offered, offered.is_some()));
        }
        assert_eq!(client.send(get("/")).reply().status, 200, "{runtime}");
        let reply = client.send(handshake(&[UPGRADE, KEY, VERSION])).reply();
        assert_eq!(reply.status, 101, "{runtime}: the same connection can still upgrade");
    }
}

#[test]
fn who_breaks_the_protocol_is_told_so() {
    for runtime in RUNTIMES {
        let server = start(runtime, &[]);
        let too_long = [&[0x82, 0xff][..], &(2_u64 << 20).to_be_bytes(), &[0; 4]].concat();
        let cases = [(too_long, 1009), (frame(0x81, b"\xff"), 1007), (frame(0x83, b""), 1002)];
        for (octets, code) in cases {
            let mut client = server.client();
            assert_eq!(client.send(handshake(&[UPGRADE, KEY, VERSION])).reply().status, 101);
            let answer = client.send(octets).end().rest();
            assert!(answer.len() >= 4 && answer[0] == 0x88, "{runtime}: {}", answer.escape_ascii());
            assert_eq!(u16::from_be_bytes([answer[2], answer[3]]), code, "{runtime}");
        }
    }
}

#[test]
fn nothing_is_kept_of_clients_that_vanish() {
    for runtime in RUNTIMES {
        let server = start(runtime, &[]);
        // By its reply all is there that a server opens once.
        let mut first = server.client();
        assert_eq!(first.send(get("/")).reply().status, 200);
        let before = server.descriptors();
        let mut sockets: Vec<_> = (0..20).map(|_| open(&server)).collect();
        for socket in &mut sockets {
            socket.send(Message::text("hi")).unwrap();
            assert_eq!(socket.read().unwrap(), Message::text("hi"));
        }
        assert!(server.descriptors() >= before + 20, "{runtime}");
        drop(sockets);
        eventually("all descriptors are closed", || server.descriptors() == before);
        // Where a handler were left, so would be its connection: the server would wait for it.
        let (code, said) = server.stop(Signal::TERM);
        assert_eq!((code, said.contains("cut")), (Some(0), false), "{runtime}: {said}");
    }
}

#[test]
fn a_server_that_ends_takes_its_leave() {
    for runtime in RUNTIMES {
        let server = start(runtime, &["--drain-limit", "15"]);
        let mut socket = open(&server);
        socket.send(Message::text("hi")).unwrap();
        assert_eq!(socket.read().unwrap(), Message::text("hi"));
        server.signal(Signal::TERM);
        let leave = CloseFrame { code: CloseCode::Away, reason: "the server ends".into() };
        assert_eq!(socket.read().unwrap(), Message::Close(Some(leave)), "{runtime}");
        // Reading on answers it.
        assert!(matches!(socket.read(), Err(Error::ConnectionClosed)), "{runtime}");
        let mut server = server;
        assert_eq!(server.wait().code(), Some(0), "{runtime}: {}", server.said());
        assert!(!server.said().contains("cut"), "{runtime}: {}", server.said());
    }
}

#[test]
fn a_client_that_does_not_answer_holds_nobody_up_beyond_the_drain_limit() {
    for runtime in RUNTIMES {
        let mut server = start(runtime, &["--drain-limit", "0.5"]);
        let socket = open(&server);
        server.signal(Signal::TERM);
        assert_eq!(server.wait().code(), Some(0), "{runtime}: {}", server.said());
        drop(socket);
    }
}
