use std::{net::SocketAddr, ops::Deref};

use pronto::{head, head::Encoded, service::Params};

/// A whole request, as a handler sees it. Everything of the head is read through it, too.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    head: head::Request<'a>,
    content: Option<&'a [u8]>,
    params: Params<'a>,
    peer: Option<SocketAddr>,
}

impl<'a> Request<'a> {
    pub(crate) const fn new(
        head: head::Request<'a>,
        content: Option<&'a [u8]>,
        params: Params<'a>,
        peer: Option<SocketAddr>,
    ) -> Self {
        Self { head, content, params, peer }
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

    /// Who sent it, where the transport has addresses.
    pub const fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }
}

impl<'a> Deref for Request<'a> {
    type Target = head::Request<'a>;

    fn deref(&self) -> &head::Request<'a> {
        &self.head
    }
}
