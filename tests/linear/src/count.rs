//! Counts of work. Steps come from the compiler: with `-C profile-generate` every loop and every function, those of the standard library
//! that are compiled into our crates included, increments a counter, and the sum of all counters says how much was executed. What the C library does by
//! the byte (`memcpy`, `memset`) has no counters; so these functions are replaced by ones that count.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Work that was done: it depends on the input alone, not on the machine or its load.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Counters that were incremented.
    pub steps: u64,
    /// Bytes that were allocated, copied, filled or compared.
    pub bytes: u64,
}

static BYTES: AtomicU64 = AtomicU64::new(0);

fn count(bytes: usize) {
    BYTES.fetch_add(bytes as u64, Relaxed);
}

/// What `body` takes, and gives.
pub fn measure<T>(body: impl FnOnce() -> T) -> (Work, T) {
    // To add all counters up takes steps, too.
    let before = [steps(), steps()];
    let bytes = BYTES.load(Relaxed);
    let value = body();
    let bytes = BYTES.load(Relaxed) - bytes;
    let adding = before[1].wrapping_sub(before[0]);
    (Work { steps: steps().wrapping_sub(before[1]).wrapping_sub(adding), bytes }, value)
}

#[cfg(counted)]
fn steps() -> u64 {
    unsafe extern "C" {
        fn __llvm_profile_begin_counters() -> *const u64;
        fn __llvm_profile_end_counters() -> *const u64;
    }
    // SAFETY: the profiler's runtime gives the bounds of the counters, which this thread alone changes.
    unsafe {
        let (mut at, end) = (__llvm_profile_begin_counters(), __llvm_profile_end_counters());
        let mut sum = 0u64;
        while at < end {
            sum = sum.wrapping_add(at.read_volatile());
            at = at.add(1);
        }
        sum
    }
}

#[cfg(not(counted))]
fn steps() -> u64 {
    panic!("compiled without counters: `cargo xtask linear` compiles it with them");
}

struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

// SAFETY: all is done by the system's allocator.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// In place of the C library's, in this program. They are written in assembly, since a loop would become a call of the same function.
#[cfg(all(counted, target_arch = "x86_64"))]
mod replaced {
    use core::arch::asm;

    use super::count;

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, bytes: usize) -> *mut u8 {
        count(bytes);
        // SAFETY: the caller's promise: the ranges are there, and apart.
        unsafe {
            asm!("rep movsb", inout("rcx") bytes => _, inout("rdi") to => _, inout("rsi") from => _, options(nostack, preserves_flags));
        }
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, bytes: usize) -> *mut u8 {
        if (to as usize).wrapping_sub(from as usize) >= bytes {
            // SAFETY: upwards, what is read was not yet written.
            return unsafe { memcpy(to, from, bytes) };
        }
        count(bytes);
        // SAFETY: the caller's promise; downwards, as the target lies above the start.
        unsafe {
            let (last_to, last_from) =
                (to.wrapping_add(bytes).wrapping_sub(1), from.wrapping_add(bytes).wrapping_sub(1));
            asm!("std", "rep movsb", "cld", inout("rcx") bytes => _, inout("rdi") last_to => _, inout("rsi") last_from => _, options(nostack));
        }
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memset(to: *mut u8, value: i32, bytes: usize) -> *mut u8 {
        count(bytes);
        // SAFETY: the caller's promise.
        unsafe {
            asm!("rep stosb", inout("rcx") bytes => _, inout("rdi") to => _, in("al") value as u8, options(nostack, preserves_flags));
        }
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, bytes: usize) -> i32 {
        let mut at = 0;
        // SAFETY: the caller's promise.
        let order = unsafe {
            while at < bytes && a.add(at).read_volatile() == b.add(at).read_volatile() {
                at += 1;
            }
            if at < bytes { i32::from(a.add(at).read()) - i32::from(b.add(at).read()) } else { 0 }
        };
        count(at);
        order
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, bytes: usize) -> i32 {
        // SAFETY: the caller's promise.
        unsafe { memcmp(a, b, bytes) }
    }
}
