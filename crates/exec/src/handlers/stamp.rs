//! How handlers are stamped out of meanings: what shapes and instructions have to say for that.

use wasmote_ir::shape::Format;

use crate::dispatch::Handler;
use crate::mode::Mode;

/// The handlers in a mode of a row of this shape, in the order of the shape's variants. It is a trait of shapes, not of meanings: those are mostly
/// parameters, and the compiler would compare each implementation with each other, for seconds.
pub trait Handlers<Meaning, M: Mode> {
    /// One for each variant.
    const TABLE: &'static [Handler<M>];
    /// Whether each leaves 32 bits in the integer accumulator, as far as that is known by types.
    const NARROW: Option<bool> = None;
    /// Of rows that access memory 0, those that leave it to pages without access to keep them in bounds, where there are such.
    const GUARDED: &'static [Handler<M>] = &[];
}

/// The instruction that a variant of a row of this shape is, by its number; of those that can be part of a pair.
#[cfg(feature = "pairs")]
pub trait Variant<Meaning, const N: usize> {
    /// What it does.
    type Instr: crate::dispatch::Instr<crate::Linked>;
}

/// Makes [`Handlers`] of rows that are one [`Instr`](crate::dispatch::Instr) each, in any mode, or one.
macro_rules! single {
    (only $mode:ident $kind:ident: $($name:ident: $shape:ident),* $(,)?) => { $(
        $crate::handlers::stamp::single!(@ () $mode $kind $name $shape);
    )* };
    ($kind:ident: $($name:ident: $shape:ident),* $(,)?) => { $(
        $crate::handlers::stamp::single!(@ (M: $crate::mode::Mode) M $kind $name $shape);
    )* };
    (@ ($($generic:tt)*) $mode:ident $kind:ident $name:ident $shape:ident) => {
        impl<$($generic)*> $crate::handlers::stamp::Handlers<$name, $mode> for wasmote_ir::shape::$shape {
            const TABLE: &'static [$crate::dispatch::Handler<$mode>] = &[$crate::handlers::stamp::handler!($kind $mode, $name)];
        }
        #[cfg(feature = "pairs")]
        impl $crate::handlers::stamp::Variant<$name, 0> for wasmote_ir::shape::$shape {
            type Instr = $name;
        }
    };
}
pub(crate) use single;

/// The handler of an instruction, by how it is entered.
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

/// An instruction that says how it is written, by the types that it is made of.
pub trait Encoded {
    /// Its classes and operands, those of the variant that it is.
    const FORMAT: Format;
}

/// The handlers of a shape's variants, given in any order by the variants' numbers, in the order of these. What does not fit does not compile: a
/// variant that is given twice or not at all, and an instruction that is not written as its variant is.
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

/// What all are.
pub(crate) const fn all_same(all: &[bool]) -> Option<bool> {
    let mut i = 1;
    while i < all.len() {
        assert!(all[i] == all[0]);
        i += 1;
    }
    Some(all[0])
}

/// Makes [`Handlers`] of rows of these shapes out of the instructions that their variants are, listed by name.
macro_rules! variants {
    (@each $generics:tt $row:ty: $shape:ty; $class:ident $instr:ty, $($rest:tt)*) => {
        $crate::handlers::stamp::variants!(@one $generics $row: $shape, $class $instr);
        $crate::handlers::stamp::variants!(@each $generics $row: $shape; $($rest)*);
    };
    (@each $generics:tt $row:ty: $shape:ty;) => {};
    (@one ($($generics:tt)*) $row:ty: $shape:ty, $class:ident $instr:ty) => {
        #[cfg(feature = "pairs")]
        impl<$($generics)*> $crate::handlers::stamp::Variant<$row, { <$shape>::$class as usize }> for $shape {
            type Instr = $instr;
        }
    };
    ($kind:ident ($($generics:tt)*) $row:ty: $shape:ty => { $($class:ident: $instr:ty,)* }) => {
        impl<M: $crate::mode::Mode, $($generics)*> $crate::handlers::stamp::Handlers<$row, M> for $shape {
            const TABLE: &'static [$crate::dispatch::Handler<M>] = &$crate::handlers::stamp::in_order(
                <$shape as wasmote_ir::shape::Shape>::FORMATS,
                [$((
                    <$shape>::$class as usize,
                    <$instr as $crate::handlers::stamp::Encoded>::FORMAT,
                    $crate::handlers::stamp::handler!($kind M, $instr),
                )),*],
            );
            const NARROW: Option<bool> = $crate::handlers::stamp::all_same(&[$(<$instr as $crate::dispatch::Instr<M>>::NARROW),*]);
        }
        $crate::handlers::stamp::variants!(@each ($($generics)*) $row: $shape; $($class $instr,)*);
    };
    ($generics:tt $row:ty: $($shape:ty),+ => $instructions:tt) => {
        $( $crate::handlers::stamp::variants!(hot $generics $row: $shape => $instructions); )+
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
    use crate::handlers::numeric::Two;
    use crate::operand::{R, S};
    use wasmote_ir::shape::{Bin12, Shape};

    /// Each variant's own format, and some handler.
    fn proper() -> [(usize, Format, Handler<Linked>); 12] {
        core::array::from_fn(|v| (v, Bin12::FORMATS[v], hot::<Linked, control::Leave> as Handler<Linked>))
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
        let (rs, sr) = (Two::<I32Sub, R, S, S>::FORMAT, Two::<I32Sub, S, R, S>::FORMAT);
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
