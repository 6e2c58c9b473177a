//! Value types (spec: syntax/types#value-types).

use crate::proposal::Proposal;

/// The type of a value. `docs/gc.md` explains how slots hold references.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ValType {
    /// 32-bit integer, zero-extended in its slot.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float, whose bits are zero-extended in its slot.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector, in two neighbouring slots.
    V128,
    /// A reference.
    Ref(RefType),
}

impl From<RefType> for ValType {
    fn from(ty: RefType) -> ValType {
        ValType::Ref(ty)
    }
}

/// The names that wasmi has for the types of the specification's version 2.
#[allow(non_upper_case_globals)]
impl ValType {
    /// The same as [`ValType::FUNCREF`].
    pub const FuncRef: ValType = ValType::FUNCREF;
    /// The same as [`ValType::EXTERNREF`].
    pub const ExternRef: ValType = ValType::EXTERNREF;
}

/// The names that wasmi has for the types of the specification's version 2.
#[allow(non_upper_case_globals)]
impl RefType {
    /// The same as [`RefType::FUNC`].
    pub const Func: RefType = RefType::FUNC;
    /// The same as [`RefType::EXTERN`].
    pub const Extern: RefType = RefType::EXTERN;
}

/// The names that Wasmtime has for the types of the specification's version 2.
impl RefType {
    /// The same as [`RefType::FUNC`].
    pub const FUNCREF: RefType = RefType::FUNC;
    /// The same as [`RefType::EXTERN`].
    pub const EXTERNREF: RefType = RefType::EXTERN;
}

impl ValType {
    /// `funcref`: nullable references to functions.
    pub const FUNCREF: ValType = ValType::Ref(RefType::FUNC);
    /// `externref`: nullable references to values of the host.
    pub const EXTERNREF: ValType = ValType::Ref(RefType::EXTERN);
    /// The bit that is set in the numbers of reference types.
    const REF: u32 = 1 << 31;

    /// Returns how many slots a value of this type takes.
    pub const fn slots(self) -> u16 {
        match self {
            ValType::V128 => 2,
            _ => 1,
        }
    }

    /// Returns the number of the type.
    pub const fn number(self) -> u32 {
        match self {
            ValType::I32 => 0,
            ValType::I64 => 1,
            ValType::F32 => 2,
            ValType::F64 => 3,
            ValType::V128 => 4,
            ValType::Ref(ty) => ty.0 | ValType::REF,
        }
    }

    /// Returns the type with this number.
    pub const fn from_number(number: u32) -> Option<ValType> {
        Some(match number {
            0 => ValType::I32,
            1 => ValType::I64,
            2 => ValType::F32,
            3 => ValType::F64,
            4 => ValType::V128,
            _ if number & ValType::REF != 0 => match RefType::from_bits(number & !ValType::REF) {
                Some(ty) => ValType::Ref(ty),
                None => return None,
            },
            _ => return None,
        })
    }

    /// Returns the name in the text format. If the type refers to another type by index, the name leaves out the index.
    pub const fn name(self) -> &'static str {
        match self {
            ValType::I32 => "i32",
            ValType::I64 => "i64",
            ValType::F32 => "f32",
            ValType::F64 => "f64",
            ValType::V128 => "v128",
            ValType::Ref(ty) => ty.name(),
        }
    }

    /// Returns the number type or vector type that this byte encodes (spec: binary/types#number-types).
    pub const fn of_byte(byte: u8) -> Option<ValType> {
        Some(match byte {
            0x7f => ValType::I32,
            0x7e => ValType::I64,
            0x7d => ValType::F32,
            0x7c => ValType::F64,
            0x7b => ValType::V128,
            _ => return None,
        })
    }

    /// Whether this is a reference type.
    pub const fn is_ref(self) -> bool {
        matches!(self, ValType::Ref(_))
    }

    /// Returns the reference type, if this is one.
    pub const fn reference(self) -> Option<RefType> {
        match self {
            ValType::Ref(ty) => Some(ty),
            _ => None,
        }
    }

    /// Returns the type with its index replaced by the result of `map`. A type without an index stays the same.
    pub fn map_index(self, map: impl FnOnce(u32) -> u32) -> ValType {
        match self {
            ValType::Ref(ty) => ValType::Ref(ty.map_index(map)),
            other => other,
        }
    }

    /// Whether the type has a default value for locals. Only references that are never null have none.
    pub const fn is_defaultable(self) -> bool {
        match self {
            ValType::Ref(ty) => ty.is_nullable(),
            _ => true,
        }
    }
}

macro_rules! heap_types {
    ($( $(#[$doc:meta])* $name:ident = $number:literal, $byte:literal, $proposal:ident, $top:ident, $nullable:literal, $other:literal; )*) => {
        /// What a reference may refer to (spec: syntax/types#heap-types).
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[non_exhaustive]
        pub enum HeapType {
            $( $(#[$doc])* $name, )*
            /// A defined type. In a module this is its index; elsewhere it is the engine's number of the type.
            Index(u32),
            /// A defined type without its subtypes, named as in [`HeapType::Index`].
            Exact(u32),
        }

        impl HeapType {
            const fn number(self) -> u32 {
                match self {
                    $( HeapType::$name => $number, )*
                    HeapType::Index(_) => INDEX,
                    HeapType::Exact(_) => EXACT,
                }
            }

            const fn of_number(number: u32) -> Option<HeapType> {
                match number {
                    $( $number => Some(HeapType::$name), )*
                    _ => None,
                }
            }

            /// Returns the abstract heap type that this byte encodes (spec: binary/types#heap-types).
            pub const fn of_byte(byte: u8) -> Option<HeapType> {
                match byte {
                    $( $byte => Some(HeapType::$name), )*
                    _ => None,
                }
            }

            /// Returns the proposal that it belongs to.
            pub const fn proposal(self) -> Proposal {
                match self {
                    $( HeapType::$name => Proposal::$proposal, )*
                    HeapType::Index(_) => Proposal::FunctionReferences,
                    HeapType::Exact(_) => Proposal::CustomDescriptors,
                }
            }

            /// Returns the top of its hierarchy. Returns `None` for an index, because only the type itself tells.
            pub const fn top(self) -> Option<HeapType> {
                match self {
                    $( HeapType::$name => Some(HeapType::$top), )*
                    HeapType::Index(_) | HeapType::Exact(_) => None,
                }
            }
        }

        impl RefType {
            /// Returns the name in the text format. If the type refers to another type by index, the name leaves out
            /// the index.
            pub const fn name(self) -> &'static str {
                match (self.heap(), self.is_nullable()) {
                    $( (HeapType::$name, true) => $nullable, (HeapType::$name, false) => $other, )*
                    (HeapType::Index(_), true) => "(ref null type)",
                    (HeapType::Index(_), false) => "(ref type)",
                    (HeapType::Exact(_), true) => "(ref null (exact type))",
                    (HeapType::Exact(_), false) => "(ref (exact type))",
                }
            }
        }
    };
}

/// The number that all heap types with an index share.
const INDEX: u32 = 15;
/// The same for exact ones.
const EXACT: u32 = 14;
const _: () = assert!(HeapType::of_number(INDEX).is_none() && HeapType::of_number(EXACT).is_none());

heap_types! {
    /// Any function.
    Func = 0, 0x70, ReferenceTypes, Func, "funcref", "(ref func)";
    /// No function.
    NoFunc = 1, 0x73, Gc, Func, "nullfuncref", "(ref nofunc)";
    /// Any value of the host.
    Extern = 2, 0x6f, ReferenceTypes, Extern, "externref", "(ref extern)";
    /// No value of the host.
    NoExtern = 3, 0x72, Gc, Extern, "nullexternref", "(ref noextern)";
    /// Any structure, array, 31-bit integer, or converted value of the host.
    Any = 4, 0x6e, Gc, Any, "anyref", "(ref any)";
    /// Any structure, array, or 31-bit integer: `ref.eq` compares these.
    Eq = 5, 0x6d, Gc, Any, "eqref", "(ref eq)";
    /// Any 31-bit integer.
    I31 = 6, 0x6c, Gc, Any, "i31ref", "(ref i31)";
    /// Any structure.
    Struct = 7, 0x6b, Gc, Any, "structref", "(ref struct)";
    /// Any array.
    Array = 8, 0x6a, Gc, Any, "arrayref", "(ref array)";
    /// No value of the `any` hierarchy.
    None = 9, 0x71, Gc, Any, "nullref", "(ref none)";
    /// Any exception.
    Exn = 10, 0x69, Exceptions, Exn, "exnref", "(ref exn)";
    /// No exception.
    NoExn = 11, 0x74, Exceptions, Exn, "nullexnref", "(ref noexn)";
    /// Any continuation.
    Cont = 12, 0x68, StackSwitching, Cont, "contref", "(ref cont)";
    /// No continuation.
    NoCont = 13, 0x75, StackSwitching, Cont, "nullcontref", "(ref nocont)";
}

impl HeapType {
    /// Returns the index, if it has one.
    pub const fn index(self) -> Option<u32> {
        match self {
            HeapType::Index(index) | HeapType::Exact(index) => Some(index),
            _ => None,
        }
    }

    /// Whether this is a subtype of `other`, if neither has an index (spec: valid/matching#heap-types). A type with an
    /// index is a subtype only of itself here.
    pub fn is_sub(self, other: HeapType) -> bool {
        use HeapType::{Any, Array, Cont, Eq, Exn, Extern, Func, I31, NoCont, NoExn, NoExtern, NoFunc, None, Struct};
        self == other
            || match self {
                NoFunc => other == Func,
                NoExtern => other == Extern,
                NoExn => other == Exn,
                NoCont => other == Cont,
                Eq => other == Any,
                I31 | Struct | Array => matches!(other, Eq | Any),
                None => matches!(other, I31 | Struct | Array | Eq | Any),
                _ => false,
            }
    }
}

/// The type of a reference (spec: syntax/types#reference-types).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RefType(u32);

impl RefType {
    /// `funcref`: nullable references to functions.
    pub const FUNC: RefType = RefType::new(true, HeapType::Func);
    /// `externref`: nullable references to values of the host.
    pub const EXTERN: RefType = RefType::new(true, HeapType::Extern);
    /// One above the highest index of a heap type.
    pub const MAX_INDEX: u32 = 1 << 25;
    const INDEX_SHIFT: u32 = 5;

    /// Returns the type of references to this heap type. An index must be below [`RefType::MAX_INDEX`].
    pub const fn new(nullable: bool, heap: HeapType) -> RefType {
        let index = match heap.index() {
            Some(index) => index,
            None => 0,
        };
        RefType(nullable as u32 | heap.number() << 1 | index << RefType::INDEX_SHIFT)
    }

    const fn from_bits(bits: u32) -> Option<RefType> {
        let (number, index) = (bits >> 1 & 15, bits >> RefType::INDEX_SHIFT);
        let known = if number == INDEX || number == EXACT {
            index < RefType::MAX_INDEX
        } else {
            index == 0 && HeapType::of_number(number).is_some()
        };
        if known { Some(RefType(bits)) } else { None }
    }

    /// Returns whether a reference type that begins with this byte is nullable. Returns `None` if no reference type
    /// with a heap type after it begins so (spec: binary/types#reference-types).
    pub const fn nullable_of_byte(byte: u8) -> Option<bool> {
        match byte {
            0x63 => Some(true),
            0x64 => Some(false),
            _ => None,
        }
    }

    /// Whether null has this type.
    pub const fn is_nullable(self) -> bool {
        self.0 & 1 != 0
    }

    /// Returns the heap type.
    pub const fn heap(self) -> HeapType {
        match HeapType::of_number(self.0 >> 1 & 15) {
            Some(heap) => heap,
            None if self.0 >> 1 & 15 == EXACT => HeapType::Exact(self.0 >> RefType::INDEX_SHIFT),
            None => HeapType::Index(self.0 >> RefType::INDEX_SHIFT),
        }
    }

    /// Returns the index of the type that it refers to, if it has one.
    pub const fn index(self) -> Option<u32> {
        self.heap().index()
    }

    /// Returns the type with its index replaced by the result of `map`. A type without an index stays the same.
    pub fn map_index(self, map: impl FnOnce(u32) -> u32) -> RefType {
        let heap = match self.heap() {
            HeapType::Index(index) => HeapType::Index(map(index)),
            HeapType::Exact(index) => HeapType::Exact(map(index)),
            _ => return self,
        };
        RefType::new(self.is_nullable(), heap)
    }
}

/// The highest possible offset of a field in an object. A structure has at most 10,000 fields of at most 16 bytes.
pub const MAX_FIELD: u32 = 8 + 10_000 * 16;

/// The type of a structure's field or an array's elements (spec: syntax/types#composite-types).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FieldType {
    element_type: StorageType,
    mutability: Mutability,
}

/// Whether a global or a field can be written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mutability {
    /// It has the same value for ever.
    Const,
    /// It can be written.
    Var,
}

impl Mutability {
    /// Returns [`Mutability::Var`] if it can be written.
    #[doc(hidden)]
    #[must_use]
    pub const fn of(mutable: bool) -> Mutability {
        if mutable { Mutability::Var } else { Mutability::Const }
    }

    /// Returns whether it has the same value for ever.
    #[must_use]
    pub const fn is_const(self) -> bool {
        matches!(self, Mutability::Const)
    }

    /// Returns whether it can be written.
    #[must_use]
    pub const fn is_mut(self) -> bool {
        matches!(self, Mutability::Var)
    }
}

/// How a field is stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StorageType {
    /// 8 bits.
    I8,
    /// 16 bits.
    I16,
    /// A value.
    ValType(ValType),
}

impl StorageType {
    /// Returns the type of the value that a read returns.
    pub const fn unpacked(self) -> ValType {
        match self {
            StorageType::ValType(ty) => ty,
            _ => ValType::I32,
        }
    }

    /// Returns the size in an object, in bytes.
    pub const fn bytes(self) -> u32 {
        match self {
            StorageType::I8 => 1,
            StorageType::I16 => 2,
            StorageType::ValType(ValType::I32 | ValType::F32 | ValType::Ref(_)) => 4,
            StorageType::ValType(ValType::I64 | ValType::F64) => 8,
            StorageType::ValType(ValType::V128) => 16,
        }
    }
}

impl StorageType {
    /// Places a field of this type after the fields before it, which end at `end`. Returns its offset in the object, in
    /// bytes, and moves `end` to its end. Fields of 16 bytes are 8-aligned.
    pub const fn place(self, end: &mut u32) -> u32 {
        let bytes = self.bytes();
        let align = if bytes > 8 { 8 } else { bytes };
        let at = end.next_multiple_of(align);
        *end = at + bytes;
        at
    }
}

impl FieldType {
    const I8: u32 = 8;
    const I16: u32 = 9;
    const MUTABLE: u32 = 1 << 30;

    /// Makes the type of a field.
    #[must_use]
    pub const fn new(mutability: Mutability, element_type: StorageType) -> FieldType {
        FieldType { element_type, mutability }
    }

    /// Returns how it is stored.
    #[must_use]
    pub const fn element_type(self) -> StorageType {
        self.element_type
    }

    /// Returns whether it can be written.
    #[must_use]
    pub const fn mutability(self) -> Mutability {
        self.mutability
    }

    /// Returns the number of the type.
    pub const fn number(self) -> u32 {
        let storage = match self.element_type {
            StorageType::I8 => FieldType::I8,
            StorageType::I16 => FieldType::I16,
            StorageType::ValType(ty) => ty.number(),
        };
        // Indices are below `RefType::MAX_INDEX`, so bit 30 is free.
        storage | if self.mutability.is_mut() { FieldType::MUTABLE } else { 0 }
    }

    /// Returns the type with this number.
    pub const fn from_number(number: u32) -> Option<FieldType> {
        let mutability = Mutability::of(number & FieldType::MUTABLE != 0);
        let element_type = match number & !FieldType::MUTABLE {
            FieldType::I8 => StorageType::I8,
            FieldType::I16 => StorageType::I16,
            value => match ValType::from_number(value) {
                Some(ty) => StorageType::ValType(ty),
                None => return None,
            },
        };
        Some(FieldType { element_type, mutability })
    }
}
