//! The lazy readers: what they read, as tables, and what they never do.

use alloc::{string::String, string::ToString, vec::Vec};

use proptest::prelude::*;

use super::*;

#[test]
fn a_request_tells_whether_its_client_keeps_the_connection() {
    let cases = [
        ("HTTP/1.1", "", true),
        ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: Keep-Alive\r\n", true),
        ("HTTP/1.1", "Connection: upgrade\r\nConnection: x, CLOSE\r\n", false),
        ("HTTP/1.1", "Connection: closed\r\n", true),
        ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: keep-alive\r\n", true),
        ("HTTP/1.0", "Connection: close, keep-alive\r\n", false),
    ];
    for (version, fields, keeps) in cases {
        let input = alloc::format!("GET / {version}\r\nHost: a\r\n{fields}\r\n");
        let mut spans = [FieldSpan::EMPTY; 8];
        let Ok(Progress::Complete(head)) = RequestHead::parse(input.as_bytes(), &mut spans) else { panic!("{input}") };
        assert_eq!(head.view(input.as_bytes(), &spans).keeps_alive(), keeps, "{input}");
    }
}

#[test]
fn targets_are_read_in_the_form_of_their_method() {
    let get = |target| Target::parse(target, Method::Get);
    assert!(matches!(get("/"), Ok(Target::Origin { path, query: None }) if path.as_str() == "/"));
    assert!(matches!(get("/a?b?c"), Ok(Target::Origin { query: Some(query), .. }) if query.as_str() == "b?c"));
    assert!(matches!(get("//a"), Ok(Target::Origin { path, .. }) if path.as_str() == "//a"));
    let Ok(Target::Absolute { scheme, authority, path, query }) = get("HTTP://a.b:80?q") else { panic!() };
    assert_eq!((scheme, authority.host(), authority.port()), ("HTTP", "a.b", Some(80)));
    assert_eq!((path.as_str(), query.map(|query| query.as_str().to_string())), ("/", Some(String::from("q"))));
    assert!(matches!(Target::parse("*", Method::Options), Ok(Target::Asterisk)));
    assert!(matches!(Target::parse("a:443", Method::Connect), Ok(Target::Authority(_))));

    let refused = [
        "a",
        "a/b",
        "*",
        "http:/a",
        "http://",
        "http:///a",
        "://a",
        "1http://a",
        "http://a b",
        "http://u@a/",
        "a:443",
        "?q",
    ];
    for target in refused {
        assert_eq!(get(target), Err(TargetError), "{target}");
    }
    for target in ["/", "a", "a:", "*", "http://a/", "a:99999", "a:b"] {
        assert_eq!(Target::parse(target, Method::Connect), Err(TargetError), "CONNECT {target}");
    }
    assert_eq!(Target::parse("*", Method::Get), Err(TargetError));
}

#[test]
fn authorities_are_a_host_and_at_most_a_port() {
    let accepted = [
        ("a", "a", None),
        ("a.b-c_d~e", "a.b-c_d~e", None),
        ("127.0.0.1:8080", "127.0.0.1", Some(8080)),
        ("[::1]", "[::1]", None),
        ("[fe80::1]:65535", "[fe80::1]", Some(65535)),
        ("[v1.a:b]", "[v1.a:b]", None),
        ("a%20b", "a%20b", None),
        ("a:", "a", None),
        ("a:0080", "a", Some(80)),
        ("", "", None),
    ];
    for (text, host, port) in accepted {
        let authority = Authority::parse(text);
        assert_eq!(authority.map(|authority| (authority.host(), authority.port())), Some((host, port)), "{text}");
    }
    let refused = [
        ":80", "a:b", "a:80:80", "a:65536", "a:+80", "a:-1", "u@a", "a b", "a/b", "a?b", "a#b", "[::1", "::1", "[]",
        "[::g]", "[::1]a", "[v.a]", "[v1.]", "a%2", "a%zz", "a,b:x", "a\\b", "\u{e9}", "a\t",
    ];
    for text in refused {
        assert_eq!(Authority::parse(text), None, "{text}");
    }
}

#[test]
fn the_host_field_is_checked_and_an_absolute_target_replaces_it() {
    let cases: &[(&str, Result<Option<&str>, HostError>)] = &[
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Ok(Some("a"))),
        ("GET / HTTP/1.1\r\nhost:\r\n\r\n", Ok(Some(""))),
        ("GET / HTTP/1.1\r\n\r\n", Err(HostError::Missing)),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Err(HostError::Repeated)),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", Err(HostError::Invalid)),
        ("GET / HTTP/1.1\r\nHost: \u{e9}\r\n\r\n", Err(HostError::Invalid)),
        ("GET / HTTP/1.0\r\n\r\n", Ok(None)),
        ("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", Err(HostError::Repeated)),
        ("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", Ok(Some("b"))),
        ("GET http://b/ HTTP/1.1\r\n\r\n", Err(HostError::Missing)),
    ];
    for &(input, expected) in cases {
        let mut fields = [FieldSpan::EMPTY; 4];
        let Ok(Progress::Complete(head)) = RequestHead::parse(input.as_bytes(), &mut fields) else { panic!("{input}") };
        let request = head.view(input.as_bytes(), &fields);
        assert_eq!(request.authority().map(|authority| authority.map(|found| found.host())), expected, "{input}");
    }
}

#[test]
fn broken_escapes_are_told_and_not_repaired() {
    for (raw, at) in [("%", 0), ("a%", 1), ("a%2", 1), ("%zz", 0), ("%20%2g", 3), ("%+1", 0)] {
        let encoded = Encoded::path(raw.as_bytes());
        assert!(!encoded.is_well_formed(), "{raw}");
        assert_eq!(encoded.decode_into(&mut [0; 9]), Err(DecodeError::BrokenEscape(BrokenEscape { at })), "{raw}");
        assert!(!encoded.is(raw.as_bytes()), "{raw}");
    }
    assert_eq!(Encoded::path(b"abc").decode_into(&mut [0; 2]), Err(DecodeError::NoRoom));
}

#[test]
fn what_is_shown_to_people_is_always_text() {
    let cases = [
        ("a+b", "a+b"),
        ("%E2%82%AC!", "€!"),
        ("%F0%9F%98%80", "😀"),
        ("%E2%82", "\u{fffd}"),
        ("%ffa", "\u{fffd}a"),
        ("a%2", "a%2"),
        ("%E2a%82", "\u{fffd}a\u{fffd}"),
    ];
    for (raw, shown) in cases {
        assert_eq!(Encoded::path(raw.as_bytes()).to_string(), shown, "{raw}");
    }
    assert_eq!(Encoded::form(b"a+b%2B").to_string(), "a b+");
}

#[test]
fn text_is_told_from_other_octets() {
    for (raw, is_text) in [
        ("", true),
        ("a+b", true),
        ("%41%00", true),
        ("%c3%a9\u{e9}%E2%82%ac", true),
        ("%F0%9F%98%80", true),
        ("%", false),
        ("%4", false),
        ("%ff", false),
        ("%c3", false),
        ("%c3a", false),
        ("a%C3%28", false),
        ("%ed%a0%80", false),
        ("%f4%90%80%80", false),
    ] {
        assert_eq!(Encoded::form(raw.as_bytes()).is_text(), is_text, "{raw}");
    }
    assert!(!Encoded::path(b"\xff").is_text());
    assert_eq!((Encoded::path(b"a+b").plain(), Encoded::form(b"a+b").plain()), (Some(&b"a+b"[..]), None));
    assert_eq!(Encoded::path(b"a%2fb").plain(), None);
}

#[test]
fn a_query_is_split_before_it_is_decoded_and_decoded_once() {
    let query = Query::new("a=1&&b=%26%3D&c=%2541&a=2&d=x=y&e");
    let pairs: Vec<_> =
        query.pairs().map(|pair| (pair.name.to_string(), pair.value.map(|value| value.to_string()))).collect();
    let expected =
        [("a", Some("1")), ("b", Some("&=")), ("c", Some("%41")), ("a", Some("2")), ("d", Some("x=y")), ("e", None)];
    assert_eq!(pairs, expected.map(|(name, value)| (String::from(name), value.map(String::from))));
    assert!(query.value("a").flatten().unwrap().is(b"1"));
    assert_eq!((query.value("e"), query.value("f")), (Some(None), None));
}

#[test]
fn a_request_tells_its_path_and_its_query() {
    let cases = [
        ("GET /a?b=c", Some("/a"), Some("b=c")),
        ("GET /a?", Some("/a"), Some("")),
        ("GET /a", Some("/a"), None),
        ("GET http://h?x", Some("/"), Some("x")),
        ("OPTIONS *", None, None),
        ("GET *", None, None),
    ];
    for (line, path, query) in cases {
        let input = alloc::format!("{line} HTTP/1.0\r\n\r\n");
        let Ok(Progress::Complete(head)) = RequestHead::parse(input.as_bytes(), &mut []) else { panic!("{line}") };
        let request = head.view(input.as_bytes(), &[]);
        assert_eq!(request.path().map(|path| path.as_str()), path, "{line}");
        assert_eq!(request.query().map(|query| query.as_str()), query, "{line}");
    }
}

proptest! {
    /// The engine takes what has a plain host without reading it further.
    #[test]
    fn a_plain_host_is_a_host(value in "[a-zA-Z0-9.:%_@\\[\\] -]{0,6}(:[0-9]{0,6})?") {
        let input = alloc::format!("GET / HTTP/1.1\r\nHost: {value}\r\n\r\n");
        let mut fields = [FieldSpan::EMPTY; 1];
        let Ok(Progress::Complete(head)) = RequestHead::parse(input.as_bytes(), &mut fields) else { panic!("{input}") };
        let request = head.view(input.as_bytes(), &fields);
        prop_assert!(!request.has_plain_host() || request.host_field().is_ok(), "{}", input);
        let expected = Authority::parse(value.trim_matches(' ')).map(Some).ok_or(HostError::Invalid);
        prop_assert_eq!(request.authority(), expected);
    }

    #[test]
    fn what_is_encoded_is_decoded(octets in prop::collection::vec(any::<u8>(), 0..40)) {
        let encoded: String = octets.iter().map(|octet| alloc::format!("%{octet:02x}")).collect();
        let mut buffer = [0; 40];
        prop_assert_eq!(Encoded::path(encoded.as_bytes()).decode_into(&mut buffer), Ok(&octets[..]));
        prop_assert_eq!(Encoded::path(encoded.as_bytes()).to_string(), String::from_utf8_lossy(&octets));
    }

    #[test]
    fn text_is_what_a_string_can_be(octets in prop::collection::vec(prop_oneof![any::<u8>(), Just(0xe2), Just(0x82)], 0..6)) {
        let encoded: String = octets.iter().map(|octet| alloc::format!("%{octet:02x}")).collect();
        prop_assert_eq!(Encoded::path(encoded.as_bytes()).is_text(), str::from_utf8(&octets).is_ok());
    }

    #[test]
    fn no_target_makes_a_reader_panic(target in "[!-~]{1,30}") {
        for method in [Method::Get, Method::Connect, Method::Options] {
            if let Ok(read) = Target::parse(&target, method) {
                let _: Option<Vec<_>> = read.path().map(|path| path.segments().map(|segment| segment.to_string()).collect());
                let _: Option<Vec<_>> = read.query().map(|query| query.pairs().map(|pair| pair.name.to_string()).collect());
            }
        }
        let _ = Authority::parse(&target);
    }
}
