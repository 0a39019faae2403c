//! Starting a program on one core, so that it ends when `compare` does, however that ends.

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
    /// Core to stay on
    #[arg(long)]
    core: usize,
    /// Program and its arguments
    #[arg(trailing_var_arg = true, required = true)]
    command: Vec<OsString>,
}

/// Becomes the program. It is killed when the thread that started this process ends.
///
/// # Errors
/// That there is no such core or program.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    stay_on(arguments.core)?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let [program, rest @ ..] = &arguments.command[..] else { unreachable!("one is required") };
    Err(Command::new(program).args(rest).exec()).with_context(|| format!("{}", Path::new(program).display()))
}

/// A command that runs a program on a core, in a process group of its own and without input.
///
/// # Errors
/// That it can't be told where this program lies.
pub(crate) fn on_core(core: usize, program: &Path) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["launch", "--core", &core.to_string(), "--"]).arg(program);
    command.process_group(0).stdin(Stdio::null());
    Ok(command)
}

/// Keeps this thread on one core.
///
/// # Errors
/// That there is no such core.
pub(crate) fn stay_on(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).with_context(|| format!("core {core}"))
}
