//! What pronto promises about octets that nobody meant, as functions of octets.
//!
//! Each target panics when a promise is broken. A fuzzer calls them with octets that it makes up
//! (`fuzz_targets/`, one program for each), and a test with all that are kept (`corpus/` and `regressions/`), so that
//! what was found once is looked at for ever, by `cargo test` and without a fuzzer.
//!
//! The first octet of an input is a seed: it chooses limits and tables, and where the input is cut into pieces.

#![forbid(unsafe_code)]

mod buffer;
mod choices;
mod chunked;
mod connection;
mod driver;
mod framing;
mod multipart;
mod proxy;
mod readers;
mod request_head;
mod response;
mod response_head;
mod router;
mod serve;
mod tiers;
mod worker;

// Of the test suites: a strict reader of replies that knows nothing of pronto.
#[path = "../../tests/src/reply.rs"]
#[allow(dead_code, unreachable_pub, reason = "the suites use all of it")]
mod reply;

use std::{env, fs, path::Path};

#[cfg(fuzzing)]
#[doc(hidden)]
pub use libfuzzer_sys;

pub use chunked::chunked;
pub use connection::connection;
pub use driver::driver;
pub use framing::framing;
pub use multipart::multipart;
pub use proxy::proxy;
pub use readers::readers;
pub use request_head::request_head;
pub use response::response;
pub use response_head::response_head;
pub use router::router;
pub use serve::serve;
pub use worker::worker;

/// A function that holds what is promised about octets.
pub type Target = fn(&[u8]);

/// All targets, by name.
pub const TARGETS: [(&str, Target); 13] = [
    ("chunked", chunked),
    ("connection", connection),
    ("driver", driver),
    ("framing", framing),
    ("multipart", multipart),
    ("proxy", proxy),
    ("readers", readers),
    ("request_head", request_head),
    ("response", response),
    ("response_head", response_head),
    ("router", router),
    ("serve", serve),
    ("worker", worker),
];

/// The program of a target: for a fuzzer, or one that replays the files that it is given.
#[macro_export]
macro_rules! program {
    ($target:path) => {
        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|octets: &[u8]| $target(octets));

        #[cfg(not(fuzzing))]
        fn main() {
            $crate::replay_arguments($target);
        }
    };
}

/// Replays the files and folders that the arguments name.
pub fn replay_arguments(target: Target) {
    for path in env::args_os().skip(1) {
        println!("{}: {} inputs", path.display(), replay(target, Path::new(&path)));
    }
}

/// Replays a file, or all files in a folder, and says how many there were.
///
/// # Panics
/// When a promise is broken, or a file cannot be read.
pub fn replay(target: Target, path: &Path) -> usize {
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("a folder that can be read");
        return entries.map(|entry| replay(target, &entry.expect("an entry").path())).sum();
    }
    let octets = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // Which one it was is told by a panic alone otherwise.
    let named = Named(path);
    target(&octets);
    std::mem::forget(named);
    1
}

/// Tells on which input a target has panicked.
struct Named<'p>(&'p Path);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        eprintln!("on {}", self.0.display());
    }
}
