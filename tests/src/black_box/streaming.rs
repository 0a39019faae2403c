//! Content that comes and goes piece by piece, and connections that are taken over.

use std::{
    convert::Infallible,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use async_io::Timer;
use futures_lite::{AsyncReadExt, AsyncWriteExt, Stream, StreamExt, stream};
use pronto::{
    connection::{Config, ContentRate},
    head::Status,
};
use pronto_host::{App, ContentError, Fault, OwnedRequest, Piece, Reply, Request, Response, ServerSentEvent};

use super::{GET, Runtime, get};
use crate::{
    client::{Client, PATIENCE, eventually},
    reply::{self, To},
};

fn put(target: &str, fields: &str) -> String {
    format!("PUT {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

/// What a handler has read of its content.
type Read = Arc<AtomicUsize>;

/// `PUT /` answers how many octets of content came, once a gate is opened.
fn counting_app(gate: mpsc::Receiver<()>) -> (App, Read) {
    let (read, gate) = (Read::default(), Arc::new(Mutex::new(gate)));
    let counter = Arc::clone(&read);
    let app = App::new()
        .get("/", async |_: OwnedRequest| "alive")
        .put("/", move |mut request: OwnedRequest| {
            let (read, gate) = (Arc::clone(&counter), Arc::clone(&gate));
            async move {
                while gate.lock().unwrap().try_recv().is_err() {
                    Timer::after(Duration::from_millis(5)).await;
                }
                while let Some(octets) = request.content().next().await? {
                    read.fetch_add(octets.len(), Ordering::SeqCst);
                }
                Ok::<_, ContentError>(read.load(Ordering::SeqCst).to_string())
            }
        })
        .content_limit(u64::MAX);
    (app, read)
}

/// Back-pressure: what nobody reads is not taken from the network.
pub fn a_handler_that_does_not_read_stops_the_socket<R: Runtime>() {
    const LENGTH: usize = 64 << 20;
    for framing in [format!("Content-Length: {LENGTH}\r\n"), "Transfer-Encoding: chunked\r\n".into()] {
        let (open, gate) = mpsc::channel();
        let (app, read) = counting_app(gate);
        let server = R::start(app, Config::new());
        let mut client = Client::connect(server.address());
        client.send(put("/", &framing));
        let is_chunked = framing.starts_with('T');
        if is_chunked {
            client.send(format!("{LENGTH:x}\r\n"));
        }
        let block = vec![b'x'; 1 << 20];
        let sent = client.send_until_refused(&block, LENGTH);
        // As much as the kernel holds for both sides, and a little.
        assert!(sent < 32 << 20, "{sent} octets were taken that nobody read");
        assert_eq!(read.load(Ordering::SeqCst), 0);
        open.send(()).unwrap();
        let mut left = LENGTH - sent;
        while left > 0 {
            let length = left.min(block.len());
            client.send(&block[..length]);
            left -= length;
        }
        if is_chunked {
            client.send("\r\n0\r\n\r\n");
        }
        assert_eq!(client.reply().text(), LENGTH.to_string());
        assert_eq!(client.send(GET).reply().text(), "alive");
        server.stop();
    }
}

/// 100 is sent when the handler first reads, not before.
pub fn leave_to_send_is_given_when_the_content_is_first_read<R: Runtime>() {
    let (open, gate) = mpsc::channel();
    let server = R::start(counting_app(gate).0, Config::new());
    let mut client = Client::connect(server.address());
    client.send(put("/", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
    assert!(client.is_quiet(), "leave was given before it was asked for");
    open.send(()).unwrap();
    assert_eq!(client.reply().status, 100);
    assert!(client.is_quiet());
    assert_eq!(client.send("hello").reply().text(), "5");
    // Behind a reply that is pending, leave waits for its turn.
    let mut client = Client::connect(server.address());
    client.send(put("/", "Content-Length: 0\r\n") + &put("/", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
    open.send(()).unwrap();
    open.send(()).unwrap();
    let replies = [client.reply(), client.reply()];
    assert_eq!((replies[0].status, replies[1].status), (200, 100));
    assert_eq!(client.send("hello").reply().status, 200);
    server.stop();
}

/// A final reply without reading: never both.
pub fn a_reply_without_reading_gives_no_leave_and_closes<R: Runtime>() {
    let app = App::new().put("/", async |_: OwnedRequest| "no need");
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    client.send(put("/", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
    let reply = client.reply();
    assert_eq!((reply.status, reply.text(), reply.field("connection")), (200, "no need", Some("close")));
    assert_eq!(client.rest(), b"");
    server.stop();
}

/// Up to a bound the connection is kept for the next request; beyond it ends.
pub fn content_that_nobody_reads_is_thrown_away_or_ends_the_connection<R: Runtime>() {
    let app = App::new()
        .get("/", async |_: OwnedRequest| "alive")
        .put("/at-once", async |_: OwnedRequest| "not read")
        .put("/later", async |request: OwnedRequest| {
            drop(request);
            Timer::after(Duration::from_millis(30)).await;
            "not read"
        })
        .put("/some", async |mut request: OwnedRequest| {
            request.content().next().await?;
            Ok::<_, ContentError>("not read")
        });
    let server = R::start(app, Config::new());
    for target in ["/at-once", "/later", "/some"] {
        let mut client = Client::connect(server.address());
        // What looks like a request is content all the same.
        let content = GET.repeat(1000);
        client.send(put(target, &format!("Content-Length: {}\r\n", content.len())) + &content + GET);
        assert_eq!(client.reply().text(), "not read", "{target}");
        assert_eq!(client.reply().text(), "alive", "{target}");
        client.send(put(target, "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n" + GET);
        assert_eq!(client.reply().text(), "not read", "{target}");
        assert_eq!(client.reply().text(), "alive", "{target}");

        let mut client = Client::connect(server.address());
        client.send(put(target, "Content-Length: 1000000\r\n") + &GET.repeat(10));
        assert_eq!(client.reply().text(), "not read", "{target}");
        assert_eq!(client.rest(), b"", "{target}");
    }
    server.stop();
}

/// Broken, too long, too slow: the handler does not go on, and the reply says why.
pub fn broken_content_ends_its_handler<R: Runtime>() {
    let dropped = Arc::new(AtomicUsize::new(0));
    struct Guard(Arc<AtomicUsize>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let dropping = Arc::clone(&dropped);
    let app = App::new()
        .put("/", move |mut request: OwnedRequest| {
            let guard = Guard(Arc::clone(&dropping));
            async move {
                let _guard = guard;
                request.content().collect().await.map(|content| content.len().to_string())
            }
        })
        .content_limit(1000);
    let mut config = Config::new();
    config.timeouts.content = Some(ContentRate::new().with_grace(Duration::from_millis(300)));
    let server = R::start(app, config);
    let chunked = put("/", "Transfer-Encoding: chunked\r\n");
    let cases = [
        (chunked.clone() + "5\r\nhelloX", 400, "a chunk that does not end"),
        (chunked.clone() + "x\r\n", 400, "no size"),
        (chunked + &format!("3e9\r\n{}", "x".repeat(1001)), 413, "chunks over the limit"),
        (put("/", "Content-Length: 1001\r\n"), 413, "a length over the limit"),
        (put("/", "Content-Length: 1000\r\n") + "slow", 408, "too slow"),
    ];
    for (number, (requests, status, what)) in cases.into_iter().enumerate() {
        let mut client = Client::connect(server.address());
        client.send(requests);
        assert_eq!(client.reply().status, status, "{what}");
        assert_eq!(client.rest(), b"", "{what}");
        eventually("the handler is dropped", || dropped.load(Ordering::SeqCst) == number + 1);
    }
    let mut client = Client::connect(server.address());
    client.send(put("/", "Content-Length: 1000\r\n") + "ends").end();
    assert_eq!(client.reply().status, 400);
    server.stop();
}

/// Both ways, and never among the fields of the head.
pub fn trailers_reach_the_handler_and_the_client<R: Runtime>() {
    let app = App::new().put("/", async |mut request: OwnedRequest| {
        let content = request.content().collect().await?;
        let trailers = request.content().trailers().into_iter();
        let pieces = stream::once(Piece::from(content))
            .chain(stream::iter(trailers.map(|(name, value)| Piece::trailer(format!("Got-{name}"), value))));
        Ok::<_, ContentError>(Response::new(Status::OK).stream(pieces.map(Ok::<_, Infallible>)))
    });
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    client
        .send(put("/", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\nX-Sum: 7\r\nHost: b\r\nX-Two: 8\r\n\r\n");
    let reply = client.reply();
    assert_eq!(reply.text(), "abc");
    assert_eq!(reply.trailers, [("got-x-sum".into(), "7".into()), ("got-x-two".into(), "8".into())]);
    client.send("PUT / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc");
    assert!(client.rest().ends_with(b"\r\n\r\nabc"));
    server.stop();
}

/// `GET /pull/{n}` and `GET /stream/{n}` send n pieces; another handler counts how many were pulled.
fn pieces_app() -> (App, Arc<AtomicUsize>) {
    let pulled = Arc::new(AtomicUsize::new(0));
    let (one, two) = (Arc::clone(&pulled), Arc::clone(&pulled));
    let pieces = |pulled: &Arc<AtomicUsize>, number: usize| {
        let pulled = Arc::clone(pulled);
        (0..number).map(move |number| {
            pulled.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Infallible>(format!("{number:9}\n"))
        })
    };
    let number = |request: &Request<'_>| request.param("n").unwrap().to_string().parse().unwrap();
    let app = App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("small"))
        .get("/pull/{n}", move |request: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::OK).pull(pieces(&one, number(request)))
        })
        .get("/stream/{n}", move |request: OwnedRequest| {
            let pieces = pieces(&two, number(&request.view()));
            async { Response::new(Status::OK).stream(stream::iter(pieces)) }
        });
    (app, pulled)
}

/// Framed as the client's version allows, and not sent at all in answer to HEAD.
pub fn a_stream_is_chunked_or_ends_with_the_connection<R: Runtime>() {
    let (app, pulled) = pieces_app();
    let server = R::start(app, Config::new());
    for kind in ["pull", "stream"] {
        for number in [0, 1, 1000, 100_000] {
            let target = format!("/{kind}/{number}");
            let mut client = Client::connect(server.address());
            client.send(get(&target) + &get("/") + &get(&target) + &get("/"));
            for _ in 0..2 {
                let reply = client.reply();
                assert_eq!(reply.field("transfer-encoding"), Some("chunked"));
                assert_eq!(reply.content.len(), number * 10, "{target}");
                assert_eq!(client.reply().text(), "small");
            }
            let mut client = Client::connect(server.address());
            client.send(format!("GET {target} HTTP/1.0\r\n\r\n") + &get("/"));
            let rest = client.rest();
            let head = rest.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
            assert_eq!(rest.len() - head - 4, number * 10, "{target}");
            assert!(!String::from_utf8_lossy(&rest[..head]).contains("Transfer-Encoding"));
        }
        pulled.store(0, Ordering::SeqCst);
        let mut client = Client::connect(server.address());
        client.send(format!("HEAD /{kind}/1000 HTTP/1.1\r\nHost: a\r\n\r\n") + &get("/"));
        assert_eq!(client.reply_to(To::Head).field("transfer-encoding"), Some("chunked"));
        assert_eq!(client.reply().text(), "small");
        assert_eq!(pulled.load(Ordering::SeqCst), 0);
    }
    server.stop();
}

/// A client that reads nothing has nothing produced for it.
pub fn a_stream_is_pulled_only_when_there_is_room<R: Runtime>() {
    let (app, pulled) = pieces_app();
    let server = R::start(app, Config::new());
    for kind in ["pull", "stream"] {
        pulled.store(0, Ordering::SeqCst);
        let mut client = Client::connect(server.address());
        client.send(format!("GET /{kind}/2000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
        let mut last = usize::MAX;
        eventually("nothing more is pulled", || {
            thread::sleep(Duration::from_millis(100));
            std::mem::replace(&mut last, pulled.load(Ordering::SeqCst)) == last
        });
        assert!(last < 1_500_000, "{last} of 2,000,000 pieces were pulled for nobody");
        let replies = reply::all(&client.rest(), |_| To::Other);
        assert_eq!(replies.iter().map(|reply| reply.content.len()).collect::<Vec<_>>(), [20_000_000]);
    }
    server.stop();
}

/// In both directions at once, on connections that stay and on such that close.
pub fn content_may_be_sent_back_while_it_comes<R: Runtime>() {
    let app = App::new()
        .put("/", async |request: OwnedRequest| Response::new(Status::OK).stream(request.into_content()))
        .content_limit(u64::MAX);
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    client.send(put("/", "Transfer-Encoding: chunked\r\n") + "3\r\none\r\n");
    let begin = client.up_to(b"3\r\none\r\n");
    assert!(begin.starts_with(b"HTTP/1.1 200 OK\r\n"));
    client.send("3\r\ntwo\r\n");
    client.up_to(b"3\r\ntwo\r\n");
    client.send("0\r\n\r\n");
    client.up_to(b"0\r\n\r\n");
    let content = vec![b'x'; 3 << 20];
    for fields in ["", "Expect: 100-continue\r\n", "Connection: close\r\n"] {
        client.send(put("/", &format!("Content-Length: {}\r\n{fields}", content.len())));
        if fields.starts_with("Expect") {
            // The content of the reply is that of the request: leave comes before the head, and the reply all the same.
            assert_eq!(client.reply().status, 100);
        }
        let mut sender = client.try_clone();
        let sent = content.clone();
        let sending = thread::spawn(move || sender.try_send(sent));
        assert!(client.reply().content == content, "{fields:?}");
        sending.join().unwrap();
    }
    assert_eq!(client.rest(), b"");
    let mut client = Client::connect(server.address());
    client.send(format!("PUT / HTTP/1.0\r\nContent-Length: {}\r\n\r\n", content.len()));
    let mut sender = client.try_clone();
    let sent = content.clone();
    let sending = thread::spawn(move || sender.try_send(sent));
    assert!(client.rest().ends_with(&content));
    sending.join().unwrap();
    server.stop();
}

/// However much it has to send, and however fast that is taken.
pub fn a_busy_stream_keeps_no_new_client_waiting<R: Runtime>() {
    let app = App::new().get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("now")).get(
        "/busy",
        |_: &Request<'_>, reply: Reply<'_>| {
            let pieces = std::iter::repeat_with(|| {
                thread::sleep(Duration::from_millis(1));
                Ok::<_, Fault>(&[b'x'; 32 * 1024][..])
            });
            reply.status(Status::OK).pull(pieces)
        },
    );
    let server = R::start(app, Config::new());
    let mut busy = Client::connect(server.address());
    busy.send(get("/busy"));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                assert!(!busy.read_once().is_empty(), "the stream has ended");
            }
        });
        thread::sleep(Duration::from_millis(100));
        let start = Instant::now();
        assert_eq!(Client::connect(server.address()).send(GET).reply().text(), "now");
        let elapsed = start.elapsed();
        over.store(true, Ordering::Relaxed);
        assert!(elapsed < Duration::from_secs(1), "{elapsed:?}");
    });
    busy.vanish();
    server.stop();
}

/// An event is sent when it is there, and not when there are many.
pub fn events_arrive_one_by_one<R: Runtime>() {
    fn events(number: usize) -> impl Stream<Item = ServerSentEvent> {
        let ticks = Timer::interval(Duration::from_millis(150));
        ticks.enumerate().take(number).map(|(number, _)| ServerSentEvent::data(&number.to_string()).named("tick"))
    }
    let app = App::new()
        .get("/async", async |_: OwnedRequest| Response::events(events(3)))
        .get("/sync", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).events(events(3)))
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("small"));
    // A stream that has nothing to say for a while is neither idle nor slow.
    let mut config = Config::new();
    config.timeouts.idle = Some(Duration::from_millis(50));
    config.timeouts.write = Some(Duration::from_millis(50));
    let server = R::start(app, config);
    for target in ["/async", "/sync"] {
        let mut client = Client::connect(server.address());
        let start = Instant::now();
        client.send(get(target) + &get("/"));
        let head = client.up_to(b"\r\n\r\n");
        assert!(String::from_utf8_lossy(&head).contains("Content-Type: text/event-stream\r\n"));
        for number in 0..3_u32 {
            client.up_to(format!("event: tick\ndata: {number}\n\n\r\n").as_bytes());
            let elapsed = start.elapsed().as_millis();
            let due = 150 * u128::from(number + 1);
            assert!(elapsed >= due && elapsed < due + 140, "event {number} after {elapsed} ms");
        }
        client.up_to(b"0\r\n\r\n");
        assert_eq!(client.reply().text(), "small");
    }
    server.stop();
}

/// Nobody may take what came before the failure for all of it.
pub fn a_stream_that_fails_is_seen_to_fail<R: Runtime>() {
    let app = App::new()
        .get("/error", |_: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::OK).pull([Ok("some"), Err(io::Error::other("no more"))])
        })
        .get("/panic", |_: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::OK).pull((0..2).map(|number| match number {
                0 => Ok::<_, Infallible>("some"),
                _ => panic!("no more"),
            }))
        })
        .get("/later", async |_: OwnedRequest| {
            let failure = stream::once_future(Box::pin(async {
                Timer::after(Duration::from_millis(20)).await;
                Err::<&'static str, _>(Fault::words("no more"))
            }));
            Response::new(Status::OK).stream(stream::once(Ok("some")).chain(failure))
        })
        .get("/trailer", |_: &Request<'_>, reply: Reply<'_>| {
            let pieces = [Piece::from("some"), Piece::trailer("Content-Length", "4")];
            reply.status(Status::OK).pull(pieces.map(Ok::<_, Infallible>))
        })
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("small"));
    let server = R::start(app, Config::new());
    for target in ["/error", "/panic", "/later", "/trailer"] {
        let mut client = Client::connect(server.address());
        client.send(get(target) + &get("/"));
        let rest = client.rest();
        assert!(!rest.ends_with(b"0\r\n\r\n") && !rest.ends_with(b"small"), "{target}: {}", rest.escape_ascii());
        if target != "/trailer" {
            // Where nothing but the end of the connection ends content, only a reset can tell.
            let mut client = Client::connect(server.address());
            client.send(format!("GET {target} HTTP/1.0\r\n\r\n"));
            assert!(client.is_reset(), "{target}");
        }
    }
    assert_eq!(Client::connect(server.address()).send(get("/")).reply().text(), "small");
    server.stop();
}

/// `GET /shout` with an upgrade answers everything in capitals; `GET /refuse` says no.
fn upgrading_app() -> App {
    App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("small"))
        .get("/refuse", async |_: OwnedRequest| {
            Timer::after(Duration::from_millis(30)).await;
            "refused"
        })
        .get("/shout", async |_: OwnedRequest| {
            Response::upgrade("shout", |mut connection| async move {
                let mut buffer = [0; 1000];
                while let Ok(length @ 1..) = connection.read(&mut buffer).await {
                    buffer[..length].make_ascii_uppercase();
                    if connection.write_all(&buffer[..length]).await.is_err() {
                        return;
                    }
                }
                drop(connection.write_all(b"bye").await);
            })
        })
}

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: shout\r\n";

/// What came with the request is the other protocol's, from its first octet on.
pub fn a_connection_is_taken_over_with_what_was_read<R: Runtime>() {
    let server = R::start(upgrading_app(), Config::new());
    let mut client = Client::connect(server.address());
    client
        .send(get("/") + &format!("GET /shout HTTP/1.1\r\nHost: a\r\n{UPGRADE}\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n"));
    assert_eq!(client.reply().text(), "small");
    let reply = client.reply();
    assert_eq!(
        (reply.status, reply.field("upgrade"), reply.field("connection")),
        (101, Some("shout"), Some("upgrade"))
    );
    client.up_to(b"GET / HTTP/1.1\r\nHOST: A\r\n\r\n");
    assert!(client.is_quiet());
    client.send("hello");
    client.up_to(b"HELLO");
    // Both directions have room for much, and for no more than there is.
    let much = vec![b'x'; 5 << 20];
    let mut sender = client.try_clone();
    let sending = thread::spawn(move || sender.try_send(&much));
    let mut back = 0;
    while back < 5 << 20 {
        let octets = client.read_once();
        assert!(octets.iter().all(|&octet| octet == b'X'));
        back += octets.len();
    }
    sending.join().unwrap();
    client.end();
    assert_eq!(client.rest(), b"bye");
    // A request with content never ends as another protocol: nobody could tell what of it is whose.
    let mut client = Client::connect(server.address());
    client.send(format!("GET /shout HTTP/1.1\r\nHost: a\r\n{UPGRADE}Content-Length: 5\r\n\r\nhello"));
    assert_eq!(client.reply().status, 426);
    // Nobody is upgraded who does not ask for it.
    let mut client = Client::connect(server.address());
    assert_eq!(client.send(get("/shout")).reply().status, 426);
    client.send("GET /shout HTTP/1.0\r\nConnection: keep-alive, Upgrade\r\nUpgrade: shout\r\n\r\n");
    assert_eq!(client.reply().status, 426);
    // And who was, is told when the server ends.
    let mut client = Client::connect(server.address());
    client.send(format!("GET /shout HTTP/1.1\r\nHost: a\r\n{UPGRADE}\r\n"));
    assert_eq!(client.reply().status, 101);
    let start = Instant::now();
    server.stop();
    assert_eq!(client.rest(), b"bye");
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

/// Until the answer is known nobody knows what follows; then it is HTTP as before.
pub fn a_request_behind_a_refused_upgrade_is_answered<R: Runtime>() {
    let server = R::start(upgrading_app(), Config::new());
    let mut client = Client::connect(server.address());
    let refused = format!("GET /refuse HTTP/1.1\r\nHost: a\r\n{UPGRADE}\r\n");
    client.send(refused.clone() + &get("/") + &refused + &refused + &get("/"));
    for text in ["refused", "small", "refused", "refused", "small"] {
        assert_eq!(client.reply().text(), text);
    }
    server.stop();
}

/// A pipeline that was read, replies that are pending, content that comes and goes.
pub fn all_that_was_asked_is_answered_when_the_server_stops<R: Runtime>() {
    let app = App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("small"))
        .get("/wait", async |_: OwnedRequest| {
            Timer::after(Duration::from_millis(500)).await;
            "waited"
        })
        .put("/", async |mut request: OwnedRequest| {
            request.content().collect().await.map(|content| content.len().to_string())
        })
        .get("/slow", async |_: OwnedRequest| {
            let ticks = Timer::interval(Duration::from_millis(200)).take(3);
            Response::new(Status::OK).stream(ticks.map(|_| Ok::<_, Infallible>("tick")))
        });
    let server = R::start(app, Config::new());
    let address = server.address();
    let connect = |requests: &str| {
        let mut client = Client::connect(address);
        client.send(requests);
        client
    };
    let mut pipelined = connect(&(get("/wait") + &get("/").repeat(23)));
    let mut streamed = connect(&get("/slow"));
    let mut begun = connect(&(put("/", "Content-Length: 10\r\n") + "begun"));
    streamed.up_to(b"tick\r\n");
    let stopping = thread::spawn(move || server.stop());
    thread::sleep(Duration::from_millis(100));
    begun.send("ended");
    let replies = reply::all(&pipelined.rest(), |_| To::Other);
    assert_eq!(replies.len(), 24);
    assert_eq!(replies[0].text(), "waited");
    assert!(replies[..23].iter().all(|reply| reply.field("connection").is_none()));
    assert!(streamed.rest().ends_with(b"4\r\ntick\r\n4\r\ntick\r\n0\r\n\r\n"));
    let reply = begun.reply();
    assert_eq!((reply.text(), reply.field("connection")), ("10", Some("close")));
    assert_eq!(begun.rest(), b"");
    drop((pipelined, streamed, begun));
    let start = Instant::now();
    stopping.join().unwrap();
    assert!(start.elapsed() < PATIENCE);
}

/// Where only the end of the connection says that all has come, it must not end as if it had.
pub fn a_stream_that_the_end_of_the_server_cuts_is_seen_to_be_cut<R: Runtime>() {
    let app = App::new().get("/", |_: &Request<'_>, reply: Reply<'_>| {
        reply.status(Status::OK).pull(std::iter::repeat_with(|| Ok::<_, Fault>(&[b'x'; 1024][..])))
    });
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    client.send("GET / HTTP/1.0\r\n\r\n").up_to(b"\r\n\r\n");
    server.stop();
    assert!(client.is_reset(), "half of a reply looks as if it were all");
}
