//! How a thread sleeps until another one wakes it, and the clock for that: the system's futexes on Linux, elsewhere
//! the standard library.

use super::wait_queue::Sleeper;
use crate::shared::FallibleArc;

pub(crate) use system::{Parked, now};

impl Sleeper for FallibleArc<Parked> {
    fn wake(&self) {
        self.unpark();
    }
}

#[cfg(all(target_os = "linux", not(miri)))]
mod system {
    use core::sync::atomic::{AtomicU32, Ordering};

    use rustix::thread::futex;
    use rustix::time::{ClockId, Timespec};

    use crate::clock::clock_time;

    const SECOND: u64 = 1_000_000_000;

    /// The state of a thread that sleeps: 1 once it was woken.
    pub(crate) struct Parked(AtomicU32);

    impl Parked {
        /// Makes the state of the calling thread.
        pub(crate) fn new() -> Parked {
            Parked(AtomicU32::new(0))
        }

        /// Sleeps until the thread is woken, or for this many nanoseconds, or shorter.
        pub(crate) fn park(&self, nanoseconds: Option<u64>) {
            let timeout =
                nanoseconds.map(|left| Timespec { tv_sec: (left / SECOND) as _, tv_nsec: (left % SECOND) as _ });
            // It fails if the thread was woken before, after the timeout, and after a signal. The caller looks why.
            let _ = futex::wait(&self.0, futex::Flags::PRIVATE, 0, timeout.as_ref());
            self.0.swap(0, Ordering::Acquire);
        }

        /// Wakes the thread. A signal handler may do so.
        pub(crate) fn unpark(&self) {
            self.0.store(1, Ordering::Release);
            let _ = futex::wake(&self.0, futex::Flags::PRIVATE, 1);
        }
    }

    /// Returns the nanoseconds of a clock that never goes back.
    pub(crate) fn now() -> u64 {
        let (seconds, nanoseconds) = clock_time(ClockId::Monotonic);
        seconds as u64 * SECOND + nanoseconds
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
mod system {
    use core::sync::atomic::{AtomicBool, Ordering};
    use std::sync::OnceLock;
    use std::thread::{self, Thread};
    use std::time::{Duration, Instant};

    /// The state of a thread that sleeps: whether it was woken.
    pub(crate) struct Parked {
        thread: Thread,
        woken: AtomicBool,
    }

    impl Parked {
        /// Makes the state of the calling thread.
        pub(crate) fn new() -> Parked {
            Parked { thread: thread::current(), woken: AtomicBool::new(false) }
        }

        /// Sleeps until the thread is woken, or for this many nanoseconds, or shorter.
        pub(crate) fn park(&self, nanoseconds: Option<u64>) {
            if !self.woken.swap(false, Ordering::Acquire) {
                match nanoseconds {
                    Some(left) => thread::park_timeout(Duration::from_nanos(left)),
                    None => thread::park(),
                }
                self.woken.swap(false, Ordering::Acquire);
            }
        }

        /// Wakes the thread.
        pub(crate) fn unpark(&self) {
            self.woken.store(true, Ordering::Release);
            self.thread.unpark();
        }
    }

    /// Returns the nanoseconds of a clock that never goes back.
    pub(crate) fn now() -> u64 {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed().as_nanos() as u64 + 1
    }
}
