//! The numbering of instructions, and what the table says of each.
//!
//! Everything here is derived from the rows of `table.rs`.

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
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) ,)*) => {
        /// A family of instructions: one row of the table.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u16)]
        pub enum Op { $( $(#[$doc])* $name ),* }

        impl Op {
            /// All families in the order of the table.
            pub const ALL: &'static [Op] = &[$(Op::$name),*];

            const ROWS: &'static [Row] = &[$(Row {
                name: stringify!($name),
                variants: <shape::$shape as Shape>::VARIANTS,
                source: val_type!($source),
                result: val_type!($result),
            }),*];
        }
    };
}

struct Row {
    name: &'static str,
    variants: &'static [Variant],
    source: Option<ValType>,
    result: Option<ValType>,
}

#[cfg(not(feature = "simd"))]
for_each_object_op!(for_each_managed_op for_each_op define_ops);
#[cfg(feature = "simd")]
macro_rules! define_all_ops {
    ($($vectors:tt)*) => {
        for_each_object_op!(for_each_managed_op define_with [$($vectors)*]);
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
    /// The name of the row.
    pub const fn name(self) -> &'static str {
        Self::ROWS[self as usize].name
    }

    /// The variants, core ones first.
    pub const fn variants(self) -> &'static [Variant] {
        Self::ROWS[self as usize].variants
    }

    /// The type of the sources, which decides their accumulator.
    pub const fn source(self) -> Option<ValType> {
        Self::ROWS[self as usize].source
    }

    /// The type of the result, which decides the accumulator it is left in.
    pub const fn result(self) -> Option<ValType> {
        Self::ROWS[self as usize].result
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
    let mut total = 0;
    let mut op = 0;
    while op < Op::ALL.len() {
        let variants = Op::ROWS[op].variants;
        let mut v = 0;
        while v < variants.len() {
            if variants[v].set as u8 == set as u8 {
                total += 1;
            }
            v += 1;
        }
        op += 1;
    }
    total
}

/// A fingerprint of the core op set: names, order and operands of its variants, and of managed ones. Code runs only where it is
/// the same.
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
    // FNV-1a.
    const fn mix(hash: u32, byte: u8) -> u32 {
        (hash ^ byte as u32).wrapping_mul(0x0100_0193)
    }
    const fn mix_all(mut hash: u32, text: &str) -> u32 {
        let mut i = 0;
        while i < text.len() {
            hash = mix(hash, text.as_bytes()[i]);
            i += 1;
        }
        hash
    }
    let mut hash = 0x811c_9dc5;
    let mut op = 0;
    while op < Op::ALL.len() {
        let variants = Op::ROWS[op].variants;
        // A build without vectors does not know their names.
        if counts(variants[0].set, true, vectors) {
            hash = mix_all(hash, Op::ROWS[op].name);
        }
        let mut v = 0;
        while v < variants.len() {
            if counts(variants[v].set, extended, vectors) {
                hash = mix_all(hash, variants[v].suffix);
                let mut i = 0;
                while i < variants[v].operands.len() {
                    hash = mix(hash, variants[v].operands[i] as u8);
                    i += 1;
                }
            }
            v += 1;
        }
        op += 1;
    }
    hash
}

/// A variant of a family, as it stands in code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Opcode(pub u16);

/// For each family the opcode of its first core variant, and of its first other one: extended, managed, or for vectors.
static BASES: [(u16, u16); Op::ALL.len()] = bases();
/// For each opcode its family and variant.
static FAMILIES: [(Op, u8); ALL_OPCODES] = FAMILIES_CONST;
const FAMILIES_CONST: [(Op, u8); ALL_OPCODES] = families();

const fn bases() -> [(u16, u16); Op::ALL.len()] {
    let mut bases = [(0, 0); Op::ALL.len()];
    let (mut core, mut extended) = (0, CORE_OPCODES as u16);
    let (mut managed, mut object) = (OPCODES as u16, FIRST_OBJECT as u16);
    #[cfg(feature = "simd")]
    let mut vector = FIRST_VECTOR as u16;
    let mut op = 0;
    while op < bases.len() {
        let variants = Op::ROWS[op].variants;
        let other = match variants[0].set {
            Set::Core | Set::Extended => extended,
            Set::Managed => managed,
            Set::Object => object,
            #[cfg(feature = "simd")]
            Set::Vector => vector,
        };
        bases[op] = (core, other);
        let mut v = 0;
        while v < variants.len() {
            match variants[v].set {
                Set::Core => core += 1,
                Set::Extended => extended += 1,
                Set::Managed => managed += 1,
                Set::Object => object += 1,
                #[cfg(feature = "simd")]
                Set::Vector => vector += 1,
            }
            v += 1;
        }
        op += 1;
    }
    bases
}

const fn families() -> [(Op, u8); ALL_OPCODES] {
    let mut families = [(Op::Unreachable, 0); ALL_OPCODES];
    let mut op = 0;
    while op < Op::ALL.len() {
        let mut v = 0;
        while v < Op::ROWS[op].variants.len() {
            families[Opcode::new(Op::ALL[op], v as u8).0 as usize] = (Op::ALL[op], v as u8);
            v += 1;
        }
        op += 1;
    }
    families
}

const fn core_variants(op: Op) -> u16 {
    let variants = op.variants();
    let mut n = 0;
    while n < variants.len() && matches!(variants[n].set, Set::Core) {
        n += 1;
    }
    n as u16
}

/// For each opcode the units of an instruction, its opcode and the listed operands.
static UNITS: [u8; ALL_OPCODES] = units();

const fn units() -> [u8; ALL_OPCODES] {
    let mut units = [0; ALL_OPCODES];
    let mut op = 0;
    while op < Op::ALL.len() {
        let variants = Op::ROWS[op].variants;
        let mut v = 0;
        while v < variants.len() {
            units[Opcode::new(Op::ALL[op], v as u8).0 as usize] = 1 + variants[v].units() as u8;
            v += 1;
        }
        op += 1;
    }
    units
}

impl Opcode {
    /// The units of an instruction with this opcode, less the targets of a `br_table`; `None` if the number is no opcode.
    #[inline]
    pub fn units(self) -> Option<usize> {
        UNITS.get(usize::from(self.0)).map(|&units| usize::from(units))
    }

    /// The opcode of a variant. Panics if the family has no such variant.
    pub const fn new(op: Op, variant: u8) -> Opcode {
        assert!((variant as usize) < op.variants().len());
        let cores = core_variants(op);
        let (core, extended) = BASES_CONST[op as usize];
        Opcode(if (variant as u16) < cores { core + variant as u16 } else { extended + variant as u16 - cores })
    }

    /// The family and the variant's number in it, for tables made at compile time. Panics if the number is no opcode.
    pub const fn description(opcode: u16) -> (Op, u8) {
        FAMILIES_CONST[opcode as usize]
    }

    /// The family and the variant's number in it, unless the number is no opcode.
    pub fn family(self) -> Option<(Op, u8)> {
        FAMILIES.get(usize::from(self.0)).copied()
    }
}

const BASES_CONST: [(u16, u16); Op::ALL.len()] = bases();

/// The opcode of a variant, looked up at run time; what it is for a variant that there is not does not matter.
#[inline]
pub fn opcode(op: Op, variant: u8) -> Opcode {
    let (core, extended) = BASES[op as usize];
    let (variant, cores) = (u16::from(variant), CORES[op as usize]);
    Opcode(if variant < cores { core + variant } else { extended + variant - cores })
}

/// For each family how many variants are core ones.
static CORES: [u16; Op::ALL.len()] = {
    let mut cores = [0; Op::ALL.len()];
    let mut op = 0;
    while op < cores.len() {
        cores[op] = core_variants(Op::ALL[op]);
        op += 1;
    }
    cores
};
