//! The serializer: outcomes as tables, and what no name or value can do.

use alloc::{
    string::{String, ToString},
    vec,
    vec::Vec,
};

use proptest::prelude::*;

use super::*;
use crate::{
    buffer::{ArraySink, Sink, SliceSink},
    head::{FieldSpan, Progress, ResponseHead, Status, Version},
};

const KEEP: ReplyContext = ReplyContext::new(Version::Http11, ReplyContent::Sent, Persistence::Keep).offering_upgrade();
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
    /// The protocol is offered, and there is no content.
    Offer(&'static str),
    /// The same with content of unknown length.
    OfferChunked(&'static str),
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
    finish_with(writer, finish)
}

fn finish_with<S: Sink>(writer: ResponseHeadWriter<'_, S>, finish: Finish) -> Result<Replied, ResponseError> {
    match finish {
        Nothing => writer.no_content(),
        Content(content) => writer.content(content),
        Length(length) => writer.content_of_length(length),
        Chunked => writer.chunked(),
        Upgrade(protocol) => writer.upgrade(protocol),
        Offer(protocol) => writer.offer_upgrade(protocol).no_content(),
        OfferChunked(protocol) => writer.offer_upgrade(protocol).chunked(),
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
        (
            KEEP,
            426,
            Offer("websocket"),
            "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\nConnection: upgrade\r\n\r\n",
            Following::Nothing,
        ),
        (
            CLOSE,
            426,
            Offer("TLS/1.0"),
            "HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.0\r\nContent-Length: 0\r\n\
             Connection: upgrade, close\r\n\r\n",
            Following::Nothing,
        ),
        (
            OLD_KEEP,
            426,
            Offer("a"),
            "HTTP/1.1 426 Upgrade Required\r\nUpgrade: a\r\nContent-Length: 0\r\n\
             Connection: upgrade, keep-alive\r\n\r\n",
            Following::Nothing,
        ),
        (
            KEEP,
            204,
            Offer("a"),
            "HTTP/1.1 204 No Content\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n",
            Following::Nothing,
        ),
        (
            KEEP,
            200,
            OfferChunked("a"),
            "HTTP/1.1 200 OK\r\nUpgrade: a\r\nTransfer-Encoding: chunked\r\nConnection: upgrade\r\n\r\n",
            Following::Chunked,
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
        (101, &[], Upgrade("a\r\nb"), ResponseError::Protocol),
        (101, &[], Upgrade(""), ResponseError::Protocol),
        (101, &[], Offer("x"), ResponseError::DerivedField),
        (426, &[], Offer("a\r\nb"), ResponseError::Protocol),
        (426, &[("Upgrade", "x")], Nothing, ResponseError::DerivedField),
        (101, &[], Nothing, ResponseError::InterimStatus),
        (101, &[], Chunked, ResponseError::InterimStatus),
        (205, &[], Chunked, ResponseError::ContentNotPermitted),
        (204, &[], Length(1), ResponseError::ContentNotPermitted),
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
    // Nobody is upgraded who did not offer it.
    assert_eq!(write(OLD_KEEP, 101, &[], Upgrade("x")), Err(ResponseError::Upgrade));
}

/// Runs a writer in room of every size: it fits exactly from the length of the whole on, and leaves no trace below.
fn at_every_size(write: impl Fn(&mut SliceSink<'_>) -> Result<(), ResponseError>) {
    let mut memory = [0; 1024];
    let mut sink = SliceSink::new(&mut memory);
    write(&mut sink).unwrap();
    let whole = sink.written().to_vec();
    for size in 0..whole.len() + 80 {
        // What was written before must stay as it is.
        let mut memory = vec![b'#'; size + 3];
        let mut sink = SliceSink::new(&mut memory);
        sink.advance(3);
        let written = write(&mut sink);
        if size < whole.len() {
            assert_eq!(written, Err(ResponseError::NoRoom), "{size}");
            assert_eq!(sink.written(), b"###");
        } else {
            assert_eq!(written, Ok(()), "{size}");
            assert_eq!(sink.written(), [b"###", &whole[..]].concat());
        }
    }
}

/// Blocks of common fields with a date, shorter and longer than what is copied at once.
fn commons() -> [CommonFields; 4] {
    let mut commons = [
        CommonFields::without_server(),
        CommonFields::without_server(),
        CommonFields::new(),
        CommonFields::with_server(&"s".repeat(54)).unwrap(),
    ];
    for common in &mut commons[1..] {
        common.set_date(784_111_777);
    }
    commons
}

#[test]
fn a_response_that_does_not_fit_leaves_no_trace() {
    let cases = [
        (200, Nothing),
        (204, Nothing),
        (299, Content(b"content")),
        (404, Content(b"more than thirty-two octets of content")),
        (200, Length(u64::MAX)),
        (200, Chunked),
        (101, Upgrade("websocket")),
        (426, Offer("websocket")),
    ];
    for common in commons() {
        for context in [KEEP, CLOSE.offering_upgrade()] {
            for (status, finish) in cases {
                at_every_size(|sink| {
                    let status = Status::new(status).unwrap();
                    let writer = ResponseWriter::new(sink, context, &common).status(status);
                    finish_with(writer.field("a", "b").field("long-name", "x".repeat(40)), finish).map(drop)
                });
            }
            at_every_size(|sink| ResponseWriter::new(sink, context, &common).ok("text/plain", b"content").map(drop));
            let mut memory = [0; 256];
            let prepared = PreparedResponse::render(&mut memory, Status::OK, &[("a", "b")], b"content").unwrap();
            at_every_size(|sink| prepared.write(sink, context, &common).map(drop));
        }
    }
    at_every_size(|sink| write_continue(sink));
}

#[test]
fn a_prepared_response_takes_exactly_its_size() {
    for (status, fields, content) in [
        (Status::OK, &[][..], &b""[..]),
        (Status::NO_CONTENT, &[("a", "b")], b""),
        (Status::OK, &[("Content-Type", "text/plain"), ("c", "")], &[b'x'; 1000]),
    ] {
        let needed = PreparedResponse::size(status, fields, content);
        for size in 0..needed + 9 {
            let mut memory = vec![0; size];
            let rendered = PreparedResponse::render(&mut memory, status, fields, content).map(drop);
            assert_eq!(rendered, if size < needed { Err(ResponseError::NoRoom) } else { Ok(()) });
        }
    }
}

#[test]
fn a_response_is_prepared_at_compile_time() {
    static HELLO: PreparedResponse<'static> = crate::prepared!(Status::OK, &[("a", "b")], b"content");
    let mut memory = [0; 256];
    let hello = PreparedResponse::render(&mut memory, Status::OK, &[("a", "b")], b"content").unwrap();
    let (mut one, mut other) = (ArraySink::<256>::new(), ArraySink::<256>::new());
    let common = CommonFields::new();
    assert_eq!(HELLO.write(&mut one, KEEP, &common), hello.write(&mut other, KEEP, &common));
    assert_eq!(one.written(), other.written());
}

#[test]
fn the_shortcut_is_what_a_writer_would_have_written() {
    for common in commons() {
        for context in [KEEP, CLOSE, HEAD, OLD_KEEP, OLD_CLOSE] {
            for length in [0, 1, 3, 4, 7, 8, 9, 10, 16, 17, 32, 33, 99, 100, 101, 700] {
                let content = vec![b'x'; length];
                let (mut one, mut other) = (ArraySink::<1024>::new(), ArraySink::<1024>::new());
                let short = ResponseWriter::new(&mut one, context, &common).ok("text/plain", &content);
                let long = ResponseWriter::new(&mut other, context, &common)
                    .status(Status::OK)
                    .content_type("text/plain")
                    .content(&content);
                assert_eq!(short, long);
                assert_eq!(one.written(), other.written());
            }
        }
    }
    let mut sink = ArraySink::<1024>::new();
    let refused = ResponseWriter::new(&mut sink, KEEP, &CommonFields::new()).ok("text/plain\r\na: b", b"");
    assert_eq!(refused, Err(ResponseError::FieldValue));
    assert_eq!(sink.written(), b"");
}

/// A sink that moves its memory whenever more is asked for, and hands out no octet too many.
#[derive(Default)]
struct Moving {
    octets: Vec<u8>,
    room: Vec<u8>,
}

impl Sink for Moving {
    fn room(&mut self, needed: usize) -> Option<&mut [u8]> {
        let mut room = vec![b'#'; needed];
        let kept = needed.min(self.room.len());
        room[..kept].copy_from_slice(&self.room[..kept]);
        self.room = room;
        Some(&mut self.room)
    }

    fn advance(&mut self, written: usize) {
        self.octets.extend_from_slice(&self.room[..written]);
        self.room.clear();
    }
}

/// A sink that breaks its contract: it hands out less than it is asked for.
struct Stingy([u8; 20]);

impl Sink for Stingy {
    fn room(&mut self, _: usize) -> Option<&mut [u8]> {
        Some(&mut self.0)
    }

    fn advance(&mut self, _: usize) {
        panic!("nothing may be taken");
    }
}

#[test]
fn a_sink_may_move_its_memory() {
    let prepared = crate::prepared!(Status::OK, &[("a", "b")], b"content");
    for common in commons() {
        let (mut moving, mut fixed) = (Moving::default(), ArraySink::<4096>::new());
        let sinks: [&mut dyn Sink; 2] = [&mut moving, &mut fixed];
        for mut sink in sinks {
            for _ in 0..2 {
                let writer = ResponseWriter::new(&mut sink, KEEP, &common).status(Status::NOT_FOUND);
                assert!(writer.field("a", "b").field("c", "d").content(b"content").is_ok());
                let writer = ResponseWriter::new(&mut sink, KEEP, &common).status(Status::OK);
                assert!(writer.content_of_length(100).is_ok());
                assert!(ResponseWriter::new(&mut sink, KEEP, &common).ok("text/plain", b"content").is_ok());
                assert!(prepared.write(&mut sink, KEEP, &common).is_ok());
                assert!(prepared.write(&mut sink, CLOSE, &common).is_ok());
            }
        }
        assert_eq!(moving.octets, fixed.written());
    }
}

#[test]
fn a_sink_that_hands_out_too_little_is_out_of_room() {
    for common in commons() {
        let mut sink = Stingy([0; 20]);
        let short = ResponseWriter::new(&mut sink, KEEP, &common).ok("text/plain", b"content");
        assert_eq!(short, Err(ResponseError::NoRoom));
        let long = ResponseWriter::new(&mut sink, KEEP, &common).status(Status::OK).field("a", "b").no_content();
        assert_eq!(long, Err(ResponseError::NoRoom));
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
    fn no_name_or_value_adds_a_line(name in "[ -~\r\n\0\t]{0,12}", value in prop::collection::vec(any::<u8>(), 0..40)) {
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

    #[test]
    fn no_media_type_or_protocol_adds_a_line(text in "[ -~]{0,9}[a-z\r\n\0\t/]{0,9}") {
        let common = CommonFields::without_server();
        let mut sinks = [ArraySink::<256>::new(), ArraySink::<256>::new(), ArraySink::<256>::new()];
        let [ok, typed, upgraded] = &mut sinks;
        let _ = ResponseWriter::new(ok, KEEP, &common).ok(&text, b"");
        let _ = ResponseWriter::new(typed, KEEP, &common).status(Status::OK).content_type(&text).no_content();
        let _ = ResponseWriter::new(upgraded, KEEP, &common).status(Status::SWITCHING_PROTOCOLS).upgrade(&text);
        for sink in sinks.iter().filter(|sink| !sink.written().is_empty()) {
            let mut spans = [FieldSpan::EMPTY; 4];
            let Ok(Progress::Complete(head)) = ResponseHead::parse(sink.written(), &mut spans) else { panic!() };
            prop_assert_eq!(head.view(sink.written(), &spans).fields().count(), 2);
            prop_assert_eq!(head.length(), sink.written().len());
        }
    }

    #[test]
    fn what_is_written_parses_back(
        code in 200..1000_u16,
        fields in prop::collection::vec(("x-[!#-'*+.^-z|~-]{1,12}", "[\t -~]{0,40}"), 0..9),
        content in prop::collection::vec(any::<u8>(), 0..300),
        context in prop::sample::select(vec![KEEP, CLOSE, OLD_KEEP, OLD_CLOSE]),
    ) {
        prop_assume!(![204, 205, 304].contains(&code));
        let status = Status::new(code).unwrap();
        let common = CommonFields::new();
        let mut sink = ArraySink::<1024>::new();
        let mut writer = ResponseWriter::new(&mut sink, context, &common).status(status);
        for (name, value) in &fields {
            writer = writer.field(name, value);
        }
        let replied = writer.content(&content).unwrap();
        prop_assert_eq!(replied.content_length(), Some(content.len() as u64));

        let mut spans = [FieldSpan::EMPTY; 16];
        let Ok(Progress::Complete(head)) = ResponseHead::parse(sink.written(), &mut spans) else { panic!() };
        let response = head.view(sink.written(), &spans);
        prop_assert_eq!(response.status(), status);
        prop_assert_eq!(response.reason(), status.reason().as_bytes());
        let seen: Vec<_> = response.fields().map(|field| (field.name, field.value)).collect();
        prop_assert_eq!(seen[0], ("Server", &b"pronto"[..]));
        for ((name, value), seen) in fields.iter().zip(&seen[1..]) {
            // White space around a value is no part of it (RFC 9110 5.5).
            prop_assert_eq!((&**name, value.trim_matches([' ', '\t']).as_bytes()), *seen);
        }
        let length = content.len().to_string();
        prop_assert_eq!(seen[1 + fields.len()], ("Content-Length", length.as_bytes()));
        prop_assert_eq!(seen.len(), 2 + fields.len() + usize::from(context != KEEP));
        prop_assert_eq!(&sink.written()[head.length()..], content);
    }
}
