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
use wasmote_ir::{Op, Opcode};

use crate::dispatch::Handler;

/// The handlers of a row of this shape, in the order of the shape's variants. It is a trait of shapes, not of meanings: those are mostly
/// parameters, and the compiler would compare each implementation with each other, for seconds.
pub trait Handlers<Meaning> {
    /// One for each variant.
    const TABLE: &'static [Handler];
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
        ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) ,)*) => { $(
            pub type $name = (super::rows::$name, wasmote_ir::shape::$shape);
        )* };
    }
    wasmote_ir::for_each_op!(name);
}

macro_rules! collect {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) ,)*) => {
        const fn build() -> [Handler; LIMIT + 1] {
            let mut table = [crate::dispatch::cold::<control::Leave> as Handler; LIMIT + 1];
            $(
                let handlers = <wasmote_ir::shape::$shape as Handlers<rows::$name>>::TABLE;
                #[cfg(guarded)]
                let handlers = match <wasmote_ir::shape::$shape as Handlers<rows::$name>>::GUARDED {
                    [] => handlers,
                    guarded => guarded,
                };
                place(&mut table, Op::$name, handlers);
            )*
            table
        }

        #[cfg(guarded)]
        const CHECKED_OPCODES: usize = 0 $( + <wasmote_ir::shape::$shape as Handlers<rows::$name>>::GUARDED.len() )*;

        #[cfg(guarded)]
        const fn checked() -> ([u16; CHECKED_OPCODES], [Handler; CHECKED_OPCODES]) {
            let nothing = crate::dispatch::cold::<control::Leave> as Handler;
            let mut table = ([0; CHECKED_OPCODES], [nothing; CHECKED_OPCODES]);
            let mut count = 0;
            $(
                let handlers = <wasmote_ir::shape::$shape as Handlers<rows::$name>>::TABLE;
                let mut v = 0;
                while v < <wasmote_ir::shape::$shape as Handlers<rows::$name>>::GUARDED.len() {
                    table.0[count] = Opcode::new(Op::$name, v as u8).0;
                    table.1[count] = handlers[v];
                    (v, count) = (v + 1, count + 1);
                }
            )*
            assert!(count == CHECKED_OPCODES);
            table
        }
    };
}
wasmote_ir::for_each_op!(collect);

const fn place(table: &mut [Handler; LIMIT + 1], op: Op, handlers: &[Handler]) {
    assert!(handlers.len() == op.variants().len());
    let mut v = 0;
    while v < handlers.len() {
        let opcode = Opcode::new(op, v as u8).0 as usize;
        if opcode < LIMIT {
            table[opcode] = handlers[v];
        }
        v += 1;
    }
}

/// The handlers of the managed opcodes, in order.
#[cfg(feature = "alloc")]
pub static MANAGED: [Handler; MANAGED_OPCODES] = managed();

#[cfg(feature = "alloc")]
macro_rules! collect_managed {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) ,)*) => {
        const fn managed() -> [Handler; MANAGED_OPCODES] {
            let mut table = [crate::dispatch::cold::<control::Leave> as Handler; MANAGED_OPCODES];
            $(
                let handlers = <wasmote_ir::shape::$shape as Handlers<references::rows::$name>>::TABLE;
                let mut v = 0;
                while v < handlers.len() {
                    table[Opcode::new(Op::$name, v as u8).0 as usize - OPCODES] = handlers[v];
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

/// Makes [`Handlers`] of rows of these shapes out of the instructions that their variants are, listed with their numbers.
macro_rules! variants {
    (@each $generics:tt $row:ty: $shape:ty; $number:literal $instr:ty, $($rest:tt)*) => {
        $crate::handlers::variants!(@one $generics $row: $shape, $number $instr);
        $crate::handlers::variants!(@each $generics $row: $shape; $($rest)*);
    };
    (@each $generics:tt $row:ty: $shape:ty;) => {};
    (@one ($($generics:tt)*) $row:ty: $shape:ty, $number:literal $instr:ty) => {
        #[cfg(feature = "pairs")]
        impl<$($generics)*> $crate::handlers::Variant<$row, $number> for $shape {
            type Instr = $instr;
        }
    };
    ($generics:tt $row:ty: $shape:ty, $($more:ty),+ => $instructions:tt) => {
        $crate::handlers::variants!($generics $row: $shape => $instructions);
        $crate::handlers::variants!($generics $row: $($more),+ => $instructions);
    };
    (($($generics:tt)*) $row:ty: $shape:ty => { $($number:literal $instr:ty,)* }) => {
        impl<$($generics)*> $crate::handlers::Handlers<$row> for $shape {
            const TABLE: &'static [$crate::dispatch::Handler] = &[$($crate::dispatch::hot::<$instr>),*];
        }
        $crate::handlers::variants!(@each ($($generics)*) $row: $shape; $($number $instr,)*);
    };
}
pub(crate) use variants;
