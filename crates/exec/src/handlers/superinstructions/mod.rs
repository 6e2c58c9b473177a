//! Superinstructions: one handler runs two instructions in a row, which saves a dispatch.
//!
//! A superinstruction is exactly its two instructions one after the other, each with its own operands and effects. So
//! the linker can use it wherever the two stand together and the second is no jump target. Compact code, and with it
//! images, has none. The list of superinstructions, [`list`], was chosen by measurement, and a build may have another
//! (CONTRIBUTING.md).

mod list;
#[cfg(feature = "interrupt")]
pub mod polled;
#[cfg(feature = "simd")]
pub mod vectors;

use core::marker::PhantomData;

use wasmote_ir::ops::ALL_OPCODES;
#[cfg(feature = "simd")]
use wasmote_ir::ops::FIRST_VECTOR;
use wasmote_ir::{Op, Opcode};

use crate::dispatch::Execute;
use crate::handlers::handler_macros::Variant;
use crate::handlers::rows::row;
use crate::linked::{Flow, Handler, Linked, Regs};
use crate::mode::Mode;

use list::{HANDLERS, SUPERINSTRUCTIONS};

/// The instruction `A`, then `B`. The operands of `B` follow those of `A`.
pub struct Seq<A, B>(PhantomData<(A, B)>);

impl<A: Execute<Linked>, B: Execute<Linked>> Execute<Linked> for Seq<A, B> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        const { assert!(A::GOES_ON, "a superinstruction cannot begin with this instruction") };
        // SAFETY: the caller guarantees that `ip` is at this superinstruction, so `A::run`'s contract holds. The
        // linker put the operands of `B` directly behind those of `A`. `A` leaves `ip` there, and `B` expects it one
        // cell earlier.
        unsafe {
            match A::run(r) {
                Flow::Next => {
                    r.ip = r.ip.sub(Linked::OPERANDS);
                    done(r);
                    if A::ZERO_EXTENDED {
                        core::hint::assert_unchecked(r.accumulator() <= u64::from(u32::MAX));
                    }
                    B::run(r)
                }
                flow => flow,
            }
        }
    }
}

/// Makes the compiler finish the first instruction's accumulator before the second begins. Otherwise it may delay a
/// load until a second address is checked, and then it has too few registers.
#[inline(always)]
fn done(r: &mut Regs) {
    // Miri does not support assembly.
    #[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
    // SAFETY: the assembly has no instructions and changes nothing.
    unsafe {
        // Both halves may need `ip` in its register for guarded accesses (`guard`). So it moves there once.
        #[cfg(guarded)]
        crate::guard::pin_ip(r);
        core::arch::asm!("/* {} */", inout(reg) r.acc.0, options(nomem, nostack, preserves_flags));
        #[cfg(all(feature = "simd", target_arch = "x86_64"))]
        core::arch::asm!("/* {} */", inout(xmm_reg) r.vector.0, options(nomem, nostack, preserves_flags));
        #[cfg(all(feature = "simd", target_arch = "aarch64"))]
        core::arch::asm!("/* {:v} */", inout(vreg) r.vector.0, options(nomem, nostack, preserves_flags));
    }
    let _ = r;
}

/// The variant of a row with this number.
trait VariantOf<const N: usize> {
    type Execute: Execute<Linked>;
}
impl<Meaning, Shape: Variant<Meaning, N>, const N: usize> VariantOf<N> for (Meaning, Shape) {
    type Execute = Shape::Execute;
}

/// The instruction of a row's variant.
type InstrOf<Row, const N: usize> = <Row as VariantOf<N>>::Execute;

/// The number of superinstructions. Those of vector instructions have the highest numbers.
pub const COUNT: usize = SUPERINSTRUCTIONS.len() + VECTORS.len();

#[cfg(feature = "simd")]
use vectors::VECTORS;
#[cfg(not(feature = "simd"))]
const VECTORS: [u32; 0] = [];

/// Returns the number of the superinstruction of two opcodes, if there is one.
#[inline]
pub fn find(first: u16, second: u16) -> Option<u16> {
    let opcodes = u32::from(first) << 16 | u32::from(second);
    #[cfg(feature = "simd")]
    if usize::from(first) >= FIRST_VECTOR {
        return vectors::find(opcodes).map(|number| (SUPERINSTRUCTIONS.len() + number) as u16);
    }
    let mut at = place(opcodes);
    loop {
        let number = NUMBERS[at];
        // Each run of entries ends with `NONE`, which is no index of `SUPERINSTRUCTIONS`.
        if *SUPERINSTRUCTIONS.get(usize::from(number))? == opcodes {
            return Some(number);
        }
        at = (at + 1) % NUMBERS.len();
    }
}

/// Returns the handler of a superinstruction. `vectors` returns those of vector instructions, which are numbered
/// behind the opcodes.
pub fn handler(number: u16, vectors: impl FnOnce(usize) -> Handler) -> Handler {
    match HANDLERS.get(usize::from(number)) {
        Some(&handler) => handler,
        None => vectors(ALL_OPCODES + usize::from(number) - SUPERINSTRUCTIONS.len()),
    }
}

/// Returns the two opcodes of a superinstruction, in order.
pub fn opcodes(number: u16) -> [Opcode; 2] {
    let number = usize::from(number);
    let opcodes = SUPERINSTRUCTIONS.get(number).copied().unwrap_or_else(|| VECTORS[number - SUPERINSTRUCTIONS.len()]);
    [Opcode((opcodes >> 16) as u16), Opcode(opcodes as u16)]
}

/// A hash table of the superinstructions' numbers: each is at its place or the next free one. The linker looks up
/// each instruction here.
static NUMBERS: [u16; 1 << NUMBERS_LOG2] = {
    let mut numbers = [NONE; 1 << NUMBERS_LOG2];
    let mut i = 0;
    while i < SUPERINSTRUCTIONS.len() {
        let mut at = place(SUPERINSTRUCTIONS[i]);
        while numbers[at] != NONE {
            // No superinstruction is listed twice.
            assert!(SUPERINSTRUCTIONS[numbers[at] as usize] != SUPERINSTRUCTIONS[i]);
            at = (at + 1) % numbers.len();
        }
        numbers[at] = i as u16;
        i += 1;
    }
    numbers
};

/// At most half of the table is used.
const NUMBERS_LOG2: u32 = (2 * SUPERINSTRUCTIONS.len()).next_power_of_two().trailing_zeros();
const NONE: u16 = u16::MAX;
const _: () = assert!(SUPERINSTRUCTIONS.len() < NONE as usize);

/// Returns where in [`NUMBERS`] the search for a superinstruction begins.
const fn place(opcodes: u32) -> usize {
    // Multiplication by the golden ratio spreads neighbouring opcodes over the table.
    (opcodes.wrapping_mul(0x9e37_79b9) >> (32 - NUMBERS_LOG2)) as usize
}

/// Returns the number of the variant with this suffix.
pub const fn number(op: Op, suffix: &str) -> usize {
    let mut n = 0;
    while !equal(op.variants()[n].suffix, suffix) {
        n += 1;
        assert!(n < op.variants().len(), "the instruction has no such operand classes");
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

/// Returns both opcodes in one number, the first one in the upper half.
const fn joined(first: (Op, usize), second: (Op, usize)) -> u32 {
    // The site of a trap is known by `ip`.
    assert!(first.0.variants()[first.1].units() > 0, "the first instruction of a superinstruction must have operands");
    (Opcode::new(first.0, first.1 as u8).0 as u32) << 16 | Opcode::new(second.0, second.1 as u8).0 as u32
}

/// Defines the superinstructions. Each line has a first instruction and those that may follow it.
macro_rules! superinstructions {
    ($( $first:ident.$a:ident: $( $second:ident.$b:ident ),+ ; )*) => {
        /// The opcodes of each superinstruction, the first one in the upper half.
        pub(super) static SUPERINSTRUCTIONS: [u32; 0 $( $( + { let _ = Op::$second; 1 } )+ )*] = [$( $( {
            const A: usize = number(Op::$first, stringify!($a));
            const B: usize = number(Op::$second, stringify!($b));
            joined((Op::$first, A), (Op::$second, B))
        }, )+ )*];

        /// The handler of each. A shared table with the opcodes would be padded by four bytes for each entry.
        pub(super) static HANDLERS: [Handler; SUPERINSTRUCTIONS.len()] = [$( $( {
            const A: usize = number(Op::$first, stringify!($a));
            const B: usize = number(Op::$second, stringify!($b));
            hot::<Linked, Seq<InstrOf<row::$first, A>, InstrOf<row::$second, B>>>
        }, )+ )*];
    };
}
use superinstructions;
