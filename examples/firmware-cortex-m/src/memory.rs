//! What compiled code calls to copy, fill and compare memory, by single bytes: those of the compiler's library are made for speed,
//! and have 1 KiB more. (Guests that copy much are better off with those.)

use core::arch::asm;

/// Keeps the compiler from making of a loop a call of the function that it is in.
#[inline(always)]
fn by_itself() {
    // SAFETY: it is nothing.
    unsafe { asm!("", options(nostack, preserves_flags)) };
}

/// # Safety
/// Both have so many bytes.
#[inline(never)]
unsafe fn copy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // What overlaps and moves up is copied from its end.
    let up = to.addr().wrapping_sub(from.addr()) < len;
    let mut left = len;
    while left > 0 {
        let at = if up { left - 1 } else { len - left };
        // SAFETY: the caller's promise.
        unsafe { *to.add(at) = *from.add(at) };
        left -= 1;
        by_itself();
    }
    to
}

/// # Safety
/// It has so many bytes.
#[inline(never)]
unsafe fn fill(to: *mut u8, byte: u8, len: usize) -> *mut u8 {
    let mut left = len;
    while left > 0 {
        left -= 1;
        // SAFETY: the caller's promise.
        unsafe { *to.add(left) = byte };
        by_itself();
    }
    to
}

macro_rules! copies {
    ($($name:ident)*) => { $(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
            // SAFETY: the caller's promise.
            unsafe { copy(to, from, len) }
        }
    )* };
}
copies!(memcpy memmove __aeabi_memcpy __aeabi_memcpy4 __aeabi_memcpy8 __aeabi_memmove __aeabi_memmove4 __aeabi_memmove8);

/// As in C, where the byte comes before the length.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe { fill(to, byte as u8, len) }
}

macro_rules! fills {
    ($($name:ident)*) => { $(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(to: *mut u8, len: usize, byte: i32) {
            // SAFETY: the caller's promise.
            unsafe { fill(to, byte as u8, len) };
        }
    )* };
}
fills!(__aeabi_memset __aeabi_memset4 __aeabi_memset8);

macro_rules! clears {
    ($($name:ident)*) => { $(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(to: *mut u8, len: usize) {
            // SAFETY: the caller's promise.
            unsafe { fill(to, 0, len) };
        }
    )* };
}
clears!(__aeabi_memclr __aeabi_memclr4 __aeabi_memclr8);
