//! What it costs to find the route of a request: the last of so many, and none of them.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use pronto::{
    head::{Method, Target},
    service::{Methods, Pattern, Route, Routing, find},
};

criterion_group!(benches, router);
criterion_main!(benches);

fn router(criterion: &mut Criterion) {
    for count in [1, 10, 100] {
        let patterns: Vec<_> = (1..=count).map(|number| format!("/resource{number}/{{id}}/part")).collect();
        let route = |pattern| Route {
            methods: Methods::one(Method::Get),
            pattern: Pattern::new(pattern).unwrap(),
            handler: (),
        };
        let routes: Vec<_> = patterns.iter().map(|pattern| route(pattern.as_str())).collect();
        let mut group = criterion.benchmark_group(format!("{count} routes"));
        let last = format!("/resource{count}/4711/part");
        for (name, target) in [("the last", last.as_str()), ("none", "/nowhere/4711/part")] {
            let path = Target::parse(target, Method::Get).unwrap().path();
            let is_there = matches!(find(&routes, Method::Get, path), Routing::Found { .. });
            assert_eq!(is_there, name == "the last");
            group.bench_function(name, |bencher| {
                bencher
                    .iter(|| matches!(find(black_box(&routes), Method::Get, black_box(path)), Routing::Found { .. }));
            });
        }
        group.finish();
    }
}
