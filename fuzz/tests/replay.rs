//! What was kept is looked at again: the seeds, and what was found once.

use std::path::Path;

use pronto_fuzz::{TARGETS, replay};

#[test]
fn every_seed_and_every_regression_holds_what_is_promised() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, target) in TARGETS {
        let seeds = replay(target, &folder.join("corpus").join(name));
        assert!(seeds >= 5, "the seeds of {name} were lost");
        let regressions = folder.join("regressions").join(name);
        let found = if regressions.is_dir() { replay(target, &regressions) } else { 0 };
        println!("{name}: {seeds} seeds, {found} regressions");
    }
}

/// A fuzzer begins with less than a seed.
#[test]
fn nothing_is_an_input_too() {
    for (_, target) in TARGETS {
        for octet in 0..=u8::MAX {
            target(&[octet][..usize::from(octet != 0)]);
        }
    }
}
