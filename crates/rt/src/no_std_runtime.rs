//! What a program without the standard library needs besides a heap: a panic handler.

use core::panic::PanicInfo;

use crate::Stream;

unsafe extern "C" {
    fn abort() -> !;
}

/// `core` and `alloc` are compiled for panics that unwind, and their unwind tables name this function. Nothing reads
/// the tables, and `crates/cli/layout.ld` discards them.
// SAFETY: only the standard library also exports this name, and it is not linked.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// `core` and `alloc` call this function after cleaning up during an unwinding panic. Panics abort here, so it is never
/// called.
// SAFETY: only the unwinder also exports this name, and it is not linked.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    // SAFETY: `abort` takes nothing and may be called at any time.
    unsafe { abort() }
}

/// Prints that the program panicked, with the feature `panic-messages` also why and where, then aborts.
#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    print_panic(info);
    // SAFETY: `abort` takes nothing and may be called at any time.
    unsafe { abort() }
}

#[cfg(feature = "panic-messages")]
fn print_panic(info: &PanicInfo<'_>) {
    use core::fmt::Write;
    let mut stderr = Stream::Error;
    let _ = match info.location() {
        Some(at) => writeln!(stderr, "panicked at {}:{}: {}", at.file(), at.line(), info.message()),
        None => writeln!(stderr, "panicked: {}", info.message()),
    };
}

/// Does not read the message or the location, so that the optimizer removes both from every place that can panic.
#[cfg(not(feature = "panic-messages"))]
fn print_panic(_: &PanicInfo<'_>) {
    let _ = Stream::Error
        .write(b"panicked: this is a bug in wasmote. A build with the feature `panic-messages` prints where\n");
}
