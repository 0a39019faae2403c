use core::fmt;

use heapless::Vec;

use crate::head::{Method, Path};

use super::{Params, Pattern, pattern::Escapes};

/// One entry of a router: what is handled, and by what.
#[derive(Clone, Debug)]
pub struct Route<'p, H> {
    /// The methods.
    pub methods: Methods,
    /// The paths.
    pub pattern: Pattern<'p>,
    /// What handles them: a function, an index, whatever the service calls.
    pub handler: H,
}

/// The methods that a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Methods {
    /// A bit for each of [`Method::KNOWN`].
    known: u16,
    any: bool,
    /// Methods without a name of their own; what is empty stands for none.
    others: [&'static str; MAX_OTHERS],
}

impl Methods {
    /// Every method.
    pub const ANY: Self = Self { known: 0, any: true, others: [""; MAX_OTHERS] };

    /// One method.
    pub fn one(method: Method<'static>) -> Self {
        Self { any: false, ..Self::ANY }.and(method)
    }

    /// This method as well.
    ///
    /// ```
    /// use pronto::{head::Method, service::Methods};
    ///
    /// let methods = Methods::one(Method::Get).and(Method::Other("PROPFIND")).and(Method::Other("MKCOL"));
    /// assert!(methods.contains(Method::Other("PROPFIND")) && !methods.contains(Method::Put));
    /// ```
    ///
    /// # Panics
    /// With more than eight methods that have no name of their own: better when the routes are made than that one of
    /// them is never answered.
    #[must_use]
    pub fn and(mut self, method: Method<'static>) -> Self {
        // A token may have been written out that has a name.
        match Method::from_token(method.as_str()) {
            Method::Other(token) if !self.others.contains(&token) => {
                let free = self.others.iter_mut().find(|other| other.is_empty());
                *free.expect("a route takes at most eight methods without a name of their own") = token;
            }
            known => self.known |= bit(known),
        }
        self
    }

    /// Whether this method is among them.
    #[inline]
    pub fn contains(&self, method: Method<'_>) -> bool {
        self.any || self.names(method)
    }

    /// Whether this method is among them by its name.
    #[inline(always)]
    fn names(&self, method: Method<'_>) -> bool {
        match method {
            Method::Other(token) => self.names_other(token),
            known => self.known & bit(known) != 0,
        }
    }

    #[inline(never)]
    fn names_other(&self, token: &str) -> bool {
        !token.is_empty() && self.others.contains(&token)
    }
}

/// What a router found for a request.
#[derive(Clone, Debug)]
pub enum Routing<'r, 'a, H> {
    /// A route, and what its placeholders stand for.
    Found {
        /// The first in order that takes the method and matches the path. HEAD goes where GET goes, unless a route
        /// names HEAD.
        handler: &'r H,
        /// What its placeholders stand for.
        params: Params<'a>,
    },
    /// An OPTIONS request that no route takes: 204, with what is allowed.
    Options(Allow<'r>),
    /// Routes match the path, but none takes the method, known or not: 405, with what is allowed.
    MethodNotAllowed(Allow<'r>),
    /// No route matches the path: 404.
    NotFound,
    /// No route matches the path, and the server as a whole does not know the method: it is CONNECT, TRACE or has no
    /// name of its own, and no route anywhere takes it. 501.
    NotImplemented,
}

/// Finds the route for a request, among routes in order.
///
/// `path` is `None` for `*` and for an authority: the request is for the server as a whole.
///
/// ```
/// use pronto::head::{Method, Target};
/// use pronto::service::{Methods, Pattern, Route, Routing, find};
///
/// let routes = [
///     Route { methods: Methods::one(Method::Get), pattern: Pattern::new("/")?, handler: 'a' },
///     Route { methods: Methods::one(Method::Post), pattern: Pattern::new("/users/{id}")?, handler: 'b' },
/// ];
/// let path = Target::parse("/users/7", Method::Post).unwrap().path();
/// let Routing::Found { handler: 'b', params } = find(&routes, Method::Post, path) else { panic!() };
/// assert!(params.value("id").unwrap().is(b"7"));
///
/// let Routing::MethodNotAllowed(allow) = find(&routes, Method::Get, path) else { panic!() };
/// assert_eq!(allow.to_string(), "POST, OPTIONS");
/// # Ok::<(), pronto::service::PatternError>(())
/// ```
#[inline]
pub fn find<'r, 'a, H>(routes: &'r [Route<'_, H>], method: Method<'_>, path: Option<Path<'a>>) -> Routing<'r, 'a, H>
where
    'r: 'a,
{
    match take(routes, method, path) {
        Ok((handler, params)) => Routing::Found { handler, params },
        Err(untaken) => untaken.refuse(routes, method, path),
    }
}

/// The same, with the way apart that most requests take: what handles them, and what the placeholders of its route stand for.
///
/// # Errors
/// [`Untaken`] refuses the request.
#[inline(always)]
pub fn take<'r, 'a, H>(
    routes: &'r [Route<'_, H>],
    method: Method<'_>,
    path: Option<Path<'a>>,
) -> Result<(&'r H, Params<'a>), Untaken>
where
    'r: 'a,
{
    let Some(path) = path else { return Err(Untaken { path_is_known: true }) };
    let (mut head_from_get, mut path_is_known) = (None, false);
    let mut escapes = Escapes::Unknown;
    for route in routes {
        if !route.pattern.fits(path, &mut escapes) {
            continue;
        }
        // A route for any method must not take HEAD from the one that GET goes to.
        if route.methods.names(method) || route.methods.any && head_from_get.is_none() {
            return Ok((&route.handler, route.pattern.params(path)));
        }
        path_is_known = true;
        if method == Method::Head && head_from_get.is_none() && route.methods.contains(Method::Get) {
            head_from_get = Some(route);
        }
    }
    match head_from_get {
        Some(route) => Ok((&route.handler, route.pattern.params(path))),
        None => Err(Untaken { path_is_known }),
    }
}

/// That no route takes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Untaken {
    path_is_known: bool,
}

impl Untaken {
    /// Says it of a request, for those who choose routes otherwise than by [`find`].
    pub fn new<H>(routes: &[Route<'_, H>], path: Option<Path<'_>>) -> Self {
        let path_is_known = path.is_none_or(|path| routes.iter().any(|route| route.pattern.matches(path).is_some()));
        Self { path_is_known }
    }

    /// How the request is refused: never [`Routing::Found`]. What it is given is what the request was looked for with.
    #[cold]
    pub fn refuse<'r, 'a, H>(
        self,
        routes: &'r [Route<'_, H>],
        method: Method<'_>,
        path: Option<Path<'_>>,
    ) -> Routing<'r, 'a, H> {
        let allow = || Allow::new(routes, path);
        match method {
            Method::Options if self.path_is_known => Routing::Options(allow()),
            Method::Connect | Method::Trace | Method::Other(_)
                if (!self.path_is_known || path.is_none())
                    && !routes.iter().any(|route| route.methods.contains(method)) =>
            {
                Routing::NotImplemented
            }
            _ if self.path_is_known => Routing::MethodNotAllowed(allow()),
            _ => Routing::NotFound,
        }
    }
}

/// The methods that a path allows, as the Allow field lists them in its [`Display`](fmt::Display) form (RFC 9110 10.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow<'r> {
    known: u16,
    /// Methods without a name of their own; past the sixteenth they are left out.
    others: Vec<&'r str, 16>,
}

impl<'r> Allow<'r> {
    /// What the routes that match `path` take; all routes where the request is for the server as a whole.
    fn new<H>(routes: &'r [Route<'_, H>], path: Option<Path<'_>>) -> Self {
        let mut allow = Self { known: bit(Method::Options), others: Vec::new() };
        for route in routes {
            if path.is_some_and(|path| route.pattern.matches(path).is_none()) {
                continue;
            }
            // CONNECT goes to an authority, never to a route.
            let any = if route.methods.any { !bit(Method::Connect) } else { 0 };
            allow.known |= any | route.methods.known;
            for other in route.methods.others.iter().filter(|other| !other.is_empty()) {
                if !allow.others.contains(other) {
                    let _full = allow.others.push(other);
                }
            }
        }
        if allow.known & bit(Method::Get) != 0 {
            allow.known |= bit(Method::Head);
        }
        allow
    }
}

impl fmt::Display for Allow<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Method::KNOWN.into_iter().filter(|&method| self.known & bit(method) != 0).map(Method::as_str);
        for (index, method) in known.chain(self.others.iter().copied()).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(formatter, "{separator}{method}")?;
        }
        Ok(())
    }
}

/// How many methods without a name of their own a route takes. WebDAV (RFC 4918) has seven.
const MAX_OTHERS: usize = 8;

/// The bit of a method with a name of its own.
#[inline]
const fn bit(method: Method<'_>) -> u16 {
    match method {
        Method::Get => 1,
        Method::Head => 1 << 1,
        Method::Post => 1 << 2,
        Method::Put => 1 << 3,
        Method::Delete => 1 << 4,
        Method::Connect => 1 << 5,
        Method::Options => 1 << 6,
        Method::Trace => 1 << 7,
        Method::Patch => 1 << 8,
        Method::Other(_) => 0,
    }
}
