use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use pronto::head::{self, FieldSpan, Fields, Method, RequestHead};

use crate::{Ending, IncomingContent, Request, data::RequestData, done::DoneHooks, router::Endpoint};

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

    /// Attaches a value to this request; see [`Request::set_data`].
    pub fn set_data<T: Clone + Send + 'static>(&self, value: T) {
        self.shared.data.set(value);
    }

    /// The value of this type that was attached to this request, as a clone.
    pub fn data<T: Clone + 'static>(&self) -> Option<T> {
        self.shared.data.value()
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
    endpoint: Option<Arc<Endpoint>>,
    peer: Option<SocketAddr>,
    data: RequestData,
    done: Mutex<DoneHooks>,
}

impl Shared {
    /// Copies a request but for its content, and takes what was attached to it.
    pub(crate) fn copy(request: &Request<'_>) -> Arc<Self> {
        Arc::new(Self {
            head: *request.head(),
            octets: request.as_octets().into(),
            spans: request.spans().into(),
            endpoint: request.endpoint().cloned(),
            peer: request.peer(),
            data: request.take_data(),
            done: Mutex::default(),
        })
    }

    pub(crate) fn view(&self) -> Request<'_> {
        let head = self.head();
        let request = Request::new(head, &self.peer, &self.data);
        let Some(endpoint) = &self.endpoint else { return request };
        request.routed(endpoint, head.path().and_then(|path| endpoint.pattern.matches(path)).unwrap_or_default())
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
