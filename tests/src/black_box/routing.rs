//! Routers in routers, functions around handlers, and who chooses a route.

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use async_io::Timer;
use futures_lite::stream;
use pronto::{
    connection::{Config, Rejection},
    head::{self, Method, Status},
    prepared,
    response::PreparedResponse,
    service::Methods,
};
use pronto_host::{Answer, App, Fault, OwnedRequest, Reply, Request, Response, Router, Routes, WrittenReply};

use super::{Runtime, get};
use crate::{client::Client, reply::To};

static PREPARED: PreparedResponse<'static> = prepared!(Status::OK, &[("X-Kind", "prepared")], b"prepared");

/// Every kind of handler and reply, by `/{kind}`.
fn kinds() -> Router {
    Router::new()
        .get("/sync", |_: &Request<'_>, reply: Reply<'_>| reply.text("sync"))
        .get("/prepared", |_: &Request<'_>, reply: Reply<'_>| reply.prepared(&PREPARED))
        .get("/large", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).content_of(vec![b'l'; 100_000]))
        .get("/empty", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::NO_CONTENT).no_content())
        .get("/deferred", |_: &Request<'_>, reply: Reply<'_>| {
            let (deferred, answered) = reply.defer();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(20));
                deferred.answer(|reply| reply.text("deferred"));
            });
            Ok(answered)
        })
        .get("/fails", |_: &Request<'_>, _: Reply<'_>| Err(Fault::words("it fails")))
        .get("/async", async |_: OwnedRequest| "async")
        .get("/waits", async |_: OwnedRequest| {
            Timer::after(Duration::from_millis(20)).await;
            "waits"
        })
        .get("/stream", async |_: OwnedRequest| {
            Response::new(Status::OK).stream(stream::iter(["st", "ream"].map(Ok::<_, io::Error>)))
        })
}

/// A function that adds its name to the reply.
fn mark(
    name: &'static str,
) -> impl Fn(&Request<'_>, &mut WrittenReply<'_>) -> Result<(), Fault> + Send + Sync + 'static {
    move |_, reply| Ok(reply.add_field(&format!("X-{name}"), reply.status().code().to_string())?)
}

/// Those of a nested router for its routes alone, those of the application for every request that could be read.
pub fn functions_look_at_every_reply_however_it_was_made<R: Runtime>() {
    let app = App::new()
        .after(mark("Outer"))
        .get("/sync", |_: &Request<'_>, reply: Reply<'_>| reply.text("not nested"))
        .nest("/nested", kinds().after(mark("Inner")));
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    let expected = [
        ("/nested/sync", 200, "sync"),
        ("/nested/prepared", 200, "prepared"),
        ("/nested/empty", 204, ""),
        ("/nested/deferred", 200, "deferred"),
        ("/nested/fails", 500, "Internal Server Error"),
        ("/nested/async", 200, "async"),
        ("/nested/waits", 200, "waits"),
        ("/nested/stream", 200, "stream"),
        ("/sync", 200, "not nested"),
        ("/nested", 404, "Not Found"),
        ("/nested/large", 200, &"l".repeat(100_000)),
    ];
    client.send(expected.map(|(target, ..)| get(target)).concat());
    for (target, status, text) in expected {
        let reply = client.reply();
        assert_eq!((reply.status, reply.text()), (status, text), "{target}");
        let status = status.to_string();
        assert_eq!(reply.field("x-outer"), Some(&*status), "{target}");
        let inner = (target.len() > "/nested".len()).then_some(&*status);
        assert_eq!(reply.field("x-inner"), inner, "{target}");
        if inner.is_some() {
            let place = |name| reply.fields.iter().position(|(other, _)| other == name);
            assert!(place("x-inner") < place("x-outer"), "what is inside comes first");
        }
    }
    for (request, status) in [("HEAD /nested/sync", 200), ("OPTIONS /nested/sync", 204), ("POST /nested/sync", 405)] {
        client.send(format!("{request} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let to = if request.starts_with("HEAD") { To::Head } else { To::Other };
        let reply = client.reply_to(to);
        assert_eq!((reply.status, reply.field("x-outer")), (status, Some(&*status.to_string())), "{request}");
    }
    client.send("GET /nested/sync HTTP/1.1\r\n\r\n");
    let reply = client.reply();
    assert_eq!((reply.status, reply.field("x-outer")), (400, None), "what could not be read");
    server.stop();
}

/// The outer ones first; the first that answers is the last that runs. Handlers of both kinds are spared the rest.
pub fn a_function_before_a_handler_may_answer_in_its_place<R: Runtime>() {
    #[derive(Clone)]
    struct Trail(String);
    fn step(name: &'static str) -> impl Fn(&Request<'_>) -> Result<Option<Response>, Fault> + Send + Sync + 'static {
        move |request| {
            let trail = request.data::<Trail>().map_or_else(String::new, |Trail(trail)| trail) + name;
            let stops = request
                .query()
                .is_some_and(|query| query.value("stop").flatten().is_some_and(|at| at.is(name.as_bytes())));
            let fails = request
                .query()
                .is_some_and(|query| query.value("fail").flatten().is_some_and(|at| at.is(name.as_bytes())));
            request.set_data(Trail(trail.clone()));
            match (stops, fails) {
                (true, _) => Ok(Some(Response::text(trail).field("X-Route", request.route().unwrap_or("none")))),
                (_, true) => Err(Fault::words(trail)),
                _ => Ok(None),
            }
        }
    }
    let inner = Router::new()
        .before(step("c"))
        .get("/sync/{id}", |request: &Request<'_>, reply: Reply<'_>| {
            let Trail(trail) = request.data().expect("what was attached");
            reply.text(&(trail + &request.param("id").unwrap().to_string()))
        })
        .put("/async/{id}", async |mut request: OwnedRequest| {
            let Trail(trail) = request.data().expect("what was attached");
            let mut text = trail + &request.param("id").unwrap();
            while let Some(octets) = request.content().next().await? {
                text += std::str::from_utf8(&octets)?;
            }
            Ok::<_, Fault>(text)
        });
    let app = App::new()
        .nest("/x/", Router::new().nest("/{y}", inner).before(step("b")))
        .before(step("a"))
        .on_any_error(|error, _, reply| reply.status(Status::BAD_GATEWAY).content(error.to_string().as_bytes()));
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    for (target, status, text) in [
        ("/x/7/sync/1", 200, "abc1"),
        ("/x/7/sync/1?stop=a", 200, "a"),
        ("/x/7/sync/1?stop=b", 200, "ab"),
        ("/x/7/sync/1?stop=c", 200, "abc"),
        ("/x/7/sync/1?fail=b", 502, "ab"),
        ("/nowhere?stop=a", 200, "a"),
        ("/nowhere", 502, "Not Found"),
    ] {
        let reply = client.send(get(target)).reply();
        assert_eq!((reply.status, reply.text()), (status, text), "{target}");
    }
    let reply = client.send(get("/x/7/sync/1?stop=c")).reply();
    assert_eq!(reply.field("x-route"), Some("/x/{y}/sync/{id}"));
    let put = |query: &str| format!("PUT /x/7/async/1{query} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
    let reply = client.send(put("") + "xyz").reply();
    assert_eq!(reply.text(), "abc1xyz");
    let reply = client.send(put("?stop=b") + "xyz" + &get("/x/7/sync/2")).reply();
    assert_eq!(reply.text(), "ab");
    assert_eq!(client.reply().text(), "abc2", "content that nobody reads is no request");
    // Without the content having been asked for, or where there is much of it, it is not waited for.
    for (query, status, text) in [("?stop=a", 200, "a"), ("?stop=c", 200, "abc"), ("?fail=b", 502, "ab")] {
        for fields in ["Expect: 100-continue\r\nContent-Length: 3", "Content-Length: 1000000"] {
            let mut client = Client::connect(server.address());
            client.send(format!("PUT /x/7/async/1{query} HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n"));
            let reply = client.reply();
            assert_eq!((reply.status, reply.text()), (status, text), "{query} {fields}");
            assert_eq!(reply.field("connection"), Some("close"), "{query} {fields}");
            assert_eq!(client.rest(), b"", "{query} {fields}");
        }
    }
    // Of content without a known length some is thrown away.
    let mut client = Client::connect(server.address());
    client.send("PUT /x/7/async/1?stop=a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(client.reply().text(), "a");
    for _ in 0..100 {
        client.try_send(format!("1000\r\n{}\r\n", "x".repeat(0x1000)));
    }
    client.try_send("0\r\n\r\n");
    assert_eq!(client.rest(), b"");
    server.stop();
}

/// Before and after handlers of both kinds, and behind the handler of an error.
pub fn a_function_that_panics_or_fails_is_500_and_the_worker_lives_on<R: Runtime>() {
    let broken = |_: &Request<'_>, _: &mut WrittenReply<'_>| Err(Fault::words("after"));
    let panics = |_: &Request<'_>, _: &mut WrittenReply<'_>| -> Result<(), Fault> { panic!("after") };
    let splits = |_: &Request<'_>, reply: &mut WrittenReply<'_>| Ok(reply.add_field("X-A", "b\r\nX-C: d")?);
    let app = App::new()
        .nest("/before", kinds().before(|_| panic!("before")))
        .nest("/broken", kinds().after(broken))
        .nest("/panics", kinds().after(panics))
        .nest("/splits", kinds().after(splits))
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("alive"));
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    for prefix in ["/before", "/broken", "/panics", "/splits"] {
        for kind in ["sync", "prepared", "large", "deferred", "fails", "async", "waits", "stream"] {
            let reply = client.send(get(&format!("{prefix}/{kind}"))).reply();
            assert_eq!((reply.status, reply.text()), (500, "Internal Server Error"), "{prefix} {kind}");
            assert_eq!(reply.field("x-c"), None);
        }
    }
    assert_eq!(client.send(get("/")).reply().text(), "alive");
    server.stop();
}

/// What follows a tail is the handler's; a route of `/` is at the prefix itself.
pub fn routers_are_nested_and_patterns_end_in_tails<R: Runtime>() {
    let shown = |request: &Request<'_>, reply: Reply<'_>| {
        let params = request.params();
        let shown: Vec<_> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        reply.text(&format!("{} {}", params.pattern(), shown.join(",")))
    };
    let app = App::new()
        .nest("/users", Router::new().get("/", shown).get("/{id}", shown).delete("/{id}", shown))
        .nest("/of/{user}", Router::new().nest("/files", Router::new().get("/{*path}", shown)))
        .nest("", Router::new().get("/merged", shown));
    app.check().unwrap();
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    for (target, text) in [
        ("/users", "/users "),
        ("/users/7", "/users/{id} id=7"),
        ("/of/me/files/", "/of/{user}/files/{*path} user=me,path="),
        ("/of/me/files/a/b%20c", "/of/{user}/files/{*path} user=me,path=a/b c"),
        ("/merged", "/merged "),
    ] {
        let reply = client.send(get(target)).reply();
        assert_eq!((reply.status, reply.text()), (200, text), "{target}");
    }
    for target in ["/users/", "/of/me/files", "/of//files/x"] {
        assert_eq!(client.send(get(target)).reply().status, 404, "{target}");
    }
    client.send("PUT /users/7 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(client.reply().field("allow"), Some("GET, HEAD, DELETE, OPTIONS"));
    server.stop();
}

/// By host, which no pattern can tell.
pub fn a_matcher_of_ones_own_chooses_the_route<R: Runtime>() {
    let app = App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("first"))
        .route(Methods::one(Method::Get), "/{any}", |request: &Request<'_>, reply: Reply<'_>| {
            reply.text(&request.param("any").map_or_else(|| "second".to_owned(), |any| any.to_string()))
        })
        .matcher(|routes: &Routes<'_>, request: &head::Request<'_>| {
            assert_eq!(routes.iter().len(), 2);
            match request.field("host")? {
                b"one" => Some(0),
                b"two" => Some(1),
                b"far" => Some(2),
                _ => None,
            }
        });
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    for (host, target, status, text) in [
        ("one", "/", 200, "first"),
        ("one", "/x/y", 200, "first"),
        ("two", "/", 200, "second"),
        ("two", "/x", 200, "x"),
        ("far", "/", 405, "Method Not Allowed"),
        ("none", "/x", 405, "Method Not Allowed"),
        ("none", "/x/y", 404, "Not Found"),
    ] {
        let reply = client.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")).reply();
        assert_eq!((reply.status, reply.text()), (status, text), "{host}{target}");
    }
    server.stop();
}

/// Its destructor has the request's code in it, as its handler has.
pub fn what_is_attached_to_a_request_may_panic_when_it_is_dropped<R: Runtime>() {
    #[derive(Clone)]
    struct Attached;
    impl Drop for Attached {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    let app = App::new()
        .before(|request: &Request<'_>| {
            request.set_data(Attached);
            Ok(request.target().ends_with("early").then(|| Response::text("early")))
        })
        .nest("/kinds", kinds());
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    for (kind, status) in [
        ("sync", 200),
        ("deferred", 200),
        ("async", 200),
        ("waits", 200),
        ("fails", 500),
        ("none", 404),
        ("early", 200),
    ] {
        assert_eq!(client.send(get(&format!("/kinds/{kind}"))).reply().status, status, "{kind}");
    }
    server.stop();
}

/// It is asked once for each request, and its panics are its own.
pub fn a_matcher_may_choose_by_chance_or_panic<R: Runtime>() {
    let asked = AtomicUsize::new(0);
    let app = App::new()
        .put("/", |request: &Request<'_>, reply: Reply<'_>| {
            reply.text(str::from_utf8(request.content().unwrap_or(b"none"))?)
        })
        .put("/", async |mut request: OwnedRequest| Ok::<_, Fault>(Response::text(request.text().await?)))
        .matcher(move |_: &Routes<'_>, request: &head::Request<'_>| {
            assert!(request.field("x-panic").is_none(), "on purpose");
            Some(asked.fetch_add(1, Ordering::Relaxed) % 2)
        });
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    for length in [3, 100_000, 3, 3, 100_000, 100_000] {
        let content = "x".repeat(length);
        client.send(format!("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{content}"));
        let reply = client.reply();
        assert_eq!((reply.status, reply.text()), (200, &*content));
        client.send("PUT / HTTP/1.1\r\nHost: a\r\nX-Panic: yes\r\nContent-Length: 1\r\n\r\nx");
        assert_eq!(client.reply().status, 500);
        client.send("PUT / HTTP/1.1\r\nHost: a\r\nX-Panic: yes\r\n\r\n");
        assert_eq!(client.reply().status, 500);
    }
    server.stop();
}

/// Other words, and another status; the connection closes all the same.
pub fn what_is_refused_can_be_worded_otherwise<R: Runtime>() {
    let app = App::new().put("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("taken")).on_rejection(
        |rejection: &Rejection, reply: Reply<'_>| {
            reply.status(rejection.status()).content(format!("<p>{rejection}</p>").as_bytes())
        },
    );
    let mut config = Config::new();
    config.limits.content = 3;
    let server = R::start(app, config);
    for (request, status) in [
        ("GET /\r\n\r\n", 400),
        ("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n", 413),
        ("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", 400),
        ("GET / HTTP/3.0\r\n\r\n", 505),
    ] {
        let mut client = Client::connect(server.address());
        let reply = client.send(request).reply();
        assert_eq!(reply.status, status, "{request}");
        assert!(reply.text().starts_with("<p>") && reply.text().ends_with("</p>"), "{}", reply.text());
        assert_eq!(client.rest(), b"");
    }
    server.stop();
}

/// Errors may tell what strangers should not know.
pub fn an_error_is_shown_only_when_debugging<R: Runtime>() {
    let app = || {
        App::new()
            .get("/sync", |_: &Request<'_>, _: Reply<'_>| -> Answer { Err(Fault::words("the words")) })
            .get("/async", async |_: OwnedRequest| Err::<&str, _>(Fault::words("the words")))
            .get("/panic", |_: &Request<'_>, _: Reply<'_>| -> Answer { panic!("the words") })
    };
    for (app, shown) in [(app(), false), (app().debug(), true)] {
        let server = R::start(app, Config::new());
        let mut client = Client::connect(server.address());
        for target in ["/sync", "/async", "/panic"] {
            let reply = client.send(get(target)).reply();
            assert_eq!((reply.status, reply.text().contains("the words")), (500, shown), "{target}");
            assert!(shown || reply.text() == "Internal Server Error", "{target}");
        }
        server.stop();
    }
}
