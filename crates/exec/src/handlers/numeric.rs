//! Instructions with one and two sources. `integer` and `float` give their meanings.

use core::marker::PhantomData;

use wasmote_ir::TrapCode;
use wasmote_ir::shape::{
    Bin2, Bin2Wide, Bin3, Bin4, Bin4Wide, Bin8, Bin8Wide, Bin12, Bin12Wide, Format, Unary as UnaryShape, Unary1,
};

use super::handler_macros::{Encoded, variants};
use crate::dispatch::{Execute, Flow, Regs};
use crate::mode::Mode;
use crate::operand::{Dest, I, R, S, Source, Value};

/// The meaning of an operation with two sources of one type.
pub trait Binary {
    /// The type of the sources.
    type In: Value;
    /// The type of the result.
    type Out: Value;
    /// Returns the result, or the trap.
    fn eval(a: Self::In, b: Self::In) -> Result<Self::Out, TrapCode>;
}

/// The meaning of an operation with one source.
pub trait Unary {
    /// The type of the source.
    type In: Value;
    /// The type of the result.
    type Out: Value;
    /// Returns the result, or the trap.
    fn eval(a: Self::In) -> Result<Self::Out, TrapCode>;
}

/// An instruction with two sources.
pub struct BinaryInstr<O, A, B, D>(PhantomData<(O, A, B, D)>);

impl<M: Mode, O: Binary, A: Source<O::In>, B: Source<O::In>, D: Dest<O::Out>> Execute<M> for BinaryInstr<O, A, B, D> {
    const GOES_ON: bool = true;

    const ZERO_EXTENDED: bool = O::Out::ZERO_EXTENDED;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees operands of these classes, in this order.
        unsafe {
            let (a, b) = (A::get(r, 0), B::get(r, A::UNITS));
            match O::eval(a, b) {
                Ok(value) => D::put(r, A::UNITS + B::UNITS, value),
                Err(code) => return Flow::Trap(code),
            }
            r.advance(A::UNITS + B::UNITS + D::UNITS);
        }
        Flow::Next
    }
}

impl<O: Binary, A: Source<O::In>, B: Source<O::In>, D: Dest<O::Out>> Encoded for BinaryInstr<O, A, B, D> {
    const FORMAT: Format = A::FORMAT.then(B::FORMAT).then(D::FORMAT);
}

/// An instruction with one source.
pub struct UnaryInstr<O, A, D>(PhantomData<(O, A, D)>);

impl<M: Mode, O: Unary, A: Source<O::In>, D: Dest<O::Out>> Execute<M> for UnaryInstr<O, A, D> {
    const GOES_ON: bool = true;

    const ZERO_EXTENDED: bool = O::Out::ZERO_EXTENDED;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees operands of these classes, in this order.
        unsafe {
            match O::eval(A::get(r, 0)) {
                Ok(value) => D::put(r, A::UNITS, value),
                Err(code) => return Flow::Trap(code),
            }
            r.advance(A::UNITS + D::UNITS);
        }
        Flow::Next
    }
}

impl<O: Unary, A: Source<O::In>, D: Dest<O::Out>> Encoded for UnaryInstr<O, A, D> {
    const FORMAT: Format = A::FORMAT.then(D::FORMAT);
}

variants!((O: Binary) O: Bin2, Bin2Wide => {
    ss: BinaryInstr<O, S, S, S>,
    si: BinaryInstr<O, S, I, S>,
});
variants!((O: Binary) O: Bin3 => {
    ss: BinaryInstr<O, S, S, S>,
    si: BinaryInstr<O, S, I, S>,
    is: BinaryInstr<O, I, S, S>,
});
variants!((O: Binary) O: Bin4, Bin4Wide => {
    ss: BinaryInstr<O, S, S, S>,
    si: BinaryInstr<O, S, I, S>,
    rs: BinaryInstr<O, R, S, S>,
    ri: BinaryInstr<O, R, I, S>,
});
variants!((O: Binary) O: Bin8, Bin8Wide => {
    ss: BinaryInstr<O, S, S, S>,
    si: BinaryInstr<O, S, I, S>,
    rs: BinaryInstr<O, R, S, S>,
    ri: BinaryInstr<O, R, I, S>,
    ss_r: BinaryInstr<O, S, S, R>,
    si_r: BinaryInstr<O, S, I, R>,
    rs_r: BinaryInstr<O, R, S, R>,
    ri_r: BinaryInstr<O, R, I, R>,
});
variants!((O: Binary) O: Bin12, Bin12Wide => {
    ss: BinaryInstr<O, S, S, S>,
    si: BinaryInstr<O, S, I, S>,
    is: BinaryInstr<O, I, S, S>,
    rs: BinaryInstr<O, R, S, S>,
    ri: BinaryInstr<O, R, I, S>,
    sr: BinaryInstr<O, S, R, S>,
    ss_r: BinaryInstr<O, S, S, R>,
    si_r: BinaryInstr<O, S, I, R>,
    is_r: BinaryInstr<O, I, S, R>,
    rs_r: BinaryInstr<O, R, S, R>,
    ri_r: BinaryInstr<O, R, I, R>,
    sr_r: BinaryInstr<O, S, R, R>,
});
variants!((O: Unary) O: Unary1 => {
    s: UnaryInstr<O, S, S>,
});
variants!((O: Unary) O: UnaryShape => {
    s: UnaryInstr<O, S, S>,
    r: UnaryInstr<O, R, S>,
    s_r: UnaryInstr<O, S, R>,
    r_r: UnaryInstr<O, R, R>,
});

/// The trap code of an operation that cannot trap: there is none.
pub enum NoTrap {}

/// Selects whether an operation may trap.
pub struct MayTrap<const TRAP: bool>;

/// Gives the type of an operation's trap codes.
pub trait Trap {
    /// [`TrapCode`], or [`NoTrap`].
    type Code;
}

impl Trap for MayTrap<true> {
    type Code = TrapCode;
}

impl Trap for MayTrap<false> {
    type Code = NoTrap;
}

/// The type of the trap codes of an operation that may trap, or may not.
pub type TrapOf<const TRAP: bool> = <MayTrap<TRAP> as Trap>::Code;

/// Implements operations with two sources. The body leaves with a trap by `?`. That compiles only if the row of the
/// instruction table says `traps`.
macro_rules! binary {
    ($( $name:ident ($a:ident, $b:ident: $in:ty) -> $out:ty { $body:expr } )*) => { $(
        #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
        pub struct $name;
        impl $crate::handlers::numeric::Binary for $name {
            type In = $in;
            type Out = $out;
            #[inline(always)]
            fn eval($a: $in, $b: $in) -> Result<$out, wasmote_ir::TrapCode> {
                // Nothing calls this. It compiles only if the body traps no more than the row says.
                #[allow(dead_code)]
                fn traps_as_the_row_says($a: $in, $b: $in) -> Result<$out, TrapOf<{ wasmote_ir::Op::$name.traps() }>> {
                    Ok($body)
                }
                Ok($body)
            }
        }
    )* };
}
pub(crate) use binary;

/// Implements operations with one source, as [`binary!`] does.
macro_rules! unary {
    ($( $name:ident ($a:ident: $in:ty) -> $out:ty { $body:expr } )*) => { $(
        #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
        pub struct $name;
        impl $crate::handlers::numeric::Unary for $name {
            type In = $in;
            type Out = $out;
            #[inline(always)]
            fn eval($a: $in) -> Result<$out, wasmote_ir::TrapCode> {
                // Nothing calls this. It compiles only if the body traps no more than the row says.
                #[allow(dead_code)]
                fn traps_as_the_row_says($a: $in) -> Result<$out, TrapOf<{ wasmote_ir::Op::$name.traps() }>> {
                    Ok($body)
                }
                Ok($body)
            }
        }
    )* };
}
pub(crate) use unary;
