//! Value types as numbers, which are equal if and only if the types are.

use core::fmt;

use wasmote_ir::operators::Operand;
use wasmote_ir::{HeapType, RefType, ValType};

/// A value type, or a placeholder for one in unreachable code. The number is that of [`ValType::number`], but with
/// the place of a type in `Outline::types` instead of its index. There is one more heap type, for references of any
/// type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ty(u32);

impl Ty {
    pub const I32: Ty = Ty(ValType::I32.number());
    pub const I64: Ty = Ty(ValType::I64.number());
    pub const F32: Ty = Ty(ValType::F32.number());
    pub const F64: Ty = Ty(ValType::F64.number());
    pub const V128: Ty = Ty(ValType::V128.number());
    /// Any type. Unreachable code pops it from an empty stack.
    pub const BOTTOM: Ty = Ty(7);
    /// A non-null reference of any type. Unreachable code pops it from an empty stack.
    pub const REF_BOTTOM: Ty = Ty(REF | BOTTOM);

    pub const FUNCREF: Ty = Ty(ValType::FUNCREF.number());
    pub const EXNREF: Ty = Ty::abstract_ref(true, HeapType::Exn);

    /// Returns the type of references to this abstract heap type.
    pub const fn abstract_ref(nullable: bool, heap: HeapType) -> Ty {
        Ty(ValType::Ref(RefType::new(nullable, heap)).number())
    }

    /// Returns the type of references to the type at this place in `Outline::types`.
    pub const fn concrete_ref(nullable: bool, index: u32) -> Ty {
        Ty::abstract_ref(nullable, HeapType::Index(index))
    }

    /// The same without the type's subtypes.
    pub const fn exact_ref(nullable: bool, index: u32) -> Ty {
        Ty::abstract_ref(nullable, HeapType::Exact(index))
    }

    pub const fn is_ref(self) -> bool {
        self.0 & REF != 0
    }

    /// Returns the type without null. The type must be a reference.
    pub const fn non_null(self) -> Ty {
        Ty(self.0 & !1)
    }

    /// Returns the type with null. The type must be a reference.
    pub const fn or_null(self) -> Ty {
        Ty(self.0 | 1)
    }

    pub const fn is_nullable(self) -> bool {
        self.is_ref() && self.0 & 1 != 0
    }

    pub const fn is_defaultable(self) -> bool {
        !self.is_ref() || self.0 & 1 != 0
    }

    /// Returns the heap type of a reference. Returns `None` if it is no reference, or a reference of any type.
    pub fn heap(self) -> Option<HeapType> {
        ValType::from_number(self.0)?.reference().map(RefType::heap)
    }

    /// Returns a number for the encoding of a recursion group, whose types have the places from `first` on. Types of
    /// the group itself are counted from `first`.
    pub fn number_in_group(self, first: u32) -> u32 {
        match self.heap() {
            Some(HeapType::Index(index)) if index >= first => {
                Ty::concrete_ref(self.is_nullable(), index - first).0 | IN_GROUP
            }
            Some(HeapType::Exact(index)) if index >= first => {
                Ty::exact_ref(self.is_nullable(), index - first).0 | IN_GROUP
            }
            _ => self.0,
        }
    }

    /// Returns the type of a number or a vector.
    pub const fn of(ty: ValType) -> Ty {
        Ty(ty.number())
    }

    /// Returns the type of an operand in an operator's row, given the type of addresses.
    #[inline]
    pub const fn of_operand(operand: Operand, address: Ty) -> Ty {
        match operand {
            Operand::Address => address,
            Operand::EqRef => Ty::abstract_ref(true, HeapType::Eq),
            Operand::I31Ref => Ty::abstract_ref(true, HeapType::I31),
            Operand::ArrayRef => Ty::abstract_ref(true, HeapType::Array),
            Operand::RefI31 => Ty::abstract_ref(false, HeapType::I31),
            number => Ty::of_number(number),
        }
    }

    /// [`Ty::of_operand`] for a number or a vector.
    #[inline(always)]
    pub const fn of_number(operand: Operand) -> Ty {
        Ty(operand as u32)
    }
}

// `of_number` relies on equal numbers.
const _: () = assert!(
    Operand::I32 as u32 == Ty::I32.0
        && Operand::I64 as u32 == Ty::I64.0
        && Operand::F32 as u32 == Ty::F32.0
        && Operand::F64 as u32 == Ty::F64.0
        && Operand::V128 as u32 == Ty::V128.0
);

/// Prints a type for messages, as the text format has it if it has it.
pub struct TyText<'a> {
    pub ty: Ty,
    /// For each type that the module defines, its place.
    pub canonical: &'a [u32],
}

impl fmt::Display for TyText<'_> {
    #[cold]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, exact) = match self.ty.heap() {
            Some(HeapType::Index(place)) => (place, false),
            Some(HeapType::Exact(place)) => (place, true),
            _ => {
                return f.write_str(match self.ty {
                    Ty::BOTTOM => "any type",
                    Ty::REF_BOTTOM => "a reference",
                    Ty(number) => ValType::from_number(number).map_or("a value", ValType::name),
                });
            }
        };
        f.write_str(if self.ty.is_nullable() { "(ref null " } else { "(ref " })?;
        f.write_str(if exact { "(exact " } else { "" })?;
        // Of equal types, the first one is named.
        match self.canonical.iter().position(|known| *known == place) {
            Some(index) => write!(f, "{index}")?,
            None => f.write_str("type")?,
        }
        f.write_str(if exact { "))" } else { ")" })
    }
}

/// The bit that is set in the numbers of references.
const REF: u32 = 1 << 31;
/// A number of a reference type that `wasmote-ir` does not use: an abstract heap type with an index.
const BOTTOM: u32 = 1 << 5;
/// A bit that is free in numbers of types. It marks types of the group that is being encoded.
const IN_GROUP: u32 = 1 << 30;
const _: () = assert!(ValType::from_number(Ty::REF_BOTTOM.0).is_none() && ValType::from_number(7).is_none());

/// A local: the number of its type, and a bit that says whether it may be read. Bit 30 is free in numbers of types.
#[derive(Clone, Copy)]
pub struct Local(u32);

impl Local {
    const UNSET: u32 = 1 << 30;

    /// Returns a declared local. It may be read if its type has a default value.
    pub fn declared(ty: Ty) -> Local {
        Local(ty.0 | if ty.is_defaultable() { 0 } else { Local::UNSET })
    }

    /// Returns a parameter, which may be read.
    pub fn param(ty: Ty) -> Local {
        Local(ty.0)
    }

    pub fn ty(self) -> Ty {
        Ty(self.0 & !Local::UNSET)
    }

    pub fn is_set(self) -> bool {
        self.0 & Local::UNSET == 0
    }

    pub fn set(&mut self) {
        self.0 &= !Local::UNSET;
    }

    pub fn unset(&mut self) {
        self.0 |= Local::UNSET;
    }
}
const _: () = assert!(RefType::MAX_INDEX <= 1 << 25);

/// A field of a structure, or the element of an array.
#[derive(Clone, Copy)]
pub struct Field {
    /// The type of its value. It is `i32` if the field is packed.
    pub ty: Ty,
    /// The number of bits of a packed integer, 8 or 16. It is 0 if the field is not packed.
    pub packed: u8,
    pub mutable: bool,
}
