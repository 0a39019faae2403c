use std::{
    any::Any,
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{Fault, Panicked};

/// Something of the application's that has code of its own, be it only to be dropped. When that panics, one request or
/// connection fails, and not a worker.
pub(crate) struct Guarded<T>(Option<T>);

impl<T> Guarded<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Some(value))
    }

    /// Runs code of it. After a panic it must only be dropped: nobody knows what state it is in.
    #[inline]
    pub(crate) fn run<'a, R>(&'a mut self, work: impl FnOnce(&'a mut T) -> R) -> Result<R, Fault> {
        let Some(value) = &mut self.0 else { unreachable!("it is taken only to be called or dropped") };
        guard(|| work(value))
    }

    /// Calls it. Whoever calls this sees to its panics.
    pub(crate) fn call<A, R>(mut self, argument: A) -> R
    where
        T: FnOnce(A) -> R,
    {
        let Some(function) = self.0.take() else { unreachable!("it is taken only to be called or dropped") };
        function(argument)
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        if let Err(fault) = guard(|| self.0 = None) {
            log::error!("while it was dropped, something of a request {fault}");
        }
    }
}

/// Runs code of the application; a panic is its error.
#[inline(always)]
pub(crate) fn guard<R>(work: impl FnOnce() -> R) -> Result<R, Fault> {
    // Whoever calls this drops what was being worked on, or takes back what was written.
    catch_unwind(AssertUnwindSafe(work)).map_err(panicked)
}

#[cold]
fn panicked(panic: Box<dyn Any + Send>) -> Fault {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let fault = Panicked(text.unwrap_or("no message").to_owned()).into();
    if text.is_none() {
        // What was thrown may have code of its own, too.
        mem::forget(panic);
    }
    fault
}

impl<T> fmt::Debug for Guarded<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Guarded").finish_non_exhaustive()
    }
}
