use std::{net::SocketAddr, ops::Deref, sync::Arc};

use pronto::{head, head::Encoded, service::Params};

use crate::{data::RequestData, handler::HandlerKind, router::Endpoint};

/// A whole request, as a handler sees it. Everything of the head is read through it, too.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    head: head::Request<'a>,
    content: Option<&'a [u8]>,
    params: Params<'a>,
    peer: &'a Option<SocketAddr>,
    endpoint: Option<&'a Arc<Endpoint>>,
    data: &'a RequestData,
}

impl<'a> Request<'a> {
    /// A request that no route takes.
    pub(crate) const fn new(head: head::Request<'a>, peer: &'a Option<SocketAddr>, data: &'a RequestData) -> Self {
        Self { head, content: None, params: Params::NONE, peer, endpoint: None, data }
    }

    /// The same, for a route.
    pub(crate) const fn routed(mut self, endpoint: &'a Arc<Endpoint>, params: Params<'a>) -> Self {
        (self.endpoint, self.params) = (Some(endpoint), params);
        self
    }

    /// Notes which route takes it, and gives its handler.
    #[inline]
    pub(crate) fn set_route(&mut self, endpoint: &'a Arc<Endpoint>, params: Params<'a>) -> &'a HandlerKind {
        (self.endpoint, self.params) = (Some(endpoint), params);
        &endpoint.handler
    }

    /// Notes what its content is.
    pub(crate) const fn set_content(&mut self, content: Option<&'a [u8]>) {
        self.content = content;
    }

    /// The content: `None` where the request has none, which differs from empty content.
    pub const fn content(&self) -> Option<&'a [u8]> {
        self.content
    }

    /// What the placeholders of the route stand for.
    pub const fn params(&self) -> Params<'a> {
        self.params
    }

    /// What the placeholder of this name stands for.
    pub fn param(&self, name: &str) -> Option<Encoded<'a>> {
        self.params.value(name)
    }

    /// The pattern of the route that takes it: `None` where none does.
    pub fn route(&self) -> Option<&'a str> {
        self.endpoint.map(|endpoint| endpoint.pattern.as_str())
    }

    /// Who sent it, where the transport has addresses.
    pub const fn peer(&self) -> Option<SocketAddr> {
        *self.peer
    }

    /// Attaches a value to this request, for whoever sees it later: a handler, behind a function
    /// [before](crate::App::before) it. A value of the same type is replaced.
    ///
    /// ```
    /// use pronto_host::{App, Reply, Request};
    ///
    /// #[derive(Clone)]
    /// struct User(String);
    ///
    /// let app = App::new()
    ///     .before(|request: &Request<'_>| {
    ///         request.set_data(User("somebody".to_owned()));
    ///         Ok(None)
    ///     })
    ///     .get("/", |request: &Request, reply: Reply| match request.data::<User>() {
    ///         Some(User(name)) => reply.text(&name),
    ///         None => reply.text("nobody"),
    ///     });
    /// ```
    pub fn set_data<T: Clone + Send + 'static>(&self, value: T) {
        self.data.set(value);
    }

    /// The value of this type that was attached to this request, as a clone: what is large belongs in an [`Arc`].
    pub fn data<T: Clone + 'static>(&self) -> Option<T> {
        self.data.value()
    }

    /// What was attached, on its way to another place of the same request.
    pub(crate) fn take_data(&self) -> RequestData {
        self.data.take()
    }

    pub(crate) const fn endpoint(&self) -> Option<&'a Arc<Endpoint>> {
        self.endpoint
    }
}

impl<'a> Deref for Request<'a> {
    type Target = head::Request<'a>;

    fn deref(&self) -> &head::Request<'a> {
        &self.head
    }
}
