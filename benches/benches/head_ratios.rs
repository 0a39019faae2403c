//! How many times faster than `httparse` each tier parses request heads.
//!
//! The parsers take turns in short slices, and medians are compared: what disturbs one disturbs all. Where code and
//! data happen to lie changes small figures, so compare several runs of the program.

use std::{hint::black_box, time::Instant};

use benches::{
    corpora::{Corpus, browser},
    parsers::Parser,
};

/// An argument, other than those that cargo gives, picks the corpora whose names have it.
fn main() {
    let chosen = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    print!("{:<16}", "ns per head");
    for parser in Parser::all() {
        print!("{:>16}", parser.name());
    }
    println!();
    for corpus in Corpus::all().into_iter().filter(|corpus| corpus.name.contains(&chosen)) {
        report(corpus.name, &corpus, Parser::parse);
    }
    let pieces = "703 B by 100 B";
    if pieces.contains(&chosen) {
        report(pieces, &browser(), |parser, heads| parser.parse_in_pieces(heads, 100));
    }
}

fn report(name: &str, corpus: &Corpus, parse: impl Fn(Parser, &[Vec<u8>]) -> usize) {
    let parsers = Parser::all();
    let times = measure(&parsers, corpus, parse);
    let peer = parsers.iter().position(|&parser| parser == Parser::Httparse).map_or(f64::NAN, |index| times[index]);
    print!("{name:<16}");
    for (parser, time) in parsers.iter().zip(&times) {
        match parser {
            Parser::Pronto(_) => print!("{:>16}", format!("{time:.1} ({:.2}x)", peer / time)),
            Parser::Httparse => print!("{time:>16.1}"),
        }
    }
    println!();
}

/// The median time of each parser for a head, in nanoseconds.
fn measure(parsers: &[Parser], corpus: &Corpus, parse: impl Fn(Parser, &[Vec<u8>]) -> usize) -> Vec<f64> {
    let mut samples = vec![Vec::with_capacity(ROUNDS); parsers.len()];
    for _ in 0..ROUNDS {
        for (&parser, samples) in parsers.iter().zip(&mut samples) {
            parser.prepare();
            // The first time through warms caches and predictors up again.
            black_box(parse(parser, black_box(&corpus.heads)));
            let start = Instant::now();
            let mut heads = 0;
            while heads < HEADS {
                black_box(parse(parser, black_box(&corpus.heads)));
                heads += corpus.heads.len();
            }
            samples.push(start.elapsed().as_nanos() as f64 / heads as f64);
        }
    }
    samples.into_iter().map(median).collect()
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

const ROUNDS: usize = 101;
const HEADS: usize = 4_000;
