//! The tables of handlers of linked code, and the one handler that only the linker adds.

use wasmote_ir::ops::{MANAGED_OPCODES, OPCODES};
use wasmote_ir::{Op, Opcode, TrapCode};

use super::control;
use super::handler_macros::Handlers;
use super::rows::{self, LIMIT, table};
use crate::dispatch::{Execute, cold};
use crate::linked::{Flow, Handler, Linked, Regs};

/// Stops at the head of a loop if the machine is interrupted. It takes one cell and has no operands.
pub struct Poll;

impl Poll {
    /// Returns [`Flow::Next`], or a trap if the machine is interrupted.
    ///
    /// # Safety
    /// The registers are those of a running function.
    #[inline(always)]
    pub unsafe fn check(r: &Regs) -> Flow {
        // SAFETY: the caller guarantees a running instance, whose machine is live.
        match unsafe { (*(*r.cx).machine).stack_limit.is_interrupted() } {
            true => Flow::Trap(TrapCode::Interrupt),
            false => Flow::Next,
        }
    }
}

impl Execute<Linked> for Poll {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a running instance. The linker put an instruction behind the cell.
        unsafe {
            let flow = Poll::check(r);
            if matches!(flow, Flow::Next) {
                r.advance(0);
            }
            flow
        }
    }
}

/// The handler of each opcode. Accesses of memory 0 need a guarded memory where the build has guarded memories.
pub static TABLE: [Handler; LIMIT + 1] = table();

/// The opcodes whose handlers in [`TABLE`] need a guarded memory 0, and the handlers for other memories.
pub static CHECKED: ([u16; CHECKED_OPCODES], [Handler; CHECKED_OPCODES]) = checked();

/// The handlers of the managed opcodes, in order.
pub static MANAGED: [Handler; MANAGED_OPCODES] = managed();

macro_rules! collect_checked {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => {
        const CHECKED_OPCODES: usize =
            0 $( + present::<rows::$name, wasmote_ir::shape::$shape>(Op::$name) )*;

        const fn checked() -> ([u16; CHECKED_OPCODES], [Handler; CHECKED_OPCODES]) {
            let mut table = ([0; CHECKED_OPCODES], [cold::<Linked, control::LeaveRun> as Handler; CHECKED_OPCODES]);
            let mut count = 0;
            $( count = place_checked::<rows::$name, wasmote_ir::shape::$shape>(&mut table, count, Op::$name); )*
            assert!(count == CHECKED_OPCODES);
            table
        }
    };
}
wasmote_ir::for_each_op!(collect_checked);

/// Returns how many handlers of a row need a guarded memory 0.
const fn present<Meaning, Shape: Handlers<Meaning, Linked>>(op: Op) -> usize {
    let (mut present, mut v) = (0, 0);
    while v < Shape::GUARDED.len() {
        present += op.has(v) as usize;
        v += 1;
    }
    present
}

/// Adds the handlers of a row that work without a guarded memory, if others of the row need one. Returns the new
/// number of entries.
const fn place_checked<Meaning, Shape: Handlers<Meaning, Linked>>(
    table: &mut ([u16; CHECKED_OPCODES], [Handler; CHECKED_OPCODES]),
    mut count: usize,
    op: Op,
) -> usize {
    let mut v = 0;
    while v < Shape::GUARDED.len() {
        if op.has(v) {
            table.0[count] = Opcode::new(op, v as u8).0;
            table.1[count] = Shape::TABLE[v];
            count += 1;
        }
        v += 1;
    }
    count
}

/// The rows of the managed opcodes.
mod managed_rows {
    pub use crate::handlers::atomics::rows::*;
    pub use crate::handlers::references::rows::*;
}

macro_rules! collect_managed {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => {
        const fn managed() -> [Handler; MANAGED_OPCODES] {
            let mut table = [cold::<Linked, control::LeaveRun> as Handler; MANAGED_OPCODES];
            $(
                let handlers = <wasmote_ir::shape::$shape as Handlers<managed_rows::$name, Linked>>::TABLE;
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
wasmote_ir::for_each_managed_op!(collect_managed);
