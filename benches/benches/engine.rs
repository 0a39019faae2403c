//! The whole engine in memory, for one request and for 24 that come together: heads, framing, turns, replies. `thrpt` counts
//! requests.
//!
//! `httparse and copy` is less than half of the job, and a bound for who would build a server on it: the heads parsed, and the
//! octets of the replies copied.

use std::hint::black_box;

use benches::{
    corpora::{Corpus, plaintext, tiny},
    engine::Engine,
    parsers::Parser,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

criterion_group!(benches, engine);
criterion_main!(benches);

fn engine(criterion: &mut Criterion) {
    for (corpus, depth) in [(tiny(), 1), (tiny(), 24), (plaintext(), 1), (plaintext(), 24)] {
        compare(criterion, &corpus, depth);
    }
}

fn compare(criterion: &mut Criterion, corpus: &Corpus, depth: usize) {
    let heads: Vec<_> = corpus.heads.iter().cycle().take(depth).cloned().collect();
    let input = heads.concat();
    let mut group = criterion.benchmark_group(format!("{}, {depth} at a time", corpus.name));
    group.throughput(Throughput::Elements(depth as u64));
    let mut engine = Engine::default();
    for parser in Parser::all().into_iter().filter(|parser| matches!(parser, Parser::Pronto(_))) {
        parser.prepare();
        group.bench_function(parser.name(), |bencher| {
            bencher.iter_batched_ref(|| input.clone(), |input| engine.answer(black_box(input)), BatchSize::SmallInput);
        });
    }
    let reply = vec![b'x'; engine.answer(&mut input.clone())];
    let mut output = vec![0; reply.len()];
    group.bench_function("httparse and copy", |bencher| {
        bencher.iter(|| {
            output.copy_from_slice(black_box(&reply));
            Parser::Httparse.parse(black_box(&heads))
        });
    });
    group.finish();
}
