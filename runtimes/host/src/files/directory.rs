use std::{fmt, path::PathBuf};

use pronto::response::check_field;
use rustix::io::Errno;

use super::{
    answer::Files,
    root::{Links, Root},
};
use crate::{App, Reply, Request, Router};

/// A directory whose files are served under a prefix, by [`App::files`].
///
/// ```no_run
/// use pronto_host::{App, Directory};
///
/// let app = App::new().files("/assets", Directory::new("public").cache_control("max-age=3600"));
/// app.check()?;
/// # Ok::<(), pronto_host::AppError>(())
/// ```
///
/// **What is served.** Regular files, for GET and HEAD, to whoever asks: also those whose names begin with a dot. The media type
/// goes by the extension, and of texts the charset is said to be UTF-8. A path that ends with a slash stands for the index of that
/// directory; one of a directory without the slash is redirected to it (301). Directories are not listed.
///
/// **What is not.** No path leaves the directory, whatever is written in it: it is decoded once, segment by segment, dot
/// segments, empty segments, and slashes, backslashes and NULs that were encoded are 404, and the operating system walks it so that
/// nothing leads out (`openat2` on Linux). Symbolic links are not there unless they are [followed](Self::follow_symlinks). A
/// broken escape is 400, what may not be read 403, and 503 is answered when descriptors run out.
///
/// **Conditions and ranges.** Replies have Last-Modified and a strong entity tag, of the file's number, its size and the time of
/// its last change: what changes a file in place, twice within a tick of the file system's clock, and leaves it as long as it
/// was, is not seen; what puts another file in its place is. Conditional requests are answered 304 and 412, and a single range 206 and 416 (RFC 9110 13 and 14).
///
/// **How it is sent.** Less than [`LARGE`](crate::LARGE) octets are read at once and leave in one write with all that is ready.
/// More are sent by the operating system (`sendfile`) where the transport is a socket, and are never in the memory of the
/// program; to another transport they are read in pieces of 16 KiB. At most 256 KiB of a file are sent before other connections
/// have their turn. The thread of the worker opens, reads and sends: a disk that is slow holds up the other connections of the
/// worker for as long. A file that becomes shorter while it is sent cuts the connection, and of one that grows no more is
/// sent than was promised.
#[derive(Clone, Debug)]
#[must_use = "a directory is served when it is given to an application"]
pub struct Directory {
    path: PathBuf,
    index: Option<String>,
    links: Links,
    cache_control: Option<String>,
}

impl Directory {
    /// The directory at a path, which is opened when it is given to an application: files are then looked for in that very
    /// directory, be it that it is renamed.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), index: Some("index.html".to_owned()), links: Links::Refused, cache_control: None }
    }

    /// The file that is served where a path ends with a slash: `index.html` unless it is said.
    pub fn index(mut self, name: impl Into<String>) -> Self {
        self.index = Some(name.into());
        self
    }

    /// Serves nothing where a path ends with a slash, but 404.
    pub fn without_index(mut self) -> Self {
        self.index = None;
        self
    }

    /// Follows symbolic links, as long as they are relative and stay within the directory. That needs `openat2`, which Linux has
    /// from 5.6 on.
    pub const fn follow_symlinks(mut self) -> Self {
        self.links = Links::Followed;
        self
    }

    /// The value of the field Cache-Control in replies (RFC 9111 5.2): none unless it is said, so that caches decide by
    /// themselves.
    pub fn cache_control(mut self, value: impl Into<String>) -> Self {
        self.cache_control = Some(value.into());
        self
    }

    /// Opens it.
    fn open(self) -> Result<Files, DirectoryError> {
        let Self { path, index, links, cache_control } = self;
        let problem = match &index {
            Some(name) if ["", ".", ".."].contains(&&**name) || name.contains(['/', '\0']) => Some(Problem::Index),
            _ => None,
        };
        let value = cache_control.as_deref().unwrap_or_default();
        let problem = problem.or(check_field("Cache-Control", value.as_bytes()).err().map(|_| Problem::CacheControl));
        let root = match problem {
            Some(problem) => Err(problem),
            None => Root::open(&path, links).map_err(|error| match error {
                Errno::NOSYS => Problem::Links,
                error => Problem::Open(error),
            }),
        };
        // An application that is not right does not start: this is told once.
        let root = root.map_err(|problem| DirectoryError { path: path.display().to_string().leak(), problem })?;
        Ok(Files { root, index, cache_control })
    }
}

impl Router {
    /// Serves the files of a directory, under a prefix.
    pub fn files(self, prefix: &str, directory: Directory) -> Self {
        let files = match directory.open() {
            Ok(files) => files,
            Err(error) => return self.with_error(error),
        };
        let prefix = prefix.trim_end_matches('/');
        // Patterns are borrowed by all that is matched with them: these last as long as those that programs spell out.
        let pattern: &'static str = format!("{prefix}/{{*path}}").leak();
        let bare = pattern.split_at(prefix.len()).0;
        let router = self.get(pattern, move |request: &Request<'_>, reply: Reply<'_>| {
            let rest = request.param("path").map_or(&b""[..], |rest| rest.raw());
            files.answer(request, rest, reply)
        });
        // Nested, the router of a bare slash is at the prefix it is nested under.
        router.get(if bare.is_empty() { "/" } else { bare }, |request: &Request<'_>, reply: Reply<'_>| {
            super::answer::redirect(request, reply)
        })
    }
}

impl App {
    /// Serves the files of a directory, under a prefix: `/assets`, or `/` for all paths that no route before it takes.
    ///
    /// A directory that cannot be opened is told by [`check`](Self::check), and keeps a server from starting.
    #[must_use]
    pub fn files(self, prefix: &str, directory: Directory) -> Self {
        self.with_router(|router| router.files(prefix, directory))
    }
}

/// A directory that cannot be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DirectoryError {
    path: &'static str,
    problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Open(Errno),
    Links,
    Index,
    CacheControl,
}

impl fmt::Display for DirectoryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the directory {:?} cannot be served: ", self.path)?;
        match self.problem {
            Problem::Open(Errno::NOENT) => formatter.write_str("it does not exist"),
            Problem::Open(Errno::NOTDIR) => formatter.write_str("it is not a directory"),
            Problem::Open(Errno::ACCESS) => formatter.write_str("it may not be opened"),
            Problem::Open(error) => error.fmt(formatter),
            Problem::Links => formatter.write_str("this system has no safe way to follow symbolic links"),
            Problem::Index => formatter.write_str("its index is not the name of a file"),
            Problem::CacheControl => formatter.write_str("its Cache-Control is not the value of a field"),
        }
    }
}

impl std::error::Error for DirectoryError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_directory_is_told_when_the_application_is_checked() {
        let file = std::env::current_exe().unwrap();
        let temporary = || Directory::new(std::env::temp_dir());
        let cases = [
            (Directory::new("/nothing/there"), "it does not exist"),
            (Directory::new(file), "it is not a directory"),
            (temporary().index(""), "its index is not the name of a file"),
            (temporary().index("/etc/passwd"), "its index is not the name of a file"),
            (temporary().index("../up"), "its index is not the name of a file"),
            (temporary().index(".."), "its index is not the name of a file"),
            (temporary().index("a\0"), "its index is not the name of a file"),
            (temporary().cache_control("a\nb"), "its Cache-Control is not the value of a field"),
        ];
        for (directory, words) in cases {
            let router = Router::new().files("/nested", directory);
            let error = App::new().nest("/files", router).check().unwrap_err().to_string();
            assert!(error.starts_with("the directory \"/") && error.ends_with(words), "{error}");
        }
        assert_eq!(App::new().files("/", temporary()).files("/temporary/", temporary()).check(), Ok(()));
        assert!(App::new().files("no-slash", temporary()).check().is_err());
    }
}
