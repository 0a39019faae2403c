//! Measures pronto beside other servers, one core for the server and the other for the load.
//!
//! `cargo run --release --bin compare` builds and starts them all, prints tables, and writes `docs/benchmarks.md` with
//! its chart. `--help` tells the rest.

mod chart;
mod launch;
mod load;
mod measure;
mod null;
mod plot;
mod process;
mod report;
mod scale;
mod servers;
mod strace;
mod workload;
mod wrk;

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Measures pronto beside other servers on loopback
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Be the server that parses nothing
    ServeNull(null::Arguments),
    /// Measure how pronto takes more connections, longer requests, longer replies and more workers
    Scale(Options),
    /// Become a program that stays on certain cores
    #[command(hide = true)]
    Launch(launch::Arguments),
}

/// What to measure, how long, and where.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    /// Rounds; each measures everything once, and medians are told
    #[arg(long, default_value_t = 5)]
    rounds: usize,

    /// Seconds of each measurement
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,

    /// Connections
    #[arg(long, default_value_t = 100)]
    connections: usize,

    /// These servers and no others, by name, with commas between
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,

    /// One short round, to see that everything works
    #[arg(long)]
    quick: bool,

    /// Folder for what is written and its charts [default: `docs`, unless --quick or --only]
    #[arg(long)]
    output: Option<PathBuf>,

    /// Core for the servers
    #[arg(long, default_value_t = 0)]
    server_core: usize,

    /// Core for the load
    #[arg(long, default_value_t = second_core())]
    load_core: usize,
}

impl Options {
    fn rounds(&self) -> usize {
        if self.quick { 1 } else { self.rounds.max(1) }
    }

    fn duration(&self) -> Duration {
        let seconds = if self.quick { 0.2 } else { self.seconds };
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(1)).min(Duration::from_secs(60))
    }

    /// Long enough for what compiles itself while it runs.
    fn warm_up(&self) -> Duration {
        if self.quick { self.duration() / 2 } else { (self.duration() / 2).max(Duration::from_millis(250)) }
    }

    fn output(&self) -> Option<PathBuf> {
        let ordinary = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs"));
        self.output.clone().or_else(|| (!self.quick && self.only.is_empty()).then(ordinary))
    }
}

/// The second, if there is one.
fn second_core() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(2) - 1
}

fn main() -> Result<()> {
    let CommandLine { command, options } = CommandLine::parse();
    match command {
        Some(Command::ServeNull(arguments)) => null::run(&arguments),
        Some(Command::Launch(arguments)) => launch::run(&arguments),
        Some(Command::Scale(options)) => scale::run(&options),
        None => measure::compare(&options),
    }
}
