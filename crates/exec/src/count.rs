//! Counts of what was dispatched, instructions and pairs of them, each right after which other (feature `count`), for
//! `cargo xtask bench --count`.
//!
//! Equal handlers may be one function, so that a handler's address does not say which instruction it is. Cells of linked
//! code therefore carry the opcode beside the address, in the bits that addresses of programs leave free, and the loop
//! takes them apart.
//!
//! Without pairs it is also counted how often each instruction ran at each place, from which [`straights`] puts together what stands in a row.

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

#[cfg(feature = "pairs")]
use crate::handlers::pairs::{COUNT as PAIRS, opcodes};
/// How many pairs there are.
#[cfg(not(feature = "pairs"))]
const PAIRS: usize = 0;
/// Those of a pair: there is none.
#[cfg(not(feature = "pairs"))]
fn opcodes(_pair: u16) -> [Opcode; 2] {
    unreachable!()
}

/// Where the opcode begins in a cell.
const SHIFT: u32 = 48;
/// Kinds of cells: 0 is a cell without opcode, as those through which calls leave wasm; then the opcodes, then the pairs.
const KINDS: usize = 1 + ALL_OPCODES + PAIRS;
/// Set in the word of an instruction that something jumps to.
const TARGET: usize = 1 << 63;
const _: () = assert!(KINDS <= 1 << (63 - SHIFT));

/// How often a kind ran right after another.
static COUNTS: Zeros = Zeros::new(KINDS * KINDS);
/// The kind that ran last.
static LAST: AtomicUsize = AtomicUsize::new(0);

/// Numbers that are zero at first, made when they are first asked for; pages that stay zero never are. As arrays they
/// would be made by the compiler, for seconds, each time that this is checked.
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
        // SAFETY: so many were leaked there, never to be freed; as numbers of 64 bits, which atomic ones are where addresses have as many.
        unsafe { core::slice::from_raw_parts(first, self.len) }
    }

    #[cold]
    fn make(&self) -> *mut AtomicU64 {
        let made: *mut [u64] = Box::into_raw(vec![0_u64; self.len].into_boxed_slice());
        match self.first.compare_exchange(core::ptr::null_mut(), made.cast(), AcqRel, Acquire) {
            Ok(_) => made.cast(),
            Err(other) => {
                // SAFETY: nobody else saw these.
                drop(unsafe { Box::from_raw(made) });
                other
            }
        }
    }
}

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

/// What a cell has as its handler's address: that with the handler's number, and whether something jumps there.
pub(crate) fn tagged(handler: *const (), number: usize, target: bool) -> *const () {
    handler.map_addr(|address| address | (number + 1) << SHIFT | if target { TARGET } else { 0 })
}

/// The word of an instruction's first cell with nothing beside the handler's address.
pub(crate) fn untagged(word: u64) -> u64 {
    word & ((1 << SHIFT) - 1)
}

/// Counts the instruction at `ip`, and returns its handler. Threads that run at the same time may lose counts.
///
/// # Safety
/// `ip` is at an instruction's first cell.
pub(crate) unsafe fn dispatched(ip: *const u8) -> Handler {
    // SAFETY: the caller's promise.
    let tagged = unsafe { ip.cast::<*const ()>().read() };
    let kind = (tagged.addr() & !TARGET) >> SHIFT;
    let pair = &COUNTS.get()[LAST.load(Relaxed) * KINDS + kind];
    pair.store(pair.load(Relaxed) + 1, Relaxed);
    LAST.store(kind, Relaxed);
    if PAIRS == 0 {
        count_place(ip.addr() as u64, (tagged.addr() >> SHIFT) as u64);
    }
    let handler = tagged.map_addr(|address| address & ((1 << SHIFT) - 1));
    // SAFETY: below the opcode is the handler's address.
    unsafe { core::mem::transmute::<*const (), Handler>(handler) }
}

/// Places that ran, three numbers each: the address, what the upper bits of its word are, and how often.
static PLACES: Zeros = Zeros::new(3 << PLACES_LOG2);
/// More places than any guest runs.
const PLACES_LOG2: u32 = 22;

/// Counts one run of the instruction at `address`.
fn count_place(address: u64, kind: u64) {
    // The golden ratio spreads what is close.
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

/// Instructions that stand in a row, nothing jumping to any but the first, with how often each ran. None in builds with pairs.
pub fn straights() -> Vec<Vec<(Opcode, u64)>> {
    let ran = places().iter().map(|place| [0, 1, 2].map(|i| place[i].load(Relaxed))).filter(|place| place[0] != 0);
    let mut places: Vec<[u64; 3]> = ran.collect();
    places.sort_unstable();
    let mut straights: Vec<Vec<(Opcode, u64)>> = Vec::new();
    let mut end = 0;
    for [address, what, count] in places {
        let target = what & (TARGET as u64 >> SHIFT) != 0;
        let Some(opcode) = (what & !(TARGET as u64 >> SHIFT)).checked_sub(1).map(|opcode| Opcode(opcode as u16)) else {
            continue;
        };
        if target || address != end {
            straights.push(Vec::new());
        }
        if let Some(last) = straights.last_mut() {
            last.push((opcode, count));
        }
        // What is longer than its operands say, a table of targets, is the last in its row.
        let units: usize = opcode.operands().iter().map(|operand| operand.units()).sum();
        // A call also has where the code is.
        let units = if opcode.0 == CALL_DEFINED { units + size_of::<Cell>() / size_of::<u16>() } else { units };
        end = address + crate::operand::instr_bytes::<Linked>(units) as u64;
    }
    straights
}

/// What ran right after what, with its count.
pub fn counts() -> impl Iterator<Item = ([Dispatched; 2], u64)> {
    let dispatched = |kind: usize| match kind.checked_sub(1) {
        None => Dispatched::Outside,
        Some(opcode) if opcode < ALL_OPCODES => Dispatched::One(Opcode(opcode as u16)),
        Some(pair) => Dispatched::Two(opcodes((pair - ALL_OPCODES) as u16)),
    };
    let counted =
        COUNTS.get().iter().enumerate().map(|(at, count)| (at, count.load(Relaxed))).filter(|pair| pair.1 > 0);
    counted.map(move |(at, count)| ([dispatched(at / KINDS), dispatched(at % KINDS)], count))
}
