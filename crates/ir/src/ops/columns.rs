//! The columns of a row, which follow its types. They say how families relate:
//!
//! - `commutes`: the result is the same if the sources are swapped.
//! - `mirror`: the family that does the same with its sources swapped.
//! - `negate`: the family that gives 0 exactly if this one does not, or jumps exactly if this one does not.
//! - `branch`: the family that jumps exactly if the result of this one is not 0.
//! - `short_offset`: the family that does the same with a 16-bit offset or constant.
//! - `constant`: the family that does the same with a 64-bit constant.
//! - `any`: the load or store that does the same for any memory.
//! - `step`: for a branch, the family that first adds a constant to the first source.
//! - `wrapped`: the family whose result is the lower half of this one's, if the operands are the same. It reads only the
//!   lower halves of the sources.
//! - `traps`: the operation is arithmetic that may trap.
//! - `fuses a then b`, `fuses a into b`: the row is `a` and `b` fused. The result of `a` is the first source of `b`
//!   with `then`, and the second with `into`.
//! - `only`: the variants that the row has, if not all of its shape. It leaves out variants that no program runs.
//!
//! `mirror` and `negate` are given by one of the two families and hold for both. The compiler checks all columns when
//! it compiles this crate.

use super::{Op, Row};
use crate::types::ValType;

/// The columns of a row.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub related: Related,
    /// A bit for each variant of the shape that the row has.
    pub only: u16,
    pub traps: bool,
    pub fuses: Option<Fused>,
}

/// The families that are related to one.
#[derive(Clone, Copy)]
pub(super) struct Related {
    pub mirror: Option<Op>,
    pub negate: Option<Op>,
    pub branch: Option<Op>,
    pub short_offset: Option<Op>,
    pub any: Option<Op>,
    pub constant: Option<Op>,
    pub step: Option<Op>,
    pub wrapped: Option<Op>,
}

/// The two operations that a fused one consists of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fused {
    /// The first operation, on the first two sources.
    pub first: Op,
    /// The second operation, on the result of the first and the third source.
    pub second: Op,
    /// Whether the result of the first operation is the second source of the second one. Otherwise it is the first.
    pub feeds_second: bool,
}

impl Columns {
    pub(super) const NONE: Columns = Columns {
        related: Related {
            mirror: None,
            negate: None,
            branch: None,
            short_offset: None,
            any: None,
            constant: None,
            step: None,
            wrapped: None,
        },
        only: u16::MAX,
        traps: false,
        fuses: None,
    };
}

/// Notes one column of a row. A family that commutes mirrors itself.
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
        $columns.fuses = Some(Fused { first: Op::$first, second: Op::$second, feeds_second: false })
    };
    ($columns:ident $shape:ident $op:ident fuses $first:ident into $second:ident) => {
        $columns.fuses = Some(Fused { first: Op::$first, second: Op::$second, feeds_second: true })
    };
    ($columns:ident $shape:ident $op:ident $related:ident $other:ident) => {
        $columns.related.$related = Some(Op::$other)
    };
}

/// The related families of each family. `mirror` and `negate` are noted for both sides.
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
        if let Some(short_offset) = said.short_offset {
            // The results may differ in type, because short forms load a float as its bits.
            assert!(same(row.source, Op::ROWS[short_offset as usize].source));
            all[op].short_offset = Some(short_offset);
        }
        if let Some(any) = said.any {
            // The address may have 64 bits.
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
        if let Some(wrapped) = said.wrapped {
            let other = &Op::ROWS[wrapped as usize];
            assert!(same(row.result, Some(ValType::I64)) && same(other.result, Some(ValType::I32)));
            assert!(same(other.source, Some(ValType::I32)));
            all[op].wrapped = Some(wrapped);
        }
        op += 1;
    }
    op = 0;
    while op < Op::ALL.len() {
        if let Some(branch) = all[op].branch {
            // A branch that jumps if the result is 0 is needed as well.
            assert!(all[branch as usize].negate.is_some());
        }
        op += 1;
    }
    all
};

/// Whether another family has the same types of source and result.
const fn same_types(row: &Row, other: Op) -> bool {
    same(row.source, Op::ROWS[other as usize].source) && same(row.result, Op::ROWS[other as usize].result)
}

/// Whether two types are the same.
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
    ShortOffset,
    Any,
    Constant,
    Step,
    Wrapped,
}

/// All relations, ordered by family.
struct Relations<const COUNT: usize> {
    /// For each family, the index of its first relation. To fit a byte, it is 256 less from the family `high` on.
    firsts: [u8; Op::ALL.len() + 1],
    high: usize,
    /// The kind of each relation.
    relations: [Relation; COUNT],
    /// The other family of each relation.
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
            relate!(Mirror mirror Negate negate Branch branch ShortOffset short_offset Any any Constant constant Step step Wrapped wrapped);
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
        let Related { mirror, negate, branch, short_offset, any, constant, step, wrapped } = &ALL[op];
        count += mirror.is_some() as usize + negate.is_some() as usize + branch.is_some() as usize;
        count += short_offset.is_some() as usize
            + any.is_some() as usize
            + constant.is_some() as usize
            + step.is_some() as usize
            + wrapped.is_some() as usize;
        op += 1;
    }
    count
};

impl Op {
    /// Returns the family that is related to this one in this way.
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

    /// Returns the family that does the same with its sources swapped. A family that commutes returns itself.
    #[inline(always)]
    pub fn mirror(self) -> Option<Op> {
        self.related(Relation::Mirror)
    }

    /// Returns the family that gives 0 exactly if this one does not, or jumps exactly if this one does not.
    #[inline(always)]
    pub fn negate(self) -> Option<Op> {
        self.related(Relation::Negate)
    }

    /// Returns the branches that jump if the result of this family is not zero, and if it is.
    pub fn branches(self) -> Option<(Op, Op)> {
        let taken = self.related(Relation::Branch)?;
        Some((taken, taken.negate()?))
    }

    /// Returns the family that does the same for any memory and with 64-bit addresses. This family is a load or store
    /// for memory 0.
    #[inline(always)]
    pub fn any_memory(self) -> Option<Op> {
        self.related(Relation::Any)
    }

    /// Returns the family that does the same with a 16-bit constant, or for a load or store with a 16-bit offset.
    #[inline(always)]
    pub fn short_offset(self) -> Option<Op> {
        self.related(Relation::ShortOffset)
    }

    /// Returns the family that does the same with a 64-bit constant.
    #[inline(always)]
    pub fn with_constant(self) -> Option<Op> {
        self.related(Relation::Constant)
    }

    /// For a branch, returns the family that first adds a constant to the first source.
    #[inline(always)]
    pub fn step(self) -> Option<Op> {
        self.related(Relation::Step)
    }

    /// Returns the family whose result is the lower half of this one's. Its operands are the same.
    #[inline(always)]
    pub fn wrapped(self) -> Option<Op> {
        self.related(Relation::Wrapped)
    }

    /// Whether it leaves only zero-extended 32-bit values in the accumulator. For use at compile time.
    pub const fn leaves_32_bits(self) -> bool {
        matches!(Self::ROWS[self as usize].result, Some(ValType::I32))
    }

    /// Whether it is arithmetic that may trap. For use at compile time.
    pub const fn traps(self) -> bool {
        Self::ROWS[self as usize].columns.traps
    }

    /// Returns the two operations that it consists of, if it is a fused operation. For use at compile time.
    pub const fn fuses(self) -> Option<Fused> {
        Self::ROWS[self as usize].columns.fuses
    }
}

/// The number of fused operations.
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
    const NONE: Fused = Fused { first: Op::Goto, second: Op::Goto, feeds_second: false };
    let (mut all, mut count, mut op) = ([(NONE, Op::Goto); FUSED_COUNT], 0, 0);
    while op < Op::ALL.len() {
        if let Some(fused) = Op::ALL[op].fuses() {
            let row = &Op::ROWS[op];
            let (first, second) = (&Op::ROWS[fused.first as usize], &Op::ROWS[fused.second as usize]);
            // A fused operation must not trap: a handler of two operations could not tell where the trap is.
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

/// A hash table with the indices of fused operations. Each is at its place or at the next free one.
static FUSED_PLACES: [u8; 1 << FUSED_LOG2] = {
    let (mut places, mut i) = ([u8::MAX; 1 << FUSED_LOG2], 0);
    while i < FUSED_COUNT {
        let mut at = FUSED[i].0.place();
        while places[at] != u8::MAX {
            let there = &FUSED[places[at] as usize].0;
            // No two rows fuse the same two operations.
            assert!(!there.is(&FUSED[i].0));
            at = (at + 1) % places.len();
        }
        places[at] = i as u8;
        i += 1;
    }
    places
};

/// Log2 of the size of [`FUSED_PLACES`]. At most half of the table is used.
const FUSED_LOG2: u32 = (2 * FUSED_COUNT).next_power_of_two().trailing_zeros();
const _: () = assert!(FUSED_COUNT < u8::MAX as usize);

impl Fused {
    /// Returns the place in [`FUSED_PLACES`] where a search begins.
    const fn place(&self) -> usize {
        let key = (self.first as u32) << 16 | (self.second as u32) << 1 | self.feeds_second as u32;
        // Multiplication by the golden ratio spreads close keys.
        (key.wrapping_mul(0x9e37_79b9) >> (32 - FUSED_LOG2)) as usize
    }

    const fn is(&self, other: &Fused) -> bool {
        self.first as u16 == other.first as u16
            && self.second as u16 == other.second as u16
            && self.feeds_second == other.feeds_second
    }
}

/// Returns the fused operation that consists of these two, if there is one.
#[inline]
pub fn fused(two: Fused) -> Option<Op> {
    let mut at = two.place();
    loop {
        // An empty place holds an index that is out of range, so the search ends there.
        let &(there, op) = FUSED.get(usize::from(FUSED_PLACES[at]))?;
        if there.is(&two) {
            return Some(op);
        }
        at = (at + 1) % FUSED_PLACES.len();
    }
}
