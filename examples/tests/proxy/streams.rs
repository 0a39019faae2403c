//! Content of any length in bounded memory, and who waits for whom.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tests::{
    client::{Client, eventually},
    process::{Server, get},
};

use crate::{
    DATE, before,
    upstream::{Busy, Upstream, position, read_request, read_until},
};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Octets that are sent through the proxy, each way.
const MUCH: u64 = 128 << 20;
/// What it may take for them, beyond what it takes for a request of no length.
const LITTLE: u64 = 4 << 20;

/// An upstream that counts the octets of content that come, whatever frames them, and answers when the client has said all.
fn counting(count: Arc<AtomicU64>) -> Upstream {
    Upstream::doing(move |stream, received| {
        let head = read_until(stream, received, |octets| position(octets, b"\r\n\r\n").map(|at| at + 4));
        count.fetch_add((received.len() - head) as u64, Ordering::Relaxed);
        let is_chunked = position(received, b"chunked").is_some();
        let mut last = received.split_off(head);
        let mut buffer = vec![0; 1 << 16];
        while if is_chunked { !last.ends_with(b"0\r\n\r\n") } else { count.load(Ordering::Relaxed) < MUCH } {
            let length = stream.read(&mut buffer).unwrap();
            assert!(length > 0, "it ended too early");
            count.fetch_add(length as u64, Ordering::Relaxed);
            last.extend_from_slice(&buffer[length.saturating_sub(8)..length]);
            last.drain(..last.len().saturating_sub(8));
        }
        stream.write_all(OK).unwrap();
    })
}

#[test]
fn much_content_goes_up_in_little_memory() {
    let count = Arc::new(AtomicU64::new(0));
    let upstream = counting(Arc::clone(&count));
    let proxy = before(&upstream, &[]);
    let before = warmed(&proxy);
    let block = vec![b'x'; 1 << 20];
    for head in [format!("Content-Length: {MUCH}\r\n\r\n"), "Transfer-Encoding: chunked\r\n\r\n".to_owned()] {
        count.store(0, Ordering::Relaxed);
        let mut client = proxy.client();
        client.send(format!("POST / HTTP/1.1\r\nHost: a\r\n{head}"));
        for _ in 0..MUCH >> 20 {
            if head.contains("chunked") {
                client.send("100000\r\n").send(&block).send("\r\n");
            } else {
                client.send(&block);
            }
        }
        if head.contains("chunked") {
            client.send("0\r\n\r\n");
        }
        assert_eq!(client.reply().text(), "ok");
        // Chunks have come with their framing.
        let (counted, framing) = (count.load(Ordering::Relaxed), if head.contains("chunked") { MUCH / 100 } else { 0 });
        assert!((MUCH..=MUCH + framing).contains(&counted), "{counted}");
    }
    let taken = most_memory(&proxy) - before;
    println!("2 times {} MiB up: {} KiB more at most", MUCH >> 20, taken >> 10);
    assert!(taken < LITTLE, "{taken} octets");
}

#[test]
fn much_content_comes_down_in_little_memory() {
    for head in
        [format!("Content-Length: {MUCH}\r\n\r\n"), "Transfer-Encoding: chunked\r\n\r\n".to_owned(), "\r\n".to_owned()]
    {
        let shown = head.clone();
        let upstream = Upstream::doing(move |stream, received| {
            read_request(stream, received);
            write!(stream, "HTTP/1.1 200 OK\r\n{DATE}{head}").unwrap();
            let block = vec![b'x'; 1 << 20];
            for _ in 0..MUCH >> 20 {
                if head.contains("chunked") {
                    stream.write_all(b"100000\r\n").unwrap();
                }
                stream.write_all(&block).unwrap();
                if head.contains("chunked") {
                    stream.write_all(b"\r\n").unwrap();
                }
            }
            if head.contains("chunked") {
                stream.write_all(b"0\r\n\r\n").unwrap();
            }
        });
        let proxy = before(&upstream, &[]);
        let before = most_memory(&proxy);
        // To a client of the first version it comes as it is, until the connection closes, and can be counted.
        let mut stream = TcpStream::connect(proxy.address()).unwrap();
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        let mut buffer = vec![0; 1 << 20];
        let mut count = 0;
        let mut start = Vec::new();
        loop {
            let length = stream.read(&mut buffer).unwrap();
            if length == 0 {
                break;
            }
            if position(&start, b"\r\n\r\n").is_none() {
                start.extend_from_slice(&buffer[..length]);
            }
            count += length as u64;
        }
        let head_length = position(&start, b"\r\n\r\n").unwrap() as u64 + 4;
        assert_eq!(count - head_length, MUCH, "{shown:?}");
        let taken = most_memory(&proxy) - before;
        println!("{} MiB down, {shown:?}: {} KiB more at most", MUCH >> 20, taken >> 10);
        assert!(taken < LITTLE, "{taken} octets");
    }
}

#[test]
fn an_upstream_that_takes_nothing_stops_the_client() {
    let upstream = Upstream::doing(|stream, received| {
        read_until(stream, received, |octets| position(octets, b"\r\n\r\n"));
        thread::sleep(Duration::from_secs(2));
        // It has not read the rest, and answers all the same.
        let _sent = stream.write_all(OK);
    });
    let proxy = before(&upstream, &[]);
    let before = warmed_by(&proxy, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let mut client = proxy.client();
    client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {MUCH}\r\n\r\n"));
    let taken = client.send_until_refused(&vec![b'x'; 1 << 16], MUCH as usize);
    // What is in the buffers of four sockets.
    assert!(taken < 32 << 20, "{taken}");
    assert!(most_memory(&proxy) - before < LITTLE);
    assert_eq!(client.reply().text(), "ok");
}

#[test]
fn a_client_that_takes_nothing_stops_the_upstream() {
    let sent = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&sent);
    let upstream = Upstream::doing(move |stream, received| {
        read_request(stream, received);
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {MUCH}\r\n\r\n").unwrap();
        let block = vec![b'x'; 1 << 16];
        while let Ok(length) = stream.write(&block) {
            counter.fetch_add(length as u64, Ordering::Relaxed);
        }
    });
    let proxy = before(&upstream, &[]);
    let before = most_memory(&proxy);
    let mut client = proxy.client();
    client.send(get("/"));
    let mut last = u64::MAX;
    eventually("the upstream is stopped", || {
        thread::sleep(Duration::from_millis(200));
        let now = sent.load(Ordering::Relaxed);
        std::mem::replace(&mut last, now) == now && now > 0
    });
    assert!(last < 32 << 20, "{last}");
    assert!(most_memory(&proxy) - before < LITTLE);
    // When the client goes, so does the connection to the upstream.
    client.vanish();
    eventually("the upstream is let go", || upstream.connections() == 1);
}

/// The time in which content must come ran while the upstream was connected to, and nothing was read.
#[test]
fn a_client_is_not_late_with_content_while_the_upstream_is_connected_to() {
    let upstream = Busy::new();
    let proxy = Server::start(env!("CARGO_BIN_EXE_proxy"), &["--upstream", &upstream.address.to_string()]);
    let mut client = proxy.client();
    let start = Instant::now();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    // Long enough that it is asked again, after a second or two.
    thread::sleep(Duration::from_millis(1500));
    let mut stream = upstream.take();
    let connected = start.elapsed();
    // Later than content may begin to come (5 s), counted from the head; in time, counted from the connection.
    thread::sleep(Duration::from_millis(5500).saturating_sub(connected));
    client.send("hello");
    let mut received = Vec::new();
    read_until(&mut stream, &mut received, |octets| position(octets, b"hello"));
    stream.write_all(OK).unwrap();
    assert_eq!(client.reply().text(), "ok");
}

/// The upstream was blamed for content that it had not taken, while its response waited for the client.
#[test]
fn a_client_that_takes_an_early_response_slowly_is_not_cut_off() {
    let upstream = Upstream::doing(|stream, received| {
        read_until(stream, received, |octets| position(octets, b"\r\n\r\n"));
        write!(stream, "HTTP/1.1 200 OK\r\n{DATE}Content-Length: {MUCH}\r\n\r\n").unwrap();
        let block = vec![b'x'; 1 << 20];
        for _ in 0..MUCH >> 20 {
            stream.write_all(&block).unwrap();
        }
    });
    let proxy = before(&upstream, &["--upstream-timeout", "2"]);
    let mut client = proxy.client();
    client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {MUCH}\r\n\r\n"));
    client.send_until_refused(&vec![b'x'; 1 << 16], MUCH as usize);
    client.up_to(b"\r\n\r\n");
    thread::sleep(Duration::from_secs(4));
    assert_eq!(client.rest().len() as u64, MUCH);
}

/// One that neither takes the request nor goes on with its response owes both, also once it has begun to answer.
#[test]
fn an_upstream_that_begins_to_answer_and_stops_is_given_up() {
    let upstream = Upstream::doing(|stream, received| {
        read_until(stream, received, |octets| position(octets, b"\r\n\r\n"));
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {MUCH}\r\n\r\nhel").unwrap();
        thread::sleep(Duration::from_secs(5));
    });
    let proxy = before(&upstream, &["--upstream-timeout", "0.5"]);
    let mut client = proxy.client();
    client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {MUCH}\r\n\r\n"));
    client.send_until_refused(&vec![b'x'; 1 << 16], MUCH as usize);
    let start = Instant::now();
    assert!((client.rest().len() as u64) < MUCH);
    assert!(start.elapsed() < Duration::from_secs(3), "it was given up for its end alone");
}

#[test]
fn content_goes_both_ways_at_once() {
    let upstream = Upstream::doing(|stream, received| {
        let head = read_until(stream, received, |octets| position(octets, b"\r\n\r\n").map(|at| at + 4));
        write!(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        // What has come goes back, with the framing that it has: it is chunked, too.
        let mut echoed = head;
        while !received[head..].ends_with(b"0\r\n\r\n") {
            let more = read_until(stream, received, |octets| (octets.len() > echoed).then_some(0));
            assert_eq!(more, 0);
            stream.write_all(&received[echoed..]).unwrap();
            echoed = received.len();
        }
    });
    let proxy = before(&upstream, &[]);
    let mut client: Client = proxy.client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.up_to(b"chunked\r\n\r\n");
    for piece in ["over", "and", "out"] {
        client.send(format!("{:x}\r\n{piece}\r\n", piece.len()));
        client.up_to(format!("{piece}\r\n").as_bytes());
    }
    client.send("0\r\n\r\n").up_to(b"0\r\n\r\n");
    assert!(client.is_quiet());
}

/// The most memory that a proxy takes for a request with little content.
fn warmed(proxy: &Server) -> u64 {
    let request =
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
    warmed_by(proxy, request)
}

fn warmed_by(proxy: &Server, request: &str) -> u64 {
    assert_eq!(proxy.client().send(request).reply().status, 200);
    most_memory(proxy)
}

/// The most memory that it has had at a time, in octets.
fn most_memory(proxy: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", proxy.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}
