//! Every protocol vector against the engine in memory: whole, at every split, octet by octet, and on every tier.

use pronto::{
    connection::Config,
    scan::{Tier, pin, unpin},
};
use tests::{
    app::app,
    memory::Memory,
    reply::{self, To},
    vector::{self, Vector},
};

/// What came of a vector.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    executed: Vec<String>,
    statuses: Vec<u16>,
    closes: bool,
}

/// Plays a vector in pieces that end at these offsets.
fn play(vector: &Vector, ends: impl Iterator<Item = usize>) -> Outcome {
    let (app, executed) = app();
    let mut memory = Memory::new(app, Config::new());
    let mut start = 0;
    for end in ends.chain([vector.sent.len()]) {
        memory.feed(&vector.sent[start..end]);
        start = end;
    }
    if vector.ends {
        memory.end();
    }
    let heads: Vec<To> = vector.executed.iter().map(|line| to(line)).collect();
    let replies = reply::all(&memory.output, |index| heads.get(index).copied().unwrap_or(To::Other));
    let statuses = replies.iter().map(|reply| reply.status).collect();
    if let Some(last) = replies.last().filter(|last| last.status >= 200) {
        let announced = last.field("connection") == Some("close");
        assert!(announced || !memory.shut || vector.ends || declined(vector), "{}: a silent close", vector.name);
    }
    Outcome { executed: executed.take(), statuses, closes: memory.shut }
}

/// Content that was declined may turn out broken when its reply has already gone out.
fn declined(vector: &Vector) -> bool {
    vector.row == "content that nobody reads"
}

fn to(executed: &str) -> To {
    if executed.starts_with("HEAD ") { To::Head } else { To::Other }
}

fn expected(vector: &Vector) -> Outcome {
    Outcome { executed: vector.executed.clone(), statuses: vector.statuses.clone(), closes: vector.closes }
}

/// All that do not hold are told at once.
#[test]
fn every_vector_holds_in_one_piece() {
    let vectors = vector::all();
    let wrong: Vec<_> = vectors
        .iter()
        .map(|vector| (vector, play(vector, [].into_iter())))
        .filter(|(vector, outcome)| *outcome != expected(vector))
        .map(|(vector, outcome)| format!("{}\n    {outcome:?}\n", vector.name))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.len(), wrong.concat());
}

#[test]
fn every_vector_holds_at_every_split_and_on_every_tier() {
    for tier in Tier::ALL {
        if let Err(error) = pin(tier) {
            eprintln!("skipped: {error}");
            continue;
        }
        for vector in vector::all() {
            let expected = expected(&vector);
            let length = vector.sent.len();
            assert_eq!(play(&vector, [].into_iter()), expected, "{tier}: {}", vector.name);
            assert_eq!(play(&vector, 0..length), expected, "{tier}, octet by octet: {}", vector.name);
            // Long ones are made of the same octets over and over.
            let step = if length <= 1_000 { 1 } else { 1 + length / 50 };
            for split in (0..length).step_by(step) {
                assert_eq!(play(&vector, [split].into_iter()), expected, "{tier}, split at {split}: {}", vector.name);
            }
        }
    }
    unpin();
}

/// The rows of the policy about octets; those about time are in the black-box suite and the tests of the engine.
const ROWS: [&str; 36] = [
    "empty lines before the request line",
    "methods",
    "white space in the request line",
    "target forms",
    "octets of the target",
    "length of the target",
    "version",
    "the HTTP/2 preface",
    "line ends",
    "names",
    "controls in a value",
    "octets from 0x80",
    "white space around a value",
    "size of the head",
    "Host",
    "Content-Length",
    "Content-Length that is none",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding with Content-Length",
    "Transfer-Encoding in HTTP/1.0",
    "chunked in other shapes",
    "unknown codings",
    "content over its limit",
    "content that nobody reads",
    "content of methods that seldom have any",
    "chunk sizes",
    "chunk extensions",
    "ends of chunks",
    "trailers",
    "Expect: 100-continue",
    "Expect in HTTP/1.0",
    "other expectations",
    "Connection",
    "requests behind the last one",
    "the client ends its side",
    "Upgrade without a handler",
];

#[test]
fn every_row_of_the_policy_has_vectors() {
    let vectors = vector::all();
    for row in ROWS {
        assert!(vectors.iter().any(|vector| vector.row == row), "no vector holds: {row}");
    }
    assert!(vectors.len() > 500, "vectors were lost: {}", vectors.len());
}
