//! A page from a template, which the compiler has checked.

use std::sync::{Mutex, MutexGuard, PoisonError};

use askama::Template;
use pronto_epoll::{Answer, App, Redirect, Reply, Request, Result, Server};

/// What the page shows.
#[derive(Template)]
#[template(path = "guests.html")]
struct Guests<'a> {
    names: &'a [String],
}

/// Who has signed, the last one first.
static SIGNED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn main() -> Result {
    Server::bind("127.0.0.1:8080").run(App::new().get("/", show).post("/", sign))
}

fn show(_: &Request<'_>, reply: Reply<'_>) -> Answer {
    page(&Guests { names: &names() }, reply)
}

fn sign(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    if let Some(name) = request.form()?.value("name").filter(|name| !name.trim().is_empty()) {
        let mut names = names();
        names.insert(0, name.into_owned());
        names.truncate(100);
    }
    reply.redirect(Redirect::SeeOther, "/").no_content()
}

/// Any template is a page.
fn page(template: &impl Template, reply: Reply<'_>) -> Answer {
    reply.html(&template.render()?)
}

fn names() -> MutexGuard<'static, Vec<String>> {
    SIGNED.lock().unwrap_or_else(PoisonError::into_inner)
}
