//! The black-box suite on the epoll runtime.

use std::net::SocketAddr;

use pronto::connection::Config;
use pronto_epoll::{App, Running, Server};
use tests::black_box::Runtime;

struct Epoll(Running);

impl Runtime for Epoll {
    fn start(app: App, config: Config) -> Self {
        Self(Server::bind("127.0.0.1:0").workers(1).config(config).start(app).unwrap())
    }

    fn start_behind_proxy(app: App, config: Config) -> Self {
        Self(Server::bind("127.0.0.1:0").workers(1).config(config).proxy_protocol().start(app).unwrap())
    }

    fn address(&self) -> SocketAddr {
        self.0.address().tcp().expect("a TCP address")
    }

    fn stop(self) {
        self.0.stop();
    }
}

tests::black_box_suite!(Epoll);
