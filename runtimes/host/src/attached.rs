use crate::{Ending, content::Content, done::DoneHooks, takeover::Takeover};

/// What belongs to a reply beside its head. Most have nothing, and take no more room than that.
#[derive(Debug, Default)]
pub(crate) struct Attached(Option<Box<Parts>>);

/// What there may be.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) content: Option<Content>,
    pub(crate) takeover: Option<Takeover>,
    pub(crate) done: DoneHooks,
}

impl Attached {
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
        self.0.as_mut().map(|parts| std::mem::take(&mut parts.done)).unwrap_or_default()
    }

    /// Forgets what belonged to a reply that is taken back. What is to be done in the end stays.
    pub(crate) fn clear(&mut self) {
        if let Some(parts) = &mut self.0 {
            (parts.content, parts.takeover) = (None, None);
        }
    }

    /// How much memory of the application's it takes, as far as that is known.
    pub(crate) fn weight(&self) -> usize {
        self.0.as_ref().and_then(|parts| parts.content.as_ref()).map_or(0, Content::weight)
    }

    /// All of it, where there is anything.
    pub(crate) fn into_parts(self) -> Option<Box<Parts>> {
        self.0
    }

    fn parts(&mut self) -> &mut Parts {
        self.0.get_or_insert_default()
    }
}
