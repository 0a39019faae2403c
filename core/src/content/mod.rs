//! What is in content: readers of the kinds of it that browsers send. They allocate nothing, and what they yield is where it
//! was received.
//!
//! A form comes as `application/x-www-form-urlencoded`, which [`Pairs`](crate::head::Pairs) reads, or as
//! `multipart/form-data` (RFC 7578). Of that, [`Parts`] reads what is there as a whole, and [`MultipartParser`] what comes in
//! pieces, whatever its length.

mod boundary;
mod error;
mod limits;
mod multipart;
mod part_head;
mod parts;
#[cfg(test)]
mod slow_tests;
#[cfg(test)]
mod tests;

pub use boundary::{Boundary, BoundaryError};
pub use error::MultipartError;
pub use limits::MultipartLimits;
pub use multipart::{MultipartEvent, MultipartParser, MultipartStep};
pub use part_head::PartHead;
pub use parts::{Part, Parts};
