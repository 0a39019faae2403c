//! What each of the example servers does as a process.

mod demo;
mod lifetime;
mod listeners;
mod reload;
