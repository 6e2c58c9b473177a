//! What `memory.atomic.wait` returns.

/// How a wait at an address of a shared memory ended. The numbers are those of `memory.atomic.wait32`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitResult {
    /// Another thread notified this one.
    Ok = 0,
    /// The place did not have the expected value.
    Mismatch = 1,
    /// The time had passed.
    TimedOut = 2,
}
