use std::{error::Error, fmt};

use pronto::{
    content::{BoundaryError, MultipartError},
    head::Status,
};

use crate::ContentError;

/// Why the content of a request is not what its handler asks for. A handler that passes it on has the request answered with
/// the fitting status and these words; [`App::on_error`](crate::App::on_error) may word it otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadContent {
    /// Its media type is not the one that it must be, or cannot be read. 415.
    MediaType {
        /// The one that it must be.
        wanted: &'static str,
    },
    /// It is coded, as by compression, and nothing here decodes it. 415.
    Coding,
    /// Its charset is not known. 415.
    Charset,
    /// It is no text in its charset. 400.
    Text,
    /// A `%` in a form is not followed by two hexadecimal digits. 400.
    Escape,
    /// Its media type names no boundary for its parts. 400.
    Boundary(BoundaryError),
    /// It is no multipart content, 400, or more than its limits let through, 413.
    Multipart(MultipartError),
    /// It is no JSON, or not as it is wanted. 400.
    Json {
        /// What is wrong, and where. They may tell what was sent, up to a few words of it.
        words: String,
    },
    /// A part that was to be collected is too long. 413.
    TooLong {
        /// The most octets that were to be.
        most: usize,
    },
    /// It is elsewhere, which is no fault of the client's: an `async` handler takes it while it comes, and nobody else, and does
    /// so once. Answered as any error, 500.
    NotHere,
    /// It does not come to its end. The connection closes behind the answer.
    Incoming(ContentError),
}

impl BadContent {
    /// The status that answers it.
    pub const fn status(&self) -> Status {
        match self {
            Self::MediaType { .. } | Self::Coding | Self::Charset => Status::UNSUPPORTED_MEDIA_TYPE,
            Self::Text | Self::Escape | Self::Boundary(_) | Self::Json { .. } => Status::BAD_REQUEST,
            Self::Multipart(error) => error.status(),
            Self::TooLong { .. } => Status::CONTENT_TOO_LARGE,
            Self::NotHere => Status::INTERNAL_SERVER_ERROR,
            Self::Incoming(error) => error.status(),
        }
    }
}

impl fmt::Display for BadContent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MediaType { wanted } => write!(formatter, "the media type of the content is not {wanted}"),
            Self::Coding => formatter.write_str("the content has a coding that is not known here"),
            Self::Charset => formatter.write_str("the charset of the content is not known here"),
            Self::Text => formatter.write_str("the content is not text in its charset"),
            Self::Escape => formatter.write_str("a % in the form is not followed by two hexadecimal digits"),
            Self::Boundary(error) => error.fmt(formatter),
            Self::Multipart(error) => error.fmt(formatter),
            Self::Json { words } => formatter.write_str(words),
            Self::TooLong { most } => write!(formatter, "a part has more than {most} octets"),
            Self::NotHere => formatter.write_str("the content of the request is taken by somebody else"),
            Self::Incoming(error) => error.fmt(formatter),
        }
    }
}

impl Error for BadContent {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Boundary(error) => Some(error),
            Self::Multipart(error) => Some(error),
            Self::Incoming(error) => Some(error),
            _ => None,
        }
    }
}

impl From<BoundaryError> for BadContent {
    fn from(error: BoundaryError) -> Self {
        Self::Boundary(error)
    }
}

impl From<MultipartError> for BadContent {
    fn from(error: MultipartError) -> Self {
        Self::Multipart(error)
    }
}

impl From<ContentError> for BadContent {
    fn from(error: ContentError) -> Self {
        Self::Incoming(error)
    }
}
