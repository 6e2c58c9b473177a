//! How families relate, by the columns of their rows.
//!
//! A row says it behind its types: `commutes`; `mirror`, the family that does the same with its sources swapped; `negate`, which gives 0 where this
//! one does not, or jumps where it does not; `branch`, which jumps where this one's result is not 0; `near` and `constant`, which do the same
//! with an offset or constant of 16, and a constant of 64 bits; `any`, the load or store that does the same to any memory; `step`, which adds a constant first; `traps`, of arithmetic that may; and `fuses`,
//! of which two it is made: `a then b` where the first one's result is the first source of the second, `a into b` where it is the second source.
//! `only` lists the variants of its shape that there are, if not all: what no program runs need not be there.
//! Of two families that mirror or negate each other, one says so. All that is said is checked when this crate is compiled.

use super::{Op, Row};
use crate::types::ValType;

/// What the columns of a row say.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub related: Related,
    /// A bit for each variant of the shape that there is.
    pub only: u16,
    pub traps: bool,
    pub fuses: Option<Fused>,
}

/// The families that one has to do with.
#[derive(Clone, Copy)]
pub(super) struct Related {
    pub mirror: Option<Op>,
    pub negate: Option<Op>,
    pub branch: Option<Op>,
    pub near: Option<Op>,
    pub any: Option<Op>,
    pub constant: Option<Op>,
    pub step: Option<Op>,
}

/// Which two operations a fused one is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fused {
    /// What is done first, with the first two sources.
    pub first: Op,
    /// What is done with its result and the third source.
    pub second: Op,
    /// Whether the result is the second source, and the third source the first.
    pub into_second: bool,
}

impl Columns {
    pub(super) const NONE: Columns = Columns {
        related: Related {
            mirror: None,
            negate: None,
            branch: None,
            near: None,
            any: None,
            constant: None,
            step: None,
        },
        only: u16::MAX,
        traps: false,
        fuses: None,
    };
}

/// Notes what one column of a row says: who commutes mirrors itself.
macro_rules! column {
    ($columns:ident $shape:ident $op:ident only $($variant:ident)*) => {
        $columns.only = 0 $(| 1 << shape::$shape::$variant as u16)*
    };
    ($columns:ident $shape:ident $op:ident commutes) => {
        $columns.related.mirror = Some(Op::$op)
    };
    ($columns:ident $shape:ident $op:ident traps) => {
        $columns.traps = true
    };
    ($columns:ident $shape:ident $op:ident fuses $first:ident then $second:ident) => {
        $columns.fuses = Some(Fused { first: Op::$first, second: Op::$second, into_second: false })
    };
    ($columns:ident $shape:ident $op:ident fuses $first:ident into $second:ident) => {
        $columns.fuses = Some(Fused { first: Op::$first, second: Op::$second, into_second: true })
    };
    ($columns:ident $shape:ident $op:ident $related:ident $other:ident) => {
        $columns.related.$related = Some(Op::$other)
    };
}

/// What is said of each family, and what follows of others: to mirror and to negate goes both ways.
pub(super) static ALL: [Related; Op::ALL.len()] = {
    let mut all = [Columns::NONE.related; Op::ALL.len()];
    let mut op = 0;
    while op < Op::ALL.len() {
        let (row, said) = (&Op::ROWS[op], &Op::ROWS[op].columns.related);
        if let Some(other) = said.mirror {
            assert!(same_types(row, other) && all[op].mirror.is_none() && all[other as usize].mirror.is_none());
            all[op].mirror = Some(other);
            all[other as usize].mirror = Some(Op::ALL[op]);
        }
        if let Some(other) = said.negate {
            assert!(same_types(row, other) && all[op].negate.is_none() && all[other as usize].negate.is_none());
            all[op].negate = Some(other);
            all[other as usize].negate = Some(Op::ALL[op]);
        }
        if let Some(branch) = said.branch {
            assert!(same(row.source, Op::ROWS[branch as usize].source) && Op::ROWS[branch as usize].result.is_none());
            all[op].branch = Some(branch);
        }
        if let Some(near) = said.near {
            // Floats are loaded as their bits.
            assert!(same(row.source, Op::ROWS[near as usize].source));
            all[op].near = Some(near);
        }
        if let Some(any) = said.any {
            // Addresses may have 64 bits there.
            assert!(same(Op::ROWS[any as usize].source, Some(ValType::I64)));
            all[op].any = Some(any);
        }
        if let Some(constant) = said.constant {
            assert!(same_types(row, constant));
            all[op].constant = Some(constant);
        }
        if let Some(step) = said.step {
            assert!(same(row.source, Op::ROWS[step as usize].source));
            all[op].step = Some(step);
        }
        op += 1;
    }
    op = 0;
    while op < Op::ALL.len() {
        if let Some(branch) = all[op].branch {
            // What jumps where the result is 0.
            assert!(all[branch as usize].negate.is_some());
        }
        op += 1;
    }
    all
};

/// Whether another family has the same types.
const fn same_types(row: &Row, other: Op) -> bool {
    same(row.source, Op::ROWS[other as usize].source) && same(row.result, Op::ROWS[other as usize].result)
}

const fn same(a: Option<ValType>, b: Option<ValType>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.number() == b.number(),
        (None, None) => true,
        _ => false,
    }
}

/// How one family is related to another.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Relation {
    Mirror,
    Negate,
    Branch,
    Near,
    Any,
    Constant,
    Step,
}

/// Of all relations: for each family how many those have that stand in front of it; how each is, and to whom.
struct Relations<const COUNT: usize> {
    /// From the family `high` on, 256 less than there are: so that they are bytes.
    firsts: [u8; Op::ALL.len() + 1],
    high: usize,
    relations: [Relation; COUNT],
    others: [Op; COUNT],
}

impl<const COUNT: usize> Relations<COUNT> {
    const fn new() -> Relations<COUNT> {
        let mut all = Relations {
            firsts: [0; Op::ALL.len() + 1],
            high: usize::MAX,
            relations: [Relation::Mirror; COUNT],
            others: [Op::Goto; COUNT],
        };
        let (mut count, mut op) = (0, 0);
        while op < Op::ALL.len() {
            macro_rules! relate {
                ($($how:ident $column:ident)*) => { $(
                    if let Some(other) = ALL[op].$column {
                        (all.relations[count], all.others[count]) = (Relation::$how, other);
                        count += 1;
                    }
                )* };
            }
            relate!(Mirror mirror Negate negate Branch branch Near near Any any Constant constant Step step);
            op += 1;
            assert!(count < 512);
            all.firsts[op] = count as u8;
            if count >= 256 && all.high == usize::MAX {
                all.high = op;
            }
        }
        all
    }
}

static RELATIONS: Relations<RELATION_COUNT> = Relations::new();

const RELATION_COUNT: usize = {
    let (mut count, mut op) = (0, 0);
    while op < Op::ALL.len() {
        let Related { mirror, negate, branch, near, any, constant, step } = &ALL[op];
        count += mirror.is_some() as usize + negate.is_some() as usize + branch.is_some() as usize;
        count +=
            near.is_some() as usize + any.is_some() as usize + constant.is_some() as usize + step.is_some() as usize;
        op += 1;
    }
    count
};

impl Op {
    #[inline(never)]
    fn related(self, how: Relation) -> Option<Op> {
        let op = self as usize;
        let &[first, end] = RELATIONS.firsts.get(op..)?.first_chunk()?;
        let count = usize::from(end.wrapping_sub(first));
        let first = usize::from(first) + if op >= RELATIONS.high { 256 } else { 0 };
        for at in first..first + count {
            if *RELATIONS.relations.get(at)? == how {
                return RELATIONS.others.get(at).copied();
            }
        }
        None
    }

    /// The family that does the same with its sources swapped: itself, if it commutes.
    #[inline(always)]
    pub fn mirror(self) -> Option<Op> {
        self.related(Relation::Mirror)
    }

    /// The family that gives 0, or goes on, where this one does not.
    #[inline(always)]
    pub fn negate(self) -> Option<Op> {
        self.related(Relation::Negate)
    }

    /// The branches that a result of this family decides: when it is not zero, and when it is.
    pub fn branches(self) -> Option<(Op, Op)> {
        let taken = self.related(Relation::Branch)?;
        Some((taken, taken.negate()?))
    }

    /// The family that does the same as a load or store to memory 0, to any memory and with addresses of 64 bits.
    #[inline(always)]
    pub fn any_memory(self) -> Option<Op> {
        self.related(Relation::Any)
    }

    /// The family that does the same with a constant, or as a load or store an offset, of 16 bits.
    #[inline(always)]
    pub fn near(self) -> Option<Op> {
        self.related(Relation::Near)
    }

    /// The family that does the same with a constant of 64 bits.
    #[inline(always)]
    pub fn with_constant(self) -> Option<Op> {
        self.related(Relation::Constant)
    }

    /// Of a branch, the family that adds a constant to its first source before.
    #[inline(always)]
    pub fn step(self) -> Option<Op> {
        self.related(Relation::Step)
    }

    /// Whether all that it leaves in the accumulator has 32 bits, zero-extended; for constants.
    pub const fn leaves_32_bits(self) -> bool {
        matches!(Self::ROWS[self as usize].result, Some(ValType::I32))
    }

    /// Whether it may trap, of arithmetic; for constants.
    pub const fn traps(self) -> bool {
        Self::ROWS[self as usize].columns.traps
    }

    /// Which two operations it is made of, if it is a fused one; for constants.
    pub const fn fuses(self) -> Option<Fused> {
        Self::ROWS[self as usize].columns.fuses
    }
}

/// How many fused operations there are.
const FUSED_COUNT: usize = {
    let (mut count, mut op) = (0, 0);
    while op < Op::ALL.len() {
        count += Op::ALL[op].fuses().is_some() as usize;
        op += 1;
    }
    count
};

/// The fused operations.
static FUSED: [(Fused, Op); FUSED_COUNT] = {
    const NONE: Fused = Fused { first: Op::Goto, second: Op::Goto, into_second: false };
    let (mut all, mut count, mut op) = ([(NONE, Op::Goto); FUSED_COUNT], 0, 0);
    while op < Op::ALL.len() {
        if let Some(fused) = Op::ALL[op].fuses() {
            let row = &Op::ROWS[op];
            let (first, second) = (&Op::ROWS[fused.first as usize], &Op::ROWS[fused.second as usize]);
            // What is left for one is all that there was for two: no trap is noticed in between.
            assert!(!first.columns.traps && !second.columns.traps);
            assert!(
                same(row.source, first.source) && same(first.result, second.source) && same_types(second, Op::ALL[op])
            );
            all[count] = (fused, Op::ALL[op]);
            count += 1;
        }
        op += 1;
    }
    all
};

/// The numbers of fused operations, each at its place or the next free one.
static FUSED_PLACES: [u8; 1 << FUSED_LOG2] = {
    let (mut places, mut i) = ([u8::MAX; 1 << FUSED_LOG2], 0);
    while i < FUSED_COUNT {
        let mut at = FUSED[i].0.place();
        while places[at] != u8::MAX {
            let there = &FUSED[places[at] as usize].0;
            // None is there twice.
            assert!(!there.is(&FUSED[i].0));
            at = (at + 1) % places.len();
        }
        places[at] = i as u8;
        i += 1;
    }
    places
};

/// At most half of it is used.
const FUSED_LOG2: u32 = (2 * FUSED_COUNT).next_power_of_two().trailing_zeros();
const _: () = assert!(FUSED_COUNT < u8::MAX as usize);

impl Fused {
    /// Where it is looked for first.
    const fn place(&self) -> usize {
        let key = (self.first as u32) << 16 | (self.second as u32) << 1 | self.into_second as u32;
        // The golden ratio spreads what is close.
        (key.wrapping_mul(0x9e37_79b9) >> (32 - FUSED_LOG2)) as usize
    }

    const fn is(&self, other: &Fused) -> bool {
        self.first as u16 == other.first as u16
            && self.second as u16 == other.second as u16
            && self.into_second == other.into_second
    }
}

/// The fused operation that is made of these two, if there is one.
#[inline]
pub fn fused(two: Fused) -> Option<Op> {
    let mut at = two.place();
    loop {
        // There is none at the end of each run of numbers.
        let &(there, op) = FUSED.get(usize::from(FUSED_PLACES[at]))?;
        if there.is(&two) {
            return Some(op);
        }
        at = (at + 1) % FUSED_PLACES.len();
    }
}
