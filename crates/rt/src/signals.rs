//! The signal of Ctrl-C.

use core::ffi::{c_int, c_uint};
use core::mem::transmute;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// Numbers that all Unix systems agree on.
const SIGINT: c_int = 2;
const SIGALRM: c_int = 14;
const SIG_DFL: usize = 0;

/// How long the program may take to end after the signal.
const GRACE_SECONDS: c_uint = 1;

unsafe extern "C" {
    fn signal(number: c_int, handler: usize) -> usize;
    fn raise(number: c_int) -> c_int;
    fn alarm(seconds: c_uint) -> c_uint;
}

/// A `fn()`, or null.
static ACTION: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Calls `action` at the first Ctrl-C, instead of ending the program. It runs in a signal handler, so it may only do what
/// is allowed there. A second Ctrl-C ends the program, and so does a program that has not ended after a second.
pub fn on_interrupt(action: fn()) {
    ACTION.store(action as *mut (), Ordering::Relaxed);
    // SAFETY: the handler only does what signal handlers may do.
    unsafe { signal(SIGINT, on_signal as *const () as usize) };
}

/// Returns whether the first Ctrl-C came. The program then has no more time limit.
pub fn interrupted() -> bool {
    let interrupted = INTERRUPTED.load(Ordering::Relaxed);
    if interrupted {
        // SAFETY: this only stops a timer.
        unsafe { alarm(0) };
    }
    interrupted
}

extern "C" fn on_signal(_: c_int) {
    let action = ACTION.load(Ordering::Relaxed);
    INTERRUPTED.store(true, Ordering::Relaxed);
    // SAFETY: signal handlers may call these functions.
    unsafe {
        signal(SIGINT, SIG_DFL);
        signal(SIGALRM, on_alarm as *const () as usize);
        alarm(GRACE_SECONDS);
    }
    if !action.is_null() {
        // SAFETY: only `on_interrupt` stores there, and it stores a `fn()`.
        unsafe { transmute::<*mut (), fn()>(action)() };
    }
}

extern "C" fn on_alarm(_: c_int) {
    // SAFETY: signal handlers may call it. The signal's disposition is the default since `on_signal`.
    unsafe { raise(SIGINT) };
}
