//! Vectors as values, and what handlers in other crates are made of: the generic instructions over meanings of one, two
//! and three sources, loads and stores, and the classes of their operands.
//!
//! # Safety
//!
//! All that is unsafe here asks what [`Instr::run`] does: the registers are those of a running function, `ip` is at an
//! instruction of the kind that is meant, and operands are at the units that its shape has them at. Slots are the function's own; what memory
//! a load or store gets was checked by [`bytes`].
//!
//! A vector lies in two neighbouring slots, its lower half first, and is aligned as these are. In registers it is the
//! machine's own type where handlers pass that in a register, so that it is an accumulator like the others.

#[cfg(target_arch = "x86_64")]
pub use crate::dispatch::hot_sse4;
pub use crate::dispatch::{Flow, Handler, Instr, Regs, cold, hot};
pub use crate::handlers::control::ReturnOne;
pub use crate::handlers::float::{double, single};
pub use crate::handlers::memory::{Address, Load, LoadAt, LoadFromAny, Store, StoreAt, StoreToAny, Sum, bytes};
pub use crate::handlers::numeric::{Binary, One, Two, Unary};
#[cfg(feature = "pairs")]
pub use crate::handlers::pairs::{InTurn, number, vectors::VECTORS};
pub use crate::handlers::tiles::{Then, Three, Tile};
pub use crate::handlers::{Encoded, in_order};
pub use crate::operand::{Dest, I, R, S, Source, Value};

use wasmote_ir::shape::Operand;

#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::__m128i as Machine;

#[cfg(target_arch = "aarch64")]
use core::arch::aarch64::uint64x2_t as Machine;

/// The halves, lower one first, each in the order of the machine.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
type Machine = [u64; 2];

/// A vector: its two slots.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Vector(pub Machine);

impl Vector {
    /// All bits zero.
    pub const ZERO: Vector = Vector::new([0; 2]);

    /// A vector of these halves, lower one first.
    #[inline(always)]
    pub const fn new(halves: [u64; 2]) -> Vector {
        // SAFETY: both have 16 bytes, and any bits will do.
        Vector(unsafe { core::mem::transmute::<[u64; 2], Machine>(halves) })
    }

    /// The halves, lower one first.
    #[inline(always)]
    pub const fn halves(self) -> [u64; 2] {
        // SAFETY: both have 16 bytes, and any bits will do.
        unsafe { core::mem::transmute::<Machine, [u64; 2]>(self.0) }
    }
}

impl Value for Vector {
    const SRC: Operand = Operand::SrcPair;
    const DST: Operand = Operand::DstPair;
    const IMM: &'static [Operand] = &[Operand::Imm64, Operand::Imm64];
    const NARROW: bool = false;

    #[inline(always)]
    unsafe fn read(slot: *const u64) -> Vector {
        // SAFETY: the caller's promise.
        Vector(unsafe { slot.cast::<Machine>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn write(self, slot: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe { slot.cast::<Machine>().write_unaligned(self.0) };
    }

    #[inline(always)]
    unsafe fn immediate(r: &Regs, at: usize) -> Vector {
        // SAFETY: the caller's promise.
        unsafe {
            if cfg!(target_endian = "little") {
                Vector(r.operand(at).cast::<Machine>().read_unaligned())
            } else {
                Vector::new([r.u64(at), r.u64(at + 4)])
            }
        }
    }

    #[inline(always)]
    fn accumulator(r: &Regs) -> Vector {
        r.vector
    }

    #[inline(always)]
    fn accumulate(self, r: &mut Regs) {
        r.vector = self;
    }
}
