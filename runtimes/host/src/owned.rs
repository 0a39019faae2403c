use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use pronto::{
    head::{self, FieldSpan, Fields, Method, RequestHead, Target},
    service::{Params, Pattern},
};

use crate::{Ending, IncomingContent, Request, done::DoneHooks};

/// A request of its own: what an `async` handler takes, since it outlives the buffer that the request was read to.
///
/// [`view`](Self::view) shows it as sync handlers see theirs, with every reader; the most usual ones are repeated here.
#[derive(Debug)]
pub struct OwnedRequest {
    shared: Arc<Shared>,
    content: IncomingContent,
}

impl OwnedRequest {
    pub(crate) const fn new(shared: Arc<Shared>, content: IncomingContent) -> Self {
        Self { shared, content }
    }

    /// The request as it lies in memory: everything that can be read from a head is read through it. Its content is not
    /// among that.
    pub fn view(&self) -> Request<'_> {
        self.shared.view()
    }

    /// The method.
    pub fn method(&self) -> Method<'_> {
        self.view().method()
    }

    /// The request target, as it was sent.
    pub fn target(&self) -> &str {
        self.shared.head().target()
    }

    /// The fields in order, duplicates kept.
    pub fn fields(&self) -> Fields<'_> {
        self.shared.head().fields()
    }

    /// The value of the first field of this name, in any case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.shared.head().field(name)
    }

    /// Whether the client offers to go on in this protocol: what [`Response::upgrade`](crate::Response::upgrade) takes up.
    pub fn offers_upgrade(&self, protocol: &str) -> bool {
        self.shared.head().offers_upgrade(protocol)
    }

    /// What the placeholder of this name stands for, percent-decoded; octets that are not UTF-8 are replaced.
    pub fn param(&self, name: &str) -> Option<String> {
        self.view().param(name).map(|value| value.to_string())
    }

    /// Who sent it, where the transport has addresses.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.shared.peer
    }

    /// The content, which comes while the handler runs.
    pub const fn content(&mut self) -> &mut IncomingContent {
        &mut self.content
    }

    /// The content alone: the rest of the request is done with.
    pub fn into_content(self) -> IncomingContent {
        self.content
    }

    /// Has something done when the exchange has ended: when the reply was sent, or the connection ended before.
    pub fn on_done(&self, hook: impl FnOnce(&Ending) + Send + 'static) {
        self.shared.done.lock().unwrap_or_else(PoisonError::into_inner).add(hook);
    }
}

/// A copy of a head, and what belongs to it.
pub(crate) struct Shared {
    head: RequestHead,
    octets: Box<[u8]>,
    spans: Box<[FieldSpan]>,
    pattern: Option<Pattern<'static>>,
    peer: Option<SocketAddr>,
    done: Mutex<DoneHooks>,
}

impl Shared {
    /// Copies a head. `pattern` is that of its route.
    pub(crate) fn copy(
        request: &head::Request<'_>,
        pattern: Option<Pattern<'static>>,
        peer: Option<SocketAddr>,
    ) -> Arc<Self> {
        Arc::new(Self {
            head: *request.head(),
            octets: request.as_octets().into(),
            spans: request.spans().into(),
            pattern,
            peer,
            done: Mutex::default(),
        })
    }

    pub(crate) fn view(&self) -> Request<'_> {
        let head = self.head();
        let form = head.target_form().ok();
        let path = form.as_ref().and_then(Target::path);
        let params = self.pattern.and_then(|pattern| pattern.matches(path?));
        Request::new(head, None, params.unwrap_or(Params::NONE), self.peer)
    }

    pub(crate) fn take_done(&self) -> DoneHooks {
        std::mem::take(&mut *self.done.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn head(&self) -> head::Request<'_> {
        self.head.view(&self.octets, &self.spans)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.head().method(), self.head().target())
    }
}
