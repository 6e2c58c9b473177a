//! Instructions that are rarely used: their operands are in slots, and what stores the result and goes on is one handler for all of
//! them. So each is a few instructions and a jump.

use core::marker::PhantomData;

use wasmote_exec::vector::{
    Binary, Dest, Encoded, Flow, Instr, Linked, Load, Regs, S, Source, Three, Unary, Value, Vector, bytes, cold,
};
use wasmote_ir::TrapCode;
use wasmote_ir::shape::{Format, Operand};

use crate::shapes::{Amount, Replace, Shift, lane};

/// A vector out of operands, behind which stands the result's place.
pub trait Compute {
    /// How its operands are written.
    const FORMAT: Format;
    /// The unit of the result's place.
    const DST: usize = Self::FORMAT.units();
    /// Computes it.
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode>;
}

/// An instruction of which another handler does the rest.
pub struct Apart<C>(PhantomData<C>);

impl<C: Compute> Instr<Linked> for Apart<C> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise; behind the operands of the first cell there are more.
        unsafe {
            match C::compute(r) {
                Ok(value) => value.accumulate(r),
                Err(code) => return Flow::Trap(code),
            }
            if C::DST >= 4 {
                r.ip = r.operand(0);
            }
        }
        // `cold` is never inlined; it needs no stack frame here.
        Flow::Instead(match C::DST % 4 {
            0 => cold::<Linked, Rest<0>>,
            1 => cold::<Linked, Rest<1>>,
            2 => cold::<Linked, Rest<2>>,
            _ => cold::<Linked, Rest<3>>,
        })
    }
}

impl<C: Compute> Encoded for Apart<C> {
    const FORMAT: Format = C::FORMAT.then(<S as Dest<Vector>>::FORMAT);
}

/// A vector in slots.
pub const VECTOR: Format = <S as Source<Vector>>::FORMAT;
/// An address in a slot.
pub const ADDRESS: Format = <S as Source<u32>>::FORMAT;

/// The rest of an instruction, which ends in the cell behind `ip`: its last unit is a place for the accumulator.
pub struct Rest<const DST: usize>;

impl<const DST: usize> Instr<Linked> for Rest<DST> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise.
        unsafe {
            r.vector.write(r.slot(DST));
            r.advance(DST + 1);
        }
        Flow::Next
    }
}

/// One value.
pub struct Single<O>(PhantomData<O>);

impl<O: Unary<Out = Vector>> Compute for Single<O> {
    const FORMAT: Format = <S as Source<O::In>>::FORMAT;
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller's promise.
        O::eval(unsafe { S::get(r, 0) })
    }
}

/// Two values.
pub struct Both<O>(PhantomData<O>);

impl<O: Binary<Out = Vector>> Compute for Both<O> {
    const FORMAT: Format = <S as Source<O::In>>::FORMAT.then(<S as Source<O::In>>::FORMAT);
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller's promise.
        unsafe { O::eval(S::get(r, 0), S::get(r, 1)) }
    }
}

/// Three values.
pub struct AllThree<O>(PhantomData<O>);

impl<O: Three<Value = Vector>> Compute for AllThree<O> {
    const FORMAT: Format = VECTOR.then(VECTOR).then(VECTOR);
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller's promise.
        unsafe { O::eval(S::get(r, 0), S::get(r, 1), S::get(r, 2)) }
    }
}

/// A shift of lanes.
pub struct Shifted<O, B>(PhantomData<(O, B)>);

impl<O: Shift, B: Amount> Compute for Shifted<O, B> {
    const FORMAT: Format = VECTOR.then(B::FORMAT);
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller's promise.
        Ok(unsafe { O::eval(S::get(r, 0), B::amount(r, 1)) })
    }
}

/// A lane replaced.
pub struct Replaced<O>(PhantomData<O>);

impl<O: Replace> Compute for Replaced<O> {
    const FORMAT: Format = VECTOR.then(<S as Source<O::Lane>>::FORMAT).operand(lane(O::LANES));
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller's promise.
        Ok(unsafe { O::eval(S::get(r, 0), S::get(r, 1), r.u16(2)) })
    }
}

/// [`Replaced`] of a lane that the row says.
pub struct ReplacedHalf<O>(PhantomData<O>);

impl<O: Replace> Compute for ReplacedHalf<O> {
    const FORMAT: Format = VECTOR.then(<S as Source<O::Lane>>::FORMAT);
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller's promise.
        Ok(unsafe { O::eval(S::get(r, 0), S::get(r, 1), 0) })
    }
}

/// A load at an address that is no sum.
pub struct Loaded<O>(PhantomData<O>);

impl<O: Load<Out = Vector>> Compute for Loaded<O> {
    const FORMAT: Format = ADDRESS.operand(Operand::Offset);
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller's promise; the bytes are there.
        unsafe {
            let at = bytes(r, S::get(r, 0), r.u32(1), O::SIZE).ok_or(TrapCode::MemoryOutOfBounds)?;
            Ok(O::load(at))
        }
    }
}
