//! A lock for values that threads share: the standard library's, or without it a spin lock.

#[cfg(feature = "std")]
mod system {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// Gives one thread at a time access to a value.
    #[derive(Default)]
    pub struct Lock<T>(Mutex<T>);

    impl<T> Lock<T> {
        /// Makes a lock that nobody holds.
        pub const fn new(value: T) -> Lock<T> {
            Lock(Mutex::new(value))
        }

        /// Waits for the lock. A panic of another holder is ignored: all users change the value in their last step,
        /// so it is never half changed.
        pub fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        /// Returns the value. It never waits, since `&mut` proves that nobody holds the lock.
        #[inline]
        pub fn get_mut(&mut self) -> &mut T {
            self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
        }
    }
}

#[cfg(any(test, not(feature = "std")))]
mod spin {
    use core::cell::UnsafeCell;
    use core::marker::PhantomData;
    use core::ops::{Deref, DerefMut};
    use core::sync::atomic::{AtomicBool, Ordering};

    /// Gives one thread at a time access to a value; others spin. It is held only for short times, and never while
    /// the embedder's code is called.
    #[derive(Default)]
    pub struct Lock<T> {
        held: AtomicBool,
        value: UnsafeCell<T>,
    }

    // SAFETY: `held` gives one thread at a time access to the value, so sharing the lock only sends the value.
    unsafe impl<T: Send> Sync for Lock<T> {}

    /// Releases the lock when it is dropped. The marker makes it behave like the `&mut T` that it stands for:
    /// sharing the guard between threads needs `T: Sync`.
    pub struct Guard<'a, T>(&'a Lock<T>, PhantomData<&'a mut T>);

    impl<T> Lock<T> {
        /// Makes a lock that nobody holds.
        pub const fn new(value: T) -> Lock<T> {
            Lock { held: AtomicBool::new(false), value: UnsafeCell::new(value) }
        }

        /// Waits until nobody else holds the lock.
        pub fn lock(&self) -> Guard<'_, T> {
            let mut tries = 0_u32;
            while self.held.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
                tries = tries.wrapping_add(1);
                // Whoever holds it for longer does not run now: a guest may have more threads than the machine runs.
                if tries.is_multiple_of(64) { let_others_run() } else { core::hint::spin_loop() }
            }
            Guard(self, PhantomData)
        }

        /// Returns the value. `&mut` proves that nobody holds the lock.
        #[inline]
        pub fn get_mut(&mut self) -> &mut T {
            self.value.get_mut()
        }
    }

    /// Lets the system run another thread, where guests have threads.
    #[cold]
    fn let_others_run() {
        #[cfg(all(shared_memory, target_os = "linux", not(miri)))]
        rustix::thread::sched_yield();
    }

    impl<T> Deref for Guard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            // SAFETY: this guard holds the lock, so no other thread has access to the value.
            unsafe { &*self.0.value.get() }
        }
    }

    impl<T> DerefMut for Guard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            // SAFETY: this guard holds the lock and is mutably borrowed, so nothing else has access to the value.
            unsafe { &mut *self.0.value.get() }
        }
    }

    impl<T> Drop for Guard<'_, T> {
        fn drop(&mut self) {
            self.0.held.store(false, Ordering::Release);
        }
    }
}

#[cfg(not(feature = "std"))]
pub use spin::Lock;
#[cfg(feature = "std")]
pub use system::Lock;

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::spin::Lock;

    #[test]
    fn spinning_lets_one_thread_at_a_time_in() {
        static COUNTS: Lock<[u32; 2]> = Lock::new([0; 2]);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        let mut counts = COUNTS.lock();
                        assert_eq!(counts[0], counts[1]);
                        counts[0] += 1;
                        counts[1] += 1;
                    }
                });
            }
        });
        assert_eq!(*COUNTS.lock(), [40_000; 2]);
    }

    #[test]
    fn who_has_a_lock_alone_need_not_wait() {
        let mut lock = Lock::new(1);
        core::mem::forget(lock.lock());
        *lock.get_mut() += 1;
        assert_eq!(*lock.get_mut(), 2);
    }
}
