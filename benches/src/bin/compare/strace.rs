//! System calls for each request, as strace counts them.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    Options,
    load::{Load, first_reply},
    process::{Group, Running},
    servers::{Prepared, TEXT, Workplace, find_program},
    workload::{Persistence, Workload},
};

/// How long the server is watched. It is slow while it is.
const WATCHED: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(5);

/// The program.
#[derive(Debug)]
pub(crate) struct Strace {
    program: PathBuf,
    counts: PathBuf,
}

impl Strace {
    /// Where it lies.
    ///
    /// # Errors
    /// That it is not installed.
    pub(crate) fn find(workplace: &Workplace) -> Result<Self> {
        Ok(Self { program: find_program("strace")?, counts: workplace.scratch().join("strace") })
    }

    /// Calls for each request, of a server that is started for this.
    ///
    /// # Errors
    /// That one of them does not do as it should.
    pub(crate) fn count(&self, server: &Prepared, workload: &Workload, options: &Options) -> Result<f64> {
        let close = workload.persistence == Persistence::Closed;
        let mut running = Running::start(server, &[options.server_core], workload.request.len(), close)?;
        let reply = first_reply(running.address(), workload, TEXT.as_bytes())?;
        let mut load = Load::connect(running.address(), workload, reply, options.connections)?;
        load.run(WATCHED)?;

        let mut command = crate::launch::on_cores(&[options.load_core], &self.program)?;
        command.args(["-q", "-c", "-f", "-o"]).arg(&self.counts).stdout(Stdio::null()).stderr(Stdio::null());
        let processes = running.processes()?.to_vec();
        for process in &processes {
            command.args(["-p", &process.to_string()]);
        }
        let mut strace = Group::spawn(&mut command)?;
        wait_until_watched(&processes)?;
        let tally = load.run(WATCHED)?;
        strace.interrupt(PATIENCE)?;

        let counts = fs::read_to_string(&self.counts)?;
        let total = counts.lines().rev().find(|line| line.ends_with("total")).context("no total")?;
        // The share of time, seconds, microseconds a call, calls.
        let calls: f64 = total.split_whitespace().nth(3).context("no number of calls")?.parse()?;
        Ok(calls / tally.requests as f64)
    }
}

fn wait_until_watched(processes: &[i32]) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let watched = |process: &i32| {
            let threads = procfs::process::Process::new(*process)?.tasks()?;
            for thread in threads {
                if thread?.status()?.tracerpid == 0 {
                    return anyhow::Ok(false);
                }
            }
            Ok(true)
        };
        if processes.iter().map(watched).collect::<Result<Vec<_>>>()?.iter().all(|watched| *watched) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(5));
    }
    bail!("strace does not watch")
}

/// What version it is.
pub(crate) fn version() -> Option<String> {
    let output = Command::new("strace").arg("--version").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned())
}
