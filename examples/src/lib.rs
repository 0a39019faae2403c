//! What the example servers share: the demo application and the command line; what those answer that have loops of their own.

#![forbid(unsafe_code)]

pub mod arguments;
pub mod demo;
pub mod echo;
mod serving;

pub use serving::serve;

/// The examples of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
