//! The little that a program needs from the machine: an entry, three system calls, and the memory routines that the
//! compiler may call. Linux on x86-64.

#![allow(dead_code)] // Not every program needs all of it.

use core::arch::{asm, naked_asm};

/// Where the kernel enters: the stack is aligned as the ABI of a called function wants it, and `start` never returns.
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    naked_asm!("xor ebp, ebp", "and rsp, -16", "call {start}", "ud2", start = sym start)
}

extern "C" fn start() -> ! {
    exit(crate::run())
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    exit(101)
}

/// The precompiled core library names it, but nothing unwinds here, so nothing calls it.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// Writes to the standard output, as far as it takes it in one call.
pub fn write(octets: &[u8]) -> isize {
    write_to(1, octets)
}

/// Writes to a descriptor, as far as it takes it in one call: how many octets, or an error below 0.
pub fn write_to(descriptor: i32, octets: &[u8]) -> isize {
    let result;
    // SAFETY: write(2) reads `octets.len()` octets from `octets`, and changes nothing but the registers named.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") 1_isize => result,
            in("rdi") descriptor,
            in("rsi") octets.as_ptr(),
            in("rdx") octets.len(),
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack, readonly),
        );
    }
    result
}

/// Reads from the standard input: how many octets, 0 at its end, or an error below 0.
pub fn read(buffer: &mut [u8]) -> isize {
    let result;
    // SAFETY: read(2) writes up to `buffer.len()` octets to `buffer`, and changes nothing but the registers named.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") 0_isize => result,
            in("rdi") 0,
            in("rsi") buffer.as_mut_ptr(),
            in("rdx") buffer.len(),
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// Ends the program.
pub fn exit(code: i32) -> ! {
    // SAFETY: exit(2) does not return.
    unsafe { asm!("syscall", in("rax") 60, in("rdi") code, options(noreturn, nostack)) }
}

/// # Safety
/// As for C's `memcpy`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the caller vouches for both ranges; the ABI keeps the direction flag clear.
    unsafe {
        asm!("rep movsb", inout("rcx") count => _, inout("rdi") to => _, inout("rsi") from => _, options(nostack, preserves_flags));
    }
    to
}

/// # Safety
/// As for C's `memmove`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    if (to as usize).wrapping_sub(from as usize) >= count {
        // SAFETY: a forward copy never overwrites what it has yet to read; the ranges are the caller's.
        return unsafe { memcpy(to, from, count) };
    }
    // SAFETY: a backward copy from the last octet, with the direction flag set and cleared again. `count` is not 0
    // here, since nothing is below 0.
    unsafe {
        asm!(
            "std", "rep movsb", "cld",
            inout("rcx") count => _,
            inout("rdi") to.wrapping_add(count).wrapping_sub(1) => _,
            inout("rsi") from.wrapping_add(count).wrapping_sub(1) => _,
            options(nostack),
        );
    }
    to
}

/// # Safety
/// As for C's `memset`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, octet: i32, count: usize) -> *mut u8 {
    // SAFETY: the caller vouches for the range.
    unsafe {
        asm!("rep stosb", inout("rcx") count => _, inout("rdi") to => _, in("al") octet as u8, options(nostack, preserves_flags));
    }
    to
}

/// # Safety
/// As for C's `memcmp`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, count: usize) -> i32 {
    for offset in 0..count {
        // SAFETY: `offset` is below `count`, for which the caller vouches.
        let (left, right) = unsafe { (left.add(offset).read_volatile(), right.add(offset).read_volatile()) };
        if left != right {
            return i32::from(left) - i32::from(right);
        }
    }
    0
}

/// # Safety
/// As for `bcmp`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, count: usize) -> i32 {
    // SAFETY: the same contract.
    unsafe { memcmp(left, right, count) }
}
