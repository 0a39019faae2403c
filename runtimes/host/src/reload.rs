//! Serving by a second process, which is replaced when its program changes.

use std::{
    os::unix::process::ExitStatusExt,
    process::{self, Child, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    StartError,
    inherited::Role,
    listener::Listeners,
    program::{Program, Stamp},
    say::say,
    signals::{Signals, Wish},
    successor::{Progress, Successor},
};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(300);

/// How often signals and processes are looked at.
const TICK: Duration = Duration::from_millis(30);

/// How long a process that died is missed before it is started again, first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Keeps a process of this program serving until a signal ends both.
///
/// # Errors
/// The first process cannot be started. One that starts, and ends before it serves, ends this one with its own code.
pub(crate) fn watch(program: &Program, listeners: &Listeners, signals: Signals) -> Result<(), StartError> {
    let stamp = program.stamp();
    let first = Successor::start(program, listeners, Role::Watched).map_err(StartError::Program)?;
    let watch = Watch {
        program,
        listeners,
        signals,
        next: Some(first),
        serving: None,
        leaving: Vec::new(),
        stopping: false,
        has_served: false,
        running: stamp,
        seen: stamp,
        look: Instant::now() + LOOK,
        again: None,
        pause: PAUSES.0,
    };
    let status = watch.run();
    listeners.remove_file();
    match status {
        Some(status) if !status.success() => process::exit(code(status)),
        _ => Ok(()),
    }
}

struct Watch<'a> {
    program: &'a Program,
    listeners: &'a Listeners,
    signals: Signals,
    /// Who was started, and has not said yet that it serves.
    next: Option<Successor>,
    /// Who serves.
    serving: Option<Child>,
    /// Those that were told to leave.
    leaving: Vec<Child>,
    stopping: bool,
    /// Whether any process has come to serve.
    has_served: bool,
    /// The file as it was when it was started last.
    running: Option<Stamp>,
    /// The file as it was seen last.
    seen: Option<Stamp>,
    look: Instant,
    /// When to start it again, after it died.
    again: Option<Instant>,
    pause: Duration,
}

impl Watch<'_> {
    /// Returns with how the process that served has ended.
    fn run(mut self) -> Option<ExitStatus> {
        let mut ended = None;
        loop {
            self.heed_signals();
            if let Some(status) = self.look_at_next() {
                return Some(status);
            }
            if let Some(status) = self.look_at_serving() {
                ended = Some(status);
            }
            self.leaving.retain_mut(|child| !matches!(child.try_wait(), Ok(Some(_)) | Err(_)));
            if !self.stopping {
                self.look_at_file();
                self.start_again();
            } else if self.serving.is_none() && self.leaving.is_empty() {
                return ended;
            }
            // What is waited for in `poll` need not be waited for here.
            if self.next.is_none() {
                thread::sleep(TICK);
            }
        }
    }

    fn heed_signals(&mut self) {
        let wishes: Vec<_> = self.signals.pending().collect();
        for wish in wishes {
            match wish {
                Wish::Restart if !self.stopping => {
                    say("SIGHUP: starting the program again");
                    self.start();
                }
                Wish::Restart => {}
                Wish::Leave => self.stop(Signal::QUIT),
                Wish::Stop(signal) => self.stop(signal),
            }
        }
    }

    /// Passes a signal on to all that serve.
    fn stop(&mut self, signal: Signal) {
        self.stopping = true;
        // Nobody listens when they have ended.
        self.listeners.close();
        match self.next.take() {
            Some(next) if self.serving.is_some() => next.give_up(),
            // It may serve already, and not have been heard.
            Some(next) => self.serving = Some(next.into_child()),
            None => {}
        }
        // The loss of the terminal is known here, and to a child SIGHUP means something else.
        let signal = if signal == Signal::HUP { Signal::TERM } else { signal };
        for child in self.serving.iter().chain(&self.leaving) {
            send(child, signal);
        }
    }

    fn start(&mut self) {
        if let Some(next) = self.next.take() {
            next.give_up();
        }
        self.again = None;
        self.running = self.program.stamp();
        match Successor::start(self.program, self.listeners, Role::Watched) {
            Ok(next) => self.next = Some(next),
            Err(error) => self.miss(&format!("the program cannot be started: {error}")),
        }
    }

    /// Tells why there is no new process, and has it tried again where there is no old one, either.
    fn miss(&mut self, why: &str) {
        if self.serving.is_some() {
            say(format_args!("{why}; the old one serves on"));
            return;
        }
        say(format_args!("{why}; trying again in {:?}", self.pause));
        self.again = Some(Instant::now() + self.pause);
        self.pause = (self.pause * 2).min(PAUSES.1);
    }

    /// Returns the end of the first process of all, if it did not come to serve.
    fn look_at_next(&mut self) -> Option<ExitStatus> {
        let progress = self.next.as_mut()?.poll(TICK);
        let next = match progress {
            Progress::Starting => return None,
            Progress::Ready | Progress::Failed(_) => self.next.take()?,
        };
        match progress {
            Progress::Failed(failure) => {
                next.give_up();
                if let (false, Some(status)) = (self.has_served, failure.status()) {
                    return Some(status);
                }
                self.miss(&format!("the new process does not start: {failure}"));
            }
            _ => {
                self.has_served = true;
                self.pause = PAUSES.0;
                if let Some(old) = self.serving.replace(next.into_child()) {
                    say("the new process serves");
                    send(&old, Signal::QUIT);
                    self.leaving.push(old);
                }
            }
        }
        None
    }

    /// Returns how the process that served has ended, if it has.
    fn look_at_serving(&mut self) -> Option<ExitStatus> {
        let status = self.serving.as_mut()?.try_wait().ok()??;
        self.serving = None;
        if !self.stopping && self.next.is_none() {
            self.miss(&format!("the process that served has ended: {status}"));
        }
        Some(status)
    }

    /// A file that has changed, and has not since the last look, is started: a linker writes for a while.
    fn look_at_file(&mut self) {
        if Instant::now() < self.look {
            return;
        }
        self.look = Instant::now() + LOOK;
        let stamp = self.program.stamp();
        let is_settled = stamp == self.seen;
        self.seen = stamp;
        if is_settled && stamp.is_some() && stamp != self.running {
            say("the program has changed: starting it");
            self.start();
        }
    }

    fn start_again(&mut self) {
        if self.again.is_some_and(|at| at <= Instant::now()) {
            self.start();
        }
    }
}

fn send(child: &Child, signal: Signal) {
    // One that has ended is not reaped yet: nobody else can have its number.
    let _ended = kill_process(Pid::from_child(child), signal);
}

/// The code that a shell gives for such an end.
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}
