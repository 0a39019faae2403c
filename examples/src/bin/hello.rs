//! Hello world.
use pronto_epoll::{App, Reply, Request, Result, Server};

fn main() -> Result {
    let app = App::new().get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("Hello, World!\n"));
    Server::bind("127.0.0.1:8080").run(app)
}
