//! The demo application on the epoll runtime.

use clap::Parser;
use examples::{arguments::Arguments, demo};
use pronto_epoll::Server;

/// A fast and strict HTTP/1 server: the demo application on the epoll runtime
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> pronto_epoll::Result {
    let CommandLine { arguments } = CommandLine::parse();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info")).init();

    let mut app = demo::app();
    if arguments.access_log {
        app = app.access_log();
    }
    let mut server = Server::bind(&arguments.addr).config(arguments.config()).drain_limit(arguments.drain_limit());
    if let Some(workers) = arguments.workers {
        server = server.workers(workers);
    }
    if let Some(connections) = arguments.max_connections {
        server = server.most_connections(connections);
    }
    server.run(app)
}
