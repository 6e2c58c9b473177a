//! Rarely used instructions. Their operands are in slots. One shared handler stores the result and continues. So each
//! of them takes only a few machine instructions and a jump.

use core::marker::PhantomData;

use wasmote_exec::vector::{
    Binary, Dest, Encoded, Execute, Flow, Linked, Load, Regs, S, Source, Ternary, Unary, Value, Vector, bytes, cold,
};
use wasmote_ir::TrapCode;
use wasmote_ir::shape::{Format, Operand};

use crate::shapes::{Amount, Replace, Shift, lane};

/// Computes a vector from operands. The destination is the operand behind them.
pub trait OutOfLineBody {
    /// The operands.
    const FORMAT: Format;
    /// The unit of the destination.
    const DST: usize = Self::FORMAT.units();
    /// Computes the vector. The contract is that of `Execute::run`, and the operands are those of `FORMAT`.
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode>;
}

/// An instruction that computes its result and leaves the rest to a shared handler.
pub struct OutOfLine<C>(PhantomData<C>);

impl<C: OutOfLineBody> Execute<Linked> for OutOfLine<C> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees the operands of `FORMAT` and a destination. If the operands take at least
        // four units, they fill the first cell, and the destination is in the next one.
        unsafe {
            match C::compute(r) {
                Ok(value) => value.set_accumulator(r),
                Err(code) => return Flow::Trap(code),
            }
            if C::DST >= 4 {
                r.ip = r.operand(0);
            }
        }
        // `cold` handlers are never inlined. `StoreResult` needs no stack frame all the same.
        Flow::TailCall(match C::DST % 4 {
            0 => cold::<Linked, StoreResult<0>>,
            1 => cold::<Linked, StoreResult<1>>,
            2 => cold::<Linked, StoreResult<2>>,
            _ => cold::<Linked, StoreResult<3>>,
        })
    }
}

impl<C: OutOfLineBody> Encoded for OutOfLine<C> {
    const FORMAT: Format = C::FORMAT.then(<S as Dest<Vector>>::FORMAT);
}

/// A source vector in slots.
pub const VECTOR: Format = <S as Source<Vector>>::FORMAT;
/// An address in a slot.
pub const ADDRESS: Format = <S as Source<u32>>::FORMAT;

/// The rest of an instruction. The instruction ends in the cell behind `ip`, whose operand at unit `DST` is the
/// destination of the accumulator.
pub struct StoreResult<const DST: usize>;

impl<const DST: usize> Execute<Linked> for StoreResult<DST> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: only `OutOfLine` continues here. It left `ip` one cell before the destination, which is a slot operand,
        // and another instruction follows.
        unsafe {
            r.vector.write(r.slot(DST));
            r.advance(DST + 1);
        }
        Flow::Next
    }
}

/// An operation with one source.
pub struct UnaryOperands<O>(PhantomData<O>);

impl<O: Unary<Out = Vector>> OutOfLineBody for UnaryOperands<O> {
    const FORMAT: Format = <S as Source<O::In>>::FORMAT;
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller guarantees a source in slots.
        O::eval(unsafe { S::get(r, 0) })
    }
}

/// An operation with two sources.
pub struct BinaryOperands<O>(PhantomData<O>);

impl<O: Binary<Out = Vector>> OutOfLineBody for BinaryOperands<O> {
    const FORMAT: Format = <S as Source<O::In>>::FORMAT.then(<S as Source<O::In>>::FORMAT);
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller guarantees two sources in slots.
        unsafe { O::eval(S::get(r, 0), S::get(r, 1)) }
    }
}

/// An operation with three sources.
pub struct TernaryOperands<O>(PhantomData<O>);

impl<O: Ternary<Value = Vector>> OutOfLineBody for TernaryOperands<O> {
    const FORMAT: Format = VECTOR.then(VECTOR).then(VECTOR);
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller guarantees three sources in slots.
        unsafe { O::eval(S::get(r, 0), S::get(r, 1), S::get(r, 2)) }
    }
}

/// A shift of lanes.
pub struct ShiftOperands<O, B>(PhantomData<(O, B)>);

impl<O: Shift, B: Amount> OutOfLineBody for ShiftOperands<O, B> {
    const FORMAT: Format = VECTOR.then(B::FORMAT);
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller guarantees a vector in slots and an amount of the class `B`.
        Ok(unsafe { O::eval(S::get(r, 0), B::amount(r, 1)) })
    }
}

/// A replacement of a lane.
pub struct ReplaceLaneOperands<O>(PhantomData<O>);

impl<O: Replace> OutOfLineBody for ReplaceLaneOperands<O> {
    const FORMAT: Format = VECTOR.then(<S as Source<O::Lane>>::FORMAT).operand(lane(O::LANES));
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller guarantees a vector and a scalar in slots, and a lane.
        Ok(unsafe { O::eval(S::get(r, 0), S::get(r, 1), r.u16(2)) })
    }
}

/// As [`ReplaceLaneOperands`], but the row gives the lane.
pub struct ReplaceHalfOperands<O>(PhantomData<O>);

impl<O: Replace> OutOfLineBody for ReplaceHalfOperands<O> {
    const FORMAT: Format = VECTOR.then(<S as Source<O::Lane>>::FORMAT);
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller guarantees a vector and a scalar in slots.
        Ok(unsafe { O::eval(S::get(r, 0), S::get(r, 1), 0) })
    }
}

/// A load whose address is one slot.
pub struct LoadOperands<O>(PhantomData<O>);

impl<O: Load<Out = Vector>> OutOfLineBody for LoadOperands<O> {
    const FORMAT: Format = ADDRESS.operand(Operand::Offset);
    #[inline(always)]
    unsafe fn compute(r: &Regs) -> Result<Vector, TrapCode> {
        // SAFETY: the caller guarantees an address and an offset. `bytes` checked the range in memory 0.
        unsafe {
            let at = bytes(r, S::get(r, 0), r.u32(1), O::SIZE).ok_or(TrapCode::MemoryOutOfBounds)?;
            Ok(O::load(at))
        }
    }
}
