use pronto::head::{FieldSpan, HeadError, HeadLimits, Progress, ResponseHead, ResponseParser};

use crate::{
    choices::{cuts, each, whole},
    request_head::chosen,
    tiers::same_on_every_tier,
};

/// A response head: as [`request_head`](crate::request_head()).
///
/// httparse shows no reason phrase that has octets from 0x80 on.
///
/// # Panics
/// When that is not so.
pub fn response_head(octets: &[u8]) {
    let Some((&seed, input)) = octets.split_first() else { return };
    let (limits, entries) = chosen(seed);
    let said = same_on_every_tier(|| {
        let at_once = parse(limits, entries, input, whole(input.len()));
        assert_eq!(parse(limits, entries, input, cuts(seed, input.len())), at_once, "in pieces");
        assert_eq!(parse(limits, entries, input, each(input.len())), at_once, "octet by octet");
        at_once
    });
    let Ok(Some(head)) = said else { return };
    let mut fields = [httparse::EMPTY_HEADER; 256];
    let mut peer = httparse::Response::new(&mut fields);
    let parsed = peer.parse(input);
    let Some(minor) = head.version.checked_sub(b'0').filter(|minor| *minor < 2) else {
        return assert_eq!(parsed, Err(httparse::Error::Version));
    };
    assert_eq!(parsed, Ok(httparse::Status::Complete(head.length)), "what httparse says");
    assert_eq!((peer.version, peer.code), (Some(minor), Some(head.status)));
    if head.reason.is_ascii() {
        assert_eq!(peer.reason.map(str::as_bytes), Some(&*head.reason));
    }
    if entries > 0 {
        let theirs = peer.headers.iter().map(|field| (field.name, field.value));
        let ours = head.fields.iter().map(|(name, value)| (&**name, &**value));
        assert!(theirs.eq(ours), "{:?}", head.fields);
    }
}

/// What is in a head.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    length: usize,
    field_count: usize,
    status: u16,
    reason: Vec<u8>,
    /// The digit of its minor version.
    version: u8,
    /// None where there is no table.
    fields: Vec<(String, Vec<u8>)>,
}

/// Parses pieces that end here; the outcome is that of the first call that says more than "incomplete".
fn parse(
    limits: HeadLimits,
    entries: usize,
    input: &[u8],
    ends: impl Iterator<Item = usize>,
) -> Result<Option<Seen>, HeadError> {
    let mut table = vec![FieldSpan::EMPTY; entries];
    let mut parser = ResponseParser::new(limits);
    for end in ends {
        let there = &input[..end];
        match parser.parse(there, &mut table)? {
            Progress::Complete(head) => return Ok(Some(seen(head, there, &table))),
            Progress::Incomplete if end % 3 == 0 => parser = ResponseParser::resumed(limits, end),
            Progress::Incomplete => {}
        }
    }
    Ok(None)
}

fn seen(head: ResponseHead, input: &[u8], table: &[FieldSpan]) -> Seen {
    let response = head.view(input, table);
    let line = input.split(|&octet| octet == b'\r' || octet == b'\n').find(|line| !line.is_empty());
    let fields: Vec<_> = response.fields().map(|field| (field.name.to_owned(), field.value.to_vec())).collect();
    assert_eq!(fields.len(), head.field_count().min(table.len()));
    Seen {
        length: head.length(),
        field_count: head.field_count(),
        status: response.status().code(),
        reason: response.reason().to_vec(),
        version: line.expect("a status line")[7],
        fields,
    }
}
