use std::io;

use pronto_host::{Runtime, WorkerSeed, WorkerState};

use crate::{sys::Linux, worker::Worker};

/// The raw loop: each worker has its own epoll set, and nothing is shared on the way of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Epoll;

/// A server on this runtime.
pub type Server = pronto_host::Server<Epoll>;

impl Runtime for Epoll {
    const NAME: &'static str = "epoll";

    fn serve(seed: WorkerSeed) -> io::Result<()> {
        let WorkerSeed {
            listener, app, config, behind_proxy, mailbox, counters, most_connections, drain_limit, ..
        } = seed;
        let kernel = Linux::new(listener.into())?;
        let state = WorkerState::with_counters(app, config, counters);
        let state = if behind_proxy { state.behind_proxy() } else { state };
        Worker::new(kernel, state, mailbox, most_connections, drain_limit).run()
    }
}
