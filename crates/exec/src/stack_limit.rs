//! The address that calls compare new frames with. It is the end of the slots that frames may use. Another thread can
//! replace it by null, which stops the machine at its next call or loop.

#[cfg(not(feature = "interrupt"))]
pub use fixed::StackLimit;
#[cfg(feature = "interrupt")]
pub use interruptible::StackLimit;

#[cfg(feature = "interrupt")]
mod interruptible {
    use core::marker::PhantomPinned;
    use core::ptr;
    use core::sync::atomic::{AtomicPtr, Ordering};

    /// The limit of the frames, or null while the machine is to stop.
    ///
    /// The machine's owner moves the limit. Any thread may call [`StackLimit::interrupt`].
    pub struct StackLimit {
        limit: AtomicPtr<u64>,
        /// Whether other threads know this limit. Otherwise moving it needs no atomic exchange.
        shared: bool,
        /// Other threads use the limit while its owner has a mutable reference around it. The marker tells the compiler
        /// that such a reference is not unique.
        _pinned: PhantomPinned,
    }

    impl StackLimit {
        pub(crate) const fn new(end: *mut u64) -> StackLimit {
            StackLimit { limit: AtomicPtr::new(end), shared: false, _pinned: PhantomPinned }
        }

        /// Declares that other threads may call [`StackLimit::interrupt`] from now on.
        pub fn share(&mut self) {
            self.shared = true;
        }

        /// Stops the machine at its next call or loop. It stays stopped until [`StackLimit::resume`].
        pub fn interrupt(&self) {
            self.limit.store(ptr::null_mut(), Ordering::Release);
        }

        /// Lets the machine run again. `end` is the end of the slots for frames.
        pub fn resume(&self, end: *mut u64) {
            // It acquires what the interrupting thread wrote before.
            self.limit.swap(end, Ordering::AcqRel);
        }

        /// Returns whether the machine is to stop.
        #[inline(always)]
        pub fn is_interrupted(&self) -> bool {
            self.limit.load(Ordering::Relaxed).is_null()
        }

        /// Returns the address that calls compare with.
        #[inline(always)]
        pub(crate) fn get(&self, _end: *mut u64) -> *mut u64 {
            self.limit.load(Ordering::Relaxed)
        }

        /// Follows the end of the slots from one address to another. An interrupted machine stays so.
        #[inline(always)]
        pub(crate) fn follow(&self, from: *mut u64, to: *mut u64) {
            if self.shared {
                let _ = self.limit.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
            } else {
                self.limit.store(to, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(not(feature = "interrupt"))]
mod fixed {
    /// The limit of the frames. This build has no interruption, so it is the end of the slots.
    pub struct StackLimit;

    impl StackLimit {
        pub(crate) const fn new(_end: *mut u64) -> StackLimit {
            StackLimit
        }

        /// Returns whether the machine is to stop.
        #[inline(always)]
        pub fn is_interrupted(&self) -> bool {
            false
        }

        /// Returns the address that calls compare with.
        #[inline(always)]
        pub(crate) fn get(&self, end: *mut u64) -> *mut u64 {
            end
        }

        /// Follows the end of the slots from one address to another.
        #[inline(always)]
        pub(crate) fn follow(&self, _from: *mut u64, _to: *mut u64) {}
    }
}
