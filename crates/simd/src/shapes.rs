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
                return Flow::Jump;
            }
            r.advance(A::UNITS + 2);
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

/// Calls the macro named with all shapes, behind what else is given: the trait that meanings have, and the instructions that the
/// variants are, with their numbers.
macro_rules! for_each_shape {
    ($callback:ident $($before:tt)*) => {
        $callback! {
            $($before)*
            (Binary<In = Vector, Out = Vector>) VecBin5:
                0 Two<O, S, S, S>, 1 Two<O, R, S, S>, 2 Two<O, S, R, S>, 3 Two<O, S, I, S>, 4 Two<O, R, I, S>;
            (Three<Value = Vector>) VecTile:
                0 Tile<O, S, S, S, S>, 1 Tile<O, R, S, S, S>, 2 Tile<O, S, S, S, R>, 3 Tile<O, R, S, S, R>;
            (Shift) VecRotl:
                0 ShiftBy<O, S, I, S>, 1 ShiftBy<O, R, I, S>, 2 ShiftBy<O, S, I, R>, 3 ShiftBy<O, R, I, R>;
            (Condition) VecBranch: 0 BranchOn<O, S>, 1 BranchOn<O, R>;
            (Binary<In = Vector, Out = Vector>) VecBin1: 0 Apart<Both<O>>;
            (Binary<In = Vector, Out = Vector>) VecBin2: 0 Two<O, S, S, S>, 1 Two<O, R, S, S>;
            (Binary<In = Vector, Out = Vector>) VecBin3: 0 Two<O, S, S, S>, 1 Two<O, R, S, S>, 2 Two<O, S, R, S>;
            (Unary<In = Vector, Out = Vector>) VecUnary1: 0 Apart<Single<O>>;
            (Three<Value = Vector>) VecThree1: 0 Apart<AllThree<O>>;
            (Binary<In = Vector, Out = Vector>) VecBin4:
                0 Two<O, S, S, S>, 1 Two<O, R, S, S>, 2 Two<O, S, I, S>, 3 Two<O, R, I, S>;
            (Binary<In = Vector, Out = Vector>) VecSwizzle:
                0 Two<O, S, S, S>, 1 Two<O, R, S, S>, 2 Two<O, S, R, S>, 3 Two<O, I, S, S>, 4 Two<O, I, R, S>;
            (Binary<In = Vector, Out = Vector>) VecBin6:
                0 Two<O, S, S, S>, 1 Two<O, R, S, S>, 2 Two<O, S, R, S>, 3 Two<O, S, S, R>, 4 Two<O, R, S, R>,
                5 Two<O, S, R, R>;
            (Binary<In = Vector, Out = Vector>) VecBin8:
                0 Two<O, S, S, S>, 1 Two<O, R, S, S>, 2 Two<O, S, I, S>, 3 Two<O, R, I, S>, 4 Two<O, S, S, R>,
                5 Two<O, R, S, R>, 6 Two<O, S, I, R>, 7 Two<O, R, I, R>;
            (Unary<In = Vector, Out = Vector>) VecUnary:
                0 One<O, S, S>, 1 One<O, R, S>, 2 One<O, S, R>, 3 One<O, R, R>;
            (Unary<In = Vector, Out = u32>) VecTest: 0 One<O, S, S>, 1 One<O, R, S>, 2 One<O, S, R>, 3 One<O, R, R>;
            (Unary<In = Vector, Out = u32>) VecTest1: 0 One<O, S, S>;
            (Unary<Out = Vector>) VecSplat: 0 One<O, S, S>, 1 One<O, R, S>;
            (Unary<Out = Vector>) VecSplat1: 0 Apart<Single<O>>;
            (Three<Value = Vector>) VecThree:
                0 Tile<O, S, S, S, S>, 1 Tile<O, R, S, S, S>, 2 Tile<O, S, S, R, S>, 3 Tile<O, S, S, S, R>,
                4 Tile<O, R, S, S, R>, 5 Tile<O, S, S, R, R>;
            (Shift) VecShift:
                0 ShiftBy<O, S, S, S>, 1 ShiftBy<O, S, I, S>, 2 ShiftBy<O, R, I, S>, 3 ShiftBy<O, S, S, R>,
                4 ShiftBy<O, S, I, R>, 5 ShiftBy<O, R, I, R>;
            (Shift) VecShift2: 0 Apart<Shifted<O, S>>, 1 Apart<Shifted<O, I>>;
            (Shuffle) VecShuffle:
                0 ShuffleBoth<O, S, S, S>, 1 ShuffleBoth<O, R, S, S>, 2 ShuffleBoth<O, S, S, R>,
                3 ShuffleBoth<O, R, S, R>;
            (Binary<In = Vector, Out = Vector>) VecPermute:
                0 Two<O, S, I, S>, 1 Two<O, R, I, S>, 2 Two<O, S, I, R>, 3 Two<O, R, I, R>;
            (Replace) VecReplace16: 0 Apart<Replaced<O>>;
            (Extract) VecExtract16: 0 ExtractFrom<O, S>, 1 ExtractFrom<O, R>;
            (Replace) VecReplace8: 0 Apart<Replaced<O>>;
            (Extract) VecExtract8: 0 ExtractFrom<O, S>, 1 ExtractFrom<O, R>;
            (Replace) VecReplace4: 0 ReplaceIn<O, S, S>, 1 ReplaceIn<O, R, S>;
            (Extract) VecExtract4: 0 ExtractFrom<O, S>, 1 ExtractFrom<O, R>;
            (Replace) VecReplaceHalf: 0 Apart<ReplacedHalf<O>>;
            (Load<Out = Vector>) VecLoad:
                0 LoadAt<O, S, S>, 1 LoadAt<O, Zero, S>, 2 LoadAt<O, R, S>, 3 LoadAt<O, Sum<S, S>, S>,
                4 LoadAt<O, Sum<S, R>, S>, 5 LoadAt<O, Sum<S, I>, S>, 6 LoadAt<O, Sum<R, I>, S>, 7 LoadAt<O, S, R>,
                8 LoadAt<O, Zero, R>, 9 LoadAt<O, R, R>, 10 LoadAt<O, Sum<S, S>, R>, 11 LoadAt<O, Sum<S, R>, R>,
                12 LoadAt<O, Sum<S, I>, R>, 13 LoadAt<O, Sum<R, I>, R>;
            (Load<Out = Vector>) VecLoad2: 0 LoadAt<O, S, S>, 1 LoadAt<O, R, S>;
            (Load<Out = Vector>) VecLoad1: 0 Apart<Loaded<O>>;
            (Load<Out = Vector>) VecLoadAny: 0 LoadFromAny<O>;
            (Store<In = Vector>) VecStore:
                0 StoreAt<O, S, S>, 1 StoreAt<O, Zero, S>, 2 StoreAt<O, R, S>, 3 StoreAt<O, Sum<S, S>, S>,
                4 StoreAt<O, Sum<S, R>, S>, 5 StoreAt<O, Sum<S, I>, S>, 6 StoreAt<O, Sum<R, I>, S>, 7 StoreAt<O, S, R>,
                8 StoreAt<O, Zero, R>, 9 StoreAt<O, Sum<S, S>, R>, 10 StoreAt<O, Sum<S, I>, R>;
            (Store<In = Vector>) VecStoreAny: 0 StoreToAny<O>;
            (LoadLane) VecLoadLane16: 0 Apart<LoadInto<O>>;
            (StoreLane) VecStoreLane16: 0 StoreOf<O>;
            (LoadLane) VecLoadLane8: 0 Apart<LoadInto<O>>;
            (StoreLane) VecStoreLane8: 0 StoreOf<O>;
            (LoadLane) VecLoadLane4: 0 Apart<LoadInto<O>>;
            (StoreLane) VecStoreLane4: 0 StoreOf<O>;
            (LoadLane) VecLoadHalf: 0 Apart<LoadHalf<O>>;
        }
    };
}

/// The handlers of each shape, entered by this function of `wasmote-exec`.
macro_rules! tables {
    ($table:ident $hot:ident $(($($meaning:tt)*) $shape:ident: $($number:literal $instr:ty),*;)*) => {
        /// The handlers of a row, in the order of its shape's variants.
        pub trait $table<Shape> {
            /// One for each variant.
            const TABLE: &'static [Handler];
        }

        $(
            impl<O: $($meaning)*> $table<ir::$shape> for O {
                const TABLE: &'static [Handler] = &[$($hot::<$instr>),*];
            }
        )*
    };
}

/// Those of most rows.
pub mod hot {
    use wasmote_exec::vector::hot;

    use super::*;

    for_each_shape!(tables Hot hot);
}

/// The instruction that a variant of a row is, by its number: of what may be part of a pair.
#[cfg(feature = "pairs")]
pub mod variants {
    use wasmote_exec::vector::Address;

    use super::*;

    macro_rules! variants {
        ($(($($meaning:tt)*) $shape:ident: $($number:literal $instr:ty),*;)*) => {
            /// A variant of a shape, for rows of this meaning.
            pub trait Variant<Meaning, const N: usize> {
                /// What it does.
                type Instr: Instr;
            }
            $( variants!(@each ($($meaning)*) $shape: $($number $instr,)*); )*
        };
        (@each $meaning:tt $shape:ident: $number:literal $instr:ty, $($rest:tt)*) => {
            variants!(@one $meaning $shape: $number $instr);
            variants!(@each $meaning $shape: $($rest)*);
        };
        (@each $meaning:tt $shape:ident:) => {};
        (@one ($($meaning:tt)*) $shape:ident: $number:literal $instr:ty) => {
            impl<O: $($meaning)*> Variant<O, $number> for ir::$shape {
                type Instr = $instr;
            }
        };
    }
    for_each_shape!(variants);

    /// What can be the first of a pair: it does all of its instruction, and leaves `ip` behind it unless it jumps or traps.
    pub trait Whole: Instr {}

    impl<O: Binary<In = Vector, Out = Vector>, A: Source<Vector>, B: Source<Vector>, D: Dest<Vector>> Whole
        for Two<O, A, B, D>
    {
    }
    impl<O: Shift, A: Source<Vector>, B: Amount, D: Dest<Vector>> Whole for ShiftBy<O, A, B, D> {}
    impl<O: Condition, A: Source<Vector>> Whole for BranchOn<O, A> {}
    impl<O: Load<Out = Vector>, A: Address, D: Dest<Vector>> Whole for LoadAt<O, A, D> {}
    impl<O: Three<Value = Vector>, A: Source<Vector>, B: Source<Vector>, C: Source<Vector>, D: Dest<Vector>> Whole
        for Tile<O, A, B, C, D>
    {
    }
}

/// Those of rows that need a stack frame.
#[cfg(target_arch = "x86_64")]
pub mod cold {
    use wasmote_exec::vector::cold;

    use super::*;

    for_each_shape!(tables Cold cold);
}

/// Those of rows that `sse4` has.
#[cfg(target_arch = "x86_64")]
pub mod sse4 {
    use wasmote_exec::vector::hot_sse4;

    use super::*;

    for_each_shape!(tables Sse4 hot_sse4);
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
