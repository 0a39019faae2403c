//! Framing: decisions and codings as tables, at every split.

use alloc::{format, string::String, vec, vec::Vec};

use proptest::prelude::*;

use super::*;
use crate::head::{FieldSpan, HeadErrorKind, Method, Progress, RequestHead, ResponseHead};
use FramingError as Error;

/// Field lines of a request in HTTP/1.1, and how they frame it.
const REQUESTS: &[(&str, Result<Framing, Error>)] = &[
    ("Host: a", Ok(Framing::None)),
    ("Content-Length: 0", Ok(Framing::Length(0))),
    ("Content-Length: 42", Ok(Framing::Length(42))),
    ("Content-Length: 007", Ok(Framing::Length(7))),
    ("CONTENT-LENGTH:\t5 ", Ok(Framing::Length(5))),
    ("Content-Length: 18446744073709551615", Ok(Framing::Length(u64::MAX))),
    ("Content-Length: 18446744073709551616", Err(Error::ContentLength)),
    ("Content-Length: 99999999999999999999", Err(Error::ContentLength)),
    ("Content-Length:", Err(Error::ContentLength)),
    ("Content-Length: +5", Err(Error::ContentLength)),
    ("Content-Length: -5", Err(Error::ContentLength)),
    ("Content-Length: 0x5", Err(Error::ContentLength)),
    ("Content-Length: 5 5", Err(Error::ContentLength)),
    ("Content-Length: 5, 5", Err(Error::ContentLength)),
    ("Content-Length: 5_0", Err(Error::ContentLength)),
    ("Content-Length: five", Err(Error::ContentLength)),
    ("Content-Length: 5\r\nContent-Length: 5", Err(Error::RepeatedContentLength)),
    ("Content-Length: 5\r\nX: y\r\ncontent-length: 6", Err(Error::RepeatedContentLength)),
    ("Transfer-Encoding: chunked", Ok(Framing::Chunked)),
    ("transfer-encoding: CHUNKED", Ok(Framing::Chunked)),
    ("Transfer-Encoding: \tchunked ", Ok(Framing::Chunked)),
    ("Transfer-Encoding: chunked\r\nContent-Length: 5", Err(Error::TransferEncodingWithContentLength)),
    ("Content-Length: 5\r\nTransfer-Encoding: chunked", Err(Error::TransferEncodingWithContentLength)),
    ("Content-Length: 5\r\nTransfer-Encoding: identity", Err(Error::TransferEncodingWithContentLength)),
    ("Transfer-Encoding: gzip, chunked", Err(Error::UnknownTransferCoding)),
    ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", Err(Error::UnknownTransferCoding)),
    ("Transfer-Encoding: gzip;q=1, chunked", Err(Error::UnknownTransferCoding)),
    ("Transfer-Encoding: identity, chunked", Err(Error::UnknownTransferCoding)),
    ("Transfer-Encoding: chunked, gzip", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: gzip", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: identity", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: chunked, chunked", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: chunked\r\nX: y\r\nTransfer-Encoding: chunked", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: chunked;a=b", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: chunked ; a=b, chunked", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: gzip, chunked;a=b", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: gzip, , chunked", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: gzip\r\nTransfer-Encoding:\r\nTransfer-Encoding: chunked", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: gzip zip, chunked", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: \"gzip\", chunked", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: ;a=b, chunked", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: gzip;a=\", chunked\"", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: chunked chunked", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: xchunked, chunked", Err(Error::UnknownTransferCoding)),
    ("Transfer_Encoding: chunked\r\nContent_Length: 5", Ok(Framing::None)),
    ("Transfer-Encoding: ,chunked", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: chunked,", Err(Error::TransferEncoding)),
    ("Transfer-Encoding:", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: \"chunked\"", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: xchunked", Err(Error::TransferEncoding)),
    ("Transfer-Encoding: chun ked", Err(Error::TransferEncoding)),
];

#[test]
fn requests_are_framed_by_the_rfc_and_refused_where_it_leaves_a_choice() {
    for &(lines, expected) in REQUESTS {
        assert_eq!(frame_request("HTTP/1.1", lines), expected, "{lines}");
    }
    assert_eq!(frame_request("HTTP/1.0", "Content-Length: 3"), Ok(Framing::Length(3)));
    assert_eq!(frame_request("HTTP/1.0", "Transfer-Encoding: chunked"), Err(Error::TransferEncodingInHttp10));
}

fn frame_request(version: &str, lines: &str) -> Result<Framing, Error> {
    let input = format!("POST / {version}\r\n{lines}\r\n\r\n");
    let mut fields = [FieldSpan::EMPTY; 8];
    let Ok(Progress::Complete(head)) = RequestHead::parse(input.as_bytes(), &mut fields) else { panic!("{lines}") };
    request_framing(&head.view(input.as_bytes(), &fields))
}

/// Whoever checks heads without a field table must not take a request with content for one without.
#[test]
fn requests_whose_fields_were_not_kept_are_refused() {
    for lines in ["Content-Length: 5", "Transfer-Encoding: chunked", "Host: a"] {
        let input = format!("POST / HTTP/1.1\r\n{lines}\r\n\r\n");
        let Ok(Progress::Complete(head)) = RequestHead::parse(input.as_bytes(), &mut []) else { panic!("{lines}") };
        let framing = request_framing(&head.view(input.as_bytes(), &[]));
        assert_eq!(framing.is_err(), lines != "Host: a", "{lines}");
    }
}

#[test]
fn responses_are_framed_by_status_method_and_fields() {
    let cases: &[(&str, &str, Method<'_>, Result<Framing, Error>)] = &[
        ("200", "Content-Length: 5", Method::Get, Ok(Framing::Length(5))),
        ("200", "Content-Length: 5", Method::Head, Ok(Framing::None)),
        ("204", "Content-Length: 5", Method::Get, Ok(Framing::None)),
        ("304", "Content-Length: 5", Method::Get, Ok(Framing::None)),
        ("100", "X: y", Method::Post, Ok(Framing::None)),
        ("200", "Transfer-Encoding: chunked", Method::Connect, Ok(Framing::None)),
        ("407", "Transfer-Encoding: chunked", Method::Connect, Ok(Framing::Chunked)),
        ("200", "X: y", Method::Get, Ok(Framing::UntilClose)),
        ("205", "X: y", Method::Get, Ok(Framing::UntilClose)),
        ("205", "Content-Length: 0", Method::Get, Ok(Framing::Length(0))),
        ("200", "Content-Length: 5\r\nContent-Length: 5", Method::Get, Err(Error::RepeatedContentLength)),
    ];
    for &(status, lines, method, expected) in cases {
        let input = format!("HTTP/1.1 {status} X\r\n{lines}\r\n\r\n");
        let mut fields = [FieldSpan::EMPTY; 8];
        let Ok(Progress::Complete(head)) = ResponseHead::parse(input.as_bytes(), &mut fields) else { panic!() };
        assert_eq!(response_framing(&head.view(input.as_bytes(), &fields), method), expected, "{status} {lines}");
    }
}

/// Content, trailers shown, and octets left over.
type Taken = (String, Vec<(String, String)>, String);

/// The same, as it stands in a table.
type Expected = Result<(&'static str, &'static [(&'static str, &'static str)], &'static str), Error>;

/// Chunked input, and what is taken out of it.
const CHUNKED: &[(&str, Expected)] = &[
    ("0\r\n\r\n", Ok(("", &[], ""))),
    ("5\r\nhello\r\n0\r\n\r\n", Ok(("hello", &[], ""))),
    ("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET", Ok(("hello world", &[], "GET"))),
    ("00a\r\n0123456789\r\n000\r\n\r\n", Ok(("0123456789", &[], ""))),
    ("A\r\n0123456789\r\n0\r\n\r\n", Ok(("0123456789", &[], ""))),
    ("3;a\r\nabc\r\n0;b=c;d=\"e;\\\"\r\n\r\n", Err(Error::ChunkExtension)),
    ("3;a\r\nabc\r\n0;b=c;d=\"e;\\\"\t \x7e\"\r\n\r\n", Ok(("abc", &[], ""))),
    ("0\r\nX-Sum: 1 \r\nY:\r\n\r\nrest", Ok(("", &[("X-Sum", "1"), ("Y", "")], "rest"))),
    ("0\r\nContent-Length: 5\r\nHost: b\r\nAuthorization: c\r\nX: y\r\n\r\n", Ok(("", &[("X", "y")], ""))),
    ("10000000000000000\r\n", Err(Error::ChunkSize)),
    ("ffffffffffffffff\r\n", Err(Error::ContentTooLarge)),
    ("\r\n", Err(Error::ChunkSize)),
    ("+3\r\nabc\r\n", Err(Error::ChunkSize)),
    ("-3\r\nabc\r\n", Err(Error::ChunkSize)),
    ("0x3\r\nabc\r\n", Err(Error::ChunkSize)),
    ("3_0\r\n", Err(Error::ChunkSize)),
    (" 3\r\nabc\r\n", Err(Error::ChunkSize)),
    ("3 \r\nabc\r\n", Err(Error::ChunkSize)),
    ("3\t\r\nabc\r\n", Err(Error::ChunkSize)),
    ("3\nabc\r\n", Err(Error::ChunkSize)),
    ("3\rabc", Err(Error::ChunkSize)),
    ("g\r\n", Err(Error::ChunkSize)),
    (";a=b\r\n", Err(Error::ChunkSize)),
    ("3;\r\nabc\r\n", Err(Error::ChunkExtension)),
    ("3; a\r\nabc\r\n", Err(Error::ChunkExtension)),
    ("3 ;a\r\nabc\r\n", Err(Error::ChunkSize)),
    ("3;a =b\r\nabc\r\n", Err(Error::ChunkExtension)),
    ("3;a=\r\nabc\r\n", Err(Error::ChunkExtension)),
    ("3;a=b\nabc\r\n", Err(Error::ChunkExtension)),
    ("3;a=\"b\nc\"\r\nabc\r\n", Err(Error::ChunkExtension)),
    ("3;a=\"\x01\"\r\nabc\r\n", Err(Error::ChunkExtension)),
    ("3;a\x01\r\nabc\r\n", Err(Error::ChunkExtension)),
    ("3;a=\"b\"c\r\nabc\r\n", Err(Error::ChunkExtension)),
    ("3\r\nabcd\r\n", Err(Error::ChunkEnd)),
    ("3\r\nabc\n0\r\n\r\n", Err(Error::ChunkEnd)),
    ("3\r\nabc\r0\r\n\r\n", Err(Error::ChunkEnd)),
    ("3\r\nab\r\n0\r\n\r\n", Err(Error::ChunkEnd)),
    ("0\n\r\n", Err(Error::ChunkSize)),
    ("0\r\n\n", Err(Error::Trailers(HeadErrorKind::BareLineFeed))),
    ("0\r\rX: y", Err(Error::Trailers(HeadErrorKind::BareCarriageReturn))),
    ("0\r\nX y\r\n\r\n", Err(Error::Trailers(HeadErrorKind::MissingColon))),
    ("0\r\n X: y\r\n\r\n", Err(Error::Trailers(HeadErrorKind::LeadingWhitespace))),
    ("0\r\nX : y\r\n\r\n", Err(Error::Trailers(HeadErrorKind::WhitespaceBeforeColon))),
    ("0\r\nX: \0\r\n\r\n", Err(Error::Trailers(HeadErrorKind::ControlOctet))),
];

/// Feeds `input` in pieces of `piece` octets, keeping what is not consumed, as a connection does.
fn decode(limits: ContentLimits, input: &[u8], piece: usize) -> Result<Taken, Error> {
    let mut decoder = ContentDecoder::new(Framing::Chunked, limits);
    let (mut content, mut trailers, mut start, mut end) = (String::new(), Vec::new(), 0, 0);
    let mut hints = Vec::new();
    loop {
        end = (end + piece).min(input.len());
        loop {
            let Decoded { consumed, part } = decoder.decode(&input[start..end])?;
            if let Part::Content(octets) = part {
                let place = input[start..start + consumed].as_ptr_range().end;
                assert_eq!(octets.as_ptr_range().end, place, "content is the last that was consumed");
            }
            start += consumed;
            hints.push(start as u64 + decoder.remaining_hint());
            assert_eq!(decoder.is_done(), decoder.remaining_hint() == 0);
            match part {
                Part::Content(octets) => content.push_str(str::from_utf8(octets).unwrap()),
                Part::Trailers(section) => trailers.extend(
                    section.fields().map(|field| (String::from(field.name), String::from(field.text().unwrap()))),
                ),
                Part::End => {
                    decoder.handle_end_of_input()?;
                    assert!(hints.iter().all(|&hint| hint <= start as u64), "{hints:?} of {start}");
                    return Ok((content, trailers, String::from_utf8(input[start..].to_vec()).unwrap()));
                }
                Part::NeedInput => break,
            }
        }
        if end == input.len() {
            decoder.handle_end_of_input()?;
        }
    }
}

#[test]
fn chunks_are_taken_or_refused_however_they_arrive() {
    for &(input, expected) in CHUNKED {
        let expected = expected.map(|(content, trailers, rest)| {
            let trailers = trailers.iter().map(|&(name, value)| (String::from(name), String::from(value))).collect();
            (String::from(content), trailers, String::from(rest))
        });
        for piece in 1..=input.len() {
            assert_eq!(decode(ContentLimits::new(1000), input.as_bytes(), piece), expected, "{piece}: {input:?}");
        }
    }
}

#[test]
fn an_end_inside_chunked_content_is_an_error() {
    let whole = "3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n";
    for end in 0..whole.len() {
        assert_eq!(decode(ContentLimits::new(9), &whole.as_bytes()[..end], 1), Err(Error::EndOfInput), "{end}");
    }
}

#[test]
fn content_extensions_and_trailers_are_bounded() {
    let limits = ContentLimits { content: 6, extensions: 8, trailers: 40, trailer_fields: 2 };
    let cases: &[(&str, Result<(), Error>)] = &[
        ("3\r\nabc\r\n3\r\nabc\r\n0\r\n\r\n", Ok(())),
        ("3\r\nabc\r\n4\r\nabcd\r\n0\r\n\r\n", Err(Error::ContentTooLarge)),
        ("1;a=b\r\na\r\n1;c=d\r\na\r\n0\r\n\r\n", Ok(())),
        ("1;a=b\r\na\r\n1;c=de\r\na\r\n0\r\n\r\n", Err(Error::TooManyChunkExtensions)),
        ("0\r\na: b\r\nc: d\r\n\r\n", Ok(())),
        ("0\r\na: b\r\nc: d\r\ne: f\r\n\r\n", Err(Error::Trailers(HeadErrorKind::TooManyFields))),
        (
            "0\r\na: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
            Err(Error::Trailers(HeadErrorKind::HeadTooLarge)),
        ),
    ];
    for &(input, expected) in cases {
        for piece in [1, 7, input.len()] {
            assert_eq!(decode(limits, input.as_bytes(), piece).map(drop), expected, "{piece}: {input:?}");
        }
    }
}

#[test]
fn content_of_a_length_is_taken_to_its_end_and_refused_up_front_when_too_long() {
    let mut decoder = ContentDecoder::new(Framing::Length(5), ContentLimits::new(5));
    let first = decoder.decode(b"hel").unwrap();
    assert!(matches!(first, Decoded { consumed: 3, part: Part::Content(b"hel") }));
    assert_eq!(decoder.handle_end_of_input(), Err(Error::EndOfInput));
    assert!(matches!(decoder.decode(b"lo, and more").unwrap(), Decoded { consumed: 2, part: Part::Content(b"lo") }));
    assert!(matches!(decoder.decode(b", and more").unwrap(), Decoded { consumed: 0, part: Part::End }));
    let mut decoder = ContentDecoder::new(Framing::Length(6), ContentLimits::new(5));
    assert_eq!(decoder.decode(b"").map(drop), Err(Error::ContentTooLarge));
}

/// What the limit lets through is the same whether it comes with more or before it.
#[test]
fn content_until_the_end_is_taken_up_to_its_limit() {
    for piece in 1..7 {
        let mut decoder = ContentDecoder::new(Framing::UntilClose, ContentLimits::new(5));
        let mut content = Vec::new();
        let error = b"hello!".chunks(piece).try_for_each(|mut input| {
            while !input.is_empty() {
                let Decoded { consumed, part } = decoder.decode(input)?;
                let Part::Content(octets) = part else { panic!("{part:?}") };
                content.extend_from_slice(octets);
                input = &input[consumed..];
            }
            Ok(())
        });
        assert_eq!((content.as_slice(), error), (&b"hello"[..], Err(Error::ContentTooLarge)), "{piece}");
    }
    // It is what its end says that it is.
    let decoder = ContentDecoder::new(Framing::UntilClose, ContentLimits::new(5));
    assert_eq!((decoder.handle_end_of_input(), decoder.is_done()), (Ok(()), false));
}

/// The section stays in the caller's buffer until it is whole, so it could be searched again for each octet. Octets that
/// were searched become line ends here: a decoder that looked at them again would refuse them.
#[test]
fn a_trailer_section_that_comes_slowly_is_searched_once() {
    let mut decoder = ContentDecoder::new(Framing::Chunked, ContentLimits::new(0));
    let section = [b"0\r\nX: ".as_slice(), &[b'y'; 7000]].concat();
    let mut input = Vec::new();
    for &octet in &section {
        input.push(octet);
        let Decoded { consumed, part } = decoder.decode(&input).unwrap();
        assert!(matches!(part, Part::NeedInput));
        input.drain(..consumed);
        // It goes back by less than a line end, and looks at the start of the section.
        let searched = input.len().saturating_sub(8);
        input.iter_mut().take(searched).skip(8).for_each(|octet| *octet = b'\n');
    }
    input.copy_from_slice(&section[1..]);
    input.extend_from_slice(b"\r\n\r\n");
    let Part::Trailers(trailers) = decoder.decode(&input).unwrap().part else { panic!("the section is whole") };
    assert_eq!(trailers.fields().map(|field| field.value.len()).collect::<Vec<_>>(), [7000]);
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_however_it_arrives(chunks in prop::collection::vec("[a-z]{1,40}", 0..6), piece in 1_usize..50) {
        let mut output = [0; 512];
        let mut sink = crate::buffer::SliceSink::new(&mut output);
        for chunk in &chunks {
            encode::chunk(&mut sink, chunk.as_bytes()).unwrap();
        }
        encode::last_chunk(&mut sink, &[("X-Sum", b"1".as_slice())]).unwrap();
        let (content, trailers, rest) = decode(ContentLimits::new(1000), sink.written(), piece).unwrap();
        prop_assert_eq!(content, chunks.concat());
        prop_assert_eq!(trailers, vec![(String::from("X-Sum"), String::from("1"))]);
        prop_assert_eq!(rest, "");
    }

    /// Sizes that repeat are taken on a shorter path, which must not see a repetition where there is none.
    #[test]
    fn sizes_that_repeat_or_resemble_each_other_are_told_apart(
        sizes in prop::collection::vec(prop::sample::select(&["1", "01", "2", "10", "11", "0012", "00000011", "000000000012", "a", "A"][..]), 1..9),
        piece in 1_usize..40,
    ) {
        let mut input = String::new();
        let mut expected = String::new();
        for size in sizes {
            let data = "\n".repeat(usize::from_str_radix(size, 16).unwrap());
            input += &format!("{size}\r\n{data}\r\n");
            expected += &data;
        }
        input += "0\r\n\r\n1\r\n";
        let expected = Ok((expected, Vec::new(), String::from("1\r\n")));
        prop_assert_eq!(decode(ContentLimits::new(1000), input.as_bytes(), piece), expected.clone());
        prop_assert_eq!(decode(ContentLimits::new(1000), input.as_bytes(), input.len()), expected);
    }

    #[test]
    fn no_octets_make_the_decoder_panic_and_splits_change_nothing(
        input in prop::collection::vec(prop::sample::select(&b"0123afG;=\"\\\r\n\r\n\r\nxX: \0"[..]), 0..60),
        piece in 1_usize..8,
    ) {
        let limits = ContentLimits { content: 50, extensions: 10, trailers: 30, trailer_fields: 2 };
        prop_assert_eq!(decode(limits, &input, piece), decode(limits, &input, input.len().max(1)));
    }
}

/// Whoever makes room goes by it.
#[test]
fn the_hint_tells_what_is_still_to_come_at_least() {
    let hints = |octets: &[u8]| -> Vec<u64> {
        let mut decoder = ContentDecoder::new(Framing::Chunked, ContentLimits::new(u64::MAX));
        let mut start = 0;
        let mut after = |end: usize| {
            loop {
                let decoded = decoder.decode(&octets[start..end]).unwrap();
                start += decoded.consumed;
                if matches!(decoded.part, Part::NeedInput | Part::End) {
                    return decoder.remaining_hint();
                }
            }
        };
        (0..=octets.len()).map(&mut after).collect()
    };
    // A size may be that of the last chunk until its line ends; a trailer section is counted from the CR before it.
    assert_eq!(hints(b"3\r\nabc\r\n0\r\n\r\n"), [5, 4, 11, 10, 9, 8, 7, 6, 5, 4, 4, 4, 4, 0]);
}

#[test]
fn each_fault_has_the_status_that_fits() {
    let statuses = [
        (Error::UnknownTransferCoding, 501),
        (Error::ContentTooLarge, 413),
        (Error::Trailers(HeadErrorKind::TooManyFields), 431),
        (Error::ContentLength, 400),
        (Error::TransferEncodingWithContentLength, 400),
    ];
    for (error, status) in statuses {
        assert_eq!(error.status().code(), status, "{error}");
    }
}

/// What is taken in one go behind a chunk is its line end, and nothing else.
#[test]
fn a_chunk_ends_with_its_line_end_also_before_a_usual_one() {
    for end in ["XX", "\rX", "X\n", "\n\r", "  "] {
        let input = format!("5\r\nhello{end}5\r\nworld\r\n0\r\n\r\n");
        let mut decoder = ContentDecoder::new(Framing::Chunked, ContentLimits::new(100));
        let first = decoder.decode(input.as_bytes()).unwrap();
        assert!(matches!(first.part, Part::Content(b"hello")));
        assert!(decoder.decode(&input.as_bytes()[first.consumed..]).is_err(), "{end:?}");
    }
}
