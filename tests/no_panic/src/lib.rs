//! Every public entry point of the core that octets, times or replies reach, given arguments of which nothing is known.
//!
//! The panic handler calls a function that nobody has. So the library links only if the optimiser has found that there is no
//! way to a panic: no index that could be out of bounds, no `unwrap` of nothing, no overflow that is checked.
//!
//! Not here is what a program says about itself before it serves, and may have wrong: `Methods::and` for a ninth method without
//! a name. Nor is what shows values for people, `Debug` and `Display`, which goes through `core::fmt`.

#![no_std]

mod connection;
mod content;
mod framing;
mod heads;
mod readers;
mod request;
mod response;
mod serve;
mod service;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        safe fn the_core_can_panic() -> !;
    }
    the_core_can_panic()
}

/// The precompiled core library names it, but nothing unwinds here, so nothing calls it.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
