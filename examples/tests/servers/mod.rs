//! What each of the example servers does as a process.

mod demo;
mod files;
mod lifetime;
mod listeners;
mod reload;
