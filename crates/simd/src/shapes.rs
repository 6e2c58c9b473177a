//! For each shape of `wasmote_ir::shape` its handlers, made of what rows say; instructions over values alone come from
//! `wasmote-exec`.

use core::marker::PhantomData;

use wasmote_exec::vector::{
    Binary, Constant as Zero, Dest, Flow, Handler, I, Instr, Load, LoadAt, LoadFromAny, One, R, Regs, S, Source, Store,
    StoreAt, StoreToAny, Sum, Three, Tile, Two, Unary, Value, Vector,
};
use wasmote_ir::shape as ir;

use crate::apart::{AllThree, Apart, Both, Loaded, Replaced, ReplacedHalf, Shifted, Single};
use crate::memory::{LoadHalf, LoadInto, LoadLane, StoreLane, StoreOf};

/// A meaning with a vector and a number of bits.
pub trait Shift {
    /// The value.
    fn eval(a: Vector, by: u32) -> Vector;
}

/// A meaning with a vector and a scalar that replaces a lane of it.
pub trait Replace {
    /// The scalar.
    type Lane: Value;
    /// The value.
    fn eval(a: Vector, value: Self::Lane, lane: usize) -> Vector;
}

/// What a lane of a vector in slots is made of.
pub trait Extract {
    /// The lane.
    type Lane: Value;
    /// Reads it; `at` is the vector's first slot.
    unsafe fn read(at: *const u64, lane: usize) -> Self::Lane;
}

/// A meaning with two vectors and a constant.
pub trait Shuffle {
    /// The value.
    fn eval(a: Vector, b: Vector, lanes: Vector) -> Vector;
}

/// A shift of lanes.
pub struct ShiftBy<O, A, B, D>(PhantomData<(O, A, B, D)>);

/// By how many bits, in an instruction.
pub trait Amount {
    /// Reads it at this unit.
    unsafe fn amount(r: &Regs, at: usize) -> u32;
}

impl Amount for S {
    #[inline(always)]
    unsafe fn amount(r: &Regs, at: usize) -> u32 {
        // SAFETY: the caller's promise.
        unsafe { <S as Source<u32>>::get(r, at) }
    }
}

impl Amount for I {
    #[inline(always)]
    unsafe fn amount(r: &Regs, at: usize) -> u32 {
        // SAFETY: the caller's promise.
        unsafe { r.u16(at) as u32 }
    }
}

impl<O: Shift, A: Source<Vector>, B: Amount, D: Dest<Vector>> Instr for ShiftBy<O, A, B, D> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise.
        unsafe {
            let value = O::eval(A::get(r, 0), B::amount(r, A::UNITS));
            D::put(r, A::UNITS + 1, value);
            r.advance(A::UNITS + 1 + D::UNITS);
        }
        Flow::Next
    }
}

/// The condition of a branch.
pub trait Condition {
    /// Whether to jump.
    fn holds(a: Vector) -> bool;
}

/// A branch.
pub struct BranchOn<O, A>(PhantomData<(O, A)>);

impl<O: Condition, A: Source<Vector>> Instr for BranchOn<O, A> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise.
        unsafe {
            if O::holds(A::get(r, 0)) {
                r.jump(A::UNITS);
            } else {
                r.advance(A::UNITS + 2);
            }
        }
        Flow::Next
    }
}

/// A lane replaced.
pub struct ReplaceIn<O, A, D>(PhantomData<(O, A, D)>);

impl<O: Replace, A: Source<Vector>, D: Dest<Vector>> Instr for ReplaceIn<O, A, D> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise.
        unsafe {
            let value = <S as Source<O::Lane>>::get(r, A::UNITS);
            let value = O::eval(A::get(r, 0), value, r.u16(A::UNITS + 1));
            D::put(r, A::UNITS + 2, value);
            r.advance(A::UNITS + 2 + D::UNITS);
        }
        Flow::Next
    }
}

/// A lane of a vector in slots.
pub struct ExtractFrom<O, D>(PhantomData<(O, D)>);

impl<O: Extract, D: Dest<O::Lane>> Instr for ExtractFrom<O, D> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise; the lane is one of the vector's.
        unsafe {
            let value = O::read(r.slot(0), r.u16(1));
            D::put(r, 2, value);
            r.advance(2 + D::UNITS);
        }
        Flow::Next
    }
}

/// Bytes of two vectors.
pub struct ShuffleBoth<O, A, B, D>(PhantomData<(O, A, B, D)>);

impl<O: Shuffle, A: Source<Vector>, B: Source<Vector>, D: Dest<Vector>> Instr for ShuffleBoth<O, A, B, D> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise.
        unsafe {
            let lanes = <I as Source<Vector>>::get(r, A::UNITS + B::UNITS);
            let value = O::eval(A::get(r, 0), B::get(r, A::UNITS), lanes);
            D::put(r, A::UNITS + B::UNITS + 8, value);
            r.advance(A::UNITS + B::UNITS + 8 + D::UNITS);
        }
        Flow::Next
    }
}

/// A constant into slots. The accumulator stays as it is.
pub struct Constant;

impl Instr for Constant {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise.
        unsafe {
            let value = <I as Source<Vector>>::get(r, 0);
            value.write(r.slot(8));
            r.advance(9);
        }
        Flow::Next
    }
}

/// A constant into the accumulator.
pub struct LoadConstant;

impl Instr for LoadConstant {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise.
        unsafe {
            <I as Source<Vector>>::get(r, 0).accumulate(r);
            r.advance(8);
        }
        Flow::Next
    }
}

/// A move. The accumulator stays as it is.
pub struct Copy;

impl Instr for Copy {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise.
        unsafe {
            let value = Vector::read(r.slot(0));
            value.write(r.slot(1));
            r.advance(2);
        }
        Flow::Next
    }
}

/// The handlers of each shape, entered by this function of `wasmote-exec`.
macro_rules! tables {
    ($table:ident, $hot:ident) => {
        /// The handlers of a row, in the order of its shape's variants.
        pub trait $table<Shape> {
            /// One for each variant.
            const TABLE: &'static [Handler];
        }

        impl<O: Binary<In = Vector, Out = Vector>> $table<ir::VecBin5> for O {
            const TABLE: &'static [Handler] = &[
                $hot::<Two<O, S, S, S>>,
                $hot::<Two<O, R, S, S>>,
                $hot::<Two<O, S, R, S>>,
                $hot::<Two<O, S, I, S>>,
                $hot::<Two<O, R, I, S>>,
            ];
        }
        impl<O: Three<Value = Vector>> $table<ir::VecTile> for O {
            const TABLE: &'static [Handler] = &[
                $hot::<Tile<O, S, S, S, S>>,
                $hot::<Tile<O, R, S, S, S>>,
                $hot::<Tile<O, S, S, S, R>>,
                $hot::<Tile<O, R, S, S, R>>,
            ];
        }
        impl<O: Shift> $table<ir::VecRotl> for O {
            const TABLE: &'static [Handler] = &[
                $hot::<ShiftBy<O, S, I, S>>,
                $hot::<ShiftBy<O, R, I, S>>,
                $hot::<ShiftBy<O, S, I, R>>,
                $hot::<ShiftBy<O, R, I, R>>,
            ];
        }
        impl<O: Condition> $table<ir::VecBranch> for O {
            const TABLE: &'static [Handler] = &[$hot::<BranchOn<O, S>>, $hot::<BranchOn<O, R>>];
        }
        impl<O: Binary<In = Vector, Out = Vector>> $table<ir::VecBin1> for O {
            const TABLE: &'static [Handler] = &[$hot::<Apart<Both<O>>>];
        }
        impl<O: Binary<In = Vector, Out = Vector>> $table<ir::VecBin2> for O {
            const TABLE: &'static [Handler] = &[$hot::<Two<O, S, S, S>>, $hot::<Two<O, R, S, S>>];
        }
        impl<O: Binary<In = Vector, Out = Vector>> $table<ir::VecBin3> for O {
            const TABLE: &'static [Handler] =
                &[$hot::<Two<O, S, S, S>>, $hot::<Two<O, R, S, S>>, $hot::<Two<O, S, R, S>>];
        }
        impl<O: Unary<In = Vector, Out = Vector>> $table<ir::VecUnary1> for O {
            const TABLE: &'static [Handler] = &[$hot::<Apart<Single<O>>>];
        }
        impl<O: Three<Value = Vector>> $table<ir::VecThree1> for O {
            const TABLE: &'static [Handler] = &[$hot::<Apart<AllThree<O>>>];
        }
        impl<O: Binary<In = Vector, Out = Vector>> $table<ir::VecBin4> for O {
            const TABLE: &'static [Handler] =
                &[$hot::<Two<O, S, S, S>>, $hot::<Two<O, R, S, S>>, $hot::<Two<O, S, I, S>>, $hot::<Two<O, R, I, S>>];
        }
        impl<O: Binary<In = Vector, Out = Vector>> $table<ir::VecSwizzle> for O {
            const TABLE: &'static [Handler] = &[
                $hot::<Two<O, S, S, S>>,
                $hot::<Two<O, R, S, S>>,
                $hot::<Two<O, S, R, S>>,
                $hot::<Two<O, I, S, S>>,
                $hot::<Two<O, I, R, S>>,
            ];
        }
        impl<O: Binary<In = Vector, Out = Vector>> $table<ir::VecBin6> for O {
            const TABLE: &'static [Handler] = &[
                $hot::<Two<O, S, S, S>>,
                $hot::<Two<O, R, S, S>>,
                $hot::<Two<O, S, R, S>>,
                $hot::<Two<O, S, S, R>>,
                $hot::<Two<O, R, S, R>>,
                $hot::<Two<O, S, R, R>>,
            ];
        }
        impl<O: Binary<In = Vector, Out = Vector>> $table<ir::VecBin8> for O {
            const TABLE: &'static [Handler] = &[
                $hot::<Two<O, S, S, S>>,
                $hot::<Two<O, R, S, S>>,
                $hot::<Two<O, S, I, S>>,
                $hot::<Two<O, R, I, S>>,
                $hot::<Two<O, S, S, R>>,
                $hot::<Two<O, R, S, R>>,
                $hot::<Two<O, S, I, R>>,
                $hot::<Two<O, R, I, R>>,
            ];
        }
        impl<O: Unary<In = Vector, Out = Vector>> $table<ir::VecUnary> for O {
            const TABLE: &'static [Handler] =
                &[$hot::<One<O, S, S>>, $hot::<One<O, R, S>>, $hot::<One<O, S, R>>, $hot::<One<O, R, R>>];
        }
        impl<O: Unary<In = Vector, Out = u32>> $table<ir::VecTest> for O {
            const TABLE: &'static [Handler] =
                &[$hot::<One<O, S, S>>, $hot::<One<O, R, S>>, $hot::<One<O, S, R>>, $hot::<One<O, R, R>>];
        }
        impl<O: Unary<In = Vector, Out = u32>> $table<ir::VecTest1> for O {
            const TABLE: &'static [Handler] = &[$hot::<One<O, S, S>>];
        }
        impl<O: Unary<Out = Vector>> $table<ir::VecSplat> for O {
            const TABLE: &'static [Handler] = &[$hot::<One<O, S, S>>, $hot::<One<O, R, S>>];
        }
        impl<O: Unary<Out = Vector>> $table<ir::VecSplat1> for O {
            const TABLE: &'static [Handler] = &[$hot::<Apart<Single<O>>>];
        }
        impl<O: Three<Value = Vector>> $table<ir::VecThree> for O {
            const TABLE: &'static [Handler] = &[
                $hot::<Tile<O, S, S, S, S>>,
                $hot::<Tile<O, R, S, S, S>>,
                $hot::<Tile<O, S, S, R, S>>,
                $hot::<Tile<O, S, S, S, R>>,
                $hot::<Tile<O, R, S, S, R>>,
                $hot::<Tile<O, S, S, R, R>>,
            ];
        }
        impl<O: Shift> $table<ir::VecShift> for O {
            const TABLE: &'static [Handler] = &[
                $hot::<ShiftBy<O, S, S, S>>,
                $hot::<ShiftBy<O, S, I, S>>,
                $hot::<ShiftBy<O, R, I, S>>,
                $hot::<ShiftBy<O, S, S, R>>,
                $hot::<ShiftBy<O, S, I, R>>,
                $hot::<ShiftBy<O, R, I, R>>,
            ];
        }
        impl<O: Shift> $table<ir::VecShift2> for O {
            const TABLE: &'static [Handler] = &[$hot::<Apart<Shifted<O, S>>>, $hot::<Apart<Shifted<O, I>>>];
        }
        impl<O: Shuffle> $table<ir::VecShuffle> for O {
            const TABLE: &'static [Handler] = &[
                $hot::<ShuffleBoth<O, S, S, S>>,
                $hot::<ShuffleBoth<O, R, S, S>>,
                $hot::<ShuffleBoth<O, S, S, R>>,
                $hot::<ShuffleBoth<O, R, S, R>>,
            ];
        }
        impl<O: Binary<In = Vector, Out = Vector>> $table<ir::VecPermute> for O {
            const TABLE: &'static [Handler] =
                &[$hot::<Two<O, S, I, S>>, $hot::<Two<O, R, I, S>>, $hot::<Two<O, S, I, R>>, $hot::<Two<O, R, I, R>>];
        }
        impl<O: Replace> $table<ir::VecReplace16> for O {
            const TABLE: &'static [Handler] = &[$hot::<Apart<Replaced<O>>>];
        }
        impl<O: Extract> $table<ir::VecExtract16> for O {
            const TABLE: &'static [Handler] = &[$hot::<ExtractFrom<O, S>>, $hot::<ExtractFrom<O, R>>];
        }
        impl<O: Replace> $table<ir::VecReplace8> for O {
            const TABLE: &'static [Handler] = &[$hot::<Apart<Replaced<O>>>];
        }
        impl<O: Extract> $table<ir::VecExtract8> for O {
            const TABLE: &'static [Handler] = &[$hot::<ExtractFrom<O, S>>, $hot::<ExtractFrom<O, R>>];
        }
        impl<O: Replace> $table<ir::VecReplace4> for O {
            const TABLE: &'static [Handler] = &[$hot::<ReplaceIn<O, S, S>>, $hot::<ReplaceIn<O, R, S>>];
        }
        impl<O: Extract> $table<ir::VecExtract4> for O {
            const TABLE: &'static [Handler] = &[$hot::<ExtractFrom<O, S>>, $hot::<ExtractFrom<O, R>>];
        }
        impl<O: Replace> $table<ir::VecReplaceHalf> for O {
            const TABLE: &'static [Handler] = &[$hot::<Apart<ReplacedHalf<O>>>];
        }
        impl<O: Load<Out = Vector>> $table<ir::VecLoad> for O {
            const TABLE: &'static [Handler] = &[
                $hot::<LoadAt<O, S, S>>,
                $hot::<LoadAt<O, Zero, S>>,
                $hot::<LoadAt<O, R, S>>,
                $hot::<LoadAt<O, Sum<S, S>, S>>,
                $hot::<LoadAt<O, Sum<S, R>, S>>,
                $hot::<LoadAt<O, Sum<S, I>, S>>,
                $hot::<LoadAt<O, Sum<R, I>, S>>,
                $hot::<LoadAt<O, S, R>>,
                $hot::<LoadAt<O, Zero, R>>,
                $hot::<LoadAt<O, R, R>>,
                $hot::<LoadAt<O, Sum<S, S>, R>>,
                $hot::<LoadAt<O, Sum<S, R>, R>>,
                $hot::<LoadAt<O, Sum<S, I>, R>>,
                $hot::<LoadAt<O, Sum<R, I>, R>>,
            ];
        }
        impl<O: Load<Out = Vector>> $table<ir::VecLoad2> for O {
            const TABLE: &'static [Handler] = &[$hot::<LoadAt<O, S, S>>, $hot::<LoadAt<O, R, S>>];
        }
        impl<O: Load<Out = Vector>> $table<ir::VecLoad1> for O {
            const TABLE: &'static [Handler] = &[$hot::<Apart<Loaded<O>>>];
        }
        impl<O: Load<Out = Vector>> $table<ir::VecLoadAny> for O {
            const TABLE: &'static [Handler] = &[$hot::<LoadFromAny<O>>];
        }
        impl<O: Store<In = Vector>> $table<ir::VecStore> for O {
            const TABLE: &'static [Handler] = &[
                $hot::<StoreAt<O, S, S>>,
                $hot::<StoreAt<O, Zero, S>>,
                $hot::<StoreAt<O, R, S>>,
                $hot::<StoreAt<O, Sum<S, S>, S>>,
                $hot::<StoreAt<O, Sum<S, R>, S>>,
                $hot::<StoreAt<O, Sum<S, I>, S>>,
                $hot::<StoreAt<O, Sum<R, I>, S>>,
                $hot::<StoreAt<O, S, R>>,
                $hot::<StoreAt<O, Zero, R>>,
                $hot::<StoreAt<O, Sum<S, S>, R>>,
                $hot::<StoreAt<O, Sum<S, I>, R>>,
            ];
        }
        impl<O: Store<In = Vector>> $table<ir::VecStoreAny> for O {
            const TABLE: &'static [Handler] = &[$hot::<StoreToAny<O>>];
        }
        impl<O: LoadLane> $table<ir::VecLoadLane16> for O {
            const TABLE: &'static [Handler] = &[$hot::<Apart<LoadInto<O>>>];
        }
        impl<O: StoreLane> $table<ir::VecStoreLane16> for O {
            const TABLE: &'static [Handler] = &[$hot::<StoreOf<O>>];
        }
        impl<O: LoadLane> $table<ir::VecLoadLane8> for O {
            const TABLE: &'static [Handler] = &[$hot::<Apart<LoadInto<O>>>];
        }
        impl<O: StoreLane> $table<ir::VecStoreLane8> for O {
            const TABLE: &'static [Handler] = &[$hot::<StoreOf<O>>];
        }
        impl<O: LoadLane> $table<ir::VecLoadLane4> for O {
            const TABLE: &'static [Handler] = &[$hot::<Apart<LoadInto<O>>>];
        }
        impl<O: StoreLane> $table<ir::VecStoreLane4> for O {
            const TABLE: &'static [Handler] = &[$hot::<StoreOf<O>>];
        }
        impl<O: LoadLane> $table<ir::VecLoadHalf> for O {
            const TABLE: &'static [Handler] = &[$hot::<Apart<LoadHalf<O>>>];
        }
    };
}

/// Those of most rows.
pub mod hot {
    use wasmote_exec::vector::hot;

    use super::*;

    tables!(Hot, hot);
}

/// Those of rows that need a stack frame.
#[cfg(target_arch = "x86_64")]
pub mod cold {
    use wasmote_exec::vector::cold;

    use super::*;

    tables!(Cold, cold);
}

/// Those of rows that `sse4` has.
#[cfg(target_arch = "x86_64")]
pub mod sse4 {
    use wasmote_exec::vector::hot_sse4;

    use super::*;

    tables!(Sse4, hot_sse4);
}

/// Rows of shapes with one row each.
pub mod rows {
    use wasmote_exec::vector::{Handler, R, ReturnOne, S, Vector, hot};
    use wasmote_ir::shape as ir;

    use super::hot::Hot;
    use super::{Constant, Copy, LoadConstant};

    macro_rules! rows {
        ($($name:ident: $shape:ident = [$($instr:ty),*];)*) => { $(
            pub struct $name;
            impl Hot<ir::$shape> for $name {
                const TABLE: &'static [Handler] = &[$(hot::<$instr>),*];
            }
        )* };
    }

    rows! {
        V128Copy: VecCopy = [Copy];
        V128Const: VecConst = [Constant];
        V128LoadConst: VecLoadConst = [LoadConstant];
        V128Return: VecReturn = [ReturnOne<Vector, S>, ReturnOne<Vector, R>];
    }
}
