//! The chunked coding: content of chunks of one size, decoded to slices of the input, beside a loop around
//! `httparse::parse_chunk_size` that does the same. `thrpt` counts chunks.

use std::hint::black_box;

use benches::{
    chunked::{content, decode},
    picohttpparser::decode_chunked,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

criterion_group!(benches, chunked);
criterion_main!(benches);

fn chunked(criterion: &mut Criterion) {
    compare(criterion, "16 B chunks", 64, |_| 16);
    compare(criterion, "8 KiB chunks", 64, |_| 8192);
    // Sizes of one to three digits in an order too long for a branch predictor to learn.
    compare(criterion, "mixed chunks", 4096, |random| 1 + random % (1 << (4 * (1 + random / 4096 % 3))));
}

fn compare(criterion: &mut Criterion, name: &str, chunks: usize, size: impl Fn(usize) -> usize) {
    let input = content(chunks, size);
    let input = input.as_slice();
    let expected = httparse_decode(input);
    assert_eq!(decode(input), expected, "both find the same content");
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(chunks as u64));
    group.bench_function("pronto", |bencher| bencher.iter(|| decode(black_box(input))));
    group.bench_function("httparse", |bencher| bencher.iter(|| httparse_decode(black_box(input))));
    // It moves the content together where it lies, so it needs it anew each time: what that takes is not counted.
    group.bench_function("picohttpparser", |bencher| {
        bencher.iter_batched_ref(|| input.to_vec(), |input| decode_chunked(black_box(input)), BatchSize::LargeInput);
    });
    group.finish();
}

fn httparse_decode(input: &[u8]) -> usize {
    let mut at = 0;
    let mut octets = 0;
    loop {
        let Ok(httparse::Status::Complete((head, size))) = httparse::parse_chunk_size(&input[at..]) else {
            unreachable!("the content is valid and whole");
        };
        at += head;
        let size = usize::try_from(size).expect("the content is in memory");
        let content = &input[at..at + size];
        at += size;
        assert_eq!(&input[at..at + 2], b"\r\n");
        at += 2;
        if size == 0 {
            return octets;
        }
        octets += black_box(content).len();
    }
}
