//! Over transports that are waited for by tasks: those of the crate `embedded-io-async`.

use core::{
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use embedded_io_async::{Error as _, ErrorKind, Read, Write};

use super::{
    Answered, Buffers, Ended, Error, Server,
    machine::{Machine, State},
    server::Hooks,
    step::{Done, Goal, Step},
};
use crate::{
    buffer::SliceSink,
    connection::Instant,
    head::{Request, RequestHead, Status},
    response::{Replied, ResponseError, ResponseWriter},
};

impl<T: Read + Write, C: Fn() -> Instant> Server<T, C> {
    /// Serves a connection to its end. The handler is called for each request, in order, and its replies are gathered until
    /// there is nothing left to answer.
    ///
    /// `sleep` is done after so long a time. Where a deadline passes, the call of the transport that is waited for is dropped;
    /// what it might lose by that is of no use any more.
    ///
    /// # Errors
    /// [`Error::Transport`]: the transport failed, and is to be closed. [`Error::Response`]: the output buffer is too small for
    /// a reply without any content. What else goes wrong is answered.
    pub async fn serve_async<'b, H, S, F>(
        &self,
        transport: &mut T,
        buffers: Buffers<'b>,
        sleep: S,
        mut handler: H,
    ) -> Result<Ended<'b>, Error<T::Error>>
    where
        H: AsyncFnMut(Exchange<'_, T>) -> Result<Answered, Error<T::Error>>,
        S: Fn(Duration) -> F,
        F: Future<Output = ()>,
    {
        let mut state = State::new(&self.config, self.common.clone(), (self.clock)());
        let Buffers { input, output, fields } = buffers;
        let mut alarm = Sleeping { sleep, sleeping: pin!(None) };
        loop {
            let lent = Buffers { input: &mut *input, output: &mut *output, fields: &mut *fields };
            let machine = Machine::new(&mut state, &self.config, lent);
            let transport = &mut *transport;
            let mut link = Link { machine, transport, hooks: &self.hooks, clock: &self.clock, alarm: &mut alarm };
            link.reach(Goal::Request).await?;
            let Some(head) = link.machine.head() else { break };
            let status = match handler(Exchange { link: link.reborrow(), head }).await {
                Err(Error::Transport(error)) => return Err(Error::Transport(error)),
                Err(error) => error.status(),
                Ok(Answered(())) => Status::INTERNAL_SERVER_ERROR,
            };
            link.machine.settle(status, (link.clock)());
        }
        Ok(state.ended(input))
    }
}

/// A request, and the right to answer it once: by giving it away.
pub struct Exchange<'c, T> {
    link: Link<'c, T>,
    head: RequestHead,
}

impl<'c, T: Read + Write> Exchange<'c, T> {
    /// The request.
    pub fn request(&self) -> Request<'_> {
        self.link.machine.request(&self.head)
    }

    /// Sets how much content the request may have, in place of [`Limits::content`](crate::connection::Limits::content); more is
    /// answered 413. Call it before any of it is read.
    pub const fn limit_content(&mut self, octets: u64) {
        self.link.machine.limit_content(octets);
    }

    /// All content that was not yet read, gathered behind the head of the request, and the request. There is none where the
    /// request has none.
    ///
    /// # Errors
    /// [`Error::Rejected`], also where it has no room in the input buffer; [`Error::Transport`].
    pub async fn whole(&mut self) -> Result<(Request<'_>, &[u8]), Error<T::Error>> {
        self.link.machine.limit_whole();
        self.link.receive(Goal::Whole).await?;
        Ok((self.request(), self.link.machine.whole()))
    }

    /// The next piece of the content, where it lies in the input buffer: as much as is there. `None` at its end.
    ///
    /// # Errors
    /// [`Error::Rejected`], [`Error::Transport`].
    pub async fn piece(&mut self) -> Result<Option<&[u8]>, Error<T::Error>> {
        self.link.machine.limit_pieces();
        self.link.receive(Goal::Piece).await?;
        Ok(self.link.machine.hand_over_piece())
    }

    /// Copies content into memory of yours: as much as is there and fits, at least one octet; 0 at its end.
    ///
    /// # Errors
    /// [`Error::Rejected`], [`Error::Transport`].
    pub async fn read(&mut self, memory: &mut [u8]) -> Result<usize, Error<T::Error>> {
        self.link.read(memory).await
    }

    /// Answers 200 with a text.
    ///
    /// # Errors
    /// As for [`octets`](Self::octets).
    pub async fn text(self, text: &str) -> Result<Answered, Error<T::Error>> {
        self.octets("text/plain; charset=utf-8", text.as_bytes()).await
    }

    /// Answers 200 with content of a media type. Where it does not fit into the output buffer with its head, it is sent from
    /// where it lies.
    ///
    /// # Errors
    /// [`Error::Response`], [`Error::Transport`], [`Error::Cut`].
    pub async fn octets(mut self, media_type: &str, content: &[u8]) -> Result<Answered, Error<T::Error>> {
        self.link.machine.decline_content((self.link.clock)());
        let whole = |writer: ResponseWriter<'_, SliceSink<'_>>| writer.ok(media_type, content);
        match self.link.hooks.write_reply(&mut self.link.machine, self.link.clock, &whole) {
            Ok(()) => self.link.finish().await,
            Err(ResponseError::NoRoom) => {
                let head = |writer: ResponseWriter<'_, SliceSink<'_>>| {
                    writer.status(Status::OK).content_type(media_type).content_of_length(content.len() as u64)
                };
                self.link.reply(&head).await?;
                self.link.send_content(content).await?;
                self.link.finish().await
            }
            Err(error) => Err(Error::Response(error)),
        }
    }

    /// Answers with a status and no content.
    ///
    /// # Errors
    /// [`Error::Response`], [`Error::Transport`], [`Error::Cut`].
    pub async fn status(self, status: Status) -> Result<Answered, Error<T::Error>> {
        self.reply(|writer| writer.status(status).no_content()).await
    }

    /// Answers with whatever a [`ResponseWriter`] can write, in the output buffer. `write` is called again, after the output has
    /// been sent, where there was no room.
    ///
    /// # Errors
    /// [`Error::Response`], [`Error::Transport`], [`Error::Cut`]; [`Error::WrongLength`] where it promises content of a length,
    /// which is for [`stream`](Self::stream): the connection is reset.
    pub async fn reply<W>(mut self, write: W) -> Result<Answered, Error<T::Error>>
    where
        W: Fn(ResponseWriter<'_, SliceSink<'_>>) -> Result<Replied, ResponseError>,
    {
        self.link.machine.decline_content((self.link.clock)());
        self.link.reply(&write).await?;
        self.link.finish().await
    }

    /// Begins a reply whose content comes piece by piece: `write` finishes its head by
    /// [`chunked`](crate::response::ResponseHeadWriter::chunked) or
    /// [`content_of_length`](crate::response::ResponseHeadWriter::content_of_length). Content of the request may still be read; a
    /// client that waits for leave to send it (RFC 9110 10.1.1) is given that before.
    ///
    /// # Errors
    /// [`Error::Response`], [`Error::Transport`], [`Error::Cut`].
    pub async fn stream<W>(mut self, write: W) -> Result<Body<'c, T>, Error<T::Error>>
    where
        W: Fn(ResponseWriter<'_, SliceSink<'_>>) -> Result<Replied, ResponseError>,
    {
        if self.link.machine.give_leave((self.link.clock)()).is_err() {
            self.link.reach(Goal::Room).await?;
            self.link.machine.give_leave((self.link.clock)())?;
        }
        self.link.reply(&write).await?;
        Ok(Body { link: self.link })
    }
}

/// The content of a reply that has begun. It has to be [finished](Self::finish); otherwise the connection is reset, so that the
/// client does not take it for complete.
#[must_use = "content that is not finished looks cut off to the client"]
pub struct Body<'c, T> {
    link: Link<'c, T>,
}

impl<T: Read + Write> Body<'_, T> {
    /// Sends octets: of a reply in chunks they become one. They are gathered in the output buffer where they fit in, and are
    /// sent from where they lie otherwise.
    ///
    /// # Cancelling
    /// One that is dropped before it is done may have sent some of the octets, and nobody knows how many: whatever is written
    /// behind them, or the end, is [`Error::Cut`], and the connection is reset.
    ///
    /// # Errors
    /// [`Error::WrongLength`] where they are more than the head has told; [`Error::Transport`], [`Error::Cut`].
    pub async fn write(&mut self, octets: &[u8]) -> Result<(), Error<T::Error>> {
        self.link.send_content(octets).await
    }

    /// Sends what was gathered, for clients that wait for it. It may be dropped before it is done, as reads may, where those of
    /// the transport may be.
    ///
    /// # Errors
    /// [`Error::Transport`], [`Error::Cut`].
    pub async fn flush(&mut self) -> Result<(), Error<T::Error>> {
        self.link.reach(Goal::Flushed).await
    }

    /// Reads content of the request, as [`Exchange::read`] does.
    ///
    /// # Errors
    /// [`Error::Rejected`], [`Error::Transport`], [`Error::Cut`].
    pub async fn read(&mut self, memory: &mut [u8]) -> Result<usize, Error<T::Error>> {
        self.link.read(memory).await
    }

    /// Says that this is all.
    ///
    /// # Errors
    /// [`Error::WrongLength`] where it is less than the head has told; [`Error::Transport`], [`Error::Cut`].
    pub async fn finish(mut self) -> Result<Answered, Error<T::Error>> {
        self.link.finish().await
    }
}

/// A connection and its transport.
struct Link<'a, T> {
    machine: Machine<'a>,
    transport: &'a mut T,
    hooks: &'a Hooks<T>,
    clock: &'a dyn Fn() -> Instant,
    alarm: &'a mut dyn Alarm,
}

impl<T: Read + Write> Link<'_, T> {
    fn reborrow(&mut self) -> Link<'_, T> {
        Link {
            machine: self.machine.reborrow(),
            transport: self.transport,
            hooks: self.hooks,
            clock: self.clock,
            alarm: self.alarm,
        }
    }

    /// Has the transport do whatever it takes.
    async fn reach(&mut self, goal: Goal) -> Result<(), Error<T::Error>> {
        self.machine.begin_to_wait((self.clock)());
        loop {
            self.hooks.tell(&mut self.machine);
            let (step, within) = self.machine.step(goal, (self.clock)())?;
            let done = match step {
                Step::Reached => return Ok(()),
                Step::Write(octets) => {
                    until(self.alarm, within, self.transport.write(octets)).await.map(|length| length.map(Done::Wrote))
                }
                Step::Flush => {
                    until(self.alarm, within, self.transport.flush()).await.map(|done| done.map(|()| Done::Flushed))
                }
                Step::Read(room) => {
                    until(self.alarm, within, self.transport.read(room)).await.map(|length| length.map(Done::Received))
                }
                Step::ShutdownWrite => {
                    if let Some(shut_down) = self.hooks.shut_down {
                        shut_down(self.transport);
                    }
                    Some(Ok(Done::Nothing))
                }
            };
            self.handle(done)?;
        }
    }

    async fn receive(&mut self, goal: Goal) -> Result<(), Error<T::Error>> {
        let received = self.reach(goal).await;
        self.machine.rest();
        received
    }

    async fn read(&mut self, memory: &mut [u8]) -> Result<usize, Error<T::Error>> {
        if memory.is_empty() {
            return Ok(0);
        }
        self.machine.limit_pieces();
        self.receive(Goal::Piece).await?;
        Ok(self.machine.copy_piece(memory))
    }

    async fn reply<W>(&mut self, write: &W) -> Result<(), Error<T::Error>>
    where
        W: Fn(ResponseWriter<'_, SliceSink<'_>>) -> Result<Replied, ResponseError>,
    {
        let mut written = self.hooks.write_reply(&mut self.machine, self.clock, write);
        if written == Err(ResponseError::NoRoom) && self.machine.has_output() {
            self.reach(Goal::Room).await?;
            written = self.hooks.write_reply(&mut self.machine, self.clock, write);
        }
        written.map_err(Error::Response)
    }

    async fn send_content(&mut self, octets: &[u8]) -> Result<(), Error<T::Error>> {
        let frame = self.machine.begin_piece(octets.len())?;
        if frame.is_sent() {
            self.send_piece([frame.before(), octets, frame.behind()]).await?;
        }
        self.machine.end_piece();
        Ok(())
    }

    async fn send_piece(&mut self, parts: [&[u8]; 3]) -> Result<(), Error<T::Error>> {
        if self.machine.put(&parts).is_ok() {
            return Ok(());
        }
        if self.machine.could_put(&parts) {
            return self.put(&parts).await;
        }
        let [before, octets, behind] = parts;
        self.put(&[before]).await?;
        self.reach(Goal::Room).await?;
        self.pass(octets).await?;
        self.put(&[behind]).await
    }

    /// Ends the reply.
    async fn finish(&mut self) -> Result<Answered, Error<T::Error>> {
        let end = self.machine.end_of_content()?;
        self.put(&[end]).await?;
        self.machine.handle_content_sent((self.clock)());
        Ok(Answered(()))
    }

    /// Puts all of this into the output, which may be sent before.
    async fn put(&mut self, parts: &[&[u8]]) -> Result<(), Error<T::Error>> {
        if self.machine.put(parts).is_ok() {
            return Ok(());
        }
        self.reach(Goal::Room).await?;
        self.machine.put(parts).map_err(Error::Response)
    }

    /// Sends octets from where they lie.
    async fn pass(&mut self, mut octets: &[u8]) -> Result<(), Error<T::Error>> {
        self.machine.begin_to_pass(octets.len(), (self.clock)());
        while !octets.is_empty() {
            let within = self.machine.check((self.clock)())?;
            let written = until(self.alarm, within, self.transport.write(octets)).await;
            if let Some(Ok(sent)) = written {
                octets = octets.get(sent..).unwrap_or_default();
            }
            self.handle(written.map(|written| written.map(|sent| Done::Passed { sent, unsent: octets.len() })))?;
        }
        Ok(())
    }

    /// What came of a step; nothing in time.
    fn handle(&mut self, done: Option<Result<Done, T::Error>>) -> Result<(), Error<T::Error>> {
        let now = (self.clock)();
        match done {
            None => self.machine.handle_timeout(now),
            Some(Ok(done)) => self.machine.handle(done, now),
            Some(Err(error)) => match error.kind() {
                ErrorKind::Interrupted => {}
                ErrorKind::TimedOut => self.machine.handle_timeout(now),
                _ => return Err(Error::Transport(error)),
            },
        }
        Ok(())
    }
}

impl<T> fmt::Debug for Exchange<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = self.link.machine.request(&self.head);
        formatter.debug_struct("Exchange").field("request", &request).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Body<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Body").finish_non_exhaustive()
    }
}

/// Something that rings, whatever future it is made of.
trait Alarm {
    /// Has it ring after so long a time, or never.
    fn set(&mut self, after: Option<Duration>);
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()>;
}

struct Sleeping<'a, S, F> {
    sleep: S,
    sleeping: Pin<&'a mut Option<F>>,
}

impl<S: Fn(Duration) -> F, F: Future<Output = ()>> Alarm for Sleeping<'_, S, F> {
    fn set(&mut self, after: Option<Duration>) {
        self.sleeping.set(after.map(&self.sleep));
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.sleeping.as_mut().as_pin_mut().map_or(Poll::Pending, |sleeping| sleeping.poll(context))
    }
}

/// What a future comes to, or nothing where that takes too long.
async fn until<F: Future>(alarm: &mut dyn Alarm, within: Option<Duration>, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    alarm.set(within);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => alarm.poll(context).map(|()| None),
    })
    .await
}
