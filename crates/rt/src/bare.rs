//! What every program must have that does without the standard library, beside a heap: an end after a panic.

use core::fmt::Write;
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

/// Says where and why, then aborts.
#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    let mut stderr = Stream::Error;
    let _ = match info.location() {
        Some(at) => writeln!(stderr, "panicked at {}:{}: {}", at.file(), at.line(), info.message()),
        None => writeln!(stderr, "panicked: {}", info.message()),
    };
    // SAFETY: it takes nothing and does not return.
    unsafe { abort() }
}
