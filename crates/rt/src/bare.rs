//! What every program must have that does without the standard library: a heap, and an end after a panic.

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::c_void;
use core::fmt::Write;
use core::panic::PanicInfo;

use crate::Stream;

// What the standard library links otherwise.
#[link(name = "c")]
unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn calloc(count: usize, size: usize) -> *mut c_void;
    fn realloc(at: *mut c_void, size: usize) -> *mut c_void;
    fn aligned_alloc(align: usize, size: usize) -> *mut c_void;
    fn free(at: *mut c_void);
    fn abort() -> !;
}

/// The C library's heap.
struct Heap;

#[global_allocator]
static HEAP: Heap = Heap;

/// Whether `malloc` aligns well enough: it does as for the largest type of C that fits.
fn is_plain(layout: Layout) -> bool {
    layout.align() <= 2 * size_of::<usize>() && layout.align() <= layout.size()
}

// SAFETY: the C library's functions keep the promises of `GlobalAlloc`, with the alignment seen to by `is_plain`. All
// of them give null for failure, and `free` and `realloc` take what each of the others gave.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_plain(layout) {
            // SAFETY: any size will do.
            return unsafe { malloc(layout.size()) }.cast();
        }
        // The size is to be a multiple of the alignment. It does not overflow, as `Layout` promises.
        let size = layout.size().next_multiple_of(layout.align());
        // SAFETY: the alignment is a power of two, and the size fits it.
        unsafe { aligned_alloc(layout.align(), size) }.cast()
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_plain(layout) {
            // Fresh pages of the system are zero already, which the C library knows.
            // SAFETY: any size will do.
            return unsafe { calloc(1, layout.size()) }.cast();
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
            return unsafe { realloc(at.cast(), size) }.cast();
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

/// The libraries `core` and `alloc` come compiled for panics that unwind. Tables of theirs name this function; nothing
/// reads them, and `crates/cli/discard.ld` leaves them out.
// SAFETY: only the standard library has a function of that name, and it is not linked.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// Functions of theirs end in a call of this one after they have cleaned up for a panic that passes through. None does.
// SAFETY: only the unwinder has a function of that name, and it is not linked.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    // SAFETY: it takes nothing and does not return.
    unsafe { abort() }
}

/// Says where and why, then aborts.
#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    let mut stderr = Stream::Error;
    let _ = match info.location() {
        Some(at) => writeln!(stderr, "panicked at {}:{}: {}", at.file(), at.line(), info.message()),
        None => writeln!(stderr, "panicked: {}", info.message()),
    };
    // SAFETY: it takes nothing and does not return.
    unsafe { abort() }
}
