//! Early returns: where a value is only moved to where a return reads it, the move becomes the return of that value.
//! That saves the return, and the way to it.
//!
//! The move keeps its length, and what follows it stays, because jumps may lead there. A move and a return can't trap
//! and take no fuel.

use wasmote_ir::code::read_units;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::{Op, Opcode};

use crate::code_writer::{CodeWriter, fits_signed};
use crate::passes::{Pass, does};
use crate::threading::follow;

const COPY: Opcode = Opcode::only(Op::Copy);
const CONST_U32: Opcode = Opcode::only(Op::ConstU32);
const CONST_S32: Opcode = Opcode::only(Op::ConstS32);
/// Returns of an immediate, which are extended with their sign or with zeros.
const RETURN_S32: Opcode = Opcode::new(Op::ReturnInt, 1);
const RETURN_U32: Opcode = Opcode::only(Op::ReturnU32);
/// Returns of a slot.
const RETURN_INT: Opcode = Opcode::new(Op::ReturnInt, 0);
const RETURNS_OF_SLOTS: [Opcode; 3] = [RETURN_INT, Opcode::new(Op::ReturnF32, 0), Opcode::new(Op::ReturnF64, 0)];

/// The units of a copy, and of a return of a slot.
const COPY_UNITS: usize = 1 + Op::Copy.operand_units();
/// The units of a constant, and of a return of an immediate.
const CONST_UNITS: usize = 1 + Op::ConstU32.operand_units();

// A move and the return that replaces it are equally long.
const _: () = {
    assert!(1 + Op::ReturnInt.variants()[0].units() == COPY_UNITS);
    assert!(1 + Op::ReturnInt.variants()[1].units() == CONST_UNITS);
    assert!(1 + Op::ReturnU32.operand_units() == CONST_UNITS);
    assert!(1 + Op::ConstS32.operand_units() == CONST_UNITS);
};

impl CodeWriter {
    /// Notes the last instruction, if it moves a value to a slot. A jump or the end of a block follows.
    pub fn note_move(&mut self) {
        let Some(last) = self.last() else { return };
        if matches!(last.op, Op::Copy | Op::ConstU32 | Op::ConstS32)
            && self.jumps.moves.try_push(last.at as u32).is_err()
        {
            self.fail_soon();
        }
    }

    /// Makes each noted move a return, if it leads to a return of the slot that it writes. The code must be complete.
    pub fn return_early(&mut self) {
        if !does(Pass::EarlyReturns) {
            return;
        }
        for i in 0..self.jumps.moves.len() {
            let at = self.jumps.moves[i] as usize;
            if let Some((replacement, units)) = early_return(&self.units, at) {
                self.set_units(at, &replacement[..units]);
            }
        }
    }
}

/// Returns what replaces the move at `at`, and how many units that has.
fn early_return(units: &[u16], at: usize) -> Option<([u16; CONST_UNITS], usize)> {
    let opcode = Opcode(*units.get(at)?);
    let length = if opcode == COPY { COPY_UNITS } else { CONST_UNITS };
    let instr = units.get(at..at + length)?;
    // The destination is the last operand of a move.
    let moved_to = instr[length - 1];
    let to = follow(units, at + length, None);
    let &[returns, slot, header] = units.get(to..to + COPY_UNITS)? else { return None };
    if slot != moved_to || !RETURNS_OF_SLOTS.contains(&Opcode(returns)) {
        return None;
    }
    if opcode == COPY {
        return Some(([returns, instr[1], header, 0], length));
    }
    let immediate = if opcode == CONST_S32 || opcode == CONST_U32 && fits_signed(read_units(units, at + 1, 2)) {
        RETURN_S32
    } else if opcode == CONST_U32 {
        RETURN_U32
    } else {
        return None;
    };
    (Opcode(returns) == RETURN_INT).then_some(([immediate.0, instr[1], instr[2], header], length))
}
