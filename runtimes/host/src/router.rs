use std::{error::Error, fmt, sync::Arc};

use pronto::{
    head::{self, Method},
    service::{Methods, Params, Pattern, PatternError, Route, Routing, Untaken, take},
};

use crate::{
    Fault, Handler, Request, Response,
    around::{Around, WrittenReply},
    files::DirectoryError,
    guarded::guard,
    handler::{AnyHandler, HandlerKind},
    matcher::{Choice, Matcher, Routes},
};

/// Routes, and the functions that run before and after their handlers: an [`App`](crate::App), or a part of one that is
/// [nested](Self::nest) under a prefix.
///
/// ```
/// use pronto_host::{App, Reply, Request, Router};
///
/// let users = Router::new()
///     .get("/", |_: &Request, reply: Reply| reply.text("all"))
///     .get("/{id}", |request: &Request, reply: Reply| reply.text(request.params().pattern()));
/// let app = App::new().nest("/users", users);
/// app.check()?;
/// # Ok::<(), pronto_host::AppError>(())
/// ```
#[derive(Default)]
#[must_use = "routes do nothing before they are part of an application"]
pub struct Router {
    routes: Vec<Route<'static, Arc<Endpoint>>>,
    pub(crate) around: Around,
    matcher: Option<Box<dyn Matcher>>,
    error: Option<AppError>,
}

/// What handles the requests of a route.
pub(crate) struct Endpoint {
    pub(crate) handler: HandlerKind,
    pub(crate) pattern: Pattern<'static>,
    /// Octets of content at most, where the route has a limit of its own.
    pub(crate) content_limit: Option<u64>,
    /// The functions of the routers that are nested in the application, the outer ones first.
    pub(crate) around: Around,
}

impl Router {
    /// A router without routes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Handles GET, and HEAD with it, on paths that match the pattern.
    pub fn get<Kind>(self, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.route(Methods::one(Method::Get), pattern, handler)
    }

    /// Handles POST.
    pub fn post<Kind>(self, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.route(Methods::one(Method::Post), pattern, handler)
    }

    /// Handles PUT.
    pub fn put<Kind>(self, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.route(Methods::one(Method::Put), pattern, handler)
    }

    /// Handles PATCH.
    pub fn patch<Kind>(self, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.route(Methods::one(Method::Patch), pattern, handler)
    }

    /// Handles DELETE.
    pub fn delete<Kind>(self, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        self.route(Methods::one(Method::Delete), pattern, handler)
    }

    /// Handles any methods. Of routes that match, the first is taken.
    pub fn route<Kind>(mut self, methods: Methods, pattern: &'static str, handler: impl Handler<Kind>) -> Self {
        let AnyHandler(handler) = handler.into_any();
        self.push(methods, pattern, |pattern| Endpoint {
            handler,
            pattern,
            content_limit: None,
            around: Around::default(),
        });
        self
    }

    /// Limits the content of requests to the route added last; others keep the limit of the configuration.
    pub fn content_limit(mut self, octets: u64) -> Self {
        // Nobody else has it before the application runs.
        if let Some(endpoint) = self.routes.last_mut().and_then(|route| Arc::get_mut(&mut route.handler)) {
            endpoint.content_limit = Some(octets);
        }
        self
    }

    /// Takes in the routes of another router, each behind a prefix, which may have placeholders. A route of `/` is then at
    /// the prefix itself, without a slash behind it. They come behind the routes that are there already.
    ///
    /// The functions of the other router run for its own routes only, inside of those of this one. Its
    /// [matcher](Self::matcher) is not used.
    pub fn nest(mut self, prefix: &str, router: Self) -> Self {
        self.error = self.error.or(router.error);
        let prefix = prefix.trim_end_matches('/');
        for Route { methods, pattern, handler } in router.routes {
            let path = if pattern.as_str() == "/" && !prefix.is_empty() { "" } else { pattern.as_str() };
            // Patterns are borrowed by all that is matched with them: these last as long as those that programs spell out.
            let pattern: &'static str = format!("{prefix}{path}").leak();
            let Some(mut endpoint) = Arc::into_inner(handler) else { continue };
            endpoint.around.put_outside(&router.around);
            self.push(methods, pattern, |pattern| Endpoint { pattern, ..endpoint });
        }
        self
    }

    /// Has a function look at each request before its handler: it may answer in the handler's place, or fail.
    ///
    /// Functions run in the order in which they were added, whether before or after the routes were. Those of an application run
    /// for every request, be it that no route takes it. A request for a sync handler has its content by then; that for an
    /// `async` one has not.
    ///
    /// ```
    /// use pronto::head::Status;
    /// use pronto_host::{Request, Response, Router};
    ///
    /// let router = Router::new().before(|request: &Request<'_>| match request.field("authorization") {
    ///     Some(_) => Ok(None),
    ///     None => Ok(Some(Response::new(Status::UNAUTHORIZED).field("WWW-Authenticate", "Basic"))),
    /// });
    /// ```
    pub fn before(
        mut self,
        function: impl Fn(&Request<'_>) -> Result<Option<Response>, Fault> + Send + Sync + 'static,
    ) -> Self {
        self.around.before.push(Arc::new(function));
        self
    }

    /// Has a function look at each reply before it leaves, whoever made it: a handler, a function before it, or what turns
    /// errors into replies. It may add fields, or fail.
    ///
    /// Functions run in the reverse order of that in which they were added: what was put around last is left first.
    /// What is refused before there is a whole request is not theirs to see.
    ///
    /// ```
    /// use pronto_host::{Request, Router, WrittenReply};
    ///
    /// let router = Router::new().after(|_: &Request<'_>, reply: &mut WrittenReply<'_>| {
    ///     reply.add_field("X-Content-Type-Options", "nosniff")?;
    ///     Ok(())
    /// });
    /// ```
    pub fn after(
        mut self,
        function: impl Fn(&Request<'_>, &mut WrittenReply<'_>) -> Result<(), Fault> + Send + Sync + 'static,
    ) -> Self {
        self.around.after.insert(0, Arc::new(function));
        self
    }

    /// Has something else choose the route of a request than the usual way, which is the first one whose pattern and methods
    /// fit.
    pub fn matcher(mut self, matcher: impl Matcher) -> Self {
        self.matcher = Some(Box::new(matcher));
        self
    }

    /// The same, with something that is wrong with it.
    pub(crate) fn with_error(mut self, error: DirectoryError) -> Self {
        self.error.get_or_insert(AppError(Problem::Directory(error)));
        self
    }

    /// The first thing that is wrong with a route.
    pub(crate) const fn error(&self) -> Option<AppError> {
        self.error
    }

    /// The patterns, in order.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &'static str> {
        self.routes.iter().map(|route| route.pattern.as_str())
    }

    /// Whether any function may look at a reply to a request of this route.
    #[inline]
    pub(crate) fn looks_after(&self, endpoint: Option<&Arc<Endpoint>>) -> bool {
        !self.around.after.is_empty() || endpoint.is_some_and(|endpoint| !endpoint.around.after.is_empty())
    }

    /// Asks the matcher, where there is one.
    #[inline]
    pub(crate) fn choose(&self, request: &head::Request<'_>) -> Choice {
        match &self.matcher {
            None => Choice::Usual,
            Some(matcher) => self.choose_by(&**matcher, request),
        }
    }

    #[cold]
    fn choose_by(&self, matcher: &dyn Matcher, request: &head::Request<'_>) -> Choice {
        guard(|| matcher.choose(&Routes::new(&self.routes), request)).map_or_else(Choice::Failed, Choice::Chosen)
    }

    /// The route that takes a request in the usual way, and what its placeholders stand for.
    ///
    /// # Errors
    /// [`refuse`](Self::refuse) it then.
    #[inline(always)]
    pub(crate) fn take<'a>(&'a self, request: &head::Request<'a>) -> Result<(&'a Arc<Endpoint>, Params<'a>), Untaken> {
        take(&self.routes, request.method(), request.path())
    }

    /// The same, as the matcher has a say in it.
    pub(crate) fn find<'a>(
        &'a self,
        request: &head::Request<'a>,
        choice: &Choice,
    ) -> Result<(&'a Arc<Endpoint>, Params<'a>), Untaken> {
        let path = request.path();
        match *choice {
            Choice::Usual => self.take(request),
            Choice::Chosen(place) => match place.and_then(|place| self.routes.get(place)) {
                Some(Route { pattern, handler, .. }) => {
                    Ok((handler, path.and_then(|path| pattern.matches(path)).unwrap_or_default()))
                }
                None => Err(Untaken::new(&self.routes, path)),
            },
            Choice::Failed(_) => Err(Untaken::new(&self.routes, path)),
        }
    }

    /// How a request is refused that no route takes.
    #[cold]
    pub(crate) fn refuse(&self, request: &head::Request<'_>, untaken: Untaken) -> Routing<'_, '_, Arc<Endpoint>> {
        untaken.refuse(&self.routes, request.method(), request.path())
    }

    fn push(&mut self, methods: Methods, pattern: &'static str, endpoint: impl FnOnce(Pattern<'static>) -> Endpoint) {
        match Pattern::new(pattern) {
            Ok(pattern) => self.routes.push(Route { methods, pattern, handler: Arc::new(endpoint(pattern)) }),
            Err(error) => {
                self.error.get_or_insert(AppError(Problem::Pattern { pattern, error }));
            }
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pattern.fmt(formatter)
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.patterns()).finish()
    }
}

/// A route with a pattern that is none, or with a directory that cannot be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppError(Problem);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Pattern { pattern: &'static str, error: PatternError },
    Directory(DirectoryError),
}

impl fmt::Display for AppError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Problem::Pattern { pattern, error } => write!(formatter, "the route {pattern:?}: {error}"),
            Problem::Directory(error) => error.fmt(formatter),
        }
    }
}

impl Error for AppError {}
