//! What is known of a head before all of it is there, for programs that look at it. It is not checked, and decides nothing.

/// Method and target, as far as the octets behind them are there, and the minor version, once the line is known to end.
#[must_use]
pub fn request_line(head: &[u8]) -> (Option<&[u8]>, Option<&[u8]>, Option<u8>) {
    let head = skip_empty_lines(head);
    let Some((method, rest)) = split(head, b' ') else { return (None, None, None) };
    let Some((target, rest)) = split(rest, b' ') else { return (Some(method), None, None) };
    let minor_version = split(rest, b'\r').and_then(|(version, _)| minor_version(version));
    (Some(method), Some(target), minor_version)
}

/// The same of a status line: minor version, status, and reason.
#[must_use]
pub fn status_line(head: &[u8]) -> (Option<u8>, Option<u16>, Option<&[u8]>) {
    let head = skip_empty_lines(head);
    let Some((version, rest)) = split(head, b' ') else { return (None, None, None) };
    let Some((status, rest)) = split(rest, b' ') else { return (minor_version(version), None, None) };
    let status = str::from_utf8(status).ok().and_then(|status| status.parse().ok());
    (minor_version(version), status, line(rest).map(|(reason, _)| reason))
}

/// Names and values of the fields whose lines are there, behind the first line.
pub fn fields(head: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = line(skip_empty_lines(head)).map_or(&[][..], |(_, rest)| rest);
    core::iter::from_fn(move || {
        let (field, after) = line(rest)?;
        rest = after;
        let (name, value) = split(field, b':')?;
        Some((name, value.trim_ascii()))
    })
}

fn skip_empty_lines(mut head: &[u8]) -> &[u8] {
    while let Some(rest) = head.strip_prefix(b"\r\n") {
        head = rest;
    }
    head
}

fn minor_version(version: &[u8]) -> Option<u8> {
    match version {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'0'..=b'9'] => Some(u8::from(*minor != b'0')),
        _ => None,
    }
}

/// What stands before the first such octet, and what behind it.
fn split(octets: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = octets.iter().position(|&octet| octet == at)?;
    Some((octets.get(..place)?, octets.get(place + 1..)?))
}

/// The first line, without its CRLF, and what is behind it.
fn line(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (line, rest) = split(octets, b'\r')?;
    Some((line, rest.strip_prefix(b"\n")?))
}
