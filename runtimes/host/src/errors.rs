use std::error::Error;

use pronto::{connection::Rejection, head::Status};

use crate::{
    Answer, App, BadContent, Cancelled, ContentError, Fault, Forbidden, MethodNotAllowed, NotFound, NotImplemented,
    Overloaded, Reply, Request, UpgradeRequired, app::plain,
};

/// What turns errors of handlers into replies.
#[derive(Default)]
pub(crate) struct ErrorHandlers {
    handlers: Vec<ErrorHandler>,
    rejection: Option<Box<RejectionFunction>>,
}

struct ErrorHandler {
    takes: fn(&(dyn Error + 'static)) -> bool,
    handle: Box<ErrorFunction>,
}

type RejectionFunction = dyn Fn(&Rejection, Reply<'_>) -> Answer + Send + Sync;

type ErrorFunction = dyn Fn(&(dyn Error + 'static), &Request<'_>, Reply<'_>) -> Answer + Send + Sync;

impl ErrorHandlers {
    pub(crate) const fn is_empty(&self) -> bool {
        self.handlers.is_empty()
    }
}

/// Errors of handlers, and of the server itself: [`NotFound`], [`MethodNotAllowed`], [`NotImplemented`], [`Forbidden`], [`Overloaded`],
/// [`Cancelled`], [`UpgradeRequired`], [`BadContent`], [`ContentError`], [`Panicked`](crate::Panicked),
/// [`Unanswered`](crate::Unanswered).
impl App {
    /// Turns errors of type `E` into replies. Of all that take an error, the first added does.
    ///
    /// ```
    /// use pronto_host::{App, NotFound, Reply, Request};
    ///
    /// let app = App::new().on_error(|_: &NotFound, request: &Request<'_>, reply: Reply<'_>| {
    ///     reply.status(pronto::head::Status::NOT_FOUND).content(request.target().as_bytes())
    /// });
    /// ```
    #[must_use]
    pub fn on_error<E: Error + 'static>(
        mut self,
        handler: impl Fn(&E, &Request<'_>, Reply<'_>) -> Answer + Send + Sync + 'static,
    ) -> Self {
        self.error_handlers.handlers.push(ErrorHandler {
            takes: |error| error.is::<E>(),
            handle: Box::new(move |error, request, reply| match error.downcast_ref() {
                Some(error) => handler(error, request, reply),
                None => plain(reply, Status::INTERNAL_SERVER_ERROR),
            }),
        });
        self
    }

    /// Turns every error into a reply that no handler before this one takes.
    #[must_use]
    pub fn on_any_error(
        mut self,
        handler: impl Fn(&(dyn Error + 'static), &Request<'_>, Reply<'_>) -> Answer + Send + Sync + 'static,
    ) -> Self {
        self.error_handlers.handlers.push(ErrorHandler { takes: |_| true, handle: Box::new(handler) });
        self
    }

    /// Answers what is no request that a handler could see: a head that is broken or too large, content that is, or that does
    /// not come in time. The connection closes after it, whatever the answer is. Without this the status is that of the
    /// [`Rejection`], and the text its words.
    ///
    /// ```
    /// use pronto::connection::Rejection;
    /// use pronto_host::{App, Reply};
    ///
    /// let app = App::new()
    ///     .on_rejection(|rejection: &Rejection, reply: Reply<'_>| reply.status(rejection.status()).content(b"no"));
    /// ```
    #[must_use]
    pub fn on_rejection(mut self, handler: impl Fn(&Rejection, Reply<'_>) -> Answer + Send + Sync + 'static) -> Self {
        self.error_handlers.rejection = Some(Box::new(handler));
        self
    }

    /// Answers what was refused.
    pub(crate) fn refuse(&self, rejection: Rejection, reply: Reply<'_>) -> Answer {
        match &self.error_handlers.rejection {
            Some(handler) => handler(&rejection, reply),
            None => {
                let words = rejection.to_string();
                reply.status(rejection.status()).content_type("text/plain").content(words.as_bytes())
            }
        }
    }

    /// Answers a request whose handler failed: by the handler for its error, or as is usual.
    pub(crate) fn handle_error(&self, fault: &Fault, request: Option<&Request<'_>>, reply: Reply<'_>) -> Answer {
        if let Some(request) = request
            && let Some(handler) = self.error_handlers.handlers.iter().find(|handler| (handler.takes)(fault.error()))
        {
            return (handler.handle)(fault.error(), request, reply);
        }
        if fault.downcast_ref::<NotFound>().is_some() {
            return plain(reply, Status::NOT_FOUND);
        }
        if fault.downcast_ref::<NotImplemented>().is_some() {
            return plain(reply, Status::NOT_IMPLEMENTED);
        }
        if fault.downcast_ref::<Forbidden>().is_some() {
            return plain(reply, Status::FORBIDDEN);
        }
        if fault.downcast_ref::<Cancelled>().is_some() || fault.downcast_ref::<Overloaded>().is_some() {
            return plain(reply, Status::SERVICE_UNAVAILABLE);
        }
        if let Some(MethodNotAllowed { allow }) = fault.downcast_ref() {
            let status = Status::METHOD_NOT_ALLOWED;
            let reply = reply.status(status).field("Allow", allow).content_type("text/plain");
            return reply.content(status.reason().as_bytes());
        }
        if let Some(UpgradeRequired { protocol }) = fault.downcast_ref() {
            let status = Status::UPGRADE_REQUIRED;
            let reply = reply.status(status).offer_upgrade(protocol).content_type("text/plain");
            return reply.content(status.reason().as_bytes());
        }
        if let Some(error) = fault.downcast_ref::<BadContent>().filter(|error| **error != BadContent::NotHere) {
            let mut reply = reply.status(error.status());
            if let BadContent::Incoming(_) = error {
                reply = reply.close();
            }
            return reply.text(&error.to_string());
        }
        if let Some(error) = fault.downcast_ref::<ContentError>() {
            return reply
                .status(error.status())
                .close()
                .content_type("text/plain")
                .content(error.to_string().as_bytes());
        }
        log::error!("a handler failed: {fault}");
        if self.is_debugged() {
            return reply.status(Status::INTERNAL_SERVER_ERROR).text(&fault.to_string());
        }
        plain(reply, Status::INTERNAL_SERVER_ERROR)
    }
}
