//! Multipart content against a reading of all of it that takes its time.

use alloc::{format, vec, vec::Vec};

use super::*;
use crate::mutants::Mutants;

/// The octets of each part, head and content, and whether the content is right to its end.
type Read = (Vec<(Vec<u8>, Vec<u8>)>, bool);

const DELIMITER: &[u8] = b"\r\n--b-0";

/// Reads content by searching, without any state (RFC 2046 5.1.1).
fn read(content: &[u8], limits: &MultipartLimits) -> Read {
    // The first boundary needs no line end before it, nor does one that comes right behind a head.
    let mut rest = [b"\r\n", content].concat();
    let mut parts = Vec::new();
    let Some(first) = position(&rest, DELIMITER) else { return (parts, false) };
    rest.drain(..first + DELIMITER.len());
    loop {
        if let Some(behind) = rest.strip_prefix(b"--") {
            let blanks = behind.iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
            let behind = &behind[blanks..];
            return (parts, behind.is_empty() || behind.starts_with(b"\r\n"));
        }
        let blanks = rest.iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
        rest.drain(..blanks);
        if !rest.starts_with(b"\r\n") {
            return (parts, false);
        }
        rest.drain(..2);
        let head = if rest.starts_with(b"\r\n") { Some(2) } else { position(&rest, b"\r\n\r\n").map(|at| at + 4) };
        let Some(head) = head else { return (parts, false) };
        if PartHead::parse(&rest[..head], limits).is_err() {
            return (parts, false);
        }
        let Some(end) = position(&rest[head - 2..], DELIMITER) else { return (parts, false) };
        let octets = if end < 2 { &[][..] } else { &rest[head..head - 2 + end] };
        parts.push((rest[..head].to_vec(), octets.to_vec()));
        rest.drain(..head - 2 + end + DELIMITER.len());
    }
}

fn position(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    octets.windows(wanted.len()).position(|octets| octets == wanted)
}

fn parse(content: &[u8], cuts: &[usize], limits: MultipartLimits) -> Read {
    let mut parser = MultipartParser::new(Boundary::new(b"b-0").unwrap(), limits);
    let (mut parts, mut head, mut octets, mut start) = (Vec::new(), None, Vec::new(), 0);
    let mut memory = vec![0; 8 * 1024];
    for &end in cuts.iter().chain([&content.len()]) {
        let mut input = &content[start..end];
        start = end;
        loop {
            match parser.next(&mut input, &mut memory) {
                Ok(Some(MultipartEvent::Part(part))) => head = Some(part.as_octets().to_vec()),
                Ok(Some(MultipartEvent::Octets(more))) => octets.extend_from_slice(more),
                Ok(Some(MultipartEvent::PartEnd)) => parts.push((head.take().unwrap(), core::mem::take(&mut octets))),
                Ok(Some(MultipartEvent::End)) => {}
                Ok(None) => break,
                Err(_) => return (parts, false),
            }
        }
    }
    (parts, parser.end().is_ok())
}

/// Content of a few parts, in which much looks like what ends them.
fn make(mutants: &mut Mutants) -> Vec<u8> {
    const HEADS: &[&str] = &[
        "Content-Disposition: form-data; name=\"a\"\r\n",
        "content-disposition: FORM-DATA; name=a; filename=\"b\\\"c\"\r\nContent-Type: text/plain\r\n",
        "X: y\r\nContent-Disposition:form-data;name=\"--b-0\"\r\n",
    ];
    const PIECES: &[&[u8]] = &[
        b"",
        b"",
        b"abc",
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n-",
        b"\r\n--",
        b"\r\n--b",
        b"\r\n--b-",
        b"--b-0",
        b"\r\n--b-1",
        b"-",
        b"\r\r\n--b-",
        b"\0\xff",
        b"--",
    ];
    const PADDINGS: &[&str] = &["", "", "", " ", "\t "];
    let mut content =
        mutants.one_of(&[&b""[..], b"", b"", b"before\r\n", b"--b\r\n", b"\r\n", b"\r\n--b-\r\n"]).to_vec();
    for part in 0..mutants.below(5) {
        let line_end = if part == 0 { "" } else { "\r\n" };
        content.extend_from_slice(format!("{line_end}--b-0{}\r\n", mutants.one_of(PADDINGS)).as_bytes());
        content.extend_from_slice(format!("{}\r\n", mutants.one_of(HEADS)).as_bytes());
        for _ in 0..mutants.below(8) {
            content.extend_from_slice(mutants.one_of(PIECES));
        }
    }
    content.extend_from_slice(mutants.one_of(&[
        &b"\r\n--b-0--"[..],
        b"\r\n--b-0--\r\n",
        b"\r\n--b-0-- \t\r\nbehind",
        b"",
    ]));
    content
}

#[test]
fn parts_are_what_a_slow_reading_finds() {
    let mut mutants = Mutants::seeded(7);
    let mut whole = 0;
    for round in 0..4_000 {
        let mut content = make(&mut mutants);
        if round % 3 == 0 {
            mutants.mutate(&mut content);
        }
        let limits = MultipartLimits::new();
        let expected = read(&content, &limits);
        let shown = content.escape_ascii();
        assert_eq!(parse(&content, &[], limits), expected, "{shown}");
        let cuts = mutants.cuts(content.len());
        assert_eq!(parse(&content, &cuts, limits), expected, "cut at {cuts:?}: {shown}");
        let each: Vec<_> = (0..content.len()).collect();
        assert_eq!(parse(&content, &each, limits), expected, "octet by octet: {shown}");
        let mut there = Vec::new();
        let boundary = Boundary::new(b"b-0").unwrap();
        let right = Parts::of(&content, boundary, limits)
            .all(|part| part.map(|part| there.push((part.head.as_octets().to_vec(), part.content.to_vec()))).is_ok());
        assert_eq!((there, right), expected, "as a whole: {shown}");
        whole += usize::from(expected.1);
    }
    assert!(whole > 1_500, "{whole} were right");
}
