//! What `docs/parity.md` says is shown by a file or a test is: its table cannot outlive them.

use std::{fs, path::Path};

#[test]
fn whatever_the_table_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let suite = read("tests/src/black_box.rs");
    let table = read("docs/parity.md");
    let (mut last, mut rows) = (0, 0);
    for line in table.lines().filter(|line| line.starts_with("| P")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").collect();
        let [row, _, shown] = cells[..] else { panic!("{} cells: {line}", cells.len()) };
        let number: u32 = row.trim().strip_prefix('P').unwrap().parse().unwrap();
        assert!(last < number, "{line}");
        (last, rows) = (number, rows + 1);
        let names: Vec<_> = shown.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "nothing shows {row}");
        for name in names {
            let Some((path, test)) = name.split_once('#') else {
                assert!(root.join(name).exists(), "{row}: there is no {name}");
                continue;
            };
            let text = read(path);
            if path.contains("/black_box") {
                let is_run = suite.lines().any(|line| line.trim() == test);
                assert!(
                    is_run && text.contains(&format!("pub fn {test}<R: Runtime>()")),
                    "{row}: no case {test} in {path}"
                );
            } else {
                let lines: Vec<_> = text.lines().map(str::trim).collect();
                let start = format!("fn {test}(");
                let is_test = lines.windows(2).any(|pair| pair[0] == "#[test]" && pair[1].starts_with(&start))
                    || text.contains("proptest!") && lines.iter().any(|line| line.starts_with(&start));
                assert!(is_test, "{row}: no test {test} in {path}");
            }
        }
    }
    assert!(rows > 40, "the table is not read: {rows} rows");
}
