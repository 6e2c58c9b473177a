//! The clocks of the system. On Linux with 64 bits, the C library reads them: `rustix` has 2 KB of code to find out how
//! that is done without a system call.

use rustix::time::ClockId;

/// Returns the time of a clock: seconds, and nanoseconds behind them.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[inline(never)]
pub fn clock_time(clock: ClockId) -> (i64, u64) {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for writes. The clocks that `ClockId` names exist, so it is set.
    unsafe { libc::clock_gettime(clock as libc::clockid_t, &mut time) };
    (time.tv_sec, time.tv_nsec as u64)
}

/// Returns the time of a clock: seconds, and nanoseconds behind them.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub fn clock_time(clock: ClockId) -> (i64, u64) {
    let time = rustix::time::clock_gettime(clock);
    (time.tv_sec.into(), time.tv_nsec as u64)
}
