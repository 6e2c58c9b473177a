//! Globals.

use wasmote_decode::GlobalType;
use wasmote_ir::ValType;

/// A global in a store. It begins with its value, the only part that handlers use.
#[repr(C)]
pub struct GlobalRecord {
    value: [u64; 2],
    ty: GlobalType,
    pub(crate) index: u32,
}

impl GlobalRecord {
    pub(crate) fn new(ty: GlobalType, value: [u64; 2], index: u32) -> GlobalRecord {
        let mut record = GlobalRecord { value: [0; 2], ty, index };
        record.set(value);
        record
    }

    /// Returns the type.
    pub fn ty(&self) -> &GlobalType {
        &self.ty
    }

    /// Returns the value, as slots.
    pub fn slots(&self) -> [u64; 2] {
        self.value
    }

    /// Sets the value. Narrow values are zero-extended: handlers rely on that.
    pub fn set(&mut self, value: [u64; 2]) {
        self.value = match self.ty.content() {
            ValType::I64 | ValType::F64 | ValType::V128 => value,
            ValType::I32 | ValType::F32 | ValType::Ref(_) => [u64::from(value[0] as u32), 0],
        };
    }
}
