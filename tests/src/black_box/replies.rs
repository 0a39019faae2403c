//! What replies carry beside their content.

use pronto::{
    connection::Config,
    head::Status,
    response::{Redirect, SameSite, SetCookie},
};
use pronto_host::{App, OwnedRequest, Reply, Request, Response};

use super::{Runtime, get};
use crate::client::Client;

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

/// Whatever a handler is led to put into a field, a cookie or a location: 500, and nothing of it on the wire.
pub fn nothing_splits_a_reply<R: Runtime>() {
    const SPLIT: &str = "x\r\nSet-Cookie: evil=1\r\n\r\nHTTP/1.1 200 OK\r\n";
    let app = App::new()
        .get("/value", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).field("X-A", SPLIT).no_content())
        .get("/name", |_: &Request<'_>, reply: Reply<'_>| reply.status(Status::OK).field(SPLIT, "x").no_content())
        .get("/type", |_: &Request<'_>, reply: Reply<'_>| reply.octets(SPLIT, b"x"))
        .get("/location", |_: &Request<'_>, reply: Reply<'_>| reply.redirect(Redirect::Found, SPLIT).no_content())
        .get("/cookie", |_: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::OK).cookie(&SetCookie::new("a", SPLIT)).no_content()
        })
        .get("/async/value", async |_: OwnedRequest| Response::new(Status::OK).field("X-A", SPLIT))
        .get("/async/name", async |_: OwnedRequest| Response::new(Status::OK).field(SPLIT, "x"))
        .get("/async/type", async |_: OwnedRequest| Response::octets(SPLIT, &b"x"[..]))
        .get("/async/location", async |_: OwnedRequest| Response::redirect(Redirect::Found, SPLIT))
        .get("/async/cookie", async |_: OwnedRequest| {
            Response::new(Status::OK).cookie(&SetCookie::new("a", "b").path("/; Domain=example.org"))
        })
        .get("/async/offer", async |_: OwnedRequest| Response::new(Status::OK).offer_upgrade(SPLIT));
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    let doors = ["/value", "/name", "/type", "/location", "/cookie"];
    for target in
        doors.iter().flat_map(|door| [door.to_string(), format!("/async{door}")]).chain(["/async/offer".into()])
    {
        let reply = client.send(get(&target)).reply();
        assert_eq!((reply.status, reply.field("set-cookie")), (500, None), "{target}");
        assert_eq!(reply.text(), "Internal Server Error", "{target}");
    }
    server.stop();
}
