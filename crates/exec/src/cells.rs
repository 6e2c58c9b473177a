//! Linked code: instructions as 8-byte cells, the first of each holding its handler's address, the operands
//! packed behind it four units a cell.
//!
//! The compact form of `wasmote_ir::code` is position independent; what changes here are targets (bytes instead
//! of units) and types (the engine's numbers instead of the module's). In front of a function's first
//! instruction lies one cell with its index and length, by which a trap finds out where it happened.

use crate::handlers::control;

/// One word of linked code.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Cell(pub(crate) u64);

/// Where a function's first instruction lies in what [`Linker::link`] makes.
pub const CODE_START: usize = 1;

/// The code of a function that has yet to be translated.
pub fn untranslated() -> *const Cell {
    control::cell(&control::TRANSLATE)
}

/// The code of a function of the host.
pub fn host() -> *const Cell {
    control::cell(&control::HOST)
}

/// Where a call into another instance returns to.
pub(crate) fn return_across() -> *const Cell {
    control::cell(&control::ACROSS)
}

/// Where a call from the host returns to.
pub(crate) fn leave_run() -> *const Cell {
    control::cell(&control::LEAVE)
}

#[cfg(feature = "alloc")]
pub use linker::Linker;

#[cfg(feature = "alloc")]
mod linker {
    use alloc::vec::Vec;

    use wasmote_ir::code::{Instr, instructions, to_units};
    use wasmote_ir::shape::Operand;

    use super::Cell;
    use crate::handlers::TABLE;
    use crate::operand::cell_bytes;

    /// Turns compact code into cells; keeps its buffers from one function to the next.
    #[derive(Default)]
    pub struct Linker {
        /// For each unit that begins an instruction, where its cell begins, in bytes.
        starts: Vec<u32>,
        /// The units of one instruction.
        units: Vec<u16>,
    }

    impl Linker {
        /// A linker.
        pub fn new() -> Linker {
            Linker::default()
        }

        /// Notes where each instruction goes; returns the length in bytes.
        fn place(&mut self, code: &[u16]) -> u32 {
            self.starts.clear();
            self.starts.resize(code.len() + 1, 0);
            let mut bytes = 0;
            for (at, instr) in instructions(code) {
                self.starts[at] = bytes;
                bytes += cell_bytes(instr.units.len() - 1) as u32;
            }
            bytes
        }

        /// Links the function with this index (imports are counted), replacing what `out` holds. Type `t` of the module
        /// has the number `type_ids[t]` in the engine. `code` is what the translator made, or verified.
        pub fn link(&mut self, func: u32, code: &[u16], type_ids: &[u32], out: &mut Vec<Cell>) {
            let bytes = self.place(code);
            out.clear();
            out.reserve(super::CODE_START + bytes as usize / 8);
            out.push(Cell(u64::from(func) | u64::from(bytes) << 32));
            for (at, instr) in instructions(code) {
                let handler = TABLE[usize::from(instr.units[0])];
                out.push(Cell(handler as usize as u64));
                self.operands(at, &instr, type_ids);
                for four in self.units.chunks(4) {
                    let mut word = [0; 8];
                    for (bytes, unit) in word.chunks_mut(2).zip(four) {
                        bytes.copy_from_slice(&unit.to_ne_bytes());
                    }
                    out.push(Cell(u64::from_ne_bytes(word)));
                }
            }
        }

        /// The units of the operands as they stand in cells.
        fn operands(&mut self, at: usize, instr: &Instr<'_>, type_ids: &[u32]) {
            self.units.clear();
            self.units.extend_from_slice(&instr.units[1..]);
            let mut unit = 0;
            for (kind, value) in instr.operands() {
                let linked = match kind {
                    Operand::Target => {
                        let target = at as i64 + i64::from(value as u32 as i32);
                        Some(i64::from(self.starts[target as usize]) - i64::from(self.starts[at]))
                    }
                    Operand::Type => Some(i64::from(type_ids[value as usize])),
                    _ => None,
                };
                if let Some(linked) = linked {
                    self.units[unit..unit + 2].copy_from_slice(&to_units(linked as u64)[..2]);
                }
                unit += kind.units();
            }
        }

        /// The offset in `code` of the instruction that contains this byte of its linked form.
        pub fn unit_at(&mut self, code: &[u16], byte: u32) -> u32 {
            self.place(code);
            instructions(code).map(|(at, _)| at).take_while(|&at| self.starts[at] <= byte).last().unwrap_or(0) as u32
        }
    }
}
