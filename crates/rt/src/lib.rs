//! What a command needs from the operating system: start and end, a heap, files, threads and error messages. The
//! standard library has all of that but adds some 300 KB (docs/journal/size.md). This crate uses system calls and the C
//! library, which is linked anyway.
//!
//! 1. `start`: from the C function `main` to the program's own, which [`start!`] names;
//! 2. `heap`: the heap, and what happens when there is no memory;
//! 3. `no_std_runtime`: the panic handler. It is left out where the standard library is linked: with the feature `std`,
//!    on systems other than Linux, and where panics unwind, as in tests;
//! 4. `files`: reading and writing; `clock`: the time; `hosted` replaces all modules on systems other than Unix;
//! 5. `threads`: work on several threads at once;
//! 6. `signals`: Ctrl-C;
//! 7. `error`: errors of the system; `float`: parses and prints numbers; `address`: parses addresses.
//!
//! The `unsafe` code of the command is in this crate, so that the command itself has none.
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![deny(missing_docs)]

extern crate alloc;
#[cfg(any(feature = "std", not(target_os = "linux"), not(panic = "abort")))]
extern crate std;

#[cfg(unix)]
mod address;
#[cfg(unix)]
mod clock;
#[cfg(unix)]
mod error;
#[cfg(unix)]
mod files;
#[cfg(unix)]
mod float;
#[cfg(unix)]
mod heap;
#[cfg(not(unix))]
mod hosted;
#[cfg(not(any(feature = "std", not(target_os = "linux"), not(panic = "abort"))))]
mod no_std_runtime;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod start;
#[cfg(unix)]
mod threads;

#[cfg(unix)]
pub use address::parse_socket_address;
#[cfg(unix)]
pub use clock::now;
#[cfg(unix)]
pub use error::Error;
#[cfg(unix)]
pub use files::{OutputFile, Stream, map_file, read_file, read_stdin, streams, write_file};
#[cfg(unix)]
pub use float::{parse_f32, parse_f64, print_f32, print_f64};
#[cfg(unix)]
pub use heap::with_allocation_errors;
#[cfg(not(unix))]
pub use hosted::{
    Error, OutputFile, Stream, end, environment, interrupted, map_file, now, on_interrupt, parse_f32, parse_f64,
    parse_socket_address, print_f32, print_f64, processors, read_file, read_stdin, run_on_threads, sleep, spawn, start,
    wait_for_end, with_allocation_errors, write_file,
};
#[cfg(unix)]
pub use signals::{interrupted, on_interrupt};
#[cfg(unix)]
pub use start::environment;
#[cfg(unix)]
#[doc(hidden)]
pub use start::start;
#[cfg(unix)]
pub use threads::{end, processors, run_on_threads, sleep, spawn, wait_for_end};

/// Makes a function the program's start: `fn(Vec<&'static [u8]>) -> i32`, from arguments without the program's name to
/// the exit status. The program's main file says `#![no_std]`, and on Unix `#![no_main]`.
#[cfg(unix)]
#[macro_export]
macro_rules! start {
    ($main:path) => {
        // SAFETY: this is the only function named `main` that the program exports, and it has the C signature.
        #[unsafe(no_mangle)]
        extern "C" fn main(argc: core::ffi::c_int, argv: *const *const core::ffi::c_char) -> core::ffi::c_int {
            // SAFETY: the C library calls `main` once, on the only thread. Its `argv` has `argc` strings, which stay as
            // they are.
            unsafe { $crate::start(argc, argv, $main) }
        }
    };
}

/// Makes a function the program's start: `fn(Vec<&'static [u8]>) -> i32`, from arguments without the program's name to
/// the exit status. The program's main file says `#![no_std]`, and on Unix `#![no_main]`.
#[cfg(not(unix))]
#[macro_export]
macro_rules! start {
    ($main:path) => {
        fn main() {
            $crate::start($main)
        }
    };
}
