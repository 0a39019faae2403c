//! Handlers, the router, and the driver that joins the engine, a buffer and a handler.

mod driver;
mod pattern;
mod router;
#[cfg(test)]
mod router_tests;

pub use driver::{Admission, Driven, Driver, Outcome, Room, Service, Stop};
pub use pattern::{Params, Pattern, PatternError};
pub use router::{Allow, Methods, Route, Routing, Untaken, find, take};
