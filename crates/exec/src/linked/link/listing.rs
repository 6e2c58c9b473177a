//! Lists linked code: which handler each instruction has. The list is read back from the cells.

use wasmote_ir::Opcode;
use wasmote_ir::code::instructions;
use wasmote_ir::ops::ALL_OPCODES;

#[cfg(feature = "superinstructions")]
use super::polled_second;
use super::{CALL_DEFINED, CodeLinker, polled};
use crate::handlers::linked::CHECKED;
#[cfg(feature = "superinstructions")]
use crate::handlers::superinstructions;
use crate::linked::Cell;
use crate::linked::Handler;

/// An instruction in linked code.
#[derive(Clone, Copy, Debug)]
pub struct LinkedInstr {
    /// The start of the instruction in compact code, in units.
    pub unit: u32,
    /// The start of the instruction in linked code, in bytes from the first instruction on. The second half of a
    /// superinstruction counts as beginning where its handler would be.
    pub byte: u32,
    /// The handler in its cell.
    pub runs: InstrHandler,
    /// Whether its handler leaves the bounds check to inaccessible pages.
    pub guarded: bool,
}

/// The handler of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InstrHandler {
    /// Its own handler.
    Own,
    /// The handler of a superinstruction of this instruction and the next.
    Both,
    /// No handler. The superinstruction before does its work.
    Second,
    /// The handler of direct calls that look up their function by its number each time.
    ByNumber,
    /// The handler of another instruction. That would be a fault of the linker. It names the instruction if it is
    /// known.
    Another(Option<Opcode>),
}

impl CodeLinker {
    /// Lists what [`CodeLinker::link`] made last. `code` is what was linked, and `cells` begins with its first
    /// instruction.
    pub fn linked<'a>(&'a self, code: &'a [u16], cells: &'a [Cell]) -> impl Iterator<Item = LinkedInstr> + 'a {
        let mut before = InstrHandler::Own;
        instructions(code).map(move |(at, instr)| {
            let byte = self.instr_start(at);
            let opcode = instr.opcode.0;
            let next = code.get(at + instr.units.len()).copied();
            let mut guarded = !self.checks && CHECKED.0.contains(&opcode);
            let runs = match (before, cells.get(byte as usize / size_of::<Cell>())) {
                (InstrHandler::Both, _) => InstrHandler::Second,
                (_, Some(cell)) => self.runs(*cell, opcode, next),
                (_, None) => InstrHandler::Another(None),
            };
            if let (InstrHandler::Both, Some(second)) = (runs, next) {
                guarded |= CHECKED.0.contains(&second);
            }
            guarded &= !matches!(runs, InstrHandler::Second);
            before = runs;
            LinkedInstr { unit: at as u32, byte, runs, guarded }
        })
    }

    /// Returns what the first cell of an instruction says. The compiler may merge equal handlers, so the expected
    /// ones are compared first.
    #[cold]
    fn runs(&self, cell: Cell, opcode: u16, next: Option<u16>) -> InstrHandler {
        #[cfg(feature = "superinstructions")]
        if let Some(next) = next
            && let Some(number) = superinstructions::find(opcode, next)
            && (is(cell, superinstructions::handler(number, |number| self.handler(number)))
                || polled_second(opcode, next).is_some_and(|handler| is(cell, handler)))
        {
            return InstrHandler::Both;
        }
        let _ = next;
        let own = [Some(self.handler(usize::from(opcode))), polled(opcode)];
        if own.into_iter().flatten().any(|handler| is(cell, handler)) {
            return InstrHandler::Own;
        }
        if opcode == CALL_DEFINED {
            return InstrHandler::ByNumber;
        }
        let other = (0..ALL_OPCODES).find(|&other| is(cell, self.handler(other)));
        InstrHandler::Another(other.map(|other| Opcode(other as u16)))
    }
}

/// Returns whether the cell has this handler.
fn is(cell: Cell, handler: Handler) -> bool {
    let word = cell.word();
    #[cfg(feature = "count")]
    let word = crate::count::untagged(word);
    word == Cell::of_address(handler as *const ()).word()
}
