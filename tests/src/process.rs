//! A server as a process, and what it says.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    os::{fd::OwnedFd, unix::process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use command_fds::{CommandFdExt, FdMapping};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::client::{Client, PATIENCE, eventually};

/// A running server; ended when it is dropped, and those that took over from it with it.
///
/// What it does fails its test by a panic when it goes wrong.
#[derive(Debug)]
pub struct Server {
    process: Child,
    /// What it said first: that it serves, and where.
    pub banner: String,
    banners: Said,
    said: Said,
    reader: Option<JoinHandle<()>>,
}

/// What comes through a pipe, as it comes.
type Said = Arc<Mutex<String>>;

impl Server {
    /// Starts it at a port of 127.0.0.1 that is free.
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        Self::run(Command::new(program).args(arguments).args(["--addr", "127.0.0.1:0"]))
    }

    /// Runs a command, and waits until it says that it serves.
    pub fn run(command: &mut Command) -> Self {
        Self::run_in_this_group(command.process_group(0))
    }

    /// Runs a command that gets these sockets by the LISTEN_FDS convention, which are served instead of any address.
    pub fn with_sockets(command: &mut Command, sockets: Vec<OwnedFd>) -> Self {
        command.env("LISTEN_FDS", sockets.len().to_string());
        let mappings = sockets.into_iter().zip(3..).map(|(parent_fd, child_fd)| FdMapping { parent_fd, child_fd });
        command.fd_mappings(mappings.collect()).unwrap();
        Self::run(command)
    }

    /// Runs a command that makes a group of its own.
    pub fn run_in_this_group(command: &mut Command) -> Self {
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

    /// Where it serves.
    pub fn address(&self) -> SocketAddr {
        let address = self.banner.split("://").nth(1).and_then(|rest| rest.split(' ').next());
        address.expect("an address").parse().unwrap()
    }

    /// A client that is connected.
    pub fn client(&self) -> Client {
        Client::connect(self.address())
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// How many descriptors it has open.
    pub fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.id())).unwrap().count()
    }

    /// What it has said on its standard error.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until it has said this so often.
    pub fn hears(&self, words: &str, times: usize) {
        eventually(&format!("{words:?}, {times} times"), || self.said().matches(words).count() >= times);
    }

    /// How often a server has said that it serves.
    pub fn starts(&self) -> usize {
        1 + self.banners.lock().unwrap().lines().count()
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
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
    pub fn stop(mut self, signal: Signal) -> (Option<i32>, String) {
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
#[derive(Debug)]
pub struct Directory(PathBuf);

impl Directory {
    /// A new one.
    #[expect(clippy::new_without_default, reason = "each is another")]
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        // Short, since a unix socket's path has to be.
        let name = format!("pronto-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// A path in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Puts a program there, in one step, instead of what is there.
    pub fn install(&self, program: &Path) -> PathBuf {
        // Another process writes it: a child of this one that is being started would keep the file busy.
        let (new, installed) = (self.join("new"), self.join("server"));
        assert!(Command::new("cp").arg(program).arg(&new).status().unwrap().success());
        fs::rename(new, &installed).unwrap();
        installed
    }

    /// Puts a shell script there.
    pub fn install_script(&self, script: &str) {
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
pub fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")
}
