//! The heap: the C library's. Where there is no memory, the program ends with one line and the status 1, unless it asked to be told
//! ([`with_allocation_errors`]).

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::Stream;

// What the standard library links otherwise.
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

/// How many calls of [`with_allocation_errors`] are under way.
static GUARDED_CALLS: AtomicUsize = AtomicUsize::new(0);

/// Below so many bytes there is no use in going on without, whoever is told: not even an error could be made. That is what the standard
/// library and the libraries of others allocate in between, which abort if they are told.
const RESERVE_BYTES: usize = 1 << 10;

/// Does some work that can live without memory: a failing allocation of more than little is an error there, and not the end of the program.
/// As long as it lasts, so it is in other threads.
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

/// What becomes of an allocation that failed.
#[cold]
#[inline(never)]
fn failed(size: usize) -> *mut u8 {
    if size <= RESERVE_BYTES || GUARDED_CALLS.load(Relaxed) == 0 {
        let _ = Stream::Error.write(b"wasmote: out of memory\n");
        // SAFETY: it may be called at any time, and does not return.
        unsafe { _exit(1) };
    }
    ptr::null_mut()
}

#[global_allocator]
static HEAP: Heap = Heap;

/// Whether `malloc` aligns well enough: it does as for the largest type of C that fits.
fn is_plain(layout: Layout) -> bool {
    layout.align() <= 2 * size_of::<usize>() && layout.align() <= layout.size()
}

/// The result of an allocation of so many bytes.
#[inline(always)]
fn checked(at: *mut u8, size: usize) -> *mut u8 {
    if at.is_null() { failed(size) } else { at }
}

// SAFETY: the C library's functions keep the promises of `GlobalAlloc`, with the alignment seen to by `is_plain`. All
// of them give null for failure, and `free` and `realloc` take what each of the others gave.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_plain(layout) {
            // SAFETY: any size will do.
            return checked(unsafe { malloc(layout.size()) }.cast(), layout.size());
        }
        // The size is to be a multiple of the alignment. It does not overflow, as `Layout` promises.
        let size = layout.size().next_multiple_of(layout.align());
        // SAFETY: the alignment is a power of two, and the size fits it.
        checked(unsafe { aligned_alloc(layout.align(), size) }.cast(), size)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_plain(layout) {
            // Fresh pages of the system are zero already, which the C library knows.
            // SAFETY: any size will do.
            return checked(unsafe { calloc(1, layout.size()) }.cast(), layout.size());
        }
        // SAFETY: what `alloc` asks of its caller, this function asks too.
        let at = unsafe { self.alloc(layout) };
        if !at.is_null() {
            // SAFETY: so many bytes were just allocated.
            unsafe { at.write_bytes(0, layout.size()) };
        }
        at
    }

    unsafe fn dealloc(&self, at: *mut u8, _: Layout) {
        // SAFETY: the caller got it from here, and does not use it again.
        unsafe { free(at.cast()) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size is valid for this alignment.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        if is_plain(layout) && is_plain(new) {
            // SAFETY: the caller got it from here.
            return checked(unsafe { realloc(at.cast(), size) }.cast(), size);
        }
        // SAFETY: the size is not 0, as the caller promises.
        let moved = unsafe { self.alloc(new) };
        if !moved.is_null() {
            // SAFETY: both have so many bytes, and the new one is nobody else's.
            unsafe { moved.copy_from_nonoverlapping(at, layout.size().min(size)) };
            // SAFETY: the caller got it from here, and goes on with the new one.
            unsafe { self.dealloc(at, layout) };
        }
        moved
    }
}
