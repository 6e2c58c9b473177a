//! Types as bodies are checked with: numbers that are equal if the types are.

use wasmote_ir::operators::Operand;
use wasmote_ir::{HeapType, RefType, ValType};

/// A value type, or what stands for one in code that is never reached. The number is [`ValType::number`]'s, with
/// indices of types replaced by places in `Outline`, the same for types that are equal; one more heap type stands for what
/// has no other name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ty(u32);

impl Ty {
    pub const I32: Ty = Ty(ValType::I32.number());
    pub const I64: Ty = Ty(ValType::I64.number());
    pub const F32: Ty = Ty(ValType::F32.number());
    pub const F64: Ty = Ty(ValType::F64.number());
    pub const V128: Ty = Ty(ValType::V128.number());
    /// Any type: what unreachable code finds on an empty stack.
    pub const BOTTOM: Ty = Ty(7);
    /// A reference of any type that is not null: likewise.
    pub const REF_BOTTOM: Ty = Ty(REF | BOTTOM_HEAP << 1);

    /// A type of a proposal that nothing here knows: equal to itself alone.
    pub const FOREIGN: Ty = Ty(6);

    pub const FUNCREF: Ty = Ty(ValType::FUNCREF.number());
    pub const EXNREF: Ty = Ty::abstract_ref(true, HeapType::Exn);

    /// References to what this heap type says, which is no index.
    pub const fn abstract_ref(nullable: bool, heap: HeapType) -> Ty {
        Ty(ValType::Ref(RefType::new(nullable, heap)).number())
    }

    /// References to values of the type with this index, which stands for all that are equal.
    pub const fn concrete_ref(nullable: bool, index: u32) -> Ty {
        Ty::abstract_ref(nullable, HeapType::Index(index))
    }

    pub const fn is_ref(self) -> bool {
        self.0 & REF != 0
    }

    /// The same, and never null; of references only.
    pub const fn non_null(self) -> Ty {
        Ty(self.0 & !1)
    }

    /// The same, or null; of references only.
    pub const fn or_null(self) -> Ty {
        Ty(self.0 | 1)
    }

    pub const fn is_nullable(self) -> bool {
        self.is_ref() && self.0 & 1 != 0
    }

    pub const fn is_defaultable(self) -> bool {
        !self.is_ref() || self.0 & 1 != 0
    }

    /// What a reference refers to; nothing if it is no reference or one of any type.
    pub fn heap(self) -> Option<HeapType> {
        ValType::from_number(self.0)?.reference().map(RefType::heap)
    }

    /// What the text format calls it.
    pub fn name(self) -> &'static str {
        match self {
            Ty::BOTTOM => "any type",
            Ty::REF_BOTTOM => "a reference",
            _ => ValType::from_number(self.0).map_or("a value", ValType::name),
        }
    }

    /// A number that is the same for types that are equal if the recursive groups are that they stand in, of which the own
    /// has the types from `first` on.
    pub fn number_in_group(self, first: u32) -> u32 {
        match self.heap() {
            Some(HeapType::Index(index)) if index >= first => {
                Ty::concrete_ref(self.is_nullable(), index - first).0 | IN_GROUP
            }
            _ => self.0,
        }
    }

    /// A type of a number or vector.
    pub const fn of(ty: ValType) -> Ty {
        Ty(ty.number())
    }

    /// What an operator's row says, given the type of addresses.
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

    /// The same, if it is a number or a vector.
    #[inline(always)]
    pub const fn of_number(operand: Operand) -> Ty {
        Ty(operand as u32)
    }
}

// These have the same numbers.
const _: () = assert!(
    Operand::I32 as u32 == Ty::I32.0
        && Operand::I64 as u32 == Ty::I64.0
        && Operand::F32 as u32 == Ty::F32.0
        && Operand::F64 as u32 == Ty::F64.0
        && Operand::V128 as u32 == Ty::V128.0
);

/// What references have set, and the two numbers of heap types that `ir` does not use.
const REF: u32 = 1 << 31;
const BOTTOM_HEAP: u32 = 14;
/// What numbers of types do not have.
const IN_GROUP: u32 = 1 << 30;
const _: () = assert!(ValType::from_number(Ty::REF_BOTTOM.0).is_none() && ValType::from_number(7).is_none());

/// A local: its type, and whether it may be read yet. Bit 30 is free in numbers of types.
#[derive(Clone, Copy)]
pub struct Local(u32);

impl Local {
    const UNSET: u32 = 1 << 30;

    /// A parameter, or a local that begins with a default value; what has none may not be read yet.
    pub fn declared(ty: Ty) -> Local {
        Local(ty.0 | if ty.is_defaultable() { 0 } else { Local::UNSET })
    }

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

/// A field of a structure, or what an array is made of.
#[derive(Clone, Copy)]
pub struct Field {
    /// As a value: what is packed is an `i32`.
    pub ty: Ty,
    /// Bits of a packed integer, 8 or 16; 0 if it is not packed.
    pub packed: u8,
    pub mutable: bool,
}
