//! Takes the interpreter's lock for code that wasm calls.

use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

/// Runs `body` with the interpreter's lock. Returns `None` if the interpreter has ended.
///
/// An interpreter up to 3.13 that ends while a daemon thread runs Python code unwinds the thread's stack, without the lock. What
/// Rust drops then needs the lock. So the thread stops for ever instead, as newer interpreters make it do.
pub fn attach<R>(body: impl FnOnce(Python<'_>) -> R) -> Option<R> {
    struct StopAtUnwind;
    impl Drop for StopAtUnwind {
        fn drop(&mut self) {
            // A panic of Rust is another kind of unwinding, and passes.
            while !thread::panicking() {
                thread::sleep(Duration::from_secs(3600));
            }
        }
    }
    Python::try_attach(|py| {
        let stop = StopAtUnwind;
        let result = body(py);
        std::mem::forget(stop);
        result
    })
}
