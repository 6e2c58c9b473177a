//! What a command needs of the system: its start and end, a heap, files, and words for errors. The standard library
//! has all of that, but brings some 300 KB along (docs/journal/size.md); so this is made of the C library, which is linked
//! anyway, and of system calls.
//!
//! 1. `start`: from C's `main` to ours, which [`start!`] names;
//! 2. `heap`: the heap, and what becomes of the program when there is no memory;
//! 3. `bare`: the end after a panic. Not there if the program has the standard library after all: with
//!    the feature `std`, or elsewhere than on Linux, or where panics unwind, as in tests;
//! 4. `files`: reading and writing, the clock; `hosted` is the same where there is no Unix;
//! 5. `threads`: work on several at once;
//! 6. `error`: what went wrong there; `float`: numbers from text and to text; `address`: addresses from text.
//!
//! This crate is where the command is `unsafe`, so that the command itself is not.
//!
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![deny(missing_docs)]

extern crate alloc;
#[cfg(any(feature = "std", not(target_os = "linux"), not(panic = "abort")))]
extern crate std;

#[cfg(unix)]
mod address;
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
mod start;
#[cfg(unix)]
mod threads;

#[cfg(unix)]
pub use address::parse_socket_address;
#[cfg(unix)]
pub use error::Error;
#[cfg(unix)]
pub use files::{Stream, map_file, now, read_file, read_stdin, streams, write_file};
#[cfg(unix)]
pub use float::{parse_f32, parse_f64, print_f32, print_f64};
#[cfg(unix)]
pub use heap::with_allocation_errors;
#[cfg(not(unix))]
pub use hosted::{
    Error, Stream, end, environment, map_file, now, parse_f32, parse_f64, parse_socket_address, print_f32, print_f64,
    processors, read_file, read_stdin, run_on_threads, spawn, start, wait_for_end, with_allocation_errors, write_file,
};
#[cfg(unix)]
pub use start::environment;
#[cfg(unix)]
#[doc(hidden)]
pub use start::start;
#[cfg(unix)]
pub use threads::{end, processors, run_on_threads, spawn, wait_for_end};

/// Makes a function the program's start: `fn(Vec<&'static [u8]>) -> i32`, from arguments without the program's name to
/// the exit status. The program's main file says `#![no_std]`, and on Unix `#![no_main]`.
#[cfg(unix)]
#[macro_export]
macro_rules! start {
    ($main:path) => {
        // SAFETY: this is the program's one function of that name, and has the type that C gives it.
        #[unsafe(no_mangle)]
        extern "C" fn main(argc: core::ffi::c_int, argv: *const *const core::ffi::c_char) -> core::ffi::c_int {
            // SAFETY: the C library calls this once, before there are threads, with arguments that stay.
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
