//! Which variant of a family has sources of these classes, and which leaves its result in the accumulator only: looked up by the letters that variants
//! are named with, so that nobody else has to know how they are numbered.

use super::Op;
use super::columns::ALL;
use super::compact::{SEQUENCED, sequence_number};
use crate::shape::{Operand, Variant};

/// Where a source is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Class {
    /// In a slot, or slots: `s`.
    Slot = 1,
    /// In the instruction: `i`.
    Immediate = 2,
    /// In the accumulator of its type: `r`.
    Accumulator = 3,
}

/// The classes of up to three sources, in order. The address of a load or store, and the value that is stored, are sources.
///
/// They are the digits, 1 to 3, of a number to the base of 3: no two lists of classes are the same, and all are below [`LISTS`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sources(u8);

/// How many lists there are of up to three classes, with that of none.
const LISTS: usize = 1 + 3 + 9 + 27;

impl Sources {
    /// No source yet.
    pub const NONE: Sources = Sources(0);

    /// The first source.
    #[inline(always)]
    pub const fn of(class: Class) -> Sources {
        Sources(class as u8)
    }

    /// Three sources.
    #[inline(always)]
    pub const fn three([a, b, c]: [Class; 3]) -> Sources {
        Sources::of(a).and(b).and(c)
    }

    /// And another one.
    #[inline(always)]
    pub const fn and(self, class: Class) -> Sources {
        Sources(self.0.wrapping_mul(3).wrapping_add(class as u8))
    }

    /// The classes that a variant's name says, if its destination is not left out.
    const fn named(variant: &Variant, stores: bool) -> Option<Sources> {
        let letters = variant.suffix.as_bytes();
        let (mut sources, mut i) = (0_u8, 0);
        while i < letters.len() {
            let class = match letters[i] {
                b's' => Class::Slot,
                b'i' => Class::Immediate,
                b'r' => Class::Accumulator,
                // Behind it is the value that is stored, or the accumulator that is the only destination.
                b'_' if stores => {
                    i += 1;
                    continue;
                }
                _ => return None,
            };
            // At most three.
            assert!(sources <= 3 + 9);
            sources = sources * 3 + class as u8;
            i += 1;
        }
        Some(Sources(sources))
    }
}

/// No variant.
const NONE: u8 = u8::MAX;

/// For each list of variants, by their names, the number of the variant with these sources and a destination that is not left out.
static VARIANTS: [[u8; LISTS]; SEQUENCED.count] = {
    let mut all = [[NONE; LISTS]; SEQUENCED.count];
    let mut number = 0;
    while number < SEQUENCED.count {
        let op = Op::ALL[SEQUENCED.first[number] as usize];
        let variants = op.variants();
        let stores = is_store(variants);
        let mut v = 0;
        while v < variants.len() {
            if let Some(sources) = Sources::named(&variants[v], stores)
                && op.has(v)
            {
                let place = &mut all[number][sources.0 as usize];
                // No two are the same.
                assert!(*place == NONE);
                *place = v as u8;
            }
            v += 1;
        }
        number += 1;
    }
    all
};

/// Whether what stands behind `_` in these names is a value that is stored.
const fn is_store(variants: &[Variant]) -> bool {
    let mut v = 0;
    while v < variants.len() {
        if stores(&variants[v]) {
            return false;
        }
        v += 1;
    }
    // Those that only load a constant into the accumulator are of one variant.
    variants.len() > 1
}

/// Whether a destination comes last.
const fn stores(variant: &Variant) -> bool {
    matches!(variant.operands, [.., Operand::Dst | Operand::DstPair])
}

/// For each list of variants, a bit for each that has a destination last, which another leaves out.
static ELIDES: [u16; SEQUENCED.count] = {
    let mut all = [0; SEQUENCED.count];
    let mut number = 0;
    while number < SEQUENCED.count {
        let row = &Op::ROWS[SEQUENCED.first[number] as usize];
        // Both are there.
        all[number] = row.summary.elides & row.columns.only & row.columns.only >> (row.variants.len() / 2);
        number += 1;
    }
    all
};

/// For each list of variants half their number.
static HALVES: [u8; SEQUENCED.count] = {
    let mut all = [0; SEQUENCED.count];
    let mut number = 0;
    while number < SEQUENCED.count {
        all[number] = (Op::ALL[SEQUENCED.first[number] as usize].variants().len() / 2) as u8;
        number += 1;
    }
    all
};

/// Whether each branch that a result decides has a variant for the sources of each variant that gives the result.
pub const BRANCHES_FOR_ALL: bool = {
    let (mut all, mut op) = (true, 0);
    while op < Op::ALL.len() {
        if let Some(branch) = ALL[op].branch
            && let Some(not) = ALL[branch as usize].negate
        {
            let (own, taken, not) = (listed(op), listed(branch as usize), listed(not as usize));
            let mut sources = 0;
            while sources < LISTS {
                all &= own[sources] == NONE || taken[sources] != NONE && not[sources] != NONE;
                sources += 1;
            }
        }
        op += 1;
    }
    all
};

const fn listed(op: usize) -> &'static [u8; LISTS] {
    &VARIANTS[SEQUENCED.of[op] as usize]
}

impl Op {
    /// The variant with sources of these classes, if there is one, and a destination that is stored.
    #[inline]
    pub fn variant(self, sources: Sources) -> Option<u8> {
        let variant = *VARIANTS[sequence_number(self)].get(usize::from(sources.0))?;
        (variant != NONE).then_some(variant)
    }

    /// The variant that does the same, and leaves its result in the accumulator only.
    #[inline]
    pub fn elided(self, variant: u8) -> Option<u8> {
        let number = sequence_number(self);
        (ELIDES[number] >> (variant & 15) & 1 != 0).then(|| variant + HALVES[number])
    }
}
