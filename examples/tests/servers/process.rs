//! A server as a process, and what it says.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tests::client::{Client, PATIENCE, eventually};

use crate::PROGRAM;

/// A running server; ended when it is dropped, and those that took over from it with it.
pub(crate) struct Server {
    process: Child,
    pub(crate) banner: String,
    banners: Said,
    said: Said,
    reader: Option<JoinHandle<()>>,
}

/// What comes through a pipe, as it comes.
type Said = Arc<Mutex<String>>;

impl Server {
    /// Starts it at a port of 127.0.0.1 that is free.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::run(Command::new(PROGRAM).args(arguments).args(["--addr", "127.0.0.1:0"]))
    }

    /// Runs a command, and waits until it says that it serves.
    pub(crate) fn run(command: &mut Command) -> Self {
        Self::run_in_this_group(command.process_group(0))
    }

    /// The same for a command that makes a group of its own.
    pub(crate) fn run_in_this_group(command: &mut Command) -> Self {
        command.env("RUST_LOG", "info").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut banner = String::new();
        output.read_line(&mut banner).unwrap();
        let (banners, _) = collect(output);
        let (said, reader) = collect(process.stderr.take().unwrap());
        assert!(banner.ends_with('\n'), "it does not start: {}", said.lock().unwrap());
        Self { process, banner, banners, said, reader: Some(reader) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        let address = self.banner.split("http://").nth(1).and_then(|rest| rest.split(' ').next());
        address.expect("an address").parse().unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address())
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// What it has said on its standard error.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until it has said this so often.
    pub(crate) fn hears(&self, words: &str, times: usize) {
        eventually(&format!("{words:?}, {times} times"), || self.said().matches(words).count() >= times);
    }

    /// How often a server has said that it serves.
    pub(crate) fn starts(&self) -> usize {
        1 + self.banners.lock().unwrap().lines().count()
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end: {}", self.said());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asks it to stop, and returns its exit code and what it said on its standard error.
    pub(crate) fn stop(mut self, signal: Signal) -> (Option<i32>, String) {
        self.signal(signal);
        let status = self.wait();
        // Nobody else has the pipe: it ends.
        self.reader.take().unwrap().join().unwrap();
        (status.code(), self.said())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A process that it has started is of its group.
        let _ended = kill_process_group(Pid::from_child(&self.process), Signal::KILL);
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> (Said, JoinHandle<()>) {
    let said = Said::default();
    let heard = Arc::clone(&said);
    let reader = thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = pipe.read(&mut buffer) {
            heard.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
    });
    (said, reader)
}

/// A directory of a test's own; gone with it.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        // Short, since a unix socket's path has to be.
        let name = format!("pronto-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Puts a program there, in one step, instead of what is there.
    pub(crate) fn install(&self, program: &Path) -> PathBuf {
        // Another process writes it: a child of this one that is being started would keep the file busy.
        let (new, installed) = (self.join("new"), self.join("server"));
        assert!(Command::new("cp").arg(program).arg(&new).status().unwrap().success());
        fs::rename(new, &installed).unwrap();
        installed
    }

    /// Puts a shell script there.
    pub(crate) fn install_script(&self, script: &str) {
        let (text, new) = (self.join("text"), self.join("new"));
        fs::write(&text, format!("#!/bin/sh\n{script}\n")).unwrap();
        assert!(Command::new("install").args(["-m", "755"]).args([&text, &new]).status().unwrap().success());
        fs::rename(new, self.join("server")).unwrap();
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

/// A request without content.
pub(crate) fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")
}
