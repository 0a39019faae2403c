//! Request and response heads: parsed once, to offsets; lazy readers over them.

mod error;
mod field;
mod method;
mod request;
mod status;
mod version;

pub use error::{HeadError, HeadErrorKind};
pub use field::{Field, FieldSpan, Fields, KnownFields, Occurrence};
pub use method::Method;
pub use request::{Progress, Request, RequestHead};
pub use status::Status;
pub use version::Version;
