//! Operand classes: where a source comes from and a result goes, as types that handlers are stamped with.

use crate::dispatch::Regs;

/// Bytes of a linked instruction whose operands take this many 16-bit units: the handler, then the operands,
/// rounded up so that the next handler is aligned.
pub const fn cell_bytes(units: usize) -> usize {
    8 + (units * 2).next_multiple_of(8)
}

impl Regs {
    /// The 16-bit operand at this unit.
    #[inline(always)]
    pub unsafe fn u16(&self, at: usize) -> usize {
        // SAFETY: an instruction's operands follow its handler; they are 2-aligned.
        usize::from(unsafe { self.ip.add(8 + 2 * at).cast::<u16>().read() })
    }

    /// The 32-bit operand at this unit.
    #[inline(always)]
    pub unsafe fn u32(&self, at: usize) -> u32 {
        // SAFETY: as `u16`; lower units come first.
        unsafe {
            if cfg!(target_endian = "little") {
                self.ip.add(8 + 2 * at).cast::<u32>().read_unaligned()
            } else {
                (self.u16(at) | self.u16(at + 1) << 16) as u32
            }
        }
    }

    /// The 64-bit operand at this unit.
    #[inline(always)]
    pub unsafe fn u64(&self, at: usize) -> u64 {
        // SAFETY: as `u32`.
        unsafe {
            if cfg!(target_endian = "little") {
                self.ip.add(8 + 2 * at).cast::<u64>().read_unaligned()
            } else {
                u64::from(self.u32(at)) | u64::from(self.u32(at + 2)) << 32
            }
        }
    }

    /// The slot that the operand at this unit names.
    #[inline(always)]
    pub unsafe fn slot(&self, at: usize) -> *mut u64 {
        // SAFETY: slots lie inside the frame, which lies inside the value stack.
        unsafe { self.fp.add(self.u16(at)) }
    }

    /// Moves to the instruction after this one, whose operands take this many units.
    #[inline(always)]
    pub unsafe fn advance(&mut self, units: usize) {
        // SAFETY: code never ends with an instruction that falls through.
        self.ip = unsafe { self.ip.add(cell_bytes(units)) };
    }

    /// Jumps by the target operand at this unit.
    #[inline(always)]
    pub unsafe fn jump(&mut self, at: usize) {
        // SAFETY: targets are instructions of the same function.
        self.ip = unsafe { self.ip.offset(self.u32(at) as i32 as isize) };
    }
}

/// A type of values in slots, immediates and accumulators.
pub trait Value: Copy {
    /// Units of an immediate.
    const IMM_UNITS: usize;
    /// From the bits of a slot.
    fn from_slot(bits: u64) -> Self;
    /// The bits for a slot, zero-extended.
    fn to_slot(self) -> u64;
    /// Reads an immediate.
    unsafe fn immediate(r: &Regs, at: usize) -> Self;
    /// Reads the accumulator of this type.
    fn accumulator(r: &Regs) -> Self;
    /// Writes the accumulator of this type.
    fn accumulate(self, r: &mut Regs);
}

macro_rules! integer_value {
    ($($ty:ty as $unsigned:ty),*) => { $(
        impl Value for $ty {
            const IMM_UNITS: usize = 2;
            #[inline(always)]
            fn from_slot(bits: u64) -> Self {
                bits as $ty
            }
            #[inline(always)]
            fn to_slot(self) -> u64 {
                self as $unsigned as u64
            }
            #[inline(always)]
            unsafe fn immediate(r: &Regs, at: usize) -> Self {
                // SAFETY: the caller's promise.
                (unsafe { r.u32(at) }) as i32 as $ty
            }
            #[inline(always)]
            fn accumulator(r: &Regs) -> Self {
                r.acc as $ty
            }
            #[inline(always)]
            fn accumulate(self, r: &mut Regs) {
                r.acc = self.to_slot();
            }
        }
    )* };
}
integer_value!(u32 as u32, i32 as u32, u64 as u64, i64 as u64);

macro_rules! float_value {
    ($ty:ident, $bits:ident, $units:literal, $read:ident) => {
        impl Value for $ty {
            const IMM_UNITS: usize = $units;
            #[inline(always)]
            fn from_slot(bits: u64) -> Self {
                $ty::from_bits(bits as $bits)
            }
            #[inline(always)]
            fn to_slot(self) -> u64 {
                u64::from(self.to_bits())
            }
            #[inline(always)]
            unsafe fn immediate(r: &Regs, at: usize) -> Self {
                // SAFETY: the caller's promise.
                $ty::from_bits(unsafe { r.$read(at) })
            }
            #[inline(always)]
            fn accumulator(r: &Regs) -> Self {
                r.$ty
            }
            #[inline(always)]
            fn accumulate(self, r: &mut Regs) {
                r.$ty = self;
            }
        }
    };
}
float_value!(f32, u32, 2, u32);
float_value!(f64, u64, 4, u64);

/// A class of sources.
pub trait Source<V: Value> {
    /// Units in the encoding.
    const UNITS: usize;
    /// Reads the value.
    unsafe fn get(r: &Regs, at: usize) -> V;
}

/// A class of destinations.
pub trait Dest<V: Value> {
    /// Units in the encoding.
    const UNITS: usize;
    /// Writes the value; the accumulator gets it in any case.
    unsafe fn put(r: &mut Regs, at: usize, value: V);
}

/// Class: a slot.
pub struct S;
/// Class: an immediate.
pub struct I;
/// Class: the accumulator.
pub struct R;

impl<V: Value> Source<V> for S {
    const UNITS: usize = 1;
    #[inline(always)]
    unsafe fn get(r: &Regs, at: usize) -> V {
        // SAFETY: slots are initialised memory of the value stack.
        V::from_slot(unsafe { r.slot(at).read() })
    }
}

impl<V: Value> Source<V> for I {
    const UNITS: usize = V::IMM_UNITS;
    #[inline(always)]
    unsafe fn get(r: &Regs, at: usize) -> V {
        // SAFETY: the caller's promise.
        unsafe { V::immediate(r, at) }
    }
}

impl<V: Value> Source<V> for R {
    const UNITS: usize = 0;
    #[inline(always)]
    unsafe fn get(r: &Regs, _at: usize) -> V {
        V::accumulator(r)
    }
}

impl<V: Value> Dest<V> for S {
    const UNITS: usize = 1;
    #[inline(always)]
    unsafe fn put(r: &mut Regs, at: usize, value: V) {
        // SAFETY: slots lie inside the value stack.
        unsafe { r.slot(at).write(value.to_slot()) };
        value.accumulate(r);
    }
}

impl<V: Value> Dest<V> for R {
    const UNITS: usize = 0;
    #[inline(always)]
    unsafe fn put(r: &mut Regs, _at: usize, value: V) {
        value.accumulate(r);
    }
}
