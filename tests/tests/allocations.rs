//! What the memory of a connection costs: nothing for each request that a sync handler answers.

use allocation_counter::measure;
use pronto::{connection::Config, head::Status, prepared, response::PreparedResponse};
use pronto_host::{App, Fault, OwnedRequest, Reply, Request, Router};
use tests::memory::Memory;

static HELLO: PreparedResponse<'static> = prepared!(Status::OK, &[("Content-Type", "text/plain")], b"Hello, World!");

fn app() -> App {
    App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.prepared(&HELLO))
        .get("/users/{name}", |request: &Request<'_>, reply: Reply<'_>| {
            let known = request.param("name").is_some_and(|name| name.is(b"J\xc3\xbcrgen"));
            let agent = request.field("user-agent").unwrap_or_default();
            let pairs = request.query_pairs().filter(|pair| pair.name.is(b"q")).count();
            match (known, pairs) {
                (true, 1) => reply.octets("text/plain", agent),
                _ => reply.status(Status::NOT_FOUND).no_content(),
            }
        })
        .put("/content", |request: &Request<'_>, reply: Reply<'_>| {
            reply.status(Status::OK).field("X-Kind", "echo").content(request.content().unwrap_or_default())
        })
        .post("/text", |request: &Request<'_>, reply: Reply<'_>| reply.text(&request.text()?))
        .post("/form", |request: &Request<'_>, reply: Reply<'_>| {
            let form = request.form()?;
            match form.value("size") {
                Some(size) if form.pairs().count() == 2 => reply.text(&size),
                _ => reply.status(Status::NOT_FOUND).no_content(),
            }
        })
        .post("/multipart", |request: &Request<'_>, reply: Reply<'_>| {
            for part in request.multipart()? {
                let part = part?;
                if part.name() == "file" && part.file_name() == Some("b.txt") && part.media_type().is_some() {
                    return reply.octets("text/plain", part.content());
                }
            }
            reply.status(Status::NOT_FOUND).no_content()
        })
        .post("/json", |request: &Request<'_>, reply: Reply<'_>| {
            let pair: (&str, u32) = request.json()?;
            reply.json(&pair)
        })
        .nest(
            "/shop/{shop}",
            Router::new()
                .before(|request: &Request<'_>| match request.cookie("session") {
                    Some(b"31d4") => Ok(None),
                    _ => Err(Fault::words("nobody")),
                })
                .after(|_, reply| Ok(reply.add_field("X-Content-Type-Options", "nosniff")?))
                .get("/{item}", |request: &Request<'_>, reply: Reply<'_>| {
                    let wants = request.query().and_then(|query| query.value("size").flatten());
                    let host = request.list("accept").count();
                    match (wants, host) {
                        (Some(size), 2) if size.is(b"x l") => reply.octets("text/plain", size.raw()),
                        _ => reply.status(Status::NOT_FOUND).no_content(),
                    }
                }),
        )
        .after(|_, reply| Ok(reply.add_field("X-Served-By", "pronto")?))
        .get("/waits", async |_: OwnedRequest| "not at all")
}

const MULTIPART: &str = "POST /multipart HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=xyz\r\n\
    Transfer-Encoding: chunked\r\n\r\n\
    97\r\n\
    --xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--xyz\r\n\
    Content-Disposition: form-data; name=file; filename=b.txt\r\nContent-Type: a/b\r\n\r\nx\r\n--xyz--\r\n\
    0\r\n\r\n";

fn pipeline(request: &str) -> Vec<u8> {
    request.repeat(24).into_bytes()
}

#[test]
fn a_pipeline_for_sync_handlers_takes_no_memory() {
    let cases = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /users/J%C3%BCrgen?q=1&x HTTP/1.1\r\nHost: a\r\nUser-Agent: somebody\r\n\r\n",
        "PUT /content HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "PUT /content HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "GET /shop/north/shirt?size=x+l HTTP/1.1\r\nHost: a\r\nAccept: text/html, */*\r\nCookie: theme=dark; session=31d4\r\n\r\n",
        "POST /text HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello",
        "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\na=b&size=x",
        "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/a+json\r\nContent-Length: 8\r\n\r\n[\"a\", 1]",
        MULTIPART,
        "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n",
    ];
    for request in cases {
        let requests = pipeline(request);
        let mut connection = Memory::new(app(), Config::new());
        // Buffers grow to what they need, once.
        connection.feed(&requests);
        let replies = connection.output.len();
        connection.output.clear();
        let taken = measure(|| connection.feed(&requests));
        assert_eq!(connection.output.len(), replies, "{request}");
        let found = connection.output.starts_with(b"HTTP/1.1 200 ");
        assert_eq!(found, !request.contains("nowhere"), "{request}");
        assert_eq!(taken.count_total, 0, "{request}");
    }
}

/// The request, its future, its alarm, and the reply: no task, no timer, no channel.
#[test]
fn a_handler_that_could_wait_and_does_not_takes_little() {
    let requests = pipeline("GET /waits HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut connection = Memory::new(app(), Config::new());
    connection.feed(&requests);
    connection.output.clear();
    let taken = measure(|| connection.feed(&requests));
    assert!(taken.count_total <= 24 * 6, "{} for each", taken.count_total / 24);
    assert_eq!(taken.count_current, 0, "it is given back");
}
