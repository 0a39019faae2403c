//! khttp with its epoll loop on one thread.

use khttp::{Headers, Method::Get, Server, Status};
use peers::TEXT;

fn main() -> std::io::Result<()> {
    let mut builder = Server::builder(peers::address())?;
    builder.thread_count(1);
    builder.route(Get, "/", |_, reply| {
        let mut fields = Headers::new();
        fields.add("Content-Type", "text/plain".as_bytes());
        reply.send(&Status::OK, &fields, TEXT)
    });
    builder.build().serve_epoll()
}
