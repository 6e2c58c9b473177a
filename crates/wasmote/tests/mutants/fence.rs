//! An allocator that gives each allocation pages of its own, with an inaccessible page behind its last byte.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::Relaxed};

const PAGE: usize = 4096;
/// Address space for the allocations of one trial.
const SPACE: usize = 64 << 30;
/// The largest allocation: more is not there.
const LARGEST: usize = 1 << 30;

/// The system's allocator outside of [`fenced`], and inside as the module says. For processes with one thread.
pub struct Fence;

static FENCED: AtomicBool = AtomicBool::new(false);
/// Where the address space begins, and how far behind that the next allocation goes.
static SPACE_AT: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());
static NEXT: AtomicUsize = AtomicUsize::new(0);
/// How many allocations there are in it.
static LIVE: AtomicUsize = AtomicUsize::new(0);

fn space() -> *mut u8 {
    let known = SPACE_AT.load(Relaxed);
    if !known.is_null() {
        return known;
    }
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping, wherever the system likes.
    let space = unsafe { libc::mmap(ptr::null_mut(), SPACE, libc::PROT_NONE, flags, -1, 0) };
    if space == libc::MAP_FAILED {
        // SAFETY: ends this process.
        unsafe { libc::abort() }
    }
    SPACE_AT.store(space.cast(), Relaxed);
    space.cast()
}

fn is_fenced(place: *mut u8) -> bool {
    let space = SPACE_AT.load(Relaxed);
    !space.is_null() && place.addr().wrapping_sub(space.addr()) < SPACE
}

/// The first page of an allocation, and the bytes of all of its pages.
fn pages(place: *mut u8, size: usize) -> (*mut u8, usize) {
    let first = place.map_addr(|place| place & !(PAGE - 1));
    (first, (place.addr() + size - first.addr()).next_multiple_of(PAGE))
}

/// Runs something whose allocations are fenced. All of them should be gone afterwards: their place is used again then. With `UNFENCED` in
/// the environment they are the system's, for a sanitizer to watch.
pub fn fenced<R>(run: impl FnOnce() -> R) -> R {
    if std::env::var_os("UNFENCED").is_some() {
        return run();
    }
    let space = space();
    FENCED.store(true, Relaxed);
    let result = run();
    FENCED.store(false, Relaxed);
    if LIVE.load(Relaxed) == 0 {
        let used = NEXT.swap(0, Relaxed);
        // SAFETY: nothing is left in these pages; they are zero when they are used again.
        unsafe { libc::madvise(space.cast(), used, libc::MADV_DONTNEED) };
    }
    result
}

// SAFETY: each allocation has pages of its own, which were zero.
unsafe impl GlobalAlloc for Fence {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !FENCED.load(Relaxed) {
            // SAFETY: the caller guarantees the contract of `alloc`, which is that of the system's allocator.
            return unsafe { System.alloc(layout) };
        }
        let bytes = layout.size().max(1).next_multiple_of(layout.align());
        let room = bytes.next_multiple_of(PAGE);
        let next = NEXT.load(Relaxed);
        if layout.align() > PAGE || bytes > LARGEST || next + room + PAGE > SPACE {
            return ptr::null_mut();
        }
        NEXT.store(next + room + PAGE, Relaxed);
        let first = space().wrapping_add(next);
        LIVE.fetch_add(1, Relaxed);
        // SAFETY: pages of the address space that nobody uses.
        let outcome = unsafe { libc::mprotect(first.cast(), room, libc::PROT_READ | libc::PROT_WRITE) };
        if outcome != 0 { ptr::null_mut() } else { first.wrapping_add(room - bytes) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if FENCED.load(Relaxed) {
            // SAFETY: the caller guarantees the contract of `alloc_zeroed`, which includes that of `alloc`. Fenced
            // pages are zero.
            return unsafe { self.alloc(layout) };
        }
        // SAFETY: the caller guarantees the contract of `alloc_zeroed`, which is that of the system's allocator.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        if !is_fenced(place) {
            // SAFETY: the caller guarantees the contract of `dealloc`. The place is not fenced, so the system's
            // allocator returned it.
            return unsafe { System.dealloc(place, layout) };
        }
        LIVE.fetch_sub(1, Relaxed);
        let (first, bytes) = pages(place, layout.size().max(1));
        // SAFETY: the allocation's own pages.
        unsafe { libc::mprotect(first.cast(), bytes, libc::PROT_NONE) };
    }
}
