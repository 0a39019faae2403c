use pronto::content::{Boundary, MultipartError, MultipartEvent, MultipartLimits, MultipartParser, PartHead, Parts};

use crate::choices::{cuts, each, whole};

/// Content of `multipart/form-data`: its parts are the same however it comes, and as when it is there as a whole.
///
/// # Panics
/// When that is not so.
pub fn multipart(octets: &[u8]) {
    let Some((&seed, input)) = octets.split_first() else { return };
    let boundary = Boundary::new(if seed & 1 == 0 { b"x" } else { b"--X-=y" }).expect("a boundary");
    let mut limits = MultipartLimits::new();
    if seed & 2 != 0 {
        limits = limits.with_head_octets(80).with_fields(2).with_parts(3).with_octets_around(20);
    }
    let (parts, end) = parse(boundary, limits, input, whole(input.len()));
    for (said, how) in [
        (parse(boundary, limits, input, cuts(seed, input.len())), "in pieces"),
        (parse(boundary, limits, input, each(input.len())), "octet by octet"),
    ] {
        assert_eq!(said, (parts.clone(), end), "{how}");
    }
    let mut there = Vec::new();
    let mut end_there = Ok(());
    for part in Parts::of(input, boundary, limits) {
        match part {
            Ok(part) => there.push(Seen::of(part.head, part.content)),
            Err(error) => end_there = Err(error),
        }
    }
    // A part that is cut short has content in pieces, and is none as a whole.
    assert!(parts.starts_with(&there) && parts.len() <= there.len() + 1, "{parts:?}\n{there:?}");
    assert_eq!(end_there.is_ok(), end.is_ok(), "{end_there:?} {end:?}");
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    head: Vec<u8>,
    name: Vec<u8>,
    file_name: Option<Vec<u8>>,
    content: Vec<u8>,
}

impl Seen {
    fn of(head: PartHead<'_>, content: &[u8]) -> Self {
        for field in head.fields() {
            assert!(!field.name.is_empty() && head.field(field.name).is_some());
        }
        let _shown = (head.name().to_string(), head.media_type());
        Self {
            head: head.as_octets().to_vec(),
            name: head.name().octets().collect(),
            file_name: head.file_name().map(|name| name.octets().collect()),
            content: content.to_vec(),
        }
    }
}

/// Parses pieces that end here.
fn parse(
    boundary: Boundary,
    limits: MultipartLimits,
    input: &[u8],
    ends: impl Iterator<Item = usize>,
) -> (Vec<Seen>, Result<(), MultipartError>) {
    let mut parser = MultipartParser::new(boundary, limits);
    let mut memory = vec![0; usize::from(limits.head_octets)];
    let mut parts: Vec<Seen> = Vec::new();
    let (mut start, mut in_part, mut is_over) = (0, false, false);
    for end in ends {
        let mut piece = &input[start..end];
        start = end;
        loop {
            match parser.next(&mut piece, &mut memory) {
                Ok(None) => {
                    assert!(piece.is_empty(), "something is left: {}", piece.escape_ascii());
                    break;
                }
                Ok(Some(MultipartEvent::Part(head))) => {
                    assert!(!in_part && !is_over);
                    in_part = true;
                    parts.push(Seen::of(head, b""));
                }
                Ok(Some(MultipartEvent::Octets(octets))) => {
                    assert!(in_part && !octets.is_empty());
                    parts.last_mut().expect("a part").content.extend_from_slice(octets);
                }
                Ok(Some(MultipartEvent::PartEnd)) => {
                    assert!(in_part);
                    in_part = false;
                }
                Ok(Some(MultipartEvent::End)) => {
                    assert!(!in_part && !is_over);
                    is_over = true;
                }
                Err(error) => return (parts, Err(error)),
            }
        }
    }
    (parts, parser.end())
}
