//! How handlers are stamped out of meanings: the traits of shapes and instructions, and the macros that implement
//! them.

use wasmote_ir::shape::Format;

use crate::dispatch::Handler;
use crate::mode::Mode;

/// The handlers of a row with this shape, in the order of the shape's variants.
///
/// It is a trait of shapes because meanings are mostly type parameters. For a trait of meanings the compiler would
/// compare each implementation with each other one, which takes seconds.
pub trait Handlers<Meaning, M: Mode> {
    /// One handler for each variant.
    const TABLE: &'static [Handler<M>];
    /// Whether each variant leaves 32 bits in the integer accumulator. `None` if the types do not tell.
    const ZERO_EXTENDED: Option<bool> = None;
    /// For rows that access memory 0: the handlers that rely on a guarded memory, if there are any.
    const GUARDED: &'static [Handler<M>] = &[];
}

/// The instruction of variant `N` of a row with this shape. Only rows that can be part of a superinstruction need it.
#[cfg(feature = "superinstructions")]
pub trait Variant<Meaning, const N: usize> {
    /// The instruction.
    type Execute: crate::dispatch::Execute<crate::Linked>;
}

/// Makes [`Handlers`] of rows that have one [`Execute`](crate::dispatch::Execute) each, in all modes or in one.
macro_rules! single {
    (only $mode:ident $kind:ident: $($name:ident: $shape:ident),* $(,)?) => { $(
        $crate::handlers::handler_macros::single!(@ () $mode $kind $name $shape);
    )* };
    ($kind:ident: $($name:ident: $shape:ident),* $(,)?) => { $(
        $crate::handlers::handler_macros::single!(@ (M: $crate::mode::Mode) M $kind $name $shape);
    )* };
    (@ ($($generic:tt)*) $mode:ident $kind:ident $name:ident $shape:ident) => {
        impl<$($generic)*> $crate::handlers::handler_macros::Handlers<$name, $mode> for wasmote_ir::shape::$shape {
            const TABLE: &'static [$crate::dispatch::Handler<$mode>] = &[$crate::handlers::handler_macros::handler!($kind $mode, $name)];
        }
        #[cfg(feature = "superinstructions")]
        impl $crate::handlers::handler_macros::Variant<$name, 0> for wasmote_ir::shape::$shape {
            type Execute = $name;
        }
    };
}
pub(crate) use single;

/// Returns the handler of an instruction, hot or cold.
macro_rules! handler {
    (hot $mode:ident, $instr:ty) => {
        $crate::dispatch::hot::<$mode, $instr>
    };
    (cold $mode:ident, $instr:ty) => {
        $crate::dispatch::cold::<$mode, $instr>
    };
    (call $mode:ident, $instr:ty) => {
        $crate::dispatch::call::<$mode, $instr>()
    };
}
pub(crate) use handler;

/// An instruction that states its format, made of the types it consists of.
pub trait Encoded {
    /// Its classes and operands. They must be those of its variant.
    const FORMAT: Format;
}

/// Puts the handlers of a shape's variants in order. They are given in any order, with the variants' numbers. It does
/// not compile if a variant is missing or given twice, or if an instruction has another format than its variant.
pub const fn in_order<M: Mode, const N: usize>(
    formats: &[Format],
    given: [(usize, Format, Handler<M>); N],
) -> [Handler<M>; N] {
    assert!(N == formats.len(), "each variant has a handler");
    let (mut table, mut there) = ([given[0].2; N], 0_u32);
    let mut i = 0;
    while i < N {
        let (variant, format, handler) = given[i];
        assert!(there >> variant & 1 == 0, "a variant has one handler");
        assert!(format.is(formats[variant]), "an instruction is written as its variant is");
        there |= 1 << variant;
        table[variant] = handler;
        i += 1;
    }
    table
}

/// Returns the value that all entries have.
pub(crate) const fn all_same(all: &[bool]) -> Option<bool> {
    let mut i = 1;
    while i < all.len() {
        assert!(all[i] == all[0]);
        i += 1;
    }
    Some(all[0])
}

/// Makes [`Handlers`] of rows of these shapes. It lists the instruction of each variant by the variant's name.
macro_rules! variants {
    (@each $generics:tt $row:ty: $shape:ty; $class:ident $instr:ty, $($rest:tt)*) => {
        $crate::handlers::handler_macros::variants!(@one $generics $row: $shape, $class $instr);
        $crate::handlers::handler_macros::variants!(@each $generics $row: $shape; $($rest)*);
    };
    (@each $generics:tt $row:ty: $shape:ty;) => {};
    (@one ($($generics:tt)*) $row:ty: $shape:ty, $class:ident $instr:ty) => {
        #[cfg(feature = "superinstructions")]
        impl<$($generics)*> $crate::handlers::handler_macros::Variant<$row, { <$shape>::$class as usize }> for $shape {
            type Execute = $instr;
        }
    };
    ($kind:ident ($($generics:tt)*) $row:ty: $shape:ty => { $($class:ident: $instr:ty,)* }) => {
        impl<M: $crate::mode::Mode, $($generics)*> $crate::handlers::handler_macros::Handlers<$row, M> for $shape {
            const TABLE: &'static [$crate::dispatch::Handler<M>] = &$crate::handlers::handler_macros::in_order(
                <$shape as wasmote_ir::shape::Shape>::FORMATS,
                [$((
                    <$shape>::$class as usize,
                    <$instr as $crate::handlers::handler_macros::Encoded>::FORMAT,
                    $crate::handlers::handler_macros::handler!($kind M, $instr),
                )),*],
            );
            const ZERO_EXTENDED: Option<bool> = $crate::handlers::handler_macros::all_same(&[$(<$instr as $crate::dispatch::Execute<M>>::ZERO_EXTENDED),*]);
        }
        $crate::handlers::handler_macros::variants!(@each ($($generics)*) $row: $shape; $($class $instr,)*);
    };
    ($generics:tt $row:ty: $($shape:ty),+ => $instructions:tt) => {
        $( $crate::handlers::handler_macros::variants!(hot $generics $row: $shape => $instructions); )+
    };
}
pub(crate) use variants;

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use crate::Linked;
    use crate::dispatch::hot;
    use crate::handlers::control;
    use crate::handlers::integer::rows::I32Sub;
    use crate::handlers::numeric::BinaryInstr;
    use crate::operand::{R, S};
    use wasmote_ir::shape::{Bin12, Shape};

    /// Returns each variant's own format with some handler.
    fn proper() -> [(usize, Format, Handler<Linked>); 12] {
        core::array::from_fn(|v| (v, Bin12::FORMATS[v], hot::<Linked, control::LeaveRun> as Handler<Linked>))
    }

    #[test]
    fn handlers_may_be_given_in_any_order() {
        let given = proper();
        let mut turned = given;
        turned.reverse();
        assert!(in_order(Bin12::FORMATS, given).iter().eq(&in_order(Bin12::FORMATS, turned)));
    }

    #[test]
    #[should_panic(expected = "is written as its variant is")]
    fn sources_the_other_way_round_do_not_fit_although_their_operands_are_the_same() {
        let mut given = proper();
        let (rs, sr) = (BinaryInstr::<I32Sub, R, S, S>::FORMAT, BinaryInstr::<I32Sub, S, R, S>::FORMAT);
        assert!(rs.same_operands(sr));
        (given[Bin12::rs as usize].1, given[Bin12::sr as usize].1) = (sr, rs);
        in_order(Bin12::FORMATS, given);
    }

    #[test]
    #[should_panic(expected = "a variant has one handler")]
    fn a_variant_is_not_given_twice() {
        let mut given = proper();
        given[Bin12::si as usize] = given[Bin12::ss as usize];
        in_order(Bin12::FORMATS, given);
    }

    #[test]
    #[should_panic(expected = "each variant has a handler")]
    fn no_variant_is_left_out() {
        let [_, rest @ ..] = proper();
        in_order(Bin12::FORMATS, rest);
    }
}
