//! An allocator that has no memory when it is told so.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

/// The system's allocator, which fails as [`arm`] says.
pub struct Failing;

/// Allocations are counted, and one of them fails, or all from it on.
static ARMED: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicU64 = AtomicU64::new(0);
static FIRST: AtomicU64 = AtomicU64::new(u64::MAX);
static ONCE: AtomicBool = AtomicBool::new(false);
/// Says where the first allocation was that failed.
static PRINTS_BACKTRACE: AtomicBool = AtomicBool::new(false);

/// Bytes that are taken, and were at most since [`arm`], beyond those before.
static BYTES_IN_USE: AtomicI64 = AtomicI64::new(0);
static MOST_TAKEN: AtomicI64 = AtomicI64::new(0);

/// Has the allocation with this number fail, counted from now on, and those after it unless only `once`.
pub fn arm(first: u64, once: bool, says_where: bool) {
    COUNT.store(0, Relaxed);
    FIRST.store(first, Relaxed);
    ONCE.store(once, Relaxed);
    PRINTS_BACKTRACE.store(says_where, Relaxed);
    BYTES_IN_USE.store(0, Relaxed);
    MOST_TAKEN.store(0, Relaxed);
    ARMED.store(true, Relaxed);
}

/// From now on there is memory. Whether there was none for something since [`arm`].
pub fn disarm() -> bool {
    ARMED.store(false, Relaxed);
    COUNT.load(Relaxed) > FIRST.load(Relaxed)
}

/// How many bytes were taken at a time since [`arm`], at most.
pub fn peak_bytes() -> i64 {
    MOST_TAKEN.load(Relaxed)
}

fn take(bytes: i64) {
    MOST_TAKEN.fetch_max(BYTES_IN_USE.fetch_add(bytes, Relaxed) + bytes, Relaxed);
}

fn fails(layout: Layout) -> bool {
    if !ARMED.load(Relaxed) {
        return false;
    }
    let (number, first) = (COUNT.fetch_add(1, Relaxed), FIRST.load(Relaxed));
    if number == first && PRINTS_BACKTRACE.load(Relaxed) {
        ARMED.store(false, Relaxed);
        eprintln!("{} bytes\n{}", layout.size(), std::backtrace::Backtrace::force_capture());
        ARMED.store(true, Relaxed);
    }
    number == first || number > first && !ONCE.load(Relaxed)
}

// SAFETY: the system's allocator, which may fail whenever it wants.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if fails(layout) {
            return core::ptr::null_mut();
        }
        take(layout.size() as i64);
        // SAFETY: the caller guarantees the contract of `alloc`, which is that of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if fails(layout) {
            return core::ptr::null_mut();
        }
        take(layout.size() as i64);
        // SAFETY: the caller guarantees the contract of `alloc_zeroed`, which is that of the system's allocator.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if fails(layout) {
            return core::ptr::null_mut();
        }
        take(size as i64 - layout.size() as i64);
        // SAFETY: the caller guarantees the contract of `realloc`. The place came from the system's allocator.
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        take(-(layout.size() as i64));
        // SAFETY: the caller guarantees the contract of `dealloc`. The place came from the system's allocator.
        unsafe { System.dealloc(at, layout) }
    }
}
