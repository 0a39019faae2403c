//! Which request is whose: methods and patterns.

use std::fmt::Write;

use pronto_epoll::{Answer, App, Method, Methods, Reply, Request, Result, Router, Server};

fn main() -> Result {
    let app = App::new()
        .get("/", |_: &Request<'_>, reply: Reply<'_>| reply.text("the root\n"))
        .get("/people/{name}", what)
        .get("/people/{name}/letters/{number}", what)
        .route(Methods::one(Method::Put).and(Method::Delete), "/people/{name}", what)
        .route(Methods::ANY, "/any", what)
        .get("/tree/{*branches}", what)
        .get("/straße", what)
        .get("/{{name}}", what)
        .nest("/shop", shop());
    Server::bind("127.0.0.1:8080").run(app)
}

/// A part of an application by itself.
fn shop() -> Router {
    Router::new().get("/", what).get("/shelves/{shelf}", what).post("/orders", what)
}

/// Tells which route was taken, and what its placeholders stand for.
fn what(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    let mut text = request.route().unwrap_or_default().to_owned();
    for (name, value) in request.params().iter() {
        write!(text, ", {name} is {value}")?;
    }
    text.push('\n');
    reply.text(&text)
}
