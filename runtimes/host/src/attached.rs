use pronto::response::{Replied, ResponseError};

use crate::{Answer, Answered, Ending, content::Content, done::DoneHooks, takeover::Takeover};

/// What becomes of a reply, and what belongs to it beside its head. Most have nothing, and take no more room than that.
#[derive(Debug, Default)]
pub(crate) struct Attached {
    replied: Option<Replied>,
    is_put_off: bool,
    parts: Option<Box<Parts>>,
}

/// What a handler has done with a reply.
#[derive(Debug)]
pub(crate) enum Made {
    Written(Replied),
    PutOff,
}

/// What there may be.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) content: Option<Content>,
    pub(crate) takeover: Option<Takeover>,
    pub(crate) done: DoneHooks,
}

impl Attached {
    /// Notes that the reply was written, if it was. What handlers return is only the proof of it, which takes no room.
    #[inline]
    pub(crate) fn written(&mut self, replied: Result<Replied, ResponseError>) -> Answer {
        self.replied = Some(replied?);
        Ok(Answered(()))
    }

    /// Notes that the reply was put off.
    pub(crate) const fn put_off(&mut self) -> Answered {
        self.is_put_off = true;
        Answered(())
    }

    /// What was done with the reply.
    #[inline]
    pub(crate) fn take_made(&mut self) -> Option<Made> {
        match self.replied.take() {
            Some(replied) => Some(Made::Written(replied)),
            None => self.is_put_off.then_some(Made::PutOff),
        }
    }

    /// Content that is sent from where it lies.
    pub(crate) fn set_content(&mut self, content: Content) {
        self.parts().content = Some(content);
    }

    /// A handler that takes the connection over.
    pub(crate) fn set_takeover(&mut self, takeover: Takeover) {
        self.parts().takeover = Some(takeover);
    }

    /// Something that is to be done in the end.
    pub(crate) fn on_done(&mut self, hook: impl FnOnce(&Ending) + Send + 'static) {
        self.parts().done.add(hook);
    }

    /// More that is to be done in the end.
    pub(crate) fn append_done(&mut self, done: DoneHooks) {
        if !done.is_empty() {
            self.parts().done.append(done);
        }
    }

    /// What is to be done in the end, which is left to somebody else.
    pub(crate) fn take_done(&mut self) -> DoneHooks {
        self.parts.as_mut().map(|parts| std::mem::take(&mut parts.done)).unwrap_or_default()
    }

    /// Forgets what belonged to a reply that is taken back. What is to be done in the end stays.
    pub(crate) fn clear(&mut self) {
        (self.replied, self.is_put_off) = (None, false);
        if let Some(parts) = &mut self.parts {
            (parts.content, parts.takeover) = (None, None);
        }
    }

    /// How much memory of the application's it takes, as far as that is known.
    pub(crate) fn weight(&self) -> usize {
        self.parts.as_ref().and_then(|parts| parts.content.as_ref()).map_or(0, Content::weight)
    }

    /// All of it, where there is anything.
    pub(crate) fn into_parts(self) -> Option<Box<Parts>> {
        self.parts
    }

    fn parts(&mut self) -> &mut Parts {
        self.parts.get_or_insert_default()
    }
}
