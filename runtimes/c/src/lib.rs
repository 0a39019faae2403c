//! The C interface of pronto; `include/pronto.h` is its documentation, and what it promises is written there.
//!
//! All of `unsafe` is what a border needs: memory is read and written through pointers that C hands in, in [`border`] and
//! nowhere else. Behind it everything is safe code over slices, and the engine's own. What C promises with each pointer is
//! what C always promises: that it is NULL, or points to what its type and the lengths beside it say, aligned, not changed
//! by anybody else during the call, and apart from what else the call writes to.
//!
//! It needs no `std`, no allocator and, on a machine without an operating system, no C library but the memory routines that
//! compilers call. Nothing is known to panic; if something did, the process would end (`panic = "abort"`), and not unwind
//! into C.

#![cfg_attr(not(test), no_std)]

pub mod border;
pub mod chunked;
pub mod content;
pub mod error;
pub mod field;
pub mod heads;
#[cfg(not(test))]
mod panic;
pub mod partial;
pub mod picohttpparser;
pub mod reply;
