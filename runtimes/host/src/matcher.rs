use std::{fmt, sync::Arc};

use pronto::{
    head,
    service::{Methods, Pattern, Route},
};

use crate::{Fault, router::Endpoint};

/// Chooses the route of a request, where the usual way, which is the first one in order that fits, is not what is wanted: by
/// host, by a table of one's own, or by chance.
///
/// ```
/// use pronto::head;
/// use pronto_host::{App, Reply, Request, Routes};
///
/// // The last that fits, instead of the first.
/// let app = App::new()
///     .get("/{any}", |_: &Request, reply: Reply| reply.text("any"))
///     .get("/one", |_: &Request, reply: Reply| reply.text("one"))
///     .matcher(|routes: &Routes<'_>, request: &head::Request<'_>| {
///         let path = request.path()?;
///         routes.iter().rposition(|(methods, pattern)| {
///             methods.contains(request.method()) && pattern.matches(path).is_some()
///         })
///     });
/// ```
pub trait Matcher: Send + Sync + 'static {
    /// The place among the routes of the one that takes the request. Its pattern need not match; then its placeholders stand
    /// for nothing. A panic is answered 500. `None` has the request refused as is usual: by 405 where a pattern matches, by 204 if it is OPTIONS
    /// then, and else by 404 or 501.
    fn choose(&self, routes: &Routes<'_>, request: &head::Request<'_>) -> Option<usize>;
}

impl<F> Matcher for F
where
    F: Fn(&Routes<'_>, &head::Request<'_>) -> Option<usize> + Send + Sync + 'static,
{
    fn choose(&self, routes: &Routes<'_>, request: &head::Request<'_>) -> Option<usize> {
        self(routes, request)
    }
}

/// What becomes of a request, as far as its matcher has a say in it: asked once for each, since it may say something else the
/// next time.
#[derive(Debug)]
pub(crate) enum Choice {
    /// There is no matcher.
    Usual,
    /// The place of the route that takes it, if any does.
    Chosen(Option<usize>),
    /// It panicked.
    Failed(Fault),
}

/// The routes of an application, in order, as a [`Matcher`] sees them.
#[derive(Clone, Copy)]
pub struct Routes<'a>(&'a [Route<'static, Arc<Endpoint>>]);

impl<'a> Routes<'a> {
    pub(crate) const fn new(routes: &'a [Route<'static, Arc<Endpoint>>]) -> Self {
        Self(routes)
    }

    /// The methods and the pattern of each.
    pub fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&'a Methods, &'a Pattern<'static>)> + ExactSizeIterator + use<'a> {
        self.0.iter().map(|route| (&route.methods, &route.pattern))
    }
}

impl fmt::Debug for Routes<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter().map(|(_, pattern)| pattern.as_str())).finish()
    }
}
