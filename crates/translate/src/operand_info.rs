//! What the encoder needs to know about the operands of each opcode, in a table that is made at compile time.

use wasmote_ir::Opcode;
use wasmote_ir::ops::{OPERAND_LISTS, operand_list};
use wasmote_ir::shape::Operand;

/// What is known about all instructions that share a list of operands.
#[derive(Clone, Copy)]
pub struct OperandInfo {
    /// Where the second, the third and the fourth operand begin, in units from the opcode, and the length of the
    /// instruction; four bits each. Meaningless if there are more than [`MAX_SHORT_OPERANDS`] operands.
    places: u16,
    /// The number of operands.
    pub operands: u8,
    /// The slots that the instruction writes.
    pub writes: DestKind,
    /// Whether an operand holds a target or a type, which linking rewrites.
    pub is_relocated: bool,
}

impl OperandInfo {
    /// Returns where the operand with this number begins, in units from the opcode. Behind the last operand, this is
    /// the length of the instruction. Below 16.
    #[inline(always)]
    pub fn place(&self, operand: usize) -> usize {
        if operand == 0 { 1 } else { usize::from(self.places >> (4 * (operand - 1)) & 0xf) }
    }
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
        [OperandInfo { places: 0, operands: 0, writes: DestKind::Nothing, is_relocated: false }; OPERAND_LISTS];
    let mut list = 0;
    while list < OPERAND_LISTS {
        let (operands, known) = (operand_list(list), &mut all[list]);
        known.operands = operands.len() as u8;
        let (mut i, mut end) = (0, 1);
        while i < MAX_SHORT_OPERANDS && operands.len() <= MAX_SHORT_OPERANDS {
            if i < operands.len() {
                end += operands[i].units();
            }
            assert!(end < 16, "the instruction is too long");
            known.places |= (end as u16) << (4 * i);
            i += 1;
        }
        i = 0;
        while i < operands.len() {
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
