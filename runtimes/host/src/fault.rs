use std::{error::Error, fmt};

use crate::{BadContent, ContentError, guarded::guard};

/// An error of any type, on its way from a handler to whoever turns it into a reply: [`App::on_error`](crate::App::on_error),
/// or the defaults. `?` makes one of every error that can be sent between threads.
pub struct Fault(Box<dyn Error + Send + Sync>);

impl Fault {
    /// An error that is only words.
    pub fn words(words: impl Into<String>) -> Self {
        Self(words.into().into())
    }

    /// The error.
    pub fn error(&self) -> &(dyn Error + 'static) {
        &*self.0
    }

    /// What it says, or that it panics when it is asked: its words are the application's, too.
    pub(crate) fn told(&self) -> String {
        guard(|| self.to_string()).unwrap_or_else(|panic| panic.to_string())
    }

    /// Whether it tells what is wrong with a request, or its time, and not with its handler: the server finds it itself.
    pub(crate) fn is_about_the_request(&self) -> bool {
        let error = self.error();
        error.is::<NotFound>()
            || error.is::<MethodNotAllowed>()
            || error.is::<NotImplemented>()
            || error.is::<UpgradeRequired>()
            || error.is::<Forbidden>()
            || error.is::<Overloaded>()
            || error.is::<Cancelled>()
            || error.is::<ContentError>()
            || error.is::<BadContent>()
    }

    /// The error, where it is of this type.
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.error().downcast_ref()
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// No route has the request's path. Answered 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFound;

/// Routes have the request's path, but none of them its method. Answered 405.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodNotAllowed {
    /// The methods that would be, for the field Allow, which the reply needs (RFC 9110 15.5.6).
    pub allow: String,
}

/// No route of the application knows the request's method. Answered 501.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotImplemented;

/// The request does not offer the protocol that its handler upgrades to, or its connection is about to close. Answered 426.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpgradeRequired {
    /// The protocol, which the reply must name (RFC 9110 15.5.22).
    pub protocol: String,
}

/// What is asked for is there, and not for whoever asks, or for anybody. Answered 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forbidden;

/// Something is short that is needed for an answer, descriptors most likely. Answered 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overloaded;

/// The server ends, and the request was not answered in time. Answered 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

/// A handler panicked. Answered 500.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked(pub String);

/// A [`Deferred`](crate::Deferred) was dropped without an answer, or a handler has returned the proof that another request was
/// answered. Answered 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unanswered;

macro_rules! error {
    ($($type:ident, $words:literal;)*) => {
        $(impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str($words)
            }
        }

        impl Error for $type {})*
    };
}

error! {
    NotFound, "Not Found";
    Forbidden, "Forbidden";
    Overloaded, "Service Unavailable";
    MethodNotAllowed, "Method Not Allowed";
    NotImplemented, "Not Implemented";
    UpgradeRequired, "Upgrade Required";
    Cancelled, "Service Unavailable";
    Unanswered, "no reply was given";
}

impl fmt::Display for Panicked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "panicked: {}", self.0)
    }
}

impl Error for Panicked {}
