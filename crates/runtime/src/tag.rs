//! Tags of exceptions.

use wasmote_decode::FuncType;

/// A tag in a store.
pub struct TagRecord {
    /// In terms of the engine's types.
    pub(crate) ty: FuncType,
    pub(crate) type_id: u32,
}

impl TagRecord {
    /// Its type: exceptions have the parameters as values.
    pub fn ty(&self) -> &FuncType {
        &self.ty
    }
}
