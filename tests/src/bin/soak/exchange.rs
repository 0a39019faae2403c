//! Requests of the demo application, drawn at random, and the octets that each is to be answered with.

use std::{fmt::Write, net::SocketAddr};

use fastrand::Rng;
use sha2::{Digest, Sha256};

use crate::files::Files;

/// A request, and what answers it.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// The octets of the request.
    pub(crate) request: Vec<u8>,
    /// Where its content begins, if the client waits for leave to send it.
    pub(crate) waits_at: Option<usize>,
    pub(crate) expected: Expected,
}

/// The octets of a reply.
#[derive(Debug)]
pub(crate) struct Expected {
    /// The status: code and reason.
    pub(crate) status: &'static str,
    /// The field lines between Date and Connection.
    pub(crate) fields: String,
    pub(crate) connection: Connection,
    pub(crate) content: Content,
}

/// The Connection field of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    /// None; or `close`, where the server is told to end.
    Persists,
    /// `keep-alive`, for a client of HTTP/1.0; or `close`, where the server is told to end.
    KeepAlive,
    /// `close`.
    Closes,
    /// None or `close`: the client has ended its side.
    MayClose,
}

/// What follows the head of a reply.
#[derive(Debug)]
pub(crate) enum Content {
    None,
    Octets(Vec<u8>),
    /// `x`, so many times.
    Repeated(u64),
    /// `x`, so many times, in chunks of any size.
    Chunked(u64),
    /// `x`, so many times, and then the end.
    UntilEnd(u64),
}

/// What a client says besides its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// HTTP/1.1.
    Persists,
    /// HTTP/1.1, and the last request.
    Closes,
    /// HTTP/1.0 that asks to keep the connection.
    KeepAlive,
    /// HTTP/1.0.
    Old,
}

/// Draws a request.
pub(crate) fn draw(rng: &mut Rng, files: &Files, client: SocketAddr, persistence: Persistence) -> Exchange {
    let mut draft = Draft { rng, client, persistence, fields: Vec::new() };
    match draft.rng.u8(0..21) {
        0..=2 => draft.get("/", "text/plain", Content::Octets(b"Hello, World!".to_vec())),
        3 => draft.hello(),
        4 => draft.query(),
        5 => draft.headers(),
        6 => {
            let peer = draft.client.to_string().into_bytes();
            draft.get("/peer", "text/plain; charset=utf-8", Content::Octets(peer))
        }
        7..=8 => {
            let length = draft.length(300_000);
            draft.get(&format!("/bytes/{length}"), "application/octet-stream", Content::Repeated(length))
        }
        9..=10 => draft.download(),
        11 => {
            let milliseconds = draft.rng.u8(0..30);
            draft.get(&format!("/sleep/{milliseconds}"), "text/plain", Content::Octets(b"slept".to_vec()))
        }
        12..=13 => draft.echo(),
        14 => draft.upload(),
        15 => draft.urlencoded(),
        16 => draft.multipart(),
        17..=18 => draft.file(files),
        19 => draft.refused(),
        _ => draft.unread(),
    }
}

/// A request that is being made.
struct Draft<'a> {
    rng: &'a mut Rng,
    client: SocketAddr,
    persistence: Persistence,
    /// Names and values.
    fields: Vec<(String, String)>,
}

impl Draft<'_> {
    /// A length: mostly a short one.
    fn length(&mut self, most: u64) -> u64 {
        let drawn = match self.rng.u8(0..8) {
            0 => 0,
            1..=4 => self.rng.u64(1..100),
            5..=6 => self.rng.u64(100..10_000),
            _ => self.rng.u64(0..=most),
        };
        drawn.min(most)
    }

    fn octets(&mut self, most: u64) -> Vec<u8> {
        let mut octets = vec![0; self.length(most) as usize];
        self.rng.fill(&mut octets);
        octets
    }

    fn word(&mut self) -> String {
        let length = self.rng.usize(1..20);
        (0..length).map(|_| self.rng.alphanumeric()).collect()
    }

    fn get(self, target: &str, media_type: &str, content: Content) -> Exchange {
        let length = match &content {
            Content::Octets(octets) => octets.len() as u64,
            Content::Repeated(length) => *length,
            _ => 0,
        };
        let fields = format!("Content-Type: {media_type}\r\nContent-Length: {length}\r\n");
        let method = if self.rng.u8(0..6) == 0 { "HEAD" } else { "GET" };
        self.finish(method, target, b"", "200 OK", fields, content)
    }

    fn hello(self) -> Exchange {
        let mut name = vec![b'n'];
        name.extend((0..self.rng.usize(0..30)).map(|_| self.rng.u8(..)));
        let target = format!("/hello/{}", escaped(&name));
        self.get(&target, "text/plain; charset=utf-8", Content::Octets(name))
    }

    fn query(mut self) -> Exchange {
        let (mut query, mut text) = (String::new(), Vec::new());
        for _ in 0..self.rng.usize(0..6) {
            let (name, value) = (self.word(), self.octets(100));
            let value = &value[..value.len().min(50)];
            write!(query, "{}{name}={}", if query.is_empty() { "?" } else { "&" }, escaped(value)).unwrap();
            text.extend([name.as_bytes(), b"=", value, b"\n"].concat());
        }
        self.get(&format!("/query{query}"), "text/plain; charset=utf-8", Content::Octets(text))
    }

    fn headers(mut self) -> Exchange {
        for number in 0..self.rng.usize(0..20) {
            let value = self.word();
            self.fields.push((format!("X-{number}"), value));
        }
        let mut text = String::new();
        for (name, value) in self.all_fields() {
            writeln!(text, "{name}: {value}").unwrap();
        }
        self.get("/headers", "text/plain", Content::Octets(text.into_bytes()))
    }

    fn download(mut self) -> Exchange {
        let length = self.length(500_000);
        let is_old = matches!(self.persistence, Persistence::Old | Persistence::KeepAlive);
        let (fields, content) = if is_old {
            self.persistence = Persistence::Old;
            ("Content-Type: application/octet-stream\r\n", Content::UntilEnd(length))
        } else {
            ("Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n", Content::Chunked(length))
        };
        self.finish("GET", &format!("/download/{length}"), b"", "200 OK", fields.into(), content)
    }

    fn echo(mut self) -> Exchange {
        let content = self.octets(200_000);
        let media_type = format!("application/{}", self.word());
        self.fields.push(("Content-Type".into(), media_type.clone()));
        let fields = format!("Content-Type: {media_type}\r\nContent-Length: {}\r\n", content.len());
        self.finish("POST", "/echo", &content, "200 OK", fields, Content::Octets(content.clone()))
    }

    fn upload(mut self) -> Exchange {
        let content = self.octets(1_000_000);
        let mut text = format!("{} ", content.len());
        for octet in Sha256::digest(&content) {
            write!(text, "{octet:02x}").unwrap();
        }
        text.push('\n');
        let fields = format!("Content-Type: text/plain\r\nContent-Length: {}\r\n", text.len());
        self.finish("PUT", "/upload", &content, "200 OK", fields, Content::Octets(text.into_bytes()))
    }

    fn urlencoded(mut self) -> Exchange {
        let (mut form, mut parts) = (String::new(), Vec::new());
        for _ in 0..self.rng.usize(1..6) {
            let (name, length) = (self.word(), self.length(1_000));
            // A form is text.
            let value: String = (0..length).map(|_| self.rng.char(..)).collect();
            write!(form, "{}{name}={}", if form.is_empty() { "" } else { "&" }, escaped(value.as_bytes())).unwrap();
            parts.push(format!(r#"{{"name":"{name}","length":{}}}"#, value.len()));
        }
        self.fields.push(("Content-Type".into(), "application/x-www-form-urlencoded".into()));
        self.form(form.as_bytes(), &parts)
    }

    fn multipart(mut self) -> Exchange {
        let (mut form, mut parts) = (Vec::new(), Vec::new());
        for _ in 0..self.rng.usize(1..6) {
            let (name, content) = (self.word(), self.octets(50_000));
            form.extend(format!("--0boundary0\r\nContent-Disposition: form-data; name=\"{name}\"").bytes());
            let length = content.len();
            if self.rng.bool() {
                let file = self.word();
                form.extend(format!("; filename=\"{file}\"\r\nContent-Type: image/png").bytes());
                let more = format!(r#""file_name":"{file}","media_type":"image/png""#);
                parts.push(format!(r#"{{"name":"{name}",{more},"length":{length}}}"#));
            } else {
                parts.push(format!(r#"{{"name":"{name}","length":{length}}}"#));
            }
            form.extend(b"\r\n\r\n");
            form.extend(content);
            form.extend(b"\r\n");
        }
        form.extend(b"--0boundary0--\r\n");
        self.fields.push(("Content-Type".into(), "multipart/form-data; boundary=0boundary0".into()));
        self.form(&form, &parts)
    }

    fn form(self, form: &[u8], parts: &[String]) -> Exchange {
        let text = format!("[{}]", parts.join(","));
        let fields = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", text.len());
        self.finish("POST", "/form", form, "200 OK", fields, Content::Octets(text.into_bytes()))
    }

    fn file(mut self, files: &Files) -> Exchange {
        let file = &files.0[self.rng.usize(0..files.0.len())];
        let target = format!("/files/{}", file.name);
        let (total, validators) = (file.octets.len(), &file.validators);
        let (from, to) = (self.rng.usize(0..total), self.rng.usize(0..total));
        match self.rng.u8(0..6) {
            0..=2 if from <= to => {
                self.fields.push(("Range".into(), format!("bytes={from}-{to}")));
                let range = format!("Content-Range: bytes {from}-{to}/{total}\r\n");
                let fields = file.fields(&range, to + 1 - from);
                let content = Content::Octets(file.octets[from..=to].to_vec());
                self.finish("GET", &target, b"", "206 Partial Content", fields, content)
            }
            3 => {
                self.fields.push(("If-None-Match".into(), validators.tag.clone()));
                let fields = validators.not_modified.clone();
                self.finish("GET", &target, b"", "304 Not Modified", fields, Content::None)
            }
            4 => {
                self.fields.push(("Range".into(), format!("bytes={total}-")));
                let text = "Range Not Satisfiable";
                let fields = format!(
                    "Content-Range: bytes */{total}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n",
                    text.len()
                );
                self.finish("GET", &target, b"", "416 Range Not Satisfiable", fields, Content::Octets(text.into()))
            }
            _ => {
                let fields = file.fields("", total);
                let method = if self.rng.bool() { "GET" } else { "HEAD" };
                self.finish(method, &target, b"", "200 OK", fields, Content::Octets(file.octets.clone()))
            }
        }
    }

    /// What there is no handler for.
    fn refused(self) -> Exchange {
        const KNOWN: [(&str, &str); 5] = [
            ("/", "GET, HEAD, OPTIONS"),
            ("/hello/you", "GET, HEAD, OPTIONS"),
            ("/bytes/12", "GET, HEAD, OPTIONS"),
            ("/echo", "POST, OPTIONS"),
            ("/upload", "PUT, OPTIONS"),
        ];
        let (target, allowed) = KNOWN[self.rng.usize(0..KNOWN.len())];
        let method = ["OPTIONS", "DELETE", "PATCH", "TRACE", "BREW", "GET"][self.rng.usize(0..6)];
        let (status, target, allow) = match method {
            "OPTIONS" => {
                let fields = format!("Allow: {allowed}\r\n");
                return self.finish(method, target, b"", "204 No Content", fields, Content::None);
            }
            "GET" => ("404 Not Found", "/nowhere", String::new()),
            _ => ("405 Method Not Allowed", target, format!("Allow: {allowed}\r\n")),
        };
        let text = &status[4..];
        let fields = format!("{allow}Content-Type: text/plain\r\nContent-Length: {}\r\n", text.len());
        self.finish(method, target, b"", status, fields, Content::Octets(text.into()))
    }

    /// Content that nobody reads, and that looks like a request.
    fn unread(self) -> Exchange {
        let content = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".repeat(self.rng.usize(0..200));
        let text = "Method Not Allowed";
        let fields =
            format!("Allow: GET, HEAD, OPTIONS\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n", text.len());
        self.finish("POST", "/", &content, "405 Method Not Allowed", fields, Content::Octets(text.into()))
    }

    fn all_fields(&self) -> Vec<(String, String)> {
        let mut fields = vec![("Host".to_owned(), "a".to_owned())];
        fields.extend(self.fields.iter().cloned());
        match self.persistence {
            Persistence::Persists | Persistence::Old => {}
            Persistence::Closes => fields.push(("Connection".into(), "close".into())),
            Persistence::KeepAlive => fields.push(("Connection".into(), "keep-alive".into())),
        }
        fields
    }

    fn finish(
        self,
        method: &str,
        target: &str,
        content: &[u8],
        status: &'static str,
        fields: String,
        reply: Content,
    ) -> Exchange {
        let is_old = matches!(self.persistence, Persistence::Old | Persistence::KeepAlive);
        let mut request = format!("{method} {target} HTTP/1.{}\r\n", u8::from(!is_old));
        for (name, value) in self.all_fields() {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        let has_content = !content.is_empty() || matches!(method, "POST" | "PUT");
        let is_chunked = has_content && !is_old && self.rng.bool();
        // Only where a handler reads does a client get leave.
        let waits = has_content && !is_old && target != "/" && !content.is_empty() && self.rng.u8(0..8) == 0;
        if waits {
            request += "Expect: 100-continue\r\n";
        }
        match (has_content, is_chunked) {
            (false, _) => {}
            (true, false) => write!(request, "Content-Length: {}\r\n", content.len()).unwrap(),
            (true, true) => request += "Transfer-Encoding: chunked\r\n",
        }
        request += "\r\n";
        let mut request = request.into_bytes();
        let waits_at = waits.then_some(request.len());
        if is_chunked {
            chunk(&mut request, content, self.rng);
        } else {
            request.extend(content);
        }
        let connection = match self.persistence {
            Persistence::Persists => Connection::Persists,
            Persistence::KeepAlive => Connection::KeepAlive,
            Persistence::Closes | Persistence::Old => Connection::Closes,
        };
        let content = if method == "HEAD" { Content::None } else { reply };
        Exchange { request, waits_at, expected: Expected { status, fields, connection, content } }
    }
}

fn chunk(request: &mut Vec<u8>, mut content: &[u8], rng: &mut Rng) {
    const EXTENSIONS: [&str; 4] = ["", ";a", ";a=b", ";a=\"b \\\" c\""];
    // Too much framing beside little content is refused.
    let most = if content.len() < 4_000 && rng.bool() { 40 } else { 100_000 };
    while !content.is_empty() {
        let (piece, rest) = content.split_at(rng.usize(1..=content.len().min(most)));
        request.extend(format!("{:x}{}\r\n", piece.len(), EXTENSIONS[rng.usize(0..4)]).bytes());
        request.extend(piece);
        request.extend(b"\r\n");
        content = rest;
    }
    request.extend(if rng.bool() { &b"0\r\n\r\n"[..] } else { b"000\r\nX-Trailer: a\r\n\r\n" });
}

/// Percent-encoded, but for letters and digits.
fn escaped(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, &octet| {
        if octet.is_ascii_alphanumeric() {
            text.push(octet.into());
        } else {
            write!(text, "%{octet:02X}").unwrap();
        }
        text
    })
}
