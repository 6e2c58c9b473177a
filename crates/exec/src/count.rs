//! Counts of what was dispatched, instructions and pairs of them, each right after which other (feature `count`), for
//! `cargo xtask bench --count`.
//!
//! Equal handlers may be one function, so that a handler's address does not say which instruction it is. Cells of linked
//! code therefore carry the opcode beside the address, in the bits that addresses of programs leave free, and the loop
//! takes them apart.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use wasmote_ir::Opcode;
use wasmote_ir::ops::ALL_OPCODES;

use crate::dispatch::Handler;
use crate::handlers::pairs;

#[cfg(not(target_pointer_width = "64"))]
compile_error!("the feature `count` needs addresses that leave 16 bits of 64 free");

/// Where the opcode begins in a cell.
const SHIFT: u32 = 48;
/// Kinds of cells: 0 is a cell without opcode, as those through which calls leave wasm; then the opcodes, then the pairs.
const KINDS: usize = 1 + ALL_OPCODES + pairs::COUNT;
const _: () = assert!(KINDS <= 1 << (64 - SHIFT));

/// How often a kind ran right after another. Pages that no pair lies in are never made.
static COUNTS: [AtomicU64; KINDS * KINDS] = [const { AtomicU64::new(0) }; KINDS * KINDS];
/// The kind that ran last.
static LAST: AtomicUsize = AtomicUsize::new(0);

/// What a dispatch runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dispatched {
    /// What leads into wasm or out of it.
    Outside,
    /// An instruction.
    One(Opcode),
    /// Two in a row.
    Two([Opcode; 2]),
}

/// A cell's word, with its handler's number.
pub(crate) fn tagged(handler: u64, number: usize) -> u64 {
    handler | (number as u64 + 1) << SHIFT
}

/// Counts the instruction of a cell's word, and returns its handler. Threads that run at the same time may lose counts.
///
/// # Safety
/// The word is that of an instruction's first cell.
pub(crate) unsafe fn dispatched(word: u64) -> Handler {
    let kind = (word >> SHIFT) as usize;
    let pair = &COUNTS[LAST.load(Relaxed) * KINDS + kind];
    pair.store(pair.load(Relaxed) + 1, Relaxed);
    LAST.store(kind, Relaxed);
    // SAFETY: below the opcode is the handler's address.
    unsafe { core::mem::transmute::<usize, Handler>((word & ((1 << SHIFT) - 1)) as usize) }
}

/// What ran right after what, with its count.
pub fn counts() -> impl Iterator<Item = ([Dispatched; 2], u64)> {
    let dispatched = |kind: usize| match kind.checked_sub(1) {
        None => Dispatched::Outside,
        Some(opcode) if opcode < ALL_OPCODES => Dispatched::One(Opcode(opcode as u16)),
        Some(pair) => Dispatched::Two(pairs::opcodes((pair - ALL_OPCODES) as u16)),
    };
    let counted = COUNTS.iter().enumerate().map(|(at, count)| (at, count.load(Relaxed))).filter(|pair| pair.1 > 0);
    counted.map(move |(at, count)| ([dispatched(at / KINDS), dispatched(at % KINDS)], count))
}
