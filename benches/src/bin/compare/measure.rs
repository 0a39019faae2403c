//! The whole comparison: what is measured, in what order, and what comes of it.

use std::{
    collections::HashSet,
    fs, io,
    sync::{Arc, OnceLock, atomic::AtomicBool, atomic::Ordering},
    time::Duration,
};

use anyhow::{Result, bail, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::{
    Options, launch,
    load::{Load, first_reply},
    process::Running,
    report,
    servers::{self, Prepared, TEXT, Workplace},
    strace,
    workload::{Persistence, Workload},
    wrk,
};

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Results {
    /// What was sent.
    pub(crate) workloads: Vec<Workload>,
    /// What answered.
    pub(crate) servers: Vec<ServerResults>,
    /// What could not be had, and why.
    pub(crate) missing: Vec<Missing>,
    /// Why there is nothing by wrk, or by strace.
    pub(crate) tools_missing: Vec<String>,
    /// How many programs wanted a core before anything was measured, a mean over a minute.
    pub(crate) others: String,
}

/// What a server is called, and why it can't be had.
pub(crate) type Missing = (&'static str, String);

/// How one server did.
#[derive(Debug)]
pub(crate) struct ServerResults {
    /// Which.
    pub(crate) server: Prepared,
    /// For each workload.
    pub(crate) outcomes: Vec<Outcome>,
    /// With wrk instead of our own load, 24 pipelined.
    pub(crate) by_wrk: Outcome,
    /// System calls for each request, for each workload.
    pub(crate) system_calls: Vec<Option<f64>>,
}

/// How it did with one workload.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// One for each round.
    pub(crate) rounds: Vec<Measurement>,
    /// CPU time as a multiple of that of null in the same round.
    pub(crate) multiples: Vec<f64>,
    /// Why it is not measured further.
    pub(crate) problem: Option<String>,
}

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measurement {
    /// Requests a second.
    pub(crate) rate: f64,
    /// User and system time for a request, in nanoseconds.
    pub(crate) cpu: f64,
    /// Half of the batches were answered in this time.
    pub(crate) median: Duration,
    /// 99 % of the batches were.
    pub p99: Duration,
    /// Octets of memory that are resident, after the load.
    pub(crate) resident: u64,
    /// From start to listening.
    pub(crate) started_in: Duration,
}

/// What to measure once.
#[derive(Debug)]
pub(crate) struct Trial<'a> {
    /// What answers.
    pub(crate) server: &'a Prepared,
    /// On which cores.
    pub(crate) cores: Vec<usize>,
    /// What is sent.
    pub(crate) workload: &'a Workload,
    /// With what each reply ends.
    pub(crate) text: &'a [u8],
    /// Over how many connections.
    pub(crate) connections: usize,
    /// For how long before.
    pub(crate) warm_up: Duration,
    /// For how long.
    pub(crate) duration: Duration,
}

/// Measures everything, prints it, and writes it down.
///
/// # Errors
/// That there is nothing to measure, that it was told to stop, or that the report can't be written.
pub(crate) fn compare(options: &Options) -> Result<()> {
    let (workplace, prepared, missing) = set_up(options)?;
    let mut results = Results {
        workloads: Workload::all(),
        servers: prepared.into_iter().map(|server| ServerResults::new(server, Workload::all().len())).collect(),
        missing,
        tools_missing: Vec::new(),
        others: load_average(),
    };
    for round in 0..options.rounds() {
        eprintln!("round {} of {}", round + 1, options.rounds());
        results.measure_round(options, round)?;
    }
    if !options.quick {
        results.measure_by_wrk(options, &workplace)?;
        results.count_system_calls(options, &workplace)?;
    }
    report::finish(options, &results)
}

/// Builds or finds the servers, and becomes the load: on its core, with all the descriptors it may have.
///
/// # Errors
/// That there is nothing to measure, or no such core.
pub(crate) fn set_up(options: &Options) -> Result<(Workplace, Vec<Prepared>, Vec<Missing>)> {
    listen_to_signals()?;
    let most = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most })?;
    let workplace = Workplace::find()?;
    let (prepared, missing) = prepare(options, &workplace)?;
    launch::stay_on(&[options.load_core])?;
    Ok((workplace, prepared, missing))
}

/// An error when somebody pressed Ctrl-C, so that everything is dropped and so ended.
///
/// # Errors
/// That somebody did.
pub(crate) fn stop_if_told() -> Result<()> {
    if told_to_stop().load(Ordering::Relaxed) {
        bail!("told to stop");
    }
    Ok(())
}

impl Results {
    /// How the bound did.
    pub(crate) fn null(&self) -> Option<&ServerResults> {
        self.servers.iter().find(|results| results.server.title == servers::NULL.title)
    }

    /// Each server with each workload, in another order each round.
    fn measure_round(&mut self, options: &Options, round: usize) -> Result<()> {
        for (place, workload) in self.workloads.iter().enumerate() {
            let count = self.servers.len();
            for turn in 0..count {
                let results = &mut self.servers[(turn + round) % count];
                results.outcomes[place].measure(|| Trial::new(&results.server, workload, options).run())?;
            }
            let null = self.null().and_then(|results| Some(results.outcomes[place].rounds.get(round)?.cpu));
            for results in &mut self.servers {
                results.outcomes[place].compare(round, null);
            }
        }
        Ok(())
    }

    fn measure_by_wrk(&mut self, options: &Options, workplace: &Workplace) -> Result<()> {
        let wrk = match wrk::Wrk::find(workplace, &self.workloads[0]) {
            Ok(wrk) => wrk,
            Err(problem) => {
                self.tools_missing.push(format!("{problem:#}"));
                return Ok(());
            }
        };
        for round in 0..options.rounds() {
            eprintln!("by wrk, round {} of {}", round + 1, options.rounds());
            for results in &mut self.servers {
                results.by_wrk.measure(|| wrk.measure(&results.server, &self.workloads[0], options))?;
            }
            let null = self.null().and_then(|results| Some(results.by_wrk.rounds.get(round)?.cpu));
            self.servers.iter_mut().for_each(|results| results.by_wrk.compare(round, null));
        }
        Ok(())
    }

    fn count_system_calls(&mut self, options: &Options, workplace: &Workplace) -> Result<()> {
        let strace = match strace::Strace::find(workplace) {
            Ok(strace) => strace,
            Err(problem) => {
                self.tools_missing.push(format!("{problem:#}"));
                return Ok(());
            }
        };
        eprintln!("counting system calls");
        for results in &mut self.servers {
            for (place, workload) in self.workloads.iter().enumerate().filter(|(place, _)| place % 3 == 0) {
                stop_if_told()?;
                match strace.count(&results.server, workload, options) {
                    Ok(count) => results.system_calls[place] = Some(count),
                    Err(problem) => eprintln!("{}, {}: {problem:#}", results.server.title, workload.name),
                }
            }
        }
        Ok(())
    }
}

impl ServerResults {
    fn new(server: Prepared, workloads: usize) -> Self {
        Self {
            server,
            outcomes: (0..workloads).map(|_| Outcome::default()).collect(),
            by_wrk: Outcome::default(),
            system_calls: vec![None; workloads],
        }
    }
}

impl Outcome {
    /// The median over all rounds, if there are any.
    pub(crate) fn median(&self, of: impl Fn(&Measurement) -> f64) -> Option<f64> {
        median(self.rounds.iter().map(of).collect())
    }

    /// The least CPU time of any round, which other programs disturbed least.
    pub(crate) fn least_cpu(&self) -> Option<f64> {
        self.rounds.iter().map(|measured| measured.cpu).reduce(f64::min)
    }

    /// The median of CPU time as a multiple of null's.
    pub(crate) fn multiple(&self) -> Option<f64> {
        median(self.multiples.clone())
    }

    fn measure(&mut self, measure: impl FnOnce() -> Result<Measurement>) -> Result<()> {
        stop_if_told()?;
        if self.problem.is_none() {
            match measure() {
                Ok(measurement) => self.rounds.push(measurement),
                Err(problem) => self.problem = Some(format!("{problem:#}")),
            }
            stop_if_told()?;
        }
        Ok(())
    }

    fn compare(&mut self, round: usize, null: Option<f64>) {
        if let (Some(own), Some(null)) = (self.rounds.get(round), null) {
            self.multiples.push(own.cpu / null);
        }
    }
}

impl<'a> Trial<'a> {
    /// As the options say.
    pub(crate) fn new(server: &'a Prepared, workload: &'a Workload, options: &Options) -> Self {
        Self {
            server,
            cores: vec![options.server_core],
            workload,
            text: TEXT.as_bytes(),
            connections: options.connections,
            warm_up: options.warm_up(),
            duration: options.duration(),
        }
    }

    /// Starts the server, sees that it answers as it should, and measures it.
    ///
    /// # Errors
    /// What it does wrong.
    pub(crate) fn run(&self) -> Result<Measurement> {
        let close = self.workload.persistence == Persistence::Closed;
        let mut running = Running::start(self.server, &self.cores, self.workload.request.len(), close)?;
        let reply = first_reply(running.address(), self.workload, self.text)?;
        let mut load = Load::connect(running.address(), self.workload, reply, self.connections)?;
        load.run(self.warm_up)?;
        measure(&mut running, &mut load, self.duration)
    }
}

/// Measures a server that runs, and is at rest.
///
/// # Errors
/// What it does wrong.
pub(crate) fn measure(running: &mut Running, load: &mut Load, duration: Duration) -> Result<Measurement> {
    let before = running.cpu_time()?;
    let tally = load.run(duration)?;
    let cpu = running.cpu_time()?.saturating_sub(before);
    ensure!(tally.requests > 0, "answers nothing");
    Ok(Measurement {
        rate: tally.requests as f64 / tally.elapsed.as_secs_f64(),
        cpu: cpu.as_nanos() as f64 / tally.requests as f64,
        median: Duration::from_nanos(tally.latency.value_at_quantile(0.5)),
        p99: Duration::from_nanos(tally.latency.value_at_quantile(0.99)),
        resident: running.resident()?,
        started_in: running.started_in(),
    })
}

fn load_average() -> String {
    let average = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    average.split(' ').next().unwrap_or_default().to_owned()
}

/// Builds or finds what was asked for.
fn prepare(options: &Options, workplace: &Workplace) -> Result<(Vec<Prepared>, Vec<Missing>)> {
    let known: HashSet<_> = servers::all().map(|server| server.name).collect();
    if let Some(unknown) = options.only.iter().find(|name| !known.contains(name.as_str())) {
        let names: Vec<_> = servers::all().map(|server| server.name).collect();
        bail!("there is no {unknown}; there are {}", names.join(", "));
    }
    let (mut prepared, mut missing) = (Vec::new(), Vec::new());
    for server in servers::all() {
        if !options.only.is_empty() && !options.only.iter().any(|name| name == server.name) {
            continue;
        }
        stop_if_told()?;
        match (server.prepare)(&server, workplace) {
            Ok(server) => prepared.push(server),
            Err(problem) => {
                eprintln!("{} is missing: {problem:#}", server.title);
                missing.push((server.title, format!("{problem:#}")));
            }
        }
    }
    ensure!(!prepared.is_empty(), "nothing to measure");
    Ok((prepared, missing))
}

fn listen_to_signals() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(told_to_stop()))?;
    }
    Ok(())
}

fn told_to_stop() -> &'static Arc<AtomicBool> {
    static TOLD: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    TOLD.get_or_init(Arc::default)
}

/// The middle one, or the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}
