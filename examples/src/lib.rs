//! What the example servers share: the demo application and the command line.

#![forbid(unsafe_code)]

pub mod arguments;
pub mod demo;
mod serving;

pub use serving::serve;
