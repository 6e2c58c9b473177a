//! The language's operators: one table, and what follows from it.
//!
//! 1. `table`: the rows;
//! 2. this file: operators, what stands behind their opcodes, and what they take and leave;
//! 3. `numbers`: opcodes to operators, and operators to rows, in few bytes.

mod numbers;
#[macro_use]
mod table;
#[cfg(test)]
mod tests;

use crate::proposal::Proposal;
use numbers::code;

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
    /// Whether it is one of the many that are checked alike, so that it takes one look to see that.
    pub class: Class,
    /// The proposal that it belongs to.
    pub proposal: Proposal,
    /// Whether its types depend on more than what is said here: then it takes and leaves nothing, as far as this row says.
    pub is_special: bool,
    /// If the result, or a lane of it, may be a NaN of which the specification does not say what bits it has, how many these are; otherwise 0.
    pub nan: u8,
    /// The proposal with which it may stand in a constant expression; its own if it always may.
    pub constant: Option<Proposal>,
    /// Which of all lists of immediates it has, and which of all types: few lists are different, and tables of rows are short without them.
    immediates: u8,
    types: u8,
}

impl Row {
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
        let mut row =
            Row { class: Class::Other, proposal, is_special: false, nan: 0, constant: None, immediates: 0, types: 0 };
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
                Mark::special => row.is_special = true,
                Mark::nan32 => row.nan = 32,
                Mark::nan64 => row.nan = 64,
                Mark::constant => row.constant = Some(proposal),
                Mark::extended_constant => row.constant = Some(Proposal::ExtendedConst),
            }
            i += 1;
        }
        row.class = match (proposal, takes, immediates) {
            (Proposal::Core, [], _) => Class::Other,
            (Proposal::Core, [Operand::Address], [Immediate::MemArg(_)]) => Class::Load,
            (Proposal::Core, [one], []) if (*one as u8) < Operand::Address as u8 => Class::Numeric,
            (Proposal::Core, [one, other], [])
                if (*one as u8) < Operand::Address as u8 && *one as u8 == *other as u8 =>
            {
                Class::Numeric
            }
            _ => Class::Other,
        };
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
        let constant = match self.row.constant {
            Some(proposal) => proposal as u64 + 1,
            None => 0,
        };
        let bits = (self.row.proposal as u64) << 16 | constant << 8 | self.row.nan as u64 | self.row.is_special as u64;
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

macro_rules! define_operators {
    ($( $proposal:ident { $( $first:literal $($second:literal)? $name:ident $text:literal [$($immediate:expr),*] $( [$($take:ident)*] -> [$($leave:ident)*] )? $($mark:ident)*; )* } )*) => {
        /// An operator of the language. Each has its name in the text format.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u16)]
        pub enum Operator {
            $( $( #[doc = concat!("`", $text, "`.")] $name = code(&[$first $(, $second)?]), )* )*
        }

        /// The opcodes, each with the prefix in front, in the order of the table.
        const OPCODES: &[&[u16]] = &[$( $( &[$first $(, $second)?] ),* ),*];

        impl Operator {
            /// All operators, in the order of the table.
            pub const ALL: &'static [Operator] = &[$( $( Operator::$name ),* ),*];

            /// The names in the order of the table, each with a space behind it.
            const NAMES: &'static str = concat!($( $( $text, " " ),* ),*);

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

impl Operator {
    /// The name in the text format, which a few share with another. This is searched for.
    pub fn name(self) -> &'static str {
        let at = Operator::ALL.iter().position(|&operator| operator == self);
        at.and_then(|at| Operator::NAMES.split(' ').nth(at)).unwrap_or_default()
    }
}
