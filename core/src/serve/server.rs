use core::{fmt, time::Duration};

use crate::{
    buffer::SliceSink,
    connection::{Config, Instant},
    response::{CommonFields, Replied, ResponseError, ResponseWriter},
};

use super::machine::Machine;

/// What connections over a transport `T` are served with: a clock, limits and timeouts.
///
/// One serves any number of them, one after the other or, in threads or tasks, at the same time. Where `T` borrows what each
/// connection has anew, each has a server of its own, which is a few hundred octets.
pub struct Server<T, C> {
    pub(super) clock: C,
    pub(super) config: Config,
    pub(super) common: CommonFields,
    pub(super) hooks: Hooks<T>,
}

/// What only some programs and transports have.
pub(super) struct Hooks<T> {
    pub(super) unix_seconds: Option<fn() -> u64>,
    pub(super) is_draining: Option<fn() -> bool>,
    pub(super) shut_down: Option<fn(&mut T)>,
    pub(super) set_waiting: Option<fn(&mut T, Option<Duration>)>,
}

impl<T> Hooks<T> {
    /// Tells a connection what else there is to know before it goes on: that the server ends, and the date.
    pub(super) fn tell(&self, machine: &mut Machine<'_>) {
        if self.is_draining.is_some_and(|is_draining| is_draining()) {
            machine.drain();
        }
        self.set_date(machine);
    }

    /// Writes the reply, or its head, where there is room for it. Whoever answers may have taken a while.
    pub(super) fn write_reply<W>(
        &self,
        machine: &mut Machine<'_>,
        clock: &dyn Fn() -> Instant,
        write: &W,
    ) -> Result<(), ResponseError>
    where
        W: Fn(ResponseWriter<'_, SliceSink<'_>>) -> Result<Replied, ResponseError>,
    {
        self.set_date(machine);
        machine.reply(write, clock())
    }

    fn set_date(&self, machine: &mut Machine<'_>) {
        if let Some(unix_seconds) = self.unix_seconds {
            machine.set_date(unix_seconds());
        }
    }
}

impl<T, C: Fn() -> Instant> Server<T, C> {
    /// The default limits and timeouts, and a clock that does not go backwards.
    pub const fn new(clock: C) -> Self {
        let hooks = Hooks { unix_seconds: None, is_draining: None, shut_down: None, set_waiting: None };
        Self { clock, config: Config::new(), common: CommonFields::new(), hooks }
    }

    /// Other limits and timeouts.
    #[must_use]
    pub const fn with_config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// What every response begins with, in place of `Server: pronto`.
    #[must_use]
    pub const fn with_common(mut self, common: CommonFields) -> Self {
        self.common = common;
        self
    }

    /// Has every response tell the date. Where nobody knows it none is told, as it should be (RFC 9110 6.6.1).
    #[must_use]
    pub const fn with_date(mut self, unix_seconds: fn() -> u64) -> Self {
        self.hooks.unix_seconds = Some(unix_seconds);
        self
    }

    /// Has connections end when this says so: after the request that is being answered, and at once where they are idle. It is
    /// asked whenever the transport has done something, or has waited in vain.
    #[must_use]
    pub const fn with_drain(mut self, is_draining: fn() -> bool) -> Self {
        self.hooks.is_draining = Some(is_draining);
        self
    }

    /// How to tell the client that no more will be sent, while octets are still taken: for TCP, to send its FIN.
    ///
    /// It is called once, before a lingering close (RFC 9112 9.6). Errors are seen by the read that follows.
    #[must_use]
    pub const fn with_shutdown(mut self, shut_down: fn(&mut T)) -> Self {
        self.hooks.shut_down = Some(shut_down);
        self
    }

    /// How to tell a blocking transport, before each call, how long that may take: `None` is for ever. It then fails with
    /// [`TimedOut`](embedded_io::ErrorKind::TimedOut).
    #[must_use]
    pub const fn with_waiting(mut self, set_waiting: fn(&mut T, Option<Duration>)) -> Self {
        self.hooks.set_waiting = Some(set_waiting);
        self
    }
}

impl<T, C> fmt::Debug for Server<T, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clock: _, config, common, hooks: _ } = self;
        formatter.debug_struct("Server").field("config", config).field("common", common).finish_non_exhaustive()
    }
}
