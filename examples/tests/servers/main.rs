//! The example servers as processes.

mod demo;
mod lifetime;
mod listeners;
mod process;
mod reload;
