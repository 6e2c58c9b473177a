//! Tags of exceptions.

use wasmote_decode::FuncType;

/// A tag in a store.
pub struct TagRecord {
    /// The type, with the engine's numbers as indices.
    pub(crate) ty: FuncType,
    pub(crate) type_id: u32,
}

impl TagRecord {
    /// Returns the type. Its parameters are the values of the exceptions.
    pub fn ty(&self) -> &FuncType {
        &self.ty
    }
}
