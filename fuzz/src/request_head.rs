use pronto::head::{FieldSpan, HeadError, HeadLimits, Progress, RequestHead, RequestParser};

use crate::{
    choices::{cuts, each, whole},
    tiers::same_on_every_tier,
};

/// A request head: every tier says the same of it, however it comes; what is accepted is what httparse accepts, and means
/// the same to it.
///
/// httparse knows no versions but 1.0 and 1.1. Otherwise it accepts more: bare LF as a line end, any number of empty lines
/// before the request line, octets from 0x80 on and `#` in targets.
///
/// # Panics
/// When that is not so.
pub fn request_head(octets: &[u8]) {
    let Some((&seed, input)) = octets.split_first() else { return };
    let (limits, entries) = chosen(seed);
    let said = same_on_every_tier(|| {
        let at_once = parse(limits, entries, input, whole(input.len()));
        assert_eq!(parse(limits, entries, input, cuts(seed, input.len())), at_once, "in pieces");
        assert_eq!(parse(limits, entries, input, each(input.len())), at_once, "octet by octet");
        at_once
    });
    if let Ok(Some(head)) = said {
        assert!(head.length <= usize::from(limits.octets) && head.fields.len() <= usize::from(limits.fields));
        let mut fields = [httparse::EMPTY_HEADER; 256];
        let mut peer = httparse::Request::new(&mut fields);
        let parsed = peer.parse(input);
        if head.version == *b"HTTP/1.0" || head.version == *b"HTTP/1.1" {
            assert_eq!(parsed, Ok(httparse::Status::Complete(head.length)), "what httparse says");
            assert_eq!(peer.method, Some(&*head.method));
            assert_eq!(peer.path, Some(&*head.target));
            assert_eq!(peer.version, Some(head.version[7] - b'0'));
            if entries > 0 {
                let theirs = peer.headers.iter().map(|field| (field.name, field.value));
                let ours = head.fields.iter().map(|(name, value)| (&**name, &**value));
                assert!(theirs.eq(ours), "{:?}", head.fields);
            }
        } else {
            assert_eq!(parsed, Err(httparse::Error::Version));
        }
    }
}

/// What is in a head.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    length: usize,
    field_count: usize,
    method: String,
    target: String,
    /// As it was sent.
    version: [u8; 8],
    /// None where there is no table.
    fields: Vec<(String, Vec<u8>)>,
}

/// The limits of a head, and the size of the table.
pub(crate) fn chosen(seed: u8) -> (HeadLimits, usize) {
    let limits = match seed & 3 {
        0 | 1 => HeadLimits::new(),
        2 => HeadLimits::new().with_octets(200).with_target(40).with_fields(4),
        _ => HeadLimits::new().with_octets(u16::MAX).with_target(u16::MAX).with_fields(u8::MAX),
    };
    let entries = match seed >> 2 & 7 {
        0 => 0,
        1 => 3,
        2 => 255,
        _ => 100,
    };
    (limits, entries)
}

/// Parses pieces that end here; the outcome is that of the first call that says more than "incomplete".
fn parse(
    limits: HeadLimits,
    entries: usize,
    input: &[u8],
    ends: impl Iterator<Item = usize>,
) -> Result<Option<Seen>, HeadError> {
    let mut table = vec![FieldSpan::EMPTY; entries];
    let mut parser = RequestParser::new(limits);
    for end in ends {
        let there = &input[..end];
        match parser.parse(there, &mut table)? {
            Progress::Complete(head) => return Ok(Some(seen(head, there, &table))),
            Progress::Incomplete => parser = resumed(parser, limits, end),
        }
    }
    Ok(None)
}

/// Now and then a parser that is made anew goes on.
fn resumed(parser: RequestParser, limits: HeadLimits, end: usize) -> RequestParser {
    if end.is_multiple_of(3) { RequestParser::resumed(limits, end) } else { parser }
}

fn seen(head: RequestHead, input: &[u8], table: &[FieldSpan]) -> Seen {
    let request = head.view(input, table);
    let line = request.as_octets().split(|&octet| octet == b'\r' || octet == b'\n').find(|line| !line.is_empty());
    let version = *line.and_then(|line| line.last_chunk()).expect("a version ends the first line");
    let fields: Vec<_> = request.fields().map(|field| (field.name.to_owned(), field.value.to_vec())).collect();
    for (name, value) in &fields {
        assert!(!name.is_empty());
        let at_ends = value.first().into_iter().chain(value.last());
        assert!(!at_ends.copied().any(|octet| matches!(octet, b' ' | b'\t')), "white space is trimmed");
        let first = fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value);
        assert_eq!(request.field(name), first);
    }
    assert_eq!(fields.len(), head.field_count().min(table.len()));
    let (length, field_count) = (head.length(), head.field_count());
    let (method, target) = (request.method().as_str().to_owned(), request.target().to_owned());
    Seen { length, field_count, method, target, version, fields }
}
