use std::{io, sync::Arc, time::Duration};

use pronto::connection::Config;

use crate::{App, Listener, Mailbox, WorkerCounters};

/// How requests are served: what differs between runtimes.
pub trait Runtime: 'static {
    /// What it is called: `epoll`, `smol`.
    const NAME: &'static str;

    /// What its addresses begin with, as the server tells them: `https` where it encrypts.
    const SCHEME: &'static str = "http";

    /// Serves on the calling thread until [`Message::Drain`](crate::Message::Drain) has come through the mailbox and the
    /// drain is over.
    ///
    /// # Errors
    /// What leaves no way to go on. The worker is replaced then, as it is when this panics.
    fn serve(seed: WorkerSeed) -> io::Result<()>;
}

/// What a worker is started with.
#[derive(Debug)]
#[non_exhaustive]
pub struct WorkerSeed {
    /// Which worker of the server it is, from 0.
    pub index: usize,
    /// Where connections come in. It never blocks, and is this worker's own descriptor.
    pub listener: Listener,
    /// What answers.
    pub app: Arc<App>,
    /// Limits and timeouts.
    pub config: Config,
    /// Connections begin with a header of the PROXY protocol.
    pub behind_proxy: bool,
    /// Where others leave messages: a fresh one for each start.
    pub mailbox: Arc<Mailbox>,
    /// How many connections at most the worker has open: its share of the server's.
    pub most_connections: usize,
    /// How long connections have to end in a drain.
    pub drain_limit: Duration,
    /// Where the worker says what it does. One that replaces another goes on with the counters of that.
    pub counters: Arc<WorkerCounters>,
}
