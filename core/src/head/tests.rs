//! Both head parsers: outcomes as tables, at every split, and on every tier.

use alloc::{format, string::String, vec, vec::Vec};

use proptest::prelude::*;

use super::*;
use crate::scan::tests::with_every_tier;
use HeadErrorKind as Kind;

type Outcome = Result<Progress<RequestHead>, HeadError>;

fn parse(limits: HeadLimits, input: &[u8], table: usize) -> (Outcome, Vec<FieldSpan>) {
    let mut fields = vec![FieldSpan::EMPTY; table];
    let outcome = RequestParser::new(limits).parse(input, &mut fields);
    (outcome, fields)
}

/// Feeds `pieces` as they arrive, and gives up at the first outcome that is one.
fn parse_in_pieces(limits: HeadLimits, input: &[u8], ends: impl Iterator<Item = usize>, table: usize) -> Outcome {
    let mut fields = vec![FieldSpan::EMPTY; table];
    let mut parser = RequestParser::new(limits);
    for end in ends.chain([input.len()]) {
        match parser.parse(&input[..end], &mut fields) {
            Ok(Progress::Incomplete) => {}
            outcome => return outcome,
        }
    }
    Ok(Progress::Incomplete)
}

/// Heads that are refused, with what is wrong and where.
const REFUSED: &[(&[u8], Kind, usize)] = &[
    (b"\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n", Kind::TooManyEmptyLines, 4),
    (b"\nGET / HTTP/1.1\r\n\r\n", Kind::BareLineFeed, 0),
    (b"\rGET / HTTP/1.1\r\n\r\n", Kind::BareCarriageReturn, 0),
    (b" GET / HTTP/1.1\r\n\r\n", Kind::Method, 0),
    (b"GET", Kind::Malformed, usize::MAX),
    (b"G@T / HTTP/1.1\r\n\r\n", Kind::Method, 1),
    (b"GET\t/ HTTP/1.1\r\n\r\n", Kind::Method, 3),
    (b"GET  / HTTP/1.1\r\n\r\n", Kind::Target, 4),
    (b"GET /  HTTP/1.1\r\n\r\n", Kind::Version, 6),
    (b"GET / HTTP/1.1 \r\n\r\n", Kind::Version, 6),
    (b"GET /\tHTTP/1.1\r\n\r\n", Kind::Target, 5),
    (b"GET /a#b HTTP/1.1\r\n\r\n", Kind::Target, 6),
    (b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n", Kind::Target, 5),
    (b"GET /\x7f HTTP/1.1\r\n\r\n", Kind::ControlOctet, 5),
    (b"GET / \r\n\r\n", Kind::Version, 6),
    (b"GET /\r\n\r\n", Kind::Version, 5),
    (b"GET\r\n\r\n", Kind::Method, 3),
    (b"GET / http/1.1\r\n\r\n", Kind::Version, 6),
    (b"GET / HTTP/1.11\r\n\r\n", Kind::Version, 6),
    (b"GET / HTTP/1.\r\n\r\n", Kind::Version, 6),
    (b"GET / HTTP/2.0\r\n\r\n", Kind::UnsupportedVersion, 6),
    (b"GET / HTTP/0.9\r\n\r\n", Kind::UnsupportedVersion, 6),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Kind::UnsupportedVersion, 6),
    (b"GET / HTTP/1.1\nHost: a\n\n", Kind::BareLineFeed, 14),
    (b"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", Kind::BareCarriageReturn, 20),
    (b"GET / HTTP/1.1\r\nA: b\nc\r\n\r\n", Kind::BareLineFeed, 20),
    (b"GET / HTTP/1.1\r\nA: b\r\n\n", Kind::BareLineFeed, 22),
    (b"GET / HTTP/1.1\r\r\n\r\n", Kind::BareCarriageReturn, 14),
    (b"GET / HTTP/1.1\r\nA: b\0\r\n\r\n", Kind::ControlOctet, 20),
    (b"GET / HTTP/1.1\r\nA: \0\0\r\n\r\n", Kind::ControlOctet, 19),
    (b"GET / HTTP/1.1\r\nA: b\x0b\r\n\r\n", Kind::ControlOctet, 20),
    (b"GET / HTTP/1.1\r\n\0: b\r\n\r\n", Kind::ControlOctet, 16),
    (b"GET / HTTP/1.1\r\n A: b\r\n\r\n", Kind::LeadingWhitespace, 16),
    (b"GET / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n", Kind::LeadingWhitespace, 22),
    (b"GET / HTTP/1.1\r\nA : b\r\n\r\n", Kind::WhitespaceBeforeColon, 17),
    (b"GET / HTTP/1.1\r\nA\t: b\r\n\r\n", Kind::WhitespaceBeforeColon, 17),
    (b"GET / HTTP/1.1\r\n: b\r\n\r\n", Kind::FieldName, 16),
    (b"GET / HTTP/1.1\r\nA(: b\r\n\r\n", Kind::FieldName, 17),
    (b"GET / HTTP/1.1\r\n\xe9: b\r\n\r\n", Kind::FieldName, 16),
    (b"GET / HTTP/1.1\r\nA\r\n\r\n", Kind::MissingColon, 17),
    (b"GET / HTTP/1.1\r\nHost: a\r\nA b\r\n\r\n", Kind::MissingColon, 26),
];

#[test]
fn every_fault_is_named_at_its_octet_however_the_head_is_split() {
    for &(input, kind, at) in REFUSED {
        if at == usize::MAX {
            assert_eq!(parse(HeadLimits::new(), input, 8).0, Ok(Progress::Incomplete));
            continue;
        }
        let expected = Err(HeadError { kind, at });
        let shown = input.escape_ascii();
        assert_eq!(parse(HeadLimits::new(), input, 8).0, expected, "{shown}");
        assert_eq!(parse_in_pieces(HeadLimits::new(), input, 0..input.len(), 8), expected, "octet by octet: {shown}");
        for split in 0..input.len() {
            assert_eq!(parse_in_pieces(HeadLimits::new(), input, [split].into_iter(), 8), expected, "{split}: {shown}");
        }
    }
}

#[test]
fn a_forbidden_octet_is_refused_before_the_head_is_complete() {
    let early: &[&[u8]] =
        &[b"GET / HTTP/1.1\r\nA: \0", b"GET /\n", b"\x16\x03\x01", b"GET / HTTP/1.1\r\nA: b\rc", b"G\x7f"];
    for input in early {
        assert!(parse(HeadLimits::new(), input, 8).0.is_err(), "{}", input.escape_ascii());
    }
}

#[test]
fn what_may_still_become_a_head_is_incomplete() {
    let whole = b"\r\n\r\nGET /some/where HTTP/1.1\r\nHost: example.org\r\nAccept: \t a, b \t\r\nEmpty:\r\n\r\n";
    for end in 0..whole.len() {
        assert_eq!(parse(HeadLimits::new(), &whole[..end], 8).0, Ok(Progress::Incomplete), "{end}");
    }
    let (outcome, fields) = parse(HeadLimits::new(), whole, 8);
    let Ok(Progress::Complete(head)) = outcome else { panic!("{outcome:?}") };
    let request = head.view(whole, &fields);
    assert_eq!(head.length(), whole.len());
    assert_eq!((request.method(), request.target(), request.version()), (Method::Get, "/some/where", Version::Http11));
    let seen: Vec<_> = request.fields().map(|field| (field.name, field.value)).collect();
    assert_eq!(seen, [("Host", &b"example.org"[..]), ("Accept", b"a, b"), ("Empty", b"")]);
}

/// First lines that are accepted, with the method, target and version read.
const ACCEPTED: &[(&str, Method<'static>, &str, Version)] = &[
    ("GET / HTTP/1.1", Method::Get, "/", Version::Http11),
    ("get / HTTP/1.1", Method::Other("get"), "/", Version::Http11),
    ("POST /a?b=c HTTP/1.0", Method::Post, "/a?b=c", Version::Http10),
    ("OPTIONS * HTTP/1.1", Method::Options, "*", Version::Http11),
    ("CONNECT a:443 HTTP/1.1", Method::Connect, "a:443", Version::Http11),
    ("GET http://a/b HTTP/1.1", Method::Get, "http://a/b", Version::Http11),
    ("M-SEARCH * HTTP/1.1", Method::Other("M-SEARCH"), "*", Version::Http11),
    ("A#B /c HTTP/1.1", Method::Other("A#B"), "/c", Version::Http11),
    ("# / HTTP/1.0", Method::Other("#"), "/", Version::Http10),
    ("GET# /c HTTP/1.1", Method::Other("GET#"), "/c", Version::Http11),
    ("CONNECT#B a:443 HTTP/1.1", Method::Other("CONNECT#B"), "a:443", Version::Http11),
    ("GET / HTTP/1.2", Method::Get, "/", Version::Http11),
    ("GET / HTTP/1.9", Method::Get, "/", Version::Http11),
    ("GET /\"<>\\^`{|} HTTP/1.1", Method::Get, "/\"<>\\^`{|}", Version::Http11),
];

#[test]
fn first_lines_are_read_as_they_stand() {
    for &(line, method, target, version) in ACCEPTED {
        let input = format!("{line}\r\n\r\n");
        let (outcome, fields) = parse(HeadLimits::new(), input.as_bytes(), 0);
        let Ok(Progress::Complete(head)) = outcome else { panic!("{line}: {outcome:?}") };
        let request = head.view(input.as_bytes(), &fields);
        assert_eq!((request.method(), request.target(), request.version()), (method, target, version));
    }
}

#[test]
fn long_methods_names_values_and_targets_are_read_whole() {
    for length in [1, 30, 31, 32, 33, 60, 63, 64, 65, 100, 127, 128, 129, 1000] {
        let (method, target, name, value) =
            ("M".repeat(length), "/".repeat(length), "n".repeat(length), "v".repeat(length));
        let input = format!("{method} {target} HTTP/1.1\r\n{name}: {value}\r\nHost: a\r\n\r\n");
        let (outcome, fields) = parse(HeadLimits::new(), input.as_bytes(), 8);
        let Ok(Progress::Complete(head)) = outcome else { panic!("{length}: {outcome:?}") };
        let request = head.view(input.as_bytes(), &fields);
        assert_eq!((request.method().as_str(), request.target()), (&*method, &*target));
        assert_eq!(request.field(&name), Some(value.as_bytes()));
        assert!(matches!(request.known().host(), Occurrence::One(_)));
    }
}

#[test]
fn any_number_of_short_lines_is_read() {
    for count in 0..=100 {
        let mut input = String::from("GET / HTTP/1.1\r\n");
        for index in 0..count {
            input += &format!("{}:{}\r\n", ["a", "host", "expect"][index % 3], index);
        }
        input += "\r\n";
        let (outcome, fields) = parse(HeadLimits::new(), input.as_bytes(), 100);
        let Ok(Progress::Complete(head)) = outcome else { panic!("{count}: {outcome:?}") };
        let request = head.view(input.as_bytes(), &fields);
        for (index, field) in request.fields().enumerate() {
            assert_eq!((field.name, field.text()), (["a", "host", "expect"][index % 3], Some(&*format!("{index}"))));
        }
        assert_eq!(head.field_count(), count);
        let expected = match (count + 1) / 3 {
            0 => Occurrence::None,
            1 => Occurrence::One(1),
            _ => Occurrence::Several,
        };
        assert_eq!((request.known().host(), request.known().has_expect()), (expected, count >= 3));
        let Ok(Progress::Complete(counted)) = parse(HeadLimits::new(), input.as_bytes(), 0).0 else {
            panic!("{count}")
        };
        assert_eq!((counted.length(), counted.field_count()), (head.length(), count), "counted without a table");
    }
}

#[test]
fn known_fields_are_found_in_any_case_and_nothing_else_is() {
    let input = b"GET / HTTP/1.1\r\nhOST: a\r\nHostt: b\r\nhast: c\r\nCONTENT-length: 1\r\nContent-Lengtx: 2\r\n\
        TRANSFER-encoding: x\r\nConnection: a\r\nconnectioN: b\r\nExpect: e\r\nUpgrade: u\r\n\r\n";
    let (outcome, fields) = parse(HeadLimits::new(), input, 16);
    let Ok(Progress::Complete(head)) = outcome else { panic!("{outcome:?}") };
    let known = head.view(input, &fields).known();
    let seen = [known.host(), known.content_length(), known.transfer_encoding(), known.connection()];
    assert_eq!(seen, [Occurrence::One(0), Occurrence::One(3), Occurrence::One(5), Occurrence::Several]);
    assert!(known.has_expect());
}

#[test]
fn limits_name_the_right_status_at_any_split() {
    let limits = HeadLimits::new().with_octets(100).with_target(20).with_fields(3);
    let long_target = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(20));
    let endless_target = format!("GET /{}", "a".repeat(200));
    let large = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "a".repeat(100));
    let endless_method = "M".repeat(200);
    let many = "GET / HTTP/1.1\r\na:\r\nb:\r\nc:\r\nd:\r\n\r\n";
    let cases = [
        (&*long_target, Kind::TargetTooLong, 414),
        (&*endless_target, Kind::TargetTooLong, 414),
        (&*large, Kind::HeadTooLarge, 431),
        (&*endless_method, Kind::Method, 400),
        (many, Kind::TooManyFields, 431),
    ];
    for (input, kind, status) in cases {
        let whole = parse(limits, input.as_bytes(), 8).0;
        assert_eq!(whole.map_err(|error| (error.kind, error.status().code())), Err((kind, status)), "{input}");
        assert_eq!(parse_in_pieces(limits, input.as_bytes(), 0..input.len(), 8), whole, "octet by octet: {input}");
    }
    let exact = format!("GET /{} HTTP/1.1\r\na:\r\nb:\r\nc: {}\r\n\r\n", "a".repeat(19), "c".repeat(50));
    assert_eq!(exact.len(), 100);
    assert!(
        matches!(parse(limits, exact.as_bytes(), 3).0, Ok(Progress::Complete(_))),
        "the limits themselves are kept"
    );
    let (outcome, _) = parse(limits, exact.as_bytes(), 2);
    assert_eq!(outcome.map_err(|error| error.kind), Err(Kind::TooManyFields), "a table too short");
}

#[test]
fn response_heads_are_read_and_refused() {
    let accepted: &[(&[u8], u16, &[u8])] = &[
        (b"HTTP/1.1 200 OK\r\n\r\n", 200, b"OK"),
        (b"HTTP/1.1 200 \r\n\r\n", 200, b""),
        (b"HTTP/1.0 299\r\nA: b\r\n\r\n", 299, b""),
        (b"HTTP/1.1 999 \t\xe9 !\r\n\r\n", 999, b"\t\xe9 !"),
    ];
    for &(input, status, reason) in accepted {
        let mut fields = [FieldSpan::EMPTY; 2];
        let Ok(Progress::Complete(head)) = ResponseHead::parse(input, &mut fields) else { panic!() };
        let response = head.view(input, &fields);
        assert_eq!((response.status().code(), response.reason()), (status, reason));
    }
    let refused: &[(&[u8], Kind)] = &[
        (b"HTTP/1.1 099 X\r\n\r\n", Kind::StatusCode),
        (b"HTTP/1.1 20 OK\r\n\r\n", Kind::StatusCode),
        (b"HTTP/1.1 2000 OK\r\n\r\n", Kind::StatusCode),
        (b"HTTP/1.1  200 OK\r\n\r\n", Kind::StatusCode),
        (b"HTTP/1.1\t200 OK\r\n\r\n", Kind::Version),
        (b"HTTP/2.0 200 OK\r\n\r\n", Kind::UnsupportedVersion),
        (b"ICY 200 OK\r\n\r\n", Kind::Version),
        (b"HTTP/1.1 200 OK\nA: b\r\n\r\n", Kind::BareLineFeed),
        (b"HTTP/1.1 200 O\0K\r\n\r\n", Kind::ControlOctet),
        (b"HTTP/1.1 200 OK\r\n A: b\r\n\r\n", Kind::LeadingWhitespace),
    ];
    for &(input, kind) in refused {
        let outcome = ResponseHead::parse(input, &mut [FieldSpan::EMPTY; 2]);
        assert_eq!(outcome.map_err(|error| error.kind), Err(kind), "{}", input.escape_ascii());
    }
}

/// Octets that make the parsers branch, much more often than random ones would.
fn head_like() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(&b"\r\n"[..]), 1 => Just(&b"\r"[..]), 1 => Just(&b"\n"[..]), 1 => Just(&b"\0"[..]),
        2 => Just(&b"GET / HTTP/1.1\r\n"[..]), 1 => Just(&b"POST /a HTTP/1.0\r\n"[..]), 1 => Just(&b"GET"[..]),
        2 => Just(&b"Host: a\r\n"[..]), 2 => Just(&b"a:b\r\n"[..]), 1 => Just(&b"Content-Length:   5  \r\n"[..]),
        1 => Just(&b" "[..]), 1 => Just(&b"\t"[..]), 1 => Just(&b":"[..]), 1 => Just(&b"\xff\x80"[..]),
        1 => Just(&b"x-a-name-that-is-longer-than-thirty-two-octets: v\r\n"[..]), 1 => Just(&b"/path/of/some/length"[..]),
    ];
    (any::<bool>(), prop::collection::vec(piece, 0..24)).prop_map(|(begun, pieces)| {
        let mut octets = if begun { b"GET / HTTP/1.1\r\n".to_vec() } else { Vec::new() };
        octets.extend(pieces.concat());
        octets
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_outcome_depends_neither_on_splits_nor_on_the_tier(input in head_like(), splits in prop::collection::vec(0_usize..400, 0..5)) {
        let limits = HeadLimits::new().with_octets(300).with_target(30).with_fields(12);
        let (whole, fields) = parse(limits, &input, 16);
        let mut ends: Vec<_> = splits.into_iter().filter(|&end| end < input.len()).collect();
        ends.sort_unstable();
        prop_assert_eq!(parse_in_pieces(limits, &input, ends.into_iter(), 16), whole);
        prop_assert_eq!(parse_in_pieces(limits, &input, 0..input.len(), 16), whole);
        with_every_tier(|tier| {
            let (outcome, spans) = parse(limits, &input, 16);
            assert_eq!(outcome, whole, "{tier}");
            let count = if let Ok(Progress::Complete(head)) = whole { head.field_count() } else { 0 };
            assert_eq!(&spans[..count], &fields[..count]);
        });
        if let Err(error) = whole {
            prop_assert_ne!(error.kind, Kind::Malformed, "the fast path refuses what nothing is wrong with");
        }
    }

    #[test]
    fn no_octets_make_the_parsers_panic(input in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(HeadLimits::new().with_octets(250), &input, 4);
        let _ = ResponseHead::parse(&input, &mut [FieldSpan::EMPTY; 4]);
    }
}
