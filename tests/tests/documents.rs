//! What `docs/parity.md` and `docs/robustness.md` say is shown by a file, a test or a vector is: their tables cannot outlive
//! them.

use std::{fs, path::PathBuf};

#[test]
fn whatever_the_rows_of_parity_name_is_there() {
    let table = read("docs/parity.md");
    let (mut last, mut rows) = (0, 0);
    for line in table.lines().filter(|line| line.starts_with("| P")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").collect();
        let [row, _, shown] = cells[..] else { panic!("{} cells: {line}", cells.len()) };
        let number: u32 = row.trim().strip_prefix('P').unwrap().parse().unwrap();
        assert!(last < number, "{line}");
        (last, rows) = (number, rows + 1);
        check(row, shown);
    }
    assert!(rows > 40, "the table is not read: {rows} rows");
}

#[test]
fn whatever_shows_a_promise_is_there() {
    let text = read("docs/robustness.md");
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| ") && !line.ends_with("shown by |")).collect();
    for row in &rows {
        let (promise, shown) = row.trim_matches('|').rsplit_once(" | ").unwrap();
        check(promise, shown);
    }
    assert!(rows.len() > 40, "the tables are not read: {} rows", rows.len());
}

/// What runs over real sockets, on each runtime.
const ON_BOTH: [&str; 4] =
    ["tests/vectors/", "tests/src/black_box", "tests/tests/japronto_faults.rs#", "examples/tests/servers/"];

/// What no runtime is part of, and what is the same for both.
const ON_NEITHER: [&str; 3] = ["examples/tests/proxy/", "tests/tests/serve.rs#", "runtimes/host/src/listener.rs#"];

#[test]
fn what_comes_from_strangers_is_shown_on_both_runtimes() {
    let text = read("docs/robustness.md");
    let mut rows = 0;
    for section in ["## Smuggling: where a message ends\n", "## What comes out\n", "## Exhaustion\n"] {
        let (_, section) = text.split_once(section).unwrap();
        let section = section.split("\n## ").next().unwrap();
        for row in section.lines().filter(|line| line.starts_with("| ") && !line.ends_with("shown by |")) {
            let names: Vec<_> = row.split('`').skip(1).step_by(2).collect();
            let is_shown = names.iter().any(|name| ON_BOTH.iter().any(|place| name.starts_with(place)));
            let is_apart = names.iter().all(|name| ON_NEITHER.iter().any(|place| name.starts_with(place)));
            assert!(is_shown || is_apart, "not on both runtimes: {row}");
            rows += 1;
        }
    }
    assert!(rows > 35, "the tables are not read: {rows} rows");
}

/// Finds all that is named: a file, or behind `#` a test in it, a case of the black-box suite, or a group of vectors.
fn check(row: &str, shown: &str) {
    let names: Vec<_> = shown.split('`').skip(1).step_by(2).collect();
    assert!(!names.is_empty(), "nothing shows {row}");
    for name in names {
        let Some((path, part)) = name.split_once('#') else {
            assert!(root().join(name).exists(), "{row}: there is no {name}");
            continue;
        };
        let text = read(path);
        if path.ends_with(".txt") {
            assert!(text.lines().any(|line| line == format!("## {part}")), "{row}: no vectors {part} in {path}");
        } else if path.contains("/black_box") {
            let is_run = read("tests/src/black_box.rs").lines().any(|line| line.trim() == part);
            let is_there = text.contains(&format!("pub fn {part}<R: Runtime>()"));
            assert!(is_run && is_there, "{row}: no case {part} in {path}");
        } else {
            let lines: Vec<_> = text.lines().map(str::trim).collect();
            let start = format!("fn {part}(");
            let is_test = lines.windows(2).any(|pair| pair[0] == "#[test]" && pair[1].starts_with(&start))
                || text.contains("proptest!") && lines.iter().any(|line| line.starts_with(&start));
            assert!(is_test, "{row}: no test {part} in {path}");
        }
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}
