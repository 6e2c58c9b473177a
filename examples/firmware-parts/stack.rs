//! How much of the native stack was in use at most: what lies below is filled with a pattern at the start, and at the end
//! one sees how far down the pattern is gone.

use core::hint::black_box;
use core::ptr::{read_volatile, write_volatile};

const PATTERN: u32 = 0x57ac_57ac;
/// How far down the pattern goes; there must be that much stack.
const DEPTH: usize = 2 * 1024;
/// What the functions here may themselves use below the variable whose address they take.
const OWN: usize = 128;

unsafe extern "C" {
    /// The address after the stack, as the linker script has it.
    static _stack_start: u32;
}

/// A filled part of the stack.
pub struct Painted {
    lowest: usize,
}

/// Fills what lies below the caller's frame.
#[inline(never)]
pub fn paint() -> Painted {
    let mark = 0u32;
    let here = black_box(&raw const mark) as usize;
    let lowest = (here - DEPTH) & !7;
    let mut at = lowest;
    while at < here - OWN {
        // SAFETY: the linker scripts leave more than `DEPTH` for the stack, and below this frame nothing is in use.
        unsafe { write_volatile(at as *mut u32, PATTERN) };
        at += 4;
    }
    Painted { lowest }
}

impl Painted {
    /// Bytes of stack in use at most since, all the way from where it starts; no more than are filled.
    pub fn used(&self) -> usize {
        let top = (&raw const _stack_start) as usize;
        let mut at = self.lowest;
        // SAFETY: all of this is stack.
        while at < top && unsafe { read_volatile(at as *const u32) } == PATTERN {
            at += 4;
        }
        top - at
    }
}
