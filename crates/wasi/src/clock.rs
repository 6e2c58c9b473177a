//! The clocks of a guest.

use core::cell::Cell;

use rustix::thread::{NanosleepRelativeResult, nanosleep};
use rustix::time::{ClockId, Timespec, clock_getres};
use wasmote::clock_time;

use crate::abi::clock;
use crate::call::Call;
use crate::errno::Errno;

/// The clocks that a guest sees, by WASI's numbers. Clock 0 is the time since 1970, and clock 1 never goes back. Clocks
/// 2 and 3 are the CPU time of the process and of the thread.
pub trait Clocks: Send {
    /// Returns the time in nanoseconds, or `None` if there is no such clock.
    fn now(&self, clock: u32) -> Option<u64>;

    /// Returns the resolution in nanoseconds, or `None` if there is no such clock.
    fn resolution(&self, clock: u32) -> Option<u64>;

    /// Waits for this many nanoseconds of clock 1. It is not called if the store can be interrupted and time passes
    /// anyway.
    fn sleep(&mut self, nanoseconds: u64);

    /// Returns whether time passes without calls of `sleep`. If it does not, a guest that waits gets what is ready at
    /// once. Only if nothing is ready, `sleep` is called.
    fn runs(&self) -> bool {
        true
    }
}

/// The clocks of the system.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemClocks;

fn system(clock: u32) -> Option<ClockId> {
    Some(match clock {
        clock::REALTIME => ClockId::Realtime,
        clock::MONOTONIC => ClockId::Monotonic,
        clock::PROCESS_CPUTIME => ClockId::ProcessCPUTime,
        clock::THREAD_CPUTIME => ClockId::ThreadCPUTime,
        _ => return None,
    })
}

/// Clocks that all stand still at the same time, for reproducible runs. A sleep returns at once and advances them.
#[derive(Clone, Copy, Debug)]
pub struct FixedClocks(u64);

impl FixedClocks {
    /// Returns clocks that stand at this many nanoseconds.
    pub fn new(nanoseconds: u64) -> FixedClocks {
        FixedClocks(nanoseconds)
    }
}

impl Clocks for FixedClocks {
    fn now(&self, clock: u32) -> Option<u64> {
        system(clock).map(|_| self.0)
    }

    fn resolution(&self, clock: u32) -> Option<u64> {
        system(clock).map(|_| 1)
    }

    fn sleep(&mut self, nanoseconds: u64) {
        self.0 = self.0.saturating_add(nanoseconds);
    }

    fn runs(&self) -> bool {
        false
    }
}

/// Clocks that are all the same, and that each reading advances by the same step, for reproducible runs. A guest that
/// reads them until some time has passed goes on after a number of readings. A sleep returns at once and advances them.
#[derive(Debug)]
pub struct SteppingClocks {
    now: Cell<u64>,
    step: u64,
}

impl SteppingClocks {
    /// Returns clocks whose first reading is `start`, and that each reading advances by `step`. Both are in
    /// nanoseconds.
    pub fn new(start: u64, step: u64) -> SteppingClocks {
        SteppingClocks { now: Cell::new(start), step }
    }
}

impl Clocks for SteppingClocks {
    fn now(&self, clock: u32) -> Option<u64> {
        system(clock)?;
        let now = self.now.get();
        self.now.set(now.saturating_add(self.step));
        Some(now)
    }

    fn resolution(&self, clock: u32) -> Option<u64> {
        system(clock).map(|_| 1)
    }

    fn sleep(&mut self, nanoseconds: u64) {
        self.now.set(self.now.get().saturating_add(nanoseconds));
    }

    fn runs(&self) -> bool {
        false
    }
}

/// Converts a time to nanoseconds; times before 0 become the nanoseconds alone.
pub(crate) fn nanoseconds(seconds: i64, nanoseconds: u64) -> u64 {
    u64::try_from(seconds).unwrap_or(0).wrapping_mul(1_000_000_000).wrapping_add(nanoseconds)
}

/// Converts nanoseconds to a `Timespec`.
pub(crate) fn timespec(nanoseconds: u64) -> Timespec {
    Timespec { tv_sec: (nanoseconds / 1_000_000_000) as _, tv_nsec: (nanoseconds % 1_000_000_000) as _ }
}

/// Returns the time of the monotonic clock in nanoseconds.
#[inline(never)]
pub(crate) fn monotonic() -> u64 {
    let (seconds, rest) = clock_time(ClockId::Monotonic);
    nanoseconds(seconds, rest)
}

impl Clocks for SystemClocks {
    fn now(&self, clock: u32) -> Option<u64> {
        let (seconds, rest) = clock_time(system(clock)?);
        Some(nanoseconds(seconds, rest))
    }

    fn resolution(&self, clock: u32) -> Option<u64> {
        let time = clock_getres(system(clock)?);
        Some(nanoseconds(time.tv_sec, time.tv_nsec as u64))
    }

    fn sleep(&mut self, nanoseconds: u64) {
        let mut left = timespec(nanoseconds);
        while let NanosleepRelativeResult::Interrupted(rest) = nanosleep(&left) {
            left = rest;
        }
    }
}

pub(crate) fn clock_res_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let resolution = call.cx.process.clocks.lock().resolution(call.u32(0)).ok_or(Errno::INVAL)?;
    call.memory.put_u64(call.u32(1), resolution)
}

/// Argument 1, the wanted precision, is a hint. The time is always as precise as the clock.
pub(crate) fn clock_time_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let now = call.cx.process.clocks.lock().now(call.u32(0)).ok_or(Errno::INVAL)?;
    call.memory.put_u64(call.u32(2), now)
}
