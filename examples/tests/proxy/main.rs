//! The reverse proxy as a process, between clients and upstreams of which either may be right, wrong, slow or gone.

mod heads;
mod refusals;
mod streams;
mod upstream;

use tests::process::Server;

use crate::upstream::Upstream;

/// A proxy before an upstream.
fn before(upstream: &Upstream, more: &[&str]) -> Server {
    let address = upstream.address.to_string();
    Server::start(env!("CARGO_BIN_EXE_proxy"), &[&["--upstream", &address], more].concat())
}

/// A response with a date, to which the proxy has nothing to add but that it was there.
const DATE: &str = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
