//! Parsing request heads on each tier, beside `httparse`. `time` is for one head.
//!
//! For ratios see `head_ratios`: criterion measures one parser after the other, and machines drift.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use benches::{corpora::Corpus, parsers::Parser};
use criterion::{Criterion, criterion_group, criterion_main};

criterion_group!(benches, whole, pieces);
criterion_main!(benches);

fn whole(criterion: &mut Criterion) {
    for corpus in Corpus::all() {
        let mut group = criterion.benchmark_group(corpus.name);
        for parser in Parser::all() {
            parser.prepare();
            group.bench_function(parser.name(), |bencher| {
                bencher.iter_custom(|times| each(times, &corpus, |heads| parser.parse(heads)));
            });
        }
        group.finish();
    }
}

fn pieces(criterion: &mut Criterion) {
    let corpus = benches::corpora::browser();
    let mut group = criterion.benchmark_group("browser 703 B in pieces of 100 B");
    for parser in Parser::all() {
        parser.prepare();
        group.bench_function(parser.name(), |bencher| {
            bencher.iter_custom(|times| each(times, &corpus, |heads| parser.parse_in_pieces(heads, 100)));
        });
    }
    group.finish();
}

/// The time that one head takes, so many times.
fn each(times: u64, corpus: &Corpus, parse: impl Fn(&[Vec<u8>]) -> usize) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        black_box(parse(black_box(&corpus.heads)));
    }
    start.elapsed() / corpus.heads.len() as u32
}
