use pronto::{
    buffer::SliceSink,
    framing::{ContentDecoder, ContentLimits, Framing, Part, encode, response_framing},
    head::{FieldSpan, HeadLimits, Method, Progress, ResponseParser, Status, Version},
    response::{
        CommonFields, Following, Persistence, PreparedResponse, Redirect, Replied, ReplyContent, ReplyContext,
        ResponseError, ResponseHeadWriter, ResponseWriter, SameSite, SetCookie, check_field,
    },
};

use crate::choices::Choices;

/// A response, whatever is put into it: either nothing is written, or what is parsed again is what was put in, and not a
/// field or an octet of content more; httparse reads the same.
///
/// # Panics
/// When that is not so.
pub fn response(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let room = match choices.octet() {
        small @ 0..200 => usize::from(small) * 2,
        _ => 70_000,
    };
    let version = if choices.octet().is_multiple_of(2) { Version::Http11 } else { Version::Http10 };
    let method = if choices.octet().is_multiple_of(4) { Method::Head } else { Method::Get };
    let sent = if method == Method::Head { ReplyContent::Omitted } else { ReplyContent::Sent };
    let persistence = if choices.octet().is_multiple_of(2) { Persistence::Keep } else { Persistence::Close };
    let mut context = ReplyContext::new(version, sent, persistence);
    if choices.octet().is_multiple_of(2) {
        context = context.offering_upgrade();
    }
    let mut common = CommonFields::new();
    let server = text(&mut choices);
    let mut expected = Vec::new();
    match (choices.octet() % 3, CommonFields::with_server(server)) {
        (0, Ok(with_server)) => {
            common = with_server;
            expected.push(("Server".to_owned(), trimmed(server.as_bytes())));
        }
        (1, _) => common = CommonFields::without_server(),
        _ => expected.push(("Server".to_owned(), b"pronto".to_vec())),
    }
    let mut memory = vec![b'!'; room];
    let mut sink = SliceSink::new(&mut memory);
    let Some(written) = write(&mut choices, &mut sink, context, &common, &mut expected) else { return };
    let Ok((replied, mut content)) = written else {
        return assert_eq!(sink.written(), b"", "all or nothing");
    };
    let mut stream = sink.written().to_vec();
    match replied.following() {
        Following::Nothing if sent == ReplyContent::Omitted => content.clear(),
        Following::Nothing | Following::Upgrade => {}
        Following::Octets(_) | Following::UntilClose => stream.extend_from_slice(&content),
        Following::Chunked => {
            for piece in content.chunks(7) {
                let mut memory = [0; 40];
                let mut sink = SliceSink::new(&mut memory);
                encode::chunk(&mut sink, piece).expect("room for a chunk");
                stream.extend_from_slice(sink.written());
            }
            stream.extend_from_slice(b"0\r\n\r\n");
        }
    }
    if replied.persistence() == Persistence::Keep && replied.following() != Following::Upgrade {
        // What follows must not become part of it.
        stream.extend_from_slice(b"HTTP/1.1 200 OK\r\n\r\n");
    }
    read_again(&stream, method, &replied, &expected, &content);
}

/// What was written, and the content that it has or will have; `None` where the input chose nothing that can be written.
fn write(
    choices: &mut Choices<'_>,
    sink: &mut SliceSink<'_>,
    context: ReplyContext,
    common: &CommonFields,
    expected: &mut Vec<(String, Vec<u8>)>,
) -> Option<Result<(Replied, Vec<u8>), ResponseError>> {
    let status = Status::new(u16::from_be_bytes([choices.octet() % 4, choices.octet()]))?;
    let kind = choices.octet() % 8;
    if kind == 6 {
        let (media_type, content) = (text(choices), choices.rest());
        expected.push(("Content-Type".to_owned(), trimmed(media_type.as_bytes())));
        let replied = ResponseWriter::new(sink, context, common).ok(media_type, content);
        return Some(replied.map(|replied| (replied, content.to_vec())));
    }
    if kind == 7 {
        let (name, value) = (text(choices), text(choices));
        let content = choices.rest();
        expected.push((name.to_owned(), trimmed(value.as_bytes())));
        let fields = [(name, value)];
        let mut memory = vec![0; PreparedResponse::size(status, &fields, content)];
        let replied = PreparedResponse::render(&mut memory, status, &fields, content)
            .and_then(|prepared| prepared.write(sink, context, common));
        return Some(replied.map(|replied| (replied, content.to_vec())));
    }
    let writer = ResponseWriter::new(sink, context, common);
    let mut writer = match choices.octet() % 8 {
        0 => {
            let location = text(choices);
            expected.push(("Location".to_owned(), location.into()));
            writer.redirect(Redirect::Found, location)
        }
        _ => writer.status(status),
    };
    // As many fields as a table takes.
    while expected.len() < 200 && !choices.octet().is_multiple_of(4) {
        writer = add_field(choices, writer, expected);
    }
    let content = choices.rest();
    Some(match kind {
        0 => writer.no_content().map(|replied| (replied, Vec::new())),
        1 => writer.chunked().map(|replied| (replied, content.to_vec())),
        2 => writer.content_of_length(content.len() as u64).map(|replied| (replied, content.to_vec())),
        3 => writer.upgrade("websocket").map(|replied| (replied, Vec::new())),
        _ => writer.content(content).map(|replied| (replied, content.to_vec())),
    })
}

fn add_field<'s, 'm>(
    choices: &mut Choices<'_>,
    writer: ResponseHeadWriter<'s, SliceSink<'m>>,
    expected: &mut Vec<(String, Vec<u8>)>,
) -> ResponseHeadWriter<'s, SliceSink<'m>> {
    match choices.octet() % 6 {
        0 => {
            let value = octets_of(choices);
            expected.push(("Content-Type".to_owned(), trimmed(value)));
            writer.content_type(value)
        }
        1 => {
            let (mut cookie, flags) = (SetCookie::new(text(choices), text(choices)), choices.octet());
            if flags & 1 != 0 {
                cookie = cookie.path(text(choices));
            }
            if flags & 2 != 0 {
                cookie = cookie.domain(text(choices)).max_age(u64::from(choices.octet()) << 40);
            }
            if flags & 4 != 0 {
                cookie = cookie.same_site(SameSite::None).http_only().expires(u64::from(choices.octet()) << 33);
            }
            expected.push(("Set-Cookie".to_owned(), trimmed(cookie.to_string().as_bytes())));
            writer.cookie(&cookie)
        }
        2 => {
            let protocol = text(choices);
            expected.push(("Upgrade".to_owned(), protocol.into()));
            writer.offer_upgrade(protocol)
        }
        3 => writer.close(),
        _ => {
            let (name, value) = (text(choices), octets_of(choices));
            expected.push((name.to_owned(), trimmed(value)));
            let writer = writer.field(name, value);
            let _checked = check_field(name, value);
            writer
        }
    }
}

/// Parses the response that a stream begins with, and holds it to what was put into it.
fn read_again(stream: &[u8], method: Method<'_>, replied: &Replied, expected: &[(String, Vec<u8>)], content: &[u8]) {
    let limits = HeadLimits::new().with_octets(u16::MAX).with_fields(u8::MAX);
    let mut table = [FieldSpan::EMPTY; 255];
    let head = match ResponseParser::new(limits).parse(stream, &mut table) {
        Ok(Progress::Complete(head)) => head,
        _ if stream.len() > usize::from(u16::MAX) => return,
        other => panic!("{other:?}: {}", stream.escape_ascii()),
    };
    let response = head.view(stream, &table);
    assert_eq!(response.status(), replied.status());
    let derived = ["content-length", "transfer-encoding", "connection", "date"];
    let is_derived = |name: &str| derived.iter().any(|derived| name.eq_ignore_ascii_case(derived));
    let is_upgrade = replied.following() == Following::Upgrade;
    let fields: Vec<_> = response
        .fields()
        .filter(|field| !(is_derived(field.name) || is_upgrade && field.name == "Upgrade"))
        .map(|field| (field.name.to_owned(), field.value.to_vec()))
        .collect();
    assert_eq!(fields, expected);
    for derived in derived {
        assert!(response.fields_named(derived).count() <= 1, "{derived} more than once");
    }
    let both = response.field("content-length").is_some() && response.field("transfer-encoding").is_some();
    assert!(!both, "a length and chunks");
    let closes = response.field("connection").is_some_and(|value| value.ends_with(b"close"));
    assert_eq!(closes, replied.persistence() == Persistence::Close);

    let mut fields = [httparse::EMPTY_HEADER; 256];
    let mut peer = httparse::Response::new(&mut fields);
    assert_eq!(peer.parse(stream), Ok(httparse::Status::Complete(head.length())));
    assert!(peer.headers.iter().map(|field| field.name).eq(response.fields().map(|field| field.name)));

    if is_upgrade {
        return assert_eq!(stream.len(), head.length());
    }
    let framing = response_framing(&response, method).expect("framing that is right");
    let (mut rest, mut decoded) = (&stream[head.length()..], Vec::new());
    let mut decoder = ContentDecoder::new(framing, ContentLimits::new(u64::MAX));
    loop {
        let step = decoder.decode(rest).expect("content that is right");
        rest = &rest[step.consumed..];
        match step.part {
            Part::Content(octets) => decoded.extend_from_slice(octets),
            Part::Trailers(_) => {}
            Part::End => break,
            Part::NeedInput => {
                assert_eq!((framing, rest), (Framing::UntilClose, &b""[..]), "content is missing");
                break;
            }
        }
    }
    if replied.following() != Following::Nothing || method != Method::Head {
        assert_eq!(decoded, content);
    }
    let expected_rest: &[u8] =
        if replied.persistence() == Persistence::Keep { b"HTTP/1.1 200 OK\r\n\r\n" } else { b"" };
    assert_eq!(rest, expected_rest);
}

/// A few octets.
fn octets_of<'a>(choices: &mut Choices<'a>) -> &'a [u8] {
    let length = usize::from(choices.octet() % 64);
    choices.take(length)
}

/// As far as they are text.
fn text<'a>(choices: &mut Choices<'a>) -> &'a str {
    let octets = octets_of(choices);
    match str::from_utf8(octets) {
        Ok(text) => text,
        Err(error) => str::from_utf8(&octets[..error.valid_up_to()]).expect("it is valid up to there"),
    }
}

/// Without the white space that no parser shows.
fn trimmed(value: &[u8]) -> Vec<u8> {
    let is_blank = |octet: &u8| matches!(octet, b' ' | b'\t');
    let start = value.iter().position(|octet| !is_blank(octet)).unwrap_or(value.len());
    let end = value.iter().rposition(|octet| !is_blank(octet)).map_or(start, |last| last + 1);
    value[start..end].to_vec()
}
