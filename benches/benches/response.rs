//! What it costs to write a response: one by one into a sink that is emptied before each.
//!
//! `copy` is the bound: the same octets, copied at once.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use pronto::{
    buffer::{Sink, SliceSink},
    head::{Status, Version},
    response::{CommonFields, Persistence, PreparedResponse, ReplyContent, ReplyContext, ResponseWriter},
};

const KEEP: ReplyContext = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Keep);

fn hello(c: &mut Criterion) {
    let mut memory = [0; 4096];
    let mut sink = SliceSink::new(&mut memory);
    let mut common = CommonFields::new();
    common.set_date(1_000_000_000);
    let mut group = c.benchmark_group("hello");

    write_hello(&mut sink, KEEP, &common);
    let whole = sink.written().to_vec();
    group.bench_function("copy", |b| {
        b.iter(|| {
            sink.clear();
            let whole = black_box(whole.as_slice());
            if let Some(room) = sink.room(whole.len()) {
                room[..whole.len()].copy_from_slice(whole);
                sink.advance(whole.len());
            }
            black_box(sink.written().len())
        });
    });
    group.bench_function("writer", |b| {
        b.iter(|| {
            sink.clear();
            write_hello(&mut sink, black_box(KEEP), black_box(&common));
            black_box(sink.written().len())
        });
    });
    group.bench_function("ok", |b| {
        b.iter(|| {
            sink.clear();
            let replied = ResponseWriter::new(&mut sink, black_box(KEEP), black_box(&common))
                .ok(black_box("text/plain"), black_box(CONTENT));
            black_box(replied.is_ok())
        });
    });
    group.bench_function("writer, 5 own fields", |b| {
        b.iter(|| {
            sink.clear();
            let replied = ResponseWriter::new(&mut sink, black_box(KEEP), black_box(&common))
                .status(black_box(Status::CREATED))
                .content_type(black_box("application/json"))
                .field(black_box("Cache-Control"), black_box("no-store"))
                .field(black_box("Location"), black_box("/things/81234"))
                .field(black_box("ETag"), black_box("\"5d8c72a5edda8d6a\""))
                .field(black_box("Set-Cookie"), black_box("session=8f1c9a6c5b; Path=/; Secure; HttpOnly"))
                .content(black_box(CONTENT));
            black_box(replied.is_ok())
        });
    });
    let mut rendered = [0; 256];
    if let Ok(prepared) =
        PreparedResponse::render(&mut rendered, Status::OK, &[("Content-Type", "text/plain")], CONTENT)
    {
        group.bench_function("prepared", |b| {
            b.iter(|| {
                sink.clear();
                let replied = black_box(&prepared).write(&mut sink, black_box(KEEP), black_box(&common));
                black_box(replied.is_ok())
            });
        });
    }
    group.bench_function("date, the same second", |b| {
        b.iter(|| black_box(&mut common).set_date(black_box(1_000_000_000)));
    });
    let mut second = 1_000_000_000;
    group.bench_function("date, the next second", |b| {
        b.iter(|| {
            second += 1;
            black_box(&mut common).set_date(black_box(second));
        });
    });
    group.finish();
}

fn write_hello(sink: &mut SliceSink<'_>, context: ReplyContext, common: &CommonFields) {
    let replied = ResponseWriter::new(sink, context, common)
        .status(black_box(Status::OK))
        .content_type(black_box("text/plain"))
        .content(black_box(CONTENT));
    black_box(replied.is_ok());
}

const CONTENT: &[u8] = b"Hello, World!";

criterion_group!(benches, hello);
criterion_main!(benches);
