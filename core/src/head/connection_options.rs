use core::iter;

use super::{Request, Response, Version, known::Occurrence};

/// What the Connection field of a message says of the connection (RFC 9110 7.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionOptions {
    /// The connection may outlive the message and its reply (RFC 9112 9.3).
    pub(crate) keep: bool,
    /// It offers another protocol (RFC 9110 7.8), which HTTP/1.0 does not know.
    pub(crate) upgrade: bool,
}

impl ConnectionOptions {
    /// Reads the values of all Connection fields of a message.
    #[inline]
    fn read<'a>(version: Version, values: impl Iterator<Item = &'a [u8]>) -> Self {
        let is_http11 = version == Version::Http11;
        let (mut close, mut keep, mut upgrade) = (false, is_http11, false);
        for value in values {
            for member in value.split(|&octet| octet == b',') {
                let option = member.trim_ascii();
                close |= option.eq_ignore_ascii_case(b"close");
                keep |= option.eq_ignore_ascii_case(b"keep-alive");
                upgrade |= is_http11 && option.eq_ignore_ascii_case(b"upgrade");
            }
        }
        Self { keep: keep && !close, upgrade }
    }
}

impl Request<'_> {
    /// Whether the client lets the connection stay open behind the reply (RFC 9112 9.3): with HTTP/1.1 unless it says `close`,
    /// with HTTP/1.0 only if it says `keep-alive`. The server may close it all the same.
    ///
    /// ```
    /// # use pronto::head::{FieldSpan, Progress, RequestHead};
    /// let input = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    /// # let mut fields = [FieldSpan::EMPTY; 16];
    /// # let Progress::Complete(head) = RequestHead::parse(input, &mut fields)? else { panic!() };
    /// assert!(!head.view(input, &fields).keeps_alive());
    /// # Ok::<(), pronto::head::HeadError>(())
    /// ```
    #[must_use]
    pub fn keeps_alive(&self) -> bool {
        self.connection_options().keep
    }

    #[inline]
    pub(crate) fn connection_options(&self) -> ConnectionOptions {
        let version = self.version();
        match self.known().connection() {
            Occurrence::None => ConnectionOptions::read(version, iter::empty()),
            Occurrence::One(index) => ConnectionOptions::read(version, iter::once(self.value_at(index))),
            Occurrence::Several => ConnectionOptions::read(version, self.fields_named("connection")),
        }
    }
}

impl Response<'_> {
    /// Whether the server lets the connection stay open behind the response (RFC 9112 9.3): with HTTP/1.1 unless it says `close`,
    /// with HTTP/1.0 only if it says `keep-alive`. One whose content ends with the connection
    /// ([`Framing::UntilClose`](crate::framing::Framing::UntilClose)) is the last all the same.
    ///
    /// ```
    /// # use pronto::head::{FieldSpan, Progress, ResponseHead};
    /// let input = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    /// # let mut fields = [FieldSpan::EMPTY; 16];
    /// # let Progress::Complete(head) = ResponseHead::parse(input, &mut fields)? else { panic!() };
    /// assert!(!head.view(input, &fields).keeps_alive());
    /// # Ok::<(), pronto::head::HeadError>(())
    /// ```
    #[must_use]
    pub fn keeps_alive(&self) -> bool {
        ConnectionOptions::read(self.version(), self.fields_named("connection")).keep
    }
}
