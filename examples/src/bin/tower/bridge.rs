//! Any [`tower::Service`] as a handler, with content that streams both ways. To be copied.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes};
use futures_lite::{
    Stream,
    future::poll_fn,
    stream::{self, StreamExt},
};
use http_body::{Body, Frame};
use pronto_host::{
    ContentError, Fault, IncomingContent, OwnedRequest, Piece, Response,
    interop::http::{self, HeaderMap, HeaderName, HeaderValue},
};
use tower::{Service, ServiceExt};

/// The handler that a service makes; each request is given to a clone of the service.
///
/// A service that fails is an error of the handler, and answered 500: one that knows better answers itself.
pub(crate) fn handler<S, B>(service: S) -> impl Fn(OwnedRequest) -> Answering
where
    S: Service<http::Request<Incoming>, Response = http::Response<B>> + Clone + 'static,
    S::Error: Into<BoxError>,
    B: Body<Error: Into<BoxError>> + 'static,
{
    move |request| Box::pin(answer(service.clone(), request))
}

/// A request that is being answered.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<Response, Fault>>>>;

/// An error of any type.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// The content of a request, as services see it.
#[derive(Debug)]
pub(crate) struct Incoming(IncomingContent);

impl Body for Incoming {
    type Data = Bytes;
    type Error = ContentError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ContentError>>> {
        let octets = self.0.poll_next(context);
        octets.map(|octets| octets.map(|octets| octets.map(|octets| Frame::data(octets.into()))))
    }

    fn is_end_stream(&self) -> bool {
        !self.0.is_present()
    }
}

async fn answer<S, B>(service: S, request: OwnedRequest) -> Result<Response, Fault>
where
    S: Service<http::Request<Incoming>, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
    B: Body<Error: Into<BoxError>> + 'static,
{
    let request = request.into_http()?.map(Incoming);
    let (head, body) = service.oneshot(request).await.map_err(fault)?.into_parts();
    let response = Response::of_http(&head);
    if body.is_end_stream() {
        return Ok(response);
    }
    let length = body.size_hint().exact();
    let mut pieces = Box::pin(pieces(body));
    // What is known to be small has its length told. The rest is sent as it comes.
    if length.is_none_or(|length| length > SMALL) {
        return Ok(response.stream(pieces));
    }
    let mut content = Vec::new();
    while let Some(piece) = pieces.next().await {
        if let Piece::Octets(octets) = piece? {
            content.extend_from_slice(&octets);
        }
    }
    Ok(response.content(content))
}

/// In octets.
const SMALL: u64 = 64 * 1024;

/// The content of a response, piece by piece, and the trailers behind it.
fn pieces<B: Body<Error: Into<BoxError>>>(body: B) -> impl Stream<Item = Result<Piece, Fault>> {
    let trailers: Vec<(HeaderName, HeaderValue)> = Vec::new();
    stream::try_unfold((Box::pin(body), trailers), |(mut body, mut trailers)| async move {
        loop {
            if let Some((name, value)) = trailers.pop() {
                let piece = Piece::trailer(name.as_str().to_owned(), value.as_bytes());
                return Ok(Some((piece, (body, trailers))));
            }
            let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await else { return Ok(None) };
            let frame = match frame.map_err(fault)?.into_data() {
                Ok(mut data) => {
                    let octets = data.copy_to_bytes(data.remaining());
                    return Ok(Some((Piece::from(Vec::from(octets)), (body, trailers))));
                }
                Err(frame) => frame,
            };
            trailers = frame.into_trailers().map(in_reverse).unwrap_or_default();
        }
    })
}

/// So that the first is taken first.
fn in_reverse(trailers: HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let mut fields: Vec<_> = trailers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    fields.reverse();
    fields
}

fn fault(error: impl Into<BoxError>) -> Fault {
    Fault::words(error.into().to_string())
}
