//! To and from the types of the crate [`http`], which much of what others have written for servers speaks.
//!
//! [`Request::to_http`] and [`OwnedRequest::into_http`] turn requests into theirs, and a [`Response`] is made from one of theirs
//! whose content is octets, or a stream. These copy every field and so take memory, which the types of this crate do not.
//!
//! ```
//! use pronto_host::{App, IncomingContent, OwnedRequest, Response, interop::{self, http}};
//!
//! /// Somebody else's.
//! async fn greet(request: http::Request<IncomingContent>) -> http::Response<String> {
//!     http::Response::new(format!("Hello, {}!\n", request.uri().path()))
//! }
//!
//! let app = App::new().get("/{*path}", async |request: OwnedRequest| {
//!     Ok::<Response, interop::NotHttp>(greet(request.into_http()?).await.into())
//! });
//! ```

use std::{borrow::Cow, error::Error, fmt};

use futures_lite::Stream;
pub use http;
use pronto::head::{self, Method, Status, Version};

use crate::{Fault, IncomingContent, IntoResponse, OwnedRequest, Piece, Request, Response};

/// Their method.
///
/// # Errors
/// [`NotHttp`], for an [`Other`](Method::Other) that is not a token; the parser makes none.
pub fn to_method(method: Method<'_>) -> Result<http::Method, NotHttp> {
    Ok(match method {
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Delete => http::Method::DELETE,
        Method::Connect => http::Method::CONNECT,
        Method::Options => http::Method::OPTIONS,
        Method::Trace => http::Method::TRACE,
        Method::Patch => http::Method::PATCH,
        Method::Other(token) => http::Method::from_bytes(token.as_bytes()).map_err(|_| NotHttp::Method)?,
    })
}

/// Our method.
pub fn from_method(method: &http::Method) -> Method<'_> {
    Method::from_token(method.as_str())
}

/// Their status.
pub fn to_status(status: Status) -> http::StatusCode {
    // Both are 100 to 999.
    http::StatusCode::from_u16(status.code()).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR)
}

/// Our status.
pub fn from_status(status: http::StatusCode) -> Status {
    // Both are 100 to 999.
    Status::new(status.as_u16()).unwrap_or(Status::INTERNAL_SERVER_ERROR)
}

/// Their version.
pub const fn to_version(version: Version) -> http::Version {
    match version {
        Version::Http10 => http::Version::HTTP_10,
        Version::Http11 => http::Version::HTTP_11,
    }
}

/// Our version; `None` for those that are not spoken here.
pub const fn from_version(version: http::Version) -> Option<Version> {
    match version {
        http::Version::HTTP_10 => Some(Version::Http10),
        http::Version::HTTP_11 => Some(Version::Http11),
        _ => None,
    }
}

impl Request<'_> {
    /// This request, but for its content, as theirs. The target becomes the URI as it was sent, which has a scheme and an
    /// authority only where the target has. [`peer`](Self::peer) is an extension, where there is one.
    ///
    /// # Errors
    /// [`NotHttp`], which is answered 400: their types take fewer targets than HTTP has octets for.
    pub fn to_http(&self) -> Result<http::Request<()>, NotHttp> {
        let mut request = http::Request::new(());
        *request.method_mut() = to_method(self.method())?;
        *request.uri_mut() = self.target().parse().map_err(|_| NotHttp::Target)?;
        *request.version_mut() = to_version(self.version());
        copy_fields(self, request.headers_mut())?;
        if let Some(peer) = self.peer() {
            request.extensions_mut().insert(peer);
        }
        Ok(request)
    }
}

impl OwnedRequest {
    /// This request as theirs, with its content, which is a [`Stream`] of octets. For the rest see [`Request::to_http`].
    ///
    /// # Errors
    /// As for [`Request::to_http`].
    pub fn into_http(self) -> Result<http::Request<IncomingContent>, NotHttp> {
        let (head, ()) = self.view().to_http()?.into_parts();
        Ok(http::Request::from_parts(head, self.into_content()))
    }
}

impl TryFrom<&Request<'_>> for http::Request<()> {
    type Error = NotHttp;

    fn try_from(request: &Request<'_>) -> Result<Self, NotHttp> {
        request.to_http()
    }
}

impl Response {
    /// A response with the status and the fields of theirs, and no content yet.
    ///
    /// What is derived here is left out: Connection, Content-Length, Date, Keep-Alive, Server, Trailer, Transfer-Encoding and
    /// Upgrade. But `Connection: close` has the connection [closed](Self::close).
    pub fn of_http(head: &http::response::Parts) -> Self {
        let mut response = Self::new(from_status(head.status));
        for (name, value) in &head.headers {
            if *name == http::header::CONNECTION {
                let closes = |member: &[u8]| member.trim_ascii().eq_ignore_ascii_case(b"close");
                if value.as_bytes().split(|&octet| octet == b',').any(closes) {
                    response = response.close();
                }
            } else if !DERIVED.contains(&name.as_str()) {
                response = response.field(name.as_str().to_owned(), value.as_bytes());
            }
        }
        response
    }

    /// A response of theirs, whose content is a stream of octets of unknown length.
    pub fn of_http_stream<P: Into<Piece>, E: Into<Fault>>(
        response: http::Response<impl Stream<Item = Result<P, E>> + 'static>,
    ) -> Self {
        let (head, content) = response.into_parts();
        Self::of_http(&head).stream(content)
    }
}

/// With all of the content. See [`Response::of_http`] for what becomes of the fields.
impl<B: Into<HttpContent>> From<http::Response<B>> for Response {
    fn from(response: http::Response<B>) -> Self {
        let (head, content) = response.into_parts();
        let HttpContent(content) = content.into();
        let response = Self::of_http(&head);
        // None, and not an empty one, so that it suits a status that permits none.
        if content.is_empty() { response } else { response.content(content) }
    }
}

impl<B: Into<HttpContent>> IntoResponse for http::Response<B> {
    fn into_response(self) -> Result<Response, Fault> {
        Ok(self.into())
    }
}

/// What the content of an [`http::Response`] may be made from to be sent at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpContent(Cow<'static, [u8]>);

impl From<()> for HttpContent {
    fn from((): ()) -> Self {
        Self(Cow::Borrowed(&[]))
    }
}

impl From<&'static str> for HttpContent {
    fn from(text: &'static str) -> Self {
        text.as_bytes().into()
    }
}

impl From<String> for HttpContent {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<&'static [u8]> for HttpContent {
    fn from(octets: &'static [u8]) -> Self {
        Self(Cow::Borrowed(octets))
    }
}

impl From<Vec<u8>> for HttpContent {
    fn from(octets: Vec<u8>) -> Self {
        Self(Cow::Owned(octets))
    }
}

impl From<Cow<'static, [u8]>> for HttpContent {
    fn from(octets: Cow<'static, [u8]>) -> Self {
        Self(octets)
    }
}

/// Why a request cannot be told in the types of the crate [`http`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotHttp {
    /// The method is not a token.
    Method,
    /// The target is no URI to them.
    Target,
    /// A field is none to them, or there are too many.
    Field,
}

impl fmt::Display for NotHttp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Method => "the method is not a token",
            Self::Target => "the request target is not a URI",
            Self::Field => "a field cannot be told",
        })
    }
}

impl Error for NotHttp {}

fn copy_fields(request: &head::Request<'_>, to: &mut http::HeaderMap) -> Result<(), NotHttp> {
    for field in request.fields() {
        let name = http::HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| NotHttp::Field)?;
        let value = http::HeaderValue::from_bytes(field.value).map_err(|_| NotHttp::Field)?;
        to.try_append(name, value).map_err(|_| NotHttp::Field)?;
    }
    Ok(())
}

/// What the writer of responses derives, or has no use for.
const DERIVED: [&str; 7] =
    ["content-length", "date", "keep-alive", "server", "trailer", "transfer-encoding", "upgrade"];

#[cfg(test)]
mod tests {
    use pronto::head::{FieldSpan, Progress, RequestHead};

    use super::*;
    use crate::data::RequestData;

    fn to_http(head: &str) -> Result<http::Request<()>, NotHttp> {
        let mut spans = [FieldSpan::EMPTY; 16];
        let Ok(Progress::Complete(parsed)) = RequestHead::parse(head.as_bytes(), &mut spans) else { panic!("{head}") };
        let (peer, data) = (Some(([127, 0, 0, 1], 7).into()), RequestData::default());
        Request::new(parsed.view(head.as_bytes(), &spans), &peer, &data).to_http()
    }

    #[test]
    fn a_request_is_told_whole() {
        let head = "BREW /pot?strong=1 HTTP/1.0\r\nHost: a\r\nA: b\r\na: \u{e9}\r\n\r\n";
        let request = to_http(head).unwrap();
        assert_eq!(request.method().as_str(), "BREW");
        assert_eq!((request.uri().path(), request.uri().query()), ("/pot", Some("strong=1")));
        assert_eq!(request.version(), http::Version::HTTP_10);
        assert_eq!(request.headers()["host"], "a");
        let values: Vec<_> = request.headers().get_all("A").iter().map(|value| value.as_bytes()).collect();
        assert_eq!(values, [&b"b"[..], "\u{e9}".as_bytes()]);
        assert_eq!(request.extensions().get(), Some(&std::net::SocketAddr::from(([127, 0, 0, 1], 7))));
    }

    #[test]
    fn all_forms_of_target_are_uris() {
        for (method, target, host) in [
            ("GET", "/", None),
            ("OPTIONS", "*", None),
            ("CONNECT", "a.example:443", Some("a.example")),
            ("GET", "http://a.example/b", Some("a.example")),
        ] {
            let request = to_http(&format!("{method} {target} HTTP/1.1\r\nHost: a.example\r\n\r\n")).unwrap();
            assert_eq!(request.uri().host(), host, "{target}");
            assert_eq!(request.uri().to_string(), target);
        }
    }

    #[test]
    fn what_is_no_uri_to_them_is_told() {
        assert_eq!(
            to_http("GET a HTTP/1.1\r\nHost: a\r\n\r\n").map(|request| request.uri().to_string()),
            Ok("a".into())
        );
        assert!(matches!(to_http("GET http://[/ HTTP/1.1\r\nHost: a\r\n\r\n"), Err(NotHttp::Target)));
    }

    #[test]
    fn methods_statuses_and_versions_are_the_same_both_ways() {
        for method in Method::KNOWN.into_iter().chain([Method::Other("BREW")]) {
            assert_eq!(from_method(&to_method(method).unwrap()), method);
        }
        assert!(matches!(to_method(Method::Other("no token")), Err(NotHttp::Method)));
        for code in 100..=999 {
            let status = Status::new(code).unwrap();
            assert_eq!(from_status(to_status(status)), status);
        }
        for version in [Version::Http10, Version::Http11] {
            assert_eq!(from_version(to_version(version)), Some(version));
        }
        assert_eq!(from_version(http::Version::HTTP_2), None);
    }
}
