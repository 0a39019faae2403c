use std::{io, rc::Rc};

use async_executor::LocalExecutor;
use pronto_host::{Runtime, WorkerSeed, WorkerState};

use crate::{Worker, accept::Acceptor};

/// Tasks on a local executor for each worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Smol;

/// A server on this runtime.
pub type Server = pronto_host::Server<Smol>;

impl Runtime for Smol {
    const NAME: &'static str = "smol";

    fn serve(seed: WorkerSeed) -> io::Result<()> {
        let WorkerSeed {
            listener, app, config, behind_proxy, mailbox, counters, most_connections, drain_limit, ..
        } = seed;
        let state = WorkerState::with_counters(app, config, counters);
        let worker = Rc::new(Worker::with_state(if behind_proxy { state.behind_proxy() } else { state }));
        let acceptor = Acceptor::new(worker, listener, mailbox, most_connections, drain_limit)?;
        let executor = LocalExecutor::new();
        async_io::block_on(executor.run(acceptor.run(&executor)))
    }
}
