//! The serializer: outcomes as tables, and what no name or value can do.

use alloc::{string::String, vec, vec::Vec};

use proptest::prelude::*;

use super::*;
use crate::{
    buffer::SliceSink,
    head::{FieldSpan, Progress, ResponseHead, Status, Version},
};

const KEEP: ReplyContext = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Keep);
const CLOSE: ReplyContext = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Close);
const HEAD: ReplyContext = ReplyContext::new(Version::Http11, ReplyContent::Omitted, Persistence::Keep);
const OLD_KEEP: ReplyContext = ReplyContext::new(Version::Http10, ReplyContent::Sent, Persistence::Keep);
const OLD_CLOSE: ReplyContext = ReplyContext::new(Version::Http10, ReplyContent::Sent, Persistence::Close);

/// One way to finish a response.
#[derive(Clone, Copy, Debug)]
enum Finish {
    Nothing,
    Content(&'static [u8]),
    Length(u64),
    Chunked,
    Upgrade(&'static str),
}

use Finish::*;

fn write_into(
    sink: &mut SliceSink<'_>,
    context: ReplyContext,
    status: u16,
    fields: &[(&str, &str)],
    finish: Finish,
) -> Result<Replied, ResponseError> {
    let common = CommonFields::without_server();
    let mut writer = ResponseWriter::new(sink, context, &common).status(Status::new(status).unwrap());
    for (name, value) in fields {
        writer = writer.field(name, value);
    }
    match finish {
        Nothing => writer.no_content(),
        Content(content) => writer.content(content),
        Length(length) => writer.content_of_length(length),
        Chunked => writer.chunked(),
        Upgrade(protocol) => writer.upgrade(protocol),
    }
}

fn write(
    context: ReplyContext,
    status: u16,
    fields: &[(&str, &str)],
    finish: Finish,
) -> Result<(String, Following), ResponseError> {
    let mut memory = [0; 512];
    let mut sink = SliceSink::new(&mut memory);
    let replied = write_into(&mut sink, context, status, fields, finish);
    if replied.is_err() {
        assert_eq!(sink.written(), b"", "an error leaves nothing in the sink");
    }
    let replied = replied?;
    assert_eq!(replied.status().code(), status);
    Ok((String::from_utf8(sink.written().to_vec()).unwrap(), replied.following()))
}

#[test]
fn what_the_protocol_derives_fits_request_status_and_content() {
    let cases: &[(ReplyContext, u16, Finish, &str, Following)] = &[
        (KEEP, 200, Content(b"hi"), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", Following::Nothing),
        (KEEP, 200, Nothing, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Following::Nothing),
        (KEEP, 299, Nothing, "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n", Following::Nothing),
        (KEEP, 999, Nothing, "HTTP/1.1 999 \r\nContent-Length: 0\r\n\r\n", Following::Nothing),
        (
            CLOSE,
            404,
            Content(b"no"),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
            Following::Nothing,
        ),
        (
            OLD_KEEP,
            200,
            Content(b"hi"),
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi",
            Following::Nothing,
        ),
        (
            OLD_CLOSE,
            200,
            Content(b"hi"),
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
            Following::Nothing,
        ),
        (HEAD, 200, Content(b"hi"), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", Following::Nothing),
        (HEAD, 200, Length(9), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Following::Nothing),
        (HEAD, 200, Chunked, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Following::Nothing),
        (KEEP, 204, Nothing, "HTTP/1.1 204 No Content\r\n\r\n", Following::Nothing),
        (KEEP, 304, Nothing, "HTTP/1.1 304 Not Modified\r\n\r\n", Following::Nothing),
        (KEEP, 205, Nothing, "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", Following::Nothing),
        (
            KEEP,
            200,
            Length(u64::MAX),
            "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n",
            Following::Octets(u64::MAX),
        ),
        (KEEP, 200, Length(0), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Following::Nothing),
        (KEEP, 200, Chunked, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Following::Chunked),
        (OLD_KEEP, 200, Chunked, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", Following::UntilClose),
        (
            KEEP,
            101,
            Upgrade("websocket"),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
            Following::Upgrade,
        ),
    ];
    for &(context, status, finish, expected, following) in cases {
        assert_eq!(write(context, status, &[], finish), Ok((String::from(expected), following)), "{status} {finish:?}");
    }
}

#[test]
fn what_would_break_the_protocol_is_refused() {
    type Case<'a> = (u16, &'a [(&'a str, &'a str)], Finish, ResponseError);
    let cases: &[Case<'_>] = &[
        (204, &[], Content(b"x"), ResponseError::ContentNotPermitted),
        (304, &[], Content(b"x"), ResponseError::ContentNotPermitted),
        (205, &[], Length(1), ResponseError::ContentNotPermitted),
        (204, &[], Chunked, ResponseError::ContentNotPermitted),
        (100, &[], Nothing, ResponseError::InterimStatus),
        (103, &[], Content(b"x"), ResponseError::InterimStatus),
        (200, &[], Upgrade("x"), ResponseError::Upgrade),
        (101, &[], Upgrade("a\r\nb"), ResponseError::FieldValue),
        (200, &[("content-length", "5")], Nothing, ResponseError::DerivedField),
        (200, &[("Transfer-Encoding", "chunked")], Nothing, ResponseError::DerivedField),
        (200, &[("CONNECTION", "close")], Nothing, ResponseError::DerivedField),
        (200, &[("Date", "today")], Nothing, ResponseError::DerivedField),
        (200, &[("", "x")], Nothing, ResponseError::FieldName),
        (200, &[("a b", "x")], Nothing, ResponseError::FieldName),
        (200, &[("a:", "x")], Nothing, ResponseError::FieldName),
        (200, &[("a\r\nb", "x")], Nothing, ResponseError::FieldName),
        (200, &[("a", "x\r\nb: c")], Nothing, ResponseError::FieldValue),
        (200, &[("a", "x\n")], Nothing, ResponseError::FieldValue),
        (200, &[("a", "x\0")], Nothing, ResponseError::FieldValue),
        (200, &[("a", "x\r"), ("content-length", "5")], Nothing, ResponseError::FieldValue),
    ];
    for &(status, fields, finish, error) in cases {
        assert_eq!(write(KEEP, status, fields, finish), Err(error), "{status} {fields:?} {finish:?}");
    }
}

#[test]
fn a_response_that_does_not_fit_leaves_no_trace() {
    let mut memory = [0; 512];
    let mut sink = SliceSink::new(&mut memory);
    let replied = write_into(&mut sink, CLOSE, 200, &[("a", "b")], Content(b"content"));
    assert!(replied.is_ok());
    let whole = sink.written().len();
    for size in 0..whole {
        let mut memory = vec![0; size];
        let mut sink = SliceSink::new(&mut memory);
        let replied = write_into(&mut sink, CLOSE, 200, &[("a", "b")], Content(b"content"));
        assert_eq!(replied, Err(ResponseError::NoRoom), "{size}");
        assert_eq!(sink.written(), b"");
    }
}

#[test]
fn a_prepared_response_is_what_a_writer_would_have_written() {
    for context in [KEEP, CLOSE, HEAD, OLD_KEEP, OLD_CLOSE] {
        let mut memory = [0; 256];
        let prepared = PreparedResponse::render(&mut memory, Status::OK, &[("a", "b")], b"content").unwrap();
        let mut common = CommonFields::new();
        common.set_date(1_000_000_000);
        let (mut one, mut other) = ([0; 256], [0; 256]);
        let (mut replayed, mut written) = (SliceSink::new(&mut one), SliceSink::new(&mut other));
        let replied = prepared.write(&mut replayed, context, &common).unwrap();
        let expected =
            ResponseWriter::new(&mut written, context, &common).status(Status::OK).field("a", "b").content(b"content");
        assert_eq!(replayed.written(), written.written());
        assert_eq!(Ok(replied), expected);
    }
    let mut memory = [0; 99];
    let refused = PreparedResponse::render(&mut memory, Status::NO_CONTENT, &[], b"x");
    assert_eq!(refused.map(drop), Err(ResponseError::ContentNotPermitted));
}

#[test]
fn the_server_field_can_be_named_and_not_abused() {
    let mut common = CommonFields::with_server("mine/1.0").unwrap();
    common.set_date(0);
    assert_eq!(common.as_octets(), b"Server: mine/1.0\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
    assert_eq!(CommonFields::with_server("a\r\nb").map(drop), Err(ResponseError::FieldValue));
    assert_eq!(CommonFields::with_server(&"a".repeat(55)).map(drop), Err(ResponseError::NoRoom));
    assert!(CommonFields::with_server(&"a".repeat(54)).is_ok());
}

proptest! {
    #[test]
    fn dates_are_those_of_the_calendar(seconds in 0_u64..253_402_300_800) {
        let expected = httpdate::fmt_http_date(std::time::UNIX_EPOCH + core::time::Duration::from_secs(seconds));
        prop_assert_eq!(&format_date(seconds)[..], expected.as_bytes());
    }

    #[test]
    fn no_name_or_value_adds_a_line(name in "[ -~\r\n\0\t]{0,12}", value in prop::collection::vec(any::<u8>(), 0..12)) {
        let mut memory = [0; 256];
        let mut sink = SliceSink::new(&mut memory);
        let common = CommonFields::without_server();
        let written = ResponseWriter::new(&mut sink, KEEP, &common).status(Status::OK).field(&name, &value).no_content();
        if written.is_ok() {
            let mut fields = [FieldSpan::EMPTY; 4];
            let Ok(Progress::Complete(head)) = ResponseHead::parse(sink.written(), &mut fields) else { panic!() };
            let seen: Vec<_> = head.view(sink.written(), &fields).fields().map(|field| field.name).collect();
            prop_assert_eq!(seen, vec![&*name, "Content-Length"]);
            prop_assert_eq!(head.length(), sink.written().len());
        } else {
            prop_assert_eq!(sink.written(), b"");
        }
    }
}
