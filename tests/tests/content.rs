//! Content that an `async` handler takes by its kind, cut anywhere between two turns of its connection.

use pronto::connection::Config;
use pronto_host::{App, BadContent, OwnedRequest, Reply, Request, Response};
use tests::memory::Memory;

fn app() -> App {
    App::new().post("/", async |mut request: OwnedRequest| -> Result<String, BadContent> {
        let (mut multipart, mut text) = (request.multipart()?, String::new());
        while let Some(mut part) = multipart.next_part().await? {
            text += part.name();
            text.push('=');
            if part.name() != "skipped" {
                let mut octets = Vec::new();
                while let Some(more) = part.next().await? {
                    octets.extend_from_slice(more);
                }
                text += &octets.escape_ascii().to_string();
            }
            text.push('\n');
        }
        Ok(text)
    })
}

/// What comes out of a request that is sent in these pieces.
fn answered(pieces: &[&[u8]]) -> String {
    let mut connection = Memory::new(app(), Config::new());
    for piece in pieces {
        connection.feed(piece);
    }
    String::from_utf8(connection.output).unwrap()
}

#[test]
fn parts_do_not_depend_on_how_their_content_was_cut() {
    let part = |name: &str, content: &str| {
        format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
    };
    let parts = part("a", "\r\n--xy\r\n--xy\r") + &part("skipped", "\r\n--x") + &part("b", "") + "--xyz--\r\nend";
    for content in [parts.clone(), parts.replace("xyz--", "xyz-"), parts.replace("name=\"b\"", "x")] {
        let length = content.len();
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=xyz\r\n";
        let request = format!("{head}Content-Length: {length}\r\n\r\n{content}");
        let expected = answered(&[request.as_bytes()]);
        assert_eq!(expected.ends_with("a=\\r\\n--xy\\r\\n--xy\\r\nskipped=\nb=\n"), content == parts, "{expected}");
        assert_eq!(expected.starts_with("HTTP/1.1 200 OK"), content == parts, "{expected}");
        for first in request.len() - length..request.len() {
            for second in [first, first + 1, first + 3, first + 12, request.len()] {
                let second = second.min(request.len());
                let (before, rest) = request.as_bytes().split_at(first);
                let (middle, end) = rest.split_at(second - first);
                assert_eq!(answered(&[before, middle, end]), expected, "cut at {first} and {second}");
            }
        }
        assert_eq!(answered(&request.as_bytes().chunks(1).collect::<Vec<_>>()), expected, "octet by octet");
    }
}

/// Content is in one place. Whoever looks for it in another is told so, and is not shown an empty form.
#[test]
fn content_is_not_found_where_it_is_not() {
    fn count(request: &Request<'_>) -> String {
        format!("{:?}", request.form().map(|form| form.pairs().count()))
    }
    let app = || {
        App::new()
            .before(|request: &Request<'_>| {
                Ok(request.target().ends_with("before").then(|| Response::text(count(request))))
            })
            .post("/sync/before", |_: &Request<'_>, reply: Reply<'_>| reply.text("never"))
            .post("/async/before", async |_: OwnedRequest| "never")
            .post("/view", async |request: OwnedRequest| count(&request.view()))
            .post("/own", async |mut request: OwnedRequest| -> Result<String, BadContent> {
                Ok(format!("Ok({})", request.form().await?.pairs().count()))
            })
            .post("/parts", async |mut request: OwnedRequest| -> Result<String, BadContent> {
                let first = request.multipart().map(drop);
                Ok(format!("{first:?} {:?}", request.multipart().map(drop)))
            })
    };
    let (form, parts) = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x");
    let cases = [
        ("/sync/before", form, "a=1", "Ok(1)"),
        ("/async/before", form, "a=1", "Err(NotHere)"),
        ("/async/before", form, "", "Ok(0)"),
        ("/view", form, "a=1", "Err(NotHere)"),
        ("/view", form, "", "Ok(0)"),
        ("/own", form, "a=1", "Ok(1)"),
        ("/own", form, "", "Ok(0)"),
        ("/parts", parts, "--x--", "Ok(()) Err(NotHere)"),
    ];
    for (target, media_type, content, expected) in cases {
        let mut connection = Memory::new(app(), Config::new());
        let head = format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Type: {media_type}\r\n");
        connection.feed(format!("{head}Content-Length: {}\r\n\r\n{content}", content.len()).as_bytes());
        let output = String::from_utf8(connection.output).unwrap();
        assert!(output.starts_with("HTTP/1.1 200") && output.ends_with(expected), "{target} {content:?}: {output}");
    }
}
