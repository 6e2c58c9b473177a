//! Pairs: two instructions in a row done by one handler, which saves a dispatch.
//!
//! A pair is nothing but its two instructions one after the other, each with its own operands and effects, so that it can be put
//! in wherever the two stand together and nothing jumps between them. The linker does that; compact code, and with it
//! images, knows no pairs. Which pairs there are is a list, [`list`], that the lab chose: docs/speed.md has how.

mod list;
#[cfg(feature = "simd")]
pub mod vectors;

use core::marker::PhantomData;

use wasmote_ir::ops::ALL_OPCODES;
#[cfg(feature = "simd")]
use wasmote_ir::ops::FIRST_VECTOR;
use wasmote_ir::{Op, Opcode};

use crate::dispatch::Instr;
use crate::handlers::rows::row;
use crate::handlers::stamp::Variant;
use crate::linked::{Flow, Handler, Linked, Regs};
use crate::mode::Mode;

use list::{HANDLERS, PAIRS};

/// The instruction `A`, then `B`, whose operands follow `A`'s.
pub struct InTurn<A, B>(PhantomData<(A, B)>);

impl<A: Instr<Linked>, B: Instr<Linked>> Instr<Linked> for InTurn<A, B> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise. `A` leaves `ip` at `B`'s operands; `B` expects it a cell before them.
        unsafe {
            match A::run(r) {
                Flow::Next => {
                    r.ip = r.ip.sub(Linked::OPERANDS);
                    done(r);
                    if A::NARROW {
                        core::hint::assert_unchecked(r.accumulated() <= u64::from(u32::MAX));
                    }
                    B::run(r)
                }
                flow => flow,
            }
        }
    }
}

/// Has the compiler do what came before, as far as the accumulator goes, before what follows. Left to itself, it may put off a load
/// until a second address was checked, and then has too few registers.
#[inline(always)]
fn done(r: &mut Regs) {
    // Miri knows no assembly.
    #[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
    // SAFETY: no instruction at all.
    unsafe {
        // Both halves may want `ip` in its register for what faults (`guard`): it moves on there, once.
        #[cfg(guarded)]
        crate::guard::settle(r);
        core::arch::asm!("/* {} */", inout(reg) r.acc.0, options(nomem, nostack, preserves_flags));
        #[cfg(all(feature = "simd", target_arch = "x86_64"))]
        core::arch::asm!("/* {} */", inout(xmm_reg) r.vector.0, options(nomem, nostack, preserves_flags));
        #[cfg(all(feature = "simd", target_arch = "aarch64"))]
        core::arch::asm!("/* {:v} */", inout(vreg) r.vector.0, options(nomem, nostack, preserves_flags));
    }
    let _ = r;
}

/// A row's variant by number.
trait VariantOf<const N: usize> {
    type Instr: Instr<Linked>;
}
impl<Meaning, Shape: Variant<Meaning, N>, const N: usize> VariantOf<N> for (Meaning, Shape) {
    type Instr = Shape::Instr;
}

/// The instruction that a row's variant is.
type InstrOf<Row, const N: usize> = <Row as VariantOf<N>>::Instr;

/// How many pairs there are; they are numbered, those of vectors behind all others.
pub const COUNT: usize = PAIRS.len() + VECTORS.len();

#[cfg(feature = "simd")]
use vectors::VECTORS;
#[cfg(not(feature = "simd"))]
const VECTORS: [u32; 0] = [];

/// The pair of two opcodes, if there is one.
#[inline]
pub fn find(first: u16, second: u16) -> Option<u16> {
    let opcodes = u32::from(first) << 16 | u32::from(second);
    #[cfg(feature = "simd")]
    if usize::from(first) >= FIRST_VECTOR {
        return vectors::find(opcodes).map(|number| (PAIRS.len() + number) as u16);
    }
    let mut at = place(opcodes);
    loop {
        let number = NUMBERS[at];
        // There is none at the end of each run of numbers.
        if *PAIRS.get(usize::from(number))? == opcodes {
            return Some(number);
        }
        at = (at + 1) % NUMBERS.len();
    }
}

/// The handler of a pair; `vectors` gives those of pairs of vector instructions, which are numbered as opcodes are, behind them.
pub fn handler(pair: u16, vectors: impl FnOnce(usize) -> Handler) -> Handler {
    match HANDLERS.get(usize::from(pair)) {
        Some(&handler) => handler,
        None => vectors(ALL_OPCODES + usize::from(pair) - PAIRS.len()),
    }
}

/// The opcodes of a pair, the first one first.
pub fn opcodes(pair: u16) -> [Opcode; 2] {
    let pair = usize::from(pair);
    let opcodes = PAIRS.get(pair).copied().unwrap_or_else(|| VECTORS[pair - PAIRS.len()]);
    [Opcode((opcodes >> 16) as u16), Opcode(opcodes as u16)]
}

/// The numbers of pairs, each at its place or the next free one: the linker asks at each instruction.
static NUMBERS: [u16; 1 << NUMBERS_LOG2] = {
    let mut numbers = [NONE; 1 << NUMBERS_LOG2];
    let mut i = 0;
    while i < PAIRS.len() {
        let mut at = place(PAIRS[i]);
        while numbers[at] != NONE {
            // No pair is there twice.
            assert!(PAIRS[numbers[at] as usize] != PAIRS[i]);
            at = (at + 1) % numbers.len();
        }
        numbers[at] = i as u16;
        i += 1;
    }
    numbers
};

/// At most half of it is used.
const NUMBERS_LOG2: u32 = (2 * PAIRS.len()).next_power_of_two().trailing_zeros();
const NONE: u16 = u16::MAX;
const _: () = assert!(PAIRS.len() < NONE as usize);

/// Where in [`NUMBERS`] a pair is looked for first.
const fn place(opcodes: u32) -> usize {
    // The golden ratio spreads what is close.
    (opcodes.wrapping_mul(0x9e37_79b9) >> (32 - NUMBERS_LOG2)) as usize
}

/// The number of a variant by its suffix.
pub const fn number(op: Op, suffix: &str) -> usize {
    let mut n = 0;
    while !equal(op.variants()[n].suffix, suffix) {
        n += 1;
    }
    n
}

const fn equal(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// Both opcodes, the first one's in the upper half.
const fn joined(first: (Op, usize), second: (Op, usize)) -> u32 {
    // A trap says which of the two by where `ip` is.
    assert!(first.0.variants()[first.1].units() > 0);
    (Opcode::new(first.0, first.1 as u8).0 as u32) << 16 | Opcode::new(second.0, second.1 as u8).0 as u32
}

/// Defines the pairs. A line has the first instruction, and those that may follow.
macro_rules! pairs {
    ($( $first:ident.$a:ident: $( $second:ident.$b:ident ),+ ; )*) => {
        /// The opcodes of each pair, the first one's in the upper half.
        pub(super) static PAIRS: [u32; 0 $( $( + { let _ = Op::$second; 1 } )+ )*] = [$( $( {
            const A: usize = number(Op::$first, stringify!($a));
            const B: usize = number(Op::$second, stringify!($b));
            joined((Op::$first, A), (Op::$second, B))
        }, )+ )*];

        /// The handler of each, apart: together with opcodes, every other four bytes would be padding.
        pub(super) static HANDLERS: [Handler; PAIRS.len()] = [$( $( {
            const A: usize = number(Op::$first, stringify!($a));
            const B: usize = number(Op::$second, stringify!($b));
            hot::<Linked, InTurn<InstrOf<row::$first, A>, InstrOf<row::$second, B>>>
        }, )+ )*];
    };
}
use pairs;
