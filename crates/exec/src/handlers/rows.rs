//! All rows: the meanings under their names, and the table of handlers.

use wasmote_ir::ops::{CORE_OPCODES, OPCODES};
use wasmote_ir::{Op, Opcode};

use super::control::LeaveRun;
use super::handler_macros::Handlers;
use crate::dispatch::{Handler, cold, hot};
use crate::mode::Mode;

pub use super::branch::rows::*;
pub use super::bulk::rows::*;
pub use super::calls::rows::*;
pub use super::control::rows::*;
pub use super::float::rows::*;
pub use super::fused::rows::*;
pub use super::integer::rows::*;
pub use super::memory::rows::*;
pub use super::metered::rows::*;
pub use super::moves::rows::*;
pub use super::table_instructions::rows::*;

/// The number of opcodes with a handler in this table. It does not include the managed opcodes.
pub const LIMIT: usize = if cfg!(feature = "extended") { OPCODES } else { CORE_OPCODES };

/// The meaning and the shape of each row. Some rows are in no superinstruction.
#[cfg(feature = "superinstructions")]
#[allow(dead_code)]
pub mod row {
    macro_rules! name {
        ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => { $(
            pub type $name = (super::$name, wasmote_ir::shape::$shape);
        )* };
    }
    wasmote_ir::for_each_op!(name);
}

macro_rules! collect {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => {
        /// Returns the handler of each opcode in a mode, and behind them one that returns to the host.
        pub const fn table<M: Mode>() -> [Handler<M>; LIMIT + 1] {
            let mut table = [cold::<M, LeaveRun> as Handler<M>; LIMIT + 1];
            $( place(&mut table, Op::$name, of_row::<M, $name, wasmote_ir::shape::$shape>(Op::$name)); )*
            table
        }
    };
}
wasmote_ir::for_each_op!(collect);

/// Returns the handlers of a row.
const fn of_row<M: Mode, Meaning, Shape: Handlers<Meaning, M>>(op: Op) -> &'static [Handler<M>] {
    if let Some(narrow) = Shape::ZERO_EXTENDED {
        assert!(narrow == op.leaves_32_bits(), "types are those of the row");
    }
    if M::GUARDED && !Shape::GUARDED.is_empty() { Shape::GUARDED } else { Shape::TABLE }
}

const fn place<M: Mode>(table: &mut [Handler<M>; LIMIT + 1], op: Op, handlers: &[Handler<M>]) {
    assert!(handlers.len() == op.variants().len());
    // Images that need what this build lacks are refused. If an image lies about that, it traps here.
    let lacking = !cfg!(feature = "float") && op.computes_floats();
    let mut v = 0;
    while v < handlers.len() {
        if op.has(v) {
            let opcode = Opcode::new(op, v as u8).0 as usize;
            if opcode < LIMIT {
                table[opcode] = if lacking { hot::<M, Unreachable> } else { handlers[v] };
            }
        }
        v += 1;
    }
}
