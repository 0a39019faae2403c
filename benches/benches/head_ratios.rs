//! Nanoseconds that each parser takes for a request head, and how many times faster ours are than the others: with the goals
//! that they have on AVX2 and SSE4.2.
//!
//! The parsers take turns in short slices, and medians are compared: what disturbs one disturbs all. Where code and
//! data happen to lie changes small figures, so the program launches itself several times, and takes the medians of that.
//!
//! `httparse` is built with its vectors, or by `--no-default-features` without: the goals are set by whichever is faster.

use std::{
    hint::black_box,
    process::{Command, Stdio},
    time::Instant,
};

use benches::{
    corpora::{Corpus, browser},
    parsers::Parser,
};
use pronto::scan::Tier;

/// An argument, other than those that cargo gives, picks the corpora whose names have it.
fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let chosen = arguments.iter().find(|argument| !argument.starts_with('-')).map_or("", String::as_str);
    let parsers = Parser::all();
    if arguments.iter().any(|argument| argument == ONE_LAUNCH) {
        for (name, times) in times(&parsers, chosen) {
            println!("{name}{SEPARATOR}{times:?}");
        }
        return;
    }
    let launches: Vec<_> = (0..LAUNCHES).map(|_| launch(chosen)).collect();
    let names: Vec<_> = parsers.iter().map(|parser| format!("{} ns", parser.name())).collect();
    print_row("a head", names.into_iter().chain(RATIOS_OF.map(|tier| format!("{tier}: times faster (goal)"))));
    print_row("---", parsers.iter().map(|_| "---:".into()).chain(RATIOS_OF.map(|_| "---:".into())));
    for (row, (name, _)) in launches[0].iter().enumerate() {
        let of_parser = |parser| median(launches.iter().map(|launch| launch[row].1[parser]).collect());
        report(name, &parsers, &(0..parsers.len()).map(of_parser).collect::<Vec<_>>());
    }
}

/// How often the program is launched.
const LAUNCHES: usize = 9;

/// What tells a launch that it is one.
const ONE_LAUNCH: &str = "--one-launch";

/// What stands between the name of a corpus and its times in what a launch prints.
const SEPARATOR: &str = ": ";

/// The name of a corpus, and the time that each parser takes for a head of it, in nanoseconds.
type Times = (String, Vec<f64>);

/// What another launch of this program measures.
fn launch(chosen: &str) -> Vec<Times> {
    let program = std::env::current_exe().expect("the path of this program");
    let output = Command::new(program).args([ONE_LAUNCH, chosen]).stderr(Stdio::inherit()).output();
    let output = output.expect("this program can be started");
    assert!(output.status.success(), "a launch has failed");
    let printed = String::from_utf8(output.stdout).expect("a launch prints text");
    let rows = printed.lines().map(|line| {
        let (name, times) = line.rsplit_once(SEPARATOR).expect("a name and times");
        let times = times.trim_matches(['[', ']']).split(", ").map(|time| time.parse().expect("a number"));
        (name.into(), times.collect())
    });
    rows.collect()
}

/// Measures all corpora whose names have what was chosen.
fn times(parsers: &[Parser], chosen: &str) -> Vec<Times> {
    let corpora = Corpus::all().into_iter().filter(|corpus| corpus.name.contains(chosen));
    let mut times: Vec<_> =
        corpora.map(|corpus| (corpus.name.into(), measure(parsers, &corpus, Parser::parse))).collect();
    let pieces = "703 B by 100 B";
    if pieces.contains(chosen) {
        let in_pieces = |parser: Parser, heads: &[Vec<u8>]| parser.parse_in_pieces(heads, 100);
        times.push((pieces.into(), measure(parsers, &browser(), in_pieces)));
    }
    times
}

/// The tiers that are compared with others.
const RATIOS_OF: [Tier; 3] = [Tier::Avx512, Tier::Avx2, Tier::Sse42];

/// How many times faster than `httparse` and than picohttpparser AVX2 and SSE4.2 are to be.
const GOALS: [(&str, [(f64, f64); 2]); 7] = [
    ("tiny", [(2.5, 1.7), (2.0, 1.4)]),
    ("plaintext", [(2.1, 1.9), (1.6, 1.4)]),
    ("browser 703 B", [(2.4, 2.0), (1.6, 1.4)]),
    ("chrome 970 B", [(2.5, 2.2), (1.8, 1.5)]),
    ("bearer 890 B", [(3.4, 2.5), (2.4, 1.7)]),
    ("2 KiB target", [(8.0, 4.0), (5.0, 2.5)]),
    ("mixed", [(4.5, 3.0), (3.5, 2.4)]),
];

fn report(name: &str, parsers: &[Parser], times: &[f64]) {
    let time = |wanted| parsers.iter().position(|&parser| parser == wanted).map(|index| times[index]);
    let goals = GOALS.iter().find(|(of, _)| *of == name).map(|(_, goals)| goals);
    let ratios = RATIOS_OF.into_iter().map(|tier| {
        let Some(ours) = time(Parser::Pronto(tier)) else { return "not available".into() };
        let [httparse, picohttpparser] = Parser::PEERS.map(|peer| time(peer).map_or(f64::NAN, |theirs| theirs / ours));
        let goal = goals.and_then(|[avx2, sse42]| match tier {
            Tier::Avx2 => Some(avx2),
            Tier::Sse42 => Some(sse42),
            _ => None,
        });
        let goal = goal.map(|(httparse, pico)| format!(" ({httparse:.1} / {pico:.1})")).unwrap_or_default();
        format!("{httparse:.2} / {picohttpparser:.2}{goal}")
    });
    print_row(name, times.iter().map(|time| format!("{time:.1}")).chain(ratios));
}

/// A row of a table as Markdown has it.
fn print_row(name: &str, cells: impl Iterator<Item = String>) {
    print!("| {name:<14} |");
    for cell in cells {
        print!(" {cell:>12} |");
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

const ROUNDS: usize = 21;
const HEADS: usize = 4_000;
