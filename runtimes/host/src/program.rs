use std::{
    env,
    ffi::OsString,
    fs, io,
    os::unix::{ffi::OsStrExt, fs::MetadataExt, process::CommandExt},
    path::{self, Path, PathBuf},
    process::Command,
};

/// The program that runs, to be started again: by the path that it had at the start, since the file there may be another
/// one later.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
}

/// What changes with the file of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    file: (u64, u64),
    length: u64,
    modified: (i64, i64),
}

impl Program {
    /// The program of this process, with the arguments that it was given.
    pub(crate) fn current() -> io::Result<Self> {
        let running = env::current_exe()?;
        let arguments: Vec<_> = env::args_os().collect();
        // It may have been started by a link, which is what an update changes.
        let link = arguments.first().filter(|name| name.as_bytes().contains(&b'/'));
        let link = link.and_then(|name| path::absolute(name).ok()).filter(|link| is_same(link, &running));
        Ok(Self { path: link.unwrap_or(running), arguments })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What starts it again as it was started.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        if let Some((name, arguments)) = self.arguments.split_first() {
            command.arg0(name).args(arguments);
        }
        command
    }

    /// What its file is like now; `None` while there is none.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        let metadata = fs::metadata(&self.path).ok()?;
        Some(Stamp {
            file: (metadata.dev(), metadata.ino()),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
