//! Shows that the work is linear in the octets that come, one by one: counts the instructions that a length, its double and
//! its fourfold take, under valgrind.
//!
//! `cargo run --profile optimised -p tests --bin linear`

use std::{env, hint::black_box, process::Command, process::ExitCode};

use pronto::{
    connection::Config,
    content::{Boundary, MultipartLimits, MultipartParser},
    framing::{ContentDecoder, ContentLimits, Framing, Part},
    head::{FieldSpan, HeadLimits, Progress, RequestHead, RequestParser, ResponseParser},
};
use pronto_host::{App, OwnedRequest, Reply, Request};
use tests::wire::Wire;

/// What takes so many octets, one by one.
type Case = fn(usize);

/// The cases, and their shortest length.
const CASES: [(&str, usize, Case); 12] = [
    ("request head", 8_000, request_head),
    ("response head", 8_000, response_head),
    ("content of a length", 16_000, of_length),
    ("small chunks", 8_000, small_chunks),
    ("one chunk", 16_000, one_chunk),
    ("trailers", 4_000, trailers),
    ("multipart: small parts", 8_000, small_parts),
    ("multipart: what begins like a boundary", 8_000, near_boundaries),
    ("connection: a head", 4_000, whole_head),
    ("connection: content that is collected", 16_000, collected),
    ("connection: chunks that are collected", 16_000, collected_chunks),
    ("connection: content that is streamed", 16_000, streamed),
];

/// What takes more: a parser that begins anew with each octet. It shows that this program would see it.
const NOT_LINEAR: (&str, usize, Case) = ("parsing anew each time", 2_000, anew);

/// Twice as much takes twice as long; what is quadratic takes four times as long.
const MOST: f64 = 2.4;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    if let (Some(name), Some(length)) = (arguments.next(), arguments.next()) {
        let (_, _, case) = all().find(|(known, ..)| *known == name).expect("the name of a case");
        case(length.parse().expect("a length"));
        return ExitCode::SUCCESS;
    }
    let mut code = ExitCode::SUCCESS;
    for (name, shortest, _) in all() {
        let [first, second, third] = [1, 2, 4].map(|times| instructions(name, shortest * times));
        // What is done once, whatever the length, cancels out.
        let growth = (third - second) as f64 / (second - first) as f64;
        let each = (third - second) / (2 * shortest as u64);
        println!("{name:40} {each:>7} instructions an octet, growth {growth:.2}");
        if (growth > MOST) != (name == NOT_LINEAR.0) {
            eprintln!("that is WRONG: {first}, {second}, {third} instructions");
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn all() -> impl Iterator<Item = (&'static str, usize, Case)> {
    CASES.into_iter().chain([NOT_LINEAR])
}

/// How many instructions this program takes for a case.
fn instructions(name: &str, length: usize) -> u64 {
    let program = env::current_exe().expect("this program");
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    let output = valgrind.args([name, &length.to_string()]).output().expect("valgrind");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {said}");
    let (_, rest) = said.split_once("Collected :").expect("a count");
    rest.split_whitespace().next().and_then(|count| count.parse().ok()).expect("a count")
}

/// A line of 500 octets: more fields than a limit allows are refused.
const FIELD: [u8; 500] = {
    let mut line = [b'x'; 500];
    (line[1], line[2], line[498], line[499]) = (b':', b' ', b'\r', b'\n');
    line
};

/// So many octets of these, over and over, in whole.
fn repeated(octets: &[u8], length: usize) -> Vec<u8> {
    octets.repeat(length / octets.len())
}

fn request_head(length: usize) {
    let head = [b"GET / HTTP/1.1\r\nHost: a\r\n", &repeated(&FIELD, length)[..], b"\r\n"].concat();
    let mut fields = [FieldSpan::EMPTY; 255];
    let mut parser = RequestParser::new(HeadLimits::new().with_octets(u16::MAX).with_fields(u8::MAX));
    for end in 1..head.len() {
        assert!(matches!(parser.parse(black_box(&head[..end]), &mut fields), Ok(Progress::Incomplete)));
    }
    assert!(matches!(parser.parse(&head, &mut fields), Ok(Progress::Complete(_))));
}

fn response_head(length: usize) {
    let head = [b"HTTP/1.1 200 OK\r\n", &repeated(&FIELD, length)[..], b"\r\n"].concat();
    let mut fields = [FieldSpan::EMPTY; 255];
    let mut parser = ResponseParser::new(HeadLimits::new().with_octets(u16::MAX).with_fields(u8::MAX));
    for end in 1..head.len() {
        assert!(matches!(parser.parse(black_box(&head[..end]), &mut fields), Ok(Progress::Incomplete)));
    }
    assert!(matches!(parser.parse(&head, &mut fields), Ok(Progress::Complete(_))));
}

fn of_length(length: usize) {
    decode(Framing::Length(length as u64), &vec![b'x'; length]);
}

fn small_chunks(length: usize) {
    decode(Framing::Chunked, &[&repeated(b"1\r\nx\r\n", length)[..], b"0\r\n\r\n"].concat());
}

fn one_chunk(length: usize) {
    let content = [format!("{length:x}\r\n").as_bytes(), &vec![b'x'; length], b"\r\n0\r\n\r\n"].concat();
    decode(Framing::Chunked, &content);
}

fn trailers(length: usize) {
    decode(Framing::Chunked, &[b"0\r\n", &repeated(&FIELD, length)[..], b"\r\n"].concat());
}

fn decode(framing: Framing, octets: &[u8]) {
    let mut limits = ContentLimits::new(u64::MAX);
    limits.trailers = u16::MAX;
    let mut decoder = ContentDecoder::new(framing, limits);
    let mut start = 0;
    for end in 1..=octets.len() {
        loop {
            let decoded = decoder.decode(black_box(&octets[start..end])).expect("right content");
            start += decoded.consumed;
            if matches!(decoded.part, Part::NeedInput | Part::End) {
                break;
            }
        }
    }
    assert!(decoder.is_done());
}

fn small_parts(length: usize) {
    split(&repeated(b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n", length));
}

fn near_boundaries(length: usize) {
    let content = repeated(b"\r\n--\r\n-\r\n--a", length);
    split(&[b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n", &content[..], b"\r\n"].concat());
}

fn split(parts: &[u8]) {
    let boundary = Boundary::new(b"b").expect("a boundary");
    let mut parser = MultipartParser::new(boundary, MultipartLimits::new());
    let mut memory = vec![0; 16 * 1024];
    for octet in [parts, b"--b--\r\n"].concat() {
        let octets = [octet];
        let mut piece = black_box(&octets[..]);
        while parser.next(&mut piece, &mut memory).expect("right parts").is_some() {}
    }
    assert_eq!(parser.end(), Ok(()));
}

fn whole_head(length: usize) {
    let head = [b"GET / HTTP/1.1\r\nHost: a\r\nX: ", &vec![b'x'; length][..], b"\r\n\r\n"].concat();
    let mut config = Config::new();
    config.limits.head = config.limits.head.with_octets(u16::MAX);
    answer(config, &head);
}

fn collected(length: usize) {
    answer(Config::new(), &request("/", &format!("Content-Length: {length}"), &vec![b'x'; length]));
}

fn collected_chunks(length: usize) {
    let content = [&repeated(b"4\r\nxxxx\r\n", length)[..], b"0\r\n\r\n"].concat();
    answer(Config::new(), &request("/", "Transfer-Encoding: chunked", &content));
}

fn streamed(length: usize) {
    answer(Config::new(), &request("/streamed", &format!("Content-Length: {length}"), &vec![b'x'; length]));
}

fn request(target: &str, framing: &str, content: &[u8]) -> Vec<u8> {
    [format!("POST {target} HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n").as_bytes(), content].concat()
}

/// A whole connection of a worker, which is given each octet by itself.
fn answer(config: Config, request: &[u8]) {
    let app = App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("got"))
        .post("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("posted"))
        .post("/streamed", async |mut request: OwnedRequest| {
            while let Ok(Some(octets)) = request.content().next().await {
                black_box(octets);
            }
            "streamed"
        });
    let mut wire = Wire::new(app, config);
    for octet in request {
        wire.send(black_box(&[*octet]));
    }
    assert!(wire.line.received.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", wire.line.received.escape_ascii());
}

fn anew(length: usize) {
    let head = [b"GET / HTTP/1.1\r\nHost: a\r\n", &repeated(&FIELD, length)[..], b"\r\n"].concat();
    let mut fields = [FieldSpan::EMPTY; 255];
    for end in 1..head.len() {
        assert!(matches!(RequestHead::parse(black_box(&head[..end]), &mut fields), Ok(Progress::Incomplete)));
    }
}
