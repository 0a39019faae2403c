//! A server's process: started, asked what it used, and killed whatever happens.

use std::{
    fs::{self, File},
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use procfs::process::{Process, all_processes};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::servers::Prepared;

/// How long a server may take until it listens.
const START_LIMIT: Duration = Duration::from_secs(15);

/// A server that listens, with the processes that it started. All are killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    group: Group,
    address: SocketAddr,
    /// Process numbers, this server's own first.
    processes: Vec<i32>,
    started_in: Duration,
}

impl Running {
    /// Starts a server on some cores and waits until it listens.
    ///
    /// # Errors
    /// That it does not listen, with the end of what it wrote.
    pub(crate) fn start(server: &Prepared, cores: &[usize], request_octets: usize, close: bool) -> Result<Self> {
        let address = free_address()?;
        let fill = |text: &str| {
            text.replace("{address}", &address.to_string())
                .replace("{port}", &address.port().to_string())
                .replace("{request-octets}", &request_octets.to_string())
        };
        if let Some((path, text)) = &server.configuration {
            fs::write(path, fill(text)).with_context(|| path.display().to_string())?;
        }
        let mut command = crate::launch::on_cores(cores, &server.program)?;
        command.args(server.arguments.iter().map(|argument| fill(argument)));
        if close {
            command.args(&server.arguments_to_close);
        }
        let log = server.log();
        let output = File::create(&log).with_context(|| log.display().to_string())?;
        command.stdout(output.try_clone()?).stderr(output);

        let start = Instant::now();
        let group = Group::spawn(&mut command)?;
        let mut running = Self { group, address, processes: Vec::new(), started_in: Duration::ZERO };
        while std::net::TcpStream::connect(address).is_err() {
            let end = running.group.child.try_wait()?;
            if end.is_some() || start.elapsed() > START_LIMIT {
                bail!("does not listen; it said: {}", last_line(&log));
            }
            thread::sleep(Duration::from_micros(200));
        }
        running.started_in = start.elapsed();
        Ok(running)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From its start until it took a connection, the launcher's own start included.
    pub(crate) fn started_in(&self) -> Duration {
        self.started_in
    }

    /// Process numbers of the server and of those that it started.
    ///
    /// # Errors
    /// That `/proc` can't be read.
    pub(crate) fn processes(&mut self) -> Result<&[i32]> {
        if self.processes.is_empty() {
            let group = self.group.child.id() as i32;
            self.processes = all_processes()?
                .filter_map(|process| process.and_then(|process| process.stat()).ok())
                .filter_map(|stat| (stat.pgrp == group).then_some(stat.pid))
                .collect();
        }
        Ok(&self.processes)
    }

    /// User and system time of all its threads up to now.
    ///
    /// # Errors
    /// That it has ended.
    pub(crate) fn cpu_time(&mut self) -> Result<Duration> {
        let mut sum = Duration::ZERO;
        for pid in self.processes()? {
            let process = Process::new(*pid)?;
            match precise_time(*pid) {
                Some(time) => sum += time,
                None => {
                    let stat = process.stat()?;
                    sum += Duration::from_secs(stat.utime + stat.stime) / procfs::ticks_per_second() as u32;
                }
            }
        }
        Ok(sum)
    }

    /// Octets of memory that are resident, of all its processes.
    ///
    /// # Errors
    /// That it has ended.
    pub(crate) fn resident(&mut self) -> Result<u64> {
        let mut sum = 0;
        for pid in self.processes()? {
            sum += Process::new(*pid)?.status()?.vmrss.unwrap_or(0) * 1024;
        }
        Ok(sum)
    }
}

/// A child with all that it starts, killed and waited for when dropped.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
}

impl Group {
    /// Starts a command that makes a process group of its own.
    ///
    /// # Errors
    /// That it can't be started.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        Ok(Self { child: command.spawn()? })
    }

    /// Asks it to end, and waits a while for that.
    ///
    /// # Errors
    /// That it did not end.
    pub(crate) fn interrupt(&mut self, limit: Duration) -> Result<()> {
        self.signal(Signal::INT);
        self.wait(limit).context("does not end")
    }

    /// Waits for its end, and tells whether that came in time.
    pub(crate) fn wait(&mut self, limit: Duration) -> Option<()> {
        let start = Instant::now();
        while start.elapsed() < limit {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return Some(());
            }
            thread::sleep(Duration::from_millis(2));
        }
        None
    }

    /// What it left when it ended by itself.
    ///
    /// # Errors
    /// That it has not ended.
    pub(crate) fn succeeded(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some_and(|status| status.success()))
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _gone_already = kill_process_group(group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        let _status = self.child.wait();
    }
}

/// Runs a command to its end, its output in a file.
///
/// # Errors
/// That it failed or took too long, with the end of what it said.
pub(crate) fn run(command: &mut Command, log: &Path, limit: Duration) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let output = File::create(log).with_context(|| log.display().to_string())?;
    command.stdout(output.try_clone()?).stderr(output).process_group(0);
    let mut group = Group::spawn(command)?;
    let start = Instant::now();
    while group.wait(Duration::from_millis(100)).is_none() {
        crate::measure::stop_if_told()?;
        if start.elapsed() > limit {
            bail!("took longer than {limit:?}");
        }
    }
    if group.succeeded()? { Ok(()) } else { bail!("{}", last_line(log)) }
}

/// The last line that tells something.
pub(crate) fn last_line(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let errors = text.lines().rev().find(|line| line.starts_with("error"));
    errors.or_else(|| text.lines().rev().find(|line| !line.trim().is_empty())).unwrap_or("nothing").trim().to_owned()
}

/// To the nanosecond, where the kernel keeps such accounts. A thread that runs is told as of its last tick; so this is
/// exact for those that wait.
fn precise_time(pid: i32) -> Option<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let account = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += account.split(' ').next()?.parse::<u64>().ok()?;
    }
    (nanoseconds > 0).then_some(Duration::from_nanos(nanoseconds))
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
