//! Patterns and routes: what they match, as tables.

use alloc::{format, string::String, string::ToString, vec::Vec};

use proptest::prelude::*;

use super::*;
use crate::head::{Method, Path, Target};

fn path(text: &str) -> Path<'_> {
    Target::parse(text, Method::Get).unwrap().path().unwrap()
}

#[test]
fn patterns_match_whole_segments_decoded_once() {
    type Case<'a> = (&'a str, &'a str, Option<&'a [(&'a str, &'a str)]>);
    let cases: &[Case<'_>] = &[
        ("/", "/", Some(&[])),
        ("/", "//", None),
        ("/a", "/a", Some(&[])),
        ("/a", "/a/", None),
        ("/a", "/%61", Some(&[])),
        ("/a", "/%2561", None),
        ("/a/", "/a", None),
        ("/é", "/%C3%A9", Some(&[])),
        ("/a b", "/a%20b", Some(&[])),
        ("/{name}", "/x", Some(&[("name", "x")])),
        ("/{name}", "/", None),
        ("/{name}", "/x/y", None),
        ("/{name}", "/x%2Fy", Some(&[("name", "x/y")])),
        ("/{a}/b/{c}", "/1/b/2", Some(&[("a", "1"), ("c", "2")])),
        ("/{a}/b/{c}", "/1/c/2", None),
        ("/{{a}}", "/{a}", Some(&[])),
        ("/{{a}}", "/%7Ba%7D", Some(&[])),
        ("/{{a}}", "/a", None),
        ("/a%20b", "/a%20b", None),
        ("/a%20b", "/a%2520b", Some(&[])),
        ("/{größe}", "/1", Some(&[("größe", "1")])),
        ("/a", "/%zz", None),
        ("/a/{b}", "/%61/1", Some(&[("b", "1")])),
        ("/a/{b}", "/%62/1", None),
        ("/a{{/{b}", "/%61{/1", Some(&[("b", "1")])),
        ("/a/b", "/a%2Fb", None),
        ("/a/b", "/a%2fb", None),
        ("/aé", "/a%c3%A9", Some(&[])),
        ("/a{{b", "/a{b", Some(&[])),
        ("/a{{b", "/a%7bb", Some(&[])),
        ("/{a}", "/%", Some(&[("a", "%")])),
        ("/{a}/", "/x", None),
        ("/{a}/", "/x/", Some(&[("a", "x")])),
        ("/{a}", "/x/", None),
        ("/a/../b", "/a/../b", Some(&[])),
        ("/b", "/a/../b", None),
        ("/{*all}", "/", Some(&[("all", "")])),
        ("/{*all}", "/a/b%20c/", Some(&[("all", "a/b c/")])),
        ("/f/{*all}", "/f/", Some(&[("all", "")])),
        ("/f/{*all}", "/f", None),
        ("/f/{*all}", "/f//x", Some(&[("all", "/x")])),
        ("/f/{*all}", "/%66/x", Some(&[("all", "x")])),
        ("/{a}/{*all}", "/1/2/3", Some(&[("a", "1"), ("all", "2/3")])),
        ("/{a}/{*all}", "//2", None),
        ("/{{*all}}", "/{*all}", Some(&[])),
    ];
    for &(pattern, target, expected) in cases {
        let params = Pattern::new(pattern).unwrap().matches(path(target));
        let seen =
            params.map(|params| params.iter().map(|(name, value)| (name, value.to_string())).collect::<Vec<_>>());
        let expected = expected.map(|pairs| pairs.iter().map(|&(name, value)| (name, String::from(value))).collect());
        assert_eq!(seen, expected, "{pattern} {target}");
    }
}

#[test]
fn bad_patterns_are_refused_when_they_are_made() {
    let cases = [
        ("", PatternError::NoLeadingSlash),
        ("a", PatternError::NoLeadingSlash),
        ("/{", PatternError::UnclosedBrace),
        ("/{a", PatternError::UnclosedBrace),
        ("/{a/b}", PatternError::UnclosedBrace),
        ("/{a{b}", PatternError::UnclosedBrace),
        ("/}", PatternError::UnopenedBrace),
        ("/a}", PatternError::UnopenedBrace),
        ("/{}", PatternError::EmptyName),
        ("/x{a}", PatternError::PartOfSegment),
        ("/{a}x", PatternError::PartOfSegment),
        ("/{a}{b}", PatternError::PartOfSegment),
        ("/{a}/{a}", PatternError::RepeatedName),
        ("/{a}/{*a}", PatternError::RepeatedName),
        ("/{*}", PatternError::EmptyName),
        ("/{*a}/b", PatternError::TailNotLast),
        ("/{*a}/", PatternError::TailNotLast),
        ("/{*a}x", PatternError::PartOfSegment),
    ];
    for (text, error) in cases {
        assert_eq!(Pattern::new(text), Err(error), "{text}");
    }
}

#[test]
fn the_first_route_that_fits_is_found_and_misses_say_what_is_allowed() {
    let route = |methods, pattern, handler| Route { methods, pattern: Pattern::new(pattern).unwrap(), handler };
    let routes = [
        route(Methods::one(Method::Get), "/", 'a'),
        route(Methods::one(Method::Get), "/x/new", 'b'),
        route(Methods::one(Method::Get).and(Method::Delete), "/x/{id}", 'c'),
        route(Methods::one(Method::Head), "/x/{id}", 'd'),
        route(Methods::one(Method::Other("PURGE")), "/x/{id}", 'e'),
        route(Methods::ANY, "/any", 'f'),
        route(Methods::one(Method::Options), "/own", 'g'),
    ];
    let seen = |method, target| match find(&routes, method, Target::parse(target, method).unwrap().path()) {
        Routing::Found { handler, .. } => handler.to_string(),
        Routing::Options(allow) => alloc::format!("options {allow}"),
        Routing::MethodNotAllowed(allow) => alloc::format!("405 {allow}"),
        Routing::NotFound => String::from("404"),
        Routing::NotImplemented => String::from("501"),
    };
    assert_eq!(seen(Method::Get, "/"), "a");
    assert_eq!(seen(Method::Get, "/?q"), "a");
    assert_eq!(seen(Method::Get, "http://host"), "a");
    assert_eq!(seen(Method::Head, "/"), "a");
    assert_eq!(seen(Method::Get, "/x/new"), "b");
    assert_eq!(seen(Method::Get, "/x/old"), "c");
    assert_eq!(seen(Method::Head, "/x/old"), "d");
    assert_eq!(seen(Method::Other("PURGE"), "/x/1"), "e");
    assert_eq!(seen(Method::Other("ANYTHING"), "/any"), "f");
    assert_eq!(seen(Method::Options, "/own"), "g");
    assert_eq!(seen(Method::Options, "/"), "options GET, HEAD, OPTIONS");
    assert_eq!(seen(Method::Options, "/nowhere"), "404");
    assert_eq!(seen(Method::Post, "/x/1"), "405 GET, HEAD, DELETE, OPTIONS, PURGE");
    assert_eq!(seen(Method::Other("get"), "/"), "405 GET, HEAD, OPTIONS");
    assert_eq!(seen(Method::Put, "/nowhere"), "404");
    assert_eq!(seen(Method::Other("PURGE"), "/nowhere"), "404");
    assert!(seen(Method::Options, "*").starts_with("options GET, HEAD, POST"));
}

#[test]
fn head_goes_where_get_goes_unless_a_route_names_it() {
    let route = |methods, pattern, handler| Route { methods, pattern: Pattern::new(pattern).unwrap(), handler };
    let routes = [
        route(Methods::one(Method::Get), "/a", "get"),
        route(Methods::one(Method::Get), "/own", "get"),
        route(Methods::one(Method::Head), "/own", "head"),
        route(Methods::ANY, "/{any}", "any"),
        route(Methods::one(Method::Get), "/late", "never"),
    ];
    for (target, get, head) in [("/a", "get", "get"), ("/own", "get", "head"), ("/late", "any", "any")] {
        for (method, expected) in [(Method::Get, get), (Method::Head, head)] {
            let Routing::Found { handler, .. } = find(&routes, method, Some(path(target))) else { panic!("{target}") };
            assert_eq!(*handler, expected, "{method} {target}");
        }
    }
}

#[test]
fn a_route_takes_as_many_methods_as_it_was_given() {
    let names = ["PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK"];
    let methods =
        names.iter().fold(Methods::one(Method::Other("GET")), |methods, name| methods.and(Method::Other(name)));
    assert!(names.iter().all(|name| methods.contains(Method::Other(name))));
    assert!(methods.contains(Method::Get), "GET is GET, however it was written");
    assert!(!methods.contains(Method::Other("")) && !methods.contains(Method::Head));
    let routes = [Route { methods, pattern: Pattern::new("/").unwrap(), handler: () }];
    let Routing::MethodNotAllowed(allow) = find(&routes, Method::Put, Some(path("/"))) else { panic!() };
    assert_eq!(allow.to_string(), "GET, HEAD, OPTIONS, PROPFIND, PROPPATCH, MKCOL, COPY, MOVE, LOCK, UNLOCK");
}

#[test]
fn a_route_for_any_method_does_not_allow_connect() {
    let routes = [Route { methods: Methods::ANY, pattern: Pattern::new("/").unwrap(), handler: () }];
    let Routing::MethodNotAllowed(allow) = find(&routes, Method::Connect, None) else { panic!() };
    assert!(!allow.to_string().contains("CONNECT"));
    let Routing::Options(allow) = find(&routes, Method::Options, None) else { panic!() };
    assert_eq!(allow.to_string(), "GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH");
}

#[test]
fn what_matched_tells_its_pattern() {
    let pattern = Pattern::new("/users/{id}").unwrap();
    assert_eq!(pattern.matches(path("/users/7")).unwrap().pattern(), "/users/{id}");
}

/// What a pattern means, segment by segment, with memory.
fn matches_by_segments(pattern: &str, path: &str) -> bool {
    let decoded = |segment: &str| {
        let encoded = crate::head::Encoded::path(segment.as_bytes());
        encoded.decode().collect::<Result<Vec<u8>, _>>().ok()
    };
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern.iter().zip(&path).all(|(expected, segment)| {
            if expected.replace("{{", "").starts_with('{') {
                return !segment.is_empty();
            }
            decoded(segment) == Some(expected.replace("{{", "{").replace("}}", "}").into_bytes())
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn patterns_match_what_their_segments_do(
        pattern in "(/(|a|b|a%|\\{\\{|\\}\\}|é|\\{x\\}|ab)){1,3}",
        path in "(/(|a|b|%61|%2561|%25|%2F|%7b|%7D|\\{|\\}|%C3%A9|%c3|%|%6|ab|a%62)){1,4}",
    ) {
        // Two placeholders of one name are no pattern.
        prop_assume!(pattern.matches("{x}").count() < 2);
        let matches = Pattern::new(&pattern).unwrap().matches(self::path(&path)).is_some();
        prop_assert_eq!(matches, matches_by_segments(&pattern, &path), "{} {}", pattern, path);
    }
}

proptest! {
    #[test]
    fn whatever_is_put_into_a_path_comes_out_of_its_params(
        values in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 1..5),
    ) {
        let pattern: String = (0..values.len()).map(|index| format!("/of/{{n{index}}}")).collect();
        let path: String = values
            .iter()
            .map(|value| {
                let encode = |&octet: &u8| {
                    if octet.is_ascii_alphanumeric() { char::from(octet).to_string() } else { format!("%{octet:02X}") }
                };
                format!("/of/{}", value.iter().map(encode).collect::<String>())
            })
            .collect();
        let pattern = Pattern::new(&pattern).unwrap();
        let params = pattern.matches(self::path(&path)).unwrap();
        prop_assert_eq!(params.iter().count(), values.len());
        for (index, value) in values.iter().enumerate() {
            let name = format!("n{index}");
            prop_assert!(params.value(&name).unwrap().is(value));
        }
        prop_assert!(params.value("n").is_none());
    }

    #[test]
    fn no_text_makes_a_pattern_panic(pattern in "/?[{}/%aé*]{0,12}", path in "/[{}/%a2]{0,12}") {
        if let Ok(pattern) = Pattern::new(&pattern) {
            let params = pattern.matches(self::path(&path));
            let _: Option<usize> = params.map(|params| params.iter().count());
        }
    }
}

#[test]
fn a_method_that_no_route_takes_is_not_implemented() {
    let routes = [Route { methods: Methods::one(Method::Get), pattern: Pattern::new("/").unwrap(), handler: () }];
    for (method, target) in [(Method::Other("BREW"), "/pot"), (Method::Trace, "/pot"), (Method::Connect, "a:1")] {
        let target = Target::parse(target, method).unwrap();
        assert!(matches!(find(&routes, method, target.path()), Routing::NotImplemented), "{method}");
    }
}
