//! Starting a program on certain cores, so that it ends when `compare` does, however that ends.

use std::{
    ffi::OsString,
    io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};
use clap::Args;
use rustix::{
    process::{Signal, set_parent_process_death_signal},
    thread::{CpuSet, sched_setaffinity},
};

/// What to become, and where.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Cores to stay on, with commas between
    #[arg(long, value_delimiter = ',')]
    cores: Vec<usize>,
    /// Program and its arguments
    #[arg(trailing_var_arg = true, required = true)]
    command: Vec<OsString>,
}

/// Becomes the program. It is killed when the thread that started this process ends.
///
/// # Errors
/// That there is no such core or program.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    stay_on(&arguments.cores)?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let [program, rest @ ..] = &arguments.command[..] else { unreachable!("one is required") };
    Err(Command::new(program).args(rest).exec()).with_context(|| format!("{}", Path::new(program).display()))
}

/// A command that runs a program on some cores, in a process group of its own and without input.
///
/// # Errors
/// That it can't be told where this program lies.
pub(crate) fn on_cores(cores: &[usize], program: &Path) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    let cores: Vec<_> = cores.iter().map(usize::to_string).collect();
    command.args(["launch", "--cores", &cores.join(","), "--"]).arg(program);
    command.process_group(0).stdin(Stdio::null());
    Ok(command)
}

/// Keeps this thread on some cores.
///
/// # Errors
/// That there are no such cores.
pub(crate) fn stay_on(cores: &[usize]) -> Result<()> {
    let mut set = CpuSet::new();
    cores.iter().for_each(|core| set.set(*core));
    sched_setaffinity(None, &set).with_context(|| format!("cores {cores:?}"))
}
