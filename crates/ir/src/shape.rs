//! Shapes: the operands of an instruction family, their classes and their order.
//!
//! A *family* (a row of [`crate::ops`]) has several *variants*, one for each choice of classes. The class of a source
//! is a slot of the frame, an immediate, or the accumulator of its type. The accumulator is a machine register that
//! holds the last value of that type. The class of a destination is a slot (the accumulator gets the value as well)
//! or the accumulator only.
//!
//! Variants with slots and immediates only form the *core* op set. They come first in each list. If stores can be
//! left out, the second half of the list repeats the first without the destination: `variant + len / 2` leaves out
//! the store. A destination that can be left out is always the last operand.

/// One operand in an instruction's encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// A slot that is read.
    Src,
    /// A slot that is written.
    Dst,
    /// A slot that is read and then written.
    SrcDst,
    /// Two neighbouring slots that are read.
    SrcPair,
    /// Two neighbouring slots that are written.
    DstPair,
    /// Four neighbouring slots that are written.
    DstFour,
    /// The first of a run of slots that is read. The length is a later [`Operand::Count`].
    SrcRun,
    /// The first of a run of slots that is written. The length is a later [`Operand::Count`].
    DstRun,
    /// The length of the runs of this instruction, in slots.
    Count,
    /// The first slot of a call's arguments, where the callee's frame begins; or the first slot that is not in use.
    Base,
    /// The slot of this frame's header.
    Header,
    /// Unused.
    Padding,
    /// 16-bit immediate.
    Imm16,
    /// 32-bit immediate.
    Imm32,
    /// 64-bit immediate.
    Imm64,
    /// Memory offset of 16 bits, in bytes.
    Offset16,
    /// Memory offset of 32 bits, in bytes.
    Offset,
    /// Memory offset of 64 bits, in bytes.
    Offset64,
    /// Signed distance from the start of this instruction to the target, in units, 32 bits.
    Target,
    /// Number of [`Operand::Target`]s that follow this operand, 32 bits.
    TargetCount,
    /// Function index, 32 bits.
    Func,
    /// Index among the functions that the module defines, 32 bits.
    Defined,
    /// Index among the imported functions, 32 bits.
    Import,
    /// Type index, 32 bits.
    Type,
    /// Index of a global that is read, 32 bits.
    Global,
    /// Index of a global of two slots that is read, 32 bits.
    GlobalPair,
    /// Index of a global that is written, 32 bits.
    GlobalDst,
    /// Index of a global of two slots that is written, 32 bits.
    GlobalDstPair,
    /// Memory index, 16 bits.
    Memory,
    /// Table index, 32 bits.
    Table,
    /// Data segment index, 32 bits.
    Data,
    /// Element segment index, 32 bits.
    Elem,
    /// Tag index, 32 bits.
    Tag,
    /// Offset of a field in an object, in bytes, 32 bits.
    Field,
    /// Lane index below 4.
    #[cfg(feature = "simd")]
    Lane4,
    /// Lane index below 8.
    #[cfg(feature = "simd")]
    Lane8,
    /// Lane index below 16.
    #[cfg(feature = "simd")]
    Lane16,
}

impl Operand {
    /// Returns the size in 16-bit units.
    pub const fn units(self) -> usize {
        match self {
            Operand::Src
            | Operand::Dst
            | Operand::SrcDst
            | Operand::SrcPair
            | Operand::DstPair
            | Operand::DstFour
            | Operand::SrcRun
            | Operand::DstRun
            | Operand::Count
            | Operand::Base
            | Operand::Header
            | Operand::Padding
            | Operand::Imm16
            | Operand::Offset16
            | Operand::Memory => 1,
            #[cfg(feature = "simd")]
            Operand::Lane4 | Operand::Lane8 | Operand::Lane16 => 1,
            Operand::Imm64 | Operand::Offset64 => 4,
            _ => 2,
        }
    }
}

/// One variant of a family, for tables that are made at compile time.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The operands, in the order of the encoding.
    pub operands: &'static [Operand],
    /// The classes as letters: `s` slot, `i` immediate, `r` accumulator. `_r` at the end means that the result goes
    /// to the accumulator only. In the name of a store, the letter after `_` is the class of the stored value. `x` is
    /// the single variant of a shape whose operands have no classes.
    pub suffix: &'static str,
    /// The set that it belongs to.
    pub set: Set,
}

/// Sets of variants, in the order in which they are numbered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Set {
    /// Variants with slots and immediates only. Every build has them.
    Core,
    /// Variants with accumulators, and fused operations.
    Extended,
    /// Instructions on references to functions, on exceptions and on continuations. Code that is executed in place has none.
    Managed,
    /// GC instructions. Code that is executed in place has none.
    Object,
    /// Vector instructions. They need the extended op set, and code that is executed in place has none.
    #[cfg(feature = "simd")]
    Vector,
}

/// The encoding of an instruction: the classes of its sources and of its destination, and its operands.
///
/// A handler computes its format from the types of its sources and its destination. The format must be that of the
/// handler's variant, or the handler does not compile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// The letters of [`Variant::suffix`], the last one in the lowest byte.
    letters: u64,
    /// The operands, six bits each, the last one in the lowest bits.
    operands: u64,
    /// The number of letters.
    letter_count: u32,
    /// The number of operands.
    operand_count: u32,
    /// The size of the operands in units.
    units: usize,
}

impl Format {
    /// The format without classes and operands.
    pub const NONE: Format = Format { letters: 0, operands: 0, letter_count: 0, operand_count: 0, units: 0 };

    /// Returns the format of a source of the class with this letter, which has these operands.
    pub const fn source(letter: u8, operands: &[Operand]) -> Format {
        Format { letters: letter as u64, letter_count: 1, ..Format::operands(operands) }
    }

    /// Returns the format of these operands, without classes.
    pub const fn operands(operands: &[Operand]) -> Format {
        Format { operands: key(operands), operand_count: operands.len() as u32, units: units(operands), ..Format::NONE }
    }

    /// The format of a destination that is the accumulator only. It comes last.
    pub const ACCUMULATED: Format = Format::NONE.letter(b'_').letter(b'r');

    /// Returns this format with one more letter.
    pub const fn letter(self, letter: u8) -> Format {
        assert!(self.letter_count < 8);
        Format { letters: self.letters << 8 | letter as u64, letter_count: self.letter_count + 1, ..self }
    }

    /// Returns this format with one more operand.
    pub const fn operand(self, operand: Operand) -> Format {
        self.then(Format::operands(&[operand]))
    }

    /// Returns this format, followed by the letters and operands of another.
    pub const fn then(self, other: Format) -> Format {
        assert!(self.letter_count + other.letter_count <= 8 && self.operand_count + other.operand_count <= 10);
        Format {
            letters: self.letters << (8 * other.letter_count) | other.letters,
            operands: self.operands << (6 * other.operand_count) | other.operands,
            letter_count: self.letter_count + other.letter_count,
            operand_count: self.operand_count + other.operand_count,
            units: self.units + other.units,
        }
    }

    /// Returns the format of a variant.
    pub const fn of(variant: &Variant) -> Format {
        let letters = variant.suffix.as_bytes();
        let mut format = Format::operands(variant.operands);
        let mut i = 0;
        while i < letters.len() {
            format = format.letter(letters[i]);
            i += 1;
        }
        format
    }

    /// Returns the size of the operands in units.
    pub const fn units(self) -> usize {
        self.units
    }

    /// Returns the operands as one number. Different operands have different numbers.
    pub(crate) const fn key(&self) -> u64 {
        self.operands
    }

    /// Whether both formats are the same.
    pub const fn is(self, other: Format) -> bool {
        self.same_operands(other) && self.letters == other.letters && self.letter_count == other.letter_count
    }

    /// Whether both formats have the same operands.
    pub const fn same_operands(self, other: Format) -> bool {
        self.operands == other.operands && self.operand_count == other.operand_count
    }
}

const fn formats<const N: usize>(variants: &[Variant]) -> [Format; N] {
    let (mut formats, mut i) = ([Format::NONE; N], 0);
    while i < N {
        formats[i] = Format::of(&variants[i]);
        i += 1;
    }
    formats
}

/// Facts about the variants of a shape. They are computed once for each shape and not for each row, because the
/// compiler evaluates constants slowly.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    /// A bit for each core variant.
    pub(crate) core: u16,
    /// A bit for each variant that is not core.
    pub(crate) others: u16,
    /// The set of the variants that are not core.
    pub(crate) set: Set,
    /// A bit for each variant that has a counterpart without the destination.
    pub(crate) elides: u16,
    /// A hash of the letters and operands of all variants.
    pub(crate) hash: u64,
    /// A hash of the letters and operands of all variants but the extended ones.
    pub(crate) core_hash: u64,
}

impl Summary {
    const fn of(variants: &[Variant], formats: &[Format]) -> Summary {
        let mut summary = Summary { core: 0, others: 0, set: Set::Core, elides: 0, hash: 0, core_hash: 0 };
        assert!(formats.len() <= 16);
        let (half, mut i) = (formats.len() / 2, 0);
        while i < formats.len() {
            let (format, set) = (&formats[i], variants[i].set);
            if matches!(set, Set::Core) {
                assert!(summary.others == 0);
                summary.core |= 1 << i;
            } else {
                assert!(summary.others == 0 || summary.set as u8 == set as u8);
                (summary.others, summary.set) = (summary.others | 1 << i, set);
            }
            let own = mix(format.letters, format.operands);
            summary.hash = mix(summary.hash, own);
            if !matches!(set, Set::Extended) {
                summary.core_hash = mix(summary.core_hash, own);
            }
            // The counterpart without the destination is half the list further on. The letters tell whether it is one.
            let last = format.operands & 63;
            if i < half
                && (last == Operand::Dst as u64 + 1 || last == Operand::DstPair as u64 + 1)
                && formats[i + half].letters == format.then(Format::ACCUMULATED).letters
            {
                summary.elides |= 1 << i;
            }
            i += 1;
        }
        summary
    }
}

/// Mixes a value into a hash: FNV-1a, with 64 bits at a time instead of bytes.
pub(crate) const fn mix(hash: u64, value: u64) -> u64 {
    ((hash ^ value) as u128 * 0x0100_0000_01b3) as u64
}

/// Returns the size of these operands in units.
pub(crate) const fn units(operands: &[Operand]) -> usize {
    let (mut units, mut i) = (0, 0);
    while i < operands.len() {
        units += operands[i].units();
        i += 1;
    }
    units
}

/// Returns operands as one number, six bits each. Different operands have different numbers.
pub(crate) const fn key(operands: &[Operand]) -> u64 {
    assert!(operands.len() <= 10);
    let (mut key, mut i) = (0, 0);
    while i < operands.len() {
        assert!((operands[i] as u64) < 63);
        key = key << 6 | (operands[i] as u64 + 1);
        i += 1;
    }
    key
}

/// A list of variants. The types of this module implement it. Each is an enum of its variants' names, such as
/// `Bin8::si`. Only the list here decides the number of a variant; all other code uses its name.
pub trait Shape {
    /// The variants, core ones first.
    const VARIANTS: &'static [Variant];
    /// The formats of the variants.
    const FORMATS: &'static [Format];
    /// The suffixes of the variants, each followed by a space.
    const SUFFIXES: &'static str;
    /// Facts about the variants.
    const SUMMARY: Summary;
}

/// Defines the shapes and, in the module `$module`, for each shape a type of the families that have it.
macro_rules! shapes {
    ($module:ident: $( $(#[$doc:meta])* $name:ident { $( $suffix:ident $set:ident [$($operand:ident),*] ),* $(,)? } )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        // The names are the suffixes of instructions in text.
        #[allow(non_camel_case_types)]
        #[repr(u8)]
        pub enum $name { $(
            #[doc = concat!("`", stringify!([$($operand),*]), "`")]
            $suffix,
        )* }
        impl Shape for $name {
            const VARIANTS: &'static [Variant] = &[$(Variant {
                operands: &[$(Operand::$operand),*],
                suffix: stringify!($suffix),
                set: set_of(stringify!($set)),
            }),*];
            const FORMATS: &'static [Format] = &formats::<{ Self::VARIANTS.len() }>(Self::VARIANTS);
            const SUFFIXES: &'static str = concat!($(stringify!($suffix), " "),*);
            const SUMMARY: Summary = Summary::of(Self::VARIANTS, Self::FORMATS);
        }
    )*
        /// A type for each shape, whose values are the families with that shape. Instructions are constructed with
        /// these.
        // There is a type for each shape, and not one generic type with an impl for each: the compiler compares all
        // impls of one type with each other, which took a second.
        pub mod $module {
            use crate::ops::Op;
            use crate::shape::Shape;
            use crate::write::{Instruction, Operands};
            $(
                $(#[$doc])*
                #[derive(Clone, Copy)]
                pub struct $name(pub(crate) Op);

                impl $name {
                    /// Returns the family as an [`Op`].
                    pub const fn op(self) -> Op {
                        self.0
                    }
                    $(
                        #[doc = concat!("Returns the instruction with operands `", stringify!([$($operand),*]), "`.")]
                        #[inline(always)]
                        pub fn $suffix(
                            self,
                            operands: ($(operand_type!($operand),)*),
                        ) -> Instruction<{ super::$name::VARIANTS[super::$name::$suffix as usize].operands.len() }> {
                            Instruction {
                                op: self.0,
                                variant: super::$name::$suffix as u8,
                                values: Operands::values(operands),
                            }
                        }
                    )*
                }
            )*
        }
    };
}

pub mod families {
    //! A type for each shape, whose values are the families with that shape: `family::I32Add` is a `Bin8`.
    pub use super::scalar_families::*;
    #[cfg(feature = "simd")]
    pub use super::simd::vector_families::*;
}

const fn set_of(name: &str) -> Set {
    match name.as_bytes() {
        b"core" => Set::Core,
        b"ext" => Set::Extended,
        b"managed" => Set::Managed,
        b"object" => Set::Object,
        #[cfg(feature = "simd")]
        b"vec" => Set::Vector,
        _ => panic!("no such set"),
    }
}

// This module uses the macro above, so it must come after it.
#[cfg(feature = "simd")]
#[path = "shape_simd.rs"]
mod simd;
#[cfg(feature = "simd")]
pub use simd::*;

shapes! { scalar_families:
    /// Two sources. For families that commute, have a mirror, or rarely have a constant as first source.
    Bin8 {
        ss core [Src, Src, Dst], si core [Src, Imm32, Dst],
        rs ext [Src, Dst], ri ext [Imm32, Dst],
        ss_r ext [Src, Src], si_r ext [Src, Imm32],
        rs_r ext [Src], ri_r ext [Imm32],
    }
    /// [`Bin8`] for families that are rare or slow: no accumulators.
    Bin2 { ss core [Src, Src, Dst], si core [Src, Imm32, Dst] }
    /// [`Bin12`] for families that are rare or slow: no accumulators.
    Bin3 { ss core [Src, Src, Dst], si core [Src, Imm32, Dst], is core [Imm32, Src, Dst] }
    /// [`Bin8`] for comparisons that mostly become branches: the result is always stored.
    Bin4 { ss core [Src, Src, Dst], si core [Src, Imm32, Dst], rs ext [Src, Dst], ri ext [Imm32, Dst] }
    /// Two sources. Either may be an immediate or the accumulator.
    Bin12 {
        ss core [Src, Src, Dst], si core [Src, Imm32, Dst], is core [Imm32, Src, Dst],
        rs ext [Src, Dst], ri ext [Imm32, Dst], sr ext [Src, Dst],
        ss_r ext [Src, Src], si_r ext [Src, Imm32], is_r ext [Imm32, Src],
        rs_r ext [Src], ri_r ext [Imm32], sr_r ext [Src],
    }
    /// [`Bin8`] with 64-bit immediates.
    Bin8Wide {
        ss core [Src, Src, Dst], si core [Src, Imm64, Dst],
        rs ext [Src, Dst], ri ext [Imm64, Dst],
        ss_r ext [Src, Src], si_r ext [Src, Imm64],
        rs_r ext [Src], ri_r ext [Imm64],
    }
    /// [`Bin2`] with 64-bit immediates.
    Bin2Wide { ss core [Src, Src, Dst], si core [Src, Imm64, Dst] }
    /// [`Bin4`] with 64-bit immediates.
    Bin4Wide { ss core [Src, Src, Dst], si core [Src, Imm64, Dst], rs ext [Src, Dst], ri ext [Imm64, Dst] }
    /// [`Bin12`] with 64-bit immediates.
    Bin12Wide {
        ss core [Src, Src, Dst], si core [Src, Imm64, Dst], is core [Imm64, Src, Dst],
        rs ext [Src, Dst], ri ext [Imm64, Dst], sr ext [Src, Dst],
        ss_r ext [Src, Src], si_r ext [Src, Imm64], is_r ext [Imm64, Src],
        rs_r ext [Src], ri_r ext [Imm64], sr_r ext [Src],
    }
    /// A source and a constant that needs all 64 bits.
    BinConst { si ext [Src, Imm64, Dst], ri ext [Imm64, Dst], si_r ext [Src, Imm64], ri_r ext [Imm64] }
    /// A source and a 16-bit constant.
    BinNear { si core [Src, Imm16, Dst] }
    /// A 16-bit constant, written to a slot.
    Const16 { i core [Imm16, Dst] }
    /// [`Load`] with a 16-bit offset.
    LoadShort { s core [Src, Offset16, Dst] }
    /// [`Store`] with a 16-bit offset.
    StoreShort { s_s core [Src, Src, Offset16], s_i core [Src, Imm32, Offset16] }
    /// Fused operation with three sources: the result of the first operation is a source of the second.
    Fused3 { sss ext [Src, Src, Src, Dst], rss ext [Src, Src, Dst], sss_r ext [Src, Src, Src], rss_r ext [Src, Src] }
    /// [`Fused3`] whose second and third source may be constants.
    Fused3Imm {
        sss ext [Src, Src, Src, Dst], ssi ext [Src, Src, Imm32, Dst], sis ext [Src, Imm32, Src, Dst], sii ext [Src, Imm32, Imm32, Dst],
        rss ext [Src, Src, Dst], rsi ext [Src, Imm32, Dst], ris ext [Imm32, Src, Dst], rii ext [Imm32, Imm32, Dst],
        sss_r ext [Src, Src, Src], ssi_r ext [Src, Src, Imm32], sis_r ext [Src, Imm32, Src], sii_r ext [Src, Imm32, Imm32],
        rss_r ext [Src, Src], rsi_r ext [Src, Imm32], ris_r ext [Imm32, Src], rii_r ext [Imm32, Imm32],
    }
    /// [`Fused3Imm`] without the variants in which only the third source is a constant.
    Fused12 {
        sss ext [Src, Src, Src, Dst], sis ext [Src, Imm32, Src, Dst], sii ext [Src, Imm32, Imm32, Dst],
        rss ext [Src, Src, Dst], ris ext [Imm32, Src, Dst], rii ext [Imm32, Imm32, Dst],
        sss_r ext [Src, Src, Src], sis_r ext [Src, Imm32, Src], sii_r ext [Src, Imm32, Imm32],
        rss_r ext [Src, Src], ris_r ext [Imm32, Src], rii_r ext [Imm32, Imm32],
    }
    /// [`Fused3Imm`] whose second source is always a constant, and whose third source is a slot.
    Fused4 { sis ext [Src, Imm32, Src, Dst], ris ext [Imm32, Src, Dst], sis_r ext [Src, Imm32, Src], ris_r ext [Imm32, Src] }
    /// Fused operation: two additions of constants, one after the other.
    AddTwo { x ext [Src, Imm32, Dst, Src, Imm32, Dst] }
    /// Fused operation: adds a constant to a slot, then branches on the slot and another source.
    Step { s ext [SrcDst, Imm32, Src, Target], i ext [SrcDst, Imm32, Imm32, Target] }
    /// One source.
    Unary { s core [Src, Dst], r ext [Dst], s_r ext [Src], r_r ext [] }
    /// [`Unary`] for rare families.
    Unary1 { s core [Src, Dst] }
    /// A branch on two sources.
    Branch { ss core [Src, Src, Target], si core [Src, Imm32, Target], rs ext [Src, Target], ri ext [Imm32, Target] }
    /// [`Branch`] with 64-bit immediates.
    BranchWide { ss core [Src, Src, Target], si core [Src, Imm64, Target], rs ext [Src, Target], ri ext [Imm64, Target] }
    /// [`Branch`] for rare families.
    Branch2 { ss core [Src, Src, Target], si core [Src, Imm32, Target] }
    /// [`BranchWide`] for rare families.
    Branch2Wide { ss core [Src, Src, Target], si core [Src, Imm64, Target] }
    /// A load from memory 0 with a 32-bit address. One letter `s` or `r` is the address. Two letters are a wrapping
    /// sum of two sources. `i` alone is a constant address, given as the offset.
    Load {
        s core [Src, Offset, Dst], i core [Offset, Dst],
        r ext [Offset, Dst], ss ext [Src, Src, Offset, Dst], sr ext [Src, Offset, Dst],
        si ext [Src, Imm32, Offset, Dst], ri ext [Imm32, Offset, Dst],
        s_r ext [Src, Offset], i_r ext [Offset],
        r_r ext [Offset], ss_r ext [Src, Src, Offset], sr_r ext [Src, Offset],
        si_r ext [Src, Imm32, Offset], ri_r ext [Imm32, Offset],
    }
    /// [`Load`] without the sum of the accumulator and a slot.
    Load12 {
        s core [Src, Offset, Dst], i core [Offset, Dst],
        r ext [Offset, Dst], ss ext [Src, Src, Offset, Dst],
        si ext [Src, Imm32, Offset, Dst], ri ext [Imm32, Offset, Dst],
        s_r ext [Src, Offset], i_r ext [Offset],
        r_r ext [Offset], ss_r ext [Src, Src, Offset],
        si_r ext [Src, Imm32, Offset], ri_r ext [Imm32, Offset],
    }
    /// [`Load`] for rare families: the address is no sum.
    Load6 {
        s core [Src, Offset, Dst], i core [Offset, Dst], r ext [Offset, Dst],
        s_r ext [Src, Offset], i_r ext [Offset], r_r ext [Offset],
    }
    /// A store to memory 0 with a 32-bit address. The letters are the address as in [`Load`], then `_` and the value.
    Store {
        s_s core [Src, Src, Offset], s_i core [Src, Imm32, Offset],
        i_s core [Src, Offset], i_i core [Imm32, Offset],
        r_s ext [Src, Offset], r_i ext [Imm32, Offset],
        ss_s ext [Src, Src, Src, Offset], sr_s ext [Src, Src, Offset],
        si_s ext [Src, Imm32, Src, Offset],
        s_r ext [Src, Offset], i_r ext [Offset], ss_r ext [Src, Src, Offset], si_r ext [Src, Imm32, Offset],
    }
    /// A store of a float accumulator to memory 0. A float in a slot is stored as an integer.
    StoreFloat { s_r ext [Src, Offset], i_r ext [Offset] }
    /// A load from any memory, with an address of up to 64 bits.
    LoadAny { s core [Src, Memory, Offset64, Dst] }
    /// A store to any memory, with an address of up to 64 bits.
    StoreAny { s core [Src, Src, Memory, Offset64] }
    /// `select`: the condition, then the value for a condition that is not zero, then the other value.
    Select {
        sss core [Src, Src, Src, Dst], ssi core [Src, Src, Imm32, Dst], sis core [Src, Imm32, Src, Dst], sii core [Src, Imm32, Imm32, Dst],
        rss ext [Src, Src, Dst], rsi ext [Src, Imm32, Dst], ris ext [Imm32, Src, Dst], rii ext [Imm32, Imm32, Dst],
        sss_r ext [Src, Src, Src], ssi_r ext [Src, Src, Imm32], sis_r ext [Src, Imm32, Src], sii_r ext [Src, Imm32, Imm32],
        rss_r ext [Src, Src], rsi_r ext [Src, Imm32], ris_r ext [Imm32, Src], rii_r ext [Imm32, Imm32],
    }
    /// [`Select`] for less frequent families: the result is always stored.
    Select8 {
        sss core [Src, Src, Src, Dst], ssi core [Src, Src, Imm32, Dst], sis core [Src, Imm32, Src, Dst], sii core [Src, Imm32, Imm32, Dst],
        rss ext [Src, Src, Dst], rsi ext [Src, Imm32, Dst], ris ext [Imm32, Src, Dst], rii ext [Imm32, Imm32, Dst],
    }
    /// `select` of vectors.
    SelectPair { sss core [Src, SrcPair, SrcPair, DstPair] }
    /// No operands.
    Plain { x core [] }
    /// The cost of a function or a loop.
    Meter { x core [Imm32] }
    /// A jump.
    Jump { x core [Target] }
    /// `br_table`. The last target is the default.
    Table { s core [Src, TargetCount], r ext [TargetCount] }
    /// A return with nothing to move. It is padded to the size of a jump, so that the translator can replace a jump
    /// by it.
    Return { x core [Header, Padding] }
    /// A return of one value.
    ReturnValue { s core [Src, Header], i core [Imm32, Header], r ext [Header] }
    /// A return of an immediate.
    ReturnImmediate { i core [Imm32, Header] }
    /// A return of one float.
    ReturnFloat { s core [Src, Header], r ext [Header] }
    /// A call of a function that the module defines.
    Call { x core [Defined, Base] }
    /// A call of an imported function.
    CallImport { x core [Import, Base] }
    /// A call through a table. The index is in a slot or in the accumulator.
    CallIndirect { s core [Src, Table, Type, Base], r ext [Table, Type, Base] }
    /// A tail call. The count is the number of the arguments' slots.
    ReturnCall { x core [Defined, Base, Count, Header] }
    /// A tail call of an imported function.
    ReturnCallImport { x core [Import, Base, Count, Header] }
    /// A tail call through a table.
    ReturnCallIndirect { s core [Src, Table, Type, Base, Count, Header] }
    /// A copy of one slot.
    Copy { s core [Src, Dst] }
    /// Two copies. The first one is done before the second.
    Copy2 { s core [Src, Dst, Src, Dst] }
    /// A copy of a run of slots. The runs may overlap.
    CopyRun { s core [SrcRun, DstRun, Count] }
    /// A 32-bit constant, written to a slot.
    Const32 { i core [Imm32, Dst] }
    /// A 64-bit constant, written to a slot.
    Const64 { i core [Imm64, Dst] }
    /// One slot that is set to zero.
    ZeroOne { x core [Dst] }
    /// Two slots that are set to zero.
    ZeroTwo { x core [DstPair] }
    /// Four slots that are set to zero.
    ZeroFour { x core [DstFour] }
    /// A run of slots that is set to zero.
    Zero { x core [DstRun, Count] }
    /// A 64-bit constant, written to the accumulator.
    ConstReg { i_r ext [Imm64] }
    /// A read of a global.
    GlobalGet { s core [Global, Dst], s_r ext [Global] }
    /// A write of a global.
    GlobalSet { s core [Src, GlobalDst], i core [Imm32, GlobalDst], r ext [GlobalDst] }
    /// A read of a vector global.
    GlobalGetPair { s core [GlobalPair, DstPair] }
    /// A write of a vector global.
    GlobalSetPair { s core [SrcPair, GlobalDstPair] }
    /// The size of a memory.
    MemorySize { s core [Memory, Dst] }
    /// Growth of a memory.
    MemoryGrow { s core [Src, Memory, Dst] }
    /// Destination, source, length, then the memories in this order.
    MemoryCopy { s core [Src, Src, Src, Memory, Memory] }
    /// Destination, value, length.
    MemoryFill { s core [Src, Src, Src, Memory] }
    /// Destination, source in the segment, length.
    MemoryInit { s core [Src, Src, Src, Data, Memory] }
    /// As [`MemoryCopy`], in steps. Each step moves the operands to the part that is left.
    MemoryCopyFuel { s core [SrcDst, SrcDst, SrcDst, Memory, Memory] }
    /// As [`MemoryFill`], in steps. Each step moves the operands to the part that is left.
    MemoryFillFuel { s core [SrcDst, Src, SrcDst, Memory] }
    /// As [`MemoryInit`], in steps. Each step moves the operands to the part that is left.
    MemoryInitFuel { s core [SrcDst, SrcDst, SrcDst, Data, Memory] }
    /// Drops a data segment.
    DataDrop { x core [Data] }
    /// A read of a table's element.
    TableGet { s core [Src, Table, Dst] }
    /// A write of a table's element: index, value.
    TableSet { s core [Src, Src, Table] }
    /// The size of a table.
    TableSize { s core [Table, Dst] }
    /// Growth of a table: initial value, delta.
    TableGrow { s core [Src, Src, Table, Dst] }
    /// Destination, value, length.
    TableFill { s core [Src, Src, Src, Table] }
    /// Destination, source, length, then the tables in this order.
    TableCopy { s core [Src, Src, Src, Table, Table] }
    /// Destination, source in the segment, length.
    TableInit { s core [Src, Src, Src, Elem, Table] }
    /// As [`TableFill`], in steps. Each step moves the operands to the part that is left.
    TableFillFuel { s core [SrcDst, Src, SrcDst, Table] }
    /// As [`TableCopy`], in steps. Each step moves the operands to the part that is left.
    TableCopyFuel { s core [SrcDst, SrcDst, SrcDst, Table, Table] }
    /// As [`TableInit`], in steps. Each step moves the operands to the part that is left.
    TableInitFuel { s core [SrcDst, SrcDst, SrcDst, Elem, Table] }
    /// Drops an element segment.
    ElemDrop { x core [Elem] }
    /// A reference to a function.
    RefFunc { s core [Func, Dst] }
    /// Four sources and a result of two slots.
    Wide4 { s core [Src, Src, Src, Src, DstPair] }
    /// Two sources and a result of two slots.
    Wide2 { s core [Src, Src, DstPair] }
    /// A call through a reference.
    CallRef { s managed [Src, Base] }
    /// A tail call through a reference. The count is the number of the arguments' slots.
    ReturnCallRef { s managed [Src, Base, Count, Header] }
    /// A source that is checked.
    Check { s managed [Src] }
    /// A tag and its values, which are in the last slots of the frame that are in use.
    Throw { s managed [Tag, SrcRun, Count, Header] }
    /// An exception.
    ThrowRef { s managed [Src, Header] }
    /// An atomic instruction without operands.
    AtomicFence { x managed [] }
    /// An atomic load: the address.
    AtomicLoad { s managed [Src, Memory, Offset64, Dst] }
    /// An atomic store: the address, then the value.
    AtomicStore { s managed [Src, Src, Memory, Offset64] }
    /// An atomic operation on a place of memory: the address, then the operand.
    AtomicUnary { s managed [Src, Src, Memory, Offset64, Dst] }
    /// [`AtomicUnary`]. [`crate::atomics`] explains the immediate.
    AtomicModify { s managed [Src, Src, Memory, Offset64, Imm16, Dst] }
    /// An atomic operation on a place of memory: the address, then two operands.
    AtomicBinary { s managed [Src, Src, Src, Memory, Offset64, Dst] }
    /// A new continuation: the function.
    NewContinuation { s managed [Src, Dst, Base] }
    /// A continuation and its arguments.
    BindContinuation { s managed [Src, SrcRun, Count, Dst, Base] }
    /// A tag. The run has the values that go out, then those that come back. Here and below, the constant has the
    /// number of the former in its lower half, of the latter in its upper half.
    Suspend { s managed [Tag, SrcRun, Count, Imm32, Header] }
    /// A tag and a continuation.
    Switch { s managed [Tag, Src, SrcRun, Count, Imm32, Header] }
    /// A continuation.
    Resume { s managed [Src, SrcRun, Count, Imm32, Header] }
    /// An exception and a continuation. No values go out.
    ResumeThrowRef { s managed [Src, Src, SrcRun, Count, Imm32, Header] }
    /// A tag, where to continue, and where the values go.
    HandleTag { x managed [Tag, Target, DstRun, Count] }
    /// A new object with the values of a run of slots. Here and below, the base is the first slot that is not in use.
    NewOfRun { s object [Type, SrcRun, Count, Dst, Base] }
    /// A new object of a type.
    NewDefault { x object [Type, Dst, Base] }
    /// A read of a field.
    FieldGet { s object [Src, Field, Dst] }
    /// A read of a field of two slots.
    FieldGetPair { s object [Src, Field, DstPair] }
    /// A write of a field: object, value.
    FieldSet { s object [Src, Src, Field] }
    /// A write of a field of two slots.
    FieldSetPair { s object [Src, SrcPair, Field] }
    /// A new array: the value of each element, then the length.
    ArrayNew { s object [Type, SrcRun, Count, Src, Dst, Base] }
    /// A new array: the length.
    ArrayNewDefault { s object [Type, Src, Dst, Base] }
    /// A new array: the offset in a data segment, then the length.
    ArrayNewData { s object [Type, Src, Src, Data, Dst, Base] }
    /// A new array: the offset in an element segment, then the length.
    ArrayNewElem { s object [Type, Src, Src, Elem, Dst, Base] }
    /// A read of an element: array, index.
    ElementGet { s object [Src, Src, Dst] }
    /// A read of an element of two slots.
    ElementGetPair { s object [Src, Src, DstPair] }
    /// A write of an element: array, index, value.
    ElementSet { s object [Src, Src, Src] }
    /// A write of an element of two slots.
    ElementSetPair { s object [Src, Src, SrcPair] }
    /// One source.
    ObjectUnary { s object [Src, Dst] }
    /// Array, index, value, length.
    ArrayFill { s object [Type, Src, Src, SrcRun, Count, Src] }
    /// Array, index, array, index, length.
    ArrayCopy { s object [Type, Src, Src, Src, Src, Src] }
    /// Array, index, offset in the segment, length.
    ArrayInitData { s object [Type, Src, Src, Src, Src, Data] }
    /// Array, index, offset in the segment, length.
    ArrayInitElem { s object [Type, Src, Src, Src, Src, Elem] }
    /// As [`ArrayFill`], in steps. Each step moves the operands to the part that is left.
    ArrayFillFuel { s object [Type, Src, SrcDst, SrcRun, Count, SrcDst] }
    /// As [`ArrayCopy`], in steps. Each step moves the operands to the part that is left.
    ArrayCopyFuel { s object [Type, Src, SrcDst, Src, SrcDst, SrcDst] }
    /// As [`ArrayInitData`], in steps. Each step moves the operands to the part that is left.
    ArrayInitDataFuel { s object [Type, Src, SrcDst, SrcDst, SrcDst, Data] }
    /// As [`ArrayInitElem`], in steps. Each step moves the operands to the part that is left.
    ArrayInitElemFuel { s object [Type, Src, SrcDst, SrcDst, SrcDst, Elem] }
    /// A test of a reference. [`crate::casts`] explains the immediate.
    RefTest { s object [Src, Type, Imm16, Dst] }
    /// A check of a reference.
    RefCast { s object [Src, Type, Imm16] }
    /// A branch on the type of a reference.
    BrOnCast { s object [Src, Type, Imm16, Target] }
    /// A check of a reference: the reference, then a descriptor.
    RefCastDesc { s object [Src, Type, Imm16, Src] }
    /// A branch on the descriptor of a reference: the reference, then the descriptor.
    BrOnCastDesc { s object [Src, Type, Imm16, Src, Target] }
}
