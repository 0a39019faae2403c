use std::{
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
pub(crate) struct Signals(iterator::Signals);

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To stop. SIGTERM, SIGINT.
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
        iterator::Signals::new([SIGTERM, SIGINT, SIGQUIT, SIGHUP]).map(Self)
    }

    /// Waits for one.
    pub(crate) fn wait(&mut self) -> Wish {
        self.0.forever().next().map_or(Wish::Stop(Signal::TERM), wish)
    }

    /// Those that have come.
    pub(crate) fn pending(&mut self) -> impl Iterator<Item = Wish> {
        self.0.pending().map(wish)
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

const fn wish(signal: i32) -> Wish {
    match signal {
        SIGHUP => Wish::Restart,
        SIGQUIT => Wish::Leave,
        SIGINT => Wish::Stop(Signal::INT),
        _ => Wish::Stop(Signal::TERM),
    }
}

/// What a signal that asks to stop is called.
pub(crate) const fn name(signal: Signal) -> &'static str {
    match signal {
        Signal::INT => "SIGINT",
        Signal::QUIT => "SIGQUIT",
        _ => "SIGTERM",
    }
}
