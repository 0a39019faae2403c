use std::ffi::CStr;

use pronto::head::{BrokenEscape, Encoded};

/// The path of a file within a directory, as the operating system takes it: segments that name something in the one before
/// it, and nothing else.
#[derive(Debug)]
pub(super) struct FilePath {
    /// With a NUL at its end, and none before.
    octets: heapless::Vec<u8, LONGEST>,
}

/// What an operating system takes, the NUL included.
const LONGEST: usize = 4096;

/// Why a path is none of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathError {
    /// There is no such file, whatever is in the directory.
    NotFound,
    BrokenEscape(BrokenEscape),
}

impl FilePath {
    /// The file that is asked for by what is left of a request's path. Each segment is decoded once, and by itself. One that is
    /// empty, `.` or `..`, or that has a slash, a backslash or a NUL in it once it is decoded, names no file. Where the path
    /// ends with a slash, or is empty, the index of that directory is asked for.
    pub(super) fn new(rest: &[u8], index: Option<&str>) -> Result<Self, PathError> {
        let mut path = Self { octets: heapless::Vec::new() };
        let mut segments = rest.split(|&octet| octet == b'/').peekable();
        while let Some(segment) = segments.next() {
            if segments.peek().is_some() {
                path.push_segment(segment)?;
                path.push(b'/')?;
            } else if segment.is_empty() {
                index.ok_or(PathError::NotFound)?.bytes().try_for_each(|octet| path.push(octet))?;
            } else {
                path.push_segment(segment)?;
            }
        }
        path.push(0)?;
        Ok(path)
    }

    /// For a system call.
    pub(super) fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_with_nul(&self.octets).unwrap_or_default()
    }

    /// The name of the file, with its extension.
    pub(super) fn name(&self) -> &[u8] {
        let path = self.as_c_str().to_bytes();
        path.rsplit(|&octet| octet == b'/').next().unwrap_or_default()
    }

    fn push_segment(&mut self, segment: &[u8]) -> Result<(), PathError> {
        let start = self.octets.len();
        for octet in Encoded::path(segment).decode() {
            match octet.map_err(PathError::BrokenEscape)? {
                b'/' | b'\\' | 0 => return Err(PathError::NotFound),
                octet => self.push(octet)?,
            }
        }
        match &self.octets[start..] {
            b"" | b"." | b".." => Err(PathError::NotFound),
            _ => Ok(()),
        }
    }

    fn push(&mut self, octet: u8) -> Result<(), PathError> {
        self.octets.push(octet).map_err(|_| PathError::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_what_is_in_the_directory_and_nothing_else() {
        let cases = [
            ("", Some("index.html")),
            ("a", Some("a")),
            ("a.b.c", Some("a.b.c")),
            ("a/b", Some("a/b")),
            ("a/", Some("a/index.html")),
            ("a%20b/%C3%A9", Some("a b/é")),
            ("%61", Some("a")),
            ("a+b", Some("a+b")),
            // Decoded once.
            ("%2561", Some("%61")),
            ("%252e%252e", Some("%2e%2e")),
            ("%252F", Some("%2F")),
            (".a", Some(".a")),
            ("..a/...", Some("..a/...")),
            ("a;b=c", Some("a;b=c")),
            (".", None),
            ("..", None),
            ("../a", None),
            ("a/../b", None),
            ("a/..", None),
            ("a/../", None),
            ("a/./b", None),
            ("%2e", None),
            ("%2e%2E/a", None),
            ("a/.%2e/b", None),
            ("a%2Fb", None),
            ("..%2Fa", None),
            ("%2e%2e%2fa", None),
            ("a%5cb", None),
            ("..\\a", None),
            ("a\\b", None),
            ("..%5Ca", None),
            ("a%00", None),
            ("%00", None),
            ("a%00.html", None),
            ("/", None),
            ("//", None),
            ("/a", None),
            ("//a", None),
            ("a//b", None),
            ("a//", None),
            ("%2Fetc%2Fpasswd", None),
        ];
        for (rest, expected) in cases {
            let path = FilePath::new(rest.as_bytes(), Some("index.html"));
            let path = path.as_ref().map(|path| path.as_c_str().to_str().unwrap());
            assert_eq!(path, expected.ok_or(&PathError::NotFound), "{rest}");
        }
    }

    #[test]
    fn a_broken_escape_is_told_of() {
        for rest in ["%", "a/%zz", "%2", "%%32e"] {
            assert!(matches!(FilePath::new(rest.as_bytes(), None), Err(PathError::BrokenEscape(_))), "{rest}");
        }
    }

    #[test]
    fn without_an_index_a_directory_is_no_file() {
        for rest in ["", "a/"] {
            assert_eq!(FilePath::new(rest.as_bytes(), None).unwrap_err(), PathError::NotFound);
        }
        assert_eq!(FilePath::new(b"a/b.c", None).unwrap().name(), b"b.c");
    }

    #[test]
    fn a_path_is_as_long_as_the_system_takes_it() {
        assert!(FilePath::new(&[b'a'; LONGEST - 1], None).is_ok());
        assert_eq!(FilePath::new(&[b'a'; LONGEST], None).unwrap_err(), PathError::NotFound);
        assert_eq!(FilePath::new(&b"a/".repeat(LONGEST), None).unwrap_err(), PathError::NotFound);
    }
}
