//! The heap of the C library. When there is no memory, the program prints one line and exits with status 1. Inside
//! [`with_allocation_errors`] it gets an error instead.

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::Stream;

// Without the standard library, nothing else links the C library.
#[link(name = "c")]
unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn calloc(count: usize, size: usize) -> *mut c_void;
    fn realloc(at: *mut c_void, size: usize) -> *mut c_void;
    fn aligned_alloc(align: usize, size: usize) -> *mut c_void;
    fn free(at: *mut c_void);
    fn _exit(status: c_int) -> !;
}

/// The C library's heap.
struct Heap;

/// The number of calls of [`with_allocation_errors`] in progress.
static GUARDED_CALLS: AtomicUsize = AtomicUsize::new(0);

/// An allocation of at most this many bytes always ends the program if it fails, because even an error could not be
/// made without it. Such small allocations are those of libraries that abort when an allocation fails.
const RESERVE_BYTES: usize = 1 << 10;

/// Runs work that handles failed allocations. Meanwhile, a failed allocation of more than 1 KiB is an error
/// for the code that asked for it, and does not end the program. This also holds for other threads while the work runs.
pub fn with_allocation_errors<R>(work: impl FnOnce() -> R) -> R {
    struct ExitGuard;
    impl Drop for ExitGuard {
        fn drop(&mut self) {
            GUARDED_CALLS.fetch_sub(1, Relaxed);
        }
    }
    GUARDED_CALLS.fetch_add(1, Relaxed);
    let _ended = ExitGuard;
    work()
}

/// Handles a failed allocation: returns null, or ends the program.
#[cold]
#[inline(never)]
fn failed(size: usize) -> *mut u8 {
    if size <= RESERVE_BYTES || GUARDED_CALLS.load(Relaxed) == 0 {
        let _ = Stream::Error.write(b"wasmote: out of memory\n");
        // SAFETY: `_exit` takes no pointer and may be called at any time.
        unsafe { _exit(1) };
    }
    ptr::null_mut()
}

#[global_allocator]
static HEAP: Heap = Heap;

/// Returns whether `malloc` aligns well enough. It aligns for the largest C type that fits in the size.
fn is_plain(layout: Layout) -> bool {
    layout.align() <= 2 * size_of::<usize>() && layout.align() <= layout.size()
}

/// Passes on the result of an allocation of `size` bytes, or handles its failure.
#[inline(always)]
fn checked(at: *mut u8, size: usize) -> *mut u8 {
    if at.is_null() { failed(size) } else { at }
}

// SAFETY: the functions of the C library fulfill the contract of `GlobalAlloc`. `is_plain` checks the alignment where
// `malloc`, `calloc` or `realloc` is called. All return null on failure. `free` and `realloc` accept pointers from all
// of them.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_plain(layout) {
            // SAFETY: `malloc` accepts any size.
            return checked(unsafe { malloc(layout.size()) }.cast(), layout.size());
        }
        // C requires a multiple of the alignment. `Layout` guarantees that rounding up does not overflow.
        let size = layout.size().next_multiple_of(layout.align());
        // SAFETY: `Layout` guarantees that the alignment is a power of two, and `size` was rounded up to a multiple of
        // it.
        checked(unsafe { aligned_alloc(layout.align(), size) }.cast(), size)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_plain(layout) {
            // The C library knows that fresh pages are zero already, and does not clear them.
            // SAFETY: `calloc` accepts any size.
            return checked(unsafe { calloc(1, layout.size()) }.cast(), layout.size());
        }
        // SAFETY: `alloc` has the same contract as this function, which the caller upholds.
        let at = unsafe { self.alloc(layout) };
        if !at.is_null() {
            // SAFETY: `alloc` returned a block of at least `layout.size()` bytes.
            unsafe { at.write_bytes(0, layout.size()) };
        }
        at
    }

    unsafe fn dealloc(&self, at: *mut u8, _: Layout) {
        // SAFETY: the caller guarantees that this allocator returned the pointer, and does not use it again.
        unsafe { free(at.cast()) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller guarantees that `size`, rounded up to the alignment, does not overflow `isize`. The
        // alignment comes from a valid `Layout`.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        if is_plain(layout) && is_plain(new) {
            // SAFETY: the caller guarantees that this allocator returned the pointer, which `free` and `realloc`
            // accept.
            return checked(unsafe { realloc(at.cast(), size) }.cast(), size);
        }
        // SAFETY: the caller guarantees that `size` is not 0.
        let moved = unsafe { self.alloc(new) };
        if !moved.is_null() {
            // SAFETY: both blocks have at least the smaller of the two sizes. They do not overlap, since `moved` was
            // just allocated.
            unsafe { moved.copy_from_nonoverlapping(at, layout.size().min(size)) };
            // SAFETY: the caller guarantees that `at` was allocated here with `layout`, and uses only `moved` from now
            // on.
            unsafe { self.dealloc(at, layout) };
        }
        moved
    }
}
