//! Value types (spec: syntax/types#value-types).

/// The type of a value. A reference is a 32-bit index into tables of the store, 0 being null.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
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
    /// Nullable reference to a function.
    FuncRef,
    /// Nullable reference to a value of the host.
    ExternRef,
}

impl ValType {
    /// How many frame slots a value of this type takes.
    pub const fn slots(self) -> u16 {
        match self {
            ValType::V128 => 2,
            _ => 1,
        }
    }

    /// The type with this number, as `as u8` gives it.
    pub const fn from_number(number: u8) -> Option<ValType> {
        Some(match number {
            0 => ValType::I32,
            1 => ValType::I64,
            2 => ValType::F32,
            3 => ValType::F64,
            4 => ValType::V128,
            5 => ValType::FuncRef,
            6 => ValType::ExternRef,
            _ => return None,
        })
    }

    /// The name in the text format.
    pub const fn name(self) -> &'static str {
        match self {
            ValType::I32 => "i32",
            ValType::I64 => "i64",
            ValType::F32 => "f32",
            ValType::F64 => "f64",
            ValType::V128 => "v128",
            ValType::FuncRef => "funcref",
            ValType::ExternRef => "externref",
        }
    }

    /// Whether this is a reference type.
    pub const fn is_ref(self) -> bool {
        matches!(self, ValType::FuncRef | ValType::ExternRef)
    }
}
