//! A strict reader of what Prometheus is told, in the text format 0.0.4.

use std::collections::{BTreeMap, BTreeSet};

/// The samples, by their name and labels as they stand there.
///
/// # Panics
/// When a line is not as the format wants it, or not where it belongs.
pub fn parse(text: &str) -> BTreeMap<String, u64> {
    assert!(text.ends_with('\n'), "the last line has no end");
    let (mut samples, mut families) = (BTreeMap::new(), BTreeSet::new());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let (name, help) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')).expect(line);
        assert!(!help.is_empty() && !help.contains('\\'), "{line}");
        assert!(is_name(name), "{line}");
        assert!(families.insert(name.to_owned()), "{name} comes twice");
        let line = lines.next().expect("a type behind each help");
        let kind = line.strip_prefix(&format!("# TYPE {name} ")).expect(line);
        assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
        let mut own = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let (sample, value) = line.rsplit_once(' ').expect(line);
            assert!(value.bytes().all(|octet| octet.is_ascii_digit()), "{line}");
            let value: u64 = value.parse().expect(line);
            let (of, labels) = match sample.split_once('{') {
                Some((of, labels)) => (of, labels.strip_suffix('}').expect(line)),
                None => (sample, ""),
            };
            if !labels.is_empty() {
                let (label, text) = labels.split_once("=\"").expect(line);
                let text = text.strip_suffix('"').expect(line);
                assert!(is_name(label) && !label.contains(':') && !text.contains(['"', '\\', '\n']), "{line}");
            }
            match kind {
                "histogram" => assert!(of.strip_prefix(name).is_some_and(|end| !end.is_empty()), "{line}"),
                "counter" | "gauge" => assert_eq!(of, name, "{line}"),
                _ => panic!("{kind} is no type"),
            }
            own.push((sample.to_owned(), value));
        }
        assert!(!own.is_empty(), "{name} has no samples");
        if kind == "histogram" {
            check_histogram(name, &own);
        }
        for (sample, value) in own {
            assert!(samples.insert(sample.clone(), value).is_none(), "{sample} comes twice");
        }
    }
    samples
}

fn is_name(name: &str) -> bool {
    let is_usual = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b':');
    name.bytes().all(is_usual) && name.bytes().next().is_some_and(|octet| !octet.is_ascii_digit())
}

/// Buckets with bounds that rise, up to infinity, each with what those below have; then the sum, and the count.
fn check_histogram(name: &str, samples: &[(String, u64)]) {
    let [buckets @ .., (sum, _), (count, all)] = samples else { panic!("{name} is too short") };
    assert_eq!((sum, count), (&format!("{name}_sum"), &format!("{name}_count")));
    let mut last = (f64::NEG_INFINITY, 0);
    for (sample, value) in buckets {
        let bound = sample.strip_prefix(&format!("{name}_bucket{{le=\"")).and_then(|rest| rest.strip_suffix("\"}"));
        let bound: f64 = bound.expect(sample).parse().expect(sample);
        assert!(last.0 < bound && last.1 <= *value, "{sample}");
        last = (bound, *value);
    }
    assert_eq!(last, (f64::INFINITY, *all), "{name}");
}
