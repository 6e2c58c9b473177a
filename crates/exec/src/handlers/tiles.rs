//! Tiles: what two instructions would do, done by one. They are a closed set, declared in `wasmote-ir`'s table; docs/speed.md
//! has what each family gains.

use core::marker::PhantomData;

use wasmote_ir::TrapCode;
use wasmote_ir::shape::{BinConst, Format, Operand, Step as StepShape, Tile3, Tile3Imm};

use super::branch::Condition;
use super::numeric::{Binary, Two};
use super::{Encoded, single, variants};
use crate::dispatch::{Flow, Instr, Regs};
use crate::operand::{Dest, I, R, S, Source, Value};

/// Class: an immediate of 64 bits.
pub struct Wide;

impl Source<u64> for Wide {
    const FORMAT: Format = Format::source(b'i', &[Operand::Imm64]);
    #[inline(always)]
    unsafe fn get(r: &Regs, at: usize) -> u64 {
        // SAFETY: the caller's promise.
        unsafe { r.u64(at) }
    }
}

variants!((O: Binary<In = u64, Out = u64>) O: BinConst => {
    si: Two<O, S, Wide, S>,
    ri: Two<O, R, Wide, S>,
    si_r: Two<O, S, Wide, R>,
    ri_r: Two<O, R, Wide, R>,
});

/// What a tile of three sources does.
pub trait Three {
    /// The sources and the result.
    type Value: Value;
    /// The value, or why there is none.
    fn eval(a: Self::Value, b: Self::Value, c: Self::Value) -> Result<Self::Value, TrapCode>;
}

/// The operation `P` on two sources, then `Q` on its result and a third.
pub struct Then<P, Q>(PhantomData<(P, Q)>);

impl<V: Value, P: Binary<In = V, Out = V>, Q: Binary<In = V, Out = V>> Three for Then<P, Q> {
    type Value = V;
    #[inline(always)]
    fn eval(a: V, b: V, c: V) -> Result<V, TrapCode> {
        Q::eval(P::eval(a, b)?, c)
    }
}

/// As [`Then`], the result of the first being the second source of the second.
pub struct ThenFrom<P, Q>(PhantomData<(P, Q)>);

impl<V: Value, P: Binary<In = V, Out = V>, Q: Binary<In = V, Out = V>> Three for ThenFrom<P, Q> {
    type Value = V;
    #[inline(always)]
    fn eval(a: V, b: V, c: V) -> Result<V, TrapCode> {
        Q::eval(c, P::eval(a, b)?)
    }
}

/// A tile of three sources.
pub struct Tile<T, A, B, C, D>(PhantomData<(T, A, B, C, D)>);

impl<T, A, B, C, D> Instr for Tile<T, A, B, C, D>
where
    T: Three,
    A: Source<T::Value>,
    B: Source<T::Value>,
    C: Source<T::Value>,
    D: Dest<T::Value>,
{
    #[cfg(feature = "pairs")]
    const NARROW: bool = T::Value::NARROW;

    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise.
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

impl<T, A, B, C, D> Encoded for Tile<T, A, B, C, D>
where
    T: Three,
    A: Source<T::Value>,
    B: Source<T::Value>,
    C: Source<T::Value>,
    D: Dest<T::Value>,
{
    const FORMAT: Format = A::FORMAT.then(B::FORMAT).then(C::FORMAT).then(D::FORMAT);
}

variants!((T: Three) T: Tile3 => {
    sss: Tile<T, S, S, S, S>,
    rss: Tile<T, R, S, S, S>,
    sss_r: Tile<T, S, S, S, R>,
    rss_r: Tile<T, R, S, S, R>,
});

variants!((T: Three) T: Tile3Imm => {
    sss: Tile<T, S, S, S, S>,
    ssi: Tile<T, S, S, I, S>,
    sis: Tile<T, S, I, S, S>,
    sii: Tile<T, S, I, I, S>,
    rss: Tile<T, R, S, S, S>,
    rsi: Tile<T, R, S, I, S>,
    ris: Tile<T, R, I, S, S>,
    rii: Tile<T, R, I, I, S>,
    sss_r: Tile<T, S, S, S, R>,
    ssi_r: Tile<T, S, S, I, R>,
    sis_r: Tile<T, S, I, S, R>,
    sii_r: Tile<T, S, I, I, R>,
    rss_r: Tile<T, R, S, S, R>,
    rsi_r: Tile<T, R, S, I, R>,
    ris_r: Tile<T, R, I, S, R>,
    rii_r: Tile<T, R, I, I, R>,
});

/// A step of a loop: a slot grows by a constant, and the condition `C` on it and another source decides a jump.
pub struct Step<C>(PhantomData<C>);
/// A step, the other source of which has the class `B`.
pub struct StepTo<C, B>(PhantomData<(C, B)>);

impl<C: Condition, B: Source<C::In>> Instr for StepTo<C, B> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise.
        unsafe {
            let slot = r.slot(0);
            let value = (slot.read() as u32).wrapping_add(r.u32(1));
            slot.write(u64::from(value));
            r.accumulate(u64::from(value));
            if C::holds(<R as Source<C::In>>::get(r, 0), B::get(r, 3)) {
                r.jump(3 + B::UNITS);
                return Flow::Jump;
            }
            r.advance(3 + B::UNITS + 2);
        }
        Flow::Next
    }
}

impl<C: Condition, B: Source<C::In>> Encoded for StepTo<C, B> {
    const FORMAT: Format =
        Format::operands(&[Operand::SrcDst, Operand::Imm32]).then(B::FORMAT).operand(Operand::Target);
}

variants!((C: Condition) Step<C>: StepShape => {
    s: StepTo<C, S>,
    i: StepTo<C, I>,
});

/// The rows.
pub mod rows {
    use super::super::branch::rows::{BrI32GtS, BrI32GtU, BrI32LtS, BrI32LtU, BrI32Ne};
    use super::super::float::rows::*;
    use super::super::integer::rows::*;
    use super::{Flow, Instr, Regs, Step, Then, ThenFrom, single};

    /// See [`wasmote_ir::Op::I32AddTwo`].
    pub struct I32AddTwo;
    impl Instr for I32AddTwo {
        #[inline(always)]
        unsafe fn run(r: &mut Regs) -> Flow {
            // SAFETY: the caller's promise.
            unsafe {
                let first = (r.slot(0).read() as u32).wrapping_add(r.u32(1));
                r.slot(3).write(u64::from(first));
                let second = (r.slot(4).read() as u32).wrapping_add(r.u32(5));
                r.slot(7).write(u64::from(second));
                r.accumulate(u64::from(second));
                r.advance(const { wasmote_ir::Op::I32AddTwo.operand_units() });
            }
            Flow::Next
        }
    }
    single!(hot: I32AddTwo: AddTwo);

    macro_rules! names {
        ($($name:ident = $ty:ty;)*) => { $(
            #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
            pub type $name = $ty;
        )* };
    }

    names! {
        I64AddConst = I64Add;
        I64MulConst = I64Mul;
        I64AndConst = I64And;
        I64OrConst = I64Or;
        I64XorConst = I64Xor;
        StepI32Ne = Step<BrI32Ne>;
        StepI32LtS = Step<BrI32LtS>;
        StepI32LtU = Step<BrI32LtU>;
        StepI32GtS = Step<BrI32GtS>;
        StepI32GtU = Step<BrI32GtU>;
        F32AddAdd = Then<F32Add, F32Add>;
        F32AddSub = Then<F32Add, F32Sub>;
        F32AddSubFrom = ThenFrom<F32Add, F32Sub>;
        F32AddMul = Then<F32Add, F32Mul>;
        F32SubAdd = Then<F32Sub, F32Add>;
        F32SubSub = Then<F32Sub, F32Sub>;
        F32SubSubFrom = ThenFrom<F32Sub, F32Sub>;
        F32SubMul = Then<F32Sub, F32Mul>;
        F32MulAdd = Then<F32Mul, F32Add>;
        F32MulSub = Then<F32Mul, F32Sub>;
        F32MulSubFrom = ThenFrom<F32Mul, F32Sub>;
        F32MulMul = Then<F32Mul, F32Mul>;
        F64AddAdd = Then<F64Add, F64Add>;
        F64AddSub = Then<F64Add, F64Sub>;
        F64AddSubFrom = ThenFrom<F64Add, F64Sub>;
        F64AddMul = Then<F64Add, F64Mul>;
        F64SubAdd = Then<F64Sub, F64Add>;
        F64SubSub = Then<F64Sub, F64Sub>;
        F64SubSubFrom = ThenFrom<F64Sub, F64Sub>;
        F64SubMul = Then<F64Sub, F64Mul>;
        F64MulAdd = Then<F64Mul, F64Add>;
        F64MulSub = Then<F64Mul, F64Sub>;
        F64MulSubFrom = ThenFrom<F64Mul, F64Sub>;
        F64MulMul = Then<F64Mul, F64Mul>;
        I32ShlAdd = Then<I32Shl, I32Add>;
        I32AndShl = Then<I32And, I32Shl>;
        I32ShrUAnd = Then<I32ShrU, I32And>;
        I32AndAdd = Then<I32And, I32Add>;
        I32AddAnd = Then<I32Add, I32And>;
        I32AddAdd = Then<I32Add, I32Add>;
        I32MulAdd = Then<I32Mul, I32Add>;
        I32XorAnd = Then<I32Xor, I32And>;
        I32XorXor = Then<I32Xor, I32Xor>;
        I32XorAdd = Then<I32Xor, I32Add>;
        I32RotlXor = Then<I32Rotl, I32Xor>;
        I32ShrUXor = Then<I32ShrU, I32Xor>;
        I32ShlOr = Then<I32Shl, I32Or>;
        I32OrOr = Then<I32Or, I32Or>;
        I64ShlXor = Then<I64Shl, I64Xor>;
        I64ShrUXor = Then<I64ShrU, I64Xor>;
        I64RotlXor = Then<I64Rotl, I64Xor>;
        I64XorXor = Then<I64Xor, I64Xor>;
        I64MulAdd = Then<I64Mul, I64Add>;
        I64XorAnd = Then<I64Xor, I64And>;
        I64ShrUAnd = Then<I64ShrU, I64And>;
        I64ShlOr = Then<I64Shl, I64Or>;
        I64OrOr = Then<I64Or, I64Or>;
        I64AddAdd = Then<I64Add, I64Add>;
        I64AndXor = Then<I64And, I64Xor>;
    }
}
