//! Request and response heads: parsed once, to offsets; lazy readers over them.
//!
//! [`RequestHead::parse`] is for a head that is there as a whole, [`RequestParser`] for one that comes in pieces. Both
//! are strict: what two implementations could read in two ways is refused, since a server that disagrees with the proxy
//! before it about where a message ends is a way in.

mod authority;
mod careful;
mod conditions;
mod connection_options;
mod cookies;
mod date;
mod diagnose;
#[cfg(test)]
mod differential_tests;
mod end_to_end;
mod entity_tag;
mod error;
mod field;
mod known;
mod limits;
mod lines;
mod list;
mod lossy;
mod media_type;
mod method;
mod pairs;
mod parse;
mod parser;
mod path;
mod percent;
mod query;
mod range;
#[cfg(test)]
mod reader_tests;
mod request;
mod response;
mod scanner;
mod section;
mod short;
mod status;
mod target;
#[cfg(test)]
mod tests;
mod version;

pub use authority::{Authority, HostError};
pub use conditions::{Condition, Validators};
pub(crate) use connection_options::ConnectionOptions;
pub use cookies::{Cookie, Cookies};
pub use date::parse_date;
pub(crate) use date::{DAYS, LAST_SECOND, MONTHS, civil};
pub(crate) use diagnose::FirstLine;
pub use end_to_end::{EndToEndFields, TooManyConnectionOptions};
pub use entity_tag::EntityTag;
pub use error::{HeadError, HeadErrorKind};
pub use field::{Field, FieldSpan, Fields};
pub(crate) use known::{KnownFields, Occurrence};
pub use limits::HeadLimits;
pub(crate) use lines::FieldLines;
pub(crate) use list::token;
pub use list::{Members, ParameterValue, Parameters};
pub use media_type::MediaType;
pub use method::Method;
pub use pairs::{Pair, Pairs};
pub(crate) use parse::{Grammar, Section};
pub(crate) use parser::Resumable;
pub use path::{Path, Segments};
pub(crate) use percent::escaped;
pub use percent::{BrokenEscape, Decode, DecodeError, Encoded};
pub use query::Query;
pub use range::RangeRequest;
pub use request::{Request, RequestHead, RequestParser};
pub use response::{Response, ResponseHead, ResponseParser};
pub use section::FieldSection;
pub use status::Status;
pub use target::{Target, TargetError};
pub use version::Version;

/// How far a parser came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use]
pub enum Progress<T> {
    /// The whole of it was there.
    Complete(T),
    /// What is there is right so far, and more must follow.
    Incomplete,
}
