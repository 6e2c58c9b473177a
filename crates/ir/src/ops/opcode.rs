//! Opcodes: from a family and a variant to a number, and back.
//!
//! Core variants have the lowest numbers. Then come extended, managed, object and vector variants. In each of these
//! groups, variants are in the order of the table. All variants of a family belong to one group, or the core ones
//! come first and the extended ones after them. So two numbers for each family determine its opcodes, if every row
//! has all variants of its shape. Otherwise a bit set of the variants that it has is needed as well.

use super::{ALL_OPCODES, CORE_OPCODES, FIRST_OBJECT, FIRST_VECTOR, OPCODES, Op};
use crate::shape::{Set, Summary};

/// The number of a variant of a family, which begins an instruction in code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Opcode(pub u16);

/// For each family, the opcode of its first core variant. At the end, the first opcode of no core variant.
static CORE: Firsts = firsts(true);
/// For each family, the opcode of its first variant that is not core. At the end, the first number that is no opcode. A
/// family without such variants has the number of the next family.
static OTHER: Firsts = firsts(false);

type Firsts = [u16; Op::ALL.len() + 1];

const fn firsts(core: bool) -> Firsts {
    let mut firsts = [0; Op::ALL.len() + 1];
    let mut next = if core { 0 } else { CORE_OPCODES as u16 };
    let mut op = 0;
    while op < Op::ALL.len() {
        firsts[op] = next;
        let row = &Op::ROWS[op];
        let count = row.there(core).count_ones() as u16;
        // The groups come in the table in the order of their opcodes.
        assert!(count == 0 || set(next) as u8 == if core { Set::Core } else { row.summary.set } as u8);
        next += count;
        op += 1;
    }
    firsts[op] = next;
    firsts
}

/// Returns the set of an opcode.
const fn set(opcode: u16) -> Set {
    match opcode as usize {
        n if n < CORE_OPCODES => Set::Core,
        n if n < OPCODES => Set::Extended,
        n if n < FIRST_OBJECT => Set::Managed,
        #[cfg(feature = "simd")]
        n if n >= FIRST_VECTOR => Set::Vector,
        _ => Set::Object,
    }
}

/// For each opcode, its family and variant. Only for use at compile time, because it is large.
static FAMILIES: [(Op, u8); ALL_OPCODES] = {
    let mut families = [(Op::Unreachable, 0); ALL_OPCODES];
    let mut op = 0;
    while op < Op::ALL.len() {
        let (family, row) = (Op::ALL[op], &Op::ROWS[op]);
        let (mut next, mut left) = (CORE[op] as usize, row.there(true));
        while left != 0 {
            families[next] = (family, left.trailing_zeros() as u8);
            (next, left) = (next + 1, left & (left - 1));
        }
        (next, left) = (OTHER[op] as usize, row.there(false));
        while left != 0 {
            families[next] = (family, left.trailing_zeros() as u8);
            (next, left) = (next + 1, left & (left - 1));
        }
        op += 1;
    }
    families
};

/// Whether every row has all variants of its shape, so that a variant's number is its rank.
const COMPLETE: bool = {
    let (mut complete, mut op) = (true, 0);
    while op < Op::ALL.len() {
        let Summary { core, others, .. } = Op::ROWS[op].summary;
        complete &= present(op) == core | others;
        op += 1;
    }
    complete
};

/// For each family, a bit for each variant that it has. Empty if [`COMPLETE`].
static PRESENT: [u16; if COMPLETE { 0 } else { Op::ALL.len() }] = {
    let mut all = [0; if COMPLETE { 0 } else { Op::ALL.len() }];
    let mut op = 0;
    while op < all.len() {
        all[op] = present(op);
        op += 1;
    }
    all
};

/// Returns a bit for each variant that a family has.
const fn present(op: usize) -> u16 {
    let row = &Op::ROWS[op];
    row.there(true) | row.there(false)
}

/// Returns how many of the present variants come before this one.
const fn rank(present: u16, variant: u8) -> u16 {
    (present as u32 & ((1 << variant) - 1)).count_ones() as u16
}

/// Returns the variant before which `rank` present variants come.
const fn ranked(present: u16, rank: u16) -> u8 {
    let mut left = present;
    let mut i = 0;
    while i < rank {
        left &= left.wrapping_sub(1);
        i += 1;
    }
    left.trailing_zeros() as u8
}

impl Opcode {
    /// Returns the opcode of a variant. For use at compile time.
    ///
    /// # Panics
    /// If the family has no such variant.
    pub const fn new(op: Op, variant: u8) -> Opcode {
        assert!((variant as usize) < op.variants().len() && op.has(variant as usize));
        let op = op as usize;
        let variant = if COMPLETE { variant as u16 } else { rank(present(op), variant) };
        let cores = CORE[op + 1] - CORE[op];
        Opcode(if variant < cores { CORE[op] + variant } else { OTHER[op] + variant - cores })
    }

    /// Returns the opcode of a family with a single variant. For use at compile time.
    ///
    /// # Panics
    /// If the family has several variants.
    pub const fn only(op: Op) -> Opcode {
        assert!(op.variants().len() == 1);
        Opcode::new(op, 0)
    }

    /// Returns the family and the number of the variant. For use at compile time.
    ///
    /// # Panics
    /// If the number is no opcode.
    pub const fn description(opcode: u16) -> (Op, u8) {
        FAMILIES[opcode as usize]
    }

    /// Returns the family and the number of the variant, unless the number is no opcode. This is a binary search.
    pub fn family(self) -> Option<(Op, u8)> {
        let core = usize::from(self.0) < CORE_OPCODES;
        let firsts = if core { &CORE } else { &OTHER };
        // Of the families with the same first opcode, only the last one has variants.
        let op = *Op::ALL.get(firsts.partition_point(|&first| first <= self.0).checked_sub(1)?)?;
        let cores = if core { 0 } else { cores(op as usize) };
        let rank = self.0 - firsts[op as usize] + cores;
        Some((op, if COMPLETE { rank as u8 } else { ranked(PRESENT[op as usize], rank) }))
    }

    /// Whether it is a core variant that computes with floats.
    pub const fn computes_floats(self) -> bool {
        let opcode = self.0 as usize;
        opcode < CORE_OPCODES && COMPUTES_FLOATS[opcode / 32] >> (opcode % 32) & 1 != 0
    }

    /// Returns the set that it belongs to.
    pub fn set(self) -> Set {
        set(self.0)
    }
}

/// A bit for each core opcode that says whether it computes with floats.
static COMPUTES_FLOATS: [u32; CORE_OPCODES.div_ceil(32)] = {
    let mut bits = [0; CORE_OPCODES.div_ceil(32)];
    let mut opcode = 0;
    while opcode < CORE_OPCODES {
        bits[opcode / 32] |= (FAMILIES[opcode].0.computes_floats() as u32) << (opcode % 32);
        opcode += 1;
    }
    bits
};

/// Returns how many core variants a family has.
fn cores(op: usize) -> u16 {
    CORE[op + 1] - CORE[op]
}

/// Returns the opcode of a variant, at run time. For a variant that the family does not have, the result is
/// meaningless.
#[inline]
pub fn opcode(op: Op, variant: u8) -> Opcode {
    let op = op as usize;
    let variant = if COMPLETE { u16::from(variant) } else { rank(PRESENT[op], variant) };
    let cores = cores(op);
    Opcode(if variant < cores { CORE[op] + variant } else { OTHER[op] + variant - cores })
}

impl Op {
    /// Returns how many variants the family has.
    pub fn variant_count(self) -> usize {
        let op = self as usize;
        usize::from(cores(op) + OTHER[op + 1] - OTHER[op])
    }
}

// Without vectors, `FIRST_VECTOR` is one above all opcodes.
const _: () = assert!(FIRST_VECTOR <= ALL_OPCODES);

#[cfg(test)]
mod tests {
    use super::{rank, ranked};

    #[test]
    fn variants_that_are_left_out_are_not_counted() {
        let present = 0b1000_0000_1010_0110;
        let there = [1, 2, 5, 7, 15];
        for (number, variant) in there.into_iter().enumerate() {
            assert_eq!(rank(present, variant), number as u16);
            assert_eq!(ranked(present, number as u16), variant);
        }
    }
}
