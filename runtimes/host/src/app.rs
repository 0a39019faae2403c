use std::fmt;

use pronto::{
    head::{self, Status},
    service::{Admission, Methods, Routing, Untaken},
};

use crate::{
    Answer, AppError, Counters, Fault, Handler, Matcher, MethodNotAllowed, NotFound, NotImplemented, Reply, Request,
    Response, Router, WrittenReply, errors::ErrorHandlers, handler::HandlerKind, hooks::Hooks, matcher::Choice,
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
    pub(crate) router: Router,
    pub(crate) error_handlers: ErrorHandlers,
    access_log: bool,
    debug: bool,
    pub(crate) hooks: Hooks,
    counters: Counters,
}

/// Routes: what a [`Router`] has, too.
impl App {
    /// An application without routes: it answers 404.
    pub fn new() -> Self {
        Self::default()
    }

    /// Handles GET, and HEAD with it, on paths that match the pattern.
    #[must_use]
    pub fn get<Kind>(self, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.with_router(|router| router.get(pattern, handler))
    }

    /// Handles POST.
    #[must_use]
    pub fn post<Kind>(self, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.with_router(|router| router.post(pattern, handler))
    }

    /// Handles PUT.
    #[must_use]
    pub fn put<Kind>(self, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.with_router(|router| router.put(pattern, handler))
    }

    /// Handles PATCH.
    #[must_use]
    pub fn patch<Kind>(self, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.with_router(|router| router.patch(pattern, handler))
    }

    /// Handles DELETE.
    #[must_use]
    pub fn delete<Kind>(self, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.with_router(|router| router.delete(pattern, handler))
    }

    /// Handles any methods. Of routes that match, the first is taken.
    #[must_use]
    pub fn route<Kind>(self, methods: Methods, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.with_router(|router| router.route(methods, pattern, handler))
    }

    /// Limits the content of requests to the route added last; others keep the limit of the configuration.
    #[must_use]
    pub fn content_limit(self, octets: u64) -> Self {
        self.with_router(|router| router.content_limit(octets))
    }

    /// Takes in the routes of a router, each behind a prefix; see [`Router::nest`].
    #[must_use]
    pub fn nest(self, prefix: &str, router: Router) -> Self {
        self.with_router(|own| own.nest(prefix, router))
    }

    /// Has a function look at each request before its handler; see [`Router::before`].
    #[must_use]
    pub fn before(
        self,
        function: impl Fn(&Request<'_>) -> Result<Option<Response>, Fault> + Send + Sync + 'static,
    ) -> Self {
        self.with_router(|router| router.before(function))
    }

    /// Has a function look at each reply before it leaves; see [`Router::after`].
    #[must_use]
    pub fn after(
        self,
        function: impl Fn(&Request<'_>, &mut WrittenReply<'_>) -> Result<(), Fault> + Send + Sync + 'static,
    ) -> Self {
        self.with_router(|router| router.after(function))
    }

    /// Has something else choose the route of a request than the usual way; see [`Matcher`].
    #[must_use]
    pub fn matcher(self, matcher: impl Matcher) -> Self {
        self.with_router(|router| router.matcher(matcher))
    }

    pub(crate) fn with_router(mut self, change: impl FnOnce(Router) -> Router) -> Self {
        self.router = change(self.router);
        self
    }
}

/// How it behaves.
impl App {
    /// Logs each reply through the `log` crate, at the level `info`, with the target `pronto::access`, in six words: who asked,
    /// the method, the target as it was sent, the status, octets of content, and milliseconds until the head of the reply left.
    /// `-` stands for what is not known. No client can put a word or a line in.
    ///
    /// ```text
    /// 127.0.0.1:40312 GET /hello/w%C3%B6rld?x=1 200 7 0.041
    /// 127.0.0.1:40312 - - 400 26 0.002
    /// ```
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

    /// What its workers count, to be read before, while and after it is served. See [`Counters`].
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters.clone()
    }

    /// Whether every route is right. Runtimes ask before they start.
    ///
    /// # Errors
    /// The first pattern that is none, or directory that cannot be served.
    pub const fn check(&self) -> Result<(), AppError> {
        match self.router.error() {
            Some(error) => Err(error),
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
    pub(crate) fn admit(&self, request: &head::Request<'_>, choice: &Choice, default: u64) -> Admission {
        match self.router.find(request, choice) {
            Ok((endpoint, _)) => {
                let limit = endpoint.content_limit.unwrap_or(default);
                match endpoint.handler {
                    HandlerKind::Sync(_) => Admission::Collect { limit },
                    HandlerKind::Async(_) => Admission::Stream { limit },
                }
            }
            Err(_) => Admission::Decline,
        }
    }

    /// Who handles a request, which gets to know its route.
    ///
    /// # Errors
    /// How it is refused.
    #[inline(always)]
    pub(crate) fn handler<'a>(&'a self, request: &mut Request<'a>, choice: Choice) -> Result<&'a HandlerKind, Refusal> {
        match choice {
            Choice::Usual => match self.router.take(request) {
                Ok((endpoint, params)) => Ok(request.set_route(endpoint, params)),
                Err(untaken) => Err(self.refusal(request, untaken)),
            },
            choice => self.chosen_handler(request, choice),
        }
    }

    #[cold]
    fn chosen_handler<'a>(&'a self, request: &mut Request<'a>, choice: Choice) -> Result<&'a HandlerKind, Refusal> {
        match self.router.find(request, &choice) {
            Ok((endpoint, params)) => Ok(request.set_route(endpoint, params)),
            Err(untaken) => Err(match choice {
                Choice::Failed(fault) => Refusal::Fault(fault),
                _ => self.refusal(request, untaken),
            }),
        }
    }

    #[cold]
    fn refusal(&self, request: &Request<'_>, untaken: Untaken) -> Refusal {
        Refusal::Fault(match self.router.refuse(request, untaken) {
            Routing::Options(allow) => return Refusal::Options(allow.to_string()),
            Routing::MethodNotAllowed(allow) => MethodNotAllowed { allow: allow.to_string() }.into(),
            Routing::NotImplemented => NotImplemented.into(),
            Routing::NotFound | Routing::Found { .. } => NotFound.into(),
        })
    }

    /// Whether anybody but its handler may have to see a request when it has its reply.
    pub(crate) fn sees_again(&self, request: &Request<'_>) -> bool {
        !self.error_handlers.is_empty() || self.router.looks_after(request.endpoint())
    }

    /// Whether any function looks at a request before its handler.
    #[inline(always)]
    pub(crate) fn looks_before(&self, request: &Request<'_>) -> bool {
        !self.router.around.before.is_empty()
            || request.endpoint().is_some_and(|endpoint| !endpoint.around.before.is_empty())
    }

    /// Has the functions look at a request that run before handlers; the first answer is the last.
    #[inline(never)]
    pub(crate) fn run_before(&self, request: &Request<'_>) -> Result<Option<Response>, Fault> {
        match (self.router.around.run_before(request)?, request.endpoint()) {
            (None, Some(endpoint)) => endpoint.around.run_before(request),
            (early, _) => Ok(early),
        }
    }

    /// Has the functions look at a reply that run after handlers.
    pub(crate) fn run_after(&self, request: &Request<'_>, reply: &mut WrittenReply<'_>) -> Result<(), Fault> {
        if let Some(endpoint) = request.endpoint() {
            endpoint.around.run_after(request, reply)?;
        }
        self.router.around.run_after(request, reply)
    }
}

/// What becomes of a request that no route takes.
pub(crate) enum Refusal {
    /// It asks which methods its path allows.
    Options(String),
    Fault(Fault),
}

impl Refusal {
    /// Says so.
    pub(crate) fn answer(self, reply: Reply<'_>) -> Answer {
        match self {
            Self::Options(allow) => reply.status(Status::NO_CONTENT).field("Allow", allow).no_content(),
            Self::Fault(fault) => Err(fault),
        }
    }
}

/// A reply that says its status in words.
pub(crate) fn plain(reply: Reply<'_>, status: Status) -> Answer {
    reply.status(status).content_type("text/plain").content(status.reason().as_bytes())
}

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.router.fmt(formatter)
    }
}
