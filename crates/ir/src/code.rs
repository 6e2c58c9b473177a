//! Instructions as 16-bit units: the compact, position-independent form that the translator writes, images
//! hold, and firmware runs where it lies.
//!
//! An instruction is its opcode followed by its operands, each of 1, 2 or 4 units, the lower ones first.
//! Targets are distances in units from the start of the instruction. `br_table` alone has a variable
//! length: its [`Operand::TargetCount`] says how many targets follow.

use crate::ops::{Op, Opcode};
use crate::shape::{Operand, Variant, units};

/// The most units of an instruction of fixed length: an opcode and its operands.
pub const MAX_UNITS: usize = 16;
/// The most units of a function's code. Linked they take at most 8 bytes each, so that any distance in it fits the signed 32 bits of a
/// jump.
pub const MAX_FUNCTION_UNITS: usize = 1 << 27;

/// One instruction, borrowed from code.
#[derive(Clone, Copy)]
pub struct Instr<'a> {
    /// The opcode.
    pub opcode: Opcode,
    /// All units, the opcode among them.
    pub units: &'a [u16],
}

/// Reads `size` units, lower ones first.
// Verification calls it for each operand, and this crate is compiled for size.
#[inline(always)]
pub fn read_units(units: &[u16], at: usize, size: usize) -> u64 {
    let mut value = 0;
    for i in (0..size).rev() {
        value = value << 16 | u64::from(units[at + i]);
    }
    value
}

/// Splits `value` into four units, lower ones first.
pub fn to_units(value: u64) -> [u16; 4] {
    [value as u16, (value >> 16) as u16, (value >> 32) as u16, (value >> 48) as u16]
}

impl<'a> Instr<'a> {
    /// Decodes the instruction at `at`; `None` if there is none, or not all of it.
    pub fn decode(code: &'a [u16], at: usize) -> Option<Instr<'a>> {
        let opcode = Opcode(*code.get(at)?);
        let mut len = opcode.units()?;
        if let Some(Operand::TargetCount) = opcode.operands().last() {
            let count = read_units(code.get(at..at + len)?, len - 2, 2) as usize;
            len += count.checked_mul(2)?;
        }
        let units = code.get(at..at.checked_add(len)?)?;
        Some(Instr { opcode, units })
    }

    /// The family, which is searched for.
    pub fn op(&self) -> Op {
        self.opcode.family().map_or(Op::Unreachable, |(op, _)| op)
    }

    /// Where the first operand of this kind begins, in units from the opcode.
    pub fn position(&self, kind: Operand) -> Option<usize> {
        let operands = self.opcode.operands();
        let number = operands.iter().position(|&listed| listed == kind)?;
        Some(1 + operands[..number].iter().map(|listed| listed.units()).sum::<usize>())
    }

    /// The operands in order with their values, zero-extended; the targets of `br_table` come last.
    pub fn operands(&self) -> impl Iterator<Item = (Operand, u64)> + 'a {
        let units = self.units;
        let mut at = 1;
        let listed = self.opcode.operands().iter().copied();
        let fixed = self.opcode.units().unwrap_or(units.len());
        let more = (units.len() - fixed) / 2;
        listed.chain(core::iter::repeat_n(Operand::Target, more)).map(move |kind| {
            let value = read_units(units, at, kind.units());
            at += kind.units();
            (kind, value)
        })
    }
}

impl Variant {
    /// Units of the operands listed.
    pub const fn units(&self) -> usize {
        units(self.operands)
    }
}

/// The instructions of a stretch of code with their offsets, up to the end or the first that is none.
pub fn instructions(code: &[u16]) -> impl Iterator<Item = (usize, Instr<'_>)> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let instr = Instr::decode(code, at)?;
        let here = at;
        at += instr.units.len();
        Some((here, instr))
    })
}
