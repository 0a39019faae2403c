//! The load by wrk, 24 requests pipelined by a script, as Japronto was measured.

use std::{fs, fs::File, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};

use crate::{
    Options, launch,
    measure::{Measurement, stop_if_told},
    process::{Group, Running},
    servers::{Prepared, Workplace, find_program},
    workload::Workload,
};

/// wrk, with its script.
#[derive(Debug)]
pub(crate) struct Wrk {
    program: PathBuf,
    script: PathBuf,
    report: PathBuf,
}

impl Wrk {
    /// Where it lies. The script is written for a workload.
    ///
    /// # Errors
    /// That it is not installed.
    pub(crate) fn find(workplace: &Workplace, workload: &Workload) -> Result<Self> {
        let script = workplace.scratch().join("pipeline.lua");
        let report = workplace.scratch().join("wrk");
        let program = find_program("wrk")?;
        let batch = String::from_utf8(workload.batch())?.replace("\r\n", "\\r\\n");
        let text = format!(
            "local batch = \"{batch}\"\n\
             request = function() return batch end\n\
             done = function(summary, latency, requests)\n\
             \x20   local errors = summary.errors\n\
             \x20   print(string.format(\"told %d %d %d %d\", summary.requests, summary.duration, errors.status,\n\
             \x20       errors.connect + errors.read + errors.write))\n\
             end\n"
        );
        fs::write(&script, text)?;
        Ok(Self { program, script, report })
    }

    /// Starts a server and measures it.
    ///
    /// # Errors
    /// That one of them does not do as it should.
    pub(crate) fn measure(&self, server: &Prepared, workload: &Workload, options: &Options) -> Result<Measurement> {
        let mut running = Running::start(server, &[options.server_core], workload.request.len(), false)?;
        let address = running.address();
        // wrk has no shorter time than a second.
        let time = Duration::from_secs(options.duration().as_secs().max(1));
        let run = || -> Result<[u64; 4]> {
            let mut command = launch::on_cores(&[options.load_core], &self.program)?;
            command.args(["--threads", "1", "--connections", &options.connections.to_string()]);
            command.args(["--duration", &time.as_secs().to_string(), "--script"]).arg(&self.script);
            command.arg(format!("http://{address}/")).stdout(File::create(&self.report)?);
            let mut group = Group::spawn(&mut command)?;
            let mut waited = Duration::ZERO;
            while group.wait(Duration::from_millis(50)).is_none() {
                stop_if_told()?;
                waited += Duration::from_millis(50);
                if waited > time + Duration::from_secs(10) {
                    bail!("wrk does not end");
                }
            }
            let report = fs::read_to_string(&self.report)?;
            let told = report.lines().find_map(|line| line.strip_prefix("told ")).context("wrk tells nothing")?;
            let numbers: Vec<u64> = told.split(' ').map(str::parse).collect::<Result<_, _>>()?;
            numbers.try_into().ok().context("wrk tells something else")
        };
        let before = running.cpu_time()?;
        let [requests, microseconds, refused, broken] = run()?;
        let cpu = running.cpu_time()?.saturating_sub(before);
        if requests == 0 || refused > 0 || broken > 0 {
            bail!("{requests} requests, {refused} refused, {broken} errors");
        }
        Ok(Measurement {
            rate: requests as f64 * 1e6 / microseconds as f64,
            cpu: cpu.as_nanos() as f64 / requests as f64,
            // It counts those of a pipeline in ways of its own.
            median: Duration::ZERO,
            p99: Duration::ZERO,
            resident: running.resident()?,
            started_in: running.started_in(),
        })
    }
}
