use std::{error::Error, fmt, net::SocketAddr, sync::Arc};

use pronto::{
    head::{self, Method, Status, Target},
    service::{Admission, Methods, Params, Pattern, PatternError, Route, Routing, find},
};

use crate::{
    Answer, Fault, Handler, IncomingContent, MethodNotAllowed, NotFound, NotImplemented, OwnedRequest, Reply,
    errors::ErrorHandlers,
    handler::{AnyHandler, AsyncFunction, HandlerFuture, HandlerKind, SyncFunction},
    hooks::Hooks,
    owned::Shared,
    pipe::Pipe,
};

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
///
/// A handler is a function that answers at once, as these, or an `async` one ([`Handler`]):
///
/// ```
/// use pronto_host::{App, Fault, OwnedRequest, Response};
///
/// async fn length(mut request: OwnedRequest) -> Result<Response, Fault> {
///     let mut length = 0;
///     while let Some(octets) = request.content().next().await? {
///         length += octets.len();
///     }
///     Ok(Response::text(length.to_string()))
/// }
///
/// let app = App::new().put("/length", length).content_limit(u64::MAX);
/// ```
#[derive(Default)]
pub struct App {
    routes: Vec<Route<'static, Endpoint>>,
    fault: Option<AppError>,
    pub(crate) error_handlers: ErrorHandlers,
    access_log: bool,
    debug: bool,
    pub(crate) hooks: Hooks,
}

struct Endpoint {
    handler: HandlerKind,
    pattern: Pattern<'static>,
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
    pub fn get<Kind>(self, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.route(Methods::one(Method::Get), pattern, handler)
    }

    /// Handles POST.
    #[must_use]
    pub fn post<Kind>(self, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.route(Methods::one(Method::Post), pattern, handler)
    }

    /// Handles PUT.
    #[must_use]
    pub fn put<Kind>(self, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.route(Methods::one(Method::Put), pattern, handler)
    }

    /// Handles DELETE.
    #[must_use]
    pub fn delete<Kind>(self, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.route(Methods::one(Method::Delete), pattern, handler)
    }

    /// Handles any methods. Of routes that match, the first is taken.
    #[must_use]
    pub fn route<Kind>(mut self, methods: Methods, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        match Pattern::new(pattern) {
            Ok(pattern) => {
                let AnyHandler(handler) = handler.into_any();
                let handler = Endpoint { handler, pattern, content_limit: None };
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

    /// Logs each request as it comes, and shows the text of an error in the reply to it: for development, since errors may
    /// tell what strangers should not know.
    #[must_use]
    pub const fn debug(mut self) -> Self {
        self.debug = true;
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

    pub(crate) const fn is_debugged(&self) -> bool {
        self.debug
    }

    /// What becomes of the content of a request: `async` handlers take it while it comes, others when it is whole.
    pub(crate) fn admit(&self, request: &head::Request<'_>, default: u64) -> Admission {
        match self.find(request) {
            Routing::Found { handler: endpoint, .. } => {
                let limit = endpoint.content_limit.unwrap_or(default);
                match endpoint.handler {
                    HandlerKind::Sync(_) => Admission::Collect { limit },
                    HandlerKind::Async(_) => Admission::Stream { limit },
                }
            }
            _ => Admission::Decline,
        }
    }

    /// Who handles a request.
    #[inline]
    pub(crate) fn handling<'a>(&'a self, request: &head::Request<'a>) -> Handling<'a> {
        match self.find(request) {
            Routing::Found { handler: endpoint, params } => match &endpoint.handler {
                HandlerKind::Sync(handler) => Handling::Sync(&**handler, params),
                HandlerKind::Async(handler) => Handling::Async(AsyncHandling { handler, pattern: endpoint.pattern }),
            },
            Routing::Options(allow) => Handling::Options(allow.to_string()),
            Routing::MethodNotAllowed(allow) => Handling::Fault(MethodNotAllowed { allow: allow.to_string() }.into()),
            Routing::NotFound => Handling::Fault(NotFound.into()),
            Routing::NotImplemented => Handling::Fault(NotImplemented.into()),
        }
    }

    fn find<'a>(&'a self, request: &head::Request<'a>) -> Routing<'a, 'a, Endpoint> {
        let path = request.target_form().ok().as_ref().and_then(Target::path);
        find(&self.routes, request.method(), path)
    }
}

/// What becomes of a request.
pub(crate) enum Handling<'a> {
    Sync(&'a SyncFunction, Params<'a>),
    Async(AsyncHandling<'a>),
    Options(String),
    Fault(Fault),
}

/// An `async` handler and its route.
pub(crate) struct AsyncHandling<'a> {
    handler: &'a AsyncFunction,
    pattern: Pattern<'static>,
}

impl AsyncHandling<'_> {
    /// Begins to handle a request. Its content, where it has any, comes through the pipe.
    pub(crate) fn begin(
        &self,
        request: &head::Request<'_>,
        content: Option<Arc<Pipe>>,
        peer: Option<SocketAddr>,
    ) -> (HandlerFuture, Arc<Shared>) {
        let shared = Shared::copy(request, Some(self.pattern), peer);
        let owned = OwnedRequest::new(Arc::clone(&shared), IncomingContent::new(content));
        ((self.handler)(owned), shared)
    }
}

/// Answers OPTIONS for a path that no route takes it of.
pub(crate) fn options(reply: Reply<'_>, allow: &str) -> Answer {
    reply.status(Status::NO_CONTENT).field("Allow", allow).no_content()
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
