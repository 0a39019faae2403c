//! The application that the vectors are about. It notes what it executes.

use std::sync::{Arc, Mutex};

use pronto::{
    head::{Method, Status},
    service::Methods,
};
use pronto_host::{Answer, App, Reply, Request};

/// What was executed, in order: method, target, and content where there is any (`-` where it is empty).
#[derive(Clone, Debug, Default)]
pub struct Executed(Arc<Mutex<Vec<String>>>);

impl Executed {
    /// What was executed since it was last taken.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn note(&self, request: &Request<'_>) {
        let mut line = format!("{} {}", request.method(), request.target());
        match request.content() {
            Some([]) => line += " -",
            Some(content) => line += &format!(" {}", content.escape_ascii()),
            None => {}
        }
        self.0.lock().unwrap().push(line);
    }
}

/// The application, and where it notes what it executes.
pub fn app() -> (App, Executed) {
    let executed = Executed::default();
    let noting = |answer: fn(&Request<'_>, Reply<'_>) -> Answer| {
        let executed = executed.clone();
        move |request: &Request<'_>, reply: Reply<'_>| {
            executed.note(request);
            answer(request, reply)
        }
    };
    let ok = |request: &Request<'_>, reply: Reply<'_>| reply.text(request.target());
    let app = App::new()
        .route(Methods::ANY, "/", noting(ok))
        .route(Methods::ANY, "/a", noting(ok))
        .route(Methods::ANY, "/{one}/{two}", noting(ok))
        .route(Methods::one(Method::Post), "/limited", noting(ok))
        .content_limit(10)
        .get("/get", noting(ok))
        .get("/close", noting(|_, reply| reply.status(Status::OK).close().no_content()));
    (app, executed)
}
