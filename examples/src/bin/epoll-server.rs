//! The demo application on the epoll runtime.

use clap::Parser;
use examples::{arguments::Arguments, demo, serve};
use pronto_epoll::Epoll;

/// A fast and strict HTTP/1 server: the demo application on the epoll runtime
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> pronto_epoll::Result {
    let CommandLine { arguments } = CommandLine::parse();
    serve::<Epoll>(&arguments, demo::app())
}
