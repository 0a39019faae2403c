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
    corpora::{self, Corpus},
    engine::Engine,
    parsers::Parser,
};
use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use pronto::scan::Tier;

main!(library_benchmark_groups = instructions);

library_benchmark_group!(name = instructions, benchmarks = [whole, pieces, engine]);

// Heads that are there as a whole.
#[library_benchmark(setup = ready)]
#[bench::tiny_avx2(args = (corpora::tiny(), Tier::Avx2), config = at_most(5_222))]
#[bench::plaintext_avx2(args = (corpora::plaintext(), Tier::Avx2), config = at_most(8_081))]
#[bench::browser_avx2(args = (corpora::browser(), Tier::Avx2), config = at_most(12_778))]
#[bench::chrome_avx2(args = (corpora::chrome(), Tier::Avx2), config = at_most(17_313))]
#[bench::bearer_avx2(args = (corpora::bearer(), Tier::Avx2), config = at_most(11_731))]
#[bench::long_target_avx2(args = (corpora::long_target(), Tier::Avx2), config = at_most(17_514))]
#[bench::mixed_avx2(args = (corpora::mixed(), Tier::Avx2), config = at_most(3_011_394))]
#[bench::tiny_sse42(args = (corpora::tiny(), Tier::Sse42), config = at_most(6_128))]
#[bench::plaintext_sse42(args = (corpora::plaintext(), Tier::Sse42), config = at_most(10_009))]
#[bench::mixed_sse42(args = (corpora::mixed(), Tier::Sse42), config = at_most(3_918_752))]
#[bench::tiny_scalar(args = (corpora::tiny(), Tier::Scalar), config = at_most(9_078))]
#[bench::plaintext_scalar(args = (corpora::plaintext(), Tier::Scalar), config = at_most(16_214))]
#[bench::mixed_scalar(args = (corpora::mixed(), Tier::Scalar), config = at_most(7_019_545))]
fn whole((parser, corpus): (Parser, Corpus)) -> usize {
    parser.parse(black_box(&corpus.heads))
}

// Heads that come by 100 octets.
#[library_benchmark(setup = ready)]
#[bench::browser_avx2(args = (corpora::browser(), Tier::Avx2), config = at_most(31_622))]
#[bench::browser_sse42(args = (corpora::browser(), Tier::Sse42), config = at_most(42_540))]
#[bench::browser_scalar(args = (corpora::browser(), Tier::Scalar), config = at_most(85_041))]
fn pieces((parser, corpus): (Parser, Corpus)) -> usize {
    parser.parse_in_pieces(black_box(&corpus.heads), 100)
}

// The whole engine, which answers requests that come together.
#[library_benchmark(setup = ready_engine)]
#[bench::tiny_1(args = (corpora::tiny(), 1), config = at_most(1_703))]
#[bench::tiny_24(args = (corpora::tiny(), 24), config = at_most(21_426))]
#[bench::plaintext_24(args = (corpora::plaintext(), 24), config = at_most(35_199))]
fn engine((mut engine, mut input): (Engine, Vec<u8>)) -> usize {
    engine.answer(black_box(&mut input))
}

fn ready(corpus: Corpus, tier: Tier) -> (Parser, Corpus) {
    let parser = Parser::Pronto(tier);
    parser.prepare();
    (parser, corpus)
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
