//! Responses of others, passed on by a proxy.

use crate::{
    buffer::Sink,
    framing::Framing,
    head::{Field, Status, Version},
};

use super::{Draft, Replied, ResponseError, ResponseHeadWriter, ResponseWriter, check::check_not_derived, check_name};

impl<'a, S: Sink> ResponseWriter<'a, S> {
    /// Passes on a response of somebody else's: writes its status, and those of its fields that are not for one connection
    /// alone ([`Response::end_to_end_fields`](crate::head::Response::end_to_end_fields)).
    ///
    /// Server stays what the origin says, and so does Date; the date of the [`CommonFields`](super::CommonFields) is added
    /// where there is none (RFC 9110 6.6.1). How its content is delimited is written anew:
    /// [`framed`](ResponseHeadWriter::framed) is the way to finish it.
    ///
    /// ```
    /// # use pronto::{
    /// #     buffer::SliceSink,
    /// #     framing::response_framing,
    /// #     head::{FieldSpan, Method, Progress, ResponseHead, Version},
    /// #     response::{CommonFields, Persistence, ReplyContent, ReplyContext, ResponseWriter},
    /// # };
    /// # let mut fields = [FieldSpan::EMPTY; 16];
    /// # let mut memory = [0; 256];
    /// # let mut sink = SliceSink::new(&mut memory);
    /// # let context = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Keep);
    /// # let common = CommonFields::new();
    /// let received = b"HTTP/1.0 200 Fine\r\nServer: theirs\r\nKeep-Alive: timeout=5\r\n\r\n";
    /// let Progress::Complete(head) = ResponseHead::parse(received, &mut fields)? else { panic!() };
    /// let response = head.view(received, &fields);
    ///
    /// let framing = response_framing(&response, Method::Get)?;
    /// let writer = ResponseWriter::new(&mut sink, context, &common);
    /// let replied = writer.forward(response.status(), response.end_to_end_fields()?).field("Via", "1.0 here").framed(framing)?;
    /// # let _ = replied;
    /// assert_eq!(
    ///     sink.written(),
    ///     b"HTTP/1.1 200 OK\r\nServer: theirs\r\nVia: 1.0 here\r\nTransfer-Encoding: chunked\r\n\r\n"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn forward<'f>(self, status: Status, fields: impl IntoIterator<Item = Field<'f>>) -> ResponseHeadWriter<'a, S> {
        let mut draft = Draft::new(self.sink);
        draft.put_with(super::pen::status_line_length(status), |pen| pen.put_status_line(status));
        let mut has_date = false;
        for Field { name, value } in fields {
            let is_date = name.eq_ignore_ascii_case("date");
            has_date |= is_date;
            draft.check(check_name(name));
            if !is_date && !name.eq_ignore_ascii_case("server") {
                draft.check(check_not_derived(name));
            }
            draft.put_line(name, value);
        }
        if !has_date {
            draft.put(self.common.date_line());
        }
        ResponseHeadWriter { draft, status, context: self.context, offers_upgrade: false }
    }
}

impl<S: Sink> ResponseHeadWriter<'_, S> {
    /// Finishes the head of a response whose content is passed on: says its length where that is known, and else as
    /// [`chunked`](Self::chunked) does. What follows is best written by a
    /// [`ContentEncoder`](crate::framing::ContentEncoder).
    ///
    /// In answer to HEAD, give the framing that a response to GET would have with these fields
    /// (`response_framing(&response, Method::Get)`): nothing follows, but the length is told.
    ///
    /// # Errors
    /// As for [`content_of_length`](Self::content_of_length) and [`chunked`](Self::chunked).
    pub fn framed(self, framing: Framing) -> Result<Replied, ResponseError> {
        match framing {
            Framing::None => self.no_content(),
            Framing::Length(length) => self.content_of_length(length),
            Framing::Chunked | Framing::UntilClose => self.chunked(),
        }
    }

    /// Finishes an interim response, 100 or 103 for instance, after which the final one is still to come (RFC 9110 15.2).
    /// Write it only while the reply to the request is in turn. To a client of HTTP/1.0, which knows none, nothing is written.
    ///
    /// ```
    /// # use pronto::{
    /// #     buffer::SliceSink,
    /// #     head::{Status, Version},
    /// #     response::{CommonFields, Persistence, ReplyContent, ReplyContext, ResponseWriter},
    /// # };
    /// # let mut memory = [0; 128];
    /// # let mut sink = SliceSink::new(&mut memory);
    /// # let context = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Close);
    /// # let common = CommonFields::without_server();
    /// let writer = ResponseWriter::new(&mut sink, context, &common);
    /// writer.status(Status::EARLY_HINTS).field("Link", "</style.css>; rel=preload").interim()?;
    /// assert_eq!(sink.written(), b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n");
    /// # Ok::<(), pronto::response::ResponseError>(())
    /// ```
    ///
    /// # Errors
    /// The first error that any step met; [`ResponseError::FinalStatus`] with any status but 1xx, and with 101.
    pub fn interim(mut self) -> Result<(), ResponseError> {
        if !self.status.is_informational() || self.status == Status::SWITCHING_PROTOCOLS {
            self.draft.fail(ResponseError::FinalStatus);
        }
        self.draft.put(b"\r\n");
        match self.context.version {
            Version::Http11 => self.draft.finish(),
            Version::Http10 => self.draft.finish_without_writing(),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String};

    use super::*;
    use crate::{
        buffer::ArraySink,
        framing::response_framing,
        head::{FieldSpan, Method, Progress, ResponseHead},
        response::{CommonFields, Following, Persistence, ReplyContent, ReplyContext},
    };

    /// What becomes of a response, and what must follow it.
    fn forwarded(received: &str, method: Method<'_>, version: Version) -> Result<(String, Following), ResponseError> {
        let mut fields = [FieldSpan::EMPTY; 16];
        let Ok(Progress::Complete(head)) = ResponseHead::parse(received.as_bytes(), &mut fields) else { panic!() };
        let response = head.view(received.as_bytes(), &fields);
        let mut common = CommonFields::new();
        common.set_date(784_111_777);
        let content = if method == Method::Head { ReplyContent::Omitted } else { ReplyContent::Sent };
        let context = ReplyContext::new(version, content, Persistence::Keep);
        let described = if method == Method::Head { Method::Get } else { method };
        let framing = response_framing(&response, described).unwrap();
        let mut sink = ArraySink::<512>::new();
        let replied = ResponseWriter::new(&mut sink, context, &common)
            .forward(response.status(), response.end_to_end_fields().unwrap())
            .framed(framing)?;
        Ok((String::from_utf8(sink.written().to_vec()).unwrap(), replied.following()))
    }

    const DATE: &str = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

    #[test]
    fn responses_are_passed_on_in_a_framing_of_our_own() {
        use Following::{Chunked, Nothing, Octets, UntilClose};
        use Version::{Http10, Http11};
        let cases = [
            ("200 OK", "Content-Length: 5\r\n", Method::Get, Http11, "Content-Length: 5\r\n\r\n", Octets(5)),
            ("200 OK", "Content-Length: 0\r\n", Method::Get, Http11, "Content-Length: 0\r\n\r\n", Nothing),
            ("200 OK", "Content-Length: 5\r\n", Method::Head, Http11, "Content-Length: 5\r\n\r\n", Nothing),
            ("200 OK", "", Method::Head, Http11, "Transfer-Encoding: chunked\r\n\r\n", Nothing),
            (
                "200 OK",
                "Transfer-Encoding: chunked\r\n",
                Method::Get,
                Http11,
                "Transfer-Encoding: chunked\r\n\r\n",
                Chunked,
            ),
            ("200 OK", "", Method::Get, Http11, "Transfer-Encoding: chunked\r\n\r\n", Chunked),
            ("200 OK", "", Method::Get, Http10, "Connection: close\r\n\r\n", UntilClose),
            ("204 No Content", "", Method::Get, Http11, "\r\n", Nothing),
            ("304 Not Modified", "Content-Length: 5\r\n", Method::Get, Http11, "\r\n", Nothing),
        ];
        for (status, fields, method, version, end, following) in cases {
            let received = format!("HTTP/1.1 {status}\r\nServer: s\r\n{fields}Connection: close\r\n\r\n");
            let expected = format!("HTTP/1.1 {status}\r\nServer: s\r\n{DATE}{end}");
            assert_eq!(forwarded(&received, method, version), Ok((expected, following)), "{method}: {received}");
        }
    }

    #[test]
    fn dates_and_servers_stay_what_the_origin_says() {
        let received = "HTTP/1.1 404 What?\r\nDATE: then\r\nServer: a\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n";
        let expected = "HTTP/1.1 404 Not Found\r\nDATE: then\r\nServer: a\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(forwarded(received, Method::Get, Version::Http11), Ok((expected.into(), Following::Nothing)));
    }

    #[test]
    fn content_of_205_is_not_passed_on() {
        for fields in ["Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n"] {
            let received = format!("HTTP/1.1 205 Reset Content\r\n{fields}\r\n");
            let outcome = forwarded(&received, Method::Get, Version::Http11);
            assert_eq!(outcome, Err(ResponseError::ContentNotPermitted));
        }
    }

    #[test]
    fn whatever_fields_are_given_none_frames_or_splits() {
        for (name, value, error) in [
            ("Content-Length", &b"5"[..], ResponseError::DerivedField),
            ("transfer-encoding", b"chunked", ResponseError::DerivedField),
            ("Connection", b"close", ResponseError::DerivedField),
            ("a b", b"c", ResponseError::FieldName),
            ("Date", b"a\r\nb: c", ResponseError::FieldValue),
        ] {
            let (mut sink, common) = (ArraySink::<512>::new(), CommonFields::new());
            let context = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Keep);
            let writer = ResponseWriter::new(&mut sink, context, &common).forward(Status::OK, [Field { name, value }]);
            assert_eq!(writer.no_content().map(drop), Err(error));
            assert_eq!(sink.written(), b"");
        }
    }

    #[test]
    fn interim_responses_are_not_for_the_first_version() {
        let common = CommonFields::without_server();
        for (version, expected) in
            [(Version::Http11, &b"HTTP/1.1 100 Continue\r\n\r\n"[..]), (Version::Http10, &b""[..])]
        {
            let mut sink = ArraySink::<512>::new();
            let context = ReplyContext::new(version, ReplyContent::Sent, Persistence::Close);
            assert_eq!(ResponseWriter::new(&mut sink, context, &common).status(Status::CONTINUE).interim(), Ok(()));
            assert_eq!(sink.written(), expected);
            for status in [Status::OK, Status::SWITCHING_PROTOCOLS] {
                let outcome = ResponseWriter::new(&mut sink, context, &common).status(status).interim();
                assert_eq!((outcome, sink.written()), (Err(ResponseError::FinalStatus), expected));
            }
        }
    }
}
