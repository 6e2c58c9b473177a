//! What the encoder needs to know about the operands of each opcode, in a table that is made at compile time.

use wasmote_ir::Opcode;
use wasmote_ir::ops::{OPERAND_LISTS, operand_list};
use wasmote_ir::shape::Operand;

/// What is known about all instructions that share a list of operands.
#[derive(Clone, Copy)]
pub struct OperandInfo {
    /// The sizes of the first four operands in units, four bits each; 0 where there is no operand.
    pub units: u16,
    /// The number of operands.
    pub operands: u8,
    /// The slots that the instruction writes.
    pub writes: DestKind,
    /// Whether an operand holds a target or a type, which linking rewrites.
    pub is_relocated: bool,
}

/// The slots that an instruction writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum DestKind {
    /// None.
    Nothing,
    /// One, which the last operand names.
    Last,
    /// More than one, or one that is not named last.
    More,
}

static OPERAND_INFO: [OperandInfo; OPERAND_LISTS] = {
    let mut all =
        [OperandInfo { units: 0, operands: 0, writes: DestKind::Nothing, is_relocated: false }; OPERAND_LISTS];
    let mut list = 0;
    while list < OPERAND_LISTS {
        let (operands, known) = (operand_list(list), &mut all[list]);
        known.operands = operands.len() as u8;
        let mut i = 0;
        while i < operands.len() {
            if i < MAX_SHORT_OPERANDS {
                known.units |= (operands[i].units() as u16) << (4 * i);
            }
            match operands[i] {
                Operand::Dst if i + 1 == operands.len() && matches!(known.writes, DestKind::Nothing) => {
                    known.writes = DestKind::Last;
                }
                Operand::Dst | Operand::SrcDst | Operand::DstPair => known.writes = DestKind::More,
                Operand::Target | Operand::TargetCount | Operand::Type => known.is_relocated = true,
                _ => {}
            }
            i += 1;
        }
        list += 1;
    }
    all
};

/// The maximum number of operands of [`CodeWriter::emit_short`](crate::code_writer::CodeWriter::emit_short).
pub const MAX_SHORT_OPERANDS: usize = 4;

/// Returns what is known about the operands of this opcode.
#[inline(always)]
pub fn operand_info(opcode: Opcode) -> OperandInfo {
    OPERAND_INFO[opcode.list().unwrap_or(0)]
}
