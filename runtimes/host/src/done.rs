use std::{fmt, mem};

use pronto::head::Status;

use crate::guarded::guard;

/// How the exchange of a request and its reply came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// The whole reply was handed to the transport, or to the buffer before it: whether the client has got it is not known.
    Replied(Status),
    /// It was not, and never will be: this is why.
    Cut(String),
}

/// What is done when an exchange has ended, once and in any case.
#[derive(Default)]
pub(crate) struct DoneHooks(Vec<Hook>);

type Hook = Box<dyn FnOnce(&Ending) + Send>;

impl DoneHooks {
    pub(crate) fn add(&mut self, hook: impl FnOnce(&Ending) + Send + 'static) {
        self.0.push(Box::new(hook));
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    #[inline]
    pub(crate) fn run(&mut self, ending: impl FnOnce() -> Ending) {
        if !self.0.is_empty() {
            self.run_all(&ending());
        }
    }

    #[cold]
    fn run_all(&mut self, ending: &Ending) {
        for hook in mem::take(&mut self.0) {
            if let Err(fault) = guard(|| hook(ending)) {
                log::error!("what was to be done after a request {fault}");
            }
        }
    }
}

/// Nobody said how it ended: its connection went away.
impl Drop for DoneHooks {
    fn drop(&mut self) {
        self.run(|| Ending::Cut("the connection ended".to_owned()));
    }
}

impl fmt::Debug for DoneHooks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DoneHooks({})", self.0.len())
    }
}
