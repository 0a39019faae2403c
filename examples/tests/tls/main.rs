//! The TLS example as a process.

mod client;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use futures_rustls::rustls::version::{TLS12, TLS13};
use rustix::process::Signal;
use sha2::{Digest, Sha256};
use tests::{
    client::eventually,
    process::{Directory, Server, get},
    reply::{self, To},
};

use crate::client::{Client, End, config, tcp};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tls");

/// A server with a certificate that it makes itself.
struct Tls {
    server: Server,
    directory: Directory,
}

impl Tls {
    fn start(more: &[&str]) -> Self {
        let directory = Directory::new();
        let certificate = directory.join("certificate");
        let arguments = ["--workers", "1", "--write-certificate", certificate.to_str().unwrap()];
        Self { server: Server::start(PROGRAM, &[&arguments, more].concat()), directory }
    }

    fn client(&self) -> Client {
        Client::connect(self.server.address(), &self.directory.join("certificate"))
    }

    /// A client that speaks no TLS.
    fn tcp(&self) -> TcpStream {
        tcp(self.server.address())
    }

    /// Whether others are served.
    fn answers(&self) -> bool {
        self.client().send(get("/")).reply().text() == "Hello, World!"
    }
}

/// What comes up to the end of a connection, however that ends.
fn rest(mut socket: TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    let ended = socket.read_to_end(&mut rest);
    let late = |error: &std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
    assert!(!ended.as_ref().is_err_and(late), "no end in time: {ended:?}");
    rest
}

/// The beginning of what a client says first, which it has more of.
fn half_a_hello() -> Vec<u8> {
    [&[22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[7; 40]].concat()
}

#[test]
fn both_versions_and_all_names_are_served() {
    let tls = Tls::start(&[]);
    assert!(tls.server.banner.starts_with("pronto on https://127.0.0.1:"), "{}", tls.server.banner);
    for version in [&TLS12, &TLS13] {
        for name in ["localhost", "127.0.0.1", "::1"] {
            let config = config(&tls.directory.join("certificate"), version);
            let mut client = Client::connect_with(tls.server.address(), config, name);
            let reply = client.send(get("/")).reply();
            assert_eq!((reply.status, reply.text()), (200, "Hello, World!"));
            assert_eq!(client.session().protocol_version(), Some(version.version));
            assert_eq!(client.session().alpn_protocol(), Some(&b"http/1.1"[..]));
            // The address is that of the socket.
            assert!(client.send(get("/peer")).reply().text().starts_with("127.0.0.1:"));
            assert_eq!(client.send(get("https://localhost/")).reply().text(), "Hello, World!");
        }
    }
}

#[test]
fn a_client_for_other_protocols_is_told_so() {
    let tls = Tls::start(&[]);
    let mut config = config(&tls.directory.join("certificate"), &TLS13);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let error = Client::connect_with(tls.server.address(), config.clone(), "localhost").shake_hands().unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
    // One that does not say which is one for HTTP/1.
    for protocols in [vec![], vec![b"http/1.0".to_vec()], vec![b"h2".to_vec(), b"http/1.1".to_vec()]] {
        config.alpn_protocols = protocols.clone();
        let mut client = Client::connect_with(tls.server.address(), config.clone(), "localhost");
        assert_eq!(client.send(get("/")).reply().text(), "Hello, World!");
        assert_eq!(client.session().alpn_protocol(), protocols.last().map(Vec::as_slice));
    }
}

#[test]
fn requests_of_one_record_are_all_answered_in_order() {
    let tls = Tls::start(&[]);
    let mut client = tls.client();
    let names: Vec<_> = (0..100).map(|number| format!("n{number}")).collect();
    let mut requests: String = names.iter().map(|name| get(&format!("/hello/{name}"))).collect();
    requests.insert_str(0, &get("/sleep/50"));
    client.send(requests);
    assert_eq!(client.reply().text(), "slept");
    for name in names {
        assert_eq!(client.reply().text(), name);
    }
}

#[test]
fn large_replies_arrive_whole() {
    let files = Directory::new();
    let content: Vec<u8> = (0..3_000_000_u32).map(|number| (number / 3) as u8).collect();
    fs::write(files.join("file"), &content).unwrap();
    let tls = Tls::start(&["--files", files.join(".").to_str().unwrap()]);
    let mut client = tls.client();
    // One whose length is known, a stream, and a file, one behind the other.
    client.send(get("/bytes/5000000") + &get("/download/10000000") + &get("/files/file") + &get("/"));
    for length in [5_000_000, 10_000_000] {
        let reply = client.reply();
        assert!(reply.content.len() == length && reply.content.iter().all(|octet| *octet == b'x'), "{length}");
    }
    assert!(client.reply().content == content);
    assert_eq!(client.reply().text(), "Hello, World!");
}

#[test]
fn large_uploads_arrive_whole() {
    let tls = Tls::start(&[]);
    let mut client = tls.client();
    let content: Vec<u8> = (0..8_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let digest: String = Sha256::digest(&content).iter().map(|octet| format!("{octet:02x}")).collect();
    let head = |framing: &str| format!("PUT /upload HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n");
    client.send(head("Content-Length: 8000000")).send(&content);
    assert_eq!(client.reply().text(), format!("8000000 {digest}\n"));
    client.send(head("Transfer-Encoding: chunked"));
    for chunk in content.chunks(100_000) {
        client.send([format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    }
    client.send("0\r\n\r\n");
    assert_eq!(client.reply().text(), format!("8000000 {digest}\n"));
}

#[test]
fn a_client_that_has_said_goodbye_still_gets_its_replies() {
    let tls = Tls::start(&[]);
    let mut client = tls.client();
    let (replies, end) = client.send(get("/sleep/100") + &get("/bytes/1000000") + &get("/")).end().rest();
    let lengths: Vec<_> = reply::all(&replies, |_| To::Other).iter().map(|reply| reply.content.len()).collect();
    assert_eq!((&lengths[..], end), (&[5, 1_000_000, 13][..], End::Told));
}

#[test]
fn every_end_is_told_except_one_that_cuts() {
    let tls = Tls::start(&["--idle-timeout", "0.3", "--write-timeout", "0.3"]);
    let close = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let old = "GET /download/3000000 HTTP/1.0\r\n\r\n";
    let wrong = "nonsense\r\n\r\n";
    let idle = &get("/");
    for (request, least) in [(close, 100), (old, 3_000_000), (wrong, 100), (idle, 100)] {
        let (octets, end) = tls.client().send(request).rest();
        assert!(octets.len() > least, "{request}: {}", octets.escape_ascii());
        assert_eq!(end, End::Told, "{request}");
    }
    // Who does not take a reply must not take its beginning for all of it.
    let mut client = tls.client();
    client.send("GET /download/100000000 HTTP/1.0\r\n\r\n");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(client.rest().1, End::Cut);
}

#[test]
fn what_is_not_tls_ends_quickly_and_harms_nobody() {
    let tls = Tls::start(&["--handshake-timeout", "60"]);
    let mut kept = tls.client();
    assert_eq!(kept.send(get("/")).reply().status, 200);
    let before = tls.server.descriptors();
    for octets in [get("/").as_bytes(), b"\x16\x03\x01\xff\xff", &[0; 100_000], "SSH-2.0-x\r\n".as_bytes()] {
        let mut socket = tls.tcp();
        // It may hang up before it has read all.
        let _sent = socket.write_all(octets);
        let answer = rest(socket);
        assert!(answer.is_empty() || answer[0] == 21, "an alert or nothing, not {}", answer.escape_ascii());
    }
    for octets in [&[][..], &half_a_hello()] {
        // These are gone before the server has said a word.
        tls.tcp().write_all(octets).unwrap();
    }
    eventually("all are gone", || tls.server.descriptors() == before);
    assert_eq!(kept.send(get("/")).reply().status, 200);
    assert!(tls.answers());
}

#[test]
fn a_silent_client_is_dropped_when_the_time_for_a_handshake_is_over() {
    let tls = Tls::start(&["--handshake-timeout", "1"]);
    for octets in [&[][..], &half_a_hello()] {
        let start = Instant::now();
        let mut socket = tls.tcp();
        socket.write_all(octets).unwrap();
        assert_eq!(rest(socket), b"");
        let took = start.elapsed();
        assert!(took > Duration::from_millis(900) && took < Duration::from_secs(10), "{took:?}");
    }
    // One that has shaken hands is bound by other times.
    let mut client = tls.client();
    client.shake_hands().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(client.send(get("/")).reply().status, 200);
}

#[test]
fn silent_clients_do_not_keep_others_from_shaking_hands() {
    let tls = Tls::start(&["--handshake-timeout", "60", "--max-handshakes", "3"]);
    let mut done = tls.client();
    assert_eq!(done.send(get("/")).reply().status, 200);
    let before = tls.server.descriptors();
    let silent: Vec<_> = (0..10).map(|_| tls.tcp()).collect();
    // The oldest are given up.
    eventually("three are left", || tls.server.descriptors() == before + 3);
    assert!(tls.answers());
    assert_eq!(done.send(get("/")).reply().status, 200);
    drop(silent);
}

#[test]
fn a_server_that_ends_answers_what_is_owed_and_waits_for_no_handshake() {
    let tls = Tls::start(&["--handshake-timeout", "60", "--drain-limit", "15"]);
    let mut idle = tls.client();
    assert_eq!(idle.send(get("/")).reply().status, 200);
    let (silent, mut busy) = (tls.tcp(), tls.client());
    busy.send(get("/") + &get("/sleep/500") + &get("/bytes/1000000"));
    assert_eq!(busy.reply().status, 200);
    let start = Instant::now();
    tls.server.signal(Signal::TERM);
    let (replies, end) = busy.rest();
    let lengths: Vec<_> = reply::all(&replies, |_| To::Other).iter().map(|reply| reply.content.len()).collect();
    assert_eq!((&lengths[..], end), (&[5, 1_000_000][..], End::Told));
    assert_eq!(idle.rest(), (vec![], End::Told));
    assert_eq!(rest(silent), b"");
    drop((busy, idle));
    let mut server = tls.server;
    assert_eq!(server.wait().code(), Some(0), "{}", server.said());
    assert!(start.elapsed() < Duration::from_secs(10) && !server.said().contains("cut"), "{}", server.said());
}

/// Writes a certificate and its key, as somebody who signs them would give them to us.
fn write_identity(directory: &Path, name: &str) {
    let identity = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    fs::write(directory.join("certificate"), identity.cert.pem()).unwrap();
    fs::write(directory.join("key"), identity.signing_key.serialize_pem()).unwrap();
}

#[test]
fn a_successor_has_the_certificate_that_is_there_by_then() {
    let directory = Directory::new();
    let (certificate, key) = (directory.join("certificate"), directory.join("key"));
    let connect =
        |server: &Server, name: &str| Client::connect_with(server.address(), config(&certificate, &TLS13), name);
    write_identity(&directory.join("."), "old.example");
    let arguments = ["--workers", "1", "--addr", "127.0.0.1:0"];
    let mut server = Server::run(
        Command::new(PROGRAM).args(arguments).arg("--certificate").arg(&certificate).arg("--key").arg(&key),
    );
    let mut old = connect(&server, "old.example");
    assert_eq!(old.send(get("/")).reply().status, 200);
    write_identity(&directory.join("."), "new.example");
    let error = connect(&server, "new.example").shake_hands().unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    server.signal(Signal::HUP);
    assert_eq!(server.wait().code(), Some(0), "{}", server.said());
    assert_eq!(connect(&server, "new.example").send(get("/")).reply().text(), "Hello, World!");
}

#[test]
fn a_wrong_start_is_told_in_words() {
    let directory = Directory::new();
    write_identity(&directory.join("."), "localhost");
    let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
    let (certificate, key, missing) = (&*path("certificate"), &*path("key"), &*path("missing"));
    let nowhere = &*path("missing/certificate");
    fs::write(path("empty"), "").unwrap();
    let other = rcgen::KeyPair::generate().unwrap();
    fs::write(path("other"), other.serialize_pem()).unwrap();
    let cases: [(&[&str], &str); 7] = [
        (&["--certificate", certificate], "--key"),
        (&["--certificate", missing, "--key", key], "missing: "),
        (&["--certificate", certificate, "--key", certificate], "certificate: "),
        (&["--certificate", &path("empty"), "--key", key], "certificate and key can't be used: "),
        (&["--certificate", certificate, "--key", &path("other")], "certificate and key can't be used: "),
        (&["--write-certificate", nowhere], "missing/certificate: "),
        (&["--proxy-protocol"], "let the proxy speak TLS"),
    ];
    for (arguments, words) in cases {
        let output = Command::new(PROGRAM).args(["--addr", "127.0.0.1:0"]).args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(words), "{arguments:?}: {said}");
    }
}
