use std::pin::Pin;

use crate::{Answer, Fault, IntoResponse, OwnedRequest, Reply, Request, Response};

/// What answers the requests of a route: a function of one of two kinds.
///
/// - `fn(&Request<'_>, Reply<'_>) -> Answer` answers at once, out of the buffer that the request was read to, and without
///   memory of its own. It may also put the answer off ([`Reply::defer`]).
/// - `async fn(OwnedRequest) -> impl IntoResponse` may wait. Requests behind it are worked on meanwhile. It is polled once
///   in place: where it does not wait it costs no task.
///
/// `Kind` is inferred, and only keeps the two apart.
pub trait Handler<Kind>: Send + Sync + 'static {
    /// The handler as a router keeps it.
    fn into_any(self) -> AnyHandler;
}

/// A handler of any kind.
#[expect(missing_debug_implementations, reason = "functions have nothing to show")]
pub struct AnyHandler(pub(crate) HandlerKind);

pub(crate) enum HandlerKind {
    Sync(Box<SyncFunction>),
    Async(Box<AsyncFunction>),
}

pub(crate) type SyncFunction = dyn Fn(&Request<'_>, Reply<'_>) -> Answer + Send + Sync;

pub(crate) type AsyncFunction = dyn Fn(OwnedRequest) -> HandlerFuture + Send + Sync;

/// A request that is being answered.
pub(crate) type HandlerFuture = Pin<Box<dyn Future<Output = Result<Response, Fault>>>>;

/// The kind of handlers that answer at once.
#[derive(Debug)]
pub enum SyncKind {}

/// The kind of handlers that may wait.
#[derive(Debug)]
pub enum AsyncKind {}

impl<F: Fn(&Request<'_>, Reply<'_>) -> Answer + Send + Sync + 'static> Handler<SyncKind> for F {
    fn into_any(self) -> AnyHandler {
        AnyHandler(HandlerKind::Sync(Box::new(self)))
    }
}

impl<F, R> Handler<(AsyncKind, R)> for F
where
    F: Fn(OwnedRequest) -> R + Send + Sync + 'static,
    R: Future<Output: IntoResponse> + 'static,
{
    fn into_any(self) -> AnyHandler {
        AnyHandler(HandlerKind::Async(Box::new(move |request| {
            let future = self(request);
            Box::pin(async { future.await.into_response() })
        })))
    }
}
