//! The same on every tier.

use std::{
    fmt::Debug,
    sync::{Mutex, PoisonError},
};

use pronto::scan::{Tier, pin, unpin};

/// The tier is pinned for the whole process, which may have tests on several threads.
static PIN: Mutex<()> = Mutex::new(());

/// What comes of something, which is the same on every tier that this machine has.
///
/// # Panics
/// When it is not.
pub(crate) fn same_on_every_tier<T: Debug + PartialEq>(act: impl Fn() -> T) -> T {
    let _alone = PIN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut outcomes = Tier::ALL.into_iter().filter(|&tier| pin(tier).is_ok()).map(|tier| (tier, act()));
    let (_, first) = outcomes.next().expect("the scalar tier is everywhere");
    for (tier, outcome) in outcomes {
        assert_eq!(outcome, first, "{tier}, and the scalar tier");
    }
    unpin();
    first
}
