//! A stack of a known size, in place of the one that the kernel made, and how much of it was used.

use core::{arch::naked_asm, cell::UnsafeCell, ptr};

/// 8 KiB, but for the little that lies elsewhere: `.ci/freestanding` adds it up.
pub const SIZE: usize = 8 * 1024 - 64;

#[repr(align(16))]
struct Stack(UnsafeCell<[u8; SIZE]>);

// SAFETY: there is one thread.
unsafe impl Sync for Stack {}

static STACK: Stack = Stack(UnsafeCell::new([0; SIZE]));

/// What no frame holds everywhere.
const PAINT: u8 = 0xa5;

/// Calls a function on that stack, and says how many octets of it were touched.
pub fn run(function: extern "C" fn() -> i32) -> (i32, usize) {
    let bottom = STACK.0.get().cast::<u8>();
    // SAFETY: all of the stack is ours, and nobody is on it.
    unsafe { ptr::write_bytes(bottom, PAINT, SIZE) };
    // SAFETY: the top is within the stack's bounds or one behind, and aligned, since the size is a multiple of 16.
    let code = unsafe { call_on(bottom.add(SIZE), function) };
    let untouched = (0..SIZE).take_while(|&offset| {
        // SAFETY: the offset is below the size; nobody is on the stack any more.
        unsafe { bottom.add(offset).read_volatile() == PAINT }
    });
    (code, SIZE - untouched.count())
}

/// # Safety
/// Nothing else is on the stack that ends at `top`, which is aligned to 16 octets.
#[unsafe(naked)]
unsafe extern "C" fn call_on(top: *mut u8, function: extern "C" fn() -> i32) -> i32 {
    naked_asm!("push rbp", "mov rbp, rsp", "mov rsp, rdi", "call rsi", "mov rsp, rbp", "pop rbp", "ret")
}
