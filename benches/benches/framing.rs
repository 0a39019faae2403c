//! What it costs to decide where content ends, beside what the head costs: `head`, and `head and framing`.

use std::hint::black_box;

use benches::corpora::{chrome, mixed, plaintext};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pronto::{
    framing::request_framing,
    head::{FieldSpan, Progress, RequestHead},
};

criterion_group!(benches, framing);
criterion_main!(benches);

fn framing(criterion: &mut Criterion) {
    for corpus in [plaintext(), chrome(), mixed()] {
        let mut group = criterion.benchmark_group(corpus.name);
        group.throughput(Throughput::Elements(corpus.heads.len() as u64));
        group.bench_function("head", |bencher| bencher.iter(|| parse(black_box(&corpus.heads), |_| {})));
        group.bench_function("head and framing", |bencher| {
            bencher.iter(|| {
                parse(black_box(&corpus.heads), |request| {
                    black_box(request_framing(&request).expect("right framing"));
                })
            });
        });
        group.finish();
    }
}

fn parse(heads: &[Vec<u8>], then: impl Fn(pronto::head::Request<'_>)) -> usize {
    let mut table = [FieldSpan::EMPTY; 100];
    let mut fields = 0;
    for head in heads {
        let Ok(Progress::Complete(parsed)) = RequestHead::parse(black_box(head), &mut table) else {
            panic!("refused: {}", head.escape_ascii());
        };
        fields += black_box(&parsed).field_count();
        then(parsed.view(head, &table));
    }
    fields
}
