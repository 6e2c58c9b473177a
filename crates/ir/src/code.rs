//! Compact code: instructions as 16-bit units, independent of their position. The translator writes it, images hold
//! it, and firmware executes it in place.
//!
//! An instruction is its opcode, followed by its operands. Each operand has 1, 2 or 4 units, the low ones first. A
//! target is the distance in units from the start of the instruction. Only `br_table` has a variable length: its
//! [`Operand::TargetCount`] says how many targets follow.

use crate::ops::{Op, Opcode};
use crate::shape::{Operand, Variant, units};

/// The maximum size of an instruction of fixed length, in units.
pub const MAX_UNITS: usize = 16;
/// The maximum size of a function's code, in units. Each takes at most 8 bytes once it is linked, so every distance
/// fits the 32-bit signed target of a jump.
pub const MAX_FUNCTION_UNITS: usize = 1 << 27;

/// An instruction in code.
#[derive(Clone, Copy)]
pub struct DecodedInstr<'a> {
    /// The opcode.
    pub opcode: Opcode,
    /// All units, including the opcode.
    pub units: &'a [u16],
}

/// Reads `size` units from `at` on, the low ones first.
// This crate is compiled for size, so the compiler would not inline it into loops over operands.
#[inline(always)]
pub fn read_units(units: &[u16], at: usize, size: usize) -> u64 {
    let mut value = 0;
    for i in (0..size).rev() {
        value = value << 16 | u64::from(units[at + i]);
    }
    value
}

/// Splits `value` into four units, the low ones first.
pub fn to_units(value: u64) -> [u16; 4] {
    [value as u16, (value >> 16) as u16, (value >> 32) as u16, (value >> 48) as u16]
}

impl<'a> DecodedInstr<'a> {
    /// Decodes the instruction at `at`. Returns `None` if the opcode is unknown or the instruction is incomplete.
    pub fn decode(code: &'a [u16], at: usize) -> Option<DecodedInstr<'a>> {
        let opcode = Opcode(*code.get(at)?);
        let mut len = opcode.units()?;
        if let Some(Operand::TargetCount) = opcode.operands().last() {
            let count = read_units(code.get(at..at + len)?, len - 2, 2) as usize;
            len += count.checked_mul(2)?;
        }
        let units = code.get(at..at.checked_add(len)?)?;
        Some(DecodedInstr { opcode, units })
    }

    /// Returns the family. This is a binary search.
    pub fn op(&self) -> Op {
        self.opcode.family().map_or(Op::Unreachable, |(op, _)| op)
    }

    /// Returns where the first operand of this kind begins, in units from the opcode.
    pub fn position(&self, kind: Operand) -> Option<usize> {
        let operands = self.opcode.operands();
        let number = operands.iter().position(|&operand_list| operand_list == kind)?;
        Some(1 + operands[..number].iter().map(|operand_list| operand_list.units()).sum::<usize>())
    }

    /// Returns the operands in order with their values, zero-extended. The targets of `br_table` come last.
    pub fn operands(&self) -> impl Iterator<Item = (Operand, u64)> + 'a {
        let units = self.units;
        let mut at = 1;
        let operand_list = self.opcode.operands().iter().copied();
        let fixed = self.opcode.units().unwrap_or(units.len());
        let more = (units.len() - fixed) / 2;
        operand_list.chain(core::iter::repeat_n(Operand::Target, more)).map(move |kind| {
            let value = read_units(units, at, kind.units());
            at += kind.units();
            (kind, value)
        })
    }
}

impl Variant {
    /// Returns the size of the operands in units.
    pub const fn units(&self) -> usize {
        units(self.operands)
    }
}

/// Returns the instructions of code with their offsets. Ends at the first unit that is no instruction.
pub fn instructions(code: &[u16]) -> impl Iterator<Item = (usize, DecodedInstr<'_>)> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let instr = DecodedInstr::decode(code, at)?;
        let here = at;
        at += instr.units.len();
        Some((here, instr))
    })
}
