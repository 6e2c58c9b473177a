//! The clock.

/// Returns the nanoseconds since some fixed time in the past. It never goes back.
pub fn now() -> u64 {
    let (seconds, nanoseconds) = monotonic();
    seconds as u64 * 1_000_000_000 + nanoseconds as u64
}

/// Returns seconds, and nanoseconds behind them. The C library reads the clock: `rustix` has 2 KB of code to find out how
/// that is done without a system call.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn monotonic() -> (i64, i64) {
    use core::ffi::c_int;

    /// The structure `timespec` of C.
    #[repr(C)]
    struct Timespec {
        seconds: i64,
        nanoseconds: i64,
    }
    unsafe extern "C" {
        fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int;
    }
    let mut time = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: `time` is a `timespec` of this target, where both parts have 64 bits. The clock exists, so it is set.
    unsafe { clock_gettime(rustix::time::ClockId::Monotonic as c_int, &mut time) };
    (time.seconds, time.nanoseconds)
}

/// Returns seconds, and nanoseconds behind them.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
fn monotonic() -> (i64, i64) {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    (time.tv_sec as i64, time.tv_nsec as i64)
}
