//! A directory that nothing leads out of.

use std::{ffi::CStr, os::fd::OwnedFd, path::Path};

use rustix::{
    fs::{CWD, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2},
    io::Errno,
};

/// A directory that is open, and how files in it are found.
#[derive(Debug)]
pub(super) struct Root {
    directory: OwnedFd,
    way: Way,
}

/// What becomes of symbolic links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    /// Whatever lies behind one is not there.
    Refused,
    /// They are followed as long as they stay within the directory.
    Followed,
}

/// How a path is walked, so that it stays within the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By the operating system.
    Beneath(ResolveFlags),
    /// Segment by segment, none of which may be a link.
    Stepwise,
}

/// What lies at a path.
#[derive(Debug)]
pub(super) enum Found {
    File(OwnedFd, Stat),
    Directory,
}

impl Root {
    /// Opens a directory.
    ///
    /// # Errors
    /// Those of the operating system; [`Errno::NOSYS`] where links are to be followed and it offers no way to do that safely.
    pub(super) fn open(path: &Path, links: Links) -> rustix::io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(CWD, path, flags, Mode::empty())?;
        let resolve = match links {
            Links::Refused => BENEATH.union(ResolveFlags::NO_SYMLINKS),
            Links::Followed => BENEATH,
        };
        let root = Self { directory, way: Way::Beneath(resolve) };
        match (root.open_at(c".", OFlags::PATH), links) {
            (Ok(_), _) => Ok(root),
            // Older systems do not know the call, and older sandboxes forbid what they do not know.
            (Err(Errno::NOSYS | Errno::PERM), Links::Refused) => Ok(Self { way: Way::Stepwise, ..root }),
            (Err(Errno::NOSYS | Errno::PERM), Links::Followed) => Err(Errno::NOSYS),
            (Err(error), _) => Err(error),
        }
    }

    /// Finds what lies at a path, which is relative and has no dot segments. Nothing that waits is waited for, and what is
    /// neither a regular file nor a directory is not there.
    pub(super) fn find(&self, path: &CStr) -> rustix::io::Result<Found> {
        let file = self.open_at(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?;
        let stat = fstat(&file)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Ok(Found::File(file, stat)),
            FileType::Directory => Ok(Found::Directory),
            _ => Err(Errno::NOENT),
        }
    }

    fn open_at(&self, path: &CStr, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let flags = flags | OFlags::CLOEXEC;
        for _ in 0..MOST_TRIES {
            let opened = match self.way {
                Way::Beneath(resolve) => openat2(&self.directory, path, flags, Mode::empty(), resolve),
                Way::Stepwise => self.step_to(path, flags),
            };
            match opened {
                // Something was renamed on the way of a link that leads upwards, or a signal came in between.
                Err(Errno::AGAIN | Errno::INTR) => {}
                opened => return opened,
            }
        }
        Err(Errno::AGAIN)
    }

    /// Opens a file by one directory after the other.
    fn step_to(&self, path: &CStr, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let on_the_way = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut segments = path.to_bytes().split(|&octet| octet == b'/').peekable();
        let mut reached: Option<OwnedFd> = None;
        while let Some(segment) = segments.next() {
            let flags = if segments.peek().is_some() { on_the_way } else { flags | OFlags::NOFOLLOW };
            let from = reached.as_ref().unwrap_or(&self.directory);
            reached = Some(openat(from, segment, flags, Mode::empty())?);
        }
        reached.ok_or(Errno::NOENT)
    }
}

/// Nothing that leads out of the directory is followed, be it by way of `/proc`.
const BENEATH: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);

/// How often a path is walked that changes meanwhile.
const MOST_TRIES: u32 = 16;

#[cfg(test)]
mod tests {
    use std::{
        ffi::CString,
        fs,
        os::unix::{fs::symlink, net::UnixListener},
        path::PathBuf,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use rustix::fs::mkfifoat;

    use super::*;

    /// A directory with all that may lie in one, and something beside it that must not be reached.
    struct Tree(PathBuf);

    impl Tree {
        fn new() -> Self {
            static COUNT: AtomicUsize = AtomicUsize::new(0);
            let name = format!("pronto-root-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(path.join("root/a/b")).unwrap();
            fs::write(path.join("secret"), "secret").unwrap();
            let root = path.join("root");
            fs::write(root.join("file"), "file").unwrap();
            fs::write(root.join("a/b/deep"), "deep").unwrap();
            symlink("file", root.join("link")).unwrap();
            symlink("../../file", root.join("a/b/up")).unwrap();
            symlink("b", root.join("a/linked")).unwrap();
            symlink("../secret", root.join("out")).unwrap();
            symlink(path.join("secret"), root.join("absolute")).unwrap();
            symlink(root.join("file"), root.join("absolute-inside")).unwrap();
            symlink("..", root.join("parent")).unwrap();
            symlink("loop", root.join("loop")).unwrap();
            symlink("/proc/self/fd", root.join("magic")).unwrap();
            mkfifoat(CWD, root.join("fifo"), Mode::RUSR | Mode::WUSR).unwrap();
            drop(UnixListener::bind(root.join("socket")).unwrap());
            Self(path)
        }

        fn root(&self) -> PathBuf {
            self.0.join("root")
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _gone = fs::remove_dir_all(&self.0);
        }
    }

    /// What is found: the length of the file, or its kind.
    fn found(root: &Root, path: &str) -> Option<&'static str> {
        match root.find(&CString::new(path).unwrap()) {
            Ok(Found::File(_, stat)) if stat.st_size == 4 => Some("file"),
            Ok(Found::File(..)) => Some("something else"),
            Ok(Found::Directory) => Some("directory"),
            Err(_) => None,
        }
    }

    #[test]
    fn only_files_and_directories_within_are_found() {
        let tree = Tree::new();
        let by_system = Root::open(&tree.root(), Links::Refused).unwrap();
        let by_steps =
            Root { directory: openat(CWD, tree.root(), OFlags::PATH, Mode::empty()).unwrap(), way: Way::Stepwise };
        let with_links = Root::open(&tree.root(), Links::Followed).unwrap();
        assert_ne!(by_system.way, Way::Stepwise, "this system has a way of its own");
        let (file, directory) = (Some("file"), Some("directory"));
        let cases = [
            ("file", file, file),
            ("a/b/deep", file, file),
            ("a", directory, directory),
            ("a/b", directory, directory),
            ("link", None, file),
            ("a/b/up", None, file),
            ("a/linked", None, directory),
            ("a/linked/deep", None, file),
            ("out", None, None),
            ("absolute", None, None),
            ("absolute-inside", None, None),
            ("parent", None, None),
            ("parent/secret", None, None),
            ("loop", None, None),
            ("magic/0", None, None),
            ("fifo", None, None),
            ("socket", None, None),
            ("nothing", None, None),
            ("file/more", None, None),
            ("fifo/more", None, None),
        ];
        for (path, refused, followed) in cases {
            assert_eq!(found(&by_system, path), refused, "{path}");
            assert_eq!(found(&by_steps, path), refused, "{path}, step by step");
            assert_eq!(found(&with_links, path), followed, "{path}, following links");
        }
    }

    #[test]
    fn a_root_has_to_be_a_directory_and_stays_the_one_that_it_was() {
        let tree = Tree::new();
        for path in ["file", "nothing", "fifo", "loop"] {
            assert!(Root::open(&tree.root().join(path), Links::Refused).is_err(), "{path}");
        }
        let root = Root::open(&tree.root(), Links::Refused).unwrap();
        fs::rename(tree.root(), tree.0.join("elsewhere")).unwrap();
        assert_eq!(found(&root, "file"), Some("file"));
        // The root itself may be reached by a link, which whoever serves it has chosen.
        symlink("elsewhere", tree.root()).unwrap();
        assert_eq!(found(&Root::open(&tree.root(), Links::Refused).unwrap(), "file"), Some("file"));
    }
}
