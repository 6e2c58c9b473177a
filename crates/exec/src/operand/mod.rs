//! Operand classes: where a source comes from and a result goes, as types that handlers are stamped with.

mod vector;

use wasmote_ir::shape::{Format, Operand};

use crate::dispatch::Regs;
use crate::mode::{F32, F64, Mode, Register};
pub use vector::Vector;

/// Bytes of an instruction whose operands take this many 16-bit units. Linked ones are rounded up, so that the next
/// handler is aligned.
pub const fn instr_bytes<M: Mode>(units: usize) -> usize {
    M::OPERANDS + (units * 2).next_multiple_of(M::ALIGNMENT)
}

impl<M: Mode> Regs<M> {
    /// The 16-bit operand at this unit.
    ///
    /// # Safety
    /// As [`Instr::run`](crate::dispatch::Instr::run), and the instruction has such an operand.
    #[inline(always)]
    pub unsafe fn u16(&self, at: usize) -> usize {
        // SAFETY: an instruction has its operands; they are 2-aligned.
        usize::from(M::unit(unsafe { self.ip.add(M::OPERANDS + 2 * at).cast::<u16>().read() }))
    }

    /// Where the operand at this unit lies.
    ///
    /// # Safety
    /// As [`Instr::run`](crate::dispatch::Instr::run), and the instruction has such an operand.
    #[inline(always)]
    pub unsafe fn operand(&self, at: usize) -> *const u8 {
        // SAFETY: an instruction has its operands.
        unsafe { self.ip.add(M::OPERANDS + 2 * at) }
    }

    /// The 32-bit operand at this unit.
    ///
    /// # Safety
    /// As [`Instr::run`](crate::dispatch::Instr::run), and the instruction has such an operand.
    #[inline(always)]
    pub unsafe fn u32(&self, at: usize) -> u32 {
        // SAFETY: as `u16`; lower units come first.
        unsafe {
            if M::TOGETHER {
                self.ip.add(M::OPERANDS + 2 * at).cast::<u32>().read_unaligned()
            } else {
                self.u16(at) as u32 | (self.u16(at + 1) as u32) << 16
            }
        }
    }

    /// The 64-bit operand at this unit.
    ///
    /// # Safety
    /// As [`Instr::run`](crate::dispatch::Instr::run), and the instruction has such an operand.
    #[inline(always)]
    pub unsafe fn u64(&self, at: usize) -> u64 {
        // SAFETY: as `u32`.
        unsafe {
            if M::TOGETHER {
                self.ip.add(M::OPERANDS + 2 * at).cast::<u64>().read_unaligned()
            } else {
                u64::from(self.u32(at)) | u64::from(self.u32(at + 2)) << 32
            }
        }
    }

    /// The slot that the operand at this unit names.
    ///
    /// # Safety
    /// As [`Instr::run`](crate::dispatch::Instr::run), and the instruction has such an operand.
    #[inline(always)]
    pub unsafe fn slot(&self, at: usize) -> *mut u64 {
        // SAFETY: slots lie inside the frame, which lies inside the value stack.
        unsafe { self.fp.add(self.u16(at)) }
    }

    /// Moves to the instruction after this one, whose operands take this many units.
    ///
    /// # Safety
    /// As [`Instr::run`](crate::dispatch::Instr::run), and the instruction has such an operand.
    #[inline(always)]
    pub unsafe fn advance(&mut self, units: usize) {
        // SAFETY: code never ends with an instruction that falls through.
        self.ip = unsafe { self.ip.add(instr_bytes::<M>(units)) };
    }

    /// Jumps by the target operand at this unit.
    ///
    /// # Safety
    /// As [`Instr::run`](crate::dispatch::Instr::run), and the instruction has such an operand.
    #[inline(always)]
    pub unsafe fn jump(&mut self, at: usize) {
        // SAFETY: targets are instructions of the same function; linked, they are in bytes, else in units.
        self.ip = unsafe {
            let distance = self.u32(at) as i32 as isize;
            self.ip.offset(M::TARGET * distance)
        };
    }
}

/// A type of values in slots, immediates and accumulators.
pub trait Value: Copy {
    /// The operand that a source in a slot, or slots, is.
    const SRC: Operand;
    /// The operand that a destination is.
    const DST: Operand;
    /// The operands that an immediate is.
    const IMM: &'static [Operand];
    /// Whether it goes to the integer accumulator, and has 32 bits.
    const NARROW: bool;
    /// Reads the slot, or slots, that begin here.
    unsafe fn read(slot: *const u64) -> Self;
    /// Writes it, zero-extended.
    unsafe fn write(self, slot: *mut u64);
    /// Reads an immediate.
    unsafe fn immediate<M: Mode>(r: &Regs<M>, at: usize) -> Self;
    /// Reads the accumulator of this type.
    fn accumulator<M: Mode>(r: &Regs<M>) -> Self;
    /// Writes the accumulator of this type.
    fn accumulate<M: Mode>(self, r: &mut Regs<M>);
}

macro_rules! integer_value {
    ($($ty:ty as $unsigned:ty),*) => { $(
        impl Value for $ty {
            const SRC: Operand = Operand::Src;
            const DST: Operand = Operand::Dst;
            const IMM: &'static [Operand] = &[Operand::Imm32];
            const NARROW: bool = size_of::<$ty>() == 4;
            #[inline(always)]
            unsafe fn read(slot: *const u64) -> Self {
                // SAFETY: the caller's promise.
                (unsafe { slot.read() }) as $ty
            }
            #[inline(always)]
            unsafe fn write(self, slot: *mut u64) {
                // SAFETY: the caller's promise.
                unsafe { slot.write(self as $unsigned as u64) };
            }
            #[inline(always)]
            unsafe fn immediate<M: Mode>(r: &Regs<M>, at: usize) -> Self {
                // SAFETY: the caller's promise.
                (unsafe { r.u32(at) }) as i32 as $ty
            }
            #[inline(always)]
            fn accumulator<M: Mode>(r: &Regs<M>) -> Self {
                r.accumulated() as $ty
            }
            #[inline(always)]
            fn accumulate<M: Mode>(self, r: &mut Regs<M>) {
                r.accumulate(self as $unsigned as u64);
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
            const NARROW: bool = false;
            #[inline(always)]
            unsafe fn read(slot: *const u64) -> Self {
                // SAFETY: the caller's promise.
                $ty::from_bits(unsafe { slot.read() } as $bits)
            }
            #[inline(always)]
            unsafe fn write(self, slot: *mut u64) {
                // SAFETY: the caller's promise.
                unsafe { slot.write(u64::from(self.to_bits())) };
            }
            #[inline(always)]
            unsafe fn immediate<M: Mode>(r: &Regs<M>, at: usize) -> Self {
                // SAFETY: the caller's promise.
                $ty::from_bits(unsafe { r.$read(at) })
            }
            #[inline(always)]
            fn accumulator<M: Mode>(r: &Regs<M>) -> Self {
                r.$ty.value()
            }
            #[inline(always)]
            fn accumulate<M: Mode>(self, r: &mut Regs<M>) {
                r.$ty = $register::of(self);
            }
        }
    };
}
float_value!(f32, F32, u32, Imm32, u32);
float_value!(f64, F64, u64, Imm64, u64);

/// A class of sources.
pub trait Source<V: Value> {
    /// How it is written.
    const FORMAT: Format;
    /// Units in the encoding.
    const UNITS: usize = Self::FORMAT.units();
    /// Reads the value.
    unsafe fn get<M: Mode>(r: &Regs<M>, at: usize) -> V;
}

/// A class of destinations.
pub trait Dest<V: Value> {
    /// How it is written.
    const FORMAT: Format;
    /// Units in the encoding.
    const UNITS: usize = Self::FORMAT.units();
    /// Writes the value; the accumulator gets it in any case.
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
        // SAFETY: slots are initialised memory of the value stack.
        unsafe { V::read(r.slot(at)) }
    }
}

impl<V: Value> Source<V> for I {
    const FORMAT: Format = Format::source(b'i', V::IMM);
    #[inline(always)]
    unsafe fn get<M: Mode>(r: &Regs<M>, at: usize) -> V {
        // SAFETY: the caller's promise.
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
        // SAFETY: slots lie inside the value stack.
        unsafe { value.write(r.slot(at)) };
        value.accumulate(r);
    }
}

impl<V: Value> Dest<V> for R {
    const FORMAT: Format = Format::ACCUMULATED;
    #[inline(always)]
    unsafe fn put<M: Mode>(r: &mut Regs<M>, _at: usize, value: V) {
        value.accumulate(r);
    }
}
