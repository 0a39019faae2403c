//! Counters: what was served, refused, put off, and why connections ended.

use std::sync::{Arc, Mutex};

use pronto::{
    connection::{CloseReason, Config},
    head::Status,
};
use pronto_host::{Answer, App, Fault, Forbidden, OwnedRequest, Reply, Request};

use super::{GET, Runtime, get, large_app, quick_config};
use crate::{
    client::{Client, eventually},
    exposition,
    reply::{self, To},
};

fn failing_app() -> App {
    App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("here"))
        .get("/error", |_: &Request<'_>, _: Reply<'_>| -> Answer { Err(Fault::words("on purpose")) })
        .get("/panic", |_: &Request<'_>, _: Reply<'_>| -> Answer { panic!("on purpose") })
        .get("/forbidden", |_: &Request<'_>, _: Reply<'_>| -> Answer { Err(Forbidden.into()) })
        .get("/later", async |_: OwnedRequest| -> Result<&'static str, Fault> {
            futures_lite::future::yield_now().await;
            Err(Fault::words("later"))
        })
}

/// After a known set of requests the counters show just that.
pub fn what_was_served_is_counted<R: Runtime>() {
    let app = failing_app();
    let counters = app.counters();
    assert_eq!((counters.read().workers(), counters.read().requests()), (0, 0));
    let server = R::start(app, Config::new());
    assert_eq!(counters.read().workers(), 1);
    let (mut sent, mut received) = (0, 0);
    let mut ask = |requests: &str, replies: usize| {
        let mut client = Client::connect(server.address());
        client.send(requests).end();
        let rest = client.rest();
        assert_eq!(reply::all(&rest, |_| To::Other).len(), replies, "{requests}");
        (sent, received) = (sent + requests.len() as u64, received + rest.len() as u64);
        // Its end, too.
        eventually("the connection has ended", || counters.read().open() == 0);
    };
    ask(&get("/").repeat(24), 24);
    ask(&get("/"), 1);
    ask(&(get("/forbidden") + &get("/nowhere")), 2);
    ask(&(get("/error") + &get("/panic") + &get("/later")), 3);
    ask(&(get("/") + "no request\r\n\r\n" + GET), 2);
    ask("PUT /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 1);

    let totals = counters.read();
    assert_eq!((totals.accepted(), totals.open()), (6, 0));
    assert_eq!((totals.requests(), totals.batches()), (24 + 1 + 2 + 3 + 1, [2, 1, 1, 0, 0, 1, 0, 0]));
    assert_eq!([1, 2, 3, 4, 5, 6].map(|class| totals.responses(class)), [0, 26, 0, 3, 4, 0]);
    assert_eq!((totals.errors(), totals.panics()), (2, 1));
    assert_eq!((totals.rejections(400), totals.rejections(501), totals.rejections(413)), (1, 1, 0));
    assert_eq!((totals.deferred(), totals.waiting()), (1, 0));
    assert_eq!((totals.received(), totals.sent()), (sent, received));
    assert_eq!((totals.closed(CloseReason::Peer), totals.closed(CloseReason::Rejected)), (4, 2));

    let samples = exposition::parse(&totals.prometheus().to_string());
    assert_eq!(samples["pronto_requests_total"], 31);
    assert_eq!(samples["pronto_responses_total{class=\"2xx\"}"], 26);
    assert_eq!(samples["pronto_batch_requests_bucket{le=\"4\"}"], 4);
    assert_eq!(samples["pronto_batch_requests_sum"], 31);
    assert_eq!(samples["pronto_handler_failures_total{kind=\"panic\"}"], 1);
    assert_eq!(samples["pronto_rejections_total{status=\"501\"}"], 1);
    assert_eq!(samples["pronto_connections_closed_total{reason=\"peer\"}"], 4);
    assert_eq!(samples["pronto_connections_open"], 0);
    assert_eq!(samples["pronto_sent_bytes_total"], received);

    // Somebody is there when it stops.
    let mut idle = Client::connect(server.address());
    assert_eq!(idle.send(GET).reply().status, 200);
    assert_eq!(counters.read().open(), 1);
    server.stop();
    assert_eq!((counters.read().open(), counters.read().closed(CloseReason::Drain)), (0, 1));
}

/// Whatever comes behind it.
pub fn what_was_sent_before_a_client_vanished_is_counted<R: Runtime>() {
    let app = App::new().get("/", |_: &Request<'_>, reply: Reply<'_>| {
        reply.status(Status::OK).pull(std::iter::repeat_with(|| Ok::<_, Fault>(&b"0123456789abcdef"[..])))
    });
    let counters = app.counters();
    let server = R::start(app, Config::new());
    for _ in 0..20 {
        let before = counters.read().sent();
        let mut client = Client::connect(server.address());
        client.send(GET);
        let received: usize = (0..20).map(|_| client.read_once().len()).sum();
        client.vanish();
        eventually("the connection has ended", || counters.read().open() == 0);
        let sent = counters.read().sent() - before;
        assert!(sent >= received as u64, "{received} octets were received of {sent}");
    }
    server.stop();
}

/// One connection for each reason, but for those that other tests have.
pub fn why_connections_ended_is_counted<R: Runtime>() {
    let mut config = quick_config();
    config.limits.unread_content = 100;
    let app = large_app()
        .get("/close", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).close().no_content())
        .post("/limited", |_: &Request<'_>, reply: Reply<'_>| reply.text(""))
        .content_limit(5);
    let counters = app.counters();
    let server = R::start(app, config);
    let connect = || Client::connect(server.address());
    let ends = |reason: CloseReason, sent: &str| {
        let before = counters.read().closed(reason);
        connect().send(sent).rest();
        eventually(reason.name(), || counters.read().closed(reason) == before + 1);
    };
    ends(CloseReason::Idle, "");
    ends(CloseReason::Request, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    ends(CloseReason::Request, "GET / HTTP/1.0\r\n\r\n");
    ends(CloseReason::Reply, &get("/close"));
    ends(CloseReason::Cut, &get("/cut"));
    ends(CloseReason::UnreadContent, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    ends(CloseReason::Rejected, "GET / HTTP/1.1\r\n");
    ends(CloseReason::Rejected, "POST /limited HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n");
    let totals = counters.read();
    assert_eq!((totals.rejections(408), totals.rejections(413)), (1, 1));

    let mut reads_nothing = connect();
    reads_nothing.send(get("/static/4000000").repeat(8));
    eventually("a write timeout", || counters.read().closed(CloseReason::WriteTimeout) == 1);
    let mut vanishes = connect();
    assert_eq!(vanishes.send(GET).reply().status, 200);
    vanishes.vanish();
    eventually("a reset", || counters.read().closed(CloseReason::Broken) == 1);
    assert_eq!(counters.read().open(), 0);
    server.stop();
}

/// Be it that they are answered, or that their client has gone.
pub fn requests_that_wait_are_counted_until_they_are_answered_or_lost<R: Runtime>() {
    let kept = Arc::<Mutex<Vec<pronto_host::Deferred>>>::default();
    let keeper = Arc::clone(&kept);
    let app = App::new()
        .get("/keep", move |_: &Request<'_>, reply: Reply<'_>| {
            let (deferred, answered) = reply.defer();
            keeper.lock().unwrap().push(deferred);
            Ok(answered)
        })
        .get("/never", async |_: OwnedRequest| std::future::pending::<&'static str>().await)
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("now"));
    let counters = app.counters();
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    // Who only waits for his turn is not waiting for his reply.
    client.send(get("/keep").repeat(3) + GET);
    eventually("three wait", || counters.read().waiting() == 3);
    kept.lock().unwrap().pop().unwrap().answer(|reply| reply.text("the last"));
    eventually("two wait", || counters.read().waiting() == 2);
    kept.lock().unwrap().drain(..).for_each(|deferred| deferred.answer(|reply| reply.text("others")));
    assert_eq!([(); 4].map(|()| client.reply().text().to_owned()), ["others", "others", "the last", "now"]);
    assert_eq!((counters.read().waiting(), counters.read().deferred()), (0, 3));

    client.send(get("/never").repeat(2));
    eventually("they wait", || counters.read().waiting() == 2);
    client.vanish();
    eventually("they wait no more", || counters.read().waiting() == 0);
    assert_eq!((counters.read().deferred(), counters.read().open()), (5, 0));
    server.stop();
}
