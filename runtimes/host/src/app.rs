use std::{error::Error, fmt};

use pronto::{
    head::{self, Method, Status, Target},
    service::{Methods, Pattern, PatternError, Route, Routing, find},
};

use crate::{Answer, Reply, Request};

/// What answers the requests of a route.
pub trait Handler: Fn(&Request<'_>, Reply<'_>) -> Answer + Send + Sync + 'static {}

impl<F: Fn(&Request<'_>, Reply<'_>) -> Answer + Send + Sync + 'static> Handler for F {}

/// An application: routes, and what handles them. The same one runs on every runtime.
///
/// ```
/// use pronto_host::{App, Reply, Request};
///
/// let app = App::new()
///     .get("/", |_: &Request, reply: Reply| reply.text("Hello, World!"))
///     .get("/hello/{name}", |request: &Request, reply: Reply| match request.param("name") {
///         Some(name) => reply.text(&name.to_string()),
///         None => reply.text("stranger"),
///     });
/// app.check()?;
/// # Ok::<(), pronto_host::AppError>(())
/// ```
#[derive(Default)]
pub struct App {
    routes: Vec<Route<'static, Endpoint>>,
    fault: Option<AppError>,
    access_log: bool,
}

struct Endpoint {
    handler: Box<dyn Handler>,
    /// Octets of content at most, where the route has a limit of its own.
    content_limit: Option<u64>,
}

impl App {
    /// An application without routes: it answers 404.
    pub fn new() -> Self {
        Self::default()
    }

    /// Handles GET, and HEAD with it, on paths that match the pattern.
    #[must_use]
    pub fn get(self, pattern: &'static str, handler: impl Handler) -> Self {
        self.route(Methods::one(Method::Get), pattern, handler)
    }

    /// Handles POST.
    #[must_use]
    pub fn post(self, pattern: &'static str, handler: impl Handler) -> Self {
        self.route(Methods::one(Method::Post), pattern, handler)
    }

    /// Handles PUT.
    #[must_use]
    pub fn put(self, pattern: &'static str, handler: impl Handler) -> Self {
        self.route(Methods::one(Method::Put), pattern, handler)
    }

    /// Handles DELETE.
    #[must_use]
    pub fn delete(self, pattern: &'static str, handler: impl Handler) -> Self {
        self.route(Methods::one(Method::Delete), pattern, handler)
    }

    /// Handles any methods. Of routes that match, the first is taken.
    #[must_use]
    pub fn route(mut self, methods: Methods, pattern: &'static str, handler: impl Handler) -> Self {
        match Pattern::new(pattern) {
            Ok(pattern) => {
                let handler = Endpoint { handler: Box::new(handler), content_limit: None };
                self.routes.push(Route { methods, pattern, handler });
            }
            Err(error) => {
                self.fault.get_or_insert(AppError { pattern, error });
            }
        }
        self
    }

    /// Limits the content of requests to the route added last; others keep the limit of the configuration.
    #[must_use]
    pub fn content_limit(mut self, octets: u64) -> Self {
        if let Some(route) = self.routes.last_mut() {
            route.handler.content_limit = Some(octets);
        }
        self
    }

    /// Logs each reply through the `log` crate, with the target `pronto::access`.
    #[must_use]
    pub const fn access_log(mut self) -> Self {
        self.access_log = true;
        self
    }

    /// Whether every route is right. Runtimes ask before they start.
    ///
    /// # Errors
    /// The first pattern that is none.
    pub const fn check(&self) -> Result<(), AppError> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }

    pub(crate) const fn logs_access(&self) -> bool {
        self.access_log
    }

    /// How much content a request may have, where its route says so; `None` where nothing reads it.
    pub(crate) fn content_limit_for(&self, request: &head::Request<'_>, default: u64) -> Option<u64> {
        match self.find(request) {
            Routing::Found { handler, .. } => Some(handler.content_limit.unwrap_or(default)),
            _ => None,
        }
    }

    /// Has the request's route handle it, or says why there is none.
    #[inline]
    pub(crate) fn handle<'a>(
        &'a self,
        head: &head::Request<'a>,
        content: Option<&'a [u8]>,
        peer: Option<std::net::SocketAddr>,
        reply: Reply<'_>,
    ) -> Answer {
        match self.find(head) {
            Routing::Found { handler, params } => (handler.handler)(&Request::new(*head, content, params, peer), reply),
            Routing::Options(allow) => reply.status(Status::NO_CONTENT).field("Allow", allow.to_string()).no_content(),
            Routing::MethodNotAllowed(allow) => reply
                .status(Status::METHOD_NOT_ALLOWED)
                .field("Allow", allow.to_string())
                .content_type("text/plain")
                .content(b"Method Not Allowed"),
            Routing::NotFound => plain(reply, Status::NOT_FOUND),
            Routing::NotImplemented => plain(reply, Status::NOT_IMPLEMENTED),
        }
    }

    fn find<'a>(&'a self, request: &head::Request<'a>) -> Routing<'a, 'a, Endpoint> {
        let path = request.target_form().ok().as_ref().and_then(Target::path);
        find(&self.routes, request.method(), path)
    }
}

/// A reply that says its status in words.
pub(crate) fn plain(reply: Reply<'_>, status: Status) -> Answer {
    reply.status(status).content_type("text/plain").content(status.reason().as_bytes())
}

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.routes.iter().map(|route| route.pattern.as_str());
        formatter.debug_list().entries(routes).finish()
    }
}

/// A route with a pattern that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppError {
    pattern: &'static str,
    error: PatternError,
}

impl fmt::Display for AppError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the route {:?}: {}", self.pattern, self.error)
    }
}

impl Error for AppError {}
