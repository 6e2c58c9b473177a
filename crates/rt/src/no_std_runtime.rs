//! What every program must have that does without the standard library, beside a heap: an end after a panic.

use core::panic::PanicInfo;

use crate::Stream;

unsafe extern "C" {
    fn abort() -> !;
}

/// The libraries `core` and `alloc` come compiled for panics that unwind. Tables of theirs name this function; nothing
/// reads them, and `crates/cli/layout.ld` leaves them out.
// SAFETY: only the standard library has a function of that name, and it is not linked.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// Functions of theirs end in a call of this one after they have cleaned up for a panic that passes through. None does.
// SAFETY: only the unwinder has a function of that name, and it is not linked.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    // SAFETY: it takes nothing and does not return.
    unsafe { abort() }
}

/// Says that this is a fault of the program, and with the feature `panic-messages` which, then aborts.
#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    said(info);
    // SAFETY: it takes nothing and does not return.
    unsafe { abort() }
}

#[cfg(feature = "panic-messages")]
fn said(info: &PanicInfo<'_>) {
    use core::fmt::Write;
    let mut stderr = Stream::Error;
    let _ = match info.location() {
        Some(at) => writeln!(stderr, "panicked at {}:{}: {}", at.file(), at.line(), info.message()),
        None => writeln!(stderr, "panicked: {}", info.message()),
    };
}

/// Nothing is read of where and why, so that the linker's optimiser takes both out of each place that could panic.
#[cfg(not(feature = "panic-messages"))]
fn said(_: &PanicInfo<'_>) {
    let _ = Stream::Error.write(b"panicked: built with the feature `panic-messages`, it says where\n");
}
