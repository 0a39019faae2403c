//! The tables, as Markdown: on the screen and in `docs/benchmarks.md`.

use std::{
    fmt::{self, Write},
    fs,
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    Options, chart,
    measure::{Measurement, Outcome, Results, ServerResults},
    workload::Workload,
};

/// Prints all, and writes it down where it should be.
///
/// # Errors
/// That it can't be written.
pub(crate) fn finish(options: &Options, results: &Results) -> Result<()> {
    let tables = tables(results)?;
    println!("{tables}");
    let broken: Vec<_> = results.servers.iter().flat_map(|server| problems(results, server)).collect();
    if let Some(folder) = options.output() {
        let page = page(options, results, &tables)?;
        fs::write(folder.join("benchmarks.md"), page).with_context(|| folder.display().to_string())?;
        fs::write(folder.join("benchmarks.svg"), chart::bars(results)?)?;
        eprintln!("written to {}", folder.display());
    }
    // Who asks for certain servers, as CI does, wants to know that they were measured.
    if !options.only.is_empty() {
        anyhow::ensure!(broken.is_empty() && results.missing.is_empty(), "not everything was measured");
    }
    Ok(())
}

fn page(options: &Options, results: &Results, tables: &str) -> Result<String> {
    let mut page = String::new();
    writeln!(
        page,
        "# Benchmarks\n\n\
         <!-- Written by `cargo run --release --bin compare`; what is changed by hand is lost. -->\n\n\
         ![Requests a second on one core, 24 pipelined](benchmarks.svg)\n\n\
         Each server has one worker on one core; the load, on another core, comes from {} connections over loopback. All \
         answer `GET /` with the same 13 octets. \"null\" parses nothing: it divides the octets it got by the known \
         length of a request and writes as many replies that were made before, so that it shows what the kernel \
         takes.\n\n\
         Compare **CPU time**, a server's user and system time divided by the requests it answered, and its multiple \
         of null's in the same round: it stays true where the load can't keep the server busy, as when requests are \
         not pipelined, and is disturbed less by other programs than requests a second are. Latency is that of a whole batch under \
         full load: each connection waits for its replies before it sends more.\n",
        options.connections
    )?;
    writeln!(page, "{tables}")?;
    writeln!(page, "## How it was measured\n")?;
    let invoked: Vec<_> = std::env::args().skip(1).collect();
    let arguments = if invoked.is_empty() { String::new() } else { format!(" -- {}", invoked.join(" ")) };
    writeln!(page, "`cargo run --release --bin compare{arguments}`\n")?;
    writeln!(
        page,
        "- {}; load average {} before, which should be near none\n- {} rounds; in each, every server with every workload: started anew, asked once to see that status and \
         content are right, {:?} to warm up, {:?} measured, killed. Medians over the rounds.\n\
         - System calls: by strace in a run of their own, in which the server is so slow that all connections wait \
         for it.",
        machine(),
        results.others,
        options.rounds(),
        options.warm_up(),
        options.duration(),
    )?;
    for missing in &results.tools_missing {
        writeln!(page, "- {missing}.")?;
    }
    if let Some(version) = crate::strace::version() {
        writeln!(page, "- {version}")?;
    }
    writeln!(page, "\n| server | version | started by |\n|---|---|---|")?;
    for results in &results.servers {
        let server = &results.server;
        // Null is part of this program.
        let version = if server.version.is_empty() { "–" } else { &server.version };
        writeln!(page, "| {} | {version} | `{}` |", server.title, server.command_line())?;
    }
    for (title, reason) in &results.missing {
        writeln!(page, "| {title} | missing | {} |", reason.replace('|', "/"))?;
    }
    Ok(page)
}

fn tables(results: &Results) -> Result<String> {
    let mut text = String::new();
    summary(&mut text, results)?;
    for (place, workload) in results.workloads.iter().enumerate() {
        table(&mut text, &workload.name, results, |server| &server.outcomes[place])?;
    }
    if results.servers.iter().any(|server| !server.by_wrk.rounds.is_empty()) {
        table(&mut text, &format!("{}, by wrk", results.workloads[0].name), results, |server| &server.by_wrk)?;
    }
    others(&mut text, results)?;
    let problems: Vec<_> = results.servers.iter().flat_map(|server| problems(results, server)).collect();
    if !problems.is_empty() || !results.missing.is_empty() {
        writeln!(text, "### Not measured\n")?;
        problems.iter().try_for_each(|problem| writeln!(text, "- {problem}"))?;
        results.missing.iter().try_for_each(|(title, reason)| writeln!(text, "- {title} is missing: {reason}"))?;
    }
    Ok(text)
}

/// CPU time of everything at a glance.
fn summary(text: &mut String, results: &Results) -> fmt::Result {
    let names: Vec<_> = results.workloads.iter().map(|workload| workload.name.as_str()).collect();
    writeln!(text, "### CPU time of a request, as a multiple of null: medians\n")?;
    writeln!(text, "| | {} |\n|---|{}", names.join(" | "), "---:|".repeat(names.len()))?;
    for results in &results.servers {
        let cells: Vec<_> = results.outcomes.iter().map(|outcome| number(outcome.multiple(), 2)).collect();
        writeln!(text, "| {} | {} |", results.server.title, cells.join(" | "))?;
    }
    let Some(null) = results.null() else { return writeln!(text) };
    writeln!(text, "\n### The same, of the round that was disturbed least\n")?;
    writeln!(text, "| | {} |\n|---|{}", names.join(" | "), "---:|".repeat(names.len()))?;
    for results in &results.servers {
        let multiple = |(own, null): (&Outcome, &Outcome)| Some(own.least_cpu()? / null.least_cpu()?);
        let multiples = results.outcomes.iter().zip(&null.outcomes).map(multiple);
        let cells: Vec<_> = multiples.map(|multiple| number(multiple, 2)).collect();
        writeln!(text, "| {} | {} |", results.server.title, cells.join(" | "))?;
    }
    writeln!(text)
}

fn table<'a>(
    text: &mut String,
    name: &str,
    results: &'a Results,
    outcome: impl Fn(&'a ServerResults) -> &'a Outcome,
) -> fmt::Result {
    writeln!(text, "### {name}\n")?;
    let heads = "| | requests/s | CPU ns a request | × null | least CPU ns | p50 µs | p99 µs |";
    writeln!(text, "{heads}\n|---|---:|---:|---:|---:|---:|---:|")?;
    for results in &results.servers {
        let outcome = outcome(results);
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            results.server.title,
            number(outcome.median(|measured| measured.rate), 0),
            number(outcome.median(|measured| measured.cpu), 0),
            number(outcome.multiple(), 2),
            number(outcome.least_cpu(), 0),
            number(outcome.median(|measured| measured.median.as_secs_f64() * 1e6).filter(|time| *time > 0.0), 0),
            number(outcome.median(|measured| measured.p99.as_secs_f64() * 1e6).filter(|time| *time > 0.0), 0),
        )?;
    }
    writeln!(text)
}

fn others(text: &mut String, results: &Results) -> fmt::Result {
    let counted = |workload: &&Workload| {
        let place = results.workloads.iter().position(|other| other.name == workload.name);
        place.is_some_and(|place| results.servers.iter().any(|server| server.system_calls[place].is_some()))
    };
    let counted: Vec<_> = results.workloads.iter().filter(counted).map(|workload| workload.name.as_str()).collect();
    writeln!(text, "### Memory, start, system calls\n")?;
    write!(text, "| | resident MiB after the load | ms from start to listening |")?;
    counted.iter().try_for_each(|name| write!(text, " calls a request: {name} |"))?;
    writeln!(text, "\n|---|---:|---:|{}", "---:|".repeat(counted.len()))?;
    for server in &results.servers {
        let all = |of: &dyn Fn(&Measurement) -> f64| {
            let highest = server.outcomes.iter().filter_map(|outcome| outcome.median(of));
            highest.reduce(f64::min)
        };
        write!(
            text,
            "| {} | {} | {} |",
            server.server.title,
            number(server.outcomes.first().and_then(|outcome| outcome.median(|measured| mib(measured.resident))), 1),
            number(all(&|measured| measured.started_in.as_secs_f64() * 1e3), 1),
        )?;
        for (place, workload) in results.workloads.iter().enumerate() {
            if counted.contains(&workload.name.as_str()) {
                write!(text, " {} |", number(server.system_calls[place], 2))?;
            }
        }
        writeln!(text)?;
    }
    writeln!(text)
}

fn problems(results: &Results, server: &ServerResults) -> Vec<String> {
    let names = results.workloads.iter().map(|workload| workload.name.as_str()).chain(["by wrk"]);
    let outcomes = server.outcomes.iter().chain([&server.by_wrk]);
    let problems = names.zip(outcomes).filter_map(|(name, outcome)| Some((name, outcome.problem.as_ref()?)));
    problems.map(|(name, problem)| format!("{}, {name}: {problem}", server.server.title)).collect()
}

/// Thousands are set apart.
pub(crate) fn number(value: Option<f64>, decimals: usize) -> String {
    let Some(value) = value else { return "–".to_owned() };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

fn mib(octets: u64) -> f64 {
    octets as f64 / f64::from(1 << 20)
}

/// The day, and what it ran on.
pub(crate) fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("an unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cores = processors.lines().filter(|line| line.starts_with("processor")).count().max(cores);
    let virtual_machine = if processors.contains(" hypervisor") { ", a virtual machine" } else { "" };
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let date = Command::new("date").args(["-u", "+%Y-%m-%d"]).output().map(|output| output.stdout).unwrap_or_default();
    format!(
        "{}; {}, {cores} cores{virtual_machine}; Linux {}",
        String::from_utf8_lossy(&date).trim(),
        model.trim_start_matches(['\t', ' ', ':']),
        kernel.trim()
    )
}
