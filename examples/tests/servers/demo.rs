//! The example server: its routes, its command line, and how it behaves when the machine is short of things.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use tests::{
    client::eventually,
    exposition,
    process::{Server, get},
    reply::To,
};

use crate::PROGRAM;

fn request(method: &str, target: &str, rest: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{rest}\r\n")
}

/// Resident memory, in KiB.
pub(crate) fn memory(server: &Server) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Processor time used, in clock ticks of 10 ms.
fn ticks(server: &Server) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.id())).unwrap();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn every_route_answers_as_its_table_says() {
    let server = Server::start(PROGRAM, &["--workers", "1"]);
    let mut client = server.client();
    let cases = [
        (get("/"), 200, "text/plain", "Hello, World!"),
        (get("/hello/J%C3%BCrgen%20%2F%20x"), 200, "text/plain; charset=utf-8", "Jürgen / x"),
        (get("/hello/%zz"), 400, "text/plain", "a % without two hexadecimal digits, at octet 0"),
        (request("POST", "/echo", "Content-Length: 2\r\n") + "hi", 200, "application/octet-stream", "hi"),
        (request("POST", "/echo", "Content-Type: a/b\r\nContent-Length: 2\r\n") + "hi", 200, "a/b", "hi"),
        (request("POST", "/echo", ""), 200, "application/octet-stream", ""),
        (
            request("POST", "/form", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n")
                + "a=%20b&c=",
            200,
            "application/json",
            r#"[{"name":"a","length":2},{"name":"c","length":0}]"#,
        ),
        (
            request("POST", "/form", "Content-Type: application/json\r\nContent-Length: 2\r\n") + "{}",
            415,
            "text/plain; charset=utf-8",
            "the media type of the content is not application/x-www-form-urlencoded",
        ),
        (get("/bytes/5"), 200, "application/octet-stream", "xxxxx"),
        (get("/bytes/0"), 200, "application/octet-stream", ""),
        (get("/bytes/100000001"), 400, "text/plain", "n is 100000000 at most"),
        (get("/bytes/-1"), 400, "text/plain", "n is not a number"),
        (get("/sleep/10"), 200, "text/plain", "slept"),
        (get("/sleep/10001"), 400, "text/plain", "ms is 10000 at most"),
        (
            request("GET", "/headers", "X-One:  two \r\nx-one: three\r\n"),
            200,
            "text/plain",
            "Host: a\nX-One: two\nx-one: three\n",
        ),
        (get("/query?a=b%20c&d&a=+&e=%26"), 200, "text/plain; charset=utf-8", "a=b c\nd=\na= \ne=&\n"),
        (get("/query?a=%zz"), 400, "text/plain", "a % without two hexadecimal digits, at octet 0"),
        (get("/nowhere"), 404, "text/plain", "Not Found"),
    ];
    for (sent, status, media_type, content) in cases {
        let reply = client.send(&sent).reply();
        assert_eq!((reply.status, reply.text()), (status, content), "{sent}");
        assert_eq!(reply.field("content-type"), Some(media_type), "{sent}");
        assert_eq!(reply.field("server"), Some("pronto"));
    }
    let reply = client.send(request("DELETE", "/", "")).reply();
    assert_eq!((reply.status, reply.field("allow")), (405, Some("GET, HEAD, OPTIONS")));
    let reply = client.send(request("OPTIONS", "/echo", "")).reply();
    assert_eq!((reply.status, reply.field("allow")), (204, Some("POST, OPTIONS")));
    let reply = client.send(request("HEAD", "/bytes/100000000", "")).reply_to(To::Head);
    assert_eq!((reply.status, reply.field("content-length")), (200, Some("100000000")));
    let reply = client.send(request("POST", "/echo", "Content-Length: 16777217\r\n")).reply();
    assert_eq!((reply.status, reply.field("connection")), (413, Some("close")));
}

#[test]
fn prometheus_is_told_what_was_counted() {
    let server = Server::start(PROGRAM, &["--workers", "2"]);
    let mut client = server.client();
    client.send(get("/").repeat(3) + &get("/nowhere") + "broken\r\n\r\n");
    assert_eq!([(); 5].map(|()| client.reply().status), [200, 200, 200, 404, 400]);
    assert_eq!(client.rest(), b"");
    drop(client);
    let mut client = server.client();
    let mut ask = || {
        let reply = client.send(get("/metrics")).reply();
        assert_eq!(reply.field("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        exposition::parse(reply.text())
    };
    eventually("the first connection has ended", || ask()["pronto_connections_open"] == 1);
    let samples = ask();
    assert_eq!((samples["pronto_workers"], samples["pronto_connections_accepted_total"]), (2, 2));
    assert_eq!(samples["pronto_responses_total{class=\"4xx\"}"], 2);
    assert_eq!(samples["pronto_connections_closed_total{reason=\"rejected\"}"], 1);
    assert_eq!(samples["pronto_rejections_total{status=\"400\"}"], 1);
    assert_eq!(ask()["pronto_requests_total"], samples["pronto_requests_total"] + 1);
}

#[test]
fn the_banner_names_address_workers_and_tier() {
    let server = Server::start(PROGRAM, &["--workers", "2"]);
    assert!(server.banner.contains("127.0.0.1:") && server.banner.contains("2 workers"), "{}", server.banner);
    let tiers = ["avx512", "avx2", "sse4.2", "scalar"];
    assert!(tiers.iter().any(|tier| server.banner.contains(tier)), "{}", server.banner);
}

#[test]
fn a_slow_reader_of_a_large_reply_leaves_memory_flat() {
    let server = Server::start(PROGRAM, &["--workers", "1"]);
    let mut client = server.client();
    assert_eq!(client.send(get("/")).reply().status, 200);
    let before = memory(&server);
    client.send(get("/bytes/100000000"));
    let first = client.read_once();
    let head = first.windows(4).position(|octets| octets == b"\r\n\r\n").expect("the head comes first") + 4;
    let mut received = first.len();
    // The head counts, too: where the last read ended within as many octets, the rest was once called too much.
    while received < head + 100_000_000 {
        received += client.read_once().len();
        assert!(memory(&server) < before + 4 * 1024, "from {before} KiB to {} KiB", memory(&server));
    }
    assert_eq!(received, head + 100_000_000);
    assert!(client.is_quiet(), "more than was asked for");
}

#[test]
fn limits_and_timeouts_of_the_command_line_hold() {
    let server = Server::start(
        PROGRAM,
        &[
            "--workers",
            "1",
            "--max-head",
            "200",
            "--max-target",
            "50",
            "--max-fields",
            "3",
            "--max-content",
            "10",
            "--head-timeout",
            "0.3",
            "--idle-timeout",
            "0.3",
            "--content-grace",
            "0.3",
        ],
    );
    let status = |sent: String| server.client().send(sent).reply().status;
    assert_eq!(status(get(&"/x".repeat(30))), 414);
    assert_eq!(status(request("GET", "/", &format!("X: {}\r\n", "x".repeat(200)))), 431);
    assert_eq!(status(request("GET", "/", "a: b\r\nc: d\r\ne: f\r\n")), 431);
    assert_eq!(status("GET / HTTP/1.1\r\n".into()), 408);
    assert_eq!(status(request("POST", "/echo", "Content-Length: 5\r\n")), 408);
    assert_eq!(server.client().rest(), b"");
}

#[test]
fn help_explains_every_flag() {
    let output = Command::new(PROGRAM).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    let lines: Vec<_> = help.lines().map(str::trim).collect();
    let flags: Vec<_> = lines.iter().filter(|line| line.starts_with('-')).collect();
    assert!(flags.len() > 15, "{help}");
    for flag in &flags {
        // The words stand beside it, or on the next line.
        let at = lines.iter().position(|line| line == *flag).unwrap();
        let beside = flag.split_once("  ").is_some_and(|(_, words)| words.trim().contains(' ') || words.len() > 5);
        assert!(beside || lines[at + 1].contains(' '), "{flag} is not explained");
    }
    for flag in ["--addr", "--workers", "--reload", "--debug", "--access-log", "--max-head", "--idle-timeout"] {
        assert!(flags.iter().any(|line| line.contains(flag)), "no {flag} in {help}");
    }
}

#[test]
fn a_wrong_start_is_told_in_words() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let running = Server::start(PROGRAM, &["--workers", "1"]);
    let cases = [
        (taken.local_addr().unwrap().to_string(), "is in use by another program"),
        (running.address().to_string(), "is in use by another program"),
        ("198.51.100.1:80".into(), "is no address of this machine"),
        ("nonsense".into(), "is not an address to listen on"),
    ];
    for (address, words) in cases {
        let output = Command::new(PROGRAM).args(["--addr", &address]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(words), "{address}: {said}");
        assert!(!said.contains("backtrace") && !said.contains("panicked"), "{said}");
    }
}

#[test]
fn either_signal_stops_it_with_everything_answered() {
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::INT] {
        let server = Server::start(PROGRAM, &["--workers", "2"]);
        let mut idle = server.client();
        assert_eq!(idle.send(get("/")).reply().status, 200);
        let mut busy = server.client();
        busy.send(get("/") + &get("/sleep/400"));
        assert_eq!(busy.reply().status, 200);
        let reader = thread::spawn(move || (busy.reply().text().to_owned(), busy.rest(), idle.rest()));
        assert_eq!(server.stop(signal).0, Some(0));
        assert_eq!(reader.join().unwrap(), ("slept".into(), vec![], vec![]));
    }
}

#[test]
fn a_drain_ends_at_its_limit_with_503_for_what_is_not_answered() {
    let server = Server::start(PROGRAM, &["--workers", "1", "--drain-limit", "0.3"]);
    let mut busy = server.client();
    busy.send(get("/") + &get("/sleep/10000"));
    assert_eq!(busy.reply().status, 200);
    let start = Instant::now();
    assert_eq!(server.stop(rustix::process::Signal::TERM).0, Some(0));
    assert!(start.elapsed() < Duration::from_secs(5));
    let reply = busy.reply();
    assert_eq!((reply.status, reply.field("connection")), (503, Some("close")));
    assert_eq!(busy.rest(), b"");
}

#[test]
fn replies_are_logged_when_asked_for() {
    let server = Server::start(PROGRAM, &["--workers", "1", "--access-log"]);
    let mut client = server.client();
    client.send(get("/") + &get("/sleep/1") + "broken\r\n\r\n");
    let statuses = [client.reply().status, client.reply().status, client.reply().status];
    assert_eq!(statuses, [200, 200, 400]);
    let (_, said) = server.stop(rustix::process::Signal::TERM);
    let logged = accessed(&said);
    let words: Vec<Vec<_>> = logged.iter().map(|line| line.split(' ').collect()).collect();
    let expected = [["GET", "/", "200", "13"], ["GET", "/sleep/1", "200", "5"], ["-", "-", "400", "46"]];
    assert_eq!(words.iter().map(|words| &words[1..5]).collect::<Vec<_>>(), expected);
    let milliseconds: Vec<f64> = words.iter().map(|words| words[5].parse().unwrap()).collect();
    assert!(milliseconds[0] < milliseconds[1] && (1.0..5000.0).contains(&milliseconds[1]), "{milliseconds:?}");
    assert!(words.iter().all(|words| words.len() == 6 && words[0].starts_with("127.0.0.1:")), "{said}");
}

/// What the access log says.
fn accessed(said: &str) -> Vec<&str> {
    said.lines().filter_map(|line| line.split_once(" pronto::access] ")).map(|(_, line)| line).collect()
}

#[test]
fn nothing_that_is_asked_for_forges_a_line_of_the_log() {
    let server = Server::start(PROGRAM, &["--workers", "1", "--access-log", "--debug"]);
    let line = "127.0.0.1:1 GET /forged 200 1 0.001";
    let mut client = server.client();
    // What is escaped stays so.
    assert_eq!(client.send(get("/hello/%0D%0A%1B%5B2K%20x")).reply().status, 200);
    // What is not is no request.
    let wrong = ["\r", "\n", "\r\n", "\x0b", "\x1b[2K", "\t", "\0", "\x7f", "\u{85}", "\u{2028}", " "];
    for wrong in wrong {
        for sent in [get(&format!("/{wrong}{line}")), format!("G{wrong}ET / HTTP/1.1\r\nHost: a\r\n\r\n")] {
            assert_eq!(server.client().send(&sent).reply().status, 400, "{sent:?}");
        }
    }
    let (_, said) = server.stop(rustix::process::Signal::TERM);
    let logged: Vec<_> = accessed(&said).iter().map(|line| line.split_once(' ').unwrap().1).collect();
    assert!(logged[0].starts_with("GET /hello/%0D%0A%1B%5B2K%20x 200 "), "{said}");
    assert_eq!(logged.len(), 1 + 2 * wrong.len());
    assert!(logged[1..].iter().all(|line| line.starts_with("- - 400 ")), "{said}");
    assert!(!said.contains("forged") && !said.contains(['\u{1b}', '\u{b}', '\0']), "{said}");
}

#[test]
fn with_debug_requests_are_logged_as_they_come() {
    let server = Server::start(PROGRAM, &["--workers", "1", "--debug"]);
    let mut client = server.client();
    client.send(get("/nowhere?x=1"));
    assert_eq!(client.reply().status, 404);
    let (_, said) = server.stop(rustix::process::Signal::TERM);
    let asked: Vec<_> = said.lines().filter(|line| line.contains(" GET /nowhere?x=1")).collect();
    assert!(matches!(asked[..], [line] if line.ends_with(" GET /nowhere?x=1")), "{said}");
    assert!(accessed(&said).is_empty(), "{said}");
}

#[test]
fn without_descriptors_it_waits_and_does_not_spin() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 40; exec \"$0\" \"$@\"", PROGRAM]);
    let server = Server::run(command.args(["--workers", "1", "--max-connections", "1000", "--addr", "127.0.0.1:0"]));
    let mut clients: Vec<_> = (0..60).map(|_| server.client()).collect();
    assert_eq!(clients[0].send(get("/")).reply().status, 200);
    let before = ticks(&server);
    thread::sleep(Duration::from_secs(1));
    let used = ticks(&server) - before;
    assert!(used < 20, "{used} ticks of processor time for nothing");
    // Those that wait are served as soon as others leave.
    let mut last = clients.pop().unwrap();
    drop(clients);
    assert_eq!(last.send(get("/")).reply().status, 200);
}

#[test]
fn without_a_descriptor_for_the_first_connection_it_waits_and_does_not_spin() {
    let server = Server::start(PROGRAM, &["--workers", "1"]);
    let process = Pid::from_raw(server.id() as i32);
    let free = (0..).find(|number| !Path::new(&format!("/proc/{}/fd/{number}", server.id())).exists());
    let limit = Rlimit { current: free, maximum: getrlimit(Resource::Nofile).maximum };
    let before = prlimit(process, Resource::Nofile, limit).unwrap();
    let mut client = server.client();
    client.send(get("/"));
    let used = ticks(&server);
    thread::sleep(Duration::from_secs(1));
    let used = ticks(&server) - used;
    assert!(used < 20, "{used} ticks of processor time for nothing");
    prlimit(process, Resource::Nofile, before).unwrap();
    assert_eq!(client.reply().status, 200);
}

#[test]
fn the_soft_limit_of_descriptors_is_raised() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -Sn 50; exec \"$0\" \"$@\"", PROGRAM, "--addr", "127.0.0.1:0", "--workers", "1"]);
    let server = Server::run(&mut command);
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let numbers: Vec<_> = line.split_whitespace().skip(3).collect();
    assert_eq!(numbers[0], numbers[1]);
}

#[test]
fn at_its_limit_of_connections_others_wait_for_one_to_end() {
    let server = Server::start(PROGRAM, &["--workers", "1", "--max-connections", "2"]);
    let (mut first, mut second, mut third) = (server.client(), server.client(), server.client());
    assert_eq!(first.send(get("/")).reply().status, 200);
    assert_eq!(second.send(get("/")).reply().status, 200);
    third.send(get("/"));
    assert!(third.is_quiet(), "a third was served beside two");
    drop(first);
    assert_eq!(third.reply().status, 200);
}

#[test]
fn connections_that_are_reset_leave_nothing_behind() {
    let server = Server::start(PROGRAM, &["--workers", "1"]);
    let descriptors = || fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap().count();
    // Timers take descriptors of their own, once, when the first is set.
    assert_eq!(server.client().send(get("/sleep/1")).reply().status, 200);
    let before = descriptors();
    for round in 0..200 {
        let mut client = server.client();
        // With octets unread, closing resets.
        client.send(if round % 2 == 0 { get("/") } else { get("/bytes/100000") + &get("/sleep/5") });
        drop(client);
    }
    eventually("all descriptors are closed", || descriptors() <= before);
    assert_eq!(TcpStream::connect(server.address()).map(drop).map_err(|error| error.kind()), Ok(()));
}
