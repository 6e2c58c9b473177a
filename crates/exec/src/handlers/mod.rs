//! What each instruction does, and the table of handlers.
//!
//! A module a theme; each gives the meaning of its rows of `wasmote-ir`'s table as types named after the rows, and the
//! generic instructions that those types are stamped into, one for each choice of operand classes. [`TABLE`]
//! collects them by walking the rows.

pub mod branch;
pub mod bulk;
#[cfg(feature = "alloc")]
pub mod calls;
#[cfg(not(feature = "alloc"))]
#[path = "calls_in_place.rs"]
pub mod calls;
#[cfg(all(test, feature = "alloc"))]
mod columns_tests;
pub mod control;
pub mod float;
pub mod integer;
pub mod memory;
pub mod metered;
pub mod moves;
pub mod numeric;
#[cfg(feature = "alloc")]
#[cfg_attr(not(feature = "pairs"), path = "no_pairs.rs")]
pub mod pairs;
#[cfg(feature = "alloc")]
pub mod references;
pub mod table;
pub mod tiles;

#[cfg(feature = "alloc")]
use wasmote_ir::ops::MANAGED_OPCODES;
use wasmote_ir::ops::{CORE_OPCODES, OPCODES};
use wasmote_ir::shape::Format;
use wasmote_ir::{Op, Opcode};

use crate::dispatch::{Handler, Instr};

/// The handlers of a row of this shape, in the order of the shape's variants. It is a trait of shapes, not of meanings: those are mostly
/// parameters, and the compiler would compare each implementation with each other, for seconds.
pub trait Handlers<Meaning> {
    /// One for each variant.
    const TABLE: &'static [Handler];
    /// Whether each leaves 32 bits in the integer accumulator, as far as that is known by types.
    const NARROW: Option<bool> = None;
    /// Of rows that access memory 0, those that leave it to pages without access to keep them in bounds.
    #[cfg(guarded)]
    const GUARDED: &'static [Handler] = &[];
}

/// The meanings of all rows, under their names.
mod rows {
    pub use super::branch::rows::*;
    pub use super::bulk::rows::*;
    pub use super::calls::rows::*;
    pub use super::control::rows::*;
    pub use super::float::rows::*;
    pub use super::integer::rows::*;
    pub use super::memory::rows::*;
    pub use super::metered::rows::*;
    pub use super::moves::rows::*;
    pub use super::table::rows::*;
    pub use super::tiles::rows::*;
}

/// How many opcodes there are handlers for, without the managed ones.
pub const LIMIT: usize = if cfg!(feature = "extended") { OPCODES } else { CORE_OPCODES };

/// The handler of each opcode, and behind them of [`LEAVE`](crate::cells::leave_run). Memory 0 is guarded, where it can be.
pub static TABLE: [Handler; LIMIT + 1] = build();

/// The opcodes whose handlers in [`TABLE`] want memory 0 guarded, and their handlers that do not.
#[cfg(guarded)]
pub static CHECKED: ([u16; CHECKED_OPCODES], [Handler; CHECKED_OPCODES]) = checked();

/// The instruction that a variant of a row of this shape is, by its number; of those that can be part of a pair.
#[cfg(feature = "pairs")]
pub trait Variant<Meaning, const N: usize> {
    /// What it does.
    type Instr: crate::dispatch::Instr;
}

/// What the table says of each row, its meaning and its shape; of those in no pair, too.
#[cfg(feature = "pairs")]
#[allow(dead_code)]
pub mod row {
    macro_rules! name {
        ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => { $(
            pub type $name = (super::rows::$name, wasmote_ir::shape::$shape);
        )* };
    }
    wasmote_ir::for_each_op!(name);
}

macro_rules! collect {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => {
        const fn build() -> [Handler; LIMIT + 1] {
            let mut table = [crate::dispatch::cold::<control::Leave> as Handler; LIMIT + 1];
            $(
                let handlers = <wasmote_ir::shape::$shape as Handlers<rows::$name>>::TABLE;
                #[cfg(guarded)]
                let handlers = match <wasmote_ir::shape::$shape as Handlers<rows::$name>>::GUARDED {
                    [] => handlers,
                    guarded => guarded,
                };
                if let Some(narrow) = <wasmote_ir::shape::$shape as Handlers<rows::$name>>::NARROW {
                    assert!(narrow == Op::$name.leaves_32_bits(), "types are those of the row");
                }
                place(&mut table, Op::$name, handlers);
            )*
            table
        }

        #[cfg(guarded)]
        const CHECKED_OPCODES: usize = 0
            $( + present(Op::$name, <wasmote_ir::shape::$shape as Handlers<rows::$name>>::GUARDED.len()) )*;

        #[cfg(guarded)]
        const fn checked() -> ([u16; CHECKED_OPCODES], [Handler; CHECKED_OPCODES]) {
            let nothing = crate::dispatch::cold::<control::Leave> as Handler;
            let mut table = ([0; CHECKED_OPCODES], [nothing; CHECKED_OPCODES]);
            let mut count = 0;
            $(
                let handlers = <wasmote_ir::shape::$shape as Handlers<rows::$name>>::TABLE;
                let mut v = 0;
                while v < <wasmote_ir::shape::$shape as Handlers<rows::$name>>::GUARDED.len() {
                    if Op::$name.has(v) {
                        table.0[count] = Opcode::new(Op::$name, v as u8).0;
                        table.1[count] = handlers[v];
                        count += 1;
                    }
                    v += 1;
                }
            )*
            assert!(count == CHECKED_OPCODES);
            table
        }
    };
}
wasmote_ir::for_each_op!(collect);

/// How many of a family's first variants there are.
#[cfg(guarded)]
const fn present(op: Op, variants: usize) -> usize {
    let (mut present, mut v) = (0, 0);
    while v < variants {
        present += op.has(v) as usize;
        v += 1;
    }
    present
}

/// The handler of what this build lacks. No image that has any of it is run; if one should say that it has none, this is a trap.
const LACKING: Handler = crate::dispatch::hot::<rows::Unreachable>;

const fn place(table: &mut [Handler; LIMIT + 1], op: Op, handlers: &[Handler]) {
    assert!(handlers.len() == op.variants().len());
    let mut v = 0;
    while v < handlers.len() {
        if op.has(v) {
            let opcode = Opcode::new(op, v as u8).0 as usize;
            if opcode < LIMIT {
                let lacking = !cfg!(feature = "float") && op.computes_floats();
                table[opcode] = if lacking { LACKING } else { handlers[v] };
            }
        }
        v += 1;
    }
}

/// The handlers of the managed opcodes, in order.
#[cfg(feature = "alloc")]
pub static MANAGED: [Handler; MANAGED_OPCODES] = managed();

#[cfg(feature = "alloc")]
macro_rules! collect_managed {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => {
        const fn managed() -> [Handler; MANAGED_OPCODES] {
            let mut table = [crate::dispatch::cold::<control::Leave> as Handler; MANAGED_OPCODES];
            $(
                let handlers = <wasmote_ir::shape::$shape as Handlers<references::rows::$name>>::TABLE;
                let mut v = 0;
                while v < handlers.len() {
                    if Op::$name.has(v) {
                        table[Opcode::new(Op::$name, v as u8).0 as usize - OPCODES] = handlers[v];
                    }
                    v += 1;
                }
            )*
            table
        }
    };
}
#[cfg(feature = "alloc")]
wasmote_ir::for_each_managed_op!(collect_managed);

/// Makes [`Handlers`] of rows that are one [`crate::dispatch::Instr`] each.
macro_rules! single {
    ($kind:ident: $($name:ident: $shape:ident),* $(,)?) => { $(
        impl $crate::handlers::Handlers<$name> for wasmote_ir::shape::$shape {
            const TABLE: &'static [$crate::dispatch::Handler] = &[$crate::dispatch::$kind::<$name>];
        }
        #[cfg(feature = "pairs")]
        impl $crate::handlers::Variant<$name, 0> for wasmote_ir::shape::$shape {
            type Instr = $name;
        }
    )* };
}
pub(crate) use single;

/// An instruction that says how it is written, by the types that it is made of.
pub trait Encoded: Instr {
    /// Its classes and operands, those of the variant that it is.
    const FORMAT: Format;
}

/// The handlers of a shape's variants, given in any order by the variants' numbers, in the order of these. What does not fit does not compile: a
/// variant that is given twice or not at all, and an instruction that is not written as its variant is.
pub const fn in_order<const N: usize>(formats: &[Format], given: [(usize, Format, Handler); N]) -> [Handler; N] {
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
        $crate::handlers::variants!(@one $generics $row: $shape, $class $instr);
        $crate::handlers::variants!(@each $generics $row: $shape; $($rest)*);
    };
    (@each $generics:tt $row:ty: $shape:ty;) => {};
    (@one ($($generics:tt)*) $row:ty: $shape:ty, $class:ident $instr:ty) => {
        #[cfg(feature = "pairs")]
        impl<$($generics)*> $crate::handlers::Variant<$row, { <$shape>::$class as usize }> for $shape {
            type Instr = $instr;
        }
    };
    ($kind:ident ($($generics:tt)*) $row:ty: $shape:ty => { $($class:ident: $instr:ty,)* }) => {
        impl<$($generics)*> $crate::handlers::Handlers<$row> for $shape {
            const TABLE: &'static [$crate::dispatch::Handler] = &$crate::handlers::in_order(
                <$shape as wasmote_ir::shape::Shape>::FORMATS,
                [$((
                    <$shape>::$class as usize,
                    <$instr as $crate::handlers::Encoded>::FORMAT,
                    $crate::dispatch::$kind::<$instr>,
                )),*],
            );
            const NARROW: Option<bool> = $crate::handlers::all_same(&[$(<$instr as $crate::dispatch::Instr>::NARROW),*]);
        }
        $crate::handlers::variants!(@each ($($generics)*) $row: $shape; $($class $instr,)*);
    };
    ($generics:tt $row:ty: $($shape:ty),+ => $instructions:tt) => {
        $( $crate::handlers::variants!(hot $generics $row: $shape => $instructions); )+
    };
}
pub(crate) use variants;

#[cfg(test)]
mod tests {
    use super::numeric::Two;
    use super::*;
    use crate::dispatch::hot;
    use crate::operand::{R, S};
    use integer::rows::I32Sub;
    use wasmote_ir::shape::{Bin12, Shape};

    /// Each variant's own format, and some handler.
    fn proper() -> [(usize, Format, Handler); 12] {
        core::array::from_fn(|v| (v, Bin12::FORMATS[v], hot::<control::Leave> as Handler))
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
