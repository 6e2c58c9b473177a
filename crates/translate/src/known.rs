//! What the encoder needs to know about the operands of each opcode, in a table that is made at compile time.

use wasmote_ir::Opcode;
use wasmote_ir::ops::{LISTS, listed};
use wasmote_ir::shape::Operand;

/// What is known about all instructions that share a list of operands.
#[derive(Clone, Copy)]
pub struct Known {
    /// The sizes of the first four operands in units, four bits each; 0 where there is no operand.
    pub units: u16,
    /// The number of operands.
    pub operands: u8,
    /// The slots that the instruction writes.
    pub writes: Writes,
    /// Whether an operand holds a target or a type, which linking rewrites.
    pub changes: bool,
}

/// The slots that an instruction writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// None.
    Nothing,
    /// One, which the last operand names.
    Last,
    /// More than one, or one that is not named last.
    More,
}

static KNOWN: [Known; LISTS] = {
    let mut all = [Known { units: 0, operands: 0, writes: Writes::Nothing, changes: false }; LISTS];
    let mut list = 0;
    while list < LISTS {
        let (operands, known) = (listed(list), &mut all[list]);
        known.operands = operands.len() as u8;
        let mut i = 0;
        while i < operands.len() {
            if i < FEW {
                known.units |= (operands[i].units() as u16) << (4 * i);
            }
            match operands[i] {
                Operand::Dst if i + 1 == operands.len() && matches!(known.writes, Writes::Nothing) => {
                    known.writes = Writes::Last;
                }
                Operand::Dst | Operand::SrcDst | Operand::DstPair => known.writes = Writes::More,
                Operand::Target | Operand::TargetCount | Operand::Type => known.changes = true,
                _ => {}
            }
            i += 1;
        }
        list += 1;
    }
    all
};

/// The maximum number of operands of [`Code::emit_few`](crate::code::Code::emit_few).
pub const FEW: usize = 4;

/// Returns what is known about the operands of this opcode.
#[inline(always)]
pub fn known(opcode: Opcode) -> Known {
    KNOWN[opcode.list().unwrap_or(0)]
}
