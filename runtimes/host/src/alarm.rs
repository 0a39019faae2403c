use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Wake,
};

use crate::{ClientKey, Mailbox, Message};

/// Tells a worker that one future of one of its connections can go on.
///
/// A connection has as many as it has futures that wait, so that one which can go on does not have all the others polled.
#[derive(Debug)]
pub(crate) struct Alarm {
    mailbox: Arc<Mailbox>,
    client: ClientKey,
    rung: AtomicBool,
}

impl Alarm {
    /// One that rings from the start: its future has never been polled.
    pub(crate) fn rung(mailbox: &Arc<Mailbox>, client: ClientKey) -> Arc<Self> {
        Arc::new(Self { mailbox: Arc::clone(mailbox), client, rung: AtomicBool::new(true) })
    }

    /// Whether it rang since this was last asked.
    pub(crate) fn take(&self) -> bool {
        self.rung.load(Ordering::Relaxed) && self.rung.swap(false, Ordering::AcqRel)
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.mailbox.send(Message::Wake(self.client));
        }
    }
}
