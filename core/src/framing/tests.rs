//! The decoder as its callers see it: each input whole, at every split, and an octet at a time, always with the same
//! outcome.

use std::string::String;
use std::vec::Vec;

use proptest::prelude::*;

use super::FramingErrorKind as Kind;
use super::*;
use crate::buffer::Sink;
use crate::head::Field;

/// Chunked contents that are refused, and why. Limits: [`TIGHT`].
const REFUSED: &[(&[u8], Kind)] = &[
    // Sizes.
    (b"\r\n", Kind::EmptyChunkSize),
    (b";a=b\r\n", Kind::EmptyChunkSize),
    (b"\n", Kind::BareLineFeed),
    (b" 5\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"\t5\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"5 \r\nHello\r\n", Kind::InvalidChunkSize),
    (b"5\t\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"5 5\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"+5\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"-5\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"-0\r\n\r\n", Kind::InvalidChunkSize),
    (b"0x5\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"0X5\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"x5\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"1_0\r\n0123456789abcdef\r\n", Kind::InvalidChunkSize),
    (b"5h\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"g\r\n", Kind::InvalidChunkSize),
    (b"G\r\n", Kind::InvalidChunkSize),
    (b"@\r\n", Kind::InvalidChunkSize),
    (b"`\r\n", Kind::InvalidChunkSize),
    (b"/\r\n", Kind::InvalidChunkSize),
    (b":\r\n", Kind::InvalidChunkSize),
    (b"\xb5\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"5\0\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"5,5\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"5.0\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"0\0\r\n\r\n", Kind::InvalidChunkSize),
    (b"00000000000000005\r\nHello\r\n", Kind::ChunkSizeTooLong),
    (b"00000000000000000\r\n\r\n", Kind::ChunkSizeTooLong),
    (b"10000000000000005\r\nHello\r\n", Kind::ChunkSizeTooLong),
    (b"fffffffffffffffff\r\n", Kind::ChunkSizeTooLong),
    // The line end behind a size.
    (b"5\nHello\r\n", Kind::BareLineFeed),
    (b"0\n\r\n", Kind::BareLineFeed),
    (b"5\rHello\r\n", Kind::BareCarriageReturn),
    (b"5\r\r\nHello\r\n", Kind::BareCarriageReturn),
    (b"0\r\r\n\r\n", Kind::BareCarriageReturn),
    // The line end behind data.
    (b"5\r\nHello!\r\n0\r\n\r\n", Kind::ChunkDataNotEnded),
    (b"5\r\nHello\n0\r\n\r\n", Kind::ChunkDataNotEnded),
    (b"5\r\nHello\r0\r\n\r\n", Kind::ChunkDataNotEnded),
    (b"5\r\nHello\r\r\n0\r\n\r\n", Kind::ChunkDataNotEnded),
    (b"5\r\nHello0\r\n\r\n", Kind::ChunkDataNotEnded),
    (b"5\r\nHello\n\r0\r\n\r\n", Kind::ChunkDataNotEnded),
    (b"5\r\nHell\r\n0\r\n\r\n", Kind::ChunkDataNotEnded),
    (b"5\r\nHello\r\n\r\n0\r\n\r\n", Kind::EmptyChunkSize),
    (b"5\r\nHello\r\n\n0\r\n\r\n", Kind::BareLineFeed),
    // Extensions.
    (b"5;\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;;a\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a;\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;=b\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a=\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a=;b\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a=b=c\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5 ;a=b\r\nHello\r\n", Kind::InvalidChunkSize),
    (b"5; a=b\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a =b\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a= b\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a=b \r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a=\"b\" \r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a=\"b\"c\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a=b\"c\"\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;\"a\"\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a=\"b\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a=\"\\\r\"\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a=\"\0\"\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a=\"\\\0\"\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a=\"\x7f\"\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a\0\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a\x01b\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;\xe9\r\nHello\r\n", Kind::InvalidChunkExtension),
    (b"5;a\nHello\r\n", Kind::BareLineFeed),
    (b"5;\nHello\r\n", Kind::BareLineFeed),
    (b"5;a=\nHello\r\n", Kind::BareLineFeed),
    (b"5;a=b\nHello\r\n", Kind::BareLineFeed),
    (b"5;a=\"b\"\nHello\r\n", Kind::BareLineFeed),
    (b"5;a=\"b\nc\"\r\nHello\r\n", Kind::BareLineFeed),
    (b"5;a\rb\r\nHello\r\n", Kind::BareCarriageReturn),
    (b"5;a=b\r\r\nHello\r\n", Kind::BareCarriageReturn),
    (b"0;a\n\r\n", Kind::BareLineFeed),
    (
        b"5;0123456789abcdef=b\r\nHello\r\n",
        Kind::ChunkExtensionsTooLarge,
    ),
    (
        b"1;a=b\r\n.\r\n1;a=b\r\n.\r\n1;a=b\r\n.\r\n1;a=b\r\n.\r\n1;ab\r\n",
        Kind::ChunkExtensionsTooLarge,
    ),
    // The limit on content, before the data is there.
    (b"15\r\n", Kind::ContentTooLarge),
    (b"15;", Kind::ContentTooLarge),
    (b"ffffffffffffffff\r\n", Kind::ContentTooLarge),
    (
        b"A\r\n0123456789\r\nA\r\n0123456789\r\n1\r\n",
        Kind::ContentTooLarge,
    ),
    (b"1\r\n.\r\nffffffffffffffff\r\n", Kind::ContentTooLarge),
    // The trailer section.
    (b"0\r\nA: b\n\r\n", Kind::BareLineFeed),
    (b"0\r\n\n", Kind::BareLineFeed),
    (b"0\r\nA: b\r\n\n", Kind::BareLineFeed),
    (b"0\r\n\r\r\n", Kind::BareCarriageReturn),
    (b"0\r\n\rA: b\r\n\r\n", Kind::BareCarriageReturn),
    (b"0\r\nA: b\rc\r\n\r\n", Kind::BareCarriageReturn),
    (b"0\r\nA\r: b\r\n\r\n", Kind::BareCarriageReturn),
    (b"0\r\nA: b\r\r\n\r\n", Kind::BareCarriageReturn),
    (b"0\r\nA: b\0c\r\n\r\n", Kind::InvalidTrailerValue),
    (b"0\r\nA: b\x7fc\r\n\r\n", Kind::InvalidTrailerValue),
    (b"0\r\nA: \x0bb\r\n\r\n", Kind::InvalidTrailerValue),
    (b"0\r\n: b\r\n\r\n", Kind::InvalidTrailerName),
    (b"0\r\nA : b\r\n\r\n", Kind::InvalidTrailerName),
    (b"0\r\nA\t: b\r\n\r\n", Kind::InvalidTrailerName),
    (b"0\r\nA b: c\r\n\r\n", Kind::InvalidTrailerName),
    (b"0\r\n(A): b\r\n\r\n", Kind::InvalidTrailerName),
    (b"0\r\n\xc3\xa9: b\r\n\r\n", Kind::InvalidTrailerName),
    (b"0\r\nA\0: b\r\n\r\n", Kind::InvalidTrailerName),
    (b"0\r\nA\r\n\r\n", Kind::TrailerWithoutColon),
    (b"0\r\n A: b\r\n\r\n", Kind::FoldedTrailer),
    (b"0\r\nA: b\r\n c\r\n\r\n", Kind::FoldedTrailer),
    (b"0\r\nA: b\r\n\tc: d\r\n\r\n", Kind::FoldedTrailer),
    (b"0\r\nHost: \0\r\n\r\n", Kind::InvalidTrailerValue),
    (
        b"0\r\nA: 0123456789012345678901234567",
        Kind::TrailersTooLarge,
    ),
    (
        b"0\r\nA: 0123456789012345678901234567\r\n\r\n",
        Kind::TrailersTooLarge,
    ),
    (
        b"0\r\nA: 0123456789\r\nHost: 0123456\r\nB: c\r\n\r\n",
        Kind::TrailersTooLarge,
    ),
    (
        b"0\r\nA:\r\nB:\r\nHost:\r\nD:\r\n\r\n",
        Kind::TooManyTrailers,
    ),
    // The end of the input, inside.
    (b"", Kind::UnexpectedEnd),
    (b"5", Kind::UnexpectedEnd),
    (b"5\r", Kind::UnexpectedEnd),
    (b"5;a=\"b", Kind::UnexpectedEnd),
    (b"5\r\n", Kind::UnexpectedEnd),
    (b"5\r\nHell", Kind::UnexpectedEnd),
    (b"5\r\nHello", Kind::UnexpectedEnd),
    (b"5\r\nHello\r", Kind::UnexpectedEnd),
    (b"5\r\nHello\r\n", Kind::UnexpectedEnd),
    (b"0", Kind::UnexpectedEnd),
    (b"0\r\n", Kind::UnexpectedEnd),
    (b"0\r\n\r", Kind::UnexpectedEnd),
    (b"0\r\nA: b\r\n", Kind::UnexpectedEnd),
    (b"0\r\nA: b\r\n\r", Kind::UnexpectedEnd),
];

/// Input, content, the trailer fields that are shown, as `name=value;`, and what is left for the next message.
type Accepted = (&'static [u8], &'static [u8], &'static str, &'static [u8]);

/// Chunked contents that are accepted. Limits: [`TIGHT`].
const ACCEPTED: &[Accepted] = &[
    (b"0\r\n\r\n", b"", "", b""),
    (b"0000000000000000\r\n\r\n", b"", "", b""),
    (b"5\r\nHello\r\n0\r\n\r\n", b"Hello", "", b""),
    (b"5\r\nHello\r\n0\r\n\r\nGET", b"Hello", "", b"GET"),
    (b"5\r\nHello\r\n0\r\n\r\n\r\n", b"Hello", "", b"\r\n"),
    (
        b"0000000000000005\r\nHello\r\n00\r\n\r\n",
        b"Hello",
        "",
        b"",
    ),
    (b"0a\r\n0123456789\r\n0\r\n\r\n", b"0123456789", "", b""),
    (
        b"A\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n",
        b"01234567890123456789",
        "",
        b"",
    ),
    (
        b"14\r\n01234567890123456789\r\n0\r\n\r\n",
        b"01234567890123456789",
        "",
        b"",
    ),
    (b"5\r\n\r\n0\r\n\r\n0\r\n\r\n", b"\r\n0\r\n", "", b""),
    (b"3\r\n\0\xff\n\r\n0\r\n\r\n", b"\0\xff\n", "", b""),
    (
        b"1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n",
        b"abcdef",
        "",
        b"",
    ),
    // Extensions.
    (b"5;a\r\nHello\r\n0;b\r\n\r\n", b"Hello", "", b""),
    (b"5;a=b;c=d\r\nHello\r\n0\r\n\r\n", b"Hello", "", b""),
    (b"5;a=\"\"\r\nHello\r\n0\r\n\r\n", b"Hello", "", b""),
    (
        b"5;a=\"b c\t;\xe9\"\r\nHello\r\n0\r\n\r\n",
        b"Hello",
        "",
        b"",
    ),
    (
        b"5;a=\"\\\"\\\\\\;\";b\r\nHello\r\n0\r\n\r\n",
        b"Hello",
        "",
        b"",
    ),
    (
        b"5;!#$%&'*+-.^_`|~\r\nHello\r\n0\r\n\r\n",
        b"Hello",
        "",
        b"",
    ),
    (
        b"5;0123456789abcde=f\r\nHello\r\n0\r\n\r\n",
        b"Hello",
        "",
        b"",
    ),
    // The trailer section.
    (b"0\r\nA: b\r\n\r\n", b"", "A=b;", b""),
    (b"0\r\nA: b\r\n\r\nGET", b"", "A=b;", b"GET"),
    (
        b"0\r\nA:b\r\nA: \t c d \t\r\na:\r\n\r\n",
        b"",
        "A=b;A=c d;a=;",
        b"",
    ),
    (
        b"5\r\nHello\r\n0\r\nA: \xe9:,\r\n\r\n",
        b"Hello",
        "A=\u{fffd}:,;",
        b"",
    ),
    (
        b"0\r\nA: 01234567890123456789012345\r\n\r\n",
        b"",
        "A=01234567890123456789012345;",
        b"",
    ),
    (b"0\r\nContent-Length: 5\r\nA: b\r\n\r\n", b"", "A=b;", b""),
    (b"0\r\ntransfer-encoding: chunked\r\n\r\n", b"", "", b""),
    (b"0\r\nHOST: a\r\nAuthorization: b\r\n\r\n", b"", "", b""),
    (b"0\r\nSet-Cookie: a=b\r\n\r\n", b"", "", b""),
];

const TIGHT: ContentLimits = ContentLimits::new()
    .with_content(20)
    .with_extensions(18)
    .with_trailers(31)
    .with_trailer_fields(3);

#[test]
fn malformed_chunked_contents_are_refused_however_they_arrive() {
    for &(input, kind) in REFUSED {
        let outcome = same_at_every_split(Framing::Chunked, TIGHT, input);
        assert_eq!(outcome.end, Err(kind), "{}", input.escape_ascii());
    }
}

#[test]
fn chunked_contents_are_decoded_however_they_arrive() {
    for &(input, content, trailers, left) in ACCEPTED {
        let outcome = same_at_every_split(Framing::Chunked, TIGHT, input);
        let expected = Outcome {
            content: content.to_vec(),
            trailers: trailers.into(),
            end: Ok(left.len()),
        };
        assert_eq!(outcome, expected, "{}", input.escape_ascii());
    }
}

#[test]
fn contents_of_other_framings_are_delimited_however_they_arrive() {
    let none = Framing::None;
    let length = Framing::Length;
    let until_close = Framing::UntilClose;
    type Case = (Framing, &'static [u8], &'static [u8], Result<usize, Kind>);
    let cases: &[Case] = &[
        (none, b"", b"", Ok(0)),
        (none, b"GET", b"", Ok(3)),
        (length(0), b"GET", b"", Ok(3)),
        (length(5), b"Hello", b"Hello", Ok(0)),
        (length(5), b"HelloGET", b"Hello", Ok(3)),
        (length(5), b"Hell", b"Hell", Err(Kind::UnexpectedEnd)),
        (length(5), b"", b"", Err(Kind::UnexpectedEnd)),
        (
            length(20),
            b"01234567890123456789",
            b"01234567890123456789",
            Ok(0),
        ),
        (
            length(21),
            b"01234567890123456789",
            b"",
            Err(Kind::ContentTooLarge),
        ),
        (length(u64::MAX), b"0", b"", Err(Kind::ContentTooLarge)),
        (until_close, b"", b"", Ok(0)),
        (until_close, b"Hello", b"Hello", Ok(0)),
        (
            until_close,
            b"01234567890123456789",
            b"01234567890123456789",
            Ok(0),
        ),
        (
            until_close,
            b"012345678901234567890",
            b"01234567890123456789",
            Err(Kind::ContentTooLarge),
        ),
    ];
    for &(framing, input, content, end) in cases {
        let outcome = same_at_every_split(framing, TIGHT, input);
        assert_eq!(
            outcome.content,
            content,
            "{framing:?} {}",
            input.escape_ascii()
        );
        assert_eq!(outcome.end, end, "{framing:?} {}", input.escape_ascii());
    }
}

#[test]
fn the_largest_lengths_and_chunks_pass_where_the_limit_allows_them() {
    let limits = ContentLimits::new().with_content(u64::MAX);
    let mut decoder = ContentDecoder::new(Framing::Length(u64::MAX), limits).unwrap();
    assert_eq!(decoder.decode(b"abc").unwrap().part, Part::Content(b"abc"));
    assert_eq!(decoder.remaining_hint(), u64::MAX - 3);

    let mut decoder = ContentDecoder::new(Framing::Chunked, limits).unwrap();
    let decoded = decoder.decode(b"ffffffffffffffff\r\nabc").unwrap();
    assert_eq!(decoded.part, Part::Content(b"abc"));
    assert_eq!(decoder.remaining_hint(), u64::MAX);
}

#[test]
fn default_limits_are_those_of_the_protocol_policy() {
    let limits = ContentLimits::default();
    assert_eq!(limits.content, 1024 * 1024);
    assert_eq!(limits.extensions, 4096);
    assert_eq!(limits.trailers, 8192);
    assert_eq!(limits.trailer_fields, 100);
}

#[test]
fn an_error_is_repeated_by_every_later_call() {
    let mut decoder = ContentDecoder::new(Framing::Chunked, TIGHT).unwrap();
    let error = decoder.decode(b"5 \r\nHello").unwrap_err();
    assert_eq!(decoder.decode(b"5\r\nHello\r\n0\r\n\r\n"), Err(error));
    assert_eq!(decoder.decode(b""), Err(error));
    assert_eq!(decoder.handle_end_of_input(), Err(error));
    assert!(!decoder.is_done());
}

#[test]
fn a_chunked_content_stays_over() {
    let mut decoder = ContentDecoder::new(Framing::Chunked, TIGHT).unwrap();
    for _ in 0..2 {
        let _ = decoder.decode(b"0\r\n\r\n").unwrap();
    }
    let decoded = decoder.decode(b"5\r\n").unwrap();
    assert_eq!((decoded.consumed, decoded.part), (0, Part::End));
    assert!(decoder.is_done());
}

/// Work is linear where each octet is looked at a bounded number of times. All but trailer lines is consumed as it comes, so
/// only these could be searched again and again. Octets that were searched are swapped for line feeds here: a decoder
/// that searched them again would see the end of a line.
#[test]
fn a_trailer_line_is_not_searched_twice() {
    let limits = ContentLimits::new();
    let mut decoder = ContentDecoder::new(Framing::Chunked, limits).unwrap();
    let line = [b"0\r\nName: ".as_slice(), &[b'v'; 8000]].concat();
    let mut input = Vec::new();
    for &octet in &line {
        input.push(octet);
        let decoded = decoder.decode(&input).unwrap();
        assert_eq!(decoded.part, Part::NeedInput);
        input.drain(..decoded.consumed);
        // A line that begins with CR is told by its first octets, which stay.
        input.iter_mut().skip(2).for_each(|octet| *octet = b'\n');
    }
    assert_eq!(input.len(), 8006);
    input.copy_from_slice(line.get(3..).unwrap());
    input.extend_from_slice(b"\r\n");
    let Part::Trailer(field) = decoder.decode(&input).unwrap().part else {
        panic!("the line is whole");
    };
    assert_eq!((field.name, field.value.len()), ("Name", 8000));
}

#[test]
fn chunks_are_written_whole_or_not_at_all() {
    let chunk: &[u8] = b"d\r\nHello, World!\r\n";
    for capacity in 0..=chunk.len() {
        let mut sink = Bounded::new(capacity);
        let written = write_chunk(&mut sink, b"Hello, World!");
        if capacity < chunk.len() {
            assert_eq!(
                written,
                Err(EncodeError::NoRoom {
                    needed: chunk.len()
                })
            );
            assert_eq!(sink.written(), b"");
        } else {
            assert_eq!(written, Ok(()));
            assert_eq!(sink.written(), chunk);
        }
    }
}

#[test]
fn empty_data_does_not_end_the_content() {
    let mut sink = Bounded::new(100);
    write_chunk(&mut sink, b"").unwrap();
    assert_eq!(sink.written(), b"");
    assert_eq!(ChunkHead::of(b""), None);
}

#[test]
fn trailers_that_would_mislead_a_peer_are_not_written() {
    let cases: &[(&str, &[u8], EncodeError)] = &[
        ("", b"a", EncodeError::InvalidName),
        ("A B", b"a", EncodeError::InvalidName),
        ("A:", b"a", EncodeError::InvalidName),
        ("A\r\nB", b"a", EncodeError::InvalidName),
        ("A\0", b"a", EncodeError::InvalidName),
        ("\u{e9}", b"a", EncodeError::InvalidName),
        ("content-length", b"5", EncodeError::ForbiddenName),
        ("Transfer-Encoding", b"chunked", EncodeError::ForbiddenName),
        ("HOST", b"a", EncodeError::ForbiddenName),
        ("Set-Cookie", b"a=b", EncodeError::ForbiddenName),
        ("A", b"a\r\nB: c", EncodeError::InvalidValue),
        ("A", b"a\rb", EncodeError::InvalidValue),
        ("A", b"a\nb", EncodeError::InvalidValue),
        ("A", b"a\0b", EncodeError::InvalidValue),
        ("A", b"a\x7fb", EncodeError::InvalidValue),
    ];
    let fine = Field {
        name: "Fine",
        value: b"a",
    };
    for &(name, value, error) in cases {
        let mut sink = Bounded::new(1000);
        let trailers = [fine, Field { name, value }];
        assert_eq!(
            write_last_chunk(&mut sink, &trailers),
            Err(error),
            "{name:?}"
        );
        assert_eq!(sink.written(), b"", "{name:?}");
    }
}

#[test]
fn the_last_chunk_is_written_with_its_trailers_whole_or_not_at_all() {
    let trailers = [
        Field {
            name: "Digest",
            value: b"none",
        },
        Field {
            name: "Empty",
            value: b"",
        },
    ];
    let expected: &[u8] = b"0\r\nDigest: none\r\nEmpty: \r\n\r\n";
    let mut sink = Bounded::new(expected.len());
    write_last_chunk(&mut sink, &trailers).unwrap();
    assert_eq!(sink.written(), expected);

    let mut sink = Bounded::new(expected.len() - 1);
    assert!(write_last_chunk(&mut sink, &trailers).is_err());
    assert_eq!(sink.written(), b"");

    let mut sink = Bounded::new(100);
    write_last_chunk(&mut sink, &[]).unwrap();
    assert_eq!(sink.written(), LAST_CHUNK);
}

#[test]
fn chunk_heads_say_every_size() {
    let sizes = (0..64).flat_map(|shift| [1_u64 << shift, u64::MAX >> shift]);
    for size in sizes {
        let head = ChunkHead::new(size.try_into().unwrap());
        assert_eq!(head.as_octets(), std::format!("{size:x}\r\n").as_bytes());
        assert!(head.as_octets().len() <= ChunkHead::CAPACITY);
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_at_any_split(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 0..8),
        trailers in prop::collection::vec(("[!#-'*+.^_`|~0-9A-Za-z-]{1,9}", "([!-~]([ -~\t]{0,20}[!-~])?)?"), 0..4),
        left in prop::collection::vec(any::<u8>(), 0..4),
        pieces in prop::collection::vec(1..700_usize, 1..20),
    ) {
        let trailers: Vec<_> = trailers.iter().filter(|(name, _)| is_trailer_name_allowed(name)).collect();
        let fields: Vec<_> = trailers.iter().map(|(name, value)| Field { name, value: value.as_bytes() }).collect();
        let mut sink = Bounded::new(10_000);
        for chunk in &chunks {
            write_chunk(&mut sink, chunk).unwrap();
        }
        write_last_chunk(&mut sink, &fields).unwrap();
        let input = [sink.written(), &left].concat();

        let outcome = decode(Framing::Chunked, ContentLimits::new(), &input, pieces.iter().copied().cycle());
        let expected = Outcome {
            content: chunks.concat(),
            trailers: trailers.iter().map(|(name, value)| std::format!("{name}={value};")).collect(),
            end: Ok(left.len()),
        };
        prop_assert_eq!(outcome, expected);
    }

    #[test]
    fn random_input_is_taken_the_same_way_at_any_split(
        // Mostly octets that mean something, so that deep states are reached.
        input in prop::collection::vec(prop::sample::select(&b"00012fF\r\r\n\r\n;;=\"\\a:b \t\0\xff"[..]), 0..40),
        pieces in prop::collection::vec(1..12_usize, 1..10),
    ) {
        let input = [b"3\r\nabc\r\n", input.as_slice()].concat();
        let whole = decode(Framing::Chunked, TIGHT, &input, core::iter::repeat(usize::MAX));
        prop_assert_eq!(&whole, &decode(Framing::Chunked, TIGHT, &input, core::iter::repeat(1)));
        prop_assert_eq!(&whole, &decode(Framing::Chunked, TIGHT, &input, pieces.iter().copied().cycle()));
    }

    #[test]
    fn mutated_contents_are_taken_the_same_way_at_any_split(
        case in 0..ACCEPTED.len(),
        at in any::<prop::sample::Index>(),
        octet in prop::sample::select(&b"0159afF\r\n;=\"\\: \t\0\xff"[..]),
        pieces in prop::collection::vec(1..12_usize, 1..10),
    ) {
        let mut input = ACCEPTED[case].0.to_vec();
        let at = at.index(input.len());
        input[at] = octet;
        let whole = decode(Framing::Chunked, TIGHT, &input, core::iter::repeat(usize::MAX));
        prop_assert_eq!(&whole, &decode(Framing::Chunked, TIGHT, &input, core::iter::repeat(1)));
        prop_assert_eq!(&whole, &decode(Framing::Chunked, TIGHT, &input, pieces.iter().copied().cycle()));
    }
}

/// What a content came to.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    content: Vec<u8>,
    trailers: String,
    /// How much of the input was left for the next message, or why the content was refused.
    end: Result<usize, Kind>,
}

fn same_at_every_split(framing: Framing, limits: ContentLimits, input: &[u8]) -> Outcome {
    let whole = decode(framing, limits, input, core::iter::repeat(usize::MAX));
    let name = input.escape_ascii();
    for split in 1..input.len() {
        let pieces = [split, usize::MAX].into_iter();
        assert_eq!(
            decode(framing, limits, input, pieces),
            whole,
            "{name} at {split}"
        );
    }
    let octets = decode(framing, limits, input, core::iter::repeat(1));
    assert_eq!(octets, whole, "{name} an octet at a time");
    whole
}

/// Decodes `input`, which arrives in pieces of these lengths, and checks the promises that hold for every call.
fn decode(
    framing: Framing,
    limits: ContentLimits,
    input: &[u8],
    mut pieces: impl Iterator<Item = usize>,
) -> Outcome {
    let mut outcome = Outcome {
        content: Vec::new(),
        trailers: String::new(),
        end: Ok(0),
    };
    let mut decoder = match ContentDecoder::new(framing, limits) {
        Ok(decoder) => decoder,
        Err(error) => {
            outcome.end = Err(error.kind);
            return outcome;
        }
    };
    let mut consumed = 0;
    let mut arrived = 0;
    let mut hints = Vec::new();
    loop {
        hints.push((consumed, decoder.remaining_hint()));
        let present = &input[consumed..arrived];
        let decoded = match decoder.decode(present) {
            Ok(decoded) => decoded,
            Err(error) => {
                outcome.end = Err(error.kind);
                return outcome;
            }
        };
        consumed += decoded.consumed;
        match decoded.part {
            Part::Content(content) => {
                assert!(!content.is_empty());
                let place = present[..decoded.consumed].as_ptr_range().end;
                assert_eq!(
                    content.as_ptr_range().end,
                    place,
                    "content is the last that was consumed"
                );
                outcome.content.extend_from_slice(content);
            }
            Part::Trailer(field) => {
                let value = String::from_utf8_lossy(field.value);
                outcome.trailers += &std::format!("{}={value};", field.name);
            }
            Part::End => {
                assert!(decoder.is_done());
                assert_eq!(decoder.remaining_hint(), 0);
                outcome.end = Ok(input.len() - consumed);
                break;
            }
            Part::NeedInput if arrived == input.len() => {
                outcome.end = decoder
                    .handle_end_of_input()
                    .map(|()| 0)
                    .map_err(|error| error.kind);
                break;
            }
            Part::NeedInput => {
                let waiting = arrived - consumed;
                assert!(
                    waiting <= limits.trailers as usize,
                    "{waiting} octets are left waiting"
                );
                arrived = arrived
                    .saturating_add(pieces.next().unwrap())
                    .min(input.len());
            }
        }
    }
    if let Ok(left) = outcome.end {
        let end = (input.len() - left) as u64;
        for (at, hint) in hints {
            assert!(
                at as u64 + hint <= end,
                "at {at} of {end} the hint was {hint}"
            );
        }
    }
    outcome
}

/// A sink with an end.
struct Bounded {
    octets: Vec<u8>,
    length: usize,
}

impl Bounded {
    fn new(capacity: usize) -> Self {
        Self {
            octets: std::vec![0; capacity],
            length: 0,
        }
    }

    fn written(&self) -> &[u8] {
        &self.octets[..self.length]
    }
}

impl Sink for Bounded {
    fn room(&mut self, needed: usize) -> Option<&mut [u8]> {
        let room = &mut self.octets[self.length..];
        if room.len() < needed {
            None
        } else {
            Some(room)
        }
    }

    fn advance(&mut self, written: usize) {
        assert!(written <= self.octets.len() - self.length);
        self.length += written;
    }
}
