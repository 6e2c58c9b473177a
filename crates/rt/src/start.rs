//! From the C library's start to the program's.

use alloc::vec::Vec;
use core::ffi::{CStr, c_char, c_int};

use rustix::fs::{CWD, Mode, OFlags};

unsafe extern "C" {
    fn signal(signal: c_int, handler: usize) -> usize;
}

const SIGPIPE: c_int = 13;
const SIG_IGN: usize = 1;

/// Calls `main` with the program's arguments; returns the exit status.
///
/// # Safety
///
/// `argv` has `argc` strings, which stay where they are and as they are. There is one thread.
pub unsafe fn start(argc: c_int, argv: *const *const c_char, main: fn(Vec<&'static [u8]>) -> i32) -> c_int {
    // Writing to a closed pipe is an error, not the end: programs of guests want to know.
    // SAFETY: no handler of anybody's is replaced yet.
    unsafe { signal(SIGPIPE, SIG_IGN) };
    open_streams();
    let mut args = Vec::new();
    for i in 1..usize::try_from(argc).unwrap_or(0) {
        // SAFETY: `i` is less than `argc`, and the string stays.
        args.push(unsafe { CStr::from_ptr(*argv.add(i)) }.to_bytes());
    }
    main(args)
}

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// The variables of the environment, each `NAME=VALUE`.
pub fn environment() -> impl Iterator<Item = &'static [u8]> {
    // SAFETY: nothing in this program sets variables, so the list stays as the C library found it.
    let mut next = unsafe { environ };
    core::iter::from_fn(move || {
        // SAFETY: a list may be missing, and ends with a null pointer, beyond which `next` never gets; its strings stay.
        unsafe {
            if next.is_null() || (*next).is_null() {
                return None;
            }
            let variable = CStr::from_ptr(*next).to_bytes();
            next = next.add(1);
            Some(variable)
        }
    })
}

/// Opens `/dev/null` as each of the first three descriptors that is closed: the next file to be opened would get its
/// number, and what is printed would end up in it.
fn open_streams() {
    loop {
        // The lowest number that is free.
        let Ok(null) = rustix::fs::openat(CWD, c"/dev/null", OFlags::RDWR, Mode::empty()) else { return };
        if rustix::fd::AsRawFd::as_raw_fd(&null) > 2 {
            return;
        }
        core::mem::forget(null);
    }
}
