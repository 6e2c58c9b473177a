//! Operand classes: types that say where a handler's sources come from and its result goes.

mod vector;

use wasmote_ir::shape::{Format, Operand};

use crate::dispatch::Regs;
use crate::mode::{F32, F64, Mode, Register};
pub use vector::Vector;

/// Returns the length in bytes of an instruction whose operands take this many 16-bit units. In linked code it is
/// rounded up, so that the next handler's address is aligned.
pub const fn instr_bytes<M: Mode>(units: usize) -> usize {
    M::OPERANDS + (units * 2).next_multiple_of(M::ALIGNMENT)
}

impl<M: Mode> Regs<M> {
    /// Returns the 16-bit operand at this unit.
    ///
    /// # Safety
    /// As [`Execute::run`](crate::dispatch::Execute::run), and the instruction has such an operand.
    #[inline(always)]
    pub unsafe fn u16(&self, at: usize) -> usize {
        // SAFETY: the caller guarantees that the instruction has this operand. Code is aligned to units.
        usize::from(M::unit(unsafe { self.ip.add(M::OPERANDS + 2 * at).cast::<u16>().read() }))
    }

    /// Returns the address of the operand at this unit.
    ///
    /// # Safety
    /// As [`Execute::run`](crate::dispatch::Execute::run), and the instruction has such an operand.
    #[inline(always)]
    pub unsafe fn operand(&self, at: usize) -> *const u8 {
        // SAFETY: the caller guarantees that the instruction has this operand, so the address lies in the code.
        unsafe { self.ip.add(M::OPERANDS + 2 * at) }
    }

    /// Returns the 32-bit operand at this unit. The lower unit comes first.
    ///
    /// # Safety
    /// As [`Execute::run`](crate::dispatch::Execute::run), and the instruction has such an operand.
    #[inline(always)]
    pub unsafe fn u32(&self, at: usize) -> u32 {
        // SAFETY: the caller guarantees that the instruction has this operand of two units.
        unsafe {
            if M::WIDE_UNIT_READS {
                self.ip.add(M::OPERANDS + 2 * at).cast::<u32>().read_unaligned()
            } else {
                self.u16(at) as u32 | (self.u16(at + 1) as u32) << 16
            }
        }
    }

    /// Returns the 64-bit operand at this unit. Lower units come first.
    ///
    /// # Safety
    /// As [`Execute::run`](crate::dispatch::Execute::run), and the instruction has such an operand.
    #[inline(always)]
    pub unsafe fn u64(&self, at: usize) -> u64 {
        // SAFETY: the caller guarantees that the instruction has this operand of four units.
        unsafe {
            if M::WIDE_UNIT_READS {
                self.ip.add(M::OPERANDS + 2 * at).cast::<u64>().read_unaligned()
            } else {
                u64::from(self.u32(at)) | u64::from(self.u32(at + 2)) << 32
            }
        }
    }

    /// Returns the slot that the operand at this unit names.
    ///
    /// # Safety
    /// As [`Execute::run`](crate::dispatch::Execute::run), and the instruction has such an operand.
    #[inline(always)]
    pub unsafe fn slot(&self, at: usize) -> *mut u64 {
        // SAFETY: the caller guarantees a slot operand. The translator keeps it below the frame's size (the verifier
        // checks images), so the slot lies in the value stack.
        unsafe { self.fp.add(self.u16(at)) }
    }

    /// Moves to the next instruction. The operands of this one take `units` units.
    ///
    /// # Safety
    /// As [`Execute::run`](crate::dispatch::Execute::run). The operands of the instruction take `units` units, and
    /// another instruction follows.
    #[inline(always)]
    pub unsafe fn advance(&mut self, units: usize) {
        // SAFETY: the caller guarantees the length and a following instruction: the translator, or the image
        // verifier, ends each body with an instruction that does not fall through.
        self.ip = unsafe { self.ip.add(instr_bytes::<M>(units)) };
    }

    /// Jumps by the target operand at this unit.
    ///
    /// # Safety
    /// As [`Execute::run`](crate::dispatch::Execute::run), and the instruction has such an operand.
    #[inline(always)]
    pub unsafe fn jump(&mut self, at: usize) {
        // SAFETY: the caller guarantees a target operand. The translator and the verifier let it lead to an
        // instruction of the same function only.
        self.ip = unsafe {
            let distance = self.u32(at) as i32 as isize;
            self.ip.offset(M::TARGET * distance)
        };
    }
}

/// A type of values in slots, immediates and accumulators.
pub trait Value: Copy {
    /// The operand of a source in a slot. A vector takes two slots.
    const SRC: Operand;
    /// The operand of a destination.
    const DST: Operand;
    /// The operands of an immediate.
    const IMM: &'static [Operand];
    /// Whether the value has 32 bits and its accumulator is the integer one.
    const ZERO_EXTENDED: bool;
    /// Reads the value from its slot. A vector takes two. As for `write`, the caller guarantees that they lie in the
    /// frame.
    unsafe fn read(slot: *const u64) -> Self;
    /// Writes the value to its slot, zero-extended.
    unsafe fn write(self, slot: *mut u64);
    /// Reads the immediate at this unit, which the instruction has.
    unsafe fn immediate<M: Mode>(r: &Regs<M>, at: usize) -> Self;
    /// Reads the accumulator of this type.
    fn accumulator<M: Mode>(r: &Regs<M>) -> Self;
    /// Writes the accumulator of this type.
    fn set_accumulator<M: Mode>(self, r: &mut Regs<M>);
}

macro_rules! integer_value {
    ($($ty:ty as $unsigned:ty),*) => { $(
        impl Value for $ty {
            const SRC: Operand = Operand::Src;
            const DST: Operand = Operand::Dst;
            const IMM: &'static [Operand] = &[Operand::Imm32];
            const ZERO_EXTENDED: bool = size_of::<$ty>() == 4;
            #[inline(always)]
            unsafe fn read(slot: *const u64) -> Self {
                // SAFETY: the caller guarantees an initialized slot of the frame.
                (unsafe { slot.read() }) as $ty
            }
            #[inline(always)]
            unsafe fn write(self, slot: *mut u64) {
                // SAFETY: the caller guarantees a slot of the frame.
                unsafe { slot.write(self as $unsigned as u64) };
            }
            #[inline(always)]
            unsafe fn immediate<M: Mode>(r: &Regs<M>, at: usize) -> Self {
                // SAFETY: the caller guarantees that the instruction has a 32-bit immediate at this unit.
                (unsafe { r.u32(at) }) as i32 as $ty
            }
            #[inline(always)]
            fn accumulator<M: Mode>(r: &Regs<M>) -> Self {
                r.accumulator() as $ty
            }
            #[inline(always)]
            fn set_accumulator<M: Mode>(self, r: &mut Regs<M>) {
                r.set_accumulator(self as $unsigned as u64);
            }
        }
    )* };
}
integer_value!(u32 as u32, i32 as u32, u64 as u64, i64 as u64);

macro_rules! float_value {
    ($ty:ident, $register:ident, $bits:ident, $imm:ident, $read:ident) => {
        impl Value for $ty {
            const SRC: Operand = Operand::Src;
            const DST: Operand = Operand::Dst;
            const IMM: &'static [Operand] = &[Operand::$imm];
            const ZERO_EXTENDED: bool = false;
            #[inline(always)]
            unsafe fn read(slot: *const u64) -> Self {
                // SAFETY: the caller guarantees an initialized slot of the frame.
                $ty::from_bits(unsafe { slot.read() } as $bits)
            }
            #[inline(always)]
            unsafe fn write(self, slot: *mut u64) {
                // SAFETY: the caller guarantees a slot of the frame.
                unsafe { slot.write(u64::from(self.to_bits())) };
            }
            #[inline(always)]
            unsafe fn immediate<M: Mode>(r: &Regs<M>, at: usize) -> Self {
                // SAFETY: the caller guarantees that the instruction has an immediate of this type at this unit.
                $ty::from_bits(unsafe { r.$read(at) })
            }
            #[inline(always)]
            fn accumulator<M: Mode>(r: &Regs<M>) -> Self {
                r.$ty.value()
            }
            #[inline(always)]
            fn set_accumulator<M: Mode>(self, r: &mut Regs<M>) {
                r.$ty = $register::of(self);
            }
        }
    };
}
float_value!(f32, F32, u32, Imm32, u32);
float_value!(f64, F64, u64, Imm64, u64);

/// A class of sources.
pub trait Source<V: Value> {
    /// The class's letter and operands.
    const FORMAT: Format;
    /// How many units its operands take.
    const UNITS: usize = Self::FORMAT.units();
    /// Reads the value. The contract is that of `Execute::run`, and the instruction has a source of this class at this
    /// unit.
    unsafe fn get<M: Mode>(r: &Regs<M>, at: usize) -> V;
}

/// A class of destinations.
pub trait Dest<V: Value> {
    /// The class's letter and operands.
    const FORMAT: Format;
    /// How many units its operands take.
    const UNITS: usize = Self::FORMAT.units();
    /// Writes the value. The accumulator gets it in each class. The contract is that of `Source::get`.
    unsafe fn put<M: Mode>(r: &mut Regs<M>, at: usize, value: V);
}

/// Class: a slot.
pub struct S;
/// Class: an immediate.
pub struct I;
/// Class: the accumulator.
pub struct R;

impl<V: Value> Source<V> for S {
    const FORMAT: Format = Format::source(b's', &[V::SRC]);
    #[inline(always)]
    unsafe fn get<M: Mode>(r: &Regs<M>, at: usize) -> V {
        // SAFETY: the caller guarantees a slot operand at this unit. It names an initialized slot of the frame, and
        // two for a vector.
        unsafe { V::read(r.slot(at)) }
    }
}

impl<V: Value> Source<V> for I {
    const FORMAT: Format = Format::source(b'i', V::IMM);
    #[inline(always)]
    unsafe fn get<M: Mode>(r: &Regs<M>, at: usize) -> V {
        // SAFETY: the caller guarantees an immediate of this type at this unit.
        unsafe { V::immediate(r, at) }
    }
}

impl<V: Value> Source<V> for R {
    const FORMAT: Format = Format::source(b'r', &[]);
    #[inline(always)]
    unsafe fn get<M: Mode>(r: &Regs<M>, _at: usize) -> V {
        V::accumulator(r)
    }
}

impl<V: Value> Dest<V> for S {
    const FORMAT: Format = Format::operands(&[V::DST]);
    #[inline(always)]
    unsafe fn put<M: Mode>(r: &mut Regs<M>, at: usize, value: V) {
        // SAFETY: the caller guarantees a slot operand at this unit. It names a slot of the frame, and two for a
        // vector.
        unsafe { value.write(r.slot(at)) };
        value.set_accumulator(r);
    }
}

impl<V: Value> Dest<V> for R {
    const FORMAT: Format = Format::ACCUMULATED;
    #[inline(always)]
    unsafe fn put<M: Mode>(r: &mut Regs<M>, _at: usize, value: V) {
        value.set_accumulator(r);
    }
}
