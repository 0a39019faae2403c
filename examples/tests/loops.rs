//! The servers whose loops are their own: the parser in a blocking loop, the engine on mio and on tokio.

use std::{fmt::Write as _, fs, thread, time::Duration};

use tests::{
    client::eventually,
    process::{Server, get},
    reply::{self, To},
};

const PROGRAMS: [&str; 3] =
    [env!("CARGO_BIN_EXE_on-std"), env!("CARGO_BIN_EXE_on-mio"), env!("CARGO_BIN_EXE_on-tokio")];

/// Does the same with each of them.
fn each(test: impl Fn(&Server, &str) + Sync) {
    thread::scope(|scope| {
        for program in PROGRAMS {
            let test = &test;
            scope.spawn(move || test(&Server::start(program, &[]), program));
        }
    });
}

fn post(content: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{content}", content.len())
}

fn chunked(chunks: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}")
}

/// What is sent, which ends there, and what is answered before the connection ends.
fn conversations() -> Vec<(String, Vec<u16>)> {
    let bare = |line: &str, fields: &str| format!("{line}\r\nHost: a\r\n{fields}\r\n");
    let mut cases = vec![
        // Right, and answered.
        (get("/"), vec![200]),
        (get("/nowhere"), vec![404]),
        (bare("DELETE /echo HTTP/1.1", ""), vec![405]),
        (bare("OPTIONS * HTTP/1.1", ""), vec![404]),
        (
            get("/") + &post("hello") + &get("/nowhere") + &chunked("5\r\nhello\r\n0\r\n\r\n") + &get("/"),
            vec![200, 200, 404, 200, 200],
        ),
        (format!("\r\n{}", get("/")), vec![200]),
        (chunked("5;a=b\r\nhello\r\n0\r\nTrailer: x\r\n\r\n") + &get("/"), vec![200, 200]),
        ("GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n".into(), vec![200]),
        (bare("GET / HTTP/1.1", "Connection: close\r\n") + &get("/"), vec![200]),
        // Not there, or not all of it.
        (String::new(), vec![]),
        ("\r\n".into(), vec![]),
        (get("/") + "\r\n\r\n", vec![200]),
        ("\r\n\r".into(), vec![]),
        ("GET / HT".into(), vec![400]),
        (bare("POST /echo HTTP/1.1", "Content-Length: 6\r\n") + "hello", vec![400]),
        (chunked("5\r\nhel"), vec![400]),
        // Too much.
        (bare("GET / HTTP/1.1", &format!("A: {}\r\n", "x".repeat(20_000))), vec![431]),
        (bare("GET / HTTP/1.1", &"A: b\r\n".repeat(70)), vec![431]),
        (bare(&format!("GET /{} HTTP/1.1", "x".repeat(9_000)), ""), vec![414]),
        (bare("POST /echo HTTP/1.1", "Content-Length: 100000\r\n"), vec![413]),
        (chunked("1869F\r\n"), vec![413]),
        (chunked(&format!("1;{}\r\nx\r\n0\r\n\r\n", "x".repeat(5_000))), vec![400]),
        (chunked(&format!("0\r\nA: {}\r\n\r\n", "x".repeat(9_000))), vec![431]),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n".into(), vec![505]),
        (bare("GET / HTTP/1.1", "Expect: tea\r\n"), vec![417]),
    ];
    // What could be read in two ways is refused, and what hides behind it is nobody's request.
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\x0bchunked\r\n",
        "A: b\n c\r\n",
        "A: b\r\n c\r\n",
        "Host: b\r\n",
    ] {
        cases.push((bare("POST /echo HTTP/1.1", fields) + "hello" + &get("/"), vec![400]));
        cases.push((get("/") + &bare("POST /echo HTTP/1.1", fields) + "0\r\n\r\n" + &get("/"), vec![200, 400]));
    }
    for chunks in [
        "5\r\nhello0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "-1\r\n",
        "g\r\n",
        "5 \r\nhello\r\n",
    ] {
        cases.push((chunked(chunks) + &get("/"), vec![400]));
    }
    cases
}

#[test]
fn whatever_is_sent_is_answered_as_it_must_be() {
    each(|server, program| {
        for (sent, expected) in conversations() {
            let mut client = server.client();
            client.try_send(&sent);
            let replies = reply::all(&client.end().rest(), |_| To::Other);
            let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
            assert_eq!(statuses, expected, "{program}: {}", sent.escape_debug());
        }
    });
}

#[test]
fn replies_do_not_depend_on_how_requests_are_cut() {
    let requests = get("/") + &post("over") + &chunked("3\r\nand\r\n0\r\n\r\n") + &get("/nowhere") + &post("out");
    each(|server, program| {
        let contents = |octets: &[u8]| -> Vec<(u16, String)> {
            let replies = reply::all(octets, |_| To::Other);
            replies.iter().map(|reply| (reply.status, reply.text().to_owned())).collect()
        };
        let expected = [(200, "hello\n"), (200, "over"), (200, "and"), (404, ""), (200, "out")];
        let expected = expected.map(|(status, text)| (status, text.to_owned()));
        let mut client = server.client();
        for octet in requests.bytes() {
            client.send([octet]);
            thread::sleep(Duration::from_micros(200));
        }
        assert_eq!(contents(&client.end().rest()), expected, "{program}: octet by octet");
        for cut in (0..requests.len()).step_by(7) {
            let mut client = server.client();
            client.send(&requests[..cut]);
            thread::sleep(Duration::from_millis(1));
            client.send(&requests[cut..]);
            assert_eq!(contents(&client.end().rest()), expected, "{program}: cut at {cut}");
        }
    });
}

#[test]
fn long_pipelines_are_answered_in_order() {
    each(|server, program| {
        let mut client = server.client();
        let mut sender = client.try_clone();
        let count = 2_000;
        let sending = thread::spawn(move || {
            let mut requests = String::new();
            for number in 0..count {
                requests += &post(&format!("{number} {}", "x".repeat(number % 500)));
            }
            sender.send(requests);
        });
        for number in 0..count {
            let reply = client.reply();
            let expected = format!("{number} {}", "x".repeat(number % 500));
            assert_eq!((reply.status, reply.text()), (200, &expected[..]), "{program}");
        }
        sending.join().unwrap();
    });
}

#[test]
fn heads_have_no_content_and_leave_is_given_to_send() {
    each(|server, program| {
        let mut client = server.client();
        client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        let reply = client.reply_to(To::Head);
        assert_eq!((reply.status, reply.field("content-length")), (200, Some("6")), "{program}");
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
        assert_eq!(client.reply().status, 100, "{program}");
        assert_eq!(client.send("hello").reply().text(), "hello", "{program}");
        // What is refused all the same needs no leave.
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n");
        assert_eq!(client.reply().status, 413, "{program}");
    });
}

#[test]
fn a_head_that_drips_is_answered_408_and_holds_up_nobody() {
    each(|server, program| {
        let mut slow = server.client();
        slow.send("GET / HTTP/1.1\r\nHost: a\r\n");
        let mut dripping = slow.try_clone();
        let dripper = thread::spawn(move || {
            for _ in 0..60 {
                dripping.try_send("A");
                thread::sleep(Duration::from_millis(250));
            }
        });
        assert_eq!(server.client().send(get("/")).reply().status, 200, "{program}");
        assert_eq!(slow.reply().status, 408, "{program}");
        dripper.join().unwrap();
    });
}

#[test]
fn clients_that_read_nothing_are_not_read_from() {
    each(|server, program| {
        let block = post(&"x".repeat(10_000)).repeat(20);
        let mut client = server.client();
        // What the sockets of both sides hold.
        let taken = client.send_until_refused(block.as_bytes(), 64 << 20);
        assert!(taken < 32 << 20, "{program} has taken {taken} octets");
        assert_eq!(server.client().send(get("/")).reply().status, 200, "{program}");
        let memory = most_memory(server);
        assert!(memory < 64 << 20, "{program} takes {memory} octets");
    });
}

#[test]
fn clients_that_vanish_leave_nothing_behind() {
    each(|server, program| {
        assert_eq!(server.client().send(get("/")).reply().status, 200);
        // The client above may not have been let go of yet.
        eventually("the descriptors of a server at rest", || server.descriptors() < 16);
        let before = server.descriptors();
        for part in [&get("/")[..5], &post("hello")[..50], &chunked("5\r\nhel"), &get("/")] {
            let clients: Vec<_> = (0..20).map(|_| server.client()).collect();
            for mut client in clients {
                client.send(part);
                client.vanish();
            }
        }
        eventually(&format!("{program}: all descriptors are closed"), || server.descriptors() <= before);
        assert_eq!(server.client().send(get("/")).reply().status, 200, "{program}");
    });
}

#[test]
fn as_many_connections_as_were_said_and_the_others_wait() {
    for (program, flag) in PROGRAMS.into_iter().zip(["--threads", "--max-connections", "--max-connections"]) {
        let server = Server::start(program, &[flag, "4"]);
        let mut served: Vec<_> = (0..4).map(|_| server.client()).collect();
        for client in &mut served {
            assert_eq!(client.send(get("/")).reply().status, 200, "{program}");
        }
        let mut waiting = server.client();
        waiting.send(get("/"));
        assert!(waiting.is_quiet(), "{program}");
        drop(served.pop());
        assert_eq!(waiting.reply().status, 200, "{program}");
    }
}

#[test]
fn hundreds_of_connections_are_served_by_one_thread() {
    for program in &PROGRAMS[1..] {
        let server = Server::start(program, &[]);
        let mut clients: Vec<_> = (0..300).map(|_| server.client()).collect();
        let mut target = String::new();
        for round in 0..3 {
            for client in &mut clients {
                client.send(post(&format!("round {round}")));
            }
            target.clear();
            write!(target, "round {round}").unwrap();
            for client in &mut clients {
                assert_eq!(client.reply().text(), target, "{program}");
            }
        }
    }
}

/// The most memory that a server has had at a time, in octets.
fn most_memory(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}
