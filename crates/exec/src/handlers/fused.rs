//! Fused operations: one instruction does what two would do. `wasmote-ir`'s table lists them. docs/speed.md says what
//! each family gains.

use core::marker::PhantomData;

use wasmote_ir::TrapCode;
use wasmote_ir::shape::{BinConst, Format, Fused3, Fused3Imm, Fused4, Fused12, Operand, Step as StepShape};

use super::branch::Condition;
use super::handler_macros::{Encoded, single, variants};
use super::numeric::{Binary, BinaryInstr};
use crate::dispatch::{Execute, Flow, Regs};
use crate::mode::Mode;
use crate::operand::{Dest, I, R, S, Source, Value};

/// Class: an immediate of 64 bits.
pub struct Imm64Class;

impl Source<u64> for Imm64Class {
    const FORMAT: Format = Format::source(b'i', &[Operand::Imm64]);
    #[inline(always)]
    unsafe fn get<M: Mode>(r: &Regs<M>, at: usize) -> u64 {
        // SAFETY: the caller guarantees that the instruction has a 64-bit immediate at this unit.
        unsafe { r.u64(at) }
    }
}

variants!((O: Binary<In = u64, Out = u64>) O: BinConst => {
    si: BinaryInstr<O, S, Imm64Class, S>,
    ri: BinaryInstr<O, R, Imm64Class, S>,
    si_r: BinaryInstr<O, S, Imm64Class, R>,
    ri_r: BinaryInstr<O, R, Imm64Class, R>,
});

/// The meaning of a fused operation with three sources.
pub trait Ternary {
    /// The type of the sources and the result.
    type Value: Value;
    /// Returns the result, or the trap.
    fn eval(a: Self::Value, b: Self::Value, c: Self::Value) -> Result<Self::Value, TrapCode>;
}

/// The operation `P` on two sources, then `Q` on its result and the third source.
pub struct FeedsFirst<P, Q>(PhantomData<(P, Q)>);

impl<V: Value, P: Binary<In = V, Out = V>, Q: Binary<In = V, Out = V>> Ternary for FeedsFirst<P, Q> {
    type Value = V;
    #[inline(always)]
    fn eval(a: V, b: V, c: V) -> Result<V, TrapCode> {
        Q::eval(P::eval(a, b)?, c)
    }
}

/// As [`FeedsFirst`], but the result of `P` is the second source of `Q`.
pub struct FeedsSecond<P, Q>(PhantomData<(P, Q)>);

impl<V: Value, P: Binary<In = V, Out = V>, Q: Binary<In = V, Out = V>> Ternary for FeedsSecond<P, Q> {
    type Value = V;
    #[inline(always)]
    fn eval(a: V, b: V, c: V) -> Result<V, TrapCode> {
        Q::eval(c, P::eval(a, b)?)
    }
}

/// A fused operation with three sources.
pub struct FusedInstr<T, A, B, C, D>(PhantomData<(T, A, B, C, D)>);

impl<M, T, A, B, C, D> Execute<M> for FusedInstr<T, A, B, C, D>
where
    M: Mode,
    T: Ternary,
    A: Source<T::Value>,
    B: Source<T::Value>,
    C: Source<T::Value>,
    D: Dest<T::Value>,
{
    const GOES_ON: bool = true;

    const ZERO_EXTENDED: bool = T::Value::ZERO_EXTENDED;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees operands of these classes, in this order.
        unsafe {
            let (a, b, c) = (A::get(r, 0), B::get(r, A::UNITS), C::get(r, A::UNITS + B::UNITS));
            match T::eval(a, b, c) {
                Ok(value) => D::put(r, A::UNITS + B::UNITS + C::UNITS, value),
                Err(code) => return Flow::Trap(code),
            }
            r.advance(A::UNITS + B::UNITS + C::UNITS + D::UNITS);
        }
        Flow::Next
    }
}

impl<T, A, B, C, D> Encoded for FusedInstr<T, A, B, C, D>
where
    T: Ternary,
    A: Source<T::Value>,
    B: Source<T::Value>,
    C: Source<T::Value>,
    D: Dest<T::Value>,
{
    const FORMAT: Format = A::FORMAT.then(B::FORMAT).then(C::FORMAT).then(D::FORMAT);
}

variants!((T: Ternary) T: Fused3 => {
    sss: FusedInstr<T, S, S, S, S>,
    rss: FusedInstr<T, R, S, S, S>,
    sss_r: FusedInstr<T, S, S, S, R>,
    rss_r: FusedInstr<T, R, S, S, R>,
});

variants!((T: Ternary) T: Fused3Imm => {
    sss: FusedInstr<T, S, S, S, S>,
    ssi: FusedInstr<T, S, S, I, S>,
    sis: FusedInstr<T, S, I, S, S>,
    sii: FusedInstr<T, S, I, I, S>,
    rss: FusedInstr<T, R, S, S, S>,
    rsi: FusedInstr<T, R, S, I, S>,
    ris: FusedInstr<T, R, I, S, S>,
    rii: FusedInstr<T, R, I, I, S>,
    sss_r: FusedInstr<T, S, S, S, R>,
    ssi_r: FusedInstr<T, S, S, I, R>,
    sis_r: FusedInstr<T, S, I, S, R>,
    sii_r: FusedInstr<T, S, I, I, R>,
    rss_r: FusedInstr<T, R, S, S, R>,
    rsi_r: FusedInstr<T, R, S, I, R>,
    ris_r: FusedInstr<T, R, I, S, R>,
    rii_r: FusedInstr<T, R, I, I, R>,
});

variants!((T: Ternary) T: Fused12 => {
    sss: FusedInstr<T, S, S, S, S>,
    sis: FusedInstr<T, S, I, S, S>,
    sii: FusedInstr<T, S, I, I, S>,
    rss: FusedInstr<T, R, S, S, S>,
    ris: FusedInstr<T, R, I, S, S>,
    rii: FusedInstr<T, R, I, I, S>,
    sss_r: FusedInstr<T, S, S, S, R>,
    sis_r: FusedInstr<T, S, I, S, R>,
    sii_r: FusedInstr<T, S, I, I, R>,
    rss_r: FusedInstr<T, R, S, S, R>,
    ris_r: FusedInstr<T, R, I, S, R>,
    rii_r: FusedInstr<T, R, I, I, R>,
});

variants!((T: Ternary) T: Fused4 => {
    sis: FusedInstr<T, S, I, S, S>,
    ris: FusedInstr<T, R, I, S, S>,
    sis_r: FusedInstr<T, S, I, S, R>,
    ris_r: FusedInstr<T, R, I, S, R>,
});

/// A loop step. It adds a constant to a slot and jumps if the condition `C` holds for the slot and another source.
pub struct LoopStep<C>(PhantomData<C>);
/// A loop step whose other source has the class `B`.
pub struct LoopStepWith<C, B>(PhantomData<(C, B)>);

impl<M: Mode, C: Condition, B: Source<C::In>> Execute<M> for LoopStepWith<C, B> {
    const GOES_ON: bool = true;

    const ZERO_EXTENDED: bool = true;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees a slot, a constant, a source and a target, in this order.
        unsafe {
            let slot = r.slot(0);
            let value = (slot.read() as u32).wrapping_add(r.u32(1));
            slot.write(u64::from(value));
            r.set_accumulator(u64::from(value));
            if C::holds(<R as Source<C::In>>::get(r, 0), B::get(r, 3)) {
                r.jump(3 + B::UNITS);
                return Flow::Jump;
            }
            r.advance(3 + B::UNITS + 2);
        }
        Flow::Next
    }
}

impl<C: Condition, B: Source<C::In>> Encoded for LoopStepWith<C, B> {
    const FORMAT: Format =
        Format::operands(&[Operand::SrcDst, Operand::Imm32]).then(B::FORMAT).operand(Operand::Target);
}

variants!((C: Condition) LoopStep<C>: StepShape => {
    s: LoopStepWith<C, S>,
    i: LoopStepWith<C, I>,
});

/// The rows.
pub mod rows {
    use super::super::branch::rows::*;
    use super::super::float::rows::*;
    use super::super::integer::rows::*;
    use super::{Execute, FeedsFirst, FeedsSecond, Flow, LoopStep, Mode, Regs, single};

    /// See [`wasmote_ir::Op::I32AddTwo`].
    pub struct I32AddTwo;
    impl<M: Mode> Execute<M> for I32AddTwo {
        const GOES_ON: bool = true;

        #[inline(always)]
        unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
            // SAFETY: the caller guarantees an instruction of this row: twice a slot, a constant and a destination.
            unsafe {
                let first = (r.slot(0).read() as u32).wrapping_add(r.u32(1));
                r.slot(3).write(u64::from(first));
                let second = (r.slot(4).read() as u32).wrapping_add(r.u32(5));
                r.slot(7).write(u64::from(second));
                r.set_accumulator(u64::from(second));
                r.advance(const { wasmote_ir::Op::I32AddTwo.operand_units() });
            }
            Flow::Next
        }
    }
    single!(hot: I32AddTwo: AddTwo);

    /// Gives the meanings that follow from columns: those of fused operations, of operations with a 64-bit constant,
    /// and of loop steps.
    macro_rules! meanings {
        ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => {
            $( $( meanings!(@ $name $column $($value)*); )* )*
        };
        (@is $name:ident $ty:ty) => {
            #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
            pub type $name = $ty;
        };
        (@ $name:ident fuses $first:ident then $second:ident) => {
            meanings!(@is $name FeedsFirst<$first, $second>);
        };
        (@ $name:ident fuses $first:ident into $second:ident) => {
            meanings!(@is $name FeedsSecond<$first, $second>);
        };
        (@ $name:ident constant $constant:ident) => {
            meanings!(@is $constant $name);
        };
        (@ $name:ident step $step:ident) => {
            meanings!(@is $step LoopStep<$name>);
        };
        (@ $name:ident $column:ident $($value:ident)*) => {};
    }
    wasmote_ir::for_each_op!(meanings);
}
