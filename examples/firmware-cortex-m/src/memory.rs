//! `memcpy` and its relatives, by single bytes. The compiler's own are made for speed, and take 1 KiB more. (Use those
//! if guests copy much.)

use core::arch::asm;

/// Keeps the compiler from turning a loop into a call of the function that contains it.
#[inline(always)]
fn by_itself() {
    // SAFETY: the assembly is empty.
    unsafe { asm!("", options(nostack, preserves_flags)) };
}

/// # Safety
/// Both ranges are valid for `len` bytes.
#[inline(never)]
unsafe fn copy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // Overlapping ranges that move up are copied from the end.
    let up = to.addr().wrapping_sub(from.addr()) < len;
    let mut left = len;
    while left > 0 {
        let at = if up { left - 1 } else { len - left };
        // SAFETY: `at` is below `len`, for which the caller guarantees both ranges.
        unsafe { *to.add(at) = *from.add(at) };
        left -= 1;
        by_itself();
    }
    to
}

/// # Safety
/// The range is valid for `len` bytes.
#[inline(never)]
unsafe fn fill(to: *mut u8, byte: u8, len: usize) -> *mut u8 {
    let mut left = len;
    while left > 0 {
        left -= 1;
        // SAFETY: `left` is below `len`, for which the caller guarantees the range.
        unsafe { *to.add(left) = byte };
        by_itself();
    }
    to
}

macro_rules! copies {
    ($($name:ident)*) => { $(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
            // SAFETY: the caller upholds C's contract, which is that of `copy`.
            unsafe { copy(to, from, len) }
        }
    )* };
}
copies!(memcpy memmove __aeabi_memcpy __aeabi_memcpy4 __aeabi_memcpy8 __aeabi_memmove __aeabi_memmove4 __aeabi_memmove8);

/// As in C, the byte comes before the length.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    // SAFETY: the caller upholds C's contract, which is that of `fill`.
    unsafe { fill(to, byte as u8, len) }
}

macro_rules! fills {
    ($($name:ident)*) => { $(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(to: *mut u8, len: usize, byte: i32) {
            // SAFETY: the caller upholds the contract of `fill`.
            unsafe { fill(to, byte as u8, len) };
        }
    )* };
}
fills!(__aeabi_memset __aeabi_memset4 __aeabi_memset8);

macro_rules! clears {
    ($($name:ident)*) => { $(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(to: *mut u8, len: usize) {
            // SAFETY: the caller upholds the contract of `fill`.
            unsafe { fill(to, 0, len) };
        }
    )* };
}
clears!(__aeabi_memclr __aeabi_memclr4 __aeabi_memclr8);
