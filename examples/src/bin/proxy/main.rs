//! A reverse proxy: pronto's parsers and writers between two sockets.
//!
//! ```sh
//! cargo run --bin proxy -- --upstream 127.0.0.1:9000
//! ```
//!
//! - What goes on is written anew from what was understood, never copied: where a message ends cannot be read in two ways behind
//!   it. What is refused reaches no upstream.
//! - Content streams both ways, in bounded buffers: who takes nothing is not read from.
//! - Each request has a connection to the upstream of its own. To keep connections would be quicker, and needs more care: what an
//!   upstream says too much would be taken for the next response.
//!
//! [`link`] is the loop of one client, [`heads`] what becomes of heads on their way.

mod buffer;
mod exchange;
mod heads;
mod link;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use clap::Parser;
use pronto::connection::Config;
use tokio::{net::TcpListener, runtime, sync::Semaphore, task, time};

use crate::link::{Link, Patience};

/// A reverse proxy, of pronto's parsers and writers
#[derive(Clone, Copy, Debug, Parser)]
struct CommandLine {
    /// Address to serve
    #[arg(long, default_value = "127.0.0.1:8080")]
    addr: SocketAddr,

    /// Address of the server that requests are passed on to
    #[arg(long, value_parser = upstream)]
    upstream: SocketAddr,

    /// Seconds for the upstream to begin its response, and to go on with it
    #[arg(long, default_value_t = 30.0)]
    upstream_timeout: f64,

    /// Octets of content that a request may have
    #[arg(long, default_value_t = 1 << 30)]
    max_content: u64,

    /// Connections of clients at a time; others wait
    #[arg(long, default_value_t = 1024)]
    max_connections: usize,
}

fn main() -> io::Result<()> {
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(accept(CommandLine::parse()))
}

/// The address of an upstream, which is also the host of requests that name none.
fn upstream(text: &str) -> Result<SocketAddr, String> {
    match text.parse() {
        Ok(SocketAddr::V6(address)) if address.scope_id() != 0 => {
            Err("no request can name an address with a scope".into())
        }
        Ok(address) => Ok(address),
        Err(error) => Err(error.to_string()),
    }
}

async fn accept(arguments: CommandLine) -> io::Result<()> {
    let listener = TcpListener::bind(arguments.addr).await?;
    println!("proxy serves at http://{} until it is ended", listener.local_addr()?);
    let mut config = Config::new();
    config.limits.content = arguments.max_content;
    // One exchange at a time: the next request is looked at when this one is answered.
    config.limits.in_flight = 1;
    // The next one is not looked at, either, before the proxy has room for an answer of its own.
    config.limits.output_high_water = OUT - ANSWER;
    let config = Arc::new(config);
    let upstream_timeout = Duration::try_from_secs_f64(arguments.upstream_timeout).map_err(io::Error::other)?;
    let patience = Patience { connect: CONNECT.min(upstream_timeout), upstream: upstream_timeout };
    let places = Arc::new(Semaphore::new(arguments.max_connections));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
        match listener.accept().await {
            Ok((stream, client)) => {
                let config = Arc::clone(&config);
                task::spawn(async move {
                    let link = Link::new(stream, client.ip(), arguments.upstream, &config, patience);
                    // Why a connection broke is nobody's business here.
                    let _broken = link.run().await;
                    drop(place);
                });
            }
            // There may be no descriptor left: that passes.
            Err(_) => time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// For what a socket brings: a head is 16 KiB at most, the default of its limits.
const IN: usize = 16 * 1024;
/// For a head with what is added to it, and any content that may come behind it.
const OUT: usize = 2 * IN + 8 * 1024;
/// For a response of the proxy's own: a status and a few fields. What is passed on leaves this much.
const ANSWER: usize = 512;
const CONNECT: Duration = Duration::from_secs(5);
