//! The demo application on the smol runtime.

use clap::Parser;
use examples::{arguments::Arguments, demo, serve};
use pronto_smol::Smol;

/// A fast and strict HTTP/1 server: the demo application on the smol runtime
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> pronto_smol::Result {
    let CommandLine { arguments } = CommandLine::parse();
    serve::<Smol>(&arguments, demo::app())
}
