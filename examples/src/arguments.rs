//! The command line that the example servers share.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use pronto::connection::{Config, ContentRate};

/// Where and how to serve.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Address to serve: a host and a port, or `unix:` and a path; sockets by LISTEN_FDS are served instead
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub addr: String,

    /// Worker threads [default: one for each core]
    #[arg(long)]
    pub workers: Option<usize>,

    /// Each connection begins with a header of the PROXY protocol, version 2, which tells who the client is: only where nobody
    /// but a proxy can connect
    #[arg(long)]
    pub proxy_protocol: bool,

    /// For development: start the program anew, without losing a request, when its file changes
    #[arg(long)]
    pub reload: bool,

    /// Log each reply: peer, method, target, status and length of the content
    #[arg(long)]
    pub access_log: bool,

    /// Directory whose files are served under /files
    #[arg(long, value_name = "DIRECTORY")]
    pub files: Option<PathBuf>,

    /// For development: log each request as it comes, and show the text of an error in the reply to it
    #[arg(long)]
    pub debug: bool,

    /// Octets of a request head at most; more is answered 431
    #[arg(long, value_name = "OCTETS", default_value_t = 16 * 1024)]
    pub max_head: u16,

    /// Octets of a request target at most; more is answered 414
    #[arg(long, value_name = "OCTETS", default_value_t = 8 * 1024)]
    pub max_target: u16,

    /// Fields of a request at most; more is answered 431
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub max_fields: u8,

    /// Octets of content at most, where a route has no limit of its own; more is answered 413
    #[arg(long, value_name = "OCTETS", default_value_t = 1024 * 1024)]
    pub max_content: u64,

    /// Octets of content that nobody read, thrown away to keep a connection; where more is to come it closes
    #[arg(long, value_name = "OCTETS", default_value_t = 64 * 1024)]
    pub max_unread_content: u64,

    /// Requests in flight on a connection at most, up to 64; reading stops until some are answered
    #[arg(long, value_name = "NUMBER", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub max_in_flight: u16,

    /// Octets of replies that a client has not taken; above, reading stops
    #[arg(long, value_name = "OCTETS", default_value_t = 256 * 1024)]
    pub output_high_water: usize,

    /// Open connections at most [default: what the limit of descriptors allows]
    #[arg(long, value_name = "NUMBER")]
    pub max_connections: Option<usize>,

    /// Seconds for a whole head to arrive, answered 408; 0 waits for ever
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub head_timeout: f64,

    /// Seconds before the rate of content is looked at; 0 never does
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    pub content_grace: f64,

    /// Octets of content a second at least, after the grace; slower is answered 408
    #[arg(long, value_name = "OCTETS", default_value_t = 1024)]
    pub content_rate: u32,

    /// Seconds between requests before a connection is closed; 0 waits for ever
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    pub idle_timeout: f64,

    /// Seconds without progress in sending before a connection is cut; 0 waits for ever
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    pub write_timeout: f64,

    /// Seconds for connections to end when the server is told to stop
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    pub drain_limit: f64,
}

impl Arguments {
    /// The limits and timeouts for the engine.
    pub fn config(&self) -> Config {
        let mut config = Config::new();
        let limits = &mut config.limits;
        limits.head = limits.head.with_octets(self.max_head).with_target(self.max_target).with_fields(self.max_fields);
        limits.content = self.max_content;
        limits.unread_content = self.max_unread_content;
        limits.in_flight = self.max_in_flight;
        limits.output_high_water = self.output_high_water;
        let timeouts = &mut config.timeouts;
        timeouts.head = timeout(self.head_timeout);
        timeouts.content =
            timeout(self.content_grace).map(|grace| ContentRate::new().with_grace(grace).with_rate(self.content_rate));
        timeouts.idle = timeout(self.idle_timeout);
        timeouts.write = timeout(self.write_timeout);
        config
    }

    /// How long connections have to end.
    pub fn drain_limit(&self) -> Duration {
        timeout(self.drain_limit).unwrap_or(Duration::ZERO)
    }
}

/// Zero, and what is no time, means none.
fn timeout(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| !duration.is_zero())
}
