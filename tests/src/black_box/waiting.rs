//! Handlers that wait, and what becomes of them.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use async_io::Timer;
use futures_lite::{
    StreamExt,
    future::{pending, yield_now},
    stream,
};
use pronto::{connection::Config, head::Status};
use pronto_host::{
    App, Ending, Fault, MethodNotAllowed, NotFound, OwnedRequest, Panicked, Reply, Request, Response, ServerSentEvent,
    Unanswered,
};

use super::{Runtime, get};
use crate::client::{Client, eventually};

async fn wait(request: OwnedRequest) -> String {
    let milliseconds = request.param("ms").unwrap().parse().unwrap();
    Timer::after(Duration::from_millis(milliseconds)).await;
    request.target().to_owned()
}

/// Closures and functions, sync and async ones, by the same names.
pub fn handlers_of_both_kinds_stand_in_one_router<R: Runtime>() {
    async fn function(request: OwnedRequest) -> Response {
        yield_now().await;
        Response::text(request.param("name").unwrap_or_default())
    }
    fn sync_function(request: &Request<'_>, reply: Reply<'_>) -> pronto_host::Answer {
        reply.text(request.target())
    }
    let app = App::new()
        .get("/sync", |_: &Request<'_>, reply: Reply<'_>| reply.text("sync"))
        .get("/sync/function", sync_function)
        .get("/async", async |_: OwnedRequest| "async")
        .get("/async/{name}", function)
        .get("/status", async |_: OwnedRequest| Status::NO_CONTENT)
        .get("/wait/{ms}", wait);
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    let requests = ["/async/J%C3%BCrgen", "/sync", "/wait/30", "/async", "/sync/function", "/status"].map(get).concat();
    client.send(requests);
    for text in ["Jürgen", "sync", "/wait/30", "async", "/sync/function"] {
        assert_eq!(client.reply().text(), text);
    }
    assert_eq!(client.reply().status, 204);
    // A head is answered without content from an async handler, too.
    client.send("HEAD /async HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.reply_to(crate::reply::To::Head).field("content-length"), Some("5"));
    server.stop();
}

/// Eight that wait, twice as many as may be in flight: they take their time twice, and no longer.
pub fn handlers_that_wait_run_side_by_side_and_their_replies_leave_in_order<R: Runtime>() {
    let mut config = Config::new();
    config.limits.in_flight = 4;
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (counter, highest) = (Arc::clone(&running), Arc::clone(&most));
    let app = App::new().get("/wait/{ms}", move |request: OwnedRequest| {
        let (running, most) = (Arc::clone(&counter), Arc::clone(&highest));
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let target = wait(request).await;
            running.fetch_sub(1, Ordering::SeqCst);
            target
        }
    });
    let server = R::start(app, config);
    let mut client = Client::connect(server.address());
    let waits = [300, 100, 200, 0, 300, 100, 200, 0];
    let start = Instant::now();
    client.send(waits.map(|wait| get(&format!("/wait/{wait}"))).concat());
    for wait in waits {
        assert_eq!(client.reply().text(), format!("/wait/{wait}"));
    }
    let elapsed = start.elapsed();
    assert!((600..1100).contains(&elapsed.as_millis()), "{elapsed:?}");
    assert_eq!((running.load(Ordering::SeqCst), most.load(Ordering::SeqCst)), (0, 4));
    server.stop();
}

/// When it is called, when it is first polled, and later: in any case 500, and the others live.
pub fn a_panic_of_a_handler_that_waits_is_500<R: Runtime>() {
    struct PanicsInDrop;
    impl Drop for PanicsInDrop {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    let app = App::new()
        .get("/", async |_: OwnedRequest| "alive")
        .route(pronto::service::Methods::ANY, "/called", |_: OwnedRequest| {
            if true {
                panic!("when it is called");
            }
            async { "never" }
        })
        .get("/polled", async |_: OwnedRequest| -> Response { panic!("when it is polled") })
        .get("/later", async |_: OwnedRequest| -> Response {
            Timer::after(Duration::from_millis(20)).await;
            panic!("later")
        })
        .get("/dropped", async |_: OwnedRequest| -> Response {
            let _guard = PanicsInDrop;
            Timer::after(Duration::from_millis(20)).await;
            Response::text("never")
        })
        .get("/pending", async |_: OwnedRequest| -> Response {
            let _guard = PanicsInDrop;
            pending().await
        })
        .get("/streams", |_: &Request<'_>, reply: Reply<'_>| {
            let guard = PanicsInDrop;
            let pieces = stream::repeat(()).map(move |()| {
                let _owned = &guard;
                Ok::<_, Fault>("x")
            });
            reply.status(Status::OK).stream(pieces)
        });
    let server = R::start(app, Config::new());
    // Those whose clients vanish are dropped in the middle, and panic even then.
    for target in ["/pending", "/streams"] {
        let mut client = Client::connect(server.address());
        client.send(get(target));
        std::thread::sleep(Duration::from_millis(50));
        client.vanish();
    }
    let mut client = Client::connect(server.address());
    client.send(["/called", "/", "/polled", "/", "/later", "/", "/dropped", "/"].map(get).concat());
    for _ in 0..4 {
        assert_eq!(client.reply().status, 500);
        assert_eq!(client.reply().text(), "alive");
    }
    client.send("PUT /called HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello".to_owned() + &get("/"));
    assert_eq!(client.reply().status, 500);
    assert_eq!(client.reply().text(), "alive");
    server.stop();
}

#[derive(Debug)]
struct Teapot(u32);

impl fmt::Display for Teapot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "teapot {}", self.0)
    }
}

impl std::error::Error for Teapot {}

/// The first handler of an error's type takes it; a catch-all takes the rest; one that fails itself is answered 500.
pub fn errors_become_replies_by_their_type<R: Runtime>() {
    let app = App::new()
        .get("/sync/teapot", |_: &Request<'_>, _: Reply<'_>| Err(Teapot(1).into()))
        .get("/async/teapot", async |_: OwnedRequest| -> Result<Response, Teapot> {
            yield_now().await;
            Err(Teapot(2))
        })
        .get("/number", async |_: OwnedRequest| -> Result<String, Fault> { Ok("x".parse::<u32>()?.to_string()) })
        .get("/words", async |_: OwnedRequest| Err::<Response, _>(Fault::words("only words")))
        .get("/broken", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).field("a b", "c").no_content())
        .get("/dropped", |_: &Request<'_>, reply: Reply<'_>| Ok(reply.defer().1))
        .get("/panic", async |_: OwnedRequest| -> Response { panic!("on purpose") })
        .on_error(|error: &Teapot, request: &Request<'_>, reply: Reply<'_>| {
            let text = format!("{error} at {}", request.target());
            reply.status(Status::new(418).unwrap()).content(text.as_bytes())
        })
        .on_error(|_: &Teapot, _: &Request<'_>, reply: Reply<'_>| reply.text("never: the first takes it"))
        .on_error(|_: &std::num::ParseIntError, _: &Request<'_>, _: Reply<'_>| panic!("a handler of errors, too"))
        .on_error(|_: &NotFound, request: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::NOT_FOUND).content(request.target().as_bytes())
        })
        .on_error(|error: &MethodNotAllowed, _: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::METHOD_NOT_ALLOWED).field("Allow", &error.allow).content(b"no such method")
        })
        .on_error(|error: &Panicked, _: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::INTERNAL_SERVER_ERROR).content(error.0.as_bytes())
        })
        .on_error(|_: &Unanswered, _: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::GATEWAY_TIMEOUT).content(b"forgotten")
        })
        .on_any_error(|error, _: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::BAD_GATEWAY).content(error.to_string().as_bytes())
        });
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    let cases = [
        ("/sync/teapot", 418, "teapot 1 at /sync/teapot"),
        ("/async/teapot", 418, "teapot 2 at /async/teapot"),
        ("/number", 500, "Internal Server Error"),
        ("/words", 502, "only words"),
        ("/broken", 502, "a field name is not a token"),
        ("/dropped", 504, "forgotten"),
        ("/panic", 500, "on purpose"),
        ("/nowhere?x", 404, "/nowhere?x"),
    ];
    client.send(cases.map(|(target, ..)| get(target)).concat());
    for (target, status, text) in cases {
        let reply = client.reply();
        assert_eq!((reply.status, reply.text()), (status, text), "{target}");
    }
    client.send("DELETE /words HTTP/1.1\r\nHost: a\r\n\r\n");
    let reply = client.reply();
    assert_eq!((reply.status, reply.text(), reply.field("allow")), (405, "no such method", Some("GET, HEAD, OPTIONS")));
    server.stop();
}

/// Says when it is dropped.
struct Guard(Arc<AtomicUsize>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Nobody waits for a reply that nobody will get.
pub fn a_handler_is_dropped_when_its_client_vanishes<R: Runtime>() {
    let (begun, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (beginning, dropping) = (Arc::clone(&begun), Arc::clone(&dropped));
    let app = App::new().route(pronto::service::Methods::ANY, "/", move |mut request: OwnedRequest| {
        let guard = Guard(Arc::clone(&dropping));
        beginning.fetch_add(1, Ordering::SeqCst);
        async move {
            let _guard = guard;
            while request.content().next().await?.is_some() {}
            pending::<Result<Response, Fault>>().await
        }
    });
    let server = R::start(app, Config::new());
    let cases = [
        get("/"),
        get("/").repeat(3),
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf".into(),
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf".into(),
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n".into(),
    ];
    for requests in &cases {
        let before = begun.load(Ordering::SeqCst);
        let mut client = Client::connect(server.address());
        client.send(requests);
        let expected = before + requests.matches("HTTP/1.1").count();
        eventually("the handlers run", || begun.load(Ordering::SeqCst) == expected);
        assert_eq!(dropped.load(Ordering::SeqCst), before);
        client.vanish();
        eventually("the handlers are dropped", || dropped.load(Ordering::SeqCst) == expected);
    }
    server.stop();
}

/// However quiet it is: what makes a stream is dropped, and so is what waits when the client has said all, be it that nobody
/// reads what else it has sent.
pub fn a_stream_is_dropped_when_its_client_vanishes<R: Runtime>() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let (of_stream, of_handler) = (Arc::clone(&dropped), Arc::clone(&dropped));
    let app = App::new()
        .get("/stream", move |_: OwnedRequest| {
            let guard = Guard(Arc::clone(&of_stream));
            let first = stream::once(ServerSentEvent::data("first"));
            let events = first.chain(stream::pending()).map(move |event| {
                let _with_it = &guard;
                event
            });
            async { Response::events(events) }
        })
        .get("/wait", move |_: OwnedRequest| {
            let guard = Guard(Arc::clone(&of_handler));
            async move {
                let _guard = guard;
                pending::<Response>().await
            }
        });
    let server = R::start(app, Config::new());
    let (once, twice) = (get("/stream"), get("/stream").repeat(2));
    let cases = [(&once, false), (&once, true), (&twice, false), (&twice, true), (&get("/wait"), true)];
    for (case, (requests, ends)) in cases.into_iter().enumerate() {
        let mut client = Client::connect(server.address());
        client.send(requests);
        if requests.contains("stream") {
            client.up_to(b"first");
        }
        if ends {
            client.end();
        }
        thread::sleep(Duration::from_millis(100));
        assert_eq!(dropped.load(Ordering::SeqCst), case, "{requests} {ends}");
        client.vanish();
        eventually("it is dropped", || dropped.load(Ordering::SeqCst) == case + 1);
    }
    server.stop();
}

/// Replied, cut by the client, cut by the source, and cancelled by the end of the server.
pub fn whoever_waits_for_the_end_of_an_exchange_is_told_how_it_ended<R: Runtime>() {
    let endings: Arc<Mutex<Vec<(String, Ending)>>> = Arc::default();
    let note = |endings: &Arc<Mutex<Vec<(String, Ending)>>>, target: &str| {
        let (endings, target) = (Arc::clone(endings), target.to_owned());
        move |ending: &Ending| endings.lock().unwrap().push((target, ending.clone()))
    };
    let (one, two, three, four) = (endings.clone(), endings.clone(), endings.clone(), endings.clone());
    let app = App::new()
        .get("/sync", move |request: &Request<'_>, reply: Reply<'_>| {
            reply.on_done(note(&one, request.target())).text("sync")
        })
        .get("/async", move |request: OwnedRequest| {
            request.on_done(note(&two, request.target()));
            async {
                yield_now().await;
                "async"
            }
        })
        .get("/pending", move |request: OwnedRequest| {
            request.on_done(note(&three, request.target()));
            pending::<Response>()
        })
        .get("/fails", move |request: &Request<'_>, reply: Reply<'_>| {
            let reply = reply.on_done(note(&four, request.target())).status(Status::OK);
            reply.pull([Ok("one"), Err(Fault::words("no more"))])
        });
    let server = R::start(app, Config::new());
    let take = |number: usize| {
        eventually("it has ended", || endings.lock().unwrap().len() == number);
        std::mem::take(&mut *endings.lock().unwrap())
    };
    let mut client = Client::connect(server.address());
    client.send(get("/sync") + &get("/async"));
    assert_eq!((client.reply().text(), client.reply().text()), ("sync", "async"));
    let replied = Ending::Replied(Status::OK);
    assert_eq!(take(2), [("/sync".into(), replied.clone()), ("/async".into(), replied)]);
    client.send(get("/fails"));
    assert_eq!(take(1), [("/fails".into(), Ending::Cut("no more".into()))]);
    let mut client = Client::connect(server.address());
    client.send(get("/sync") + &get("/pending"));
    client.reply();
    take(1);
    client.vanish();
    let ended = take(1);
    assert!(matches!(&ended[..], [(_, Ending::Cut(reason))] if !reason.is_empty()), "{ended:?}");
    server.stop();
}
