//! Protocol vectors: what a server does with the octets of a connection, read from the files in `vectors/`.

use std::{fs, path::Path};

/// One vector.
#[derive(Clone, Debug, Default)]
pub struct Vector {
    /// File, row and name: where a reader finds it.
    pub name: String,
    /// The row of the policy that it holds.
    pub row: String,
    /// What the client sends.
    pub sent: Vec<u8>,
    /// Whether the client then ends its side.
    pub ends: bool,
    /// The requests that are executed: method, target and content.
    pub executed: Vec<String>,
    /// The statuses of the replies.
    pub statuses: Vec<u16>,
    /// Whether the server closes the connection.
    pub closes: bool,
}

/// All vectors, of all files.
///
/// # Panics
/// When a file is not as `vectors/README.md` says: that is a fault of the test.
pub fn all() -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    files.iter().flat_map(|path| read(path)).collect()
}

fn read(path: &Path) -> Vec<Vector> {
    let text = fs::read_to_string(path).unwrap();
    let file = path.file_stem().unwrap().to_str().unwrap();
    let mut vectors = Vec::new();
    let mut row = "";
    let mut vector: Option<Vector> = None;
    for (number, line) in text.lines().enumerate() {
        let place = format!("{file}.txt:{}", number + 1);
        let outside = format!("{place}: outside of a vector: {line}");
        match line.split_at_checked(2).unwrap_or((line, "")) {
            ("", _) => {}
            ("##", name) => row = name.trim(),
            ("> ", octets) => vector.as_mut().expect(&outside).sent.extend(unescape(octets, &place)),
            ("= ", request) => {
                let request = String::from_utf8(unescape(request, &place)).unwrap();
                vector.as_mut().expect(&outside).executed.push(request);
            }
            ("< ", status) => vector.as_mut().expect(&outside).statuses.push(status.parse().unwrap()),
            _ if line == "eof" => vector.as_mut().expect(&outside).ends = true,
            _ if line == "keep" || line == "close" => {
                let mut whole = vector.take().expect(&outside);
                whole.closes = line == "close";
                vectors.push(whole);
            }
            _ => {
                assert!(vector.is_none(), "{place}: a vector ends with keep or close");
                vector = Some(Vector { name: format!("{place}: {row}: {line}"), row: row.into(), ..Vector::default() });
            }
        }
    }
    assert!(vector.is_none(), "{file}: the last vector ends with keep or close");
    vectors
}

/// The octets that a line stands for.
fn unescape(line: &str, place: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        if let Some((repeated, behind)) = repetition(rest) {
            octets.extend(unescape(repeated.0, place).repeat(repeated.1));
            rest = behind;
            continue;
        }
        rest = &rest[character.len_utf8()..];
        if character != '\\' {
            octets.extend(character.to_string().as_bytes());
            continue;
        }
        let escape = rest.chars().next().unwrap_or_else(|| panic!("{place}: an escape without an end"));
        rest = &rest[escape.len_utf8()..];
        octets.push(match escape {
            'r' => b'\r',
            'n' => b'\n',
            't' => b'\t',
            '0' => 0,
            '\\' => b'\\',
            'x' => {
                let (digits, behind) = rest.split_at(2);
                rest = behind;
                u8::from_str_radix(digits, 16).unwrap_or_else(|_| panic!("{place}: not hexadecimal: {digits}"))
            }
            _ => panic!("{place}: not an escape: \\{escape}"),
        });
    }
    octets
}

/// `{text*number}` at the start of the line: text, number, and what follows.
fn repetition(line: &str) -> Option<((&str, usize), &str)> {
    let (inside, behind) = line.strip_prefix('{')?.split_once('}')?;
    let (text, number) = inside.rsplit_once('*')?;
    Some(((text, number.parse().ok()?), behind))
}
