//! Small tables for use at run time: the operands, sizes, suffixes and types of instructions. Equal entries are
//! stored once, so that the tables take few bytes.

use super::{ALL_OPCODES, Interned, Op, Opcode};
use crate::shape::Operand;
use crate::types::ValType;

/// For each opcode, the number of its list of operands.
static LIST: [u8; ALL_OPCODES] = NUMBERED.of;
/// The number of different lists of operands.
pub const OPERAND_LISTS: usize = NUMBERED.count;
/// Where each list begins in [`OPERANDS`]. At the end, where the last one ends.
static STARTS: [u16; OPERAND_LISTS + 1] = starts();
/// The lists, one after the other.
static OPERANDS: [Operand; starts()[OPERAND_LISTS] as usize] = operands();
/// For each list, the size of an instruction in units: the opcode and the operands.
static UNITS: [u8; OPERAND_LISTS] = units();

/// The numbers of the opcodes' lists of operands. It is not a constant, because the compiler would evaluate that
/// again for each generic function that names it.
pub(crate) static NUMBERED: Interned<ALL_OPCODES> = Interned::new(&{
    let mut keys = [0; ALL_OPCODES];
    let mut opcode = 0;
    while opcode < ALL_OPCODES {
        let (op, variant) = Opcode::description(opcode as u16);
        keys[opcode] = Op::ROWS[op as usize].formats[variant as usize].key();
        opcode += 1;
    }
    keys
});

/// Returns the operands of an opcode, from the large table.
const fn described(opcode: usize) -> &'static [Operand] {
    let (op, variant) = Opcode::description(opcode as u16);
    op.variants()[variant as usize].operands
}

/// Returns the list of operands with this number. For use at compile time.
pub const fn operand_list(number: usize) -> &'static [Operand] {
    described(NUMBERED.first[number] as usize)
}

const fn starts() -> [u16; OPERAND_LISTS + 1] {
    let mut starts = [0; OPERAND_LISTS + 1];
    let mut number = 0;
    while number < OPERAND_LISTS {
        starts[number + 1] = starts[number] + operand_list(number).len() as u16;
        number += 1;
    }
    starts
}

const fn operands<const N: usize>() -> [Operand; N] {
    let mut operands = [Operand::Padding; N];
    let (mut number, mut at) = (0, 0);
    while number < OPERAND_LISTS {
        let (list, mut i) = (operand_list(number), 0);
        while i < list.len() {
            operands[at] = list[i];
            (at, i) = (at + 1, i + 1);
        }
        number += 1;
    }
    operands
}

const fn units() -> [u8; OPERAND_LISTS] {
    let mut units = [1; OPERAND_LISTS];
    let mut number = 0;
    while number < OPERAND_LISTS {
        let first = NUMBERED.first[number];
        let (op, variant) = Opcode::description(first);
        units[number] += Op::ROWS[op as usize].formats[variant as usize].units() as u8;
        number += 1;
    }
    units
}

impl Opcode {
    /// Returns the number of its list of operands, below [`OPERAND_LISTS`]. Returns `None` if the number is no opcode.
    #[inline]
    pub fn list(self) -> Option<usize> {
        LIST.get(usize::from(self.0)).map(|&number| usize::from(number))
    }

    /// Returns the operands in the order of the encoding. Returns none if the number is no opcode.
    #[inline]
    pub fn operands(self) -> &'static [Operand] {
        let Some(number) = self.list() else { return &[] };
        &OPERANDS[usize::from(STARTS[number])..usize::from(STARTS[number + 1])]
    }

    /// Returns the size of an instruction with this opcode in units, without the targets of a `br_table`. Returns
    /// `None` if the number is no opcode.
    #[inline]
    pub fn units(self) -> Option<usize> {
        Some(usize::from(UNITS[self.list()?]))
    }

    /// Returns the classes as letters, as [`Variant::suffix`](crate::shape::Variant::suffix) explains them.
    #[inline(never)]
    pub fn suffix(self) -> &'static str {
        let Some((op, variant)) = self.family() else { return "" };
        let all = SUFFIXES.split(|&byte| byte == b'\n').nth(usize::from(SEQUENCES[op as usize])).unwrap_or(&[]);
        core::str::from_utf8(all).unwrap_or("").split(' ').nth(usize::from(variant)).unwrap_or("")
    }
}

/// For each family, the number of its list of variants.
static SEQUENCES: [u8; Op::ALL.len()] = SEQUENCED.of;
/// The suffixes of each list of variants, one list a line. Each suffix is followed by a space.
static SUFFIXES: [u8; suffix_bytes()] = suffixes();

/// The numbers of the families' lists of variants. Two families have the same number if they have the same variants.
pub(super) static SEQUENCED: Interned<{ Op::ALL.len() }> = {
    let mut keys = [0; Op::ALL.len()];
    let mut op = 0;
    while op < Op::ALL.len() {
        keys[op] = Op::ROWS[op].summary.hash ^ Op::ROWS[op].columns.only as u64;
        op += 1;
    }
    Interned::new(&keys)
};

/// Returns the number of a family's list of variants.
#[inline(always)]
pub(super) fn sequence_number(op: Op) -> usize {
    usize::from(SEQUENCES[op as usize])
}

/// Returns the suffixes of the list of variants with this number, from the large table.
const fn sequence(number: usize) -> &'static str {
    Op::ROWS[SEQUENCED.first[number] as usize].suffixes
}

const fn suffix_bytes() -> usize {
    let (mut number, mut bytes) = (0, 0);
    while number < SEQUENCED.count {
        bytes += sequence(number).len() + 1;
        number += 1;
    }
    bytes
}

const fn suffixes<const N: usize>() -> [u8; N] {
    let mut all = [b'\n'; N];
    let (mut number, mut at) = (0, 0);
    while number < SEQUENCED.count {
        let text = sequence(number).as_bytes();
        let mut i = 0;
        while i < text.len() {
            all[at + i] = text[i];
            i += 1;
        }
        at += text.len() + 1;
        number += 1;
    }
    all
}

/// For each family, the types of source and result as indices in [`TYPES`]: the source in the low four bits, the
/// result in the high four.
static SIGNATURES: [u8; Op::ALL.len()] = {
    let mut signatures = [0; Op::ALL.len()];
    let mut op = 0;
    while op < Op::ALL.len() {
        signatures[op] = number(Op::ROWS[op].source) | number(Op::ROWS[op].result) << 4;
        op += 1;
    }
    signatures
};

static TYPES: [Option<ValType>; 6] =
    [None, Some(ValType::I32), Some(ValType::I64), Some(ValType::F32), Some(ValType::F64), Some(ValType::V128)];

/// Returns the index of a type in [`TYPES`].
const fn number(ty: Option<ValType>) -> u8 {
    match ty {
        Some(ty) => ty.number() as u8 + 1,
        None => 0,
    }
}

impl Op {
    /// Returns the name of the family.
    #[inline(never)]
    pub fn name(self) -> &'static str {
        Self::NAMES.split(' ').nth(self as usize).unwrap_or("")
    }

    /// Returns the type of the sources, which determines their accumulator.
    pub fn source(self) -> Option<ValType> {
        TYPES[usize::from(SIGNATURES[self as usize] & 15)]
    }

    /// Returns the number of the type of the result, counted from 1. Returns 0 if there is no result.
    #[inline(always)]
    pub fn result_number(self) -> u8 {
        SIGNATURES[self as usize] >> 4
    }

    /// Returns the type of the result, which determines its accumulator.
    pub fn result(self) -> Option<ValType> {
        TYPES[usize::from(SIGNATURES[self as usize] >> 4)]
    }
}

#[cfg(test)]
mod tests {
    use super::{Op, SEQUENCED, sequence};

    #[test]
    fn families_of_one_number_have_the_same_variants() {
        for (op, row) in Op::ROWS.iter().enumerate() {
            let number = usize::from(SEQUENCED.of[op]);
            let first = &Op::ROWS[usize::from(SEQUENCED.first[number])];
            assert_eq!(row.suffixes, sequence(number), "{}", row.name);
            assert_eq!(
                (row.columns.only, row.summary.elides),
                (first.columns.only, first.summary.elides),
                "{}",
                row.name
            );
        }
    }
}
