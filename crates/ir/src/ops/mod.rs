//! Opcodes and instruction families, which are derived from the rows of `instructions.rs`.
//!
//! The rows themselves take much space, so only tests and tables that are made at compile time use them.
//! `opcode`, `compact`, `columns` and `variants` have small tables for use at run time.

#[macro_use]
mod columns;
mod compact;
mod numbered;
mod opcode;
mod variants;

use columns::Columns;
pub use columns::{Fused, fused};
#[cfg(feature = "verify")]
pub(crate) use compact::NUMBERED;
pub use compact::{OPERAND_LISTS, operand_list};
pub(crate) use numbered::Interned;
pub use opcode::{Opcode, opcode};
pub use variants::{BRANCHES_FOR_ALL, Class, Sources};

use crate::shape::{self, Format, Set, Shape, Summary, Variant, mix};
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

        /// The families, each as a constant whose type is its shape.
        #[allow(non_upper_case_globals)]
        pub mod family {
            use super::Op;
            use crate::shape::families;

            $( $(#[$doc])* pub const $name: families::$shape = families::$shape(Op::$name); )*
        }

        impl Op {
            /// All families in the order of the table.
            pub const ALL: &'static [Op] = &[$(Op::$name),*];

            /// The names of all families, each followed by a space.
            const NAMES: &'static str = concat!($(stringify!($name), " "),*);

            const ROWS: &'static [Row] = &[$(Row {
                name: stringify!($name),
                variants: <shape::$shape as Shape>::VARIANTS,
                formats: <shape::$shape as Shape>::FORMATS,
                suffixes: <shape::$shape as Shape>::SUFFIXES,
                summary: <shape::$shape as Shape>::SUMMARY,
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

/// A row of the table.
struct Row {
    name: &'static str,
    variants: &'static [Variant],
    formats: &'static [Format],
    /// The suffixes of the variants, each followed by a space.
    suffixes: &'static str,
    summary: Summary,
    source: Option<ValType>,
    result: Option<ValType>,
    columns: Columns,
}

impl Row {
    /// Returns a bit for each core variant that the family has, or for each other variant.
    const fn there(&self, core: bool) -> u16 {
        self.columns.only & if core { self.summary.core } else { self.summary.others }
    }
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
    /// Returns the variants, core ones first. Use this only at compile time, because it keeps the large table.
    pub const fn variants(self) -> &'static [Variant] {
        Self::ROWS[self as usize].variants
    }

    /// Whether the family has the variant with this number. A row may have only some of its shape's variants. For use
    /// at compile time.
    pub const fn has(self, variant: usize) -> bool {
        Self::ROWS[self as usize].columns.only >> variant & 1 != 0
    }

    /// Whether the family computes with floats. Families that only move floats move their bits. For use at compile
    /// time.
    pub const fn computes_floats(self) -> bool {
        const fn is_float(ty: Option<ValType>) -> bool {
            matches!(ty, Some(ValType::F32 | ValType::F64))
        }
        let row = &Self::ROWS[self as usize];
        let moves =
            matches!(self, Op::LoadF32 | Op::LoadF64 | Op::StoreF32 | Op::StoreF64 | Op::ReturnF32 | Op::ReturnF64);
        !moves && (is_float(row.source) || is_float(row.result))
    }

    /// Returns the size of the operands in units, for a family with a single variant. For use at compile time.
    ///
    /// # Panics
    /// If the family has several variants.
    pub const fn operand_units(self) -> usize {
        assert!(self.variants().len() == 1);
        self.variants()[0].units()
    }
}

/// The number of core and extended opcodes. They are below all others.
pub const OPCODES: usize = count(Set::Core) + count(Set::Extended);
/// The number of core opcodes, which are the lowest.
pub const CORE_OPCODES: usize = count(Set::Core);
/// The number of opcodes of instructions on references to functions and on exceptions. They follow the extended ones.
pub const MANAGED_OPCODES: usize = count(Set::Managed);
/// The first opcode of atomic instructions. They are the last ones before the GC instructions.
pub const FIRST_ATOMIC: usize = Opcode::only(Op::AtomicFence).0 as usize;
/// The first and the last opcode of instructions on continuations.
pub const CONTINUATIONS: (u16, u16) = (Opcode::only(Op::ContNew).0, Opcode::only(Op::HandleTag).0);
/// The number of opcodes of GC instructions, which come next.
pub const OBJECT_OPCODES: usize = count(Set::Object);
/// The first opcode of GC instructions.
pub const FIRST_OBJECT: usize = OPCODES + MANAGED_OPCODES;
/// The number of opcodes of vector instructions, which are the highest.
#[cfg(feature = "simd")]
pub const VECTOR_OPCODES: usize = count(Set::Vector);
/// The number of opcodes of vector instructions. This build has none.
#[cfg(not(feature = "simd"))]
pub const VECTOR_OPCODES: usize = 0;
/// The first opcode of vector instructions.
pub const FIRST_VECTOR: usize = FIRST_OBJECT + OBJECT_OPCODES;
/// The number of all opcodes.
pub const ALL_OPCODES: usize = FIRST_VECTOR + VECTOR_OPCODES;

/// Returns how many variants of this set all families have.
const fn count(set: Set) -> usize {
    COUNTS[set as usize]
}

static COUNTS: [usize; 5] = {
    let mut counts = [0; 5];
    let mut op = 0;
    while op < Op::ALL.len() {
        let row = &Op::ROWS[op];
        counts[Set::Core as usize] += row.there(true).count_ones() as usize;
        counts[row.summary.set as usize] += row.there(false).count_ones() as usize;
        op += 1;
    }
    counts
};

/// The fingerprint of the core op set. It covers the names, order and operands of core, managed and GC instructions.
/// Code runs only in a build with the same fingerprint.
pub const CORE_ID: u32 = IDS.core;
/// The fingerprint of the extended op set without vectors.
pub const EXTENDED_ID: u32 = IDS.extended;
/// The fingerprint of the extended op set with vectors.
#[cfg(feature = "simd")]
pub const SIMD_ID: u32 = IDS.all;

/// Returns the fingerprint of the core op set, or of the extended one with or without vectors.
pub fn id_of(extended: bool, vectors: bool) -> u32 {
    match extended {
        #[cfg(feature = "simd")]
        true if vectors => SIMD_ID,
        true => EXTENDED_ID,
        false => {
            debug_assert!(!vectors);
            CORE_ID
        }
    }
}

/// The fingerprints.
struct Ids {
    core: u32,
    extended: u32,
    #[cfg(feature = "simd")]
    all: u32,
}

static IDS: Ids = {
    let mut core = 0xcbf2_9ce4_8422_2325;
    let mut all = core;
    // Vectors come last in the table. `extended` is taken before them, so that builds without vectors get the same
    // number.
    let mut extended = None;
    let mut op = 0;
    while op < Op::ALL.len() {
        let row = &Op::ROWS[op];
        let name = hash(row.name);
        if row.summary.set as u8 > Set::Object as u8 {
            if extended.is_none() {
                extended = Some(all);
            }
        } else {
            assert!(extended.is_none());
            core = mix(mix(core, name), row.summary.core_hash ^ row.there(true) as u64);
        }
        let there = (row.there(true) | row.there(false)) as u64;
        all = mix(mix(all, name), row.summary.hash ^ there);
        op += 1;
    }
    let extended = match extended {
        Some(extended) => extended,
        None => all,
    };
    Ids {
        core: fold(core),
        extended: fold(extended),
        #[cfg(feature = "simd")]
        all: fold(all),
    }
};

/// Returns a hash of a name. It takes few steps, because the compiler evaluates constants slowly.
const fn hash(name: &str) -> u64 {
    let name = name.as_bytes();
    let (mut hash, mut i) = (0_u64, 0);
    while i < name.len() {
        hash = hash.rotate_left(7) ^ name[i] as u64;
        i += 1;
    }
    hash
}

const fn fold(hash: u64) -> u32 {
    (hash ^ hash >> 32) as u32
}
