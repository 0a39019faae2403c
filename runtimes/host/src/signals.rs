use std::io;

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

/// Waits until somebody asks the process to stop, by SIGTERM or SIGINT, and says which it was. A second one ends the
/// process at once.
///
/// # Errors
/// The operating system's, where it does not let the signals be handled.
pub fn wait_for_stop() -> io::Result<&'static str> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let name = match signals.forever().next() {
        Some(SIGINT) => "SIGINT",
        _ => "SIGTERM",
    };
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register_conditional_default(signal, std::sync::Arc::new(true.into()))?;
    }
    Ok(name)
}
