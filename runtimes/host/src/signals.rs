use std::{
    io,
    sync::{Arc, atomic::AtomicBool},
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag::register_conditional_default,
    iterator::Signals,
};

/// The signals that ask a process to stop: SIGTERM and SIGINT.
#[derive(Debug)]
pub struct StopSignals(Signals);

impl StopSignals {
    /// Catches them from now on. Do so before anybody is told that the server runs: a signal before would end it rudely.
    ///
    /// # Errors
    /// The operating system's, where it does not let them be caught.
    pub fn catch() -> io::Result<Self> {
        Signals::new([SIGTERM, SIGINT]).map(Self)
    }

    /// Waits for one, and says which it was. The next one ends the process at once.
    ///
    /// # Errors
    /// The operating system's, where it does not let them be caught.
    pub fn wait(mut self) -> io::Result<&'static str> {
        let caught = self.0.forever().next();
        for signal in [SIGTERM, SIGINT] {
            register_conditional_default(signal, Arc::new(AtomicBool::new(true)))?;
        }
        Ok(if caught == Some(SIGINT) { "SIGINT" } else { "SIGTERM" })
    }
}
