//! What is to be known of instructions to write them, in tables made at compile time.

use wasmote_ir::Opcode;
use wasmote_ir::ops::{LISTS, listed};
use wasmote_ir::shape::Operand;

/// What is known of instructions with a list of operands.
#[derive(Clone, Copy)]
pub struct Known {
    /// Units of the first four operands, four bits each; 0 where there is none.
    pub units: u16,
    /// How many operands there are.
    pub operands: u8,
    /// What they write, as far as it matters here.
    pub writes: Writes,
    /// Whether they change when they are linked.
    pub changes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// No slot.
    Nothing,
    /// One slot, named last.
    Last,
    /// More, or another.
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

/// The most operands of [`Code::emit_few`](crate::code::Code::emit_few).
pub const FEW: usize = 4;

/// What is known of the operands of this opcode.
#[inline(always)]
pub fn known(opcode: Opcode) -> Known {
    KNOWN[opcode.list().unwrap_or(0)]
}
