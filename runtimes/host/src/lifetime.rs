//! A server's life after its start: what signals ask of it.

use std::{
    io,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    Drain, Running, StartError,
    inherited::Role,
    program::Program,
    say::say,
    signals::{Signals, Wish, name},
    successor::{Progress, Successor},
};

/// How often is looked for signals while something else is waited for.
const LOOK: Duration = Duration::from_millis(50);

/// How often is told what a drain waits for.
const TELL: Duration = Duration::from_secs(1);

/// Does what signals ask for, until one has ended the server.
pub(crate) fn live(
    running: Running,
    mut signals: Signals,
    program: io::Result<Program>,
    watcher: Option<Pid>,
) -> Result<(), StartError> {
    loop {
        match signals.wait() {
            Wish::Stop(signal) => return stop(running, signals, signal),
            Wish::Leave => return leave(running, signals, "SIGQUIT"),
            Wish::Restart => match (watcher, &program) {
                // It starts those that serve.
                (Some(watcher), _) => drop(kill_process(watcher, Signal::HUP)),
                (None, Err(error)) => say(format_args!("SIGHUP: this program is not known: {error}; serving on")),
                (None, Ok(program)) => match hand_over(&running, &mut signals, program) {
                    Outcome::Done => return leave(running, signals, "the successor serves"),
                    Outcome::Failed(why) => say(format_args!("the successor does not start: {why}; serving on")),
                    Outcome::Stopped(signal) => return stop(running, signals, signal),
                },
            },
        }
    }
}

/// What has become of a restart.
enum Outcome {
    Done,
    Failed(String),
    /// Somebody wants this server to stop, and no other one.
    Stopped(Signal),
}

fn hand_over(running: &Running, signals: &mut Signals, program: &Program) -> Outcome {
    say(format_args!("SIGHUP: starting {}", program.path().display()));
    let mut successor = match Successor::start(program, running.listeners(), Role::Successor) {
        Ok(successor) => successor,
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    loop {
        match successor.poll(LOOK) {
            Progress::Starting => {}
            Progress::Ready => {
                log::info!("process {} serves", successor.id());
                drop(successor.into_child());
                return Outcome::Done;
            }
            Progress::Failed(failure) => {
                successor.give_up();
                return Outcome::Failed(failure.to_string());
            }
        }
        let stop = signals.pending().find_map(|wish| match wish {
            Wish::Stop(signal) => Some(signal),
            Wish::Leave => Some(Signal::QUIT),
            // It is being done.
            Wish::Restart => None,
        });
        if let Some(signal) = stop {
            successor.give_up();
            return Outcome::Stopped(signal);
        }
    }
}

/// Ends while nobody serves on.
fn stop(running: Running, signals: Signals, signal: Signal) -> Result<(), StartError> {
    signals.end_at_the_next().map_err(StartError::Signals)?;
    tell_drain(&running, name(signal));
    running.drain(Drain::AtOnce);
    finish(&running, signals)?;
    running.listeners().remove_file();
    say("stopped");
    Ok(())
}

/// Ends while somebody else serves on.
fn leave(running: Running, signals: Signals, why: &str) -> Result<(), StartError> {
    tell_drain(&running, why);
    running.drain(Drain::Gently);
    finish(&running, signals)?;
    say("stopped");
    Ok(())
}

fn tell_drain(running: &Running, why: &str) {
    say(format_args!("{why}: finishing what is in flight, no longer than {:?}", running.drain_limit()));
}

/// Waits for the end of a drain, and tells how it goes.
fn finish(running: &Running, mut signals: Signals) -> Result<(), StartError> {
    let mut tell = Instant::now() + TELL;
    while !running.is_over(LOOK) {
        if signals.pending().any(|wish| matches!(wish, Wish::Stop(_))) {
            // One that came in a gentle drain: the next one is the second.
            signals.end_at_the_next().map_err(StartError::Signals)?;
            running.drain(Drain::AtOnce);
        }
        if tell <= Instant::now() {
            tell += TELL;
            match running.connections() {
                1 => say("1 connection is left"),
                left => say(format_args!("{left} connections are left")),
            }
        }
    }
    Ok(())
}
