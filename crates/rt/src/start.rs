//! Starts the program from the C function `main`.

use alloc::vec::Vec;
use core::ffi::{CStr, c_char, c_int};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::BorrowedFd;
use rustix::fs::{CWD, Mode, OFlags};

unsafe extern "C" {
    fn signal(signal: c_int, handler: usize) -> usize;
}

const SIGPIPE: c_int = 13;
const SIG_IGN: usize = 1;

/// Calls `main` with the program's arguments, and returns the exit status.
///
/// # Safety
///
/// `argv` must have `argc` strings that stay valid and unchanged until the program ends. There must be no other thread.
pub unsafe fn start(argc: c_int, argv: *const *const c_char, main: fn(Vec<&'static [u8]>) -> i32) -> c_int {
    // A write to a closed pipe becomes an error instead of a signal that ends the process. Guests must see that error.
    // SAFETY: the caller guarantees that there is no other thread. The program has just started, so no handler is lost.
    unsafe { signal(SIGPIPE, SIG_IGN) };
    open_streams();
    let mut args = Vec::new();
    for i in 1..usize::try_from(argc).unwrap_or(0) {
        // SAFETY: `i` is less than `argc`, and the caller guarantees that many valid strings.
        args.push(unsafe { CStr::from_ptr(*argv.add(i)) }.to_bytes());
    }
    main(args)
}

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// Returns the variables of the environment, each as `NAME=VALUE`.
pub fn environment() -> impl Iterator<Item = &'static [u8]> {
    // SAFETY: nothing in this program sets variables, so `environ` does not change while it is read.
    let mut next = unsafe { environ };
    core::iter::from_fn(move || {
        // SAFETY: `environ` is null or a list that ends with a null pointer. `next` is only advanced past entries that
        // are not null. The strings stay valid, because nothing sets variables.
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

/// Opens `/dev/null` in place of each standard stream that is closed. Otherwise the next opened file would get its
/// number, and output would end up in that file.
fn open_streams() {
    let mut streams = [0, 1, 2].map(|number| {
        // SAFETY: the number is only passed to `poll`, which says whether it is one of an open file. Nothing closes
        // the files meanwhile, because there is no other thread.
        PollFd::from_borrowed_fd(unsafe { BorrowedFd::borrow_raw(number) }, PollFlags::empty())
    });
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    let is_open = |stream: &PollFd<'_>| !stream.revents().contains(PollFlags::NVAL);
    if poll(&mut streams, Some(&now)).is_ok() && streams.iter().all(is_open) {
        return;
    }
    loop {
        // The system assigns the lowest free number.
        let Ok(null) = rustix::fs::openat(CWD, c"/dev/null", OFlags::RDWR, Mode::empty()) else { return };
        if rustix::fd::AsRawFd::as_raw_fd(&null) > 2 {
            return;
        }
        core::mem::forget(null);
    }
}
