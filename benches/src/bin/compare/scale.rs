//! How the servers take more: connections, octets of requests and of replies, idle connections, workers.

use std::{fmt::Write, fs, thread, time::Duration};

use anyhow::{Context, Result};

use crate::{
    Options,
    load::{Load, first_reply},
    measure::{Trial, measure, median, set_up, stop_if_told},
    plot::{Plot, Scale},
    process::Running,
    report::{machine, number},
    servers::{Prepared, TEXT},
    workload::Workload,
};

const CONNECTIONS: [usize; 5] = [1, 10, 100, 1_000, 10_000];
const REQUESTS: [usize; 6] = [40, 128, 512, 2_048, 8_192, 16_384];
const REPLIES: [usize; 9] = [0, 64, 1_024, 4_096, 16_384, 32_768, 65_536, 262_144, 1_048_576];
const IDLE: usize = 10_000;

/// Which servers take part where none are asked for.
const USUAL: [&str; 4] = ["null", "epoll", "smol", "hyper"];

/// Measures all of it, prints it, and writes it down.
///
/// # Errors
/// That there is nothing to measure, that it was told to stop, or that something can't be written.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut options = options.clone();
    let folder = options.output();
    if options.only.is_empty() {
        options.only = USUAL.map(str::to_owned).to_vec();
    }
    let (_, servers, missing) = set_up(&options)?;
    let mut page = Page { options: &options, servers: &servers, text: String::new(), pictures: Vec::new() };
    page.connections()?;
    page.requests()?;
    page.replies()?;
    page.idle()?;
    page.workers()?;
    for (title, reason) in missing {
        writeln!(page.text, "{title} is missing: {reason}\n")?;
    }
    println!("{}", page.text);
    let Some(folder) = folder else { return Ok(()) };
    let head = format!(
        "# Scaling\n\n<!-- Written by `cargo run --release --bin compare -- scale`; what is changed by hand is lost. -->\n\n\
         CPU time is a server's user and system time divided by the requests it answered. One request at a time on \
         each connection, the server on one core and the load on another, unless told otherwise. Medians of {} rounds of \
         {:?}. {}.\n\n",
        options.rounds(),
        options.duration(),
        machine(),
    );
    fs::write(folder.join("scaling.md"), head + &page.text).with_context(|| folder.display().to_string())?;
    for (name, picture) in &page.pictures {
        fs::write(folder.join(name), picture)?;
    }
    Ok(())
}

struct Page<'a> {
    options: &'a Options,
    servers: &'a [Prepared],
    text: String,
    pictures: Vec<(String, String)>,
}

impl Page<'_> {
    fn connections(&mut self) -> Result<()> {
        let workload = Workload::of_octets(40);
        let count = |most: &usize| !self.options.quick || *most <= 1_000;
        let steps: Vec<_> = CONNECTIONS.into_iter().filter(count).collect();
        let rows = self.sweep(&steps, self.servers, |server, connections| {
            let mut trial = Trial::new(server, &workload, self.options);
            trial.connections = connections;
            Ok(trial.run()?.cpu)
        })?;
        self.show(
            "connections",
            "CPU time of a request, by busy connections",
            "connections",
            Scale::Linear,
            &steps,
            rows,
        )
    }

    fn requests(&mut self) -> Result<()> {
        // The limits on heads are raised for this.
        let servers: Vec<_> = self.servers.iter().map(|server| with(server, &["--max-head", "65000"])).collect();
        let rows = self.sweep(&REQUESTS, &servers, |server, octets| {
            let workload = Workload::of_octets(octets);
            Ok(Trial::new(server, &workload, self.options).run()?.cpu)
        })?;
        self.show(
            "requests",
            "CPU time of a request, by its octets",
            "octets of the request",
            Scale::Linear,
            &REQUESTS,
            rows,
        )
    }

    fn replies(&mut self) -> Result<()> {
        // Peers have no such route.
        let ours: Vec<_> = self.servers.iter().filter(|server| is_ours(server)).cloned().collect();
        let rows = self.sweep(&REPLIES, &ours, |server, octets| {
            let workload = Workload::for_octets(octets);
            let mut trial = Trial::new(server, &workload, self.options);
            (trial.text, trial.connections) = (&[], trial.connections.min(32));
            Ok(trial.run()?.cpu)
        })?;
        let title = "CPU time of a reply, by octets of its content";
        self.show("replies", title, "octets of the content, none drawn as one", Scale::Logarithmic, &REPLIES, rows)
    }

    /// What many idle connections cost a few busy ones, and in memory.
    fn idle(&mut self) -> Result<()> {
        let idle = if self.options.quick { 500 } else { IDLE };
        let heading = format!("{} idle connections", number(Some(idle as f64), 0));
        writeln!(
            self.text,
            "## {heading}\n\nEach has been answered once. CPU time is that of a request over one busy connection.\n\n\
             | | alone, ns | beside them, ns | ratio | resident octets for each |\n|---|---:|---:|---:|---:|"
        )?;
        for server in self.servers {
            let rounds: Result<Vec<_>> = (0..self.options.rounds()).map(|_| self.idle_round(server, idle)).collect();
            match rounds {
                Ok(rounds) => {
                    let of = |of: fn(&Idle) -> f64| median(rounds.iter().map(of).collect());
                    writeln!(
                        self.text,
                        "| {} | {} | {} | {} | {} |",
                        server.title,
                        number(of(|idle| idle.alone), 0),
                        number(of(|idle| idle.beside), 0),
                        number(of(|idle| idle.beside / idle.alone), 2),
                        number(of(|idle| idle.octets), 0),
                    )?;
                }
                Err(problem) => writeln!(self.text, "| {} | {problem:#} | | | |", server.title)?,
            }
            stop_if_told()?;
        }
        writeln!(self.text)?;
        Ok(())
    }

    fn idle_round(&self, server: &Prepared, idle: usize) -> Result<Idle> {
        stop_if_told()?;
        eprintln!("{}, {idle} idle connections", server.title);
        let workload = Workload::of_octets(40);
        let mut running = Running::start(server, &[self.options.server_core], workload.request.len(), false)?;
        let reply = first_reply(running.address(), &workload, TEXT.as_bytes())?;
        let mut busy = Load::connect(running.address(), &workload, reply, 1)?;
        busy.run(self.options.warm_up())?;
        let alone = measure(&mut running, &mut busy, self.options.duration())?;
        let mut idlers = Load::connect(running.address(), &workload, reply, idle)?;
        idlers.run(Duration::ZERO)?;
        thread::sleep(Duration::from_millis(100));
        let beside = measure(&mut running, &mut busy, self.options.duration())?;
        let octets = beside.resident.saturating_sub(alone.resident) as f64 / idle as f64;
        Ok(Idle { alone: alone.cpu, beside: beside.cpu, octets })
    }

    /// Two workers beside one. The load takes a core of two, so that more requests a second are not to be seen there.
    fn workers(&mut self) -> Result<()> {
        writeln!(
            self.text,
            "## Workers\n\n24 pipelined, 100 connections. Two workers have both cores, and share one with the load.\n\n\
             | | workers | requests/s | CPU ns a request |\n|---|---:|---:|---:|"
        )?;
        let all = Workload::all();
        let Some(workload) = all.first() else { return Ok(()) };
        for server in self.servers.iter().filter(|server| is_ours(server)) {
            for (workers, cores) in [("1", 1), ("2", 2)] {
                let server = with(server, &["--workers", workers]);
                let mut trials = Vec::new();
                for _ in 0..self.options.rounds() {
                    stop_if_told()?;
                    let mut trial = Trial::new(&server, workload, self.options);
                    trial.cores = [self.options.server_core, self.options.load_core][..cores].to_vec();
                    trials.push(trial.run()?);
                }
                writeln!(
                    self.text,
                    "| {} | {workers} | {} | {} |",
                    server.title,
                    number(median(trials.iter().map(|trial| trial.rate).collect()), 0),
                    number(median(trials.iter().map(|trial| trial.cpu).collect()), 0),
                )?;
            }
        }
        writeln!(self.text)?;
        Ok(())
    }

    /// Medians over the rounds, a row for each server; what can't be measured is left out, with the reason on the
    /// screen.
    fn sweep<'s>(
        &self,
        steps: &[usize],
        servers: &'s [Prepared],
        measure: impl Fn(&Prepared, usize) -> Result<f64>,
    ) -> Result<Vec<Row>> {
        let mut all: Vec<Vec<Vec<f64>>> = vec![vec![Vec::new(); steps.len()]; servers.len()];
        for round in 0..self.options.rounds() {
            for (place, step) in steps.iter().enumerate() {
                eprintln!("round {}, {step}", round + 1);
                for (server, values) in servers.iter().zip(&mut all) {
                    stop_if_told()?;
                    match measure(server, *step) {
                        Ok(value) => values[place].push(value),
                        Err(problem) => eprintln!("{}, {step}: {problem:#}", server.title),
                    }
                }
            }
        }
        let row =
            |(server, values): (&'s Prepared, Vec<Vec<f64>>)| (server.title, values.into_iter().map(median).collect());
        Ok(servers.iter().zip(all).map(row).collect())
    }

    fn show(
        &mut self,
        name: &str,
        title: &str,
        across: &str,
        scale: Scale,
        steps: &[usize],
        rows: Vec<Row>,
    ) -> Result<()> {
        let heads: Vec<_> = steps.iter().map(|step| number(Some(*step as f64), 0)).collect();
        writeln!(
            self.text,
            "## {title}\n\n![{title}](scaling-{name}.svg)\n\n| ns, {across}: | {} |\n|---|{}",
            heads.join(" | "),
            "---:|".repeat(steps.len())
        )?;
        for (server, values) in &rows {
            let cells: Vec<_> = values.iter().map(|value| number(*value, 0)).collect();
            writeln!(self.text, "| {server} | {} |", cells.join(" | "))?;
        }
        writeln!(self.text)?;
        let line = |values: &[Option<f64>]| {
            let points =
                steps.iter().zip(values).filter_map(|(step, value)| Some(((*step).max(1) as f64, (*value)? / 1e3)));
            points.collect()
        };
        let short = |title: &'static str| title.split(" (").next().unwrap_or(title);
        let lines = rows.iter().map(|(server, values)| (short(server), line(values))).collect();
        let plot = Plot { title, across, up: "microseconds", scale, lines };
        self.pictures.push((format!("scaling-{name}.svg"), plot.svg()?));
        Ok(())
    }
}

/// A server, and a value for each step.
type Row = (&'static str, Vec<Option<f64>>);

/// What one round tells.
struct Idle {
    alone: f64,
    beside: f64,
    octets: f64,
}

fn is_ours(server: &Prepared) -> bool {
    server.title.starts_with("pronto")
}

/// Ours with arguments more, the last of which count; others as they are.
fn with(server: &Prepared, more: &[&str]) -> Prepared {
    let mut server = server.clone();
    if is_ours(&server) {
        if let Some(place) = server.arguments.iter().position(|argument| Some(&argument.as_str()) == more.first()) {
            server.arguments.drain(place..(place + more.len()).min(server.arguments.len()));
        }
        server.arguments.extend(more.iter().map(|&argument| argument.to_owned()));
    }
    server
}
