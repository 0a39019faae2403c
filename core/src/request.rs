//! Requests on the way out: for clients, and for proxies that pass requests on.
//!
//! What comes back is read by [`ResponseParser`](crate::head::ResponseParser),
//! [`response_framing`](crate::framing::response_framing) and a [`ContentDecoder`](crate::framing::ContentDecoder).

use crate::{
    buffer::Sink,
    framing::Framing,
    head::{Authority, Method, Request, Target},
    response::{Draft, Following, ResponseError, check_name, decimal_length, length_line_length, put_length_line},
    scan::is_target_octet,
};

/// Writes the head of one request, and finishes it with exactly one kind of content: all of it or nothing.
///
/// Host, Content-Length, Transfer-Encoding and Connection are derived and cannot be given. The first error sticks, and the
/// finisher tells it.
///
/// ```
/// use pronto::{buffer::SliceSink, head::Method, request::RequestWriter};
///
/// let mut memory = [0; 128];
/// let mut sink = SliceSink::new(&mut memory);
/// RequestWriter::new(&mut sink, Method::Post, "/echo", "example.org").field("Accept", "*/*").content(b"hello")?;
/// assert_eq!(
///     sink.written(),
///     b"POST /echo HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\nContent-Length: 5\r\n\r\nhello"
/// );
/// # Ok::<(), pronto::response::ResponseError>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is written before a writer is finished"]
pub struct RequestWriter<'a, S> {
    draft: Draft<'a, S>,
    /// CONNECT and TRACE have no content (RFC 9110 9.3.6, 9.3.8).
    permits_content: bool,
    closes: bool,
}

impl<'a, S: Sink> RequestWriter<'a, S> {
    /// Begins a request with this method, target and host, which may have a port.
    ///
    /// The target has one of the forms that go with the method (RFC 9112 3.2), usually a path and perhaps a query. Where it
    /// names an authority, as for proxies and with CONNECT, the host must be the same, or else it is refused as
    /// [`ResponseError::Host`]: servers differ in which of two they go by. Where it names none, the host may be empty.
    pub fn new(sink: &'a mut S, method: Method<'_>, target: &str, host: &str) -> Self {
        let mut draft = Draft::new(sink);
        if check_name(method.as_str()).is_err() {
            draft.fail(ResponseError::Method);
        }
        // It may have been written out, and have a name.
        let method = Method::from_token(method.as_str());
        let parsed = Target::parse(target, method);
        if !target.bytes().all(is_target_octet) || parsed.is_err() {
            draft.fail(ResponseError::Target);
        }
        let named = match parsed {
            Ok(Target::Absolute { authority, .. } | Target::Authority(authority)) => Some(authority),
            _ => None,
        };
        let is_right = Authority::parse(host).is_some_and(|host| named.is_none_or(|named| named == host));
        if !is_right {
            draft.fail(ResponseError::Host);
        }
        draft.put(method.as_str().as_bytes());
        draft.put(b" ");
        draft.put(target.as_bytes());
        draft.put(b" HTTP/1.1\r\n");
        draft.put_line("Host", host.as_bytes());
        Self { draft, permits_content: !matches!(method, Method::Connect | Method::Trace), closes: false }
    }

    /// Begins a request that is passed on to an origin server: the same method, the target in the form that goes to origins
    /// (RFC 9112 3.2.1, 3.2.4), and as Host the authority it is for, or `default_host` where HTTP/1.0 names none.
    ///
    /// It adds no field of the request: which of its
    /// [`end_to_end_fields`](crate::head::Request::end_to_end_fields) go on is the proxy's to say. CONNECT, which is for the
    /// proxy itself, is refused as [`ResponseError::Target`].
    ///
    /// ```
    /// # use pronto::{buffer::SliceSink, head::{FieldSpan, Progress, RequestHead}, request::RequestWriter};
    /// # let mut fields = [FieldSpan::EMPTY; 16];
    /// # let mut memory = [0; 128];
    /// # let mut sink = SliceSink::new(&mut memory);
    /// let received = b"GET http://example.org?q HTTP/1.1\r\nHost: a\r\nKeep-Alive: 5\r\nAccept: */*\r\n\r\n";
    /// let Progress::Complete(head) = RequestHead::parse(received, &mut fields)? else { panic!() };
    /// let request = head.view(received, &fields);
    ///
    /// let mut writer = RequestWriter::forward(&mut sink, &request, "localhost");
    /// for field in request.end_to_end_fields()? {
    ///     writer = writer.field(field.name, field.value);
    /// }
    /// writer.field("Via", "1.1 here").no_content()?;
    /// assert_eq!(
    ///     sink.written(),
    ///     b"GET /?q HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\nVia: 1.1 here\r\n\r\n"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn forward(sink: &'a mut S, request: &Request<'_>, default_host: &str) -> Self {
        let mut draft = Draft::new(sink);
        draft.put(request.method().as_str().as_bytes());
        draft.put(b" ");
        match request.target_form() {
            Ok(Target::Origin { .. } | Target::Asterisk) => draft.put(request.target_octets()),
            // A scheme and an authority alone: with OPTIONS this is for the server as a whole.
            Ok(Target::Absolute { query: None, .. })
                if request.method() == Method::Options && ends_with_host(request) =>
            {
                draft.put(b"*");
            }
            Ok(Target::Absolute { path, query, .. }) => {
                draft.put(path.as_octets());
                if let Some(query) = query {
                    draft.put(b"?");
                    draft.put(query.as_str().as_bytes());
                }
            }
            Ok(Target::Authority(_)) | Err(_) => draft.fail(ResponseError::Target),
        }
        draft.put(b" HTTP/1.1\r\nHost: ");
        match request.authority().map(|named| named.or_else(|| Authority::parse(default_host))) {
            Ok(Some(authority)) => {
                draft.put(authority.host().as_bytes());
                if let Some(port) = authority.port() {
                    let port = u64::from(port);
                    draft.put_with(1 + decimal_length(port), |pen| {
                        pen.put(b":")?;
                        pen.put_decimal(port)
                    });
                }
            }
            Ok(None) | Err(_) => draft.fail(ResponseError::Host),
        }
        draft.put(b"\r\n");
        Self { draft, permits_content: request.method() != Method::Trace, closes: false }
    }

    /// Adds a field. A name may come again: the lines stay apart.
    pub fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        if DERIVED.iter().any(|derived| name.eq_ignore_ascii_case(derived)) {
            self.draft.fail(ResponseError::DerivedField);
        }
        self.draft.put_checked_line(name, value.as_ref());
        self
    }

    /// Asks for the connection to close after the response.
    pub fn close(mut self) -> Self {
        self.closes = true;
        self
    }

    /// Finishes a request without content, which is another thing than [empty content](Self::content).
    ///
    /// # Errors
    /// The first error that any step met: [`ResponseError::Method`], [`ResponseError::Target`], [`ResponseError::Host`],
    /// [`ResponseError::FieldName`], [`ResponseError::FieldValue`]; [`ResponseError::DerivedField`] for Host,
    /// Content-Length, Transfer-Encoding, Connection, TE, Trailer and Upgrade; [`ResponseError::NoRoom`].
    pub fn no_content(mut self) -> Result<Following, ResponseError> {
        self.end_head();
        self.draft.finish().map(|()| Following::Nothing)
    }

    /// Finishes with all of the content.
    ///
    /// # Errors
    /// As for [`no_content`](Self::no_content); [`ResponseError::ContentNotPermitted`] with CONNECT and TRACE.
    pub fn content(mut self, content: &[u8]) -> Result<Following, ResponseError> {
        self.put_length(content.len() as u64);
        self.draft.put(content);
        self.draft.finish().map(|()| Following::Nothing)
    }

    /// Finishes the head; exactly `length` octets of content must follow, best by a
    /// [`ContentEncoder`](crate::framing::ContentEncoder).
    ///
    /// # Errors
    /// As for [`content`](Self::content).
    pub fn content_of_length(mut self, length: u64) -> Result<Following, ResponseError> {
        self.put_length(length);
        let following = if length == 0 { Following::Nothing } else { Following::Octets(length) };
        self.draft.finish().map(|()| following)
    }

    /// Finishes the head; content of unknown length follows in chunks, best by a
    /// [`ContentEncoder`](crate::framing::ContentEncoder). A server of HTTP/1.0 does not understand it.
    ///
    /// # Errors
    /// As for [`content`](Self::content).
    pub fn chunked(mut self) -> Result<Following, ResponseError> {
        self.check_content_permitted();
        self.draft.put(b"Transfer-Encoding: chunked\r\n");
        self.end_head();
        self.draft.finish().map(|()| Following::Chunked)
    }

    /// Finishes the head of a request that is passed on, whose content was framed in this way: it stays as long, or stays in
    /// chunks, however these are cut anew.
    ///
    /// # Errors
    /// As for [`content`](Self::content).
    pub fn framed(self, framing: Framing) -> Result<Following, ResponseError> {
        match framing {
            Framing::None => self.no_content(),
            Framing::Length(length) => self.content_of_length(length),
            // No request has the latter.
            Framing::Chunked | Framing::UntilClose => self.chunked(),
        }
    }

    fn put_length(&mut self, length: u64) {
        self.check_content_permitted();
        self.draft.put_with(length_line_length(length), |pen| put_length_line(pen, length));
        self.end_head();
    }

    fn check_content_permitted(&mut self) {
        if !self.permits_content {
            self.draft.fail(ResponseError::ContentNotPermitted);
        }
    }

    fn end_head(&mut self) {
        self.draft.put(if self.closes { b"Connection: close\r\n\r\n" } else { b"\r\n" });
    }
}

/// Whether nothing follows the authority in an absolute target.
fn ends_with_host(request: &Request<'_>) -> bool {
    request.target_octets().iter().filter(|&&octet| octet == b'/').count() == "//".len()
}

/// The fields that are derived, or that only they could announce who have a way to keep their promise.
const DERIVED: [&str; 7] = ["connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade"];

#[cfg(test)]
mod tests {
    use alloc::{string::String, vec::Vec};

    use proptest::prelude::*;

    use super::*;
    use crate::{
        buffer::{ArraySink, SliceSink},
        connection::check_request,
        head::{FieldSpan, Progress, RequestHead},
    };

    type Sunk = ArraySink<512>;

    fn written(write: impl FnOnce(&mut Sunk) -> Result<Following, ResponseError>) -> Result<String, ResponseError> {
        let mut sink = Sunk::new();
        let outcome = write(&mut sink);
        assert!(outcome.is_ok() || sink.written().is_empty(), "an error leaves nothing behind");
        outcome.map(|_| String::from_utf8(sink.written().to_vec()).unwrap())
    }

    fn get(sink: &mut Sunk) -> RequestWriter<'_, Sunk> {
        RequestWriter::new(sink, Method::Get, "/", "a")
    }

    #[test]
    fn requests_are_written_with_one_framing() {
        let head = "GET / HTTP/1.1\r\nHost: a\r\n";
        for (framing, end, following) in [
            (Framing::None, "\r\n", Following::Nothing),
            (Framing::Length(0), "Content-Length: 0\r\n\r\n", Following::Nothing),
            (Framing::Length(7), "Content-Length: 7\r\n\r\n", Following::Octets(7)),
            (Framing::Length(u64::MAX), "Content-Length: 18446744073709551615\r\n\r\n", Following::Octets(u64::MAX)),
            (Framing::Chunked, "Transfer-Encoding: chunked\r\n\r\n", Following::Chunked),
        ] {
            let mut sink = Sunk::new();
            assert_eq!(get(&mut sink).framed(framing), Ok(following));
            assert_eq!(str::from_utf8(sink.written()).unwrap(), [head, end].concat());
        }
        let closing = written(|sink| get(sink).field("A", "b").close().content(b"hi")).unwrap();
        assert_eq!(closing, [head, "A: b\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"].concat());
    }

    #[test]
    fn targets_and_hosts_that_are_none_are_refused() {
        let targets = ["", "a", "a/b", "/ ", "/\r\nX: y", "/\n", "/#f", "/é", "*", "http:///", "a:80", "/\0", "/\x7f"];
        for target in targets {
            let outcome = written(|sink| RequestWriter::new(sink, Method::Get, target, "a").no_content());
            assert_eq!(outcome, Err(ResponseError::Target), "{target:?}");
        }
        for host in ["a b", "a\r\nX: y", "a@b", "a:b", "a:99999", ":80", "[::1", "a/"] {
            let outcome = written(|sink| RequestWriter::new(sink, Method::Get, "/", host).no_content());
            assert_eq!(outcome, Err(ResponseError::Host), "{host:?}");
        }
        // Two hosts in one request.
        for (method, target, host) in [
            (Method::Get, "http://b/", "a"),
            (Method::Get, "http://b/", ""),
            (Method::Get, "http://b:1/c?d", "b"),
            (Method::Get, "http://b/", "b:80"),
            (Method::Options, "http://b", "c"),
            (Method::Connect, "b:80", "a:80"),
            (Method::Connect, "b:80", "b"),
            (Method::Connect, "b:80", "b:81"),
            (Method::Other("CONNECT"), "b:80", ""),
        ] {
            let outcome = written(|sink| RequestWriter::new(sink, method, target, host).no_content());
            assert_eq!(outcome, Err(ResponseError::Host), "{target} at {host:?}");
        }
        for (method, target, host) in [
            (Method::Options, "*", "a:80"),
            (Method::Get, "http://b:1/c?d", "b:1"),
            (Method::Connect, "b:80", "b:80"),
            (Method::Other("CONNECT"), "b:80", "b:80"),
            (Method::Other("PROPFIND"), "/?a=b", ""),
            (Method::Get, "/%20~", "[::1]:80"),
        ] {
            assert!(written(|sink| RequestWriter::new(sink, method, target, host).no_content()).is_ok(), "{target}");
        }
    }

    #[test]
    fn methods_that_are_none_are_refused_and_some_have_no_content() {
        for method in ["", "G T", "GET\r\n", "GÉT", "a:b"] {
            let outcome = written(|sink| RequestWriter::new(sink, Method::Other(method), "/", "a").no_content());
            assert_eq!(outcome, Err(ResponseError::Method), "{method:?}");
        }
        for (method, target, host) in
            [(Method::Trace, "/", "a"), (Method::Other("TRACE"), "/", "a"), (Method::Connect, "a:80", "a:80")]
        {
            for (framing, outcome) in [
                (Framing::None, Ok(Following::Nothing)),
                (Framing::Length(0), Err(ResponseError::ContentNotPermitted)),
                (Framing::Length(1), Err(ResponseError::ContentNotPermitted)),
                (Framing::Chunked, Err(ResponseError::ContentNotPermitted)),
            ] {
                let mut sink = Sunk::new();
                assert_eq!(RequestWriter::new(&mut sink, method, target, host).framed(framing), outcome);
            }
        }
    }

    #[test]
    fn no_field_adds_a_line_or_frames() {
        for name in DERIVED {
            for name in [name.into(), name.to_ascii_uppercase()] {
                let outcome = written(|sink| get(sink).field(&name, "x").no_content());
                assert_eq!(outcome, Err(ResponseError::DerivedField), "{name}");
            }
        }
        for (name, value, error) in [
            ("", "x", ResponseError::FieldName),
            ("a b", "x", ResponseError::FieldName),
            ("a\r\nb", "x", ResponseError::FieldName),
            ("a", "x\r\ny: z", ResponseError::FieldValue),
            ("a", "\0", ResponseError::FieldValue),
        ] {
            assert_eq!(written(|sink| get(sink).field(name, value).no_content()), Err(error), "{name:?}: {value:?}");
        }
    }

    fn forwarded(received: &str) -> Result<String, ResponseError> {
        let mut fields = [FieldSpan::EMPTY; 8];
        let Ok(Progress::Complete(head)) = RequestHead::parse(received.as_bytes(), &mut fields) else { panic!() };
        let request = head.view(received.as_bytes(), &fields);
        written(|sink| RequestWriter::forward(sink, &request, "default:1").no_content())
    }

    #[test]
    fn requests_are_passed_on_in_the_form_that_origins_take() {
        for (line, host, expected, expected_host) in [
            ("GET /a?b HTTP/1.1", "Host: h\r\n", "GET /a?b", "h"),
            ("GET /a?b HTTP/1.0", "", "GET /a?b", "default:1"),
            ("GET /a?b HTTP/1.0", "Host: h:\r\n", "GET /a?b", "h"),
            ("GET /a HTTP/1.1", "Host:\r\n", "GET /a", ""),
            ("GET http://x:080/a?b HTTP/1.1", "Host: h\r\n", "GET /a?b", "x:80"),
            ("GET http://x HTTP/1.1", "Host: h\r\n", "GET /", "x"),
            ("GET http://x?b/c HTTP/1.1", "Host: h\r\n", "GET /?b/c", "x"),
            ("OPTIONS * HTTP/1.1", "Host: h\r\n", "OPTIONS *", "h"),
            ("OPTIONS http://x:8 HTTP/1.1", "Host: h\r\n", "OPTIONS *", "x:8"),
            ("OPTIONS http://x/ HTTP/1.1", "Host: h\r\n", "OPTIONS /", "x"),
            ("OPTIONS http://x? HTTP/1.1", "Host: h\r\n", "OPTIONS /?", "x"),
            ("PROPFIND /a HTTP/1.1", "Host: [::1]:8\r\n", "PROPFIND /a", "[::1]:8"),
        ] {
            let outcome = forwarded(&[line, "\r\n", host, "X-Not: passed\r\n\r\n"].concat());
            assert_eq!(outcome, Ok([expected, " HTTP/1.1\r\nHost: ", expected_host, "\r\n\r\n"].concat()), "{line}");
        }
        assert_eq!(forwarded("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"), Err(ResponseError::Target));
        assert_eq!(forwarded("GET a HTTP/1.1\r\nHost: a\r\n\r\n"), Err(ResponseError::Target));
        assert_eq!(forwarded("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), Err(ResponseError::Host));
        assert_eq!(forwarded("GET / HTTP/1.1\r\n\r\n"), Err(ResponseError::Host));
    }

    #[test]
    fn what_does_not_fit_leaves_nothing_behind() {
        let whole = written(|sink| get(sink).field("A", "b").content(b"hello")).unwrap();
        for room in 0..=whole.len() {
            let mut memory = [0; 512];
            let mut sink = SliceSink::new(&mut memory[..room]);
            let outcome = RequestWriter::new(&mut sink, Method::Get, "/", "a").field("A", "b").content(b"hello");
            if room < whole.len() {
                assert_eq!((outcome, sink.written()), (Err(ResponseError::NoRoom), &b""[..]), "room for {room}");
            } else {
                assert_eq!((outcome, sink.written()), (Ok(Following::Nothing), whole.as_bytes()));
            }
        }
    }

    proptest! {
        /// Whatever is let through is one request, to a server that is as strict.
        #[test]
        fn what_is_written_is_one_request(
            method in "[!-~]{1,4}|GET|POST|OPTIONS|CONNECT|TRACE",
            target in "[ -~]{0,3}|/[ -~é]{0,5}|\\*|a:1|http://a/b",
            host in "[ -~]{0,3}|a:[0-9]{0,5}|a|a:1",
            name in "[!-~]{1,3}|Host|Content-Length",
            value: Vec<u8>,
            length: u64,
        ) {
            let mut sink = Sunk::new();
            let writer = RequestWriter::new(&mut sink, Method::Other(&method), &target, &host).field(&name, &value);
            if writer.content_of_length(length).is_ok() {
                let mut fields = [FieldSpan::EMPTY; 8];
                let Ok(Progress::Complete(head)) = RequestHead::parse(sink.written(), &mut fields) else {
                    panic!("{}", sink.written().escape_ascii())
                };
                prop_assert_eq!(head.length(), sink.written().len());
                let request = head.view(sink.written(), &fields);
                prop_assert_eq!(head.field_count(), 3);
                prop_assert_eq!(request.target(), &target);
                prop_assert_eq!(request.authority(), request.host_field());
                if !name.eq_ignore_ascii_case("expect") {
                    prop_assert_eq!(check_request(&request).map(|checked| checked.framing), Ok(Framing::Length(length)));
                }
            }
        }
    }
}
