//! Says what a head lacks or what is wrong with it: the slow, plain reading that the fast path falls back on.
//!
//! Nothing is accepted here. So that the outcome does not depend on how the octets arrived, faults are looked for in
//! this order:
//! 1. the first octet that may stand nowhere in a head: it is refused as soon as it is there;
//! 2. a head that reaches its limit without an end;
//! 3. once the head is complete, the first fault of grammar, line by line.

use crate::scan::{is_target_octet, is_token_octet};

use super::{HeadError, HeadErrorKind as Kind, HeadLimits, Progress};

/// Which kind of first line a head has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstLine {
    Request,
    Status,
    /// None: a trailer section, which is seen from the CRLF of the line before it.
    Absent,
    /// A field: there is no other line before it.
    Field,
}

/// Says why `input` does not begin with a complete, right head: it never says that it does.
///
/// `table` is the number of entries of the caller's table, 0 where fields are only counted.
#[cold]
#[inline(never)]
pub(super) fn diagnose(
    first_line: FirstLine,
    limits: HeadLimits,
    input: &[u8],
    table: usize,
) -> Result<Progress<core::convert::Infallible>, HeadError> {
    let limit = usize::from(limits.octets);
    let within = &input[..input.len().min(limit)];
    let fault = |kind, at| Err(HeadError { kind, at });

    let start = match skip_empty_lines(first_line, within) {
        EmptyLines::Skipped(start) => start,
        EmptyLines::TooMany(at) => return fault(Kind::TooManyEmptyLines, at),
    };
    let end = match find_end(within, start) {
        Ok(Some(end)) => end,
        Ok(None) if input.len() < limit => return Ok(Progress::Incomplete),
        Ok(None) => return Err(over_limit(first_line, limits, within, start)),
        Err(error) => return Err(error),
    };
    match find_fault(first_line, limits, &within[..end], start, table) {
        Some(error) => Err(error),
        None => fault(Kind::Malformed, start),
    }
}

pub(super) enum EmptyLines {
    /// The first line begins at this offset.
    Skipped(usize),
    /// The first empty line that is too many is at this offset.
    TooMany(usize),
}

/// Skips up to two empty lines before the first line (RFC 9112 2.2).
#[inline(always)]
pub(super) fn skip_empty_lines(first_line: FirstLine, input: &[u8]) -> EmptyLines {
    if matches!(first_line, FirstLine::Absent | FirstLine::Field) || input.first() != Some(&b'\r') {
        return EmptyLines::Skipped(0);
    }
    let lines = input.chunks(2).take(3).take_while(|line| line == b"\r\n").count();
    if lines > 2 { EmptyLines::TooMany(4) } else { EmptyLines::Skipped(2 * lines) }
}

/// The offset behind the empty line that ends the head, or the first octet that may stand nowhere in one.
fn find_end(input: &[u8], start: usize) -> Result<Option<usize>, HeadError> {
    let mut at = start;
    while let Some(&octet) = input.get(at) {
        let next = input.get(at + 1);
        match (octet, next) {
            (b'\r', None) => return Ok(None),
            (b'\r', Some(b'\n')) => {
                at += 2;
                if input.get(at..at + 2) == Some(b"\r\n") {
                    return Ok(Some(at + 2));
                }
            }
            (b'\r', Some(_)) => {
                return Err(HeadError { kind: Kind::BareCarriageReturn, at });
            }
            (b'\n', _) => {
                return Err(HeadError { kind: Kind::BareLineFeed, at });
            }
            (0x00..=0x08 | 0x0b..=0x1f | 0x7f, _) => {
                return Err(HeadError { kind: Kind::ControlOctet, at });
            }
            _ => at += 1,
        }
    }
    Ok(None)
}

/// The head has no end within its limit. Where that is the request target's doing, 414 says so better than 431.
fn over_limit(first_line: FirstLine, limits: HeadLimits, input: &[u8], start: usize) -> HeadError {
    let too_large = HeadError { kind: Kind::HeadTooLarge, at: input.len() };
    if first_line != FirstLine::Request {
        return too_large;
    }
    let line = first_line_of(input.get(start..).unwrap_or_default());
    let method = line.iter().take_while(|&&octet| is_token_octet(octet)).count();
    if method == 0 || line.get(method) != Some(&b' ') {
        return HeadError { kind: Kind::Method, at: start + method };
    }
    let target = line.get(method + 1..).unwrap_or_default().iter().take_while(|&&octet| octet != b' ').count();
    if target > usize::from(limits.target) || method + 1 + target == input.len() - start {
        return HeadError { kind: Kind::TargetTooLong, at: start + method + 1 };
    }
    too_large
}

/// The first fault of grammar in a complete head.
fn find_fault(first_line: FirstLine, limits: HeadLimits, head: &[u8], start: usize, table: usize) -> Option<HeadError> {
    let line = first_line_of(head.get(start..)?);
    let most = if table == 0 { usize::from(limits.fields) } else { table.min(usize::from(limits.fields)) };
    let fault = match first_line {
        FirstLine::Request => fault_in_request_line(limits, line),
        FirstLine::Status => fault_in_status_line(line),
        FirstLine::Absent => None,
        FirstLine::Field if most == 0 => Some((Kind::TooManyFields, 0)),
        FirstLine::Field => fault_in_field_line(line),
    };
    if let Some((kind, at)) = fault {
        return Some(HeadError { kind, at: start + at });
    }
    let mut at = start + line.len() + 2;
    let mut fields = usize::from(first_line == FirstLine::Field);
    loop {
        let line = first_line_of(head.get(at..)?);
        if line.is_empty() {
            return None;
        }
        fields += 1;
        if fields > most {
            return Some(HeadError { kind: Kind::TooManyFields, at });
        }
        if let Some((kind, offset)) = fault_in_field_line(line) {
            return Some(HeadError { kind, at: at + offset });
        }
        at += line.len() + 2;
    }
}

/// ```abnf
/// request-line = method SP request-target SP HTTP-version
/// ```
fn fault_in_request_line(limits: HeadLimits, line: &[u8]) -> Option<(Kind, usize)> {
    let method = line.iter().take_while(|&&octet| is_token_octet(octet)).count();
    if method == 0 || line.get(method) != Some(&b' ') {
        return Some((Kind::Method, method));
    }
    let start = method + 1;
    let target = line.get(start..).unwrap_or_default().iter().take_while(|&&octet| is_target_octet(octet)).count();
    if target > usize::from(limits.target) {
        return Some((Kind::TargetTooLong, start));
    }
    if target == 0 {
        return Some((Kind::Target, start));
    }
    match line.get(start + target) {
        Some(b' ') => {
            let at = start + target + 1;
            fault_in_version(line.get(at..).unwrap_or_default()).map(|kind| (kind, at))
        }
        Some(_) => Some((Kind::Target, start + target)),
        None => Some((Kind::Version, start + target)),
    }
}

/// ```abnf
/// HTTP-version = "HTTP" "/" DIGIT "." DIGIT
/// ```
fn fault_in_version(version: &[u8]) -> Option<Kind> {
    match version {
        b"HTTP/1.0" | [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'1'..=b'9'] => None,
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => Some(Kind::UnsupportedVersion),
        _ => Some(Kind::Version),
    }
}

/// ```abnf
/// status-line = HTTP-version SP status-code SP [ reason-phrase ]
/// ```
/// The last space is not insisted upon: servers that send no reason often leave it out.
fn fault_in_status_line(line: &[u8]) -> Option<(Kind, usize)> {
    let (version, rest) = line.split_at(line.len().min(8));
    if let Some(kind) = fault_in_version(version) {
        return Some((kind, 0));
    }
    match rest {
        [b' ', b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'] | [b' ', b'1'..=b'9', b'0'..=b'9', b'0'..=b'9', b' ', ..] => None,
        [b' ', ..] => Some((Kind::StatusCode, 9)),
        _ => Some((Kind::Version, 8)),
    }
}

/// ```abnf
/// field-line = field-name ":" OWS field-value OWS
/// ```
fn fault_in_field_line(line: &[u8]) -> Option<(Kind, usize)> {
    let name = line.iter().take_while(|&&octet| is_token_octet(octet)).count();
    match line.get(name) {
        Some(b':') if name == 0 => Some((Kind::FieldName, 0)),
        Some(b':') => None,
        Some(b' ' | b'\t') if name == 0 => Some((Kind::LeadingWhitespace, 0)),
        Some(b' ' | b'\t') if line.contains(&b':') => Some((Kind::WhitespaceBeforeColon, name)),
        Some(_) if line.contains(&b':') => Some((Kind::FieldName, name)),
        _ => Some((Kind::MissingColon, name)),
    }
}

/// The line that `octets` begin with, without its CRLF; all of them where it has none.
fn first_line_of(octets: &[u8]) -> &[u8] {
    let length = octets.iter().position(|&octet| octet == b'\r').unwrap_or(octets.len());
    &octets[..length]
}
