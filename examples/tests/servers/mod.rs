//! What each of the example servers does as a process.

mod demo;
mod faults;
mod files;
mod lifetime;
mod listeners;
mod reload;
