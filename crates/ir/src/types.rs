//! Value types (spec: syntax/types#value-types).

use crate::proposal::Proposal;

/// The type of a value. What references are in slots: `docs/gc.md`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ValType {
    /// 32-bit integer, kept zero-extended in its slot.
    I32,
    /// 64-bit integer.
    I64,
    /// IEEE 754 single, its bits zero-extended in its slot.
    F32,
    /// IEEE 754 double.
    F64,
    /// 128-bit vector, in two neighbouring slots.
    V128,
    /// A reference.
    Ref(RefType),
}

impl ValType {
    /// Nullable references to functions.
    pub const FUNCREF: ValType = ValType::Ref(RefType::FUNC);
    /// Nullable references to values of the host.
    pub const EXTERNREF: ValType = ValType::Ref(RefType::EXTERN);
    /// What the numbers of reference types have set.
    const REF: u32 = 1 << 31;

    /// How many frame slots a value of this type takes.
    pub const fn slots(self) -> u16 {
        match self {
            ValType::V128 => 2,
            _ => 1,
        }
    }

    /// The type as a number.
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

    /// The type with this number.
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

    /// The name in the text format; of references to a type of the module's only that they are references.
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

    /// The number or vector type that is written as this byte (spec: binary/types#number-types).
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

    /// The reference type, if it is one.
    pub const fn reference(self) -> Option<RefType> {
        match self {
            ValType::Ref(ty) => Some(ty),
            _ => None,
        }
    }

    /// The type with this in place of the index that it refers to, if it does.
    pub fn map_index(self, map: impl FnOnce(u32) -> u32) -> ValType {
        match self {
            ValType::Ref(ty) => ValType::Ref(ty.map_index(map)),
            other => other,
        }
    }

    /// Whether there is a value that locals of this type can begin with: all but references that are never null.
    pub const fn is_defaultable(self) -> bool {
        match self {
            ValType::Ref(ty) => ty.is_nullable(),
            _ => true,
        }
    }
}

macro_rules! heap_types {
    ($( $(#[$doc:meta])* $name:ident = $number:literal, $byte:literal, $proposal:ident, $top:ident, $nullable:literal, $other:literal; )*) => {
        /// What a reference refers to (spec: syntax/types#heap-types).
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum HeapType {
            $( $(#[$doc])* $name, )*
            /// What is of the type with this index: in a module one of its own, elsewhere the engine's number.
            Index(u32),
        }

        impl HeapType {
            const fn number(self) -> u32 {
                match self {
                    $( HeapType::$name => $number, )*
                    HeapType::Index(_) => INDEX,
                }
            }

            const fn of_number(number: u32) -> Option<HeapType> {
                match number {
                    $( $number => Some(HeapType::$name), )*
                    _ => None,
                }
            }

            /// The one that is written as this byte (spec: binary/types#heap-types).
            pub const fn of_byte(byte: u8) -> Option<HeapType> {
                match byte {
                    $( $byte => Some(HeapType::$name), )*
                    _ => None,
                }
            }

            /// The proposal that it belongs to.
            pub const fn proposal(self) -> Proposal {
                match self {
                    $( HeapType::$name => Proposal::$proposal, )*
                    HeapType::Index(_) => Proposal::FunctionReferences,
                }
            }

            /// The top of its hierarchy; of an index it takes the type to tell.
            pub const fn top(self) -> Option<HeapType> {
                match self {
                    $( HeapType::$name => Some(HeapType::$top), )*
                    HeapType::Index(_) => None,
                }
            }
        }

        impl RefType {
            /// The name in the text format; of references to a type with an index only that they are references.
            pub const fn name(self) -> &'static str {
                match (self.heap(), self.is_nullable()) {
                    $( (HeapType::$name, true) => $nullable, (HeapType::$name, false) => $other, )*
                    (HeapType::Index(_), true) => "(ref null type)",
                    (HeapType::Index(_), false) => "(ref type)",
                }
            }
        }
    };
}

/// The number of heap types with an index.
const INDEX: u32 = 15;

heap_types! {
    /// Any function.
    Func = 0, 0x70, ReferenceTypes, Func, "funcref", "(ref func)";
    /// No function.
    NoFunc = 1, 0x73, Gc, Func, "nullfuncref", "(ref nofunc)";
    /// Any value of the host.
    Extern = 2, 0x6f, ReferenceTypes, Extern, "externref", "(ref extern)";
    /// No value of the host.
    NoExtern = 3, 0x72, Gc, Extern, "nullexternref", "(ref noextern)";
    /// Any object, or small integer.
    Any = 4, 0x6e, Gc, Any, "anyref", "(ref any)";
    /// What can be compared.
    Eq = 5, 0x6d, Gc, Any, "eqref", "(ref eq)";
    /// Integers of 31 bits.
    I31 = 6, 0x6c, Gc, Any, "i31ref", "(ref i31)";
    /// Any structure.
    Struct = 7, 0x6b, Gc, Any, "structref", "(ref struct)";
    /// Any array.
    Array = 8, 0x6a, Gc, Any, "arrayref", "(ref array)";
    /// No object.
    None = 9, 0x71, Gc, Any, "nullref", "(ref none)";
    /// Any exception.
    Exn = 10, 0x69, Exceptions, Exn, "exnref", "(ref exn)";
    /// No exception.
    NoExn = 11, 0x74, Exceptions, Exn, "nullexnref", "(ref noexn)";
}

impl HeapType {
    /// Whether all that is of this type is of the other, as far as that can be told of types without an index
    /// (spec: valid/matching#heap-types).
    pub fn is_sub(self, other: HeapType) -> bool {
        use HeapType::{Any, Array, Eq, Exn, Extern, Func, I31, NoExn, NoExtern, NoFunc, None, Struct};
        self == other
            || match self {
                NoFunc => other == Func,
                NoExtern => other == Extern,
                NoExn => other == Exn,
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
    /// Nullable references to functions.
    pub const FUNC: RefType = RefType::new(true, HeapType::Func);
    /// Nullable references to values of the host.
    pub const EXTERN: RefType = RefType::new(true, HeapType::Extern);
    /// One above the highest index.
    pub const MAX_INDEX: u32 = 1 << 25;
    const INDEX_SHIFT: u32 = 5;

    /// References to what is of this type, and null if it is nullable. An index must be below [`RefType::MAX_INDEX`].
    pub const fn new(nullable: bool, heap: HeapType) -> RefType {
        let index = match heap {
            HeapType::Index(index) => index,
            _ => 0,
        };
        RefType(nullable as u32 | heap.number() << 1 | index << RefType::INDEX_SHIFT)
    }

    const fn from_bits(bits: u32) -> Option<RefType> {
        let (number, index) = (bits >> 1 & 15, bits >> RefType::INDEX_SHIFT);
        let known = if number == INDEX {
            index < RefType::MAX_INDEX
        } else {
            index == 0 && HeapType::of_number(number).is_some()
        };
        if known { Some(RefType(bits)) } else { None }
    }

    /// Whether null is of the type that begins with this byte and goes on with a heap type (spec: binary/types#reference-types).
    pub const fn nullable_of_byte(byte: u8) -> Option<bool> {
        match byte {
            0x63 => Some(true),
            0x64 => Some(false),
            _ => None,
        }
    }

    /// Whether null is one.
    pub const fn is_nullable(self) -> bool {
        self.0 & 1 != 0
    }

    /// What it refers to.
    pub const fn heap(self) -> HeapType {
        match HeapType::of_number(self.0 >> 1 & 15) {
            Some(heap) => heap,
            None => HeapType::Index(self.0 >> RefType::INDEX_SHIFT),
        }
    }

    /// The index that it refers to.
    pub const fn index(self) -> Option<u32> {
        match self.heap() {
            HeapType::Index(index) => Some(index),
            _ => None,
        }
    }

    /// The type with this in place of the index that it refers to, if it does.
    pub fn map_index(self, map: impl FnOnce(u32) -> u32) -> RefType {
        match self.heap() {
            HeapType::Index(index) => RefType::new(self.is_nullable(), HeapType::Index(map(index))),
            _ => self,
        }
    }
}

/// The highest offset of a field in an object: structures have at most 10,000 of 16 bytes.
pub const MAX_FIELD: u32 = 8 + 10_000 * 16;

/// The type of a field, or of an array's elements (spec: syntax/types#composite-types).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FieldType {
    /// How it is stored.
    pub storage: StorageType,
    /// Whether it can be written.
    pub mutable: bool,
}

/// How a field is stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StorageType {
    /// 8 bits.
    I8,
    /// 16 bits.
    I16,
    /// A value.
    Val(ValType),
}

impl StorageType {
    /// The type of the value that a read gives.
    pub const fn unpacked(self) -> ValType {
        match self {
            StorageType::Val(ty) => ty,
            _ => ValType::I32,
        }
    }

    /// Bytes in an object.
    pub const fn bytes(self) -> u32 {
        match self {
            StorageType::I8 => 1,
            StorageType::I16 => 2,
            StorageType::Val(ValType::I32 | ValType::F32 | ValType::Ref(_)) => 4,
            StorageType::Val(ValType::I64 | ValType::F64) => 8,
            StorageType::Val(ValType::V128) => 16,
        }
    }
}

impl StorageType {
    /// Where a field of this type lies, in bytes from the object's first, if the fields before it end at `end`; moves `end` behind it.
    /// Fields of 16 bytes are 8-aligned.
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

    /// The type as a number.
    pub const fn number(self) -> u32 {
        let storage = match self.storage {
            StorageType::I8 => FieldType::I8,
            StorageType::I16 => FieldType::I16,
            StorageType::Val(ty) => ty.number(),
        };
        // Indices are below `RefType::MAX_INDEX`, so that bit 30 is free.
        storage | if self.mutable { FieldType::MUTABLE } else { 0 }
    }

    /// The type with this number.
    pub const fn from_number(number: u32) -> Option<FieldType> {
        let mutable = number & FieldType::MUTABLE != 0;
        let storage = match number & !FieldType::MUTABLE {
            FieldType::I8 => StorageType::I8,
            FieldType::I16 => StorageType::I16,
            value => match ValType::from_number(value) {
                Some(ty) => StorageType::Val(ty),
                None => return None,
            },
        };
        Some(FieldType { storage, mutable })
    }
}
