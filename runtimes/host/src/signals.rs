use std::{
    fs::{self, File},
    io,
    sync::{Arc, atomic::AtomicBool},
};

use rustix::process::Signal;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM},
    flag::register_conditional_default,
    iterator,
};

/// The signals that a server heeds.
#[derive(Debug)]
pub(crate) struct Signals {
    caught: iterator::Signals,
    /// Whether the loss of a terminal ends this process: it comes as a SIGHUP, too.
    needs_terminal: bool,
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To stop. SIGTERM, SIGINT, and SIGHUP when the terminal is gone.
    Stop(Signal),
    /// To stop while somebody else serves on. SIGQUIT.
    Leave,
    /// To have a successor take over. SIGHUP.
    Restart,
}

impl Signals {
    /// Catches them from now on. Do so before anybody is told that the server runs: a signal before would end it rudely.
    ///
    /// # Errors
    /// The operating system's, where it does not let them be caught.
    pub(crate) fn catch() -> io::Result<Self> {
        // Whoever has it ignored, as `nohup` does, wants the server to outlive its terminal.
        let needs_terminal = has_terminal() && !ignores_hangup();
        Ok(Self { caught: iterator::Signals::new([SIGTERM, SIGINT, SIGQUIT, SIGHUP])?, needs_terminal })
    }

    /// Waits for one.
    pub(crate) fn wait(&mut self) -> Wish {
        let signal = self.caught.forever().next();
        wish(signal.unwrap_or(SIGTERM), self.needs_terminal)
    }

    /// Those that have come.
    pub(crate) fn pending(&mut self) -> impl Iterator<Item = Wish> {
        let needs_terminal = self.needs_terminal;
        self.caught.pending().map(move |signal| wish(signal, needs_terminal))
    }

    /// From now on one that asks to stop ends the process at once.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn end_at_the_next(&self) -> io::Result<()> {
        for signal in [SIGTERM, SIGINT] {
            register_conditional_default(signal, Arc::new(AtomicBool::new(true)))?;
        }
        Ok(())
    }
}

fn wish(signal: i32, needs_terminal: bool) -> Wish {
    match signal {
        SIGHUP if needs_terminal && !has_terminal() => Wish::Stop(Signal::HUP),
        SIGHUP => Wish::Restart,
        SIGQUIT => Wish::Leave,
        SIGINT => Wish::Stop(Signal::INT),
        _ => Wish::Stop(Signal::TERM),
    }
}

/// Whether this process is of a terminal.
fn has_terminal() -> bool {
    File::open("/dev/tty").is_ok()
}

/// Whether whoever started this process has SIGHUP ignored.
fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 << (SIGHUP - 1) != 0)
}

/// What a signal that asks to stop is called.
pub(crate) const fn name(signal: Signal) -> &'static str {
    match signal {
        Signal::INT => "SIGINT",
        Signal::QUIT => "SIGQUIT",
        Signal::HUP => "the terminal is gone",
        _ => "SIGTERM",
    }
}
