//! What the benches of pronto share: requests to measure with, and the parsers that are measured.

pub mod chunked;
pub mod corpora;
pub mod engine;
pub mod parsers;
pub mod picohttpparser;
