use pronto::{
    content::Boundary,
    head::{
        Authority, Condition, Encoded, EntityTag, FieldSection, FieldSpan, HeadLimits, Members, Pairs, Parameters,
        Progress, RangeRequest, Request, RequestHead, Target, Validators, parse_date,
    },
    response::format_date,
};

/// The lazy readers of a request: what they give lies in the request, comes to an end, and is what a plain reading gives.
///
/// # Panics
/// When that is not so.
pub fn readers(octets: &[u8]) {
    let Some((&seed, input)) = octets.split_first() else { return };
    let mut table = [FieldSpan::EMPTY; 60];
    let Ok(Progress::Complete(head)) = RequestHead::parse(input, &mut table) else { return values(input, seed) };
    let request = head.view(input, &table);
    let _shown = format!("{request:?}");
    target(&request);
    if let Ok(Some(authority)) = request.authority() {
        host(authority);
    }
    let _ = (request.host_field(), request.offers_upgrade("websocket"), request.keeps_alive());
    for field in request.fields() {
        values(field.value, seed);
        let named: Vec<_> = request.fields_named(field.name).collect();
        assert!(named.contains(&field.value));
        let listed: usize = request.list(field.name).map(<[u8]>::len).sum();
        assert!(listed <= named.iter().map(|value| value.len()).sum());
        // The section of fields alone is read by another parser.
        let line = [field.name.as_bytes(), b": ", field.value, b"\r\n\r\n"].concat();
        let mut spans = [FieldSpan::EMPTY; 2];
        let section = FieldSection::parse(HeadLimits::new().with_octets(u16::MAX), &line, &mut spans, 0);
        let Ok(Progress::Complete(section)) = section else { panic!("{section:?}: {}", line.escape_ascii()) };
        assert!(section.fields(&line, &spans).eq([field]), "{}", line.escape_ascii());
    }
    for cookie in request.cookies() {
        assert_eq!(request.cookies().find(|other| other.name == cookie.name).map(|other| other.value), {
            str::from_utf8(cookie.name).map_or_else(|_| first(&request, cookie.name), |name| request.cookie(name))
        });
    }
    conditions(&request, seed);
    if let Some(media_type) = request.media_type() {
        assert!(!media_type.kind().is_empty() && !media_type.subtype().is_empty());
        assert!(media_type.is(&format!("{}/{}", media_type.kind(), media_type.subtype())));
        let _ = (media_type.charset().map(|charset| charset.to_string()), Boundary::of(&media_type));
    }
}

fn first<'a>(request: &Request<'a>, name: &[u8]) -> Option<&'a [u8]> {
    request.cookies().find(|cookie| cookie.name == name).map(|cookie| cookie.value)
}

fn target(request: &Request<'_>) {
    let Ok(form) = request.target_form() else { return assert_eq!(request.path(), None) };
    assert_eq!((request.path(), request.query()), (form.path(), form.query()));
    if let Some(path) = request.path() {
        assert!(request.target().contains(path.as_str()) || path.as_str() == "/");
        let segments: Vec<_> = path.segments().map(|segment| segment.raw()).collect();
        assert_eq!(segments.join(&b'/'), path.as_octets().strip_prefix(b"/").expect("a path begins with a slash"));
        path.segments().for_each(encoded);
        assert_eq!(path.is_well_formed(), path.segments().all(|segment| segment.is_well_formed()));
    }
    if let Some(query) = request.query() {
        assert!(request.target().ends_with(query.as_str()));
        pairs(query.as_str().as_bytes());
        for pair in query.pairs() {
            if let Ok(name) = pair.name.decode().collect::<Result<Vec<_>, _>>()
                && let Ok(name) = String::from_utf8(name)
            {
                assert!(query.value(&name).is_some());
            }
        }
    }
    match form {
        Target::Origin { path, query } => {
            let query = query.map_or(String::new(), |query| format!("?{}", query.as_str()));
            assert_eq!(request.target(), format!("{}{query}", path.as_str()));
        }
        Target::Absolute { scheme, authority, .. } => {
            assert!(request.target().starts_with(&format!("{scheme}://")));
            host(authority);
        }
        Target::Authority(authority) => host(authority),
        Target::Asterisk => assert_eq!(request.target(), "*"),
    }
}

fn host(authority: Authority<'_>) {
    let port = authority.port().map_or(String::new(), |port| format!(":{port}"));
    let again = format!("{}{port}", authority.host());
    let parsed = Authority::parse(&again).expect("it is one again");
    assert_eq!((parsed.host(), parsed.port()), (authority.host(), authority.port()));
    assert!(!authority.host().contains(['/', '@', '?', '#', ' ', '\\']), "{again}");
}

/// Readers of a value.
fn values(value: &[u8], seed: u8) {
    pairs(value);
    encoded(Encoded::path(value));
    encoded(Encoded::form(value));
    for member in Members::of(value) {
        assert!(!member.is_empty());
        let (item, parameters) = Parameters::of(member);
        assert!(item.len() <= member.len());
        for (name, parameter) in parameters.clone() {
            assert!(!name.is_empty() && parameters.value(name).is_some());
            let octets: Vec<_> = parameter.octets().collect();
            assert!(octets.len() <= member.len());
            assert_eq!(parameter.plain().is_some_and(|plain| plain == octets), parameter.plain().is_some());
            let _shown = (parameter.to_string(), parameter.is("a"), parameter.is_ignoring_case("A"));
        }
    }
    if let Some(tag) = EntityTag::parse(value) {
        assert!(tag.matches_weakly(tag));
    }
    if let Some(text) = str::from_utf8(value).ok()
        && let Some(authority) = Authority::parse(text)
    {
        host(authority);
    }
    let now = u64::from(seed) << 28;
    if let Some(date) = parse_date(value, now)
        && let Ok(date) = u64::try_from(date)
    {
        let shown = format_date(date);
        assert_eq!(parse_date(&shown, now), Some(date as i64), "{}", shown.escape_ascii());
    }
    let _ = Boundary::new(value).map(|boundary| assert_eq!(boundary.as_octets(), value));
}

/// Name and value pairs, as a form has them.
fn pairs(octets: &[u8]) {
    let expected = octets.split(|&octet| octet == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        match pair.iter().position(|&octet| octet == b'=') {
            Some(equals) => (&pair[..equals], Some(&pair[equals + 1..])),
            None => (pair, None),
        }
    });
    let ours = Pairs::of(octets).map(|pair| (pair.name.raw(), pair.value.map(|value| value.raw())));
    assert!(ours.eq(expected), "{}", octets.escape_ascii());
}

fn encoded(encoded: Encoded<'_>) {
    let decoded = encoded.decode().collect::<Result<Vec<_>, _>>();
    assert_eq!(decoded.is_ok(), encoded.is_well_formed());
    let _shown = encoded.to_string();
    let Ok(decoded) = decoded else { return assert!(!encoded.is_text() || encoded.plain().is_some()) };
    assert!(encoded.is(&decoded));
    assert_eq!(encoded.is_text(), str::from_utf8(&decoded).is_ok());
    if let Some(plain) = encoded.plain() {
        assert_eq!(plain, decoded);
    }
    let mut buffer = vec![0; decoded.len()];
    assert_eq!(encoded.decode_into(&mut buffer).as_deref(), Ok(&*decoded));
    if let Some((_, short)) = buffer.split_first_mut() {
        assert!(encoded.decode_into(short).is_err());
    }
}

fn conditions(request: &Request<'_>, seed: u8) {
    let length = u64::from(seed);
    for entity_tag in [None, EntityTag::parse(b"\"a\""), EntityTag::parse(b"W/\"a\"")] {
        for modified in [None, Some(784_111_777)] {
            let validators = Validators { entity_tag, modified };
            let now = 800_000_000;
            if request.condition(&validators, now) == Condition::NotModified {
                assert!(matches!(request.method().as_str(), "GET" | "HEAD"));
            }
            if let RangeRequest::Part(range) = request.range(length, &validators, now) {
                assert!(range.start < range.end && range.end <= length);
            }
        }
    }
}
