//! Vectors as values. A vector takes two neighbouring slots, its lower half first, with the alignment of slots. In
//! registers it has the machine's own vector type where handlers pass that in a register. So it is an accumulator
//! like the others.

use wasmote_ir::shape::Operand;

use super::Value;
use crate::dispatch::Regs;
use crate::mode::{Mode, Register};

#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::__m128i as Machine;

#[cfg(target_arch = "aarch64")]
use core::arch::aarch64::uint64x2_t as Machine;

/// The two halves, the lower one first. Each is in the machine's byte order.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
type Machine = [u64; 2];

/// A 128-bit vector.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Vector(pub Machine);

impl Vector {
    /// All bits zero.
    pub const ZERO: Vector = Vector::new([0; 2]);

    /// Returns the vector with these halves, the lower one first.
    #[inline(always)]
    pub const fn new(halves: [u64; 2]) -> Vector {
        // SAFETY: both types have 16 bytes and accept all bits.
        Vector(unsafe { core::mem::transmute::<[u64; 2], Machine>(halves) })
    }

    /// Returns the halves, the lower one first.
    #[inline(always)]
    pub const fn halves(self) -> [u64; 2] {
        // SAFETY: both types have 16 bytes and accept all bits.
        unsafe { core::mem::transmute::<Machine, [u64; 2]>(self.0) }
    }
}

impl Default for Vector {
    #[inline(always)]
    fn default() -> Vector {
        Vector::ZERO
    }
}

impl Value for Vector {
    const SRC: Operand = Operand::SrcPair;
    const DST: Operand = Operand::DstPair;
    const IMM: &'static [Operand] = &[Operand::Imm64, Operand::Imm64];
    const ZERO_EXTENDED: bool = false;

    #[inline(always)]
    unsafe fn read(slot: *const u64) -> Vector {
        // SAFETY: the caller guarantees two initialized slots of the frame, which are 16 bytes.
        Vector(unsafe { slot.cast::<Machine>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn write(self, slot: *mut u64) {
        // SAFETY: the caller guarantees two slots of the frame, which are 16 bytes.
        unsafe { slot.cast::<Machine>().write_unaligned(self.0) };
    }

    #[inline(always)]
    unsafe fn immediate<M: Mode>(r: &Regs<M>, at: usize) -> Vector {
        // SAFETY: the caller guarantees that the instruction has an immediate of 16 bytes at this unit.
        unsafe {
            if cfg!(target_endian = "little") {
                Vector(r.operand(at).cast::<Machine>().read_unaligned())
            } else {
                Vector::new([r.u64(at), r.u64(at + 4)])
            }
        }
    }

    #[inline(always)]
    fn accumulator<M: Mode>(r: &Regs<M>) -> Vector {
        r.vector.value()
    }

    #[inline(always)]
    fn set_accumulator<M: Mode>(self, r: &mut Regs<M>) {
        r.vector = M::Vector::of(self);
    }
}
