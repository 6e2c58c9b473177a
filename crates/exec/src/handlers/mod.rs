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
pub mod moves;
pub mod numeric;
pub mod table;
pub mod tiles;

use wasmote_ir::ops::{CORE_OPCODES, OPCODES};
use wasmote_ir::{Op, Opcode};

use crate::dispatch::Handler;

/// The handlers of a row, in the order of its shape's variants.
pub trait Handlers<Shape> {
    /// One for each variant.
    const TABLE: &'static [Handler];
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
    pub use super::moves::rows::*;
    pub use super::table::rows::*;
    pub use super::tiles::rows::*;
}

/// How many opcodes there are handlers for.
pub const LIMIT: usize = if cfg!(feature = "extended") { OPCODES } else { CORE_OPCODES };

/// The handler of each opcode, and behind them of [`LEAVE`](crate::cells::leave_run).
pub static TABLE: [Handler; LIMIT + 1] = build();

macro_rules! collect {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) ,)*) => {
        const fn build() -> [Handler; LIMIT + 1] {
            let mut table = [crate::dispatch::cold::<control::Leave> as Handler; LIMIT + 1];
            $( place(&mut table, Op::$name, <rows::$name as Handlers<wasmote_ir::shape::$shape>>::TABLE); )*
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

/// Makes [`Handlers`] of rows that are one [`crate::dispatch::Instr`] each.
macro_rules! single {
    ($kind:ident: $($name:ident: $shape:ident),* $(,)?) => { $(
        impl $crate::handlers::Handlers<wasmote_ir::shape::$shape> for $name {
            const TABLE: &'static [$crate::dispatch::Handler] = &[$crate::dispatch::$kind::<$name>];
        }
    )* };
}
pub(crate) use single;
