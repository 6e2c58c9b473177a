//! Branches on two sources.

use core::marker::PhantomData;

use wasmote_ir::shape::{Branch as BranchShape, Branch2, Branch2Wide, BranchWide, Format, Operand};

use super::handler_macros::{Encoded, variants};
use crate::dispatch::{Execute, Flow, Regs};
use crate::mode::Mode;
use crate::operand::{I, R, S, Source, Value};

/// The condition of a branch.
pub trait Condition {
    /// The type of the sources.
    type In: Value;
    /// Returns whether to jump.
    fn holds(a: Self::In, b: Self::In) -> bool;
}

/// A branch on two sources.
pub struct BranchInstr<C, A, B>(PhantomData<(C, A, B)>);

impl<M: Mode, C: Condition, A: Source<C::In>, B: Source<C::In>> Execute<M> for BranchInstr<C, A, B> {
    const GOES_ON: bool = true;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees a branch with sources of these classes. The target follows the sources, and
        // so does the next instruction.
        unsafe {
            if C::holds(A::get(r, 0), B::get(r, A::UNITS)) {
                r.jump(A::UNITS + B::UNITS);
                return Flow::Jump;
            }
            r.advance(A::UNITS + B::UNITS + 2);
        }
        Flow::Next
    }
}

impl<C: Condition, A: Source<C::In>, B: Source<C::In>> Encoded for BranchInstr<C, A, B> {
    const FORMAT: Format = A::FORMAT.then(B::FORMAT).operand(Operand::Target);
}

variants!((C: Condition) C: BranchShape, BranchWide => {
    ss: BranchInstr<C, S, S>,
    si: BranchInstr<C, S, I>,
    rs: BranchInstr<C, R, S>,
    ri: BranchInstr<C, R, I>,
});
variants!((C: Condition) C: Branch2, Branch2Wide => {
    ss: BranchInstr<C, S, S>,
    si: BranchInstr<C, S, I>,
});

/// The rows. Floats have negated conditions, because `!(a < b)` is not `a >= b` if one of them is NaN.
#[allow(clippy::neg_cmp_op_on_partial_ord)]
pub mod rows {
    macro_rules! conditions {
        ($( $name:ident ($a:ident, $b:ident: $in:ty) { $body:expr } )*) => { $(
            #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
            pub struct $name;
            impl super::Condition for $name {
                type In = $in;
                #[inline(always)]
                fn holds($a: $in, $b: $in) -> bool {
                    $body
                }
            }
        )* };
    }

    conditions! {
        BrI32Eq(a, b: u32) { a == b }
        BrI32Ne(a, b: u32) { a != b }
        BrI32LtS(a, b: i32) { a < b }
        BrI32LtU(a, b: u32) { a < b }
        BrI32GtS(a, b: i32) { a > b }
        BrI32GtU(a, b: u32) { a > b }
        BrI32LeS(a, b: i32) { a <= b }
        BrI32LeU(a, b: u32) { a <= b }
        BrI32GeS(a, b: i32) { a >= b }
        BrI32GeU(a, b: u32) { a >= b }
        BrI32AndEqz(a, b: u32) { a & b == 0 }
        BrI32AndNez(a, b: u32) { a & b != 0 }
        BrI64Eq(a, b: u64) { a == b }
        BrI64Ne(a, b: u64) { a != b }
        BrI64LtS(a, b: i64) { a < b }
        BrI64LtU(a, b: u64) { a < b }
        BrI64GtS(a, b: i64) { a > b }
        BrI64GtU(a, b: u64) { a > b }
        BrI64LeS(a, b: i64) { a <= b }
        BrI64LeU(a, b: u64) { a <= b }
        BrI64GeS(a, b: i64) { a >= b }
        BrI64GeU(a, b: u64) { a >= b }
        BrF32Eq(a, b: f32) { a == b }
        BrF32Ne(a, b: f32) { a != b }
        BrF32Lt(a, b: f32) { a < b }
        BrF32Gt(a, b: f32) { a > b }
        BrF32Le(a, b: f32) { a <= b }
        BrF32Ge(a, b: f32) { a >= b }
        BrF32NotLt(a, b: f32) { !(a < b) }
        BrF32NotGt(a, b: f32) { !(a > b) }
        BrF32NotLe(a, b: f32) { !(a <= b) }
        BrF32NotGe(a, b: f32) { !(a >= b) }
        BrF64Eq(a, b: f64) { a == b }
        BrF64Ne(a, b: f64) { a != b }
        BrF64Lt(a, b: f64) { a < b }
        BrF64Gt(a, b: f64) { a > b }
        BrF64Le(a, b: f64) { a <= b }
        BrF64Ge(a, b: f64) { a >= b }
        BrF64NotLt(a, b: f64) { !(a < b) }
        BrF64NotGt(a, b: f64) { !(a > b) }
        BrF64NotLe(a, b: f64) { !(a <= b) }
        BrF64NotGe(a, b: f64) { !(a >= b) }
    }
}
