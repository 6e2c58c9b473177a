//! The handlers of each shape of `wasmote_ir::shape`, made of the rows' meanings. The generic instructions over
//! values only come from `wasmote-exec`.

use core::marker::PhantomData;

use wasmote_exec::vector::{
    Binary, BinaryInstr, Dest, Encoded, Execute, Flow, FusedInstr, Handler, I, Linked, Load, LoadAt, LoadFromAny, R,
    Regs, S, Source, Store, StoreAt, StoreToAny, Sum, Ternary, Unary, UnaryInstr, Value, Vector, in_order,
};
use wasmote_ir::shape::{self as ir, Format, Operand};

use crate::memory::{LoadHalf, LoadInto, LoadLane, StoreLane, StoreOf};
use crate::out_of_line::{
    BinaryOperands, LoadOperands, OutOfLine, ReplaceHalfOperands, ReplaceLaneOperands, ShiftOperands, TernaryOperands,
    UnaryOperands,
};

/// The meaning of a shift by a number of bits.
pub trait Shift {
    /// Returns the result.
    fn eval(a: Vector, by: u32) -> Vector;
}

/// The meaning of a replacement of a lane by a scalar.
pub trait Replace {
    /// The type of the scalar.
    type Lane: Value;
    /// The number of lanes.
    const LANES: usize;
    /// Returns the result.
    fn eval(a: Vector, value: Self::Lane, lane: usize) -> Vector;
}

/// The meaning of an extraction of a lane from a vector in slots.
pub trait Extract {
    /// The type of the result.
    type Lane: Value;
    /// The number of lanes.
    const LANES: usize;
    /// Reads the lane. The caller guarantees that `at` is the vector's first slot and that the vector has this lane.
    unsafe fn read(at: *const u64, lane: usize) -> Self::Lane;
}

/// Returns the operand kind for one of this many lanes.
pub const fn lane(lanes: usize) -> Operand {
    match lanes {
        4 => Operand::Lane4,
        8 => Operand::Lane8,
        _ => Operand::Lane16,
    }
}

/// The meaning of an operation with two vectors and a constant.
pub trait Shuffle {
    /// Returns the result.
    fn eval(a: Vector, b: Vector, lanes: Vector) -> Vector;
}

/// A shift of lanes.
pub struct ShiftBy<O, A, B, D>(PhantomData<(O, A, B, D)>);

/// A class of shift amounts.
pub trait Amount {
    /// The class's letter and operands.
    const FORMAT: Format;
    /// Reads the amount. The contract is that of `Execute::run`, and the instruction has an amount of this class at
    /// this unit.
    unsafe fn amount(r: &Regs, at: usize) -> u32;
}

impl Amount for S {
    const FORMAT: Format = <S as Source<u32>>::FORMAT;
    #[inline(always)]
    unsafe fn amount(r: &Regs, at: usize) -> u32 {
        // SAFETY: the caller guarantees a slot operand at this unit.
        unsafe { <S as Source<u32>>::get(r, at) }
    }
}

impl Amount for I {
    const FORMAT: Format = Format::source(b'i', &[Operand::Imm16]);
    #[inline(always)]
    unsafe fn amount(r: &Regs, at: usize) -> u32 {
        // SAFETY: the caller guarantees a 16-bit immediate at this unit.
        unsafe { r.u16(at) as u32 }
    }
}

impl<O: Shift, A: Source<Vector>, B: Amount, D: Dest<Vector>> Execute<Linked> for ShiftBy<O, A, B, D> {
    const GOES_ON: bool = true;

    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees operands of these classes, in this order.
        unsafe {
            let value = O::eval(A::get(r, 0), B::amount(r, A::UNITS));
            D::put(r, A::UNITS + 1, value);
            r.advance(A::UNITS + 1 + D::UNITS);
        }
        Flow::Next
    }
}

impl<O: Shift, A: Source<Vector>, B: Amount, D: Dest<Vector>> Encoded for ShiftBy<O, A, B, D> {
    const FORMAT: Format = A::FORMAT.then(B::FORMAT).then(D::FORMAT);
}

/// The condition of a branch on a vector.
pub trait Condition {
    /// Returns whether to jump.
    fn holds(a: Vector) -> bool;
}

/// A branch on a vector.
pub struct VectorBranchInstr<O, A>(PhantomData<(O, A)>);

impl<O: Condition, A: Source<Vector>> Execute<Linked> for VectorBranchInstr<O, A> {
    const GOES_ON: bool = true;

    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a source and a target, in this order.
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

impl<O: Condition, A: Source<Vector>> Encoded for VectorBranchInstr<O, A> {
    const FORMAT: Format = A::FORMAT.operand(Operand::Target);
}

/// A replacement of a lane.
pub struct ReplaceIn<O, A, D>(PhantomData<(O, A, D)>);

impl<O: Replace, A: Source<Vector>, D: Dest<Vector>> Execute<Linked> for ReplaceIn<O, A, D> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a vector, a scalar, a lane and a destination, in this order.
        unsafe {
            let value = <S as Source<O::Lane>>::get(r, A::UNITS);
            let value = O::eval(A::get(r, 0), value, r.u16(A::UNITS + 1));
            D::put(r, A::UNITS + 2, value);
            r.advance(A::UNITS + 2 + D::UNITS);
        }
        Flow::Next
    }
}

impl<O: Replace, A: Source<Vector>, D: Dest<Vector>> Encoded for ReplaceIn<O, A, D> {
    const FORMAT: Format = A::FORMAT.then(<S as Source<O::Lane>>::FORMAT).operand(lane(O::LANES)).then(D::FORMAT);
}

/// An extraction of a lane from a vector in slots.
pub struct ExtractFrom<O, D>(PhantomData<(O, D)>);

impl<O: Extract, D: Dest<O::Lane>> Execute<Linked> for ExtractFrom<O, D> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a vector in slots, a lane and a destination, in this order. The translator
        // and the verifier keep the lane below the number of lanes.
        unsafe {
            let value = O::read(r.slot(0), r.u16(1));
            D::put(r, 2, value);
            r.advance(2 + D::UNITS);
        }
        Flow::Next
    }
}

impl<O: Extract, D: Dest<O::Lane>> Encoded for ExtractFrom<O, D> {
    const FORMAT: Format = <S as Source<Vector>>::FORMAT.operand(lane(O::LANES)).then(D::FORMAT);
}

/// A choice of bytes from two vectors.
pub struct ShuffleBoth<O, A, B, D>(PhantomData<(O, A, B, D)>);

impl<O: Shuffle, A: Source<Vector>, B: Source<Vector>, D: Dest<Vector>> Execute<Linked> for ShuffleBoth<O, A, B, D> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees two vectors, a constant of 16 bytes and a destination, in this order.
        unsafe {
            let lanes = <I as Source<Vector>>::get(r, A::UNITS + B::UNITS);
            let value = O::eval(A::get(r, 0), B::get(r, A::UNITS), lanes);
            D::put(r, A::UNITS + B::UNITS + 8, value);
            r.advance(A::UNITS + B::UNITS + 8 + D::UNITS);
        }
        Flow::Next
    }
}

impl<O: Shuffle, A: Source<Vector>, B: Source<Vector>, D: Dest<Vector>> Encoded for ShuffleBoth<O, A, B, D> {
    const FORMAT: Format = A::FORMAT.then(B::FORMAT).then(Format::operands(Vector::IMM)).then(D::FORMAT);
}

/// Writes a constant to slots. The accumulator keeps its value.
pub struct Constant;

impl Execute<Linked> for Constant {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a constant of 16 bytes and a destination.
        unsafe {
            let value = <I as Source<Vector>>::get(r, 0);
            value.write(r.slot(8));
            r.advance(9);
        }
        Flow::Next
    }
}

impl Encoded for Constant {
    const FORMAT: Format = <I as Source<Vector>>::FORMAT.then(<S as Dest<Vector>>::FORMAT);
}

/// Writes a constant to the accumulator.
pub struct LoadConstant;

impl Execute<Linked> for LoadConstant {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a constant of 16 bytes.
        unsafe {
            <I as Source<Vector>>::get(r, 0).set_accumulator(r);
            r.advance(8);
        }
        Flow::Next
    }
}

impl Encoded for LoadConstant {
    const FORMAT: Format = <I as Source<Vector>>::FORMAT.then(<R as Dest<Vector>>::FORMAT);
}

/// Moves a vector between slots. The accumulator keeps its value.
pub struct Copy;

impl Execute<Linked> for Copy {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a source and a destination in slots.
        unsafe {
            let value = Vector::read(r.slot(0));
            value.write(r.slot(1));
            r.advance(2);
        }
        Flow::Next
    }
}

impl Encoded for Copy {
    const FORMAT: Format = <S as Source<Vector>>::FORMAT.then(<S as Dest<Vector>>::FORMAT);
}

/// Passes all shapes to a macro, after any other arguments. Each shape has the trait of its rows' meanings, and the
/// instructions of its variants by name.
macro_rules! for_each_shape {
    ($callback:ident $($before:tt)*) => {
        $callback! {
            $($before)*
            (Binary<In = Vector, Out = Vector>) VecBin5:
                ss: BinaryInstr<O, S, S, S>, rs: BinaryInstr<O, R, S, S>, sr: BinaryInstr<O, S, R, S>, si: BinaryInstr<O, S, I, S>, ri: BinaryInstr<O, R, I, S>;
            (Ternary<Value = Vector>) VecFused:
                sss: FusedInstr<O, S, S, S, S>, rss: FusedInstr<O, R, S, S, S>, sss_r: FusedInstr<O, S, S, S, R>, rss_r: FusedInstr<O, R, S, S, R>;
            (Shift) VecRotl:
                si: ShiftBy<O, S, I, S>, ri: ShiftBy<O, R, I, S>, si_r: ShiftBy<O, S, I, R>, ri_r: ShiftBy<O, R, I, R>;
            (Condition) VecBranch: s: VectorBranchInstr<O, S>, r: VectorBranchInstr<O, R>;
            (Binary<In = Vector, Out = Vector>) VecBin1: ss: OutOfLine<BinaryOperands<O>>;
            (Binary<In = Vector, Out = Vector>) VecBin2: ss: BinaryInstr<O, S, S, S>, rs: BinaryInstr<O, R, S, S>;
            (Binary<In = Vector, Out = Vector>) VecBin4:
                ss: BinaryInstr<O, S, S, S>, rs: BinaryInstr<O, R, S, S>, ss_r: BinaryInstr<O, S, S, R>, rs_r: BinaryInstr<O, R, S, R>;
            (Binary<In = Vector, Out = Vector>) VecBin3: ss: BinaryInstr<O, S, S, S>, rs: BinaryInstr<O, R, S, S>, sr: BinaryInstr<O, S, R, S>;
            (Unary<In = Vector, Out = Vector>) VecUnary1: s: OutOfLine<UnaryOperands<O>>;
            (Ternary<Value = Vector>) VecThree1: sss: OutOfLine<TernaryOperands<O>>;
            (Binary<In = Vector, Out = Vector>) VecSwizzle:
                ss: BinaryInstr<O, S, S, S>, rs: BinaryInstr<O, R, S, S>, sr: BinaryInstr<O, S, R, S>, is: BinaryInstr<O, I, S, S>, ir: BinaryInstr<O, I, R, S>;
            (Binary<In = Vector, Out = Vector>) VecBin6:
                ss: BinaryInstr<O, S, S, S>, rs: BinaryInstr<O, R, S, S>, sr: BinaryInstr<O, S, R, S>, ss_r: BinaryInstr<O, S, S, R>, rs_r: BinaryInstr<O, R, S, R>,
                sr_r: BinaryInstr<O, S, R, R>;
            (Binary<In = Vector, Out = Vector>) VecBin8:
                ss: BinaryInstr<O, S, S, S>, rs: BinaryInstr<O, R, S, S>, si: BinaryInstr<O, S, I, S>, ri: BinaryInstr<O, R, I, S>, ss_r: BinaryInstr<O, S, S, R>,
                rs_r: BinaryInstr<O, R, S, R>, si_r: BinaryInstr<O, S, I, R>, ri_r: BinaryInstr<O, R, I, R>;
            (Unary<In = Vector, Out = Vector>) VecUnary:
                s: UnaryInstr<O, S, S>, r: UnaryInstr<O, R, S>, s_r: UnaryInstr<O, S, R>, r_r: UnaryInstr<O, R, R>;
            (Unary<In = Vector, Out = u32>) VecTest: s: UnaryInstr<O, S, S>, r: UnaryInstr<O, R, S>, s_r: UnaryInstr<O, S, R>, r_r: UnaryInstr<O, R, R>;
            (Unary<In = Vector, Out = u32>) VecTest1: s: UnaryInstr<O, S, S>;
            (Unary<Out = Vector>) VecSplat: s: UnaryInstr<O, S, S>, r: UnaryInstr<O, R, S>;
            (Unary<Out = Vector>) VecSplat1: s: OutOfLine<UnaryOperands<O>>;
            (Ternary<Value = Vector>) VecThree:
                sss: FusedInstr<O, S, S, S, S>, rss: FusedInstr<O, R, S, S, S>, ssr: FusedInstr<O, S, S, R, S>, sss_r: FusedInstr<O, S, S, S, R>,
                rss_r: FusedInstr<O, R, S, S, R>, ssr_r: FusedInstr<O, S, S, R, R>;
            (Shift) VecShift:
                ss: ShiftBy<O, S, S, S>, si: ShiftBy<O, S, I, S>, ri: ShiftBy<O, R, I, S>, ss_r: ShiftBy<O, S, S, R>,
                si_r: ShiftBy<O, S, I, R>, ri_r: ShiftBy<O, R, I, R>;
            (Shift) VecShift2: ss: OutOfLine<ShiftOperands<O, S>>, si: OutOfLine<ShiftOperands<O, I>>;
            (Shuffle) VecShuffle:
                ss: ShuffleBoth<O, S, S, S>, rs: ShuffleBoth<O, R, S, S>, ss_r: ShuffleBoth<O, S, S, R>,
                rs_r: ShuffleBoth<O, R, S, R>;
            (Binary<In = Vector, Out = Vector>) VecPermute:
                si: BinaryInstr<O, S, I, S>, ri: BinaryInstr<O, R, I, S>, si_r: BinaryInstr<O, S, I, R>, ri_r: BinaryInstr<O, R, I, R>;
            (Replace) VecReplace16: ss: OutOfLine<ReplaceLaneOperands<O>>;
            (Extract) VecExtract16: s: ExtractFrom<O, S>, s_r: ExtractFrom<O, R>;
            (Replace) VecReplace8: ss: OutOfLine<ReplaceLaneOperands<O>>;
            (Extract) VecExtract8: s: ExtractFrom<O, S>, s_r: ExtractFrom<O, R>;
            (Replace) VecReplace4: ss: ReplaceIn<O, S, S>, rs: ReplaceIn<O, R, S>;
            (Extract) VecExtract4: s: ExtractFrom<O, S>, s_r: ExtractFrom<O, R>;
            (Replace) VecReplaceHalf: ss: OutOfLine<ReplaceHalfOperands<O>>;
            (Load<Out = Vector>) VecLoad:
                s: LoadAt<O, S, S>, r: LoadAt<O, R, S>, ss: LoadAt<O, Sum<S, S>, S>, si: LoadAt<O, Sum<S, I>, S>,
                ri: LoadAt<O, Sum<R, I>, S>, s_r: LoadAt<O, S, R>, r_r: LoadAt<O, R, R>, ss_r: LoadAt<O, Sum<S, S>, R>,
                si_r: LoadAt<O, Sum<S, I>, R>, ri_r: LoadAt<O, Sum<R, I>, R>;
            (Load<Out = Vector>) VecLoad2: s: LoadAt<O, S, S>, r: LoadAt<O, R, S>;
            (Load<Out = Vector>) VecLoad1: s: OutOfLine<LoadOperands<O>>;
            (Load<Out = Vector>) VecLoadAny: s: LoadFromAny<O>;
            (Store<In = Vector>) VecStore:
                s_s: StoreAt<O, S, S>, r_s: StoreAt<O, R, S>, s_r: StoreAt<O, S, R>, ss_r: StoreAt<O, Sum<S, S>, R>,
                si_r: StoreAt<O, Sum<S, I>, R>;
            (Store<In = Vector>) VecStoreAny: s: StoreToAny<O>;
            (LoadLane) VecLoadLane16: ss: OutOfLine<LoadInto<O>>;
            (StoreLane) VecStoreLane16: s: StoreOf<O>;
            (LoadLane) VecLoadLane8: ss: OutOfLine<LoadInto<O>>;
            (StoreLane) VecStoreLane8: s: StoreOf<O>;
            (LoadLane) VecLoadLane4: ss: OutOfLine<LoadInto<O>>;
            (StoreLane) VecStoreLane4: s: StoreOf<O>;
            (LoadLane) VecLoadHalf: ss: OutOfLine<LoadHalf<O>>;
        }
    };
}

/// Implements the tables of handlers for each shape. `$hot` is the function of `wasmote-exec` through which the
/// handlers are entered.
macro_rules! tables {
    ($table:ident $hot:ident $(($($meaning:tt)*) $shape:ident: $($class:ident: $instr:ty),*;)*) => {
        /// The handlers of a row, in the order of its shape's variants.
        pub trait $table<Shape> {
            /// One handler for each variant.
            const TABLE: &'static [Handler];
        }

        $(
            impl<O: $($meaning)*> $table<ir::$shape> for O {
                const TABLE: &'static [Handler] = &in_order(<ir::$shape as ir::Shape>::FORMATS, [$((
                    ir::$shape::$class as usize,
                    <$instr as Encoded>::FORMAT,
                    $hot::<Linked, $instr>,
                )),*]);
            }
        )*
    };
}

/// The handlers of most rows.
pub mod hot {
    use wasmote_exec::vector::hot;

    use super::*;

    for_each_shape!(tables Hot hot);
}

/// The instruction of each variant by number, for superinstructions.
#[cfg(feature = "superinstructions")]
pub mod variants {

    use super::*;

    macro_rules! variants {
        ($(($($meaning:tt)*) $shape:ident: $($class:ident: $instr:ty),*;)*) => {
            /// The instruction of variant `N` of a shape, for rows with this meaning.
            pub trait Variant<Meaning, const N: usize> {
                /// The instruction.
                type Execute: Execute<Linked>;
            }
            $( variants!(@each ($($meaning)*) $shape: $($class $instr,)*); )*
        };
        (@each $meaning:tt $shape:ident: $class:ident $instr:ty, $($rest:tt)*) => {
            variants!(@one $meaning $shape: $class $instr);
            variants!(@each $meaning $shape: $($rest)*);
        };
        (@each $meaning:tt $shape:ident:) => {};
        (@one ($($meaning:tt)*) $shape:ident: $class:ident $instr:ty) => {
            impl<O: $($meaning)*> Variant<O, { ir::$shape::$class as usize }> for ir::$shape {
                type Execute = $instr;
            }
        };
    }
    for_each_shape!(variants);
}

/// The handlers of rows that need a stack frame.
#[cfg(target_arch = "x86_64")]
pub mod cold {
    use wasmote_exec::vector::cold;

    use super::*;

    for_each_shape!(tables Cold cold);
}

/// The handlers of rows that `sse4` implements.
#[cfg(target_arch = "x86_64")]
pub mod sse4 {
    use wasmote_exec::vector::hot_sse4;

    use super::*;

    for_each_shape!(tables Sse4 hot_sse4);
}

/// The rows whose shapes have one row each.
pub mod rows {
    use wasmote_exec::vector::{Encoded, Handler, Linked, R, ReturnOne, S, Vector, hot, in_order};
    use wasmote_ir::shape as ir;

    use super::hot::Hot;
    use super::{Constant, Copy, LoadConstant};

    macro_rules! rows {
        ($($name:ident: $shape:ident = [$($class:ident: $instr:ty),*];)*) => { $(
            pub struct $name;
            impl Hot<ir::$shape> for $name {
                const TABLE: &'static [Handler] = &in_order(<ir::$shape as ir::Shape>::FORMATS, [$((
                    ir::$shape::$class as usize,
                    <$instr as Encoded>::FORMAT,
                    hot::<Linked, $instr>,
                )),*]);
            }
        )* };
    }

    rows! {
        V128Copy: VecCopy = [s: Copy];
        V128Const: VecConst = [i: Constant];
        V128LoadConst: VecLoadConst = [i_r: LoadConstant];
        V128Return: VecReturn = [s: ReturnOne<Vector, S>, r: ReturnOne<Vector, R>];
    }
}
