//! What becomes of a panic: the end.

use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    end()
}

/// Where there is a C library, the process is aborted.
#[cfg(any(unix, windows))]
fn end() -> ! {
    unsafe extern "C" {
        safe fn abort() -> !;
    }
    abort()
}

/// Where there is nothing, nothing goes on: what watches the machine finds it standing.
#[cfg(not(any(unix, windows)))]
fn end() -> ! {
    loop {
        core::hint::spin_loop();
    }
}
