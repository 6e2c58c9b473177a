//! Opcodes to operators, and operators to rows. Operators are numbered without gaps between prefixes, so that tables of them are short.

use super::{OPCODES, Operator, Row};

const PREFIXES: [u8; 4] = [0xfb, 0xfc, 0xfd, 0xfe];

/// How many opcodes there are without a prefix.
const BYTES: usize = 0x100;

/// The first number of the operators behind each prefix; last, how many numbers there are.
const FIRSTS: [usize; PREFIXES.len() + 1] = {
    let mut counts = [0; PREFIXES.len()];
    let mut i = 0;
    while i < OPCODES.len() {
        if let [prefix, number] = *OPCODES[i] {
            let count = &mut counts[(prefix - PREFIXES[0] as u16) as usize];
            if *count <= number as usize {
                *count = number as usize + 1;
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
pub const NUMBERS: usize = FIRSTS[PREFIXES.len()];

/// The number of the operator with this opcode, which has the prefix in front.
pub const fn code(opcode: &[u16]) -> u16 {
    match *opcode {
        [byte] => byte,
        [prefix, number] => FIRSTS[(prefix - PREFIXES[0] as u16) as usize] as u16 + number,
        _ => panic!("an opcode is one byte, or a prefix and a number"),
    }
}

/// The operators by their numbers.
static OPERATORS: [Option<Operator>; NUMBERS] = {
    let mut operators = [None; NUMBERS];
    let mut i = 0;
    while i < Operator::ALL.len() {
        let at = Operator::ALL[i] as usize;
        assert!(operators[at].is_none(), "two operators have the same opcode");
        operators[at] = Some(Operator::ALL[i]);
        i += 1;
    }
    operators
};

/// As many different rows as there may be: their numbers are bytes.
const MOST: usize = 0x100;

/// The rows that differ, how many these are, and for each operator in the order of the table which is its.
const DIFFERENT: ([usize; MOST], usize, [u8; Operator::ALL.len()]) = {
    let (mut rows, mut count, mut of) = ([0; MOST], 0, [0; Operator::ALL.len()]);
    let mut known = [0; MOST];
    let mut i = 0;
    while i < of.len() {
        let bits = Operator::ROWS[i].bits();
        let mut row = 0;
        while row < count && known[row] != bits {
            row += 1;
        }
        if row == count {
            (rows[row], known[row]) = (i, bits);
            count += 1;
        }
        of[i] = row as u8;
        i += 1;
    }
    (rows, count, of)
};

/// The rows that differ, with room for any byte: so that looking one up needs no check.
static ROWS: [Row; MOST] = {
    let rows = &DIFFERENT.0;
    let mut all = [Operator::ROWS[0]; MOST];
    let mut i = 0;
    while i < DIFFERENT.1 {
        all[i] = Operator::ROWS[rows[i]];
        i += 1;
    }
    all
};

/// For each number the row among [`ROWS`].
static ROW_OF: [u8; NUMBERS] = {
    let of = &DIFFERENT.2;
    let mut all = [0; NUMBERS];
    let mut i = 0;
    while i < of.len() {
        all[Operator::ALL[i] as usize] = of[i];
        i += 1;
    }
    all
};

impl Operator {
    /// What stands in front of the numbers of operators that are not among those of one byte.
    pub const PREFIXES: [u8; 4] = PREFIXES;

    /// The operator whose opcode is this byte.
    #[inline(always)]
    pub fn of_byte(byte: u8) -> Option<Operator> {
        OPERATORS[usize::from(byte)]
    }

    /// The operator with this number behind this prefix.
    pub fn of_prefix(prefix: u8, number: u32) -> Option<Operator> {
        let prefix = usize::from(prefix.checked_sub(PREFIXES[0])?);
        let (first, end) = (*FIRSTS.get(prefix)?, *FIRSTS.get(prefix + 1)?);
        let at = first.checked_add(number as usize)?;
        if at < end { *OPERATORS.get(at)? } else { None }
    }

    /// The prefix, if there is one, and the opcode or the number behind the prefix.
    pub fn opcode(self) -> (Option<u8>, u32) {
        let number = self as usize;
        let behind = FIRSTS.iter().rposition(|&first| first <= number);
        match behind {
            Some(prefix) => (PREFIXES.get(prefix).copied(), (number - FIRSTS[prefix]) as u32),
            None => (None, number as u32),
        }
    }

    /// The row of the operator whose opcode is this byte; a row that is not of a [class](super::Class) if there is none.
    #[inline(always)]
    pub fn row_of_byte(byte: u8) -> &'static Row {
        &ROWS[usize::from(ROW_OF[usize::from(byte)])]
    }

    /// What the table says of it.
    #[inline(always)]
    pub fn row(self) -> &'static Row {
        &ROWS[usize::from(ROW_OF[self as usize])]
    }
}

// What is no operator has the first row.
const _: () = assert!(matches!(Operator::ROWS[DIFFERENT.0[0]].class, super::Class::Other));
