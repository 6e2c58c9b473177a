//! Lookups of variants: by the classes of the sources, and for a result that stays in the accumulator. The tables are
//! made from the suffixes of variants, so that no other code needs to know how variants are numbered.

use super::Op;
use super::columns::ALL;
use super::compact::{SEQUENCED, sequence_number};
use crate::shape::{Operand, Variant};

/// The class of a source: where it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Class {
    /// In one or two slots. The letter is `s`.
    Slot = 1,
    /// In the instruction. The letter is `i`.
    Immediate = 2,
    /// In the accumulator of its type. The letter is `r`.
    Accumulator = 3,
}

/// The classes of up to three sources, in order. The address of a load or store, and the value that is stored, are
/// sources.
///
/// The classes are digits from 1 to 3 of a number in base 3. So each list of classes has its own number, below
/// `OPERAND_LISTS`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sources(u8);

/// The number of lists of up to three classes.
const OPERAND_LISTS: usize = 1 + 3 + 9 + 27;

impl Sources {
    /// No sources.
    pub const NONE: Sources = Sources(0);

    /// Returns the list of one source.
    #[inline(always)]
    pub const fn of(class: Class) -> Sources {
        Sources(class as u8)
    }

    /// Returns the list of three sources.
    #[inline(always)]
    pub const fn three([a, b, c]: [Class; 3]) -> Sources {
        Sources::of(a).and(b).and(c)
    }

    /// Returns this list with one more source.
    #[inline(always)]
    pub const fn and(self, class: Class) -> Sources {
        Sources(self.0.wrapping_mul(3).wrapping_add(class as u8))
    }

    /// Returns the classes in a variant's suffix. Returns `None` if the variant leaves out its destination. `stores`
    /// says whether the family is a store.
    const fn named(variant: &Variant, stores: bool) -> Option<Sources> {
        let letters = variant.suffix.as_bytes();
        let (mut sources, mut i) = (0_u8, 0);
        while i < letters.len() {
            let class = match letters[i] {
                b's' => Class::Slot,
                b'i' => Class::Immediate,
                b'r' => Class::Accumulator,
                // For a store, the letter after `_` is the value. Otherwise the destination is left out.
                b'_' if stores => {
                    i += 1;
                    continue;
                }
                _ => return None,
            };
            // There are at most three sources.
            assert!(sources <= 3 + 9);
            sources = sources * 3 + class as u8;
            i += 1;
        }
        Some(Sources(sources))
    }
}

/// Stands in [`VARIANTS`] for no variant.
const NONE: u8 = u8::MAX;

/// For each list of sources, the number of the variant that stores its result.
type Row = [u8; OPERAND_LISTS];

/// For each list of variants, its row.
const ROWS: [Row; SEQUENCED.count] = {
    let mut all = [[NONE; OPERAND_LISTS]; SEQUENCED.count];
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
                // No two variants have the same sources.
                assert!(*place == NONE);
                *place = v as u8;
            }
            v += 1;
        }
        number += 1;
    }
    all
};

/// For each list of variants, the number of its row in [`VARIANTS`], and the number of rows there. Most lists have the
/// row of another list.
const SHARED: ([u8; SEQUENCED.count], usize) = {
    let mut of = [0; SEQUENCED.count];
    let (mut rows, mut number) = (0, 0);
    while number < SEQUENCED.count {
        let mut other = 0;
        while other < number && !are_equal(&ROWS[other], &ROWS[number]) {
            other += 1;
        }
        if other < number {
            of[number] = of[other];
        } else {
            of[number] = rows as u8;
            rows += 1;
        }
        number += 1;
    }
    assert!(rows <= 1 << u8::BITS);
    (of, rows)
};

const fn are_equal(a: &Row, b: &Row) -> bool {
    let mut i = 0;
    while i < a.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len()
}

static ROW_OF: [u8; SEQUENCED.count] = SHARED.0;

/// The rows, each once.
static VARIANTS: [Row; SHARED.1] = {
    let mut all = [[NONE; OPERAND_LISTS]; SHARED.1];
    let mut number = 0;
    while number < SEQUENCED.count {
        all[SHARED.0[number] as usize] = ROWS[number];
        number += 1;
    }
    all
};

/// Whether these are the variants of a store, so that the letter after `_` is the value.
const fn is_store(variants: &[Variant]) -> bool {
    let mut v = 0;
    while v < variants.len() {
        if stores(&variants[v]) {
            return false;
        }
        v += 1;
    }
    // A family with a single variant is no store: it loads a constant to the accumulator.
    variants.len() > 1
}

/// Whether the last operand is a destination.
const fn stores(variant: &Variant) -> bool {
    matches!(variant.operands, [.., Operand::Dst | Operand::DstPair])
}

/// For each list of variants, a bit for each variant that has a counterpart without the destination.
static ELIDES: [u16; SEQUENCED.count] = {
    let mut all = [0; SEQUENCED.count];
    let mut number = 0;
    while number < SEQUENCED.count {
        let row = &Op::ROWS[SEQUENCED.first[number] as usize];
        // The row must have both the variant and its counterpart.
        all[number] = row.summary.elides & row.columns.only & row.columns.only >> (row.variants.len() / 2);
        number += 1;
    }
    all
};

/// For each list of variants, half the number of its shape's variants.
static HALVES: [u8; SEQUENCED.count] = {
    let mut all = [0; SEQUENCED.count];
    let mut number = 0;
    while number < SEQUENCED.count {
        all[number] = (Op::ALL[SEQUENCED.first[number] as usize].variants().len() / 2) as u8;
        number += 1;
    }
    all
};

/// Whether every family with a `branch` column has, for each of its variants, branches with the same classes of
/// sources.
pub const BRANCHES_FOR_ALL: bool = {
    let (mut all, mut op) = (true, 0);
    while op < Op::ALL.len() {
        if let Some(branch) = ALL[op].branch
            && let Some(not) = ALL[branch as usize].negate
        {
            let (own, taken, not) = (operand_list(op), operand_list(branch as usize), operand_list(not as usize));
            let mut sources = 0;
            while sources < OPERAND_LISTS {
                all &= own[sources] == NONE || taken[sources] != NONE && not[sources] != NONE;
                sources += 1;
            }
        }
        op += 1;
    }
    all
};

/// Returns the variants of a family for each list of sources.
const fn operand_list(op: usize) -> &'static Row {
    &VARIANTS[SHARED.0[SEQUENCED.of[op] as usize] as usize]
}

impl Op {
    /// Returns the variant with sources of these classes that stores its result, if there is one.
    #[inline]
    pub fn variant(self, sources: Sources) -> Option<u8> {
        let row = VARIANTS.get(usize::from(ROW_OF[sequence_number(self)]))?;
        let variant = *row.get(usize::from(sources.0))?;
        (variant != NONE).then_some(variant)
    }

    /// Returns the variant of `other` with sources of the same classes as this variant of this family. Both store their
    /// results.
    pub fn same_sources(self, variant: u8, other: Op) -> Option<u8> {
        let row = VARIANTS.get(usize::from(ROW_OF[sequence_number(self)]))?;
        let sources = row.iter().position(|&with| with == variant)?;
        other.variant(Sources(sources as u8))
    }

    /// Returns the variant that does the same but leaves its result in the accumulator only, if there is one.
    #[inline]
    pub fn elided(self, variant: u8) -> Option<u8> {
        let number = sequence_number(self);
        (ELIDES[number] >> (variant & 15) & 1 != 0).then(|| variant + HALVES[number])
    }
}
