//! From opcodes to operators, and from operators to rows.
//!
//! Operators are numbered by opcode. The numbers after each prefix follow those of the prefix before, so that tables by
//! number are short. One such table has the index of the row, or 0 where there is no operator.

use super::{Immediates, OPCODES, Operator, Row, Types};
use crate::ops::Interned;

/// The first bytes of opcodes that have a number after them.
pub const PREFIXES: [u8; 4] = [0xfb, 0xfc, 0xfd, 0xfe];

/// The number of opcodes without a prefix.
const BYTES: u16 = 0x100;

/// For each prefix, the number of its first operator. At the end, one above the highest number.
pub static FIRSTS: [u16; PREFIXES.len() + 1] = {
    let mut counts: [u16; PREFIXES.len()] = [0; PREFIXES.len()];
    let mut i = 0;
    while i < OPCODES.len() {
        if let (prefix, Some(number)) = OPCODES[i] {
            let count = &mut counts[(prefix - PREFIXES[0] as u16) as usize];
            if *count <= number {
                *count = number + 1;
            }
        }
        i += 1;
    }
    let mut firsts = [BYTES; PREFIXES.len() + 1];
    i = 0;
    while i < counts.len() {
        firsts[i + 1] = firsts[i] + counts[i];
        i += 1;
    }
    firsts
};

/// One above the highest number of an operator.
const NUMBERS: usize = FIRSTS[PREFIXES.len()] as usize;

const COUNT: usize = Operator::ALL.len();

static OPERAND_LISTS: Interned<COUNT> = {
    let (mut bits, mut i) = ([0; COUNT], 0);
    while i < COUNT {
        bits[i] = Operator::ROWS[i].immediate_bits();
        i += 1;
    }
    Interned::new(&bits)
};

static SIGNATURES: Interned<COUNT> = {
    let (mut bits, mut i) = ([0; COUNT], 0);
    while i < COUNT {
        bits[i] = Operator::ROWS[i].type_bits();
        i += 1;
    }
    Interned::new(&bits)
};

static DIFFERENT: Interned<COUNT> = {
    let (lists, signatures) = (&OPERAND_LISTS.of, &SIGNATURES.of);
    let (mut bits, mut i) = ([0; COUNT], 0);
    while i < COUNT {
        bits[i] = Operator::ROWS[i].row_bits(lists[i], signatures[i]);
        i += 1;
    }
    Interned::new(&bits)
};

/// Returns the size of a table for `count` entries: a power of two, so that an index can be masked and needs no bounds
/// check.
const fn room(count: usize) -> usize {
    count.next_power_of_two()
}

/// The different lists of immediates.
static IMMEDIATES: [Immediates; room(OPERAND_LISTS.count)] = {
    let firsts = &OPERAND_LISTS.first;
    let (mut all, mut i) = ([[None; super::IMMEDIATES]; room(OPERAND_LISTS.count)], 0);
    while i < OPERAND_LISTS.count {
        all[i] = Operator::ROWS[firsts[i] as usize].immediates;
        i += 1;
    }
    all
};

/// The different types.
static TYPES: [Types; room(SIGNATURES.count)] = {
    let firsts = &SIGNATURES.first;
    let (mut all, mut i) = ([Operator::ROWS[0].types; room(SIGNATURES.count)], 0);
    while i < SIGNATURES.count {
        all[i] = Operator::ROWS[firsts[i] as usize].types;
        i += 1;
    }
    all
};

/// The different rows. The first one is for opcodes of no operator.
static ROWS: [Row; room(DIFFERENT.count + 1)] = {
    let (firsts, lists, signatures) = (&DIFFERENT.first, &OPERAND_LISTS.of, &SIGNATURES.of);
    let (mut all, mut i) = ([Row::NONE; room(DIFFERENT.count + 1)], 0);
    while i < DIFFERENT.count {
        let first = firsts[i] as usize;
        all[i + 1] = Row { immediates: lists[first], types: signatures[first], ..Operator::ROWS[first].row };
        i += 1;
    }
    all
};

/// Returns the list of immediates with this number.
#[inline(always)]
pub fn immediates(number: u8) -> &'static Immediates {
    // The number comes from a row, so it is in range and the mask does not change it.
    &IMMEDIATES[usize::from(number) & (IMMEDIATES.len() - 1)]
}

/// Returns the types with this number.
#[inline(always)]
pub fn types(number: u8) -> &'static Types {
    &TYPES[usize::from(number) & (TYPES.len() - 1)]
}

/// For each operator's number, the index of its row in [`ROWS`].
static ROW_OF: [u8; NUMBERS] = {
    let of = &DIFFERENT.of;
    let mut all = [0; NUMBERS];
    let mut i = 0;
    while i < of.len() {
        let row = &mut all[Operator::ALL[i].0 as usize];
        assert!(*row == 0, "two operators have the same opcode");
        *row = of[i] + 1;
        i += 1;
    }
    all
};

/// Returns the row with this index.
#[inline(always)]
fn row(number: u8) -> &'static Row {
    &ROWS[usize::from(number) & (ROWS.len() - 1)]
}

impl Operator {
    /// The first bytes of opcodes that have a number after them.
    pub const PREFIXES: [u8; 4] = PREFIXES;

    /// Whether this byte is a prefix, so that a number after it determines the operator.
    #[inline(always)]
    pub fn is_prefix(byte: u8) -> bool {
        usize::from(byte.wrapping_sub(PREFIXES[0])) < PREFIXES.len()
    }

    /// One above the highest number of an operator.
    pub const NUMBERS: usize = NUMBERS;

    /// Returns the operator whose opcode is this byte.
    #[inline(always)]
    pub fn of_byte(byte: u8) -> Option<Operator> {
        (ROW_OF[usize::from(byte)] != 0).then_some(Operator(byte.into()))
    }

    /// Returns the operator with this prefix and this number after it.
    pub fn of_prefix(prefix: u8, number: u32) -> Option<Operator> {
        let &[first, end] = FIRSTS.get(usize::from(prefix.wrapping_sub(PREFIXES[0]))..)?.first_chunk()?;
        let count = u32::from(end - first);
        let at = usize::from(first) + number.min(count) as usize;
        (number < count && *ROW_OF.get(at)? != 0).then_some(Operator(at as u16))
    }

    /// Returns the prefix, if there is one, and the opcode or the number after the prefix.
    pub fn opcode(self) -> (Option<u8>, u32) {
        let behind = FIRSTS.iter().rposition(|&first| first <= self.0);
        match behind {
            Some(prefix) => (PREFIXES.get(prefix).copied(), u32::from(self.0 - FIRSTS[prefix])),
            None => (None, u32::from(self.0)),
        }
    }

    /// Returns the row of the operator whose opcode is this byte. If there is none, the row has the class
    /// [`Class::Other`](super::Class::Other).
    #[inline(always)]
    pub fn row_of_byte(byte: u8) -> &'static Row {
        row(ROW_OF[usize::from(byte)])
    }

    /// Returns its row.
    #[inline(always)]
    pub fn row(self) -> &'static Row {
        row(ROW_OF.get(usize::from(self.0)).copied().unwrap_or_default())
    }
}
