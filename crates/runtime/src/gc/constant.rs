//! Objects in constant expressions.

use alloc::vec::Vec;

use wasmote_decode::{CompositeType, ConstOp};
use wasmote_ir::TrapCode;

use crate::constant::invalid;
use crate::error::Error;
use crate::store::Store;
use crate::type_ids::TypeIds;

impl Store {
    /// Makes an object from the values on the stack, and returns a reference to it.
    pub(crate) fn constant_object(
        &mut self,
        types: &TypeIds,
        op: &ConstOp,
        stack: &mut Vec<[u64; 2]>,
    ) -> Result<[u64; 2], Error> {
        let mut pop = || stack.pop().ok_or_else(invalid);
        let fields = |ty: u32| match types.sub_type(ty).map(|ty| &ty.composite) {
            Some(CompositeType::Struct(fields)) => Ok(fields.len()),
            _ => Err(invalid()),
        };
        // `count` is the number of values on the stack, `len` that of elements, or the descriptor.
        let (ty, count, len) = match *op {
            ConstOp::StructNew(ty) => (ty, fields(ty)?, 0),
            ConstOp::StructNewDefault(ty) => (ty, 0, 0),
            ConstOp::StructNewDesc(ty) => (ty, fields(ty)?, pop()?[0] as u32),
            ConstOp::StructNewDefaultDesc(ty) => (ty, 0, pop()?[0] as u32),
            ConstOp::ArrayNew(ty) => (ty, 1, pop()?[0] as u32),
            ConstOp::ArrayNewDefault(ty) => (ty, 0, pop()?[0] as u32),
            ConstOp::ArrayNewFixed(ty, len) => (ty, len as usize, len),
            _ => return Err(invalid()),
        };
        if len == 0 && matches!(op, ConstOp::StructNewDesc(_) | ConstOp::StructNewDefaultDesc(_)) {
            return Err(self.error_of(TrapCode::NullReference));
        }
        let first = stack.len().checked_sub(count).ok_or_else(invalid)?;
        let id = *types.ids().get(ty as usize).ok_or_else(invalid)?;
        let object = self.new_object(id, len, &stack[first..])?.reference(self);
        stack.truncate(first);
        Ok([object.into(), 0])
    }
}
