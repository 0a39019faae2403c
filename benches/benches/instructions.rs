//! Instructions, counted by callgrind, for the jobs that are timed by the other benches: the same number each time, so that a
//! change that costs something is seen, however noisy the machine is.
//!
//! Each has a limit, which is 3 % above what it took when it was set; above it the bench fails. Who makes something cheaper
//! lowers the limit with it, and who makes something dearer says why where the limit is raised. Numbers are for all heads of a
//! corpus: eight of the same, or the 2,000 of mixed.
//!
//! Needs valgrind, and the program `gungraun-runner` of the version in `Cargo.lock`.

#![allow(missing_docs, reason = "what the harness makes has none")]

use std::hint::black_box;

use benches::{
    chunked,
    corpora::{self, Corpus},
    engine::Engine,
    parsers::Parser,
};
use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use pronto::{
    buffer::SliceSink,
    framing::request_framing,
    head::{FieldSpan, Method, Path, Progress, RequestHead, Status, Target, Version},
    prepared,
    response::{CommonFields, Persistence, PreparedResponse, ReplyContent, ReplyContext, ResponseWriter},
    scan::Tier,
    service::{Methods, Pattern, Route, Routing, find},
};

main!(library_benchmark_groups = instructions);

library_benchmark_group!(name = instructions, benchmarks = [whole, pieces, framed, chunks, response, route, engine]);

// Heads that are there as a whole.
#[library_benchmark(setup = ready)]
#[bench::tiny_avx2(args = (corpora::tiny(), Tier::Avx2), config = at_most(4_865))]
#[bench::plaintext_avx2(args = (corpora::plaintext(), Tier::Avx2), config = at_most(7_642))]
#[bench::browser_avx2(args = (corpora::browser(), Tier::Avx2), config = at_most(11_812))]
#[bench::chrome_avx2(args = (corpora::chrome(), Tier::Avx2), config = at_most(16_355))]
#[bench::bearer_avx2(args = (corpora::bearer(), Tier::Avx2), config = at_most(10_922))]
#[bench::long_target_avx2(args = (corpora::long_target(), Tier::Avx2), config = at_most(13_416))]
#[bench::mixed_avx2(args = (corpora::mixed(), Tier::Avx2), config = at_most(2_850_225))]
#[bench::tiny_sse42(args = (corpora::tiny(), Tier::Sse42), config = at_most(6_019))]
#[bench::plaintext_sse42(args = (corpora::plaintext(), Tier::Sse42), config = at_most(9_554))]
#[bench::mixed_sse42(args = (corpora::mixed(), Tier::Sse42), config = at_most(3_776_601))]
#[bench::tiny_scalar(args = (corpora::tiny(), Tier::Scalar), config = at_most(8_516))]
#[bench::plaintext_scalar(args = (corpora::plaintext(), Tier::Scalar), config = at_most(14_761))]
#[bench::mixed_scalar(args = (corpora::mixed(), Tier::Scalar), config = at_most(6_715_177))]
fn whole((parser, corpus): (Parser, Corpus)) -> usize {
    parser.parse(black_box(&corpus.heads))
}

// Heads that come by 100 octets.
#[library_benchmark(setup = ready)]
#[bench::browser_avx2(args = (corpora::browser(), Tier::Avx2), config = at_most(31_498))]
#[bench::browser_sse42(args = (corpora::browser(), Tier::Sse42), config = at_most(41_674))]
#[bench::browser_scalar(args = (corpora::browser(), Tier::Scalar), config = at_most(84_489))]
fn pieces((parser, corpus): (Parser, Corpus)) -> usize {
    parser.parse_in_pieces(black_box(&corpus.heads), 100)
}

// Heads, and where the content of each ends.
#[library_benchmark(setup = ready_default)]
#[bench::mixed(args = (corpora::mixed(),), config = at_most(2_957_991))]
fn framed(corpus: Corpus) -> usize {
    let mut table = [FieldSpan::EMPTY; 100];
    let framed = |head: &Vec<u8>| match RequestHead::parse(head, &mut table) {
        Ok(Progress::Complete(parsed)) => request_framing(&parsed.view(head, &table)).is_ok(),
        _ => panic!("refused: {}", head.escape_ascii()),
    };
    black_box(&corpus.heads).iter().map(framed).filter(|&is_right| is_right).count()
}

// 64 chunks of one size.
#[library_benchmark(setup = ready_chunks)]
#[bench::of_16_octets(args = (16,), config = at_most(5_225))]
#[bench::of_8_kib(args = (8192,), config = at_most(5_164))]
fn chunks(input: Vec<u8>) -> usize {
    chunked::decode(black_box(&input))
}

// One reply with the usual fields, written in each of three ways.
#[library_benchmark(setup = ready_common)]
#[bench::field_by_field(args = (Way::FieldByField,), config = at_most(304))]
#[bench::ok(args = (Way::Ok,), config = at_most(246))]
#[bench::prepared(args = (Way::Prepared,), config = at_most(146))]
fn response((way, common): (Way, CommonFields)) -> usize {
    let mut memory = [0; 256];
    let mut sink = SliceSink::new(&mut memory);
    let (context, common) = (black_box(KEEP), black_box(&common));
    let replied = match way {
        Way::FieldByField => ResponseWriter::new(&mut sink, context, common)
            .status(black_box(Status::OK))
            .content_type(black_box("text/plain"))
            .content(black_box(b"Hello, World!")),
        Way::Ok => {
            ResponseWriter::new(&mut sink, context, common).ok(black_box("text/plain"), black_box(b"Hello, World!"))
        }
        Way::Prepared => black_box(&HELLO).write(&mut sink, context, common),
    };
    assert!(replied.is_ok());
    black_box(sink.written()).len()
}

// The last of so many routes, and none of them.
#[library_benchmark(setup = ready_routes)]
#[bench::of_1(args = (1, "/resource1/4711/part"), config = at_most(461))]
#[bench::of_100(args = (100, "/resource100/4711/part"), config = at_most(6_297))]
#[bench::none_of_100(args = (100, "/nowhere/4711/part"), config = at_most(6_059))]
fn route((routes, path): (Routes, Path<'static>)) -> bool {
    matches!(find(black_box(&routes), Method::Get, Some(black_box(path))), Routing::Found { .. })
}

// The whole engine, which answers requests that come together.
#[library_benchmark(setup = ready_engine)]
#[bench::tiny_1(args = (corpora::tiny(), 1), config = at_most(1_518))]
#[bench::tiny_24(args = (corpora::tiny(), 24), config = at_most(16_858))]
#[bench::plaintext_24(args = (corpora::plaintext(), 24), config = at_most(27_519))]
fn engine((mut engine, mut input): (Engine, Vec<u8>)) -> usize {
    engine.answer(black_box(&mut input))
}

fn ready(corpus: Corpus, tier: Tier) -> (Parser, Corpus) {
    let parser = Parser::Pronto(tier);
    parser.prepare();
    (parser, corpus)
}

fn ready_default(corpus: Corpus) -> Corpus {
    Parser::Pronto(Tier::Avx2).prepare();
    corpus
}

fn ready_chunks(size: usize) -> Vec<u8> {
    chunked::content(64, |_| size)
}

/// How a reply is written.
#[derive(Clone, Copy, Debug)]
enum Way {
    FieldByField,
    Ok,
    Prepared,
}

const KEEP: ReplyContext = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Keep);

static HELLO: PreparedResponse<'static> = prepared!(Status::OK, &[("Content-Type", "text/plain")], b"Hello, World!");

fn ready_common(way: Way) -> (Way, CommonFields) {
    let mut common = CommonFields::new();
    common.set_date(1_000_000_000);
    (way, common)
}

type Routes = Vec<Route<'static, ()>>;

fn ready_routes(count: usize, target: &'static str) -> (Routes, Path<'static>) {
    let route = |number| Route {
        methods: Methods::one(Method::Get),
        pattern: Pattern::new(format!("/resource{number}/{{id}}/part").leak()).expect("a right pattern"),
        handler: (),
    };
    let path = Target::parse(target, Method::Get).ok().and_then(|target| target.path());
    ((1..=count).map(route).collect(), path.expect("a path"))
}

fn ready_engine(corpus: Corpus, depth: usize) -> (Engine, Vec<u8>) {
    Parser::Pronto(Tier::Avx2).prepare();
    (Engine::default(), corpus.heads.iter().cycle().take(depth).flatten().copied().collect())
}

fn at_most(instructions: u64) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::default();
    callgrind.hard_limits([(EventKind::Ir, instructions)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}
