use new_mime_guess::from_ext;

/// The media type of a file, by its extension: of text with its charset, which is taken to be UTF-8.
pub(super) fn media_type(name: &[u8]) -> heapless::String<LONGEST> {
    let extension = name.rsplitn(2, |&octet| octet == b'.').next().filter(|extension| extension.len() + 1 < name.len());
    let known = extension.and_then(|extension| from_ext(str::from_utf8(extension).ok()?).first_raw());
    let mut written = heapless::String::new();
    let parts = match known {
        Some(known) if is_text(known) => [known, "; charset=utf-8"],
        Some(known) => [known, ""],
        None => [UNKNOWN, ""],
    };
    match parts.iter().try_for_each(|part| written.push_str(part)) {
        Ok(()) => written,
        Err(_) => heapless::String::try_from(UNKNOWN).unwrap_or_default(),
    }
}

fn is_text(media_type: &str) -> bool {
    media_type.starts_with("text/") || media_type == "application/javascript"
}

/// What is known of octets of which nothing is known.
const UNKNOWN: &str = "application/octet-stream";

/// More than the longest media type takes.
const LONGEST: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_go_by_extensions() {
        let cases = [
            ("index.html", "text/html; charset=utf-8"),
            ("INDEX.HTML", "text/html; charset=utf-8"),
            ("style.css", "text/css; charset=utf-8"),
            ("script.js", "text/javascript; charset=utf-8"),
            ("module.mjs", "application/javascript; charset=utf-8"),
            ("notes.txt", "text/plain; charset=utf-8"),
            ("data.json", "application/json"),
            ("picture.png", "image/png"),
            ("drawing.svg", "image/svg+xml"),
            ("code.wasm", "application/wasm"),
            ("a.b.tar.gz", "application/gzip"),
            ("font.woff2", "font/woff2"),
            ("a.pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
            ("Makefile", UNKNOWN),
            ("html", UNKNOWN),
            (".html", UNKNOWN),
            ("a.", UNKNOWN),
            ("", UNKNOWN),
            ("a.\u{fc}", UNKNOWN),
            ("a.never-heard-of", UNKNOWN),
        ];
        for (name, expected) in cases {
            assert_eq!(media_type(name.as_bytes()), expected, "{name}");
        }
        assert_eq!(media_type(b"a.\xff"), UNKNOWN);
    }
}
