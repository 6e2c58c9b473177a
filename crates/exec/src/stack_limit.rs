//! The address that calls compare new frames with. It is the end of the slots that frames may use. Another thread can
//! replace it by null, which stops the machine at its next call or loop.

#[cfg(not(feature = "interrupt"))]
pub use fixed::{Reach, StackLimit};
#[cfg(feature = "interrupt")]
pub use interruptible::{Reach, StackLimit};

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

    /// How far the frames of a value stack have reached. The limit is lower than the end of the stack as long as they stay
    /// below: so whoever clears the stack knows what may have been written.
    #[derive(Default)]
    pub struct Reach {
        start: usize,
        /// No frame has passed this address.
        reached: usize,
        /// The end of the stack, or 0 if nothing is known.
        end: usize,
    }

    impl Reach {
        /// The bytes that frames may use at first: those of a page, and a few less, since some stacks begin behind the
        /// start of one.
        const FIRST: usize = (4 << 10) - 64;
        /// When these are too few, frames may use so many times of what they need.
        const FACTOR: usize = 4;
        /// If frames need more bytes than this, nothing is known.
        const MOST: usize = (64 << 10) - 64;

        /// Counts from now on what frames use of the stack between these addresses.
        pub(crate) fn of(start: *mut u64, end: *mut u64) -> Reach {
            Reach { start: start.addr(), reached: start.addr() + Reach::FIRST, end: end.addr() }
        }

        /// No longer counts.
        pub(crate) fn forget(&mut self) {
            self.end = 0;
        }

        /// Returns the address that calls compare with, if slots for frames end at `end`. Other stacks do not lie between
        /// the two.
        #[inline(always)]
        pub(crate) fn limit(&self, end: *mut u64) -> *mut u64 {
            if self.reached < end.addr() && end.addr() <= self.end { end.with_addr(self.reached) } else { end }
        }

        /// Lets frames reach this address.
        pub(crate) fn extend(&mut self, to: usize) {
            if to <= self.reached || to > self.end {
                return;
            }
            match to - self.start {
                needed @ ..=Reach::MOST => self.reached = self.start + (needed * Reach::FACTOR).min(Reach::MOST),
                _ => self.forget(),
            }
        }

        /// Returns how many bytes from the start of the stack may have been written, if that is known.
        pub(crate) fn bytes(&self) -> Option<usize> {
            (self.end != 0).then(|| self.reached.min(self.end) - self.start)
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

    /// How far the frames of a value stack have reached. This build does not know, since the limit is the end of the stack.
    #[derive(Default)]
    pub struct Reach(());

    impl Reach {
        pub(crate) fn of(_start: *mut u64, _end: *mut u64) -> Reach {
            Reach(())
        }

        #[cfg_attr(not(feature = "alloc"), allow(dead_code))]
        #[inline(always)]
        pub(crate) fn forget(&mut self) {}

        #[inline(always)]
        pub(crate) fn limit(&self, end: *mut u64) -> *mut u64 {
            end
        }

        #[inline(always)]
        pub(crate) fn extend(&mut self, _to: usize) {}

        pub(crate) fn bytes(&self) -> Option<usize> {
            None
        }
    }
}

#[cfg(all(test, feature = "interrupt"))]
mod tests {
    use super::Reach;

    /// Makes a stack of so many bytes, of which frames use these, one after the other. Returns the limit, and what is known
    /// of the bytes that were used; both in bytes from the start.
    fn uses(size: usize, used: &[usize]) -> (usize, Option<usize>) {
        let start = core::ptr::without_provenance_mut::<u64>(1 << 20);
        let end = start.wrapping_byte_add(size);
        let mut reach = Reach::of(start, end);
        used.iter().for_each(|bytes| reach.extend(start.addr() + bytes));
        (reach.limit(end).addr() - start.addr(), reach.bytes())
    }

    #[test]
    fn the_limit_is_what_frames_may_have_written() {
        assert_eq!(uses(1 << 20, &[]), (4032, Some(4032)));
        assert_eq!(uses(1 << 20, &[8, 4032]), (4032, Some(4032)));
        assert_eq!(uses(1 << 20, &[4040]), (4 * 4040, Some(4 * 4040)));
        assert_eq!(uses(1 << 20, &[60_000, 5000, 65_472]), (65_472, Some(65_472)));
        assert_eq!(uses(1 << 20, &[65_480]), (1 << 20, None));
    }

    #[test]
    fn small_stacks_and_other_stacks_end_where_they_end() {
        assert_eq!(uses(512, &[]), (512, Some(512)));
        assert_eq!(uses(5000, &[4500]), (5000, Some(5000)));
        let address = core::ptr::without_provenance_mut::<u64>;
        let reach = Reach::of(address(1 << 20), address(2 << 20));
        for end in [8, 1 << 20, (2 << 20) + 8, 1 << 30] {
            assert_eq!(reach.limit(address(end)).addr(), end);
        }
    }
}
