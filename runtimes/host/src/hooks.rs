//! What an application does when a worker starts and ends, and what it keeps for each.

use std::{
    any::{Any, TypeId},
    cell::RefCell,
    collections::HashMap,
    error::Error,
    fmt,
    rc::Rc,
};

use crate::App;

/// What a start hook says: nothing, or why the worker cannot serve.
type Started = Result<(), Box<dyn Error + Send + Sync>>;

type Start = Box<dyn Fn(&WorkerContext) -> Started + Send + Sync>;

type Stop = Box<dyn Fn(&WorkerContext) + Send + Sync>;

/// What is to be done when a worker starts and ends.
#[derive(Default)]
pub(crate) struct Hooks {
    start: Vec<Start>,
    stop: Vec<Stop>,
}

impl App {
    /// Does something on each worker's thread before it serves: open what the worker keeps for itself, and
    /// [`insert`](WorkerContext::insert) it. Hooks run in the order in which they were added.
    ///
    /// One that fails keeps the server from starting. When it fails as a worker that died is replaced, the reason is
    /// logged and it is tried again.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use pronto_host::{App, Reply, Request, worker_state};
    ///
    /// struct Served(Cell<u64>);
    ///
    /// let app = App::new()
    ///     .on_worker_start(|worker| Ok(worker.insert(Served(Cell::new(0)))))
    ///     .get("/", |_: &Request, reply: Reply| {
    ///         let before = worker_state::<Served>().map_or(0, |served| served.0.replace(served.0.get() + 1));
    ///         reply.text(&format!("{before} were served before"))
    ///     });
    /// ```
    #[must_use]
    pub fn on_worker_start(mut self, hook: impl Fn(&WorkerContext) -> Started + Send + Sync + 'static) -> Self {
        self.hooks.start.push(Box::new(hook));
        self
    }

    /// Does something on each worker's thread when it has ended, with every reply sent that could be. The last hook that
    /// was added runs first. They don't run when a worker panics.
    #[must_use]
    pub fn on_worker_stop(mut self, hook: impl Fn(&WorkerContext) + Send + Sync + 'static) -> Self {
        self.hooks.stop.push(Box::new(hook));
        self
    }
}

impl Hooks {
    /// Runs what is to be done at a start.
    pub(crate) fn start(&self, worker: &WorkerContext) -> Started {
        self.start.iter().try_for_each(|hook| hook(worker))
    }

    /// Runs what is to be done at an end.
    pub(crate) fn stop(&self, worker: &WorkerContext) {
        self.stop.iter().rev().for_each(|hook| hook(worker));
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, stop } = self;
        formatter.debug_struct("Hooks").field("start", &start.len()).field("stop", &stop.len()).finish()
    }
}

/// A worker, and what the application keeps for it: one value of each type, which never leaves the worker's thread.
pub struct WorkerContext {
    index: usize,
    values: RefCell<HashMap<TypeId, Rc<dyn Any>>>,
}

impl WorkerContext {
    pub(crate) fn new(index: usize) -> Self {
        Self { index, values: RefCell::default() }
    }

    /// Which worker of the server it is, from 0.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Keeps a value, instead of the one of its type that was there.
    pub fn insert<T: 'static>(&self, value: T) {
        let before = self.values.borrow_mut().insert(TypeId::of::<T>(), Rc::new(value));
        // Only now: what its end does may look for values again.
        drop(before);
    }

    /// The value of a type.
    pub fn get<T: 'static>(&self) -> Option<Rc<T>> {
        let value = self.values.borrow().get(&TypeId::of::<T>()).cloned()?;
        value.downcast().ok()
    }
}

impl fmt::Debug for WorkerContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WorkerContext").field("index", &self.index).finish_non_exhaustive()
    }
}

thread_local! {
    /// The worker that runs on this thread.
    static CURRENT: RefCell<Option<Rc<WorkerContext>>> = const { RefCell::new(None) };
}

/// What the worker that runs on this thread keeps of a type; `None` on other threads, and where there is none.
pub fn worker_state<T: 'static>() -> Option<Rc<T>> {
    let worker = CURRENT.with_borrow(Clone::clone)?;
    worker.get()
}

/// Says which worker runs on this thread, or that none does any more.
pub(crate) fn set_current(worker: Option<Rc<WorkerContext>>) {
    let before = CURRENT.replace(worker);
    drop(before);
}
