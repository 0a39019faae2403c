use std::{fmt::Write, fs::File, time::SystemTime};

use pronto::{
    head::{Condition, EntityTag, Path, RangeRequest, Status, Validators},
    response::{Redirect, format_date},
};
use rustix::{fs::Stat, io::Errno};

use super::{
    media_type::media_type,
    path::{FilePath, PathError},
    root::{Found, Root},
};
use crate::{Answer, Fault, Forbidden, NotFound, Overloaded, Reply, ReplyHead, Request, app::plain};

/// An open directory, and how its files are served.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) root: Root,
    pub(super) index: Option<String>,
    pub(super) cache_control: Option<String>,
}

impl Files {
    /// Answers with what lies at the rest of a path.
    pub(super) fn answer(&self, request: &Request<'_>, rest: &[u8], reply: Reply<'_>) -> Answer {
        let path = match FilePath::new(rest, self.index.as_deref()) {
            Ok(path) => path,
            Err(PathError::NotFound) => return Err(NotFound.into()),
            Err(PathError::BrokenEscape(error)) => {
                let words = error.to_string();
                return reply.status(Status::BAD_REQUEST).content_type("text/plain").content(words.as_bytes());
            }
        };
        match self.root.find(path.as_c_str()) {
            Ok(Found::File(file, stat)) => self.send(request, path.name(), file.into(), &stat, reply),
            // The index of a directory is not a directory.
            Ok(Found::Directory) if !rest.is_empty() && !rest.ends_with(b"/") => redirect(request, reply),
            Ok(Found::Directory) => Err(NotFound.into()),
            Err(error) => Err(fault(error)),
        }
    }

    /// Answers with a file, or with what the client has to know instead.
    fn send(&self, request: &Request<'_>, name: &[u8], file: File, stat: &Stat, reply: Reply<'_>) -> Answer {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let tag = entity_tag(stat);
        let modified = Some(stat.st_mtime);
        let validators = Validators { entity_tag: EntityTag::parse(tag.as_bytes()), modified };
        let length = u64::try_from(stat.st_size).unwrap_or(0);
        match request.condition(&validators, now) {
            Condition::Met => {}
            Condition::NotModified => return self.with_tag(reply.status(Status::NOT_MODIFIED), &tag).no_content(),
            Condition::Failed => return plain(reply, Status::PRECONDITION_FAILED),
        }
        let (status, part) = match request.range(length, &validators, now) {
            RangeRequest::Whole => (Status::OK, 0..length),
            RangeRequest::Part(part) => (Status::PARTIAL_CONTENT, part),
            RangeRequest::Unsatisfiable => {
                let status = Status::RANGE_NOT_SATISFIABLE;
                let range = text(format_args!("bytes */{length}"));
                let head = reply.status(status).field("Content-Range", range).content_type("text/plain");
                return head.content(status.reason().as_bytes());
            }
        };
        let mut head = self.with_tag(reply.status(status), &tag).field("Accept-Ranges", "bytes");
        if status == Status::PARTIAL_CONTENT {
            let range = text(format_args!("bytes {}-{}/{length}", part.start, part.end - 1));
            head = head.field("Content-Range", range);
        }
        // A message must not say that it was modified later than it was made (RFC 9110 8.8.2.1).
        if let Some(modified) = modified.and_then(|modified| u64::try_from(modified).ok()) {
            head = head.field("Last-Modified", format_date(modified.min(now)));
        }
        head.content_type(media_type(name)).content_of_file(file, part)
    }

    /// What is told with the file, and also in its place (RFC 9110 15.4.5).
    fn with_tag<'a>(&self, mut head: ReplyHead<'a>, tag: &str) -> ReplyHead<'a> {
        if let Some(value) = &self.cache_control {
            head = head.field("Cache-Control", value);
        }
        head.field("ETag", tag)
    }
}

/// Sends a client that has asked for a directory to the same path with a slash behind it.
pub(super) fn redirect(request: &Request<'_>, reply: Reply<'_>) -> Answer {
    let path = request.path().map_or("/", |path: Path<'_>| path.as_str());
    // Two slashes at the front would be the name of another host, and one at the end is there already.
    if path.starts_with("//") || path.ends_with('/') {
        return Err(NotFound.into());
    }
    let mut location = String::with_capacity(path.len() + 1);
    let query = request.query().map(|query| query.as_str());
    for part in [path, "/"].into_iter().chain(query.iter().flat_map(|&query| ["?", query])) {
        for character in part.chars() {
            // What targets may have in them, and references not.
            if "\"<>\\^`{|}".contains(character) {
                let _infallible = write!(location, "%{:02X}", u32::from(character));
            } else {
                location.push(character);
            }
        }
    }
    reply.redirect(Redirect::MovedPermanently, &location).no_content()
}

/// A tag that changes with every change of a file, as far as the times of its file system tell them apart.
fn entity_tag(stat: &Stat) -> Text {
    text(format_args!("\"{:x}-{:x}-{:x}.{:x}\"", stat.st_ino, stat.st_size, stat.st_mtime, stat.st_mtime_nsec))
}

/// Few octets of text.
type Text = heapless::String<96>;

fn text(arguments: std::fmt::Arguments<'_>) -> Text {
    let mut text = Text::new();
    // Four numbers of 64 bits at most.
    let _fits = text.write_fmt(arguments);
    text
}

/// What becomes of a request whose file cannot be opened.
fn fault(error: Errno) -> Fault {
    match error {
        Errno::NOENT
        | Errno::NOTDIR
        | Errno::ISDIR
        | Errno::LOOP
        | Errno::XDEV
        | Errno::NAMETOOLONG
        | Errno::INVAL
        | Errno::ILSEQ
        | Errno::NXIO
        | Errno::NODEV => NotFound.into(),
        Errno::ACCESS | Errno::PERM => Forbidden.into(),
        Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::AGAIN => {
            log::debug!("a file was not opened: {error}");
            Overloaded.into()
        }
        error => std::io::Error::from(error).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_opened_is_not_there_or_forbidden_or_for_later() {
        for error in [Errno::NOENT, Errno::LOOP, Errno::XDEV, Errno::NXIO, Errno::NOTDIR, Errno::NAMETOOLONG] {
            assert!(fault(error).downcast_ref::<NotFound>().is_some(), "{error}");
        }
        for error in [Errno::ACCESS, Errno::PERM] {
            assert!(fault(error).downcast_ref::<Forbidden>().is_some(), "{error}");
        }
        for error in [Errno::MFILE, Errno::NFILE] {
            assert!(fault(error).downcast_ref::<Overloaded>().is_some(), "{error}");
        }
        assert!(fault(Errno::IO).downcast_ref::<std::io::Error>().is_some(), "a disk that fails is 500");
    }
}
