use pronto::{
    head::{FieldSpan, Method, Progress, RequestHead},
    service::{Methods, Pattern, Route, Routing, Untaken, find},
};

/// Patterns and a target: the route that is found is the one that a plain reading finds, and its parameters are what they
/// stand for.
///
/// The input is lines: patterns, and last a method and a target.
///
/// # Panics
/// When that is not so.
pub fn router(octets: &[u8]) {
    let Some((&seed, rest)) = octets.split_first() else { return };
    let Ok(text) = str::from_utf8(rest) else { return };
    let Some((patterns, request)) = text.rsplit_once('\n') else { return };
    let patterns = patterns.split('\n').take(12).filter_map(|text| Pattern::new(text).ok());
    let routes: Vec<_> = patterns
        .enumerate()
        .map(|(index, pattern)| {
            let methods = match (usize::from(seed) + index) % 5 {
                0 => Methods::ANY,
                1 => Methods::one(Method::Post),
                2 => Methods::one(Method::Get).and(Method::Other("PURGE")),
                _ => Methods::one(Method::Get),
            };
            Route { methods, pattern, handler: index }
        })
        .collect();
    let input = format!("{request} HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut table = [FieldSpan::EMPTY; 4];
    let Ok(Progress::Complete(head)) = RequestHead::parse(input.as_bytes(), &mut table) else { return };
    let request = head.view(input.as_bytes(), &table);
    let (method, path) = (request.method(), request.path());

    let matching: Vec<_> = path.map_or_else(Vec::new, |path| {
        let matches = |route: &&Route<'_, usize>| read(route.pattern.as_str(), path.as_str()).is_some();
        routes.iter().filter(matches).collect()
    });
    for route in &routes {
        let params = path.and_then(|path| route.pattern.matches(path));
        let read = path.and_then(|path| read(route.pattern.as_str(), path.as_str()));
        let params = params.map(|params| {
            let values: Vec<_> = params.iter().map(|(name, value)| (name, value.raw())).collect();
            for (name, value) in &values {
                assert_eq!(params.value(name).map(|value| value.raw()), Some(*value));
            }
            values
        });
        let read = read.map(|read| read.into_iter().map(|(name, value)| (name, value.as_bytes())).collect::<Vec<_>>());
        assert_eq!(params, read, "{} and {path:?}", route.pattern.as_str());
    }
    let names = |route: &&&Route<'_, usize>| route.methods != Methods::ANY && route.methods.contains(method);
    let takes_any = |route: &&Route<'_, usize>| route.methods == Methods::ANY;
    let expected = if method == Method::Head {
        // A route for HEAD itself is not made here; then it is whatever takes it first.
        matching.iter().find(|route| route.methods.contains(Method::Get)).map(|route| route.handler)
    } else {
        matching.iter().find(|route| names(route) || takes_any(route)).map(|route| route.handler)
    };
    match find(&routes, method, path) {
        Routing::Found { handler, params } => {
            assert_eq!(Some(*handler), expected);
            assert_eq!(params.pattern(), routes[*handler].pattern.as_str());
        }
        other => {
            assert_eq!(expected, None, "{other:?}");
            let again = Untaken::new(&routes, path).refuse(&routes, method, path);
            assert_eq!(format!("{other:?}"), format!("{again:?}"));
            // Without a path the whole server is meant.
            if let Routing::MethodNotAllowed(allow) = other
                && path.is_some()
            {
                assert!(!matching.is_empty());
                assert!(!allow.to_string().split(", ").any(|name| name == method.as_str()));
            }
        }
    }
}

/// Matches segment by segment, and gives what the placeholders stand for.
fn read<'a>(pattern: &'a str, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let (mut pattern, mut path) = (pattern.strip_prefix('/')?, path.strip_prefix('/')?);
    let mut values = Vec::new();
    loop {
        let (expected, more_pattern) = pattern.split_once('/').map_or((pattern, None), |(one, more)| (one, Some(more)));
        let placeholder = expected.strip_prefix('{').filter(|rest| !rest.starts_with('{'));
        if let Some(name) = placeholder.and_then(|rest| rest.strip_prefix('*')) {
            values.push((name.strip_suffix('}')?, path));
            return Some(values);
        }
        let (segment, more_path) = path.split_once('/').map_or((path, None), |(one, more)| (one, Some(more)));
        match placeholder {
            Some(name) if !segment.is_empty() => values.push((name.strip_suffix('}')?, segment)),
            Some(_) => return None,
            None if decoded(segment)? == expected.replace("{{", "{").replace("}}", "}").as_bytes() => {}
            None => return None,
        }
        match (more_pattern, more_path) {
            (None, None) => return Some(values),
            (Some(more_pattern), Some(more_path)) => (pattern, path) = (more_pattern, more_path),
            _ => return None,
        }
    }
}

/// A segment without its escapes; `None` where one is broken.
fn decoded(segment: &str) -> Option<Vec<u8>> {
    let mut pieces = segment.split('%');
    let mut octets = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let digits = piece.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        octets.push(u8::from_str_radix(digits, 16).ok()?);
        octets.extend_from_slice(&piece.as_bytes()[2..]);
    }
    Some(octets)
}
