//! What clients, and a machine that has nothing left, do to a server as a whole.

use std::{fs, time::Duration};

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tests::{
    client::eventually,
    process::{Server, get},
};

use crate::PROGRAM;

fn start() -> Server {
    Server::start(PROGRAM, &["--workers", "1"])
}

/// The memory that a server has in use, in KiB.
fn memory(server: &Server) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn without_descriptors_clients_wait_and_are_then_answered() {
    let server = start();
    assert_eq!(server.client().send(get("/")).reply().text(), "Hello, World!");
    // Room for a few more than it has open.
    let limit = server.descriptors() as u64 + 8;
    let process = Pid::from_raw(server.id().cast_signed());
    prlimit(process, Resource::Nofile, Rlimit { current: Some(limit), maximum: Some(limit) }).unwrap();
    let mut clients: Vec<_> = (0..30).map(|_| server.client()).collect();
    for client in &mut clients {
        client.send(get("/"));
    }
    server.hears("connections have to wait", 1);
    // Whoever goes makes room for another.
    for mut client in clients {
        assert_eq!(client.reply().text(), "Hello, World!");
    }
}

#[test]
fn clients_that_reset_leave_nothing_behind() {
    let server = start();
    // The first one who sleeps has a timer made, which stays.
    assert_eq!(server.client().send(get("/sleep/1")).reply().text(), "slept");
    let before = server.descriptors();
    let requests = [
        "",
        "GET / HTT",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /bytes/1000000 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /sleep/50 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /events HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /download/1000000000 HTTP/1.1\r\nHost: a\r\n\r\n",
        "PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ];
    for round in 0..40 {
        for request in requests {
            let mut client = server.client();
            client.try_send(request);
            if round % 2 == 0 {
                // Some have been accepted by then, others have not.
                std::thread::sleep(Duration::from_micros(300));
            }
            client.vanish();
        }
    }
    eventually("all descriptors are back", || server.descriptors() <= before);
    assert_eq!(server.client().send(get("/")).reply().text(), "Hello, World!");
}

#[test]
fn a_flood_of_requests_for_large_replies_takes_little_memory() {
    let server = start();
    let mut clients: Vec<_> = (0..10).map(|_| server.client()).collect();
    let flood = get("/bytes/1000000").repeat(50);
    for client in &mut clients {
        client.send_until_refused(flood.as_bytes(), 1 << 20);
    }
    // Ten million octets of requests ask for terabytes.
    assert!(memory(&server) < 64 * 1024, "{} KiB", memory(&server));
    assert_eq!(server.client().send(get("/")).reply().text(), "Hello, World!");
}

#[test]
fn many_parts_and_endless_heads_are_refused_with_little_memory() {
    let server = start();
    let part = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n";
    let floods = [
        // Ten thousand parts; the head of a part that does not end; a head of a request that does not.
        (form(&format!("{}--b--\r\n", part.repeat(10_000))), 413),
        (form(&format!("--b\r\nX: {}", "y".repeat(4 << 20))), 413),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "y".repeat(1 << 20)), 431),
        (format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(10_000)), 431),
    ];
    for (flood, status) in floods {
        let mut client = server.client();
        client.try_send(&flood);
        assert_eq!(client.reply_or_end().map(|reply| reply.status), Some(status), "{}", &flood[..40]);
    }
    assert!(memory(&server) < 64 * 1024, "{} KiB", memory(&server));
}

fn form(content: &str) -> String {
    let length = content.len();
    format!(
        "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: {length}\r\n\r\n{content}"
    )
}
