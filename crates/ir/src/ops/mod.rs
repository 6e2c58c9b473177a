//! The numbering of instructions, and what the table says of each.
//!
//! Everything here is derived from the rows of `table.rs`. What is needed while running is in [`opcode`](mod@opcode) and `compact`, in few
//! bytes; the rows themselves are for tables that are made at compile time, and for tests.

#[macro_use]
mod columns;
mod compact;
mod numbered;
mod opcode;
mod variants;

use columns::Columns;
pub use columns::{Fused, fused};
pub(crate) use compact::NUMBERED;
pub use compact::{LISTS, listed};
pub(crate) use numbered::Numbered;
pub use opcode::{Opcode, opcode};
pub use variants::{BRANCHES_FOR_ALL, Class, Sources};

use crate::shape::{self, Set, Shape, Variant};
use crate::types::ValType;

macro_rules! val_type {
    (none) => {
        None
    };
    (i32) => {
        Some(ValType::I32)
    };
    (i64) => {
        Some(ValType::I64)
    };
    (f32) => {
        Some(ValType::F32)
    };
    (f64) => {
        Some(ValType::F64)
    };
    (v128) => {
        Some(ValType::V128)
    };
}

macro_rules! define_ops {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => {
        /// A family of instructions: one row of the table.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u16)]
        pub enum Op { $( $(#[$doc])* $name ),* }

        /// The families, with their shapes for the compiler.
        #[allow(non_upper_case_globals)]
        pub mod family {
            use super::Op;
            use crate::shape::families;

            $( $(#[$doc])* pub const $name: families::$shape = families::$shape(Op::$name); )*
        }

        impl Op {
            /// All families in the order of the table.
            pub const ALL: &'static [Op] = &[$(Op::$name),*];

            /// The names of all families, each with a space behind it.
            const NAMES: &'static str = concat!($(stringify!($name), " "),*);

            const ROWS: &'static [Row] = &[$(Row {
                name: stringify!($name),
                variants: <shape::$shape as Shape>::VARIANTS,
                suffixes: <shape::$shape as Shape>::SUFFIXES,
                source: val_type!($source),
                result: val_type!($result),
                columns: {
                    #[allow(unused_mut)]
                    let mut columns = Columns::NONE;
                    $( column!(columns $shape $name $column $($value)*); )*
                    columns
                },
            }),*];
        }
    };
}

struct Row {
    name: &'static str,
    variants: &'static [Variant],
    /// The suffixes of the variants, each with a space behind it.
    suffixes: &'static str,
    source: Option<ValType>,
    result: Option<ValType>,
    columns: Columns,
}

#[cfg(not(feature = "simd"))]
for_each_managed_op!(for_each_object_op for_each_op define_ops);
#[cfg(feature = "simd")]
macro_rules! define_all_ops {
    ($($vectors:tt)*) => {
        for_each_managed_op!(for_each_object_op define_with [$($vectors)*]);
    };
}
#[cfg(feature = "simd")]
macro_rules! define_with {
    ([$($vectors:tt)*] $($managed:tt)*) => {
        for_each_op!(define_ops $($managed)* $($vectors)*);
    };
}
#[cfg(feature = "simd")]
for_each_simd_op!(define_all_ops);

impl Op {
    /// The variants, core ones first. For what is made at compile time: all that the table says takes much room.
    pub const fn variants(self) -> &'static [Variant] {
        Self::ROWS[self as usize].variants
    }

    /// Whether there is the variant with this number; for constants. A row may have a part of its shape's only.
    pub const fn has(self, variant: usize) -> bool {
        Self::ROWS[self as usize].columns.only >> variant & 1 != 0
    }

    /// Units of the operands of a family that has one variant, for constants. Panics if it has more.
    pub const fn operand_units(self) -> usize {
        assert!(self.variants().len() == 1);
        self.variants()[0].units()
    }
}

/// Number of variants of the whole table but for the managed ones and vectors.
pub const OPCODES: usize = count(Set::Core) + count(Set::Extended);
/// Number of variants in the core op set; their opcodes are the lowest.
pub const CORE_OPCODES: usize = count(Set::Core);
/// Number of variants on references to functions and exceptions; their opcodes come behind those.
pub const MANAGED_OPCODES: usize = count(Set::Managed);
/// Number of variants on objects; their opcodes come next.
pub const OBJECT_OPCODES: usize = count(Set::Object);
/// The first opcode of those on objects.
pub const FIRST_OBJECT: usize = OPCODES + MANAGED_OPCODES;
/// Number of variants for vectors; their opcodes are the highest.
#[cfg(feature = "simd")]
pub const VECTOR_OPCODES: usize = count(Set::Vector);
/// Number of variants for vectors: this build has none.
#[cfg(not(feature = "simd"))]
pub const VECTOR_OPCODES: usize = 0;
/// The first opcode for vectors.
pub const FIRST_VECTOR: usize = FIRST_OBJECT + OBJECT_OPCODES;
/// Number of all variants.
pub const ALL_OPCODES: usize = FIRST_VECTOR + VECTOR_OPCODES;

const fn count(set: Set) -> usize {
    COUNTS[set as usize]
}

const COUNTS: &[usize; 5] = &{
    let mut counts = [0; 5];
    let mut op = 0;
    while op < Op::ALL.len() {
        let variants = Op::ROWS[op].variants;
        let mut v = 0;
        while v < variants.len() {
            counts[variants[v].set as usize] += Op::ALL[op].has(v) as usize;
            v += 1;
        }
        op += 1;
    }
    counts
};

/// A fingerprint of the core op set: names, order and operands of its variants, and of managed ones, and the schedule of what code costs. Code
/// runs only where it is the same.
pub const CORE_ID: u32 = fingerprint(false, false);
/// A fingerprint of the table without vectors.
pub const EXTENDED_ID: u32 = fingerprint(true, false);
/// A fingerprint of the whole table.
#[cfg(feature = "simd")]
pub const SIMD_ID: u32 = fingerprint(true, true);

/// Whether a set is part of a fingerprint.
const fn counts(set: Set, extended: bool, vectors: bool) -> bool {
    let _ = vectors;
    match set {
        Set::Core | Set::Managed | Set::Object => true,
        Set::Extended => extended,
        #[cfg(feature = "simd")]
        Set::Vector => vectors,
    }
}

const fn fingerprint(extended: bool, vectors: bool) -> u32 {
    // FNV-1a, in few steps: constants are evaluated slowly.
    const PRIME: u64 = 0x0100_0193;
    const fn mix_all(mut hash: u32, text: &str) -> u32 {
        let text = text.as_bytes();
        let mut i = 0;
        while i < text.len() {
            hash = ((hash ^ text[i] as u32) as u64 * PRIME) as u32;
            i += 1;
        }
        hash
    }
    let mut hash = 0x811c_9dc5 ^ crate::fuel::SCHEDULE;
    let mut op = 0;
    while op < Op::ALL.len() {
        let variants = Op::ROWS[op].variants;
        // A build without vectors does not know their names.
        if counts(variants[0].set, true, vectors) {
            hash = mix_all(hash, Op::ROWS[op].name);
        }
        let mut v = 0;
        while v < variants.len() {
            if Op::ALL[op].has(v) && counts(variants[v].set, extended, vectors) {
                hash = mix_all(hash, variants[v].suffix);
                let operands = variants[v].operands;
                let mut i = 0;
                while i < operands.len() {
                    hash = ((hash ^ operands[i] as u32) as u64 * PRIME) as u32;
                    i += 1;
                }
            }
            v += 1;
        }
        op += 1;
    }
    hash
}
