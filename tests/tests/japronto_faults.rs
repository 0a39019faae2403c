//! What Japronto did wrong, one test for each fault; over real sockets, on both runtimes, wherever a client could see it.

use std::{fmt::Write, net::SocketAddr, thread, time::Duration};

use async_io::Timer;
use pronto::{
    connection::{Config, ContentRate},
    head::{Encoded, FieldSpan, HeadErrorKind, HeadLimits, Progress, RequestParser, Status},
    service::Methods,
};
use pronto_host::{Answer, App, OwnedRequest, Reply, Request, Runtime, Server};
use tests::client::Client;

/// A head that came octet by octet was parsed from its start with each octet: quadratic work for a slow client.
#[test]
fn a_head_that_drips_in_is_looked_at_once() {
    let mut head = b"GET / HTTP/1.1\r\nHost: a\r\n".to_vec();
    while head.len() < 16_000 {
        head.extend_from_slice(
            b"X-Field: and its value, which is of no interest to anybody, though it is rather long\r\n",
        );
    }
    head.extend_from_slice(b"\r\n");
    let limits = HeadLimits::new().with_fields(u8::MAX);
    let mut parser = RequestParser::new(limits);
    let mut fields = [FieldSpan::EMPTY; 255];
    // What was looked at is made wrong behind the parser's back. If it looked again, it would see that. The head's end may
    // have come in parts, so that a few octets must be there yet.
    let mut spoiled = Vec::new();
    for (came, &octet) in head[..head.len() - 1].iter().enumerate() {
        spoiled.push(octet);
        if let Some(known) = came.checked_sub(5) {
            spoiled[known] = b'\0';
        }
        let progress = parser.parse(&spoiled, &mut fields);
        assert!(matches!(progress, Ok(Progress::Incomplete)), "at octet {came}: {progress:?}");
    }
    // Only when the end is there the whole is parsed, once.
    let mut another = parser;
    spoiled.push(b'\n');
    let error = another.parse(&spoiled, &mut fields).unwrap_err();
    assert!(matches!(error.kind, HeadErrorKind::Method | HeadErrorKind::ControlOctet), "{error:?}");
    let Ok(Progress::Complete(parsed)) = parser.parse(&head, &mut fields) else { panic!("a right head is refused") };
    assert_eq!(parsed.length(), head.len());
}

/// A request with more fields than it had room for was told to be malformed: 400.
#[test]
fn too_many_fields_are_431_and_not_400() {
    let request = |count: usize| {
        let fields = (1..count).fold(String::new(), |mut fields, number| {
            write!(fields, "X-{number}: {number}\r\n").unwrap();
            fields
        });
        format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
    };
    on_both(simple, Config::new(), |address| {
        assert_eq!(statuses(address, &request(100), 1), [200]);
        assert_eq!(statuses(address, &request(101), 1), [431]);
        assert_eq!(statuses(address, &request(1000), 1), [431]);
    });
}

/// Any transfer coding but `chunked` was ignored: its content was taken for the next request.
#[test]
fn unknown_transfer_codings_are_501() {
    on_both(simple, Config::new(), |address| {
        for coding in ["gzip, chunked", "x-unknown, chunked", "gzip,deflate, chunked"] {
            let request = format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {coding}\r\n\r\n{SMUGGLED}");
            assert_eq!(statuses(address, &request, 1), [501], "{coding}");
        }
        for coding in ["gzip", "identity", "chunked, gzip", "xchunked", "chunked, chunked"] {
            let request = format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {coding}\r\n\r\n{SMUGGLED}");
            let status = statuses(address, &request, 1)[0];
            assert!(matches!(status, 400 | 501), "{coding}: {status}");
        }
    });
}

/// Content-Length won over Transfer-Encoding: a proxy in front that goes by the other sees other requests.
#[test]
fn both_framing_fields_are_400() {
    on_both(simple, Config::new(), |address| {
        for fields in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "transfer-encoding: chunked\r\ncontent-length: 0\r\n",
        ] {
            let request = format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n0\r\n\r\n{SMUGGLED}");
            assert_eq!(statuses(address, &request, 1), [400], "{fields}");
        }
    });
}

/// Of two Content-Length fields the second won.
#[test]
fn two_content_lengths_are_400() {
    on_both(simple, Config::new(), |address| {
        for (first, second) in [("0", "5"), ("5", "0"), ("5", "5")] {
            let request = format!(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {first}\r\nContent-Length: {second}\r\n\r\nhello{SMUGGLED}"
            );
            assert_eq!(statuses(address, &request, 1), [400], "{first}, {second}");
        }
        let list = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello";
        assert_eq!(statuses(address, list, 1), [400]);
    });
}

/// Numbers were added up without a look at their size: 2^64 + 5 was 5.
#[test]
fn numbers_that_overflow_are_refused() {
    on_both(simple, Config::new(), |address| {
        for length in ["18446744073709551616", "18446744073709551621", "4294967296000000000000005", &"9".repeat(1000)] {
            let request = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\nhello{SMUGGLED}");
            assert_eq!(statuses(address, &request, 1), [400], "{length}");
        }
        // These are numbers, of content that is too large.
        for length in ["4294967301", "9223372036854775813", "18446744073709551615"] {
            let request = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\nhello{SMUGGLED}");
            assert_eq!(statuses(address, &request, 1), [413], "{length}");
        }
        for (size, status) in [("10000000000000005", 400), ("100000005", 413), ("FFFFFFFFFFFFFFFF", 413), ("-5", 400)] {
            let request = format!(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\nhello\r\n0\r\n\r\n{SMUGGLED}"
            );
            assert_eq!(statuses(address, &request, 1), [status], "{size}");
        }
    });
}

/// The query was decoded before it was split, and its parts then again: `%26` split a value, and `%2541` became `A`.
#[test]
fn a_query_is_split_and_then_decoded_once() {
    on_both(simple, Config::new(), |address| {
        let ask = |query: &str| {
            let mut client = Client::connect(address);
            client.send(format!("GET /query?{query} HTTP/1.1\r\nHost: a\r\n\r\n")).reply().text().to_owned()
        };
        assert_eq!(ask("a=1%262&b=%2541&c%3Dd=e%3D+%2B"), "[a]=[1&2] [b]=[%41] [c=d]=[e= +]");
        assert_eq!(ask("%2526=%2526"), "[%26]=[%26]");
    });
}

/// Escapes with small letters were left as they were: `%c3%bc` was not `%C3%BC`.
#[test]
fn escapes_are_decoded_in_either_case() {
    on_both(simple, Config::new(), |address| {
        for escaped in ["%C3%BC", "%c3%bc", "%C3%bc", "%c3%BC"] {
            let mut client = Client::connect(address);
            client.send(format!("GET /name/{escaped} HTTP/1.1\r\nHost: a\r\n\r\n"));
            assert_eq!(client.reply().text(), "ü", "{escaped}");
            client.send(format!("GET /query?{escaped}={escaped} HTTP/1.1\r\nHost: a\r\n\r\n"));
            assert_eq!(client.reply().text(), "[ü]=[ü]", "{escaped}");
            // A route that is written out is found by it, too.
            client.send(format!("GET /t{escaped}r HTTP/1.1\r\nHost: a\r\n\r\n"));
            assert_eq!(client.reply().text(), "door", "{escaped}");
        }
    });
}

/// Of fields with the same name the last won, and nobody could tell that there had been others.
#[test]
fn fields_with_the_same_name_are_all_kept() {
    on_both(simple, Config::new(), |address| {
        let request =
            "GET /fields HTTP/1.1\r\nHost: a\r\nX-Same: one\r\nOther: x\r\nx-same: two\r\nX-SAME: three\r\n\r\n";
        let mut client = Client::connect(address);
        assert_eq!(client.send(request).reply().text(), "one, two, three");
        // Where one is all that may be, two are refused.
        assert_eq!(statuses(address, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 1), [400]);
    });
}

/// Values of response fields were copied to a buffer of a fixed size without a look at them: long ones wrote behind its end,
/// and a line end in one began a field, or a reply, of the attacker's.
#[test]
fn response_fields_are_checked_and_may_be_long() {
    fn app() -> App {
        simple()
            .get("/bad/{n}", |request: &Request<'_>, reply: Reply<'_>| -> Answer {
                let number: usize = request.param("n").unwrap().to_string().parse()?;
                let (name, value) = BAD[number];
                reply.status(Status::OK).field(name, value).content(b"sent all the same")
            })
            .get("/long/{n}", |request: &Request<'_>, reply: Reply<'_>| -> Answer {
                let length: usize = request.param("n").unwrap().to_string().parse()?;
                reply.status(Status::OK).field("X-Long", "x".repeat(length)).content(b"long")
            })
    }
    const BAD: [(&str, &str); 9] = [
        ("X", "a\r\nSet-Cookie: b"),
        ("X", "a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ("X", "a\nb"),
        ("X", "a\rb"),
        ("X", "a\0b"),
        ("X\r\nY", "a"),
        ("X: Y", "a"),
        ("", "a"),
        ("X Y", "a"),
    ];
    on_both(app, Config::new(), |address| {
        let mut client = Client::connect(address);
        for (number, bad) in BAD.iter().enumerate() {
            let reply = client.send(format!("GET /bad/{number} HTTP/1.1\r\nHost: a\r\n\r\n")).reply();
            assert_eq!((reply.status, reply.text()), (500, "Internal Server Error"), "{bad:?}");
            assert_eq!((reply.field("x"), reply.field("set-cookie")), (None, None));
        }
        for length in [100, 1023, 1024, 4096, 70_000, 1_000_000] {
            let reply = client.send(format!("GET /long/{length} HTTP/1.1\r\nHost: a\r\n\r\n")).reply();
            assert_eq!((reply.status, reply.text()), (200, "long"));
            assert!(reply.field("x-long").is_some_and(|value| value == "x".repeat(length)), "{length}");
        }
    });
}

/// The ring of pipelined requests had ten places, and nobody looked whether one was free: the eleventh that had to wait killed
/// the worker.
#[test]
fn any_number_of_pipelined_requests_may_wait() {
    on_both(simple, Config::new(), |address| {
        for count in [9, 10, 11, 64, 65, 200] {
            let mut client = Client::connect(address);
            client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n".repeat(count) + GET);
            for _ in 0..count {
                assert_eq!(client.reply().text(), "waited");
            }
            assert_eq!(client.reply().text(), "here", "the worker lives on");
        }
        // Nor does it matter that nobody waits for them any more.
        Client::connect(address).send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n".repeat(64)).try_clone().vanish();
        assert_eq!(statuses(address, GET, 1), [200]);
    });
}

/// What came too slowly, or was too large, was answered with a connection that closed, or not at all.
#[test]
fn what_is_late_or_too_large_is_told_so() {
    let mut config = Config::new();
    config.timeouts.head = Some(Duration::from_millis(300));
    config.timeouts.content = Some(ContentRate::new().with_grace(Duration::from_millis(300)));
    config.limits.content = 100;
    config.limits.head = HeadLimits::new().with_octets(500).with_fields(10);
    on_both(simple, config, |address| {
        for (sent, status) in [
            ("GET / HTTP/1.1\r\nHo".to_owned(), 408),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe".to_owned(), 408),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe".to_owned(), 408),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n".to_owned(), 413),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n".to_owned(), 413),
            (format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(500)), 431),
            (format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(10)), 431),
        ] {
            // The connection closes behind the reply, and the requests before it are answered.
            let mut client = Client::connect(address);
            client.send(GET.to_owned() + &sent);
            assert_eq!(client.reply().status, 200);
            let reply = client.reply();
            assert_eq!((reply.status, reply.field("connection")), (status, Some("close")), "{sent}");
            assert!(!reply.text().is_empty(), "without a reason");
            assert_eq!(client.rest(), b"");
        }
    });
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// What must never be taken for a request.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

fn simple() -> App {
    App::new()
        .route(Methods::ANY, "/", |_: &Request<'_>, reply: Reply<'_>| reply.text("here"))
        .get("/smuggled", |_: &Request<'_>, _: Reply<'_>| -> Answer { panic!("a request that nobody sent") })
        .get("/wait", async |_: OwnedRequest| {
            Timer::after(Duration::from_millis(5)).await;
            "waited"
        })
        .get("/query", |request: &Request<'_>, reply: Reply<'_>| {
            let decoded = |encoded: Encoded<'_>| encoded.to_string();
            let pairs = request.query_pairs().map(|pair| {
                let value = pair.value.map(decoded).unwrap_or_default();
                format!("[{}]=[{value}]", decoded(pair.name))
            });
            reply.text(&pairs.collect::<Vec<_>>().join(" "))
        })
        .get("/name/{name}", |request: &Request<'_>, reply: Reply<'_>| {
            reply.text(&request.param("name").unwrap().to_string())
        })
        .get("/tür", |_: &Request<'_>, reply: Reply<'_>| reply.text("door"))
        .get("/fields", |request: &Request<'_>, reply: Reply<'_>| {
            let values: Vec<_> = request.fields_named("X-Same").map(|value| str::from_utf8(value).unwrap()).collect();
            reply.text(&values.join(", "))
        })
}

/// The statuses of so many replies, behind the last of which the connection closes unless it is 200.
fn statuses(address: SocketAddr, sent: &str, replies: usize) -> Vec<u16> {
    let mut client = Client::connect(address);
    client.try_send(sent);
    let statuses: Vec<_> = (0..replies).map(|_| client.reply().status).collect();
    if statuses.last() != Some(&200) {
        assert_eq!(client.rest(), b"", "{sent}");
    }
    statuses
}

fn on_both(app: fn() -> App, config: Config, check: impl Fn(SocketAddr) + Sync) {
    thread::scope(|scope| {
        scope.spawn(|| on::<pronto_epoll::Epoll>(app(), config.clone(), &check));
        scope.spawn(|| on::<pronto_smol::Smol>(app(), config.clone(), &check));
    });
}

fn on<R: Runtime>(app: App, config: Config, check: impl Fn(SocketAddr)) {
    let counters = app.counters();
    let running = Server::<R>::bind("127.0.0.1:0").workers(1).config(config).start(app).unwrap();
    check(running.address().tcp().unwrap());
    running.stop();
    assert_eq!(counters.read().deaths(), 0, "a worker has died");
    assert_eq!(counters.read().panics(), 0, "a handler has panicked");
}
