//! The language's operators: one table, and what follows from it.
//!
//! 1. `table`: the rows;
//! 2. this file: operators, what stands behind their opcodes, and what they take and leave;
//! 3. `numbers`: opcodes to operators, and operators to rows, in few bytes;
//! 4. `names`: names in the text format to operators.

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
        /// One thing that stands behind an opcode (spec: binary/instructions).
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Immediate {
            $( $(#[$doc])* $name $(($ty))?, )*
        }

        impl Immediate {
            /// A number that is different for each.
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
    /// The depths of a `br_table`: how many there are, and one more, the default.
    Labels;
    /// The index of a function.
    Func;
    /// The index of a type.
    Type;
    /// The index of a table.
    Table;
    /// The index of a memory.
    Memory;
    /// The index of a memory; without the proposal for several, a byte that is zero.
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
    /// The value types of a `select`: how many there are, then each.
    Types;
    /// The clauses of a `try_table`: how many there are, then each.
    Catches;
    /// The clauses of a `resume`: how many there are, then each.
    Handlers;
    /// What a `br_on_cast` has: two flags, the depth of a label, and two heap types.
    Cast;
    /// A signed integer of 32 bits.
    I32;
    /// A signed integer of 64 bits.
    I64;
    /// The four bytes of a float.
    F32;
    /// The eight bytes of a float.
    F64;
    /// The sixteen bytes of a vector.
    V128;
    /// An alignment, as a power of two that is at most this one; perhaps the index of a memory; and an offset.
    MemArg(align: u8);
    /// The same, where the alignment must be this one.
    Atomic(align: u8);
    /// The number of a lane, of which there are so many.
    Lane(count: u8);
    /// The numbers of sixteen lanes, of which there are 32.
    Lanes;
    /// A byte that is zero.
    Zero;
    /// The order of an atomic operator.
    Ordering;
}

/// The type of something that an operator takes or leaves.
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
    /// An address of the memory that the operator names.
    Address,
    /// `eqref`.
    EqRef,
    /// `i31ref`.
    I31Ref,
    /// `arrayref`.
    ArrayRef,
    /// `(ref i31)`.
    RefI31,
    /// Nothing, where a list has ended.
    None,
}

/// The most that stands behind an opcode.
pub const IMMEDIATES: usize = 3;
/// The most that an operator takes whose types are in its row.
pub const TAKES: usize = 4;
/// The most that it leaves.
pub const LEAVES: usize = 2;

/// Operators that are checked alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Class {
    /// Of the first version; takes one number or two of the same type, leaves one, and has nothing behind its opcode.
    Numeric,
    /// Of the first version; takes an address, leaves a number, and has a [`Immediate::MemArg`] behind its opcode.
    Load,
    /// All others.
    Other,
}

/// What an operator takes and leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Types {
    /// What it takes, as it lies on the stack: the last is on top. Where it takes less, what is not there comes first.
    pub takes: [Operand; TAKES],
    /// What it leaves, first things first.
    pub leaves: [Operand; LEAVES],
}

/// What stands behind an opcode, in order; what is not there comes last.
pub type Immediates = [Option<Immediate>; IMMEDIATES];

/// What the table says of an operator, or of several.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// The [`Class`], and flags.
    bits: u8,
    /// The proposal that it belongs to.
    pub proposal: Proposal,
    /// Which of all lists of immediates it has, and which of all types: few lists are different, and tables of rows are short without them.
    immediates: u8,
    types: u8,
}

impl Row {
    const CLASS: u8 = 0x03;
    const SPECIAL: u8 = 0x04;
    const NAN32: u8 = 0x08;
    const NAN64: u8 = 0x10;
    const CONSTANT: u8 = 0x20;
    const EXTENDED_CONSTANT: u8 = 0x40;

    /// The row of what is no operator.
    const NONE: Row = Row { bits: Class::Other as u8, proposal: Proposal::Core, immediates: 0, types: 0 };

    /// Whether it is one of the many that are checked alike, so that it takes one look to see that.
    #[inline(always)]
    pub fn class(&self) -> Class {
        match self.bits & Row::CLASS {
            0 => Class::Numeric,
            1 => Class::Load,
            _ => Class::Other,
        }
    }

    /// Whether its types depend on more than what is said here: then it takes and leaves nothing, as far as this row says.
    #[inline]
    pub fn is_special(&self) -> bool {
        self.bits & Row::SPECIAL != 0
    }

    /// If the result, or a lane of it, may be a NaN of which the specification does not say what bits it has: whether these are 64, or 32.
    #[inline]
    pub fn nan_is_wide(&self) -> Option<bool> {
        (self.bits & (Row::NAN32 | Row::NAN64) != 0).then_some(self.bits & Row::NAN64 != 0)
    }

    /// The proposal with which it may stand in a constant expression, if there is one; its own if it always may.
    pub fn constant(&self) -> Option<Proposal> {
        match self.bits & (Row::CONSTANT | Row::EXTENDED_CONSTANT) {
            0 => None,
            Row::CONSTANT => Some(self.proposal),
            _ => Some(Proposal::ExtendedConst),
        }
    }

    /// What stands behind the opcode.
    #[inline(always)]
    pub fn immediates(&self) -> &'static Immediates {
        numbers::immediates(self.immediates)
    }

    /// What it takes and leaves.
    #[inline(always)]
    pub fn types(&self) -> &'static Types {
        numbers::types(self.types)
    }
}

/// A row as it is written.
#[derive(Clone, Copy)]
struct Written {
    row: Row,
    immediates: Immediates,
    types: Types,
}

impl Written {
    const fn new(
        proposal: Proposal,
        immediates: &[Immediate],
        takes: &[Operand],
        leaves: &[Operand],
        marks: &[Mark],
    ) -> Written {
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
            (Proposal::Core, [one], []) if (*one as u8) < Operand::Address as u8 => Class::Numeric,
            (Proposal::Core, [one, other], [])
                if (*one as u8) < Operand::Address as u8 && *one as u8 == *other as u8 =>
            {
                Class::Numeric
            }
            _ => Class::Other,
        } as u8;
        let row = Row { bits, proposal, immediates: 0, types: 0 };
        Written { row, immediates: list, types }
    }

    /// A number that is the same for equal lists of immediates alone.
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

    /// A number that is the same for equal types alone.
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

    /// A number that is the same for equal rows alone, given which list and which types are theirs.
    const fn row_bits(&self, immediates: u8, types: u8) -> u64 {
        let bits = (self.row.proposal as u64) << 8 | self.row.bits as u64;
        bits << 16 | (immediates as u64) << 8 | types as u64
    }
}

/// What stands at the end of a row.
#[allow(non_camel_case_types, reason = "written so in the table")]
#[derive(Clone, Copy)]
enum Mark {
    special,
    nan32,
    nan64,
    constant,
    extended_constant,
}

/// The number of the operator with this opcode. Not a function, since constants are evaluated slowly.
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

        /// The opcodes in the order of the table: the first byte, and the number behind it if that is a prefix.
        static OPCODES: &[(u16, Option<u16>)] = &[$( $( ($first, second!($($second)?)) ),* ),*];

        impl Operator {
            /// All operators, in the order of the table.
            pub const ALL: &'static [Operator] = &[$( $( Operator::$name ),* ),*];

            /// The names in the order of the table, each with a space behind it.
            const NAMES: &'static str = concat!($( $( $text, " " ),* ),*);

            /// The names of the constants, likewise.
            const IDENTIFIERS: &'static str = concat!($( $( stringify!($name), " " ),* ),*);

            const ROWS: &'static [Written] = &[$( $( {
                #[allow(unused_imports, reason = "not every row has any")]
                use Immediate::*;
                Written::new(
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

/// An operator of the language: a constant for each. Each has its name in the text format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operator(u16);

impl core::fmt::Debug for Operator {
    /// Writes the name of the constant.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.word(Operator::IDENTIFIERS))
    }
}

impl Operator {
    /// Its number: those of operators without a prefix are their opcodes, and all are below [`Operator::NUMBERS`].
    #[inline(always)]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// All operators with their names in the text format, in the order of the table.
    pub fn names() -> impl Iterator<Item = (Operator, &'static str)> {
        Operator::ALL.iter().copied().zip(Operator::NAMES.split(' '))
    }

    /// Its own of words in the order of the table.
    fn word(self, words: &'static str) -> &'static str {
        let at = Operator::ALL.iter().position(|&operator| operator == self);
        at.and_then(|at| words.split(' ').nth(at)).unwrap_or_default()
    }

    /// The name in the text format, which a few share with another. This is searched for.
    pub fn name(self) -> &'static str {
        self.word(Operator::NAMES)
    }
}
