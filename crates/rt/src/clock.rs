//! The clocks of the system. On Linux with 64 bits, the C library reads them: `rustix` has 2 KB of code to find out how
//! that is done without a system call.

use rustix::time::ClockId;

/// Returns the time of a clock: seconds, and nanoseconds behind them.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub fn clock_time(clock: ClockId) -> (i64, u64) {
    use core::ffi::{c_int, c_long};

    /// The structure `timespec` of C.
    #[repr(C)]
    struct Timespec {
        seconds: c_long,
        nanoseconds: c_long,
    }
    unsafe extern "C" {
        fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int;
    }
    let mut time = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: `time` is a `timespec` of this target, where both parts have 64 bits. The clocks that `ClockId` names
    // exist, so it is set.
    unsafe { clock_gettime(clock as c_int, &mut time) };
    (time.seconds, time.nanoseconds as u64)
}

/// Returns the time of a clock: seconds, and nanoseconds behind them.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub fn clock_time(clock: ClockId) -> (i64, u64) {
    let time = rustix::time::clock_gettime(clock);
    (time.tv_sec.into(), time.tv_nsec as u64)
}
