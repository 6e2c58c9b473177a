//! Measures the use of the native stack: the space below is filled with a pattern at the start, and the end shows how
//! much of the pattern was overwritten.

use core::hint::black_box;
use core::ptr::{read_volatile, write_volatile};

const PATTERN: u32 = 0x57ac_57ac;
/// The bytes of stack that are filled. There must be that much stack.
const DEPTH: usize = 2 * 1024;
/// The bytes that these functions themselves may use below the variable whose address they take.
const OWN: usize = 128;

unsafe extern "C" {
    /// The address after the stack, from the linker script.
    static _stack_start: u32;
}

/// A filled part of the stack.
pub struct Painted {
    lowest: usize,
}

/// Fills the space below the caller's frame.
#[inline(never)]
pub fn paint() -> Painted {
    let mark = 0u32;
    let here = black_box(&raw const mark) as usize;
    let lowest = (here - DEPTH) & !7;
    let mut at = lowest;
    while at < here - OWN {
        // SAFETY: the linker scripts leave more than `DEPTH` bytes of stack, and nothing below this frame is in use.
        unsafe { write_volatile(at as *mut u32, PATTERN) };
        at += 4;
    }
    Painted { lowest }
}

impl Painted {
    /// Returns the most bytes of stack in use since then, from its start, at most as many as were filled.
    pub fn used(&self) -> usize {
        let top = (&raw const _stack_start) as usize;
        let mut at = self.lowest;
        // SAFETY: the range from `at` to `top` is stack.
        while at < top && unsafe { read_volatile(at as *const u32) } == PATTERN {
            at += 4;
        }
        top - at
    }
}
