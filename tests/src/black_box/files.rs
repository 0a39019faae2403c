//! Files of a directory.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::{FileExt, symlink},
    thread,
    time::Duration,
};

use pronto::{connection::Config, head::Status};
use pronto_host::{App, Directory, Fault, OwnedRequest, Reply, Request, Response, Router, WrittenReply};

use super::{Runtime, get};
use crate::{client::Client, process, reply::To};

/// What is served, and beside it what must not be.
struct Place {
    directory: process::Directory,
}

impl Place {
    fn new() -> Self {
        let directory = process::Directory::new();
        fs::create_dir_all(directory.join("public/docs/empty")).unwrap();
        fs::write(directory.join("secret.txt"), "secret").unwrap();
        let place = Self { directory };
        for (name, content) in [
            ("hello.txt", "Hello, files!"),
            ("index.html", "<p>root"),
            ("docs/index.html", "<p>docs"),
            ("docs/a b.css", "p {}"),
            ("none", ""),
            (".hidden", "not secret"),
        ] {
            fs::write(place.path(name), content).unwrap();
        }
        symlink("hello.txt", place.path("link.txt")).unwrap();
        symlink("docs", place.path("linked")).unwrap();
        symlink("../secret.txt", place.path("out.txt")).unwrap();
        symlink("/etc/passwd", place.path("passwd")).unwrap();
        symlink("..", place.path("docs/up")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, place.path("fifo"), rustix::fs::Mode::RUSR).unwrap();
        place
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.join("public").join(name)
    }

    /// Writes a file of octets that tell where they stand.
    fn write_large(&self, name: &str, length: usize) -> Vec<u8> {
        let octets: Vec<u8> = (0..length).map(|place| (place * 31 / 7 % 256) as u8).collect();
        fs::write(self.path(name), &octets).unwrap();
        octets
    }

    fn directory(&self) -> Directory {
        Directory::new(self.path(""))
    }

    fn app(&self) -> App {
        App::new()
            .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("no file"))
            .files("/files", self.directory().cache_control("max-age=60"))
    }
}

fn request(method: &str, target: &str, fields: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

/// Content, media type, index, redirects, HEAD, other methods, and what is not there.
pub fn files_are_served_as_what_they_are<R: Runtime>() {
    let place = Place::new();
    let server = R::start(place.app(), Config::new());
    let mut client = Client::connect(server.address());
    let found = [
        ("/files/hello.txt", "text/plain; charset=utf-8", "Hello, files!"),
        ("/files/hello%2etxt?any=query", "text/plain; charset=utf-8", "Hello, files!"),
        ("/files/", "text/html; charset=utf-8", "<p>root"),
        ("/files/docs/", "text/html; charset=utf-8", "<p>docs"),
        ("/files/docs/a%20b.css", "text/css; charset=utf-8", "p {}"),
        ("/files/none", "application/octet-stream", ""),
        ("/files/.hidden", "application/octet-stream", "not secret"),
    ];
    for (target, media_type, content) in found {
        let reply = client.send(get(target)).reply();
        assert_eq!((reply.status, reply.text()), (200, content), "{target}");
        let head = client.send(request("HEAD", target, "")).reply_to(To::Head);
        for reply in [reply, head] {
            assert_eq!(reply.status, 200);
            assert_eq!(reply.field("content-type"), Some(media_type), "{target}");
            assert_eq!(reply.field("content-length"), Some(&*content.len().to_string()), "{target}");
            assert_eq!(reply.field("accept-ranges"), Some("bytes"));
            assert_eq!(reply.field("cache-control"), Some("max-age=60"));
            assert!(reply.field("last-modified").is_some_and(|date| date.ends_with(" GMT")));
            assert!(reply.field("etag").is_some_and(|tag| tag.starts_with('"') && tag.ends_with('"')), "it is strong");
        }
    }
    for (target, location) in [
        ("/files", "/files/"),
        ("/files?a=b&c", "/files/?a=b&c"),
        ("/files/docs", "/files/docs/"),
        ("/files/%64ocs?a={b}", "/files/%64ocs/?a=%7Bb%7D"),
        ("http://a/files/docs/empty", "/files/docs/empty/"),
    ] {
        for method in ["GET", "HEAD"] {
            let to = if method == "HEAD" { To::Head } else { To::Other };
            let reply = client.send(request(method, target, "")).reply_to(to);
            assert_eq!((reply.status, reply.field("location")), (301, Some(location)), "{target}");
        }
    }
    for target in ["/files/nothing", "/files/docs/empty/", "/files/hello.txt/", "/files/hello.txt/more", "/filesystem"]
    {
        assert_eq!(client.send(get(target)).reply().status, 404, "{target}");
    }
    assert_eq!(client.send(get("/files/%zz")).reply().status, 400);
    let reply = client.send(request("POST", "/files/hello.txt", "Content-Length: 0\r\n")).reply();
    assert_eq!((reply.status, reply.field("allow")), (405, Some("GET, HEAD, OPTIONS")));
    drop(client);
    server.stop();
}

/// At the root behind other routes, and in a router that is nested; functions around them see their replies.
pub fn files_stand_in_routers_as_other_routes<R: Runtime>() {
    let place = Place::new();
    let nested = Router::new().files("/", place.directory().index("hello.txt")).before(|request: &Request<'_>| {
        let is_secret = request.target().contains(".hidden");
        Ok(is_secret.then(|| Response::new(Status::NOT_FOUND)))
    });
    let app = App::new()
        .get("/docs/a", |_: &Request<'_>, reply: Reply<'_>| reply.text("a route"))
        .nest("/static", nested)
        .get("/own", async |_: OwnedRequest| {
            let file = File::open(std::env::current_exe()?)?;
            Ok::<_, Fault>(Response::new(Status::OK).content_of_file(file, 1..4))
        })
        .files("/", place.directory().without_index())
        .after(|_: &Request<'_>, reply: &mut WrittenReply<'_>| Ok(reply.add_field("X-Seen", "yes")?));
    let server = R::start(app, Config::new());
    let mut client = Client::connect(server.address());
    let cases = [
        ("/docs/a", 200, "a route", None),
        ("/hello.txt", 200, "Hello, files!", None),
        ("/static/", 200, "Hello, files!", None),
        ("/static", 301, "", Some("/static/")),
        ("/static/docs", 301, "", Some("/static/docs/")),
        ("/static/docs/index.html", 200, "<p>docs", None),
        ("/docs", 301, "", Some("/docs/")),
        ("/docs/", 404, "Not Found", None),
        ("/static/.hidden", 404, "", None),
        ("/.hidden", 200, "not secret", None),
        ("/", 404, "Not Found", None),
        ("//", 404, "Not Found", None),
        ("//docs", 404, "Not Found", None),
        ("//evil.example/docs", 404, "Not Found", None),
        ("/own", 200, "ELF", None),
    ];
    for (target, status, content, location) in cases {
        let reply = client.send(get(target)).reply();
        assert_eq!((reply.status, reply.text(), reply.field("location")), (status, content, location), "{target}");
        assert_eq!(reply.field("x-seen"), Some("yes"), "{target}");
    }
    drop(client);
    server.stop();
}

/// However it is written, what is outside stays outside, and nothing that waits is waited for.
pub fn no_path_leaves_the_directory<R: Runtime>() {
    let place = Place::new();
    let server = R::start(
        place.app().files("/followed", place.directory().follow_symlinks()).files("/all", Directory::new("/")),
        Config::new(),
    );
    let mut client = Client::connect(server.address());
    let ways = [
        "../secret.txt",
        "docs/../../secret.txt",
        "docs/../hello.txt",
        "./hello.txt",
        "%2e%2e/secret.txt",
        "%2E%2E/secret.txt",
        ".%2e/secret.txt",
        "%2e./secret.txt",
        "..%2fsecret.txt",
        "..%2Fsecret.txt",
        "docs/..%2f..%2fsecret.txt",
        "%2e%2e%2fsecret.txt",
        "..%5csecret.txt",
        "..\\secret.txt",
        "docs%5c..%5c..%5csecret.txt",
        "%252e%252e/secret.txt",
        "..%252fsecret.txt",
        "%c0%ae%c0%ae/secret.txt",
        "%e0%80%ae%e0%80%ae/secret.txt",
        "..%c0%afsecret.txt",
        "..;/secret.txt",
        ".../secret.txt",
        "hello.txt%00",
        "hello.txt%00.html",
        "%00",
        "docs%2Findex.html",
        "docs%5Cindex.html",
        "/etc/passwd",
        "//etc/passwd",
        "%2Fetc%2Fpasswd",
        "%2fetc/passwd",
        "docs//index.html",
        "docs/./index.html",
        "docs/index.html/.",
        "docs/index.html/..",
        "out.txt",
        "passwd",
        "docs/up/hello.txt/../../secret.txt",
        "docs/up/../secret.txt",
        "fifo",
        "fifo/",
    ];
    for prefix in ["/files/", "/followed/"] {
        for way in ways {
            let reply = client.send(get(&format!("{prefix}{way}"))).reply();
            assert_eq!(reply.status, 404, "{prefix}{way}");
        }
    }
    for (name, content) in
        [("link.txt", "Hello, files!"), ("linked/index.html", "<p>docs"), ("docs/up/hello.txt", "Hello, files!")]
    {
        assert_eq!(client.send(get(&format!("/files/{name}"))).reply().status, 404, "{name}");
        assert_eq!(client.send(get(&format!("/followed/{name}"))).reply().text(), content, "{name}");
    }
    // Devices are not files, even where everything is served.
    for device in ["/all/dev/zero", "/all/dev/null", "/all/dev/tty", "/all/proc/self/cwd/hello.txt"] {
        assert_eq!(client.send(get(device)).reply().status, 404, "{device}");
    }
    assert_eq!(client.send(get("/files/hello.txt")).reply().status, 200);
    drop(client);
    server.stop();
}

/// 304 in both ways, 412, 206 and 416.
pub fn conditions_and_ranges_of_files_hold<R: Runtime>() {
    let place = Place::new();
    let server = R::start(place.app(), Config::new());
    let mut client = Client::connect(server.address());
    let file = File::options().write(true).open(place.path("hello.txt")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + Duration::from_millis(784_111_777_500)).unwrap();
    let whole = client.send(get("/files/hello.txt")).reply();
    let tag = whole.field("etag").unwrap().to_owned();
    assert_eq!(whole.field("last-modified"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    let cases = [
        (format!("If-None-Match: {tag}\r\n"), 304, "", None),
        (format!("If-None-Match: \"a,b\", W/{tag}\r\n"), 304, "", None),
        ("If-None-Match: *\r\n".into(), 304, "", None),
        ("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n".into(), 304, "", None),
        ("If-Modified-Since: Sunday, 06-Nov-94 08:49:38 GMT\r\n".into(), 304, "", None),
        ("If-Modified-Since: Sun Nov  6 08:49:36 1994\r\n".into(), 200, "Hello, files!", None),
        (
            "If-None-Match: \"other\"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n".into(),
            200,
            "Hello, files!",
            None,
        ),
        ("If-Match: \"other\"\r\n".into(), 412, "Precondition Failed", None),
        (format!("If-Match: W/{tag}\r\n"), 412, "Precondition Failed", None),
        (format!("If-Match: \"other\", {tag}\r\n"), 200, "Hello, files!", None),
        ("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n".into(), 412, "Precondition Failed", None),
        ("Range: bytes=0-4\r\n".into(), 206, "Hello", Some("bytes 0-4/13")),
        ("Range: bytes=7-\r\n".into(), 206, "files!", Some("bytes 7-12/13")),
        ("Range: bytes=-6\r\n".into(), 206, "files!", Some("bytes 7-12/13")),
        ("Range: bytes=0-999\r\n".into(), 206, "Hello, files!", Some("bytes 0-12/13")),
        ("Range: bytes=13-\r\n".into(), 416, "Range Not Satisfiable", Some("bytes */13")),
        ("Range: bytes=0-1,3-4\r\n".into(), 200, "Hello, files!", None),
        ("Range: lines=0-4\r\n".into(), 200, "Hello, files!", None),
        (format!("Range: bytes=0-4\r\nIf-Range: {tag}\r\n"), 206, "Hello", Some("bytes 0-4/13")),
        ("Range: bytes=0-4\r\nIf-Range: \"other\"\r\n".into(), 200, "Hello, files!", None),
        ("Range: bytes=0-4\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n".into(), 206, "Hello", Some("bytes 0-4/13")),
        (format!("Range: bytes=0-4\r\nIf-None-Match: {tag}\r\n"), 304, "", None),
    ];
    for (fields, status, content, range) in cases {
        let reply = client.send(request("GET", "/files/hello.txt", &fields)).reply();
        assert_eq!((reply.status, reply.text(), reply.field("content-range")), (status, content, range), "{fields}");
        if [200, 206, 304].contains(&status) {
            assert_eq!(reply.field("etag"), Some(&*tag), "{fields}");
            assert_eq!(reply.field("cache-control"), Some("max-age=60"), "{fields}");
        }
    }
    let reply = client.send(request("HEAD", "/files/hello.txt", "Range: bytes=0-4\r\n")).reply_to(To::Head);
    assert_eq!((reply.status, reply.field("content-length")), (200, Some("13")));
    let reply =
        client.send(request("HEAD", "/files/hello.txt", &format!("If-None-Match: {tag}\r\n"))).reply_to(To::Head);
    assert_eq!(reply.status, 304);
    // Any change makes another tag, be it that the length stays the same.
    fs::write(place.path("hello.txt"), "Hello, filed!").unwrap();
    let reply = client.send(request("GET", "/files/hello.txt", &format!("If-None-Match: {tag}\r\n"))).reply();
    assert_eq!((reply.status, reply.text()), (200, "Hello, filed!"));
    drop(client);
    server.stop();
}

/// Octet by octet, in parts, to a reader that takes its time, and in its place among other replies.
pub fn a_large_file_arrives_as_it_is<R: Runtime>() {
    const LENGTH: usize = 20 << 20;
    let place = Place::new();
    let octets = place.write_large("large", LENGTH);
    let edge = place.write_large("edge", 16 * 1024);
    let below = place.write_large("below", 16 * 1024 - 1);
    let server = R::start(place.app(), Config::new());
    let mut client = Client::connect(server.address());
    let range = |range: &str| request("GET", "/files/large", &format!("Range: bytes={range}\r\n"));
    client.send(
        get("/")
            + &get("/files/large")
            + &get("/")
            + &range("1000001-3000000")
            + &get("/files/hello.txt")
            + &range("-1")
            + &request("HEAD", "/files/large", "")
            + &get("/files/edge")
            + &get("/files/below")
            + &get("/files/nothing")
            + &range("5-")
            + &get("/"),
    );
    // The server is ahead of this client by what the network holds.
    thread::sleep(Duration::from_millis(300));
    assert_eq!(client.reply().text(), "no file");
    assert!(client.reply().content == octets);
    assert_eq!(client.reply().text(), "no file");
    assert!(client.reply().content == octets[1_000_001..=3_000_000]);
    assert_eq!(client.reply().text(), "Hello, files!");
    assert!(client.reply().content == octets[LENGTH - 1..]);
    assert_eq!(client.reply_to(To::Head).field("content-length"), Some(&*LENGTH.to_string()));
    assert!(client.reply().content == edge);
    assert!(client.reply().content == below);
    assert_eq!(client.reply().status, 404);
    assert!(client.reply().content == octets[5..]);
    assert_eq!(client.reply().text(), "no file");
    server.stop();
}

/// One that is being read slowly keeps no other from being answered, and is cut when its client takes nothing.
pub fn slow_readers_of_files_hold_up_nobody<R: Runtime>() {
    let place = Place::new();
    File::create(place.path("large")).unwrap().set_len(30 << 20).unwrap();
    let mut config = Config::new();
    config.timeouts.write = Some(Duration::from_millis(500));
    let server = R::start(place.app(), config);
    let mut slow: Vec<_> = (0..8)
        .map(|_| {
            let mut client = Client::connect(server.address());
            client.send(get("/files/large"));
            client
        })
        .collect();
    thread::sleep(Duration::from_millis(100));
    let mut other = Client::connect(server.address());
    assert_eq!(other.send(get("/files/hello.txt")).reply().text(), "Hello, files!");
    thread::sleep(Duration::from_millis(1_500));
    for client in &mut slow {
        assert!(client.rest().len() < 30 << 20, "a client that took nothing was waited for");
    }
    assert_eq!(other.send(get("/files/hello.txt")).reply().text(), "Hello, files!");
    server.stop();
}

/// What was promised does not come: the client must see that. What was not promised does not come either.
pub fn a_file_that_changes_while_it_is_sent<R: Runtime>() {
    const LENGTH: usize = 24 << 20;
    let place = Place::new();
    File::create(place.path("shrinks")).unwrap().set_len(LENGTH as u64).unwrap();
    let octets = place.write_large("grows", LENGTH);
    let server = R::start(place.app(), Config::new());
    let mut client = Client::connect(server.address());
    client.send(get("/files/shrinks") + &get("/"));
    client.up_to(b"\r\n\r\n");
    File::options().write(true).open(place.path("shrinks")).unwrap().set_len(1_000_000).unwrap();
    let received = client.rest();
    assert!(received.len() < LENGTH, "{}", received.len());
    assert!(!received.ends_with(b"no file"));
    let mut client = Client::connect(server.address());
    client.send(get("/") + &get("/files/grows") + &get("/"));
    // What leaves with it is the head, so that the length is promised by then.
    assert_eq!(client.reply().text(), "no file");
    let grows = File::options().append(true).open(place.path("grows")).unwrap();
    (&grows).write_all(&[0; 1_000_000]).unwrap();
    assert!(client.reply().content == octets);
    assert_eq!(client.reply().text(), "no file");
    // And what is changed in place is sent as it is by then: the length is what counts.
    grows.set_len(LENGTH as u64).unwrap();
    File::options().write(true).open(place.path("grows")).unwrap().write_all_at(b"changed", 0).unwrap();
    assert!(client.send(get("/files/grows")).reply().content.starts_with(b"changed"));
    server.stop();
}
