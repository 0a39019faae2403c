//! The server that is tried, through its restarts.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tests::{client::PATIENCE, process::Server};

/// A server, and those that took over from it.
#[derive(Debug)]
pub(crate) struct Tried {
    program: String,
    arguments: Vec<String>,
    server: Server,
    /// The process that serves now.
    process: Pid,
    /// Processes that took over from one that this program has started.
    successors: usize,
    pub(crate) address: SocketAddr,
}

/// What clients must know of restarts: even while none is going on, and one more with each beginning and end.
#[derive(Debug, Default)]
pub(crate) struct Restarts {
    /// Of any kind.
    any: AtomicU64,
    /// Those where nobody serves for a while.
    stops: AtomicU64,
}

/// Restarts, as they were at some time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    any: u64,
    stops: u64,
}

impl Restarts {
    pub(crate) fn look(&self) -> Seen {
        Seen { any: self.any.load(Ordering::SeqCst), stops: self.stops.load(Ordering::SeqCst) }
    }

    /// Whether a server that was connected to then may have been told to end since.
    pub(crate) fn since(&self, seen: Seen) -> bool {
        seen.any % 2 == 1 || self.any.load(Ordering::SeqCst) != seen.any
    }

    /// Whether it may have been told to stop, and nobody to take over.
    pub(crate) fn stop_since(&self, seen: Seen) -> bool {
        seen.stops % 2 == 1 || self.stops.load(Ordering::SeqCst) != seen.stops
    }
}

impl Tried {
    /// Starts it at a free port.
    pub(crate) fn start(program: &str, files: &Path) -> Self {
        let mut arguments =
            ["--workers", "2", "--head-timeout", "3", "--drain-limit", "15", "--files"].map(String::from).to_vec();
        arguments.push(files.to_str().expect("a path that is text").to_owned());
        let server = Server::run(Command::new(program).args(&arguments).args(["--addr", "127.0.0.1:0"]));
        let (process, address) = (pid(server.id()), server.address());
        Self { program: program.to_owned(), arguments, server, process, successors: 0, address }
    }

    /// Has a new process take over.
    ///
    /// # Errors
    /// What went otherwise than it must.
    pub(crate) fn hand_over(&mut self, restarts: &Restarts) -> Result<(), String> {
        restarts.any.fetch_add(1, Ordering::SeqCst);
        let old = self.process;
        kill_process(old, Signal::HUP).map_err(|error| format!("no SIGHUP: {error}"))?;
        self.successors += 1;
        self.server.hears(" serves\n", self.successors);
        let said = self.server.said();
        let line = said.lines().rfind(|line| line.ends_with(" serves")).unwrap_or_default();
        let id = line.rsplit(' ').nth(1).and_then(|id| id.parse().ok());
        self.process = pid(id.ok_or_else(|| format!("no process in {line:?}"))?);
        let ended = if old == pid(self.server.id()) {
            let status = self.server.wait();
            if status.success() { Ok(()) } else { Err(format!("the old server ended with {status}")) }
        } else {
            await_end(old)
        };
        restarts.any.fetch_add(1, Ordering::SeqCst);
        ended
    }

    /// Stops it, and starts another one at the same address.
    ///
    /// # Errors
    /// What went otherwise than it must.
    pub(crate) fn restart(&mut self, restarts: &Restarts) -> Result<(), String> {
        restarts.stops.fetch_add(1, Ordering::SeqCst);
        restarts.any.fetch_add(1, Ordering::SeqCst);
        self.stop()?;
        self.server =
            Server::run(Command::new(&self.program).args(&self.arguments).args(["--addr", &self.address.to_string()]));
        (self.process, self.successors) = (pid(self.server.id()), 0);
        restarts.any.fetch_add(1, Ordering::SeqCst);
        restarts.stops.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Stops it.
    ///
    /// # Errors
    /// What went otherwise than it must.
    pub(crate) fn stop(&mut self) -> Result<(), String> {
        kill_process(self.process, Signal::TERM).map_err(|error| format!("no SIGTERM: {error}"))?;
        if self.process == pid(self.server.id()) {
            let status = self.server.wait();
            if !status.success() {
                return Err(format!("the server ended with {status}"));
            }
        } else {
            await_end(self.process)?;
        }
        self.healthy()
    }

    /// # Errors
    /// What it has said of a fault of its own.
    pub(crate) fn healthy(&self) -> Result<(), String> {
        let said = self.server.said();
        match said.lines().find(|line| ["panick", "died", "ERROR"].iter().any(|word| line.contains(word))) {
            Some(line) => Err(format!("the server says: {line}")),
            None => Ok(()),
        }
    }

    /// The memory that it has in use, in KiB.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.as_raw_pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
        line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
    }

    /// How many descriptors it has open.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.process.as_raw_pid())).map_or(0, Iterator::count)
    }
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(id.cast_signed()).expect("the id of a process")
}

/// Waits for the end of a process that is no child of this one.
fn await_end(process: Pid) -> Result<(), String> {
    let start = Instant::now();
    while test_kill_process(process).is_ok() && !is_zombie(process) {
        if start.elapsed() > PATIENCE {
            return Err(format!("{process:?} does not end"));
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn is_zombie(process: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", process.as_raw_pid())).unwrap_or_default();
    status.contains("\nState:\tZ")
}
