//! Content by its kind: texts, forms with and without files, JSON.

use std::{thread, time::Duration};

use pronto::{connection::Config, content::MultipartLimits, head::Status};
use pronto_host::{App, BadContent, Fault, OwnedRequest, Reply, Request, Response};
use serde::{Deserialize, Serialize};

use super::{Runtime, get};
use crate::{client::Client, reply::To};

#[derive(Debug, Deserialize, Serialize)]
struct Order {
    name: String,
    numbers: Vec<u32>,
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "that it can be read is all there is to it")]
    tree: Vec<Tree>,
}

/// What may be nested for ever.
#[derive(Debug, Deserialize)]
struct Tree(#[expect(dead_code, reason = "the same")] Vec<Tree>);

/// What a part is: a line.
fn line(name: &str, file_name: Option<&str>, media_type: Option<String>, content: &[u8]) -> String {
    format!("{name:?} {file_name:?} {media_type:?} {}\n", content.escape_ascii())
}

fn limits() -> MultipartLimits {
    MultipartLimits::new().with_head_octets(1024).with_parts(20)
}

/// The same routes twice: `/sync/…` and `/async/…`.
fn reading_app() -> App {
    App::new()
        .post("/sync/text", |request: &Request<'_>, reply: Reply<'_>| reply.text(&request.text()?))
        .post("/sync/json", |request: &Request<'_>, reply: Reply<'_>| reply.json(&request.json::<Order>()?))
        .post("/sync/form", |request: &Request<'_>, reply: Reply<'_>| {
            let pairs = request.form()?.pairs().map(|(name, value)| format!("{name}={value}\n"));
            reply.text(&pairs.collect::<String>())
        })
        .post("/sync/multipart", |request: &Request<'_>, reply: Reply<'_>| {
            let mut lines = String::new();
            for part in request.multipart_within(limits())? {
                let part = part?;
                let media_type = part.media_type().map(|media_type| media_type.to_string());
                let text;
                let content = match part.file_name() {
                    Some(_) => part.content(),
                    None => {
                        text = part.text()?;
                        text.as_bytes()
                    }
                };
                lines += &line(part.name(), part.file_name(), media_type, content);
            }
            reply.text(&lines)
        })
        .post("/async/text", async |mut request: OwnedRequest| request.text().await)
        .post("/async/json", async |mut request: OwnedRequest| Response::json(&request.json::<Order>().await?))
        .post("/async/form", async |mut request: OwnedRequest| {
            let form = request.form().await?;
            Ok::<String, BadContent>(form.pairs().map(|(name, value)| format!("{name}={value}\n")).collect())
        })
        .post("/async/multipart", async |mut request: OwnedRequest| -> Result<String, BadContent> {
            let mut lines = String::new();
            let mut multipart = request.multipart_within(limits())?;
            while let Some(mut part) = multipart.next_part().await? {
                let content = match part.file_name() {
                    Some(_) => part.collect(1 << 20).await?,
                    None => part.text(1 << 20).await?.into_bytes(),
                };
                let media_type = part.media_type().map(|media_type| media_type.to_string());
                lines += &line(part.name(), part.file_name(), media_type, &content);
            }
            Ok(lines)
        })
        .get("/", async |_: OwnedRequest| "alive")
}

/// A head for content of a media type; without a type where that is empty.
fn head(target: &str, media_type: &str, framing: &str) -> String {
    let content_type = if media_type.is_empty() { String::new() } else { format!("Content-Type: {media_type}\r\n") };
    format!("POST {target} HTTP/1.1\r\nHost: a\r\n{content_type}{framing}\r\n\r\n")
}

/// A request with content.
fn post(target: &str, media_type: &str, content: &[u8]) -> Vec<u8> {
    let head = head(target, media_type, &format!("Content-Length: {}", content.len()));
    [head.as_bytes(), content].concat()
}

/// The same in chunks of one octet.
fn post_in_chunks(target: &str, media_type: &str, content: &[u8]) -> Vec<u8> {
    let mut request = head(target, media_type, "Transfer-Encoding: chunked").into_bytes();
    for octet in content {
        request.extend([b'1', b'\r', b'\n', *octet, b'\r', b'\n']);
    }
    request.extend(b"0\r\n\r\n");
    request
}

const FORM: &str = "application/x-www-form-urlencoded";
const PARTS: &str = "multipart/form-data; boundary=xyz";
const JSON: &str = "application/json";

/// Both kinds of handlers, content at once and octet by octet: the same answers.
pub fn content_is_read_by_its_kind<R: Runtime>() {
    let server = R::start(reading_app(), Config::new());
    let two_parts = b"--xyz\r\nContent-Disposition: form-data; name=\"caf\xc3\xa9\"\r\n\r\ntext\r\n\
        --xyz\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a%22b\\\\c.bin\"\r\n\
        Content-Type: image/png\r\n\r\n\0\xff\r\n--xy\r\n\r\n--xyz--\r\n";
    let latin = b"--xyz\r\nContent-Disposition: form-data; name=a\r\n\
        Content-Type: text/plain; charset=iso-8859-1\r\n\r\n\xe9\r\n--xyz--";
    let cases: &[(&str, &str, &[u8], &str)] = &[
        ("text", "", "caf\u{e9}".as_bytes(), "caf\u{e9}"),
        ("text", "", b"", ""),
        ("text", "text/plain; charset=iso-8859-1", b"caf\xe9", "caf\u{e9}"),
        ("text", "text/plain; charset=\"Shift_JIS\"", b"\x83e", "\u{30c6}"),
        ("form", FORM, b"a=1&b=x+y%26&a=%C3%A9&&c", "a=1\nb=x y&\na=\u{e9}\nc=\n"),
        ("form", FORM, b"", ""),
        ("json", JSON, br#" {"numbers": [1, 2], "name": "\u00e9"} "#, "{\"name\":\"\u{e9}\",\"numbers\":[1,2]}"),
        ("json", "application/vnd.order+JSON; v=1", br#"{"name":"","numbers":[]}"#, r#"{"name":"","numbers":[]}"#),
        (
            "multipart",
            PARTS,
            two_parts,
            "\"caf\u{e9}\" None None text\n\
             \"f\" Some(\"a\\\"b\\\\c.bin\") Some(\"image/png\") \\x00\\xff\\r\\n--xy\\r\\n\n",
        ),
        ("multipart", PARTS, latin, "\"a\" None Some(\"text/plain\") \\xc3\\xa9\n"),
        ("multipart", PARTS, b"--xyz--", ""),
        ("multipart", "Multipart/Form-Data; Boundary=\"x y\"", b"--x y--\r\nepilogue", ""),
    ];
    for kind in ["sync", "async"] {
        let mut client = Client::connect(server.address());
        for &(reader, media_type, content, expected) in cases {
            let target = format!("/{kind}/{reader}");
            for request in [post, post_in_chunks].map(|write| write(&target, media_type, content)) {
                client.send(&request);
                let reply = client.reply();
                assert_eq!((reply.status, reply.text()), (200, expected), "{target} {}", content.escape_ascii());
                let json = (reader == "json").then_some("application/json");
                assert_eq!(json.is_some(), reply.field("content-type") == json);
                // Cut into packets at a place that is another one for each.
                let (first, second) = request.split_at(request.len() - content.len() / 2 - 1);
                client.send(first);
                thread::sleep(Duration::from_millis(5));
                client.send(second);
                assert_eq!(client.reply().text(), expected, "{target} in two packets");
            }
        }
    }
    server.stop();
}

/// A part without its head's first line end.
fn headed(head: &str) -> Vec<u8> {
    format!("--xyz\r\n{head}\r\n\r\nx\r\n--xyz--\r\n").into_bytes()
}

/// Broken, of another kind, or more than is taken: 400, 415 or 413, in words, and the connection goes on.
pub fn bad_content_is_refused_with_a_reason<R: Runtime>() {
    let server = R::start(reading_app(), Config::new());
    let part = "--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n";
    let deep = "[".repeat(100_000);
    let wrong = format!(r#"{{"name": "", "numbers": ["{}"]}}"#, "x".repeat(5_000));
    let long_boundary = format!("multipart/form-data; boundary={}", "x".repeat(71));
    let endless_head = format!("--xyz\r\nContent-Disposition: form-data; name=a\r\nX: {}", "x".repeat(2_000));
    let many_fields = format!("Content-Disposition: form-data; name=a{}", "\r\nA: b".repeat(16));
    let cases: Vec<(&str, &str, Vec<u8>, u16, &str)> = vec![
        ("text", "text/plain; charset=unheard-of", b"a".into(), 415, "the charset of the content is not known here"),
        ("text", "nonsense", b"a".into(), 415, "the media type of the content is not one that can be read"),
        ("text", "", b"caf\xe9".into(), 400, "the content is not text in its charset"),
        ("text", "a/b; charset=us-ascii", b"caf\xe9".into(), 400, "the content is not text in its charset"),
        ("form", "", b"a=1".into(), 415, "the media type of the content is not application/x-www-form-urlencoded"),
        ("form", JSON, b"a=1".into(), 415, "the media type of the content is not application/x-www-form-urlencoded"),
        ("form", FORM, b"a=1&b=%4".into(), 400, "a % in the form is not followed by two hexadecimal digits"),
        ("form", FORM, b"%=1".into(), 400, "a % in the form is not followed by two hexadecimal digits"),
        ("form", FORM, b"a=%ff".into(), 400, "the content is not text in its charset"),
        ("json", "", b"{}".into(), 415, "the media type of the content is not application/json"),
        ("json", "text/json", b"{}".into(), 415, "the media type of the content is not application/json"),
        ("json", JSON, b"".into(), 400, "EOF while parsing a value at line 1 column 0"),
        ("json", JSON, b"{\"name\":".into(), 400, "EOF while parsing a value at line 1 column 8"),
        ("json", JSON, b"{}".into(), 400, "missing field `name` at line 1 column 2"),
        (
            "json",
            JSON,
            br#"{"name":1,"numbers":[]}"#.into(),
            400,
            "invalid type: integer `1`, expected a string at line 1 column 9",
        ),
        ("json", JSON, br#"{"name":"","numbers":[]} x"#.into(), 400, "trailing characters at line 1 column 26"),
        (
            "json",
            JSON,
            br#"{"name":"","numbers":[-1]}"#.into(),
            400,
            "invalid value: integer `-1`, expected u32 at line 1 column 24",
        ),
        ("json", JSON, b"{\"name\":\"\xff\"}".into(), 400, "invalid unicode code point at line 1 column 10"),
        (
            "json",
            JSON,
            format!("{{\"name\":{deep}").into(),
            400,
            "invalid type: sequence, expected a string at line 1 column 8",
        ),
        ("json", JSON, format!("{{\"tree\":{deep}").into(), 400, "recursion limit exceeded at line 1 column 135"),
        ("json", JSON, wrong.into(), 400, "... at line 1 column 5027"),
        ("multipart", FORM, b"a=1".into(), 415, "the media type of the content is not multipart/form-data"),
        (
            "multipart",
            "multipart/mixed; boundary=xyz",
            headed(""),
            415,
            "the media type of the content is not multipart/form-data",
        ),
        (
            "multipart",
            "multipart/form-data; boundary=x y",
            headed(""),
            400,
            "the boundary is neither a token nor a quoted string",
        ),
        ("multipart", "multipart/form-data", headed(""), 400, "the media type has no boundary"),
        ("multipart", &long_boundary, headed(""), 400, "the boundary does not have 1 to 70 octets"),
        (
            "multipart",
            "multipart/form-data; boundary=\"\"",
            headed(""),
            400,
            "the boundary does not have 1 to 70 octets",
        ),
        (
            "multipart",
            "multipart/form-data; boundary=\"a@b\"",
            headed(""),
            400,
            "the boundary has an octet that it must not have",
        ),
        ("multipart", PARTS, b"".into(), 400, "the content ended before its last boundary"),
        ("multipart", PARTS, part.into(), 400, "the content ended before its last boundary"),
        ("multipart", PARTS, format!("{part}--xyz").into(), 400, "the content ended before its last boundary"),
        (
            "multipart",
            PARTS,
            format!("{part}--xyz-x").into(),
            400,
            "a boundary is followed by something else than -- or a line end",
        ),
        (
            "multipart",
            PARTS,
            b"--xyz\nA: b\n\nx\n--xyz--\n".into(),
            400,
            "a boundary is followed by something else than -- or a line end",
        ),
        ("multipart", PARTS, headed("Content-Type: a/b"), 400, "a part does not have one Content-Disposition"),
        ("multipart", PARTS, headed("Content-Disposition: form-data"), 400, "a part has no name"),
        ("multipart", PARTS, headed("Content-Disposition: form-data; filename=a"), 400, "a part has no name"),
        (
            "multipart",
            PARTS,
            headed("Content-Disposition: attachment; name=a"),
            400,
            "the Content-Disposition of a part is broken",
        ),
        (
            "multipart",
            PARTS,
            headed("Content-Disposition: form-data; name=\"a"),
            400,
            "the Content-Disposition of a part is broken",
        ),
        (
            "multipart",
            PARTS,
            headed("Content-Disposition: form-data; name=a\nX: y"),
            400,
            "a line in the head of a part is no field",
        ),
        ("multipart", PARTS, headed(&many_fields), 413, "the head of a part has too many fields"),
        ("multipart", PARTS, endless_head.into(), 413, "the head of a part is too long"),
        ("multipart", PARTS, (part.repeat(10_000) + "--xyz--").into(), 413, "too many parts"),
        ("multipart", PARTS, vec![b'x'; 10_000], 413, "too much stands around the parts"),
        (
            "multipart",
            PARTS,
            [&b"--xyz\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\n"[..], b"\r\n--xyz--"].concat(),
            400,
            "the content is not text in its charset",
        ),
        (
            "multipart",
            PARTS,
            headed("Content-Disposition: form-data; name=a\r\nContent-Type: a/b; charset=x"),
            415,
            "the charset of the content is not known here",
        ),
    ];
    for kind in ["sync", "async"] {
        for (reader, media_type, content, status, words) in &cases {
            let mut client = Client::connect(server.address());
            let target = format!("/{kind}/{reader}");
            client.send(post(&target, media_type, content));
            let reply = client.reply();
            assert_eq!(
                reply.status,
                *status,
                "{target} {} {}",
                reply.text(),
                content[..content.len().min(100)].escape_ascii()
            );
            assert!(reply.text().ends_with(words) && reply.text().len() < 300, "{target} {:?} {words:?}", reply.text());
            assert_eq!(reply.field("content-type"), Some("text/plain; charset=utf-8"));
            // The rest of what is refused is thrown away, unless there is much of it.
            if content.len() < 10_000 || kind == "sync" {
                client.send(get("/"));
                assert_eq!(client.reply().text(), "alive", "{target} {words}");
            }
        }
    }
    server.stop();
}

/// Nothing is decompressed, so that nobody gets to see compressed text as such.
pub fn coded_content_is_refused_by_whoever_reads_its_kind<R: Runtime>() {
    let server = R::start(reading_app(), Config::new());
    let mut client = Client::connect(server.address());
    for kind in ["sync", "async"] {
        for (reader, media_type) in [("text", "text/plain"), ("form", FORM), ("json", JSON), ("multipart", PARTS)] {
            let target = format!("/{kind}/{reader}");
            for (coding, status) in [("gzip", 415), ("identity, br", 415), ("Identity", 0)] {
                let content = "{}";
                let framing = format!("Content-Encoding: {coding}\r\nContent-Length: {}", content.len());
                client.send(head(&target, media_type, &framing) + content);
                let reply = client.reply();
                assert_eq!(reply.status == 415, status == 415, "{target} {coding}");
                assert_eq!(reply.text() == "the content has a coding that is not known here", status == 415);
            }
            // It is refused before it is sent.
            client.send(head(&target, "a/b", "Content-Encoding: br\r\nExpect: 100-continue\r\nContent-Length: 5"));
            if kind == "async" {
                assert_eq!(client.reply().status, 415, "{target}");
                client = Client::connect(server.address());
            } else {
                assert_eq!(client.reply_to(To::Other).status, 100);
                client.send("12345");
                assert_eq!(client.reply().status, 415, "{target}");
            }
        }
    }
    server.stop();
}

/// What waits for content that does not come, or breaks, is answered as the content is.
pub fn content_that_ends_early_is_refused_by_whoever_reads_it<R: Runtime>() {
    let mut config = Config::new();
    config.limits.content = 100;
    let server = R::start(reading_app(), config);
    for reader in ["text", "form", "json", "multipart"] {
        let media_type = match reader {
            "form" => FORM,
            "json" => JSON,
            "multipart" => PARTS,
            _ => "text/plain",
        };
        let head = format!("POST /async/{reader} HTTP/1.1\r\nHost: a\r\nContent-Type: {media_type}\r\n");
        let cases = [
            (format!("{head}Content-Length: 10\r\n\r\n--xyz"), 400),
            (format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\n--xyz\r\nx"), 400),
            (format!("{head}Transfer-Encoding: chunked\r\n\r\n50\r\n{}\r\n50\r\n", "x".repeat(80)), 413),
        ];
        for (request, status) in cases {
            let mut client = Client::connect(server.address());
            client.send(&request).end();
            assert_eq!(client.reply().status, status, "{request}");
            assert_eq!(client.rest(), b"", "it closes");
        }
    }
    server.stop();
}

/// A handler of errors gets to see what was wrong.
pub fn an_application_words_what_is_bad_about_content<R: Runtime>() {
    let app = reading_app().on_error(|error: &BadContent, request: &Request<'_>, reply: Reply<'_>| {
        let words = format!("{}: {error}", request.target());
        reply.status(error.status()).field("X-Bad", "content").content(words.as_bytes())
    });
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    for kind in ["sync", "async"] {
        client.send(post(&format!("/{kind}/form"), FORM, b"%"));
        let reply = client.reply();
        assert_eq!((reply.status, reply.field("x-bad")), (400, Some("content")));
        assert_eq!(reply.text(), format!("/{kind}/form: a % in the form is not followed by two hexadecimal digits"));
    }
    server.stop();
}

/// A file that is larger than any buffer: it is never in memory as a whole.
pub fn a_large_file_is_taken_while_it_comes<R: Runtime>() {
    const LENGTH: usize = 32 << 20;
    let app = App::new()
        .post("/", async |mut request: OwnedRequest| -> Result<String, BadContent> {
            let mut multipart = request.multipart()?;
            let (mut length, mut largest, mut names) = (0, 0, String::new());
            while let Some(mut part) = multipart.next_part().await? {
                names += part.name();
                while let Some(octets) = part.next().await? {
                    assert!(octets.iter().all(|octet| b"\r\n--xyz0".contains(octet)));
                    (length, largest) = (length + octets.len(), octets.len().max(largest));
                }
            }
            assert!(largest <= 1 << 20, "{largest}");
            Ok(format!("{names} {length}"))
        })
        .content_limit(u64::MAX);
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    let before = "--xyz\r\nContent-Disposition: form-data; name=file; filename=f\r\n\r\n";
    let after = "\r\n--xyz\r\nContent-Disposition: form-data; name=-last\r\n\r\n\r\n--xyz--\r\n";
    let block = "\r\n--xy\r\n00000000".repeat(1 << 16);
    let length = before.len() + LENGTH + after.len();
    client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: {PARTS}\r\nContent-Length: {length}\r\n\r\n"));
    client.send(before);
    assert_eq!(LENGTH % block.len(), 0);
    for _ in 0..LENGTH / block.len() {
        client.send(&block);
    }
    client.send(after);
    let reply = client.reply();
    assert_eq!((reply.status, reply.text()), (200, &*format!("file-last {LENGTH}")));
    server.stop();
}

/// What a handler leaves of a part is read past; where it leaves all of it, nothing is awaited.
pub fn parts_that_nobody_reads_are_skipped_or_not_awaited<R: Runtime>() {
    let app = App::new()
        .post("/names", async |mut request: OwnedRequest| -> Result<String, BadContent> {
            let (mut multipart, mut names) = (request.multipart()?, String::new());
            assert!(request.content().next().await?.is_none(), "the parts have it");
            while let Some(mut part) = multipart.next_part().await? {
                names += part.name();
                if part.name() == "b" {
                    part.next().await?;
                }
                if part.name() == "c" {
                    assert_eq!(part.collect(3).await?, b"end");
                    assert_eq!(part.next().await?, None, "it stays at its end");
                }
            }
            assert!(multipart.next_part().await?.is_none(), "and so do the parts");
            Ok(names)
        })
        .post("/first", async |mut request: OwnedRequest| -> Result<Response, Fault> {
            let mut multipart = request.multipart()?;
            let name = multipart.next_part().await?.map(|part| part.name().to_owned());
            drop(multipart);
            Ok(Response::text(name.unwrap_or_default()))
        })
        .content_limit(1 << 30)
        .post("/short", async |mut request: OwnedRequest| -> Result<String, BadContent> {
            let mut multipart = request.multipart()?;
            let Some(mut part) = multipart.next_part().await? else { return Ok(String::new()) };
            part.text(4).await
        })
        .content_limit(1 << 30);
    let server = R::start(app, Config::new());
    let part = |name: &str, content: &str| {
        format!("--xyz\r\nContent-Disposition: form-data; name={name}\r\n\r\n{content}\r\n")
    };
    let mut client = Client::connect(server.address());
    let long = "x".repeat(300_000);
    let content = part("a", &long) + &part("b", &long) + &part("c", "end") + &part("d", "") + "--xyz--";
    client.send(post("/names", PARTS, content.as_bytes()));
    assert_eq!(client.reply().text(), "abcd");
    // The reply is there although most of the content is not.
    let head = format!("POST /first HTTP/1.1\r\nHost: a\r\nContent-Type: {PARTS}\r\nContent-Length: 100000000\r\n\r\n");
    client.send(head + &part("a", "x"));
    assert_eq!(client.reply().text(), "a");
    let mut client = Client::connect(server.address());
    for (content, status) in [("four", 200), ("fives", 413)] {
        client.send(post("/short", PARTS, (part("a", content) + "--xyz--").as_bytes()));
        assert_eq!(client.reply().status, status);
    }
    server.stop();
}

/// Nobody gets to send for ever what is refused by its beginning.
pub fn endless_forms_are_refused_before_they_end<R: Runtime>() {
    let app = App::new()
        .post("/", async |mut request: OwnedRequest| -> Result<String, BadContent> {
            let (mut multipart, mut count) = (request.multipart()?, 0);
            while multipart.next_part().await?.is_some() {
                count += 1;
            }
            Ok(count.to_string())
        })
        .content_limit(u64::MAX);
    let server = R::start(app, Config::new());
    let cases = [
        ("--xyz\r\nContent-Disposition: form-data; name=", "x", "the head of a part is too long"),
        ("", "x", "too much stands around the parts"),
        ("--xyz", " ", "too much stands around the parts"),
        ("--xyz--\r\n", "\r\n", "too much stands around the parts"),
        ("", "--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n", "too many parts"),
    ];
    for (beginning, again, words) in cases {
        let mut client = Client::connect(server.address());
        let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: {PARTS}\r\nTransfer-Encoding: chunked\r\n\r\n");
        let content = beginning.to_owned() + &again.repeat(100_000 / again.len());
        client.send(head).try_send(format!("{:x}\r\n{content}\r\n", content.len()));
        let reply = client.reply();
        assert_eq!((reply.status, reply.text()), (413, words), "{beginning}");
    }
    server.stop();
}

/// Values that are larger than what is kept to write them to, and errors in writing them.
pub fn much_json_is_sent_whole<R: Runtime>() {
    #[derive(Serialize)]
    struct Broken(#[serde(serialize_with = "fail")] u8);
    fn fail<S: serde::Serializer>(_: &u8, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no such value"))
    }
    let app = App::new()
        .get("/sync/{n}", |request: &Request<'_>, reply: Reply<'_>| {
            let length = request.param("n").map(|n| n.to_string()).unwrap_or_default().parse()?;
            reply.status(Status::CREATED).json(&vec![7; length])
        })
        .get("/async/{n}", async |request: OwnedRequest| -> Result<Response, Fault> {
            Response::json(&vec![7; request.param("n").unwrap_or_default().parse()?])
        })
        .get("/broken", |_: &Request<'_>, reply: Reply<'_>| reply.json(&Broken(1)))
        .get("/late", async |_: OwnedRequest| Response::json(&Broken(1)));
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    for length in [0, 1, 8_000, 8_191, 8_192, 500_000, 3] {
        let expected = format!("[{}]", vec!["7"; length].join(","));
        for (target, status) in [("/sync", 201), ("/broken", 500), ("/async", 200), ("/late", 500)] {
            let target = if status == 500 { target.to_owned() } else { format!("{target}/{length}") };
            client.send(get(&target));
            let reply = client.reply();
            assert_eq!(reply.status, status, "{target}");
            assert!(status == 500 || reply.text() == expected, "{target}");
        }
    }
    server.stop();
}
