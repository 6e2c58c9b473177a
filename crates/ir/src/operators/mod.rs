//! The operators of WebAssembly: one table, and everything that is derived from it.
//!
//! 1. `table`: the rows.
//! 2. This file: operators, their immediates, their operands and results.
//! 3. `numbers`: small tables from opcodes to operators, and from operators to rows.
//! 4. `names`: from names in the text format to operators.

mod names;
mod numbers;
#[macro_use]
mod table;
#[cfg(test)]
mod tests;

use crate::proposal::Proposal;
use numbers::{FIRSTS, PREFIXES};

macro_rules! define_immediates {
    ($( $(#[$doc:meta])* $name:ident $(($field:ident: $ty:ty))?; )*) => {
        /// An immediate, which follows the opcode (spec: binary/instructions).
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Immediate {
            $( $(#[$doc])* $name $(($ty))?, )*
        }

        impl Immediate {
            /// Returns a number that is different for each immediate.
            const fn bits(self) -> u16 {
                enum Kind {
                    $( $name ),*
                }
                match self {
                    $( Immediate::$name $(($field))? => (Kind::$name as u16 + 1) << 5 $(| $field as u16)?, )*
                }
            }
        }
    };
}

define_immediates! {
    /// The type of a block.
    Block;
    /// The depth of a label.
    Label;
    /// The depths of a `br_table`: their number, the depths, and the default depth.
    Labels;
    /// The index of a function.
    Func;
    /// The index of a type.
    Type;
    /// The index of a table.
    Table;
    /// The index of a memory.
    Memory;
    /// The index of a memory. Without the proposal for multiple memories, a zero byte.
    MemoryOrZero;
    /// The index of a global.
    Global;
    /// The index of a local.
    Local;
    /// The index of a tag.
    Tag;
    /// The index of a data segment.
    Data;
    /// The index of an element segment.
    Elem;
    /// The index of a field in a structure.
    Field;
    /// A number of operands.
    Count;
    /// A heap type.
    Heap;
    /// The value types of a `select`: their number, then each.
    Types;
    /// The clauses of a `try_table`: their number, then each.
    Catches;
    /// The clauses of a `resume`: their number, then each.
    Handlers;
    /// The immediates of a `br_on_cast`: a byte of two flags, the depth of a label, and two heap types.
    Cast;
    /// A signed 32-bit integer.
    I32;
    /// A signed 64-bit integer.
    I64;
    /// The four bytes of a float.
    F32;
    /// The eight bytes of a float.
    F64;
    /// The sixteen bytes of a vector.
    V128;
    /// A memory argument: log2 of the alignment, which is at most `align`; possibly the index of a memory; an offset.
    MemArg(align: u8);
    /// A memory argument whose alignment must be `align`.
    Atomic(align: u8);
    /// A memory argument whose alignment must be `align`, and which may have a memory ordering.
    AtomicAccess(align: u8);
    /// The same for an operator that reads and writes: the ordering of the read is in the low four bits, that of the
    /// write in the high ones. Both must be the same.
    AtomicRmw(align: u8);
    /// The index of a lane, below `count`.
    Lane(count: u8);
    /// The indices of sixteen lanes, each below 32.
    Lanes;
    /// The memory ordering of a fence. Without the proposal for acquire-release atomics, a zero byte.
    OrderingOrZero;
    /// The memory ordering of an atomic operator.
    Ordering;
}

impl Immediate {
    /// Returns log2 of the alignment that the memory argument of an atomic operator must have.
    pub const fn atomic_align(self) -> Option<u8> {
        match self {
            Immediate::Atomic(align) | Immediate::AtomicAccess(align) | Immediate::AtomicRmw(align) => Some(align),
            _ => None,
        }
    }

    /// Returns the byte of the memory ordering `acqrel`, for an immediate that may have one. That of `seqcst` is zero
    /// in each.
    pub const fn acquire_release(self) -> Option<u8> {
        match self {
            Immediate::AtomicAccess(_) | Immediate::OrderingOrZero | Immediate::Ordering => Some(0x01),
            Immediate::AtomicRmw(_) => Some(0x11),
            _ => None,
        }
    }
}

/// The flag in a memory argument, beside log2 of the alignment, for a memory ordering. The ordering is a byte after the
/// index of the memory.
pub const HAS_ORDERING: u32 = 1 << 4;
/// The flag in a memory argument for the index of a memory.
pub const HAS_MEMORY: u32 = 1 << 6;

/// The type of an operand or a result of an operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Operand {
    /// `i32`.
    I32,
    /// `i64`.
    I64,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// `v128`.
    V128,
    /// An address in the memory that the operator names.
    Address,
    /// `eqref`.
    EqRef,
    /// `i31ref`.
    I31Ref,
    /// `arrayref`.
    ArrayRef,
    /// `(ref i31)`.
    RefI31,
    /// Fills a list that has fewer entries.
    None,
}

/// The maximum number of immediates.
pub const IMMEDIATES: usize = 3;
/// The maximum number of operands in a row.
pub const TAKES: usize = 4;
/// The maximum number of results in a row.
pub const LEAVES: usize = 2;

/// Classes of operators that are validated alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Class {
    /// An operator of the first version with one number, or two of the same type, as operands, and no immediates.
    Numeric,
    /// An operator of the first version with an address as operand and a [`Immediate::MemArg`].
    Load,
    /// An operator of the first version with an address and a number as operands and a [`Immediate::MemArg`].
    Store,
    /// Any other operator.
    Other,
}

/// The types of an operator's operands and results.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Types {
    /// The operands, as they lie on the stack: the last one is on top. Unused places come first.
    pub takes: [Operand; TAKES],
    /// The results in order. Unused places come last.
    pub leaves: [Operand; LEAVES],
}

/// The immediates of an operator in order. Unused places come last.
pub type Immediates = [Option<Immediate>; IMMEDIATES];

/// The row of an operator, or of several that have the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// The [`Class`], and flags.
    bits: u8,
    /// The proposal that it belongs to.
    pub proposal: Proposal,
    /// The number of its list of immediates. There are few different lists, so the table of rows is smaller without
    /// them.
    immediates: u8,
    /// The number of its types, likewise.
    types: u8,
}

impl Row {
    const CLASS: u8 = 0x03;
    const SPECIAL: u8 = 0x04;
    const NAN32: u8 = 0x08;
    const NAN64: u8 = 0x10;
    const CONSTANT: u8 = 0x20;
    const EXTENDED_CONSTANT: u8 = 0x40;

    /// The row for opcodes of no operator.
    const NONE: Row = Row { bits: Class::Other as u8, proposal: Proposal::Core, immediates: 0, types: 0 };

    /// Returns the class, so that the many operators of a class are recognized with one test.
    #[inline(always)]
    pub fn class(&self) -> Class {
        match self.bits & Row::CLASS {
            0 => Class::Numeric,
            1 => Class::Load,
            2 => Class::Store,
            _ => Class::Other,
        }
    }

    /// Whether its types depend on more than this row. Its operands and results in the row are then empty.
    #[inline]
    pub fn is_special(&self) -> bool {
        self.bits & Row::SPECIAL != 0
    }

    /// If the result, or a lane of it, may be a NaN whose bits the specification leaves open: `Some(true)` for a 64-bit
    /// float, `Some(false)` for a 32-bit one.
    #[inline]
    pub fn nan_is_wide(&self) -> Option<bool> {
        (self.bits & (Row::NAN32 | Row::NAN64) != 0).then_some(self.bits & Row::NAN64 != 0)
    }

    /// Returns the proposal that allows it in constant expressions. Returns `None` if nothing does. If its own proposal
    /// does, returns that.
    pub fn constant(&self) -> Option<Proposal> {
        match self.bits & (Row::CONSTANT | Row::EXTENDED_CONSTANT) {
            0 => None,
            Row::CONSTANT => Some(self.proposal),
            _ => Some(Proposal::ExtendedConst),
        }
    }

    /// Returns its immediates.
    #[inline(always)]
    pub fn immediates(&self) -> &'static Immediates {
        numbers::immediates(self.immediates)
    }

    /// Returns the types of its operands and results.
    #[inline(always)]
    pub fn types(&self) -> &'static Types {
        numbers::types(self.types)
    }
}

/// A row with its immediates and types, as the table gives it.
#[derive(Clone, Copy)]
struct RowSource {
    row: Row,
    immediates: Immediates,
    types: Types,
}

impl RowSource {
    const fn new(
        proposal: Proposal,
        immediates: &[Immediate],
        takes: &[Operand],
        leaves: &[Operand],
        marks: &[Mark],
    ) -> RowSource {
        let mut bits = 0;
        let mut list = [None; IMMEDIATES];
        let mut types = Types { takes: [Operand::None; TAKES], leaves: [Operand::None; LEAVES] };
        let mut i = 0;
        while i < immediates.len() {
            list[i] = Some(immediates[i]);
            i += 1;
        }
        i = 0;
        while i < takes.len() {
            types.takes[TAKES - takes.len() + i] = takes[i];
            i += 1;
        }
        i = 0;
        while i < leaves.len() {
            types.leaves[i] = leaves[i];
            i += 1;
        }
        i = 0;
        while i < marks.len() {
            match marks[i] {
                Mark::special => bits |= Row::SPECIAL,
                Mark::nan32 => bits |= Row::NAN32,
                Mark::nan64 => bits |= Row::NAN64,
                Mark::constant => bits |= Row::CONSTANT,
                Mark::extended_constant => bits |= Row::EXTENDED_CONSTANT,
            }
            i += 1;
        }
        bits |= match (proposal, takes, immediates) {
            (Proposal::Core, [], _) => Class::Other,
            (Proposal::Core, [Operand::Address], [Immediate::MemArg(_)]) => Class::Load,
            (Proposal::Core, [Operand::Address, number], [Immediate::MemArg(_)])
                if (*number as u8) < Operand::Address as u8 && leaves.is_empty() =>
            {
                Class::Store
            }
            (Proposal::Core, [one], []) if (*one as u8) < Operand::Address as u8 => Class::Numeric,
            (Proposal::Core, [one, other], [])
                if (*one as u8) < Operand::Address as u8 && *one as u8 == *other as u8 =>
            {
                Class::Numeric
            }
            _ => Class::Other,
        } as u8;
        let row = Row { bits, proposal, immediates: 0, types: 0 };
        RowSource { row, immediates: list, types }
    }

    /// Returns a number for the list of immediates. Different lists have different numbers.
    const fn immediate_bits(&self) -> u64 {
        let (mut bits, mut i) = (0, 0);
        while i < IMMEDIATES {
            let number = match self.immediates[i] {
                Some(immediate) => immediate.bits(),
                None => 0,
            };
            bits = bits << 16 | number as u64;
            i += 1;
        }
        bits
    }

    /// Returns a number for the types. Different types have different numbers.
    const fn type_bits(&self) -> u64 {
        let (mut bits, mut i) = (0, 0);
        while i < TAKES {
            bits = bits << 4 | self.types.takes[i] as u64;
            i += 1;
        }
        i = 0;
        while i < LEAVES {
            bits = bits << 4 | self.types.leaves[i] as u64;
            i += 1;
        }
        bits
    }

    /// Returns a number for the row, given the numbers of its immediates and types. Different rows have different
    /// numbers.
    const fn row_bits(&self, immediates: u8, types: u8) -> u64 {
        let bits = (self.row.proposal as u64) << 8 | self.row.bits as u64;
        bits << 16 | (immediates as u64) << 8 | types as u64
    }
}

/// The marks at the end of a row.
#[allow(non_camel_case_types, reason = "written so in the table")]
#[derive(Clone, Copy)]
enum Mark {
    special,
    nan32,
    nan64,
    constant,
    extended_constant,
}

/// Gives the number of the operator with this opcode. It is not a function, because the compiler evaluates these
/// slowly.
macro_rules! code {
    ($byte:literal) => {
        $byte
    };
    ($prefix:literal $number:literal) => {
        FIRSTS[$prefix - PREFIXES[0] as usize] + $number
    };
}

macro_rules! second {
    () => {
        None
    };
    ($number:literal) => {
        Some($number)
    };
}

macro_rules! define_operators {
    ($( $proposal:ident { $( $first:literal $($second:literal)? $name:ident $text:literal [$($immediate:expr),*] $( [$($take:ident)*] -> [$($leave:ident)*] )? $($mark:ident)*; )* } )*) => {
        #[allow(non_upper_case_globals, reason = "they are named as the variants of an enumeration, which they would be if numbers could be made into one in few bytes")]
        impl Operator {
            $( $( #[doc = concat!("`", $text, "`.")] pub const $name: Operator = Operator(code!($first $($second)?)); )* )*
        }

        /// The opcodes in the order of the table: the first byte and, if that is a prefix, the number after it.
        static OPCODES: &[(u16, Option<u16>)] = &[$( $( ($first, second!($($second)?)) ),* ),*];

        impl Operator {
            /// All operators, in the order of the table.
            pub const ALL: &'static [Operator] = &[$( $( Operator::$name ),* ),*];

            /// The names in the order of the table, each followed by a space.
            const NAMES: &'static str = concat!($( $( $text, " " ),* ),*);

            /// The names of the constants in the order of the table, each followed by a space.
            const IDENTIFIERS: &'static str = concat!($( $( stringify!($name), " " ),* ),*);

            const ROWS: &'static [RowSource] = &[$( $( {
                #[allow(unused_imports, reason = "not every row has any")]
                use Immediate::*;
                RowSource::new(
                    Proposal::$proposal,
                    &[$($immediate),*],
                    &[$( $(Operand::$take),* )?],
                    &[$( $(Operand::$leave),* )?],
                    &[$(Mark::$mark),*],
                )
            } ),* ),*];
        }
    };
}
for_each_operator!(define_operators);

/// An operator of WebAssembly. There is a constant for each, whose documentation is the name in the text format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operator(u16);

impl core::fmt::Debug for Operator {
    /// Writes the name of the constant.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.word(Operator::IDENTIFIERS))
    }
}

impl Operator {
    /// Returns its number, below [`Operator::NUMBERS`]. For operators without a prefix it is the opcode.
    #[inline(always)]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// Returns all operators with their names in the text format, in the order of the table.
    pub fn names() -> impl Iterator<Item = (Operator, &'static str)> {
        Operator::ALL.iter().copied().zip(Operator::NAMES.split(' '))
    }

    /// Returns its own word of a list in the order of the table.
    fn word(self, words: &'static str) -> &'static str {
        let at = Operator::ALL.iter().position(|&operator| operator == self);
        at.and_then(|at| words.split(' ').nth(at)).unwrap_or_default()
    }

    /// Returns the name in the text format. A few operators share one. This is a linear search.
    pub fn name(self) -> &'static str {
        self.word(Operator::NAMES)
    }
}
