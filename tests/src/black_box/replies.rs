//! What replies carry beside their content.

use std::convert::Infallible;

use futures_lite::stream;
use pronto::{
    connection::Config,
    head::Status,
    response::{Redirect, SameSite, SetCookie},
};
use pronto_host::{App, OwnedRequest, Piece, Reply, Request, Response, ServerSentEvent};

use super::{Runtime, get};
use crate::{client::Client, reply::To};

/// From handlers of both kinds, and each with what has to stand beside it.
pub fn cookies_are_set_and_clients_sent_elsewhere<R: Runtime>() {
    let app = App::new()
        .get("/sync", |request: &Request<'_>, reply: Reply<'_>| {
            let seen = request.cookie("seen").unwrap_or(b"0").len();
            let cookie = SetCookie::new("seen", "yes").path("/").same_site(SameSite::Lax);
            reply
                .redirect(Redirect::SeeOther, "/page?caf%C3%A9")
                .cookie(&cookie)
                .cookie(&SetCookie::removal("old"))
                .field("X-Seen", seen.to_string())
                .no_content()
        })
        .get("/async", async |_: OwnedRequest| {
            Response::redirect(Redirect::PermanentRedirect, "https://example.org/")
                .cookie(&SetCookie::new("a", "1").http_only().secure())
                .cookie(&SetCookie::new("b", "2"))
        })
        .get("/page", |_: &Request<'_>, reply: Reply<'_>| reply.html("<p>é</p>"))
        .get("/page/async", async |_: OwnedRequest| Response::html("<p>é</p>"))
        .get("/text", |_: &Request<'_>, reply: Reply<'_>| reply.text("é"))
        .get("/status/{code}", |request: &Request<'_>, reply: Reply<'_>| {
            let code = request.param("code").and_then(|code| code.to_string().parse().ok());
            reply.status(code.and_then(Status::new).unwrap_or(Status::BAD_REQUEST)).no_content()
        });
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    let cookies = |reply: &crate::reply::Reply| -> Vec<String> {
        reply.fields.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.clone()).collect()
    };
    client.send("GET /sync HTTP/1.1\r\nHost: a\r\nCookie: x=y; seen=yes\r\n\r\n");
    let reply = client.reply();
    assert_eq!((reply.status, reply.field("location")), (303, Some("/page?caf%C3%A9")));
    assert_eq!(reply.field("x-seen"), Some("3"));
    let removal = "old=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    assert_eq!(cookies(&reply), ["seen=yes; Path=/; SameSite=Lax", removal]);
    let reply = client.send(get("/async")).reply();
    assert_eq!((reply.status, reply.field("location")), (308, Some("https://example.org/")));
    assert_eq!(cookies(&reply), ["a=1; Secure; HttpOnly", "b=2"]);
    for target in ["/page", "/page/async"] {
        let reply = client.send(get(target)).reply();
        assert_eq!((reply.field("content-type"), reply.text()), (Some("text/html; charset=utf-8"), "<p>é</p>"));
    }
    let reply = client.send(get("/text")).reply();
    assert_eq!((reply.field("content-type"), reply.text()), (Some("text/plain; charset=utf-8"), "é"));
    for code in [200, 299, 451, 999] {
        assert_eq!(client.send(get(&format!("/status/{code}"))).reply().status, code);
    }
    server.stop();
}

/// Whatever a handler is led to put into a field, a cookie, a location or an offer: 500, and nothing of it on the wire. Where
/// the head has gone already, the reply is seen to break off.
pub fn nothing_splits_a_reply<R: Runtime>() {
    const SPLIT: &str = "x\r\nSet-Cookie: evil=1\r\n\r\nHTTP/1.1 200 OK\r\n";
    let app = App::new()
        .get("/value", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).field("X-A", SPLIT).no_content())
        .get("/name", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).field(SPLIT, "x").no_content())
        .get("/type", |_: &Request<'_>, reply: Reply<'_>| reply.octets(SPLIT, b"x"))
        .get("/typed", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).content_type(SPLIT).text("x"))
        .get("/location", |_: &Request<'_>, reply: Reply<'_>| reply.redirect(Redirect::Found, SPLIT).no_content())
        .get("/made", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::CREATED).location(SPLIT).no_content())
        .get("/cookie", |_: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::OK).cookie(&SetCookie::new("a", SPLIT)).no_content()
        })
        .get("/cookie-name", |_: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::OK).cookie(&SetCookie::new(SPLIT, "a")).no_content()
        })
        .get("/offer", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).offer_upgrade(SPLIT).no_content())
        .get("/stream", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).field("X-A", SPLIT).pull(pieces()))
        .get("/async/value", async |_: OwnedRequest| Response::new(Status::OK).field("X-A", SPLIT))
        .get("/async/name", async |_: OwnedRequest| Response::new(Status::OK).field(SPLIT, "x"))
        .get("/async/type", async |_: OwnedRequest| Response::octets(SPLIT, &b"x"[..]))
        .get("/async/typed", async |_: OwnedRequest| Response::text("x").content_type(SPLIT))
        .get("/async/location", async |_: OwnedRequest| Response::redirect(Redirect::Found, SPLIT))
        .get("/async/made", async |_: OwnedRequest| Response::new(Status::CREATED).location(SPLIT))
        .get("/async/cookie", async |_: OwnedRequest| {
            Response::new(Status::OK).cookie(&SetCookie::new("a", "b").path("/; Domain=example.org"))
        })
        .get("/async/cookie-name", async |_: OwnedRequest| {
            Response::new(Status::OK).cookie(&SetCookie::new("a; Domain=example.org", "b"))
        })
        .get("/async/offer", async |_: OwnedRequest| Response::new(Status::OK).offer_upgrade(SPLIT))
        .get("/async/stream", async |_: OwnedRequest| {
            Response::new(Status::OK).field("X-A", SPLIT).stream(stream::iter(pieces()))
        })
        .get("/trailer/name", |_: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::OK).pull(pieces().into_iter().chain([Ok(Piece::trailer(SPLIT, "x"))]))
        })
        .get("/trailer/value", async |_: OwnedRequest| {
            Response::new(Status::OK)
                .stream(stream::iter(pieces().into_iter().chain([Ok(Piece::trailer("X-A", SPLIT))])))
        })
        .get("/events", async |_: OwnedRequest| {
            let evil = "x\r\n\r\ndata: evil\n\revent: evil\n\nid: evil\0";
            let all = [ServerSentEvent::data(evil).named(evil).with_id(evil), ServerSentEvent::comment(evil)];
            Response::events(stream::iter(all))
        });
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    let doors =
        ["/value", "/name", "/type", "/typed", "/location", "/made", "/cookie", "/cookie-name", "/offer", "/stream"];
    for target in doors.iter().flat_map(|door| [door.to_string(), format!("/async{door}")]) {
        let reply = client.send(get(&target)).reply();
        assert_eq!((reply.status, reply.field("set-cookie"), reply.field("x-a")), (500, None, None), "{target}");
        assert_eq!(reply.text(), "Internal Server Error", "{target}");
    }
    let reply = client.send(get("/events")).reply();
    for line in reply.text().lines() {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        assert!(matches!(name, "" | "data" | "event" | "id"), "{line:?}");
        assert!(name == "data" || name.is_empty() || value.starts_with('x'), "{line:?}");
    }
    assert_eq!(reply.text().matches("\n\n").count(), 2, "{:?}", reply.text());
    for target in ["/trailer/name", "/trailer/value"] {
        let mut client = Client::connect(server.address());
        let rest = client.send(get(target) + &get("/events")).rest();
        let rest = String::from_utf8_lossy(&rest);
        assert!(rest.starts_with("HTTP/1.1 200 OK\r\n") && rest.ends_with("4\r\nsome\r\n"), "{target}: {rest}");
    }
    server.stop();
}

/// How long a reply is follows from its content, and from nothing that a handler says beside it: where both could disagree it
/// is 500, and never a reply whose end two readers see in two places.
pub fn no_handler_frames_its_reply<R: Runtime>() {
    // A status that it does not know is none that a handler may give.
    fn status(request: &Request<'_>) -> Status {
        let code = request.param("code").and_then(|code| code.to_string().parse().ok());
        code.and_then(Status::new).unwrap_or(Status::BAD_GATEWAY)
    }
    let app = App::new()
        .get("/field/{name}", |request: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::OK).field(&request.param("name").unwrap().to_string(), "5").text("hello")
        })
        .get("/async/field/{name}", async |request: OwnedRequest| {
            Response::text("hello").field(request.param("name").unwrap(), "chunked")
        })
        .get("/content/{code}", |request: &Request<'_>, reply: Reply<'_>| reply.status(status(request)).text("hello"))
        .get("/length/{code}", |request: &Request<'_>, reply: Reply<'_>| {
            reply.status(status(request)).content_from(5, &b"hello"[..])
        })
        .get("/stream/{code}", |request: &Request<'_>, reply: Reply<'_>| reply.status(status(request)).pull(pieces()))
        .get("/async/stream/{code}", async |request: OwnedRequest| {
            Response::new(status(&request.view())).stream(stream::iter(pieces()))
        })
        .get("/long", |_: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::OK).content_from(5, &b"hello, world"[..])
        })
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("small"));
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    for name in ["Content-Length", "transfer-encoding", "CONNECTION", "Trailer", "Upgrade", "Date", "Server"] {
        for kind in ["", "/async"] {
            let reply = client.send(get(&format!("{kind}/field/{name}"))).reply();
            assert_eq!((reply.status, reply.text()), (500, "Internal Server Error"), "{kind} {name}");
        }
    }
    // No content with these; and nobody but the server itself says what is not the end of an exchange.
    for code in ["204", "205", "304", "100", "101", "103", "199"] {
        for kind in ["/content", "/length", "/stream", "/async/stream"] {
            let reply = client.send(get(&format!("{kind}/{code}"))).reply();
            assert!(matches!(reply.status, 500 | 502), "{kind} {code}: {}", reply.status);
            let reply = client.send(format!("HEAD {kind}/{code} HTTP/1.1\r\nHost: a\r\n\r\n")).reply_to(To::Head);
            assert!(matches!(reply.status, 500 | 502), "HEAD {kind} {code}: {}", reply.status);
        }
    }
    // What is more than was said is nobody's.
    client.send(get("/long") + &get("/"));
    assert_eq!(client.reply().text(), "hello");
    assert_eq!(client.reply().text(), "small");
    server.stop();
}

fn pieces() -> [Result<Piece, Infallible>; 1] {
    [Ok("some".into())]
}
