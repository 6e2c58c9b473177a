//! Counts what is dispatched (feature `count`), for `cargo xtask bench --count`.
//!
//! It counts each sequence of two instructions that run one after the other. The compiler may merge equal handlers, so
//! a handler's address does not identify the instruction. Cells of linked code therefore carry the opcode in the upper
//! 16 bits of the address, which no address of a program uses. The loop separates the two.
//!
//! It also counts how often the instruction at each address ran. [`straights`] joins these counts into straight-line
//! sequences, for runs without superinstructions.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed};

use wasmote_ir::Opcode;
use wasmote_ir::ops::ALL_OPCODES;

use crate::linked::Cell;
use crate::linked::link::CALL_DEFINED;
use crate::linked::{Handler, Linked};

#[cfg(not(target_pointer_width = "64"))]
compile_error!("the feature `count` needs addresses that leave 16 bits of 64 free");

#[cfg(feature = "superinstructions")]
use crate::handlers::superinstructions::{COUNT as PAIRS, opcodes};
/// The number of superinstructions.
#[cfg(not(feature = "superinstructions"))]
const PAIRS: usize = 0;
/// The two opcodes of a superinstruction. This build has none.
#[cfg(not(feature = "superinstructions"))]
fn opcodes(_pair: u16) -> [Opcode; 2] {
    unreachable!()
}

/// The bit of a cell at which the opcode begins.
const SHIFT: u32 = 48;
/// The number of kinds of cells. Kind 0 has no opcode, such as the cells through which calls leave wasm. The opcodes
/// follow, then the superinstructions.
const KINDS: usize = 1 + ALL_OPCODES + PAIRS;
/// This bit is set in the first cell of an instruction that is a jump target.
const TARGET: usize = 1 << 63;
const _: () = assert!(KINDS <= 1 << (63 - SHIFT));

/// How often each kind ran directly after each other kind.
static COUNTS: Zeros = Zeros::new(KINDS * KINDS);
/// The kind that ran last.
static LAST: AtomicUsize = AtomicUsize::new(0);

/// An array of zeros, allocated at its first use. Pages that are never written take no memory. As a static array it
/// would cost the compiler seconds in each check.
struct Zeros {
    first: AtomicPtr<AtomicU64>,
    len: usize,
}

impl Zeros {
    const fn new(len: usize) -> Self {
        Zeros { first: AtomicPtr::new(core::ptr::null_mut()), len }
    }

    #[inline]
    fn get(&self) -> &[AtomicU64] {
        let mut first = self.first.load(Acquire);
        if first.is_null() {
            first = self.make();
        }
        // SAFETY: `make` leaked `len` numbers of 64 bits there, and nothing frees them. An `AtomicU64` has the size
        // and alignment of a `u64` on 64-bit targets, which this module requires.
        unsafe { core::slice::from_raw_parts(first, self.len) }
    }

    #[cold]
    fn make(&self) -> *mut AtomicU64 {
        let made: *mut [u64] = Box::into_raw(vec![0_u64; self.len].into_boxed_slice());
        match self.first.compare_exchange(core::ptr::null_mut(), made.cast(), AcqRel, Acquire) {
            Ok(_) => made.cast(),
            Err(other) => {
                // SAFETY: `into_raw` above returned the pointer, and the exchange failed, so no other thread has it.
                drop(unsafe { Box::from_raw(made) });
                other
            }
        }
    }
}

/// What a dispatch runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dispatched {
    /// A cell that leads into wasm or out of it.
    Outside,
    /// One instruction.
    One(Opcode),
    /// A superinstruction: two instructions in a row.
    Two([Opcode; 2]),
}

/// Adds the handler's number and the jump target flag to a handler's address. The result is what a cell stores.
pub(crate) fn tagged(handler: *const (), number: usize, target: bool) -> *const () {
    handler.map_addr(|address| address | (number + 1) << SHIFT | if target { TARGET } else { 0 })
}

/// Removes the number and the flag from the first word of an instruction. Only the handler's address remains.
pub(crate) fn untagged(word: u64) -> u64 {
    word & ((1 << SHIFT) - 1)
}

/// Counts the instruction at `ip` and returns its handler. Threads that run at the same time may lose counts.
///
/// # Safety
/// `ip` is at an instruction's first cell.
pub(crate) unsafe fn dispatched(ip: *const u8) -> Handler {
    // SAFETY: the caller guarantees that `ip` is at an instruction's first cell, which the linker wrote as a tagged
    // pointer.
    let tagged = unsafe { ip.cast::<*const ()>().read() };
    let kind = (tagged.addr() & !TARGET) >> SHIFT;
    let count = &COUNTS.get()[LAST.load(Relaxed) * KINDS + kind];
    count.store(count.load(Relaxed) + 1, Relaxed);
    LAST.store(kind, Relaxed);
    count_place(ip.addr() as u64, (tagged.addr() >> SHIFT) as u64);
    let handler = tagged.map_addr(|address| address & ((1 << SHIFT) - 1));
    // SAFETY: `tagged` put the opcode above a handler's address, and the mask removes it again.
    unsafe { core::mem::transmute::<*const (), Handler>(handler) }
}

/// The places that ran. Each has three numbers: its address, the upper bits of its cell, and its count.
static PLACES: Zeros = Zeros::new(3 << PLACES_LOG2);
/// Log2 of the table's length: more places than any guest runs.
const PLACES_LOG2: u32 = 22;

/// Counts one run of the instruction at `address`.
fn count_place(address: u64, kind: u64) {
    // Multiplication by the golden ratio spreads neighbouring addresses over the table.
    let mut at = (address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - PLACES_LOG2)) as usize;
    let places = places();
    loop {
        let [key, what, count] = &places[at];
        if key.load(Relaxed) == 0 {
            key.store(address, Relaxed);
            what.store(kind, Relaxed);
        }
        if key.load(Relaxed) == address {
            count.store(count.load(Relaxed) + 1, Relaxed);
            return;
        }
        at = (at + 1) % places.len();
    }
}

fn places() -> &'static [[AtomicU64; 3]] {
    PLACES.get().as_chunks().0
}

/// Returns the straight-line sequences that ran, with each instruction's count. Only the first instruction of a
/// sequence is a jump target. Superinstructions are in none.
pub fn straights() -> Vec<Vec<(Opcode, u64)>> {
    let ran = places().iter().map(|place| [0, 1, 2].map(|i| place[i].load(Relaxed))).filter(|place| place[0] != 0);
    let mut places: Vec<[u64; 3]> = ran.collect();
    places.sort_unstable();
    let mut straights: Vec<Vec<(Opcode, u64)>> = Vec::new();
    let mut end = 0;
    for [address, what, count] in places {
        let target = what & (TARGET as u64 >> SHIFT) != 0;
        let number = (what & !(TARGET as u64 >> SHIFT)).checked_sub(1).filter(|&number| number < ALL_OPCODES as u64);
        let Some(opcode) = number.map(|number| Opcode(number as u16)) else { continue };
        if target || address != end {
            straights.push(Vec::new());
        }
        if let Some(last) = straights.last_mut() {
            last.push((opcode, count));
        }
        // An instruction that is longer than its operands, a table of targets, always ends its sequence.
        let units: usize = opcode.operands().iter().map(|operand| operand.units()).sum();
        // A direct call also has a cell with the address of the callee's code.
        let units = if opcode.0 == CALL_DEFINED { units + size_of::<Cell>() / size_of::<u16>() } else { units };
        end = address + crate::operand::instr_bytes::<Linked>(units) as u64;
    }
    straights
}

/// Returns each two kinds of instructions that ran one after the other, with their count.
pub fn counts() -> impl Iterator<Item = ([Dispatched; 2], u64)> {
    let dispatched = |kind: usize| match kind.checked_sub(1) {
        None => Dispatched::Outside,
        Some(opcode) if opcode < ALL_OPCODES => Dispatched::One(Opcode(opcode as u16)),
        Some(kind) => Dispatched::Two(opcodes((kind - ALL_OPCODES) as u16)),
    };
    let counted =
        COUNTS.get().iter().enumerate().map(|(at, count)| (at, count.load(Relaxed))).filter(|&(_, count)| count > 0);
    counted.map(move |(at, count)| ([dispatched(at / KINDS), dispatched(at % KINDS)], count))
}
