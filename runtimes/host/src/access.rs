//! The access log: one line for each reply, by the `log` crate, at the level `info`, with the target `pronto::access`.
//!
//! ```text
//! 127.0.0.1:40312 GET /hello/w%C3%B6rld?x=1 200 7 0.041
//! 127.0.0.1:40312 - - 400 26 0.002
//! ```
//!
//! Six words with a space between them: who asked, with which method, for what, as it was sent; the status of the reply; how
//! many octets of content it tells of; how many milliseconds it took from the request being there to the head of the reply
//! being on its way. `-` stands for what is not known: the peer of a unix socket, the request in what was refused, the
//! length of a stream.
//!
//! No client can put a word or a line in: a method is a token (RFC 9110 9.1), a target of visible ASCII octets only (RFC 9112
//! 3.2), and what is neither never was a request.

use std::{net::SocketAddr, time::Instant};

use pronto::{head, response::Replied};

/// What is known of a line when its request comes.
#[derive(Debug)]
pub(crate) struct AccessEntry {
    request: String,
    begun: Instant,
}

impl AccessEntry {
    /// For a request.
    pub(crate) fn new(peer: Option<SocketAddr>, request: &head::Request<'_>) -> Box<Self> {
        Box::new(Self { request: line(peer, request), begun: Instant::now() })
    }

    /// For what was refused.
    pub(crate) fn refused(peer: Option<SocketAddr>) -> Box<Self> {
        Box::new(Self { request: format!("{} - -", name(peer)), begun: Instant::now() })
    }

    /// Logs it, now that there is a reply.
    pub(crate) fn log(&self, replied: &Replied) {
        let Self { request, begun } = self;
        let (status, milliseconds) = (replied.status().code(), begun.elapsed().as_secs_f64() * 1e3);
        match replied.content_length() {
            Some(length) => log::info!(target: TARGET, "{request} {status} {length} {milliseconds:.3}"),
            None => log::info!(target: TARGET, "{request} {status} - {milliseconds:.3}"),
        }
    }
}

/// Logs a request that has come, for who debugs its handler: the first three words of the line.
#[cold]
pub(crate) fn log_request(peer: Option<SocketAddr>, request: &head::Request<'_>) {
    log::info!("{}", line(peer, request));
}

const TARGET: &str = "pronto::access";

fn line(peer: Option<SocketAddr>, request: &head::Request<'_>) -> String {
    format!("{} {} {}", name(peer), request.method().as_str(), request.target())
}

fn name(peer: Option<SocketAddr>) -> String {
    peer.map_or_else(|| "-".to_owned(), |peer| peer.to_string())
}
