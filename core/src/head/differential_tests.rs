//! The parsers against a reading of the same octets that takes its time: split at line ends, look at each line, look up each
//! name. Whatever path a head takes, on whatever tier, and however it comes, the outcome is that.

use alloc::{boxed::Box, string::String, vec, vec::Vec};

use super::*;
use crate::{
    mutants::Mutants,
    scan::{Input, InstructionSet, Scan, dispatch, tests::with_every_tier},
};

/// What a head says, read slowly.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reading {
    length: usize,
    /// What stands between the spaces of the first line.
    first_line: Vec<Vec<u8>>,
    fields: Vec<(String, Vec<u8>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Read {
    Whole(Reading),
    Incomplete,
    Refused,
}

/// Reads a head slowly. `None` in what it does by the way: refused.
fn read(first_line: FirstLine, limits: HeadLimits, input: &[u8], entries: usize) -> Read {
    let within = &input[..input.len().min(usize::from(limits.octets))];
    let most_empty = if first_line == FirstLine::Field { 0 } else { 2 };
    let mut start = 0;
    while within[start..].starts_with(b"\r\n") {
        start += 2;
        if start > 2 * most_empty {
            let is_empty_section = first_line == FirstLine::Field;
            let reading = Reading { length: 2, first_line: Vec::new(), fields: Vec::new() };
            return if is_empty_section { Read::Whole(reading) } else { Read::Refused };
        }
    }
    let mut end = None;
    for at in start..within.len() {
        let (octet, before, after) = (within[at], at.checked_sub(1).map(|at| within[at]), within.get(at + 1));
        match octet {
            b'\r' if after.is_some_and(|after| *after != b'\n') => return Read::Refused,
            b'\n' if at == start || before != Some(b'\r') => return Read::Refused,
            b'\r' | b'\n' | b'\t' | b' '..=b'~' | 0x80.. => {}
            _ => return Read::Refused,
        }
        if within[start..=at].ends_with(b"\r\n\r\n") {
            end = Some(at + 1);
            break;
        }
    }
    match end {
        Some(end) => read_lines(first_line, limits, &within[start..end - 4], entries)
            .map_or(Read::Refused, |reading| Read::Whole(Reading { length: end, ..reading })),
        None if input.len() >= usize::from(limits.octets) => Read::Refused,
        None => Read::Incomplete,
    }
}

fn read_lines(kind: FirstLine, limits: HeadLimits, lines: &[u8], entries: usize) -> Option<Reading> {
    // Every CR has its LF.
    let mut lines = lines.split(|&octet| octet == b'\r').map(|line| line.strip_prefix(b"\n").unwrap_or(line));
    let first_line = match kind {
        FirstLine::Field => Vec::new(),
        FirstLine::Request => read_request_line(limits, lines.next()?)?,
        _ => read_status_line(lines.next()?)?,
    };
    let mut fields = Vec::new();
    for line in lines {
        let colon = line.iter().position(|&octet| octet == b':')?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if name.is_empty() || !name.iter().all(|&octet| is_name_octet(octet)) {
            return None;
        }
        let is_blank = |octet: &u8| matches!(octet, b' ' | b'\t');
        let from = value.iter().position(|octet| !is_blank(octet)).unwrap_or(value.len());
        let to = value.iter().rposition(|octet| !is_blank(octet)).map_or(from, |last| last + 1);
        fields.push((String::from_utf8(name.to_vec()).ok()?, value[from..to].to_vec()));
    }
    let most = if entries == 0 { usize::from(limits.fields) } else { entries.min(usize::from(limits.fields)) };
    (fields.len() <= most).then_some(Reading { length: 0, first_line, fields })
}

fn read_request_line(limits: HeadLimits, line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let parts: Vec<_> = line.split(|&octet| octet == b' ').map(<[u8]>::to_vec).collect();
    let [method, target, version] = &parts[..] else { return None };
    let right = !method.is_empty()
        && method.iter().all(|&octet| is_name_octet(octet))
        && (1..=usize::from(limits.target)).contains(&target.len())
        && target.iter().all(|&octet| octet.is_ascii_graphic() && octet != b'#')
        && is_version(version);
    right.then_some(parts)
}

fn read_status_line(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut parts = line.splitn(3, |&octet| octet == b' ').map(<[u8]>::to_vec);
    let (version, status, reason) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
    let is_status = status.len() == 3 && status.iter().all(u8::is_ascii_digit) && status[0] != b'0';
    (is_version(&version) && is_status).then(|| vec![version, status, reason])
}

fn is_version(version: &[u8]) -> bool {
    matches!(version, [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0'..=b'9'])
}

fn is_name_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet)
}

/// What a parser made of octets, in the words of the slow reading. That it knows the reason of a refusal is checked here.
fn said(outcome: Result<Progress<Reading>, HeadError>, input: &[u8]) -> Read {
    match outcome {
        Ok(Progress::Complete(reading)) => Read::Whole(reading),
        Ok(Progress::Incomplete) => Read::Incomplete,
        Err(error) => {
            assert_ne!(error.kind, HeadErrorKind::Malformed, "refused without a reason: {}", input.escape_ascii());
            assert!(error.at <= input.len(), "{error:?} in {}", input.escape_ascii());
            Read::Refused
        }
    }
}

/// A kind of parser, under one roof.
trait Parses {
    const FIRST_LINE: FirstLine;

    fn new(limits: HeadLimits) -> Self;

    fn parse(&mut self, input: &[u8], table: &mut [FieldSpan]) -> Result<Progress<Reading>, HeadError>;

    fn make(mutants: &mut Mutants) -> Vec<u8>;
}

fn seen(fields: Fields<'_>) -> Vec<(String, Vec<u8>)> {
    fields.map(|field| (field.name.into(), field.value.into())).collect()
}

impl Parses for RequestParser {
    const FIRST_LINE: FirstLine = FirstLine::Request;

    fn new(limits: HeadLimits) -> Self {
        Self::new(limits)
    }

    fn parse(&mut self, input: &[u8], table: &mut [FieldSpan]) -> Result<Progress<Reading>, HeadError> {
        let Progress::Complete(head) = self.parse(input, table)? else { return Ok(Progress::Incomplete) };
        let request = head.view(input, table);
        check_known(&request, input, table.len());
        assert_eq!(request.as_octets(), &input[..head.length()]);
        assert_eq!(request.method(), Method::from_token(request.method().as_str()));
        assert_eq!(request.is_connect(), request.method() == Method::Connect);
        let minor = input.windows(9).find_map(|octets| octets.strip_prefix(b" HTTP/1.")).unwrap();
        let version = [b"HTTP/1.", minor].concat();
        assert_eq!(request.version() == Version::Http10, version.ends_with(b"0"));
        let first_line = vec![request.method().as_str().into(), request.target().into(), version];
        let reading = Reading { length: head.length(), first_line, fields: seen(request.fields()) };
        assert!(table.is_empty() || reading.fields.len() == head.field_count());
        Ok(Progress::Complete(reading))
    }

    fn make(mutants: &mut Mutants) -> Vec<u8> {
        mutants.request()
    }
}

/// The known fields, and whether the host is plain, against a look at every name.
fn check_known(request: &Request<'_>, input: &[u8], entries: usize) {
    if entries == 0 {
        assert!(!request.has_plain_host());
        return;
    }
    let known = request.known();
    let places = |name| -> Vec<u8> {
        let fields = request.fields().zip(0..).filter(|(field, _)| field.name.to_ascii_lowercase() == name);
        fields.map(|(_, place)| place).collect()
    };
    for (name, occurrence) in [
        ("host", known.host()),
        ("connection", known.connection()),
        ("content-length", known.content_length()),
        ("transfer-encoding", known.transfer_encoding()),
    ] {
        let expected = match places(name)[..] {
            [] => Occurrence::None,
            [place] => Occurrence::One(place),
            _ => Occurrence::Several,
        };
        assert_eq!(occurrence, expected, "{name} in {}", input.escape_ascii());
    }
    assert_eq!(known.has_expect(), !places("expect").is_empty(), "{}", input.escape_ascii());
    assert_eq!(known.has_framing(), !places("content-length").is_empty() || !places("transfer-encoding").is_empty());

    let hosts: Vec<_> = request.fields_named("host").collect();
    let is_plain = matches!(hosts[..], [host] if is_plain(host));
    assert_eq!(request.has_plain_host(), is_plain, "{}", input.escape_ascii());
    let is_right = match hosts[..] {
        [] => request.version() == Version::Http10,
        [host] => str::from_utf8(host).is_ok_and(|host| Authority::parse(host).is_some()),
        _ => false,
    };
    assert_eq!(request.host_field().is_ok(), is_right, "{}", input.escape_ascii());
    assert!(is_right || !is_plain, "{}", input.escape_ascii());
}

/// A name of letters, digits, `-` and `.`, perhaps with a port of at most five digits.
fn is_plain(host: &[u8]) -> bool {
    let Ok(host) = str::from_utf8(host) else { return false };
    let is_name =
        |name: &str| name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'.');
    match host.split_once(':') {
        None => is_name(host),
        Some((name, port)) => {
            !name.is_empty()
                && is_name(name)
                && (1..=5).contains(&port.len())
                && port.bytes().all(|octet| octet.is_ascii_digit())
                && port.parse::<u16>().is_ok()
        }
    }
}

impl Parses for ResponseParser {
    const FIRST_LINE: FirstLine = FirstLine::Status;

    fn new(limits: HeadLimits) -> Self {
        Self::new(limits)
    }

    fn parse(&mut self, input: &[u8], table: &mut [FieldSpan]) -> Result<Progress<Reading>, HeadError> {
        let Progress::Complete(head) = self.parse(input, table)? else { return Ok(Progress::Incomplete) };
        let response = head.view(input, table);
        let start = input.iter().position(|&octet| octet == b'H').unwrap();
        let version = input[start..start + 8].to_vec();
        assert_eq!(response.version() == Version::Http10, version.ends_with(b"0"));
        let status = alloc::format!("{:?}", response.status()).into_bytes();
        let first_line = vec![version, status, response.reason().into()];
        Ok(Progress::Complete(Reading { length: head.length(), first_line, fields: seen(response.fields()) }))
    }

    fn make(mutants: &mut Mutants) -> Vec<u8> {
        mutants.response()
    }
}

/// A section remembers nothing itself.
struct SectionParser {
    limits: HeadLimits,
    scanned: usize,
}

impl Parses for SectionParser {
    const FIRST_LINE: FirstLine = FirstLine::Field;

    fn new(limits: HeadLimits) -> Self {
        Self { limits, scanned: 0 }
    }

    fn parse(&mut self, input: &[u8], table: &mut [FieldSpan]) -> Result<Progress<Reading>, HeadError> {
        let Progress::Complete(section) = FieldSection::parse(self.limits, input, table, self.scanned)? else {
            self.scanned = input.len();
            return Ok(Progress::Incomplete);
        };
        let fields = seen(section.fields(input, table));
        Ok(Progress::Complete(Reading { length: section.length(), first_line: Vec::new(), fields }))
    }

    fn make(mutants: &mut Mutants) -> Vec<u8> {
        mutants.section()
    }
}

/// Parses octets that lie in memory of their own, piece by piece: an octet too many that is read is told by a sanitizer.
fn parse_pieces<P: Parses>(
    limits: HeadLimits,
    input: &[u8],
    ends: impl IntoIterator<Item = usize>,
    entries: usize,
) -> Result<Progress<Reading>, HeadError> {
    let mut parser = P::new(limits);
    let mut table = vec![FieldSpan::EMPTY; entries].into_boxed_slice();
    for end in ends.into_iter().chain([input.len()]) {
        let piece: Box<[u8]> = input[..end].into();
        match parser.parse(&piece, &mut table) {
            Ok(Progress::Incomplete) => {}
            outcome => return outcome,
        }
    }
    Ok(Progress::Incomplete)
}

/// Holds a kind of parser to the slow reading.
fn hold<P: Parses>(seed: u64, number: usize) {
    let limits = HeadLimits::new().with_octets(4_000).with_target(150).with_fields(90);
    let mut mutants = Mutants::seeded(seed);
    let mut whole = 0;
    for round in 0..number {
        let mut input = P::make(&mut mutants);
        if round % 4 > 0 {
            mutants.mutate(&mut input);
        }
        let limits = match mutants.below(8) {
            0 => limits.with_octets(mutants.below(input.len() + 20) as u16),
            1 => limits.with_target(mutants.below(80) as u16).with_fields(mutants.below(12) as u8),
            _ => limits,
        };
        let expected = read(P::FIRST_LINE, limits, &input, 100);
        let first = parse_pieces::<P>(limits, &input, [], 100);
        let shown = input.escape_ascii();
        assert_eq!(said(first.clone(), &input), expected, "{shown}");
        let cuts = mutants.cuts(input.len());
        assert_eq!(parse_pieces::<P>(limits, &input, cuts.clone(), 100), first, "cut at {cuts:?}: {shown}");
        if round % 16 == 0 {
            assert_eq!(parse_pieces::<P>(limits, &input, 0..input.len(), 100), first, "octet by octet: {shown}");
            with_every_tier(|tier| {
                assert_eq!(parse_pieces::<P>(limits, &input, [], 100), first, "{tier}: {shown}");
                assert_eq!(parse_pieces::<P>(limits, &input, cuts.clone(), 100), first, "{tier}, {cuts:?}: {shown}");
            });
        }
        let entries = mutants.below(20);
        let mut expected = read(P::FIRST_LINE, limits, &input, entries);
        if let (Read::Whole(reading), 0) = (&mut expected, entries) {
            reading.fields.clear();
        }
        assert_eq!(
            said(parse_pieces::<P>(limits, &input, [], entries), &input),
            expected,
            "{entries} entries: {shown}"
        );
        whole += usize::from(first.is_ok_and(|progress| progress != Progress::Incomplete));
    }
    assert!((number / 4..number * 9 / 10).contains(&whole), "{whole} of {number} were heads");
}

#[test]
fn requests_are_what_a_slow_reading_finds() {
    hold::<RequestParser>(101, 10_000);
}

#[test]
fn responses_are_what_a_slow_reading_finds() {
    hold::<ResponseParser>(102, 5_000);
}

#[test]
fn field_sections_are_what_a_slow_reading_finds() {
    hold::<SectionParser>(103, 5_000);
}

/// Whoever stands before or behind pronto may be another parser: what pronto takes, it takes, and for the same.
#[test]
fn what_is_taken_another_parser_takes_for_the_same() {
    let mut mutants = Mutants::seeded(104);
    let mut taken = 0;
    for round in 0..20_000 {
        let mut input = mutants.request();
        if round % 4 > 0 {
            mutants.mutate(&mut input);
        }
        let Ok(Progress::Complete(reading)) = parse_pieces::<RequestParser>(HeadLimits::new(), &input, [], 100) else {
            continue;
        };
        let [method, target, version] = &reading.first_line[..] else { panic!("{reading:?}") };
        let Some(minor) = version.last().filter(|minor| matches!(minor, b'0' | b'1')) else { continue };
        let mut headers = [httparse::EMPTY_HEADER; 128];
        let mut other = httparse::Request::new(&mut headers);
        let shown = input.escape_ascii();
        assert_eq!(other.parse(&input), Ok(httparse::Status::Complete(reading.length)), "{shown}");
        assert_eq!(other.method.map(str::as_bytes), Some(&method[..]), "{shown}");
        assert_eq!(other.path.map(str::as_bytes), Some(&target[..]), "{shown}");
        assert_eq!(other.version, Some(minor - b'0'), "{shown}");
        let fields: Vec<_> = other.headers.iter().map(|header| (header.name.into(), header.value.to_vec())).collect();
        assert_eq!(fields, reading.fields, "{shown}");
        taken += 1;
    }
    assert!(taken > 100, "{taken} were taken");
}

/// A head of which only the fields are looked at.
struct FieldsAlone(Section);

impl Grammar for FieldsAlone {
    const FIRST_LINE: FirstLine = FirstLine::Absent;

    type Line = ();

    fn line<I: InstructionSet>(_: I, _: HeadLimits, _: Input<'_>, _: usize) -> Option<()> {
        Some(())
    }

    fn head<I: InstructionSet>(
        _: I,
        _: Input<'_>,
        _: usize,
        (): (),
        section: Section,
        _: &mut [FieldSpan],
    ) -> Option<Self> {
        Some(Self(section))
    }
}

/// Parses the fields of a request by the path for plain heads, if it takes them, and by the careful one.
#[derive(Clone, Copy)]
struct BothPaths<'i> {
    input: &'i [u8],
    from: usize,
}

impl Scan for BothPaths<'_> {
    /// What each path has found.
    type Output = [Option<(usize, usize, Vec<FieldSpan>, KnownFields)>; 2];

    fn run<I: InstructionSet>(self, instructions: I) -> Self::Output {
        let Self { input, from } = self;
        let Some(input) = Input::new(input) else { return [None, None] };
        let found = |section: parse::Section, table: Vec<FieldSpan>| {
            (section.end, section.first_line_end, table[..section.field_count].to_vec(), section.known)
        };
        let (mut table, mut other_table) = (vec![FieldSpan::EMPTY; 100], vec![FieldSpan::EMPTY; 100]);
        let plain =
            parse::parse(instructions, HeadLimits::new(), input, from, &mut table).map(|FieldsAlone(section)| section);
        let careful = careful::Careful { input, from, table: &mut other_table }.run(instructions);
        [plain.map(|section| found(section, table)), careful.map(|section| found(section, other_table))]
    }
}

#[test]
fn both_paths_find_the_same_fields_on_every_tier() {
    let mut mutants = Mutants::seeded(105);
    let inputs: Vec<_> = (0..5_000)
        .map(|round| {
            let mut input = mutants.request();
            if round % 2 > 0 {
                mutants.mutate(&mut input);
            }
            let from = input.iter().position(|&octet| octet == b'\r').filter(|&at| at > 0).unwrap_or(4);
            (input, from)
        })
        .collect();
    let mut found = 0;
    with_every_tier(|tier| {
        for (input, from) in inputs.iter().filter(|(input, from)| *from < input.len()) {
            let [plain, careful] = dispatch(BothPaths { input, from: *from });
            assert_eq!(plain, careful, "{tier}: {}", input.escape_ascii());
            found += usize::from(plain.is_some());
        }
    });
    assert!(found > 40, "{found} were found");
}

/// A request head of exactly so many octets, with so many fields, the last of which takes what is left.
fn large_request(octets: usize, fields: usize) -> Vec<u8> {
    let mut input = b"GET / HTTP/1.1\r\n".to_vec();
    for field in 1..fields {
        let line = match field % 64 {
            7 => alloc::format!("Host: h{field}.example.org\r\n"),
            8 => alloc::format!("Content-Length: {field}\r\n"),
            _ => alloc::format!("X-{field}: {}\r\n", "v".repeat(field % 50)),
        };
        input.extend_from_slice(line.as_bytes());
    }
    input.extend_from_slice(b"Last: ");
    input.resize(octets - 4, b'l');
    input.extend_from_slice(b"\r\n\r\n");
    input
}

/// Offsets are as wide as the longest head, and the number of fields as wide as their limit.
#[test]
fn the_largest_heads_are_read_to_their_last_octet() {
    let limits = HeadLimits::new().with_octets(u16::MAX).with_target(u16::MAX).with_fields(u8::MAX);
    let largest = usize::from(u16::MAX);
    for octets in [largest - 64, largest, largest + 1] {
        for fields in [1, 62, 63, 64, 255, 256, 512] {
            let mut input = large_request(octets, fields);
            let expected = read(FirstLine::Request, limits, &input, 600);
            assert_eq!(matches!(expected, Read::Whole(_)), octets <= largest && fields <= 255, "{octets}, {fields}");
            for cut in [0, 1, 2, 4, 100] {
                let cuts = [octets - cut];
                assert_eq!(said(parse_pieces::<RequestParser>(limits, &input, cuts, 600), &input), expected);
            }
            input.extend_from_slice(b"GET / HTTP/1.1\r\n\r\n");
            with_every_tier(|tier| {
                let outcome = said(parse_pieces::<RequestParser>(limits, &input, [], 600), &input);
                assert_eq!(outcome, expected, "{tier}: {fields} fields in {octets} octets");
            });
        }
        // All of it is the target, or the method.
        for (start, end) in
            [("GET /", " HTTP/1.1\r\n\r\n"), ("M", " / HTTP/1.1\r\n\r\n"), ("GET / HTTP/1.1\r\n", ":\r\n\r\n")]
        {
            let mut input = start.as_bytes().to_vec();
            input.resize(octets - end.len(), b'x');
            input.extend_from_slice(end.as_bytes());
            let expected = read(FirstLine::Request, limits, &input, 600);
            assert_eq!(matches!(expected, Read::Whole(_)), octets <= largest, "{start} {octets}");
            assert_eq!(said(parse_pieces::<RequestParser>(limits, &input, [octets / 2], 600), &input), expected);
        }
    }
}

/// Octets that were scanned become line feeds here: a parser that looked at them again would refuse them. It goes back by
/// less than the end of a head, and looks at where the first line begins.
#[test]
fn a_head_that_comes_octet_by_octet_is_scanned_once() {
    let limits = HeadLimits::new().with_octets(u16::MAX);
    for start in ["", "\r\n", "\r\n\r\n"] {
        let whole = [start.as_bytes(), &large_request(40_000, 90)].concat();
        let mut input = whole.clone();
        let mut parser = RequestParser::new(limits);
        let mut table = [FieldSpan::EMPTY; 100];
        for end in 0..whole.len() {
            let outcome = parser.parse(&input[..end], &mut table);
            assert_eq!(outcome, Ok(Progress::Incomplete), "{end}");
            if let Some(octet) = input.get_mut(end.saturating_sub(5)).filter(|_| end > 20) {
                *octet = b'\n';
            }
        }
        let Ok(Progress::Complete(head)) = parser.parse(&whole, &mut table) else { panic!("it is whole") };
        assert_eq!((head.length(), head.field_count()), (whole.len(), 90));
    }
}

/// Every octet in every place of a head: what one octet changes is seen on every path.
#[test]
fn any_octet_in_any_place_is_read_as_a_slow_reading_does() {
    let head = b"\r\nGET /a HTTP/1.1\r\nHost: a.example:80\r\nX:\r\nConnection: close\r\nY: \t z \r\n\r\n";
    let plain = b"GET /some/where/else HTTP/1.1\r\nHost: a.example:80\r\nA: b\r\n\r\n";
    let many = b"GET / HTTP/1.1\r\nHost: a\r\nB: c\r\nDe: f\r\nG: h\r\n\r\n";
    for head in [&head[..], plain, many] {
        for at in 0..head.len() {
            for octet in 0..=u8::MAX {
                let mut input = head.to_vec();
                input[at] = octet;
                check_alone_and_in_front(&input);
            }
        }
    }
}

/// What ends within a block of octets has a path of its own, where every line depends on every octet.
#[test]
fn short_requests_of_any_pieces_are_read_as_a_slow_reading_does() {
    const PIECES: [&str; 16] = [
        "\r\n", "\r\n", "\r\n", ":", ": ", "a", "Host: b", "c: d", "Expect:", " ", "\t", "#", "\r", "\n", "\0",
        "\u{80}",
    ];
    let mut mutants = Mutants::seeded(106);
    let mut whole = 0;
    for _ in 0..20_000 {
        let mut input = b"GET / HTTP/1.1\r\n".to_vec();
        let most = 20 + mutants.below(44);
        while input.len() < most {
            // Most lines are right, or few heads would be.
            let pieces = if mutants.below(4) > 0 { &["Host: b\r\n", "c: d\r\n", "e:\tf\r\n"][..] } else { &PIECES };
            input.extend_from_slice(mutants.one_of(pieces).as_bytes());
        }
        input.extend_from_slice(b"\r\n");
        whole += usize::from(check_alone_and_in_front(&input));
    }
    assert!((2_000..18_000).contains(&whole), "{whole} were heads");
}

/// Checks a request that is all there is, and in front of another, on every tier; says whether it is one.
fn check_alone_and_in_front(head: &[u8]) -> bool {
    let mut is_whole = false;
    for input in [head.to_vec(), [head, &b"GET /next HTTP/1.1\r\nHost: n\r\n\r\n".repeat(3)].concat()] {
        let expected = read(FirstLine::Request, HeadLimits::new(), &input, 8);
        is_whole = matches!(expected, Read::Whole(_));
        with_every_tier(|tier| {
            let outcome = parse_pieces::<RequestParser>(HeadLimits::new(), &input, [], 8);
            assert_eq!(said(outcome, &input), expected, "{tier}: {}", input.escape_ascii());
        });
    }
    is_whole
}
