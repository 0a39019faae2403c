//! The demo application over TLS, on the smol runtime.
//!
//! ```sh
//! cargo run --bin tls -- --addr 127.0.0.1:8443 --write-certificate certificate.pem
//! curl --cacert certificate.pem https://localhost:8443/
//! ```
//!
//! A socket becomes a TLS stream in [`Handshakes::accept`]; all else is as in any server: the application, the limits, the
//! workers, and what signals do. On SIGHUP the program that takes over reads its certificate anew.

mod handshakes;
mod identity;

use std::{
    error::Error,
    io::{self, ErrorKind},
    process::ExitCode,
    rc::Rc,
    time::Duration,
};

use clap::Parser;
use examples::{arguments::Arguments, demo, serve};
use futures_rustls::TlsAcceptor;
use pronto_host::{Runtime, WorkerSeed, worker_state};
use pronto_smol::Smol;

use crate::{handshakes::Handshakes, identity::Identity};

/// A fast and strict HTTP/1 server: the demo application over TLS, on the smol runtime
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    identity: Identity,

    /// Seconds for a handshake before the connection is cut
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    handshake_timeout: u64,

    /// Handshakes of a worker under way at a time; with one more the oldest is given up
    #[arg(long, value_name = "NUMBER", default_value_t = 1024)]
    max_handshakes: usize,

    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> ExitCode {
    match run(CommandLine::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(
    CommandLine { identity, handshake_timeout, max_handshakes, arguments }: CommandLine,
) -> Result<(), Box<dyn Error>> {
    if arguments.proxy_protocol {
        // Proxies send it ahead of the handshake, and not within the stream.
        return Err("--proxy-protocol can't be had with TLS: let the proxy speak TLS, and use smol-server".into());
    }
    let acceptor = TlsAcceptor::from(identity.config()?);
    let timeout = Duration::from_secs(handshake_timeout);
    let app = demo::app().on_worker_start(move |worker| {
        worker.insert(Handshakes::new(acceptor.clone(), timeout, max_handshakes));
        Ok(())
    });
    Ok(serve::<Tls>(&arguments, app)?)
}

/// The smol runtime, with TLS between its sockets and its connections.
enum Tls {}

impl Runtime for Tls {
    const NAME: &'static str = "smol with TLS";
    const SCHEME: &'static str = "https";

    fn serve(seed: WorkerSeed) -> io::Result<()> {
        let handshakes = worker_state::<Handshakes>().ok_or(ErrorKind::NotFound)?;
        Smol::serve_over(seed, move |socket| Rc::clone(&handshakes).accept(socket))
    }
}
