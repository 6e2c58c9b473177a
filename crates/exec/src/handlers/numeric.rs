//! Instructions of one and two sources, over the meanings that `integer` and `float` give.

use core::marker::PhantomData;

use wasmote_ir::TrapCode;
use wasmote_ir::shape::{
    Bin2, Bin2Wide, Bin3, Bin4, Bin4Wide, Bin8, Bin8Wide, Bin12, Bin12Wide, Format, Unary as UnaryShape, Unary1,
};

use super::stamp::{Encoded, variants};
use crate::dispatch::{Flow, Instr, Regs};
use crate::mode::Mode;
use crate::operand::{Dest, I, R, S, Source, Value};

/// A meaning with two sources of one type.
pub trait Binary {
    /// The sources.
    type In: Value;
    /// The result.
    type Out: Value;
    /// The value, or why there is none.
    fn eval(a: Self::In, b: Self::In) -> Result<Self::Out, TrapCode>;
}

/// A meaning with one source.
pub trait Unary {
    /// The source.
    type In: Value;
    /// The result.
    type Out: Value;
    /// The value, or why there is none.
    fn eval(a: Self::In) -> Result<Self::Out, TrapCode>;
}

/// An instruction of two sources.
pub struct Two<O, A, B, D>(PhantomData<(O, A, B, D)>);

impl<M: Mode, O: Binary, A: Source<O::In>, B: Source<O::In>, D: Dest<O::Out>> Instr<M> for Two<O, A, B, D> {
    const NARROW: bool = O::Out::NARROW;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller's promise.
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

impl<O: Binary, A: Source<O::In>, B: Source<O::In>, D: Dest<O::Out>> Encoded for Two<O, A, B, D> {
    const FORMAT: Format = A::FORMAT.then(B::FORMAT).then(D::FORMAT);
}

/// An instruction of one source.
pub struct One<O, A, D>(PhantomData<(O, A, D)>);

impl<M: Mode, O: Unary, A: Source<O::In>, D: Dest<O::Out>> Instr<M> for One<O, A, D> {
    const NARROW: bool = O::Out::NARROW;

    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller's promise.
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

impl<O: Unary, A: Source<O::In>, D: Dest<O::Out>> Encoded for One<O, A, D> {
    const FORMAT: Format = A::FORMAT.then(D::FORMAT);
}

variants!((O: Binary) O: Bin2, Bin2Wide => {
    ss: Two<O, S, S, S>,
    si: Two<O, S, I, S>,
});
variants!((O: Binary) O: Bin3 => {
    ss: Two<O, S, S, S>,
    si: Two<O, S, I, S>,
    is: Two<O, I, S, S>,
});
variants!((O: Binary) O: Bin4, Bin4Wide => {
    ss: Two<O, S, S, S>,
    si: Two<O, S, I, S>,
    rs: Two<O, R, S, S>,
    ri: Two<O, R, I, S>,
});
variants!((O: Binary) O: Bin8, Bin8Wide => {
    ss: Two<O, S, S, S>,
    si: Two<O, S, I, S>,
    rs: Two<O, R, S, S>,
    ri: Two<O, R, I, S>,
    ss_r: Two<O, S, S, R>,
    si_r: Two<O, S, I, R>,
    rs_r: Two<O, R, S, R>,
    ri_r: Two<O, R, I, R>,
});
variants!((O: Binary) O: Bin12, Bin12Wide => {
    ss: Two<O, S, S, S>,
    si: Two<O, S, I, S>,
    is: Two<O, I, S, S>,
    rs: Two<O, R, S, S>,
    ri: Two<O, R, I, S>,
    sr: Two<O, S, R, S>,
    ss_r: Two<O, S, S, R>,
    si_r: Two<O, S, I, R>,
    is_r: Two<O, I, S, R>,
    rs_r: Two<O, R, S, R>,
    ri_r: Two<O, R, I, R>,
    sr_r: Two<O, S, R, R>,
});
variants!((O: Unary) O: Unary1 => {
    s: One<O, S, S>,
});
variants!((O: Unary) O: UnaryShape => {
    s: One<O, S, S>,
    r: One<O, R, S>,
    s_r: One<O, S, R>,
    r_r: One<O, R, R>,
});

/// No trap: that of what cannot trap.
pub enum Never {}

/// Whether something may trap.
pub struct May<const TRAP: bool>;

/// The trap of what may, or may not.
pub trait Trap {
    /// A trap, or nothing.
    type Code;
}

impl Trap for May<true> {
    type Code = TrapCode;
}

impl Trap for May<false> {
    type Code = Never;
}

/// The trap of what may, or may not.
pub type TrapOf<const TRAP: bool> = <May<TRAP> as Trap>::Code;

/// Rows of two sources. By `?` the body leaves with a trap, which compiles only where the row of the table says that it may.
macro_rules! binary {
    ($( $name:ident ($a:ident, $b:ident: $in:ty) -> $out:ty { $body:expr } )*) => { $(
        #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
        pub struct $name;
        impl $crate::handlers::numeric::Binary for $name {
            type In = $in;
            type Out = $out;
            #[inline(always)]
            fn eval($a: $in, $b: $in) -> Result<$out, wasmote_ir::TrapCode> {
                // Never called: it compiles if only what may trap does.
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

/// Rows of one source, likewise.
macro_rules! unary {
    ($( $name:ident ($a:ident: $in:ty) -> $out:ty { $body:expr } )*) => { $(
        #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
        pub struct $name;
        impl $crate::handlers::numeric::Unary for $name {
            type In = $in;
            type Out = $out;
            #[inline(always)]
            fn eval($a: $in) -> Result<$out, wasmote_ir::TrapCode> {
                // Never called: it compiles if only what may trap does.
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
