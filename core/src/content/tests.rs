//! Multipart content: what is read, as tables, and that it does not matter how the content was cut.

use alloc::{format, string::String, string::ToString, vec, vec::Vec};

use proptest::prelude::*;

use super::*;
use crate::head::MediaType;

/// A part as it was read: name, file name, media type, content.
type Read = (String, Option<String>, Option<String>, Vec<u8>);

/// What comes of content: the parts that were complete, the one that was not, and how it ended.
type Outcome = (Vec<Read>, Option<Read>, Result<(), MultipartError>);

fn read_head(head: &PartHead<'_>) -> Read {
    let file_name = head.file_name().map(|name| name.to_string());
    (head.name().to_string(), file_name, head.media_type().map(|media_type| media_type.to_string()), Vec::new())
}

fn read_pieces<'i>(pieces: impl IntoIterator<Item = &'i [u8]>, limits: MultipartLimits, memory: &mut [u8]) -> Outcome {
    let mut parser = MultipartParser::new(Boundary::new(b"b0").unwrap(), limits);
    let (mut parts, mut open, mut ended) = (Vec::new(), None::<Read>, false);
    for piece in pieces {
        let mut input = piece;
        loop {
            match parser.next(&mut input, memory) {
                Ok(None) => break,
                Ok(Some(event)) => {
                    assert!(!ended, "nothing follows the end");
                    match event {
                        MultipartEvent::Part(head) => assert!(open.replace(read_head(&head)).is_none()),
                        MultipartEvent::Octets(octets) => {
                            assert!(!octets.is_empty());
                            open.as_mut().unwrap().3.extend_from_slice(octets);
                        }
                        MultipartEvent::PartEnd => parts.push(open.take().unwrap()),
                        MultipartEvent::End => ended = true,
                    }
                }
                Err(error) => {
                    let mut more = &b"--b0--"[..];
                    assert_eq!(parser.next(&mut more, memory).map(drop), Err(error), "an error stays");
                    assert_eq!(parser.end(), Err(error));
                    return (parts, open, Err(error));
                }
            }
        }
        assert!(input.is_empty(), "all input is used");
    }
    assert!(ended || parser.end().is_err());
    (parts, open, parser.end())
}

fn read_whole(content: &[u8], limits: MultipartLimits) -> (Vec<Read>, Result<(), MultipartError>) {
    let mut parts = Vec::new();
    for part in Parts::of(content, Boundary::new(b"b0").unwrap(), limits) {
        match part {
            Ok(part) => {
                let mut read = read_head(&part.head);
                read.3 = part.content.to_vec();
                parts.push(read);
            }
            Err(error) => return (parts, Err(error)),
        }
    }
    (parts, Ok(()))
}

/// Cuts content at these places, which need not be in order.
fn cut<'i>(content: &'i [u8], cuts: &[usize]) -> Vec<&'i [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (content.len() + 1)).collect();
    cuts.extend([0, content.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|ends| &content[ends[0]..ends[1]]).collect()
}

const SMALL: MultipartLimits =
    MultipartLimits::new().with_head_octets(100).with_fields(3).with_parts(3).with_octets_around(12);

/// One part, called `a`.
fn one(content: &str) -> String {
    format!("--b0\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{content}\r\n--b0--")
}

/// One part with this head.
fn headed(head: &str) -> String {
    format!("--b0\r\n{head}\r\n\r\nx\r\n--b0--\r\n")
}

/// The names and contents of the parts that are complete.
type Expected = &'static [(&'static str, &'static str)];

fn cases() -> Vec<(String, Expected, Result<(), MultipartError>)> {
    use MultipartError::*;
    let a = "Content-Disposition: form-data; name=a";
    vec![
        (one("x"), &[("a", "x")], Ok(())),
        (one(""), &[("a", "")], Ok(())),
        // The line end before the boundary is the boundary's.
        (one("\r\n"), &[("a", "\r\n")], Ok(())),
        (one("\r\n\r\n"), &[("a", "\r\n\r\n")], Ok(())),
        // What begins as a delimiter and is none.
        (one("\r"), &[("a", "\r")], Ok(())),
        (one("\r\r\n-\r\n--\r\n--b"), &[("a", "\r\r\n-\r\n--\r\n--b")], Ok(())),
        (one("--b0"), &[("a", "")], Err(EndOfContent)),
        (one("--b"), &[("a", "--b")], Ok(())),
        (one("-\r\n--b0"), &[("a", "-")], Err(EndOfContent)),
        (one("x--b0--"), &[("a", "x--b0--")], Ok(())),
        (one("\n--b0--\n"), &[("a", "\n--b0--\n")], Ok(())),
        (one("\r--b0--\r"), &[("a", "\r--b0--\r")], Ok(())),
        (one("\r\n --b0"), &[("a", "\r\n --b0")], Ok(())),
        (one("\r\n-b0"), &[("a", "\r\n-b0")], Ok(())),
        (one("\r\n--\r\n--b\r\n--b1\r\n--B0"), &[("a", "\r\n--\r\n--b\r\n--b1\r\n--B0")], Ok(())),
        // A line of content must not begin with the boundary, whatever follows.
        (one("\r\n--b0x"), &[("a", "")], Err(Delimiter)),
        (one("\r\n--b0-x"), &[("a", "")], Err(Delimiter)),
        (one("\r\n--b0\nx"), &[("a", "")], Err(Delimiter)),
        (one("\r\n--b0\rx"), &[("a", "")], Err(Delimiter)),
        // Two parts, white space behind boundaries, and what stands around.
        (format!("--b0\r\n{a}\r\n\r\n1\r\n--b0 \t\r\n{a}\r\n\r\n2\r\n--b0-- \r\n"), &[("a", "1"), ("a", "2")], Ok(())),
        (format!("preamble\r\n{}\r\nend", one("x")), &[("a", "x")], Ok(())),
        (format!("\r\n{}", one("x")), &[("a", "x")], Ok(())),
        (format!("--b\r\n-\r{}", one("x")), &[], Err(TooMuchAround)),
        (format!("--b\r\n--b\r\n{}", one("x")), &[("a", "x")], Ok(())),
        (format!("{}\r\n{}", one("x"), "123456789012"), &[("a", "x")], Ok(())),
        (format!("{}\r\n{}", one("x"), "1234567890123"), &[("a", "x")], Err(TooMuchAround)),
        (format!("123456789012\r\n{}", one("x")), &[("a", "x")], Ok(())),
        (format!("1234567890123\r\n{}", one("x")), &[], Err(TooMuchAround)),
        (format!("--b0{}\r\n{a}\r\n\r\n", " ".repeat(13)), &[], Err(TooMuchAround)),
        (format!("{}{}", one("x"), "\t".repeat(13)), &[("a", "x")], Err(TooMuchAround)),
        (format!("{}x", one("x")), &[("a", "x")], Err(Delimiter)),
        (format!("{}\n", one("x")), &[("a", "x")], Err(Delimiter)),
        (format!("{}\rx", one("x")), &[("a", "x")], Err(Delimiter)),
        (format!("{}\r", one("x")), &[("a", "x")], Err(EndOfContent)),
        // No parts, and no end.
        ("--b0--".into(), &[], Ok(())),
        ("--b0--\r\n".into(), &[], Ok(())),
        ("".into(), &[], Err(EndOfContent)),
        ("--b0".into(), &[], Err(EndOfContent)),
        ("--b0-".into(), &[], Err(EndOfContent)),
        ("--b0\r\n".into(), &[], Err(EndOfContent)),
        ("x--b0--".into(), &[], Err(EndOfContent)),
        ("--b0\n".into(), &[], Err(Delimiter)),
        ("--b0x\r\n".into(), &[], Err(Delimiter)),
        (format!("--b0\r\n{a}"), &[], Err(EndOfContent)),
        (format!("--b0\r\n{a}\r\n\r\nx\r\n--b0"), &[("a", "x")], Err(EndOfContent)),
        (format!("--b0\r\n{a}\r\n\r\nx\r\n--b"), &[], Err(EndOfContent)),
        (format!("--b0\r\n{a}\r\n\r\nx"), &[], Err(EndOfContent)),
        // A part that has a head and nothing else: the empty line ends before the boundary's line.
        (format!("--b0\r\n{a}\r\n\r\n--b0--"), &[("a", "")], Ok(())),
        // Heads.
        (headed(a), &[("a", "x")], Ok(())),
        ("--b0\r\n\r\nx\r\n--b0--".into(), &[], Err(NoDisposition)),
        (headed("Content-Type: text/plain"), &[], Err(NoDisposition)),
        (headed(&format!("{a}\r\n{a}")), &[], Err(NoDisposition)),
        (headed(&format!("{a}\r\nA: 1\r\nB: 2")), &[("a", "x")], Ok(())),
        (headed(&format!("{a}\r\nA: 1\r\nB: 2\r\nC: 3")), &[], Err(TooManyFields)),
        (headed(&format!("{a}\r\nA: {}", "x".repeat(53))), &[("a", "x")], Ok(())),
        (headed(&format!("{a}\r\nA: {}", "x".repeat(54))), &[], Err(HeadTooLong)),
        (format!("--b0\r\n{a}\r\nA: {}", "x".repeat(99)), &[], Err(HeadTooLong)),
        (headed(&format!("{a}\nA: 1")), &[], Err(Field)),
        (headed(&format!("{a}\r\n A: 1")), &[], Err(Field)),
        (headed(&format!("{a}\r\nA : 1")), &[], Err(Field)),
        (headed(&format!("{a}\r\nA")), &[], Err(Field)),
        (headed(&format!("{a}\r\n: 1")), &[], Err(Field)),
        (headed(&format!("{a}\r\nA: \0")), &[], Err(Field)),
        (headed(&format!("{a}\rA: 1")), &[], Err(Field)),
        (headed(&format!("{a}\r\nContent-Type: a/b\r\nContent-Type: a/b")), &[], Err(Field)),
        (headed(&format!("{a}\r\nContent-Transfer-Encoding: 8BIT")), &[("a", "x")], Ok(())),
        (headed(&format!("{a}\r\nContent-Transfer-Encoding: base64")), &[], Err(TransferEncoding)),
        (headed("content-disposition:Form-Data;NAME=a"), &[("a", "x")], Ok(())),
        (headed("Content-Disposition: form-data"), &[], Err(NoName)),
        (headed("Content-Disposition: form-data; filename=a"), &[], Err(NoName)),
        (headed("Content-Disposition: form-data; name=\"\""), &[("", "x")], Ok(())),
        (headed("Content-Disposition: form-data; name="), &[], Err(Disposition)),
        (headed("Content-Disposition: form-data; name"), &[], Err(Disposition)),
        (headed("Content-Disposition: form-data; name=\"a"), &[], Err(Disposition)),
        (headed("Content-Disposition: form-data; name=a b"), &[], Err(Disposition)),
        (headed("Content-Disposition: form-data; name=a; name=b"), &[], Err(Disposition)),
        (headed("Content-Disposition: form-data; name=a;;"), &[("a", "x")], Ok(())),
        (headed("Content-Disposition: attachment; name=a"), &[], Err(Disposition)),
        (headed("Content-Disposition: "), &[], Err(Disposition)),
        // Too many parts.
        (
            format!("--b0\r\n{a}\r\n\r\n1\r\n").repeat(4) + "--b0--",
            &[("a", "1"), ("a", "1"), ("a", "1")],
            Err(TooManyParts),
        ),
    ]
}

/// Octets between two cuts: more than a delimiter and its line have.
const NEAR: usize = 16;

#[test]
fn what_is_read_does_not_depend_on_how_it_was_cut() {
    let mut memory = [0; 100];
    for (content, expected, end) in cases() {
        let shown = content.escape_debug();
        let content = content.as_bytes();
        let whole = read_pieces([content], SMALL, &mut memory);
        let read: Vec<_> = whole.0.iter().map(|part| (&*part.0, str::from_utf8(&part.3).unwrap())).collect();
        assert_eq!((&read[..], whole.2), (expected, end), "{shown}");
        assert_eq!(read_whole(content, SMALL), (whole.0.clone(), whole.2), "{shown}");
        assert_eq!(read_pieces(content.chunks(1), SMALL, &mut memory), whole, "{shown}, one by one");
        for first in 0..content.len() {
            for second in first..content.len().min(first + NEAR) {
                let pieces = [&content[..first], &content[first..second], &content[second..]];
                assert_eq!(read_pieces(pieces, SMALL, &mut memory), whole, "{shown}, cut at {first} and {second}");
            }
        }
    }
}

#[test]
fn names_are_read_as_browsers_and_others_write_them() {
    let cases: &[(&[u8], &str, Option<&str>)] = &[
        (b"name=\"a\"; filename=\"b.txt\"", "a", Some("b.txt")),
        (b"name=\"a\"; filename=\"\"", "a", Some("")),
        // WHATWG: these three, and no others.
        (b"name=\"a%22b\"; filename=\"%0D%0a%0A%41%\"", "a\"b", Some("\r\n\n%41%")),
        // Older ones: backslashes before quotes and backslashes.
        (b"name=\"a\\\"b\\\\c\"; filename=\"C:\\dir\\file\"", "a\"b\\c", Some("C:\\dir\\file")),
        (b"name=\"a;b\"; filename=\"c; name=d\"", "a;b", Some("c; name=d")),
        (b"name=\"\xc3\xa9\"; filename=\"\xff\"", "\u{e9}", Some("\u{fffd}")),
        // RFC 7578 4.2: this is not to be used.
        (b"name=\"a\"; filename*=UTF-8''b%20c", "a", None),
        (b"name=\"a\"; filename=b; filename*=UTF-8''c", "a", Some("b")),
        (b"name=a%22b", "a%22b", None),
        (b"filename = b", "", None),
    ];
    for &(parameters, name, file_name) in cases {
        let head = [b"Content-Disposition: form-data; ", parameters, b"\r\n\r\n"].concat();
        let read = PartHead::parse(&head, &MultipartLimits::new());
        let shown = parameters.escape_ascii();
        if name.is_empty() {
            assert_eq!(read.map(drop), Err(MultipartError::Disposition), "{shown}");
            continue;
        }
        let head = read.unwrap();
        assert_eq!(head.name().to_string(), name, "{shown}");
        assert_eq!(head.file_name().map(|name| name.to_string()).as_deref(), file_name, "{shown}");
        assert!(head.name().is(name), "{shown}");
        assert_eq!(head.name().plain().is_some(), !name.contains(['"', '\\']), "{shown}");
    }
}

#[test]
fn the_head_of_a_part_tells_all_its_fields() {
    let octets = b"Content-Disposition: form-data; name=a\r\nContent-Type: Text/HTML; charset=x\r\nX-Y:  z \r\n\r\n";
    let head = PartHead::parse(octets, &MultipartLimits::new()).unwrap();
    assert!(head.media_type().unwrap().is("text/html"));
    assert_eq!((head.field("x-y"), head.field("z"), head.fields().count()), (Some(&b"z"[..]), None, 3));
    assert_eq!(head.as_octets(), octets);
    for broken in [&b""[..], b"\r", b"A", b"A: b\r\n", b"A: b\r\n\r\n\r\n", b"A: b\r\n\r\nB: c\r\n"] {
        assert_eq!(PartHead::parse(broken, &MultipartLimits::new()).unwrap_err(), MultipartError::Field);
    }
}

#[test]
fn boundaries_are_checked() {
    let seventy = "x".repeat(70);
    let cases = [
        ("a/b; boundary=x", Ok("x")),
        ("a/b; Boundary=\"a b\"", Ok("a b")),
        ("a/b; boundary=\"'()+_,-./:=?09azAZ\"", Ok("'()+_,-./:=?09azAZ")),
        (&format!("a/b; boundary={seventy}"), Ok(&*seventy)),
        (&format!("a/b; boundary={seventy}x"), Err(BoundaryError::Length)),
        ("a/b; boundary=\"\"", Err(BoundaryError::Length)),
        ("a/b; boundary=", Err(BoundaryError::Broken)),
        ("a/b; boundary", Err(BoundaryError::Broken)),
        ("a/b; boundary=\"x", Err(BoundaryError::Broken)),
        ("a/b; boundary=x y", Err(BoundaryError::Broken)),
        ("a/b; Boundary =x", Err(BoundaryError::Broken)),
        ("a/b; boundary=x; boundary = y", Err(BoundaryError::Broken)),
        ("a/b; boundary=x/y", Err(BoundaryError::Broken)),
        ("a/b; bound; =; c=\"; boundary=x", Err(BoundaryError::Missing)),
        ("a/b; bound; =; c= ; boundary=x;", Ok("x")),
        ("a/b", Err(BoundaryError::Missing)),
        ("a/b; boundary=x; boundary=x", Err(BoundaryError::Repeated)),
        ("a/b; boundary=\"a \"", Err(BoundaryError::Octet)),
        ("a/b; boundary=\"a\tb\"", Err(BoundaryError::Octet)),
        ("a/b; boundary=\"a\u{e9}\"", Err(BoundaryError::Octet)),
        ("a/b; boundary=a!", Err(BoundaryError::Octet)),
        ("a/b; boundary=\"x\"; BOUNDARY=y", Err(BoundaryError::Repeated)),
        ("a/b; boundary=\"a\\\"b\"", Err(BoundaryError::Octet)),
    ];
    for (media_type, expected) in cases {
        let boundary = Boundary::of(&MediaType::parse(media_type.as_bytes()).unwrap());
        let read = boundary.as_ref().map(|boundary| str::from_utf8(boundary.as_octets()).unwrap());
        assert_eq!(read.map_err(|error| *error), expected, "{media_type}");
    }
}

/// Less memory than a head may have is a smaller limit, whether the head is cut or not.
#[test]
fn the_memory_that_is_lent_limits_heads() {
    let content = headed("Content-Disposition: form-data; name=a");
    for (room, end) in [(42, Ok(())), (41, Err(MultipartError::HeadTooLong)), (0, Err(MultipartError::HeadTooLong))] {
        for size in [1, 7, 1000] {
            let pieces = content.as_bytes().chunks(size);
            assert_eq!(read_pieces(pieces, MultipartLimits::new(), &mut vec![0; room]).2, end, "{room}, {size}");
        }
    }
}

/// Work that grew with what came before would take minutes for these.
#[test]
fn much_that_looks_like_a_boundary_is_read_in_linear_time() {
    let mut memory = [0; 100];
    for filling in ["\r\n--b", "\r", "\r\n--b1", "-", "\r\n"] {
        let text = filling.repeat(100_000 / filling.len());
        let content = one(&text);
        let expected = Ok(());
        for size in [1, 3, 4096] {
            let (parts, open, end) = read_pieces(content.as_bytes().chunks(size), SMALL, &mut memory);
            assert!(parts[0].3 == text.as_bytes() && open.is_none() && end == expected, "{filling:?}, {size}");
        }
    }
}

proptest! {
    #[test]
    fn any_cuts_of_anything_come_to_the_same(
        fragments in prop::collection::vec(prop_oneof![
            4 => Just("\r\n--b0"), 2 => Just("--b0"), 2 => Just("\r\n"), 1 => Just("\r\n--b0--"), 1 => Just("\r"),
            1 => Just("\n"), 1 => Just("-"), 1 => Just("b"), 1 => Just("0"), 1 => Just(" "), 1 => Just("x"), 1 => Just(":"),
            3 => Just("\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n"),
            1 => Just("Content-Disposition: form-data; name=\"n"), 1 => Just("\"; filename=f\r\n\r\n"),
        ], 0..24),
        cuts in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let content = fragments.concat().into_bytes();
        let mut memory = [0; 100];
        let whole = read_pieces([&content[..]], SMALL, &mut memory);
        prop_assert_eq!(&read_whole(&content, SMALL), &(whole.0.clone(), whole.2));
        prop_assert_eq!(&read_pieces(cut(&content, &cuts), SMALL, &mut memory), &whole);
        prop_assert_eq!(&read_pieces(content.chunks(1), SMALL, &mut memory), &whole);
    }

    #[test]
    fn no_head_and_no_boundary_makes_a_reader_panic(value in "[ -~\\\\\";=%\u{e9}]{0,40}", octets in prop::collection::vec(any::<u8>(), 0..60)) {
        let head = format!("Content-Disposition: form-data; name={value}\r\nContent-Type: a/b; boundary={value}\r\n\r\n");
        if let Ok(head) = PartHead::parse(head.as_bytes(), &MultipartLimits::new()) {
            let name: Vec<u8> = head.name().octets().collect();
            prop_assert_eq!(head.name().to_string(), String::from_utf8_lossy(&name));
            if let Some(boundary) = head.media_type().and_then(|media_type| Boundary::of(&media_type).ok()) {
                prop_assert_eq!(Boundary::new(boundary.as_octets()), Ok(boundary));
            }
        }
        let _ = PartHead::parse(&octets, &MultipartLimits::new());
        let _ = Boundary::new(&octets);
        let _ = read_pieces(octets.chunks(7), SMALL, &mut [0; 100]);
    }

    #[test]
    fn what_is_written_as_parts_is_read_as_these(
        contents in prop::collection::vec(
            prop::collection::vec(prop::sample::select(vec![&b"\r\n"[..], b"--", b"b", b"\r\n--b", b"\0\xff"]), 0..8),
            0..4,
        ),
        cuts in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let mut written = Vec::new();
        for content in &contents {
            written.extend_from_slice(b"--b0\r\nContent-Disposition: form-data; name=n\r\n\r\n");
            written.extend_from_slice(&content.concat());
            written.extend_from_slice(b"\r\n");
        }
        written.extend_from_slice(b"--b0--\r\n");
        let (parts, open, end) = read_pieces(cut(&written, &cuts), MultipartLimits::new(), &mut [0; 100]);
        prop_assert_eq!((open, end), (None, Ok(())));
        let read: Vec<_> = parts.into_iter().map(|part| part.3).collect();
        let expected: Vec<_> = contents.iter().map(|content| content.concat()).collect();
        prop_assert_eq!(read, expected);
    }
}
