//! Operations on references to structures.

use alloc::vec::Vec;

use crate::context::{AsContext, AsContextMut};
use crate::engine::Engine;
use crate::error::Error;
use crate::gc::fields::{read, slots_for, try_results, write};
use crate::gc::object_types::StructType;
use crate::gc::refs::StructRef;
use crate::handles::AnyRef;
use crate::reference::Ref;
use crate::value::Val;

impl StructRef {
    /// Makes a structure with these fields. Packed fields keep the low bits of their value.
    ///
    /// # Errors
    /// Fails if the number or the types of the fields are not those of `ty`, if `ty` belongs to another engine, or if
    /// structures of this type have descriptors: only wasm makes those.
    /// [`HeapExhausted`](crate::TrapCode::HeapExhausted) if there is no room.
    ///
    /// # Panics
    /// Like all methods of `StructRef`: if a reference belongs to another store, or if its scope has ended.
    pub fn new(mut ctx: impl AsContextMut, ty: &StructType, fields: &[Val]) -> Result<StructRef, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let id = ty.id_in(Engine::of(store.engine()))?;
        if fields.len() != ty.fields().len() {
            return Err(Error::new("the structure's type has another number of fields"));
        }
        if ty.has_descriptor() {
            return Err(Error::new("the structure's type has a descriptor"));
        }
        let values = ty.fields().iter().zip(fields).map(|(&ty, &value)| slots_for(store, ty, value));
        let values = try_results(values)?;
        store.use_type(id)?;
        Ok(StructRef(store.new_object(id, 0, &values)?))
    }

    /// Returns the structure's type.
    ///
    /// # Errors
    /// Like all methods of `StructRef`: fails if the object is not a structure. Only an image that was modified can
    /// cause this.
    pub fn ty(&self, ctx: impl AsContext) -> Result<StructType, Error> {
        let ctx = ctx.as_context();
        let id = ctx.inner().object_type_id(self.0)?;
        StructType::of_index(ctx.engine(), id).ok_or_else(|| Error::new("the object is not a structure"))
    }

    /// Returns a field. Packed fields are zero-extended.
    ///
    /// # Errors
    /// Fails if the structure has no field with this index.
    pub fn field(&self, ctx: impl AsContext, index: usize) -> Result<Val, Error> {
        let ctx = ctx.as_context();
        read(ctx.inner(), self.0, ctx.inner().field(self.0, index)?)
    }

    /// Returns all fields.
    ///
    /// # Errors
    /// Only that of [`StructRef::ty`], and if there is not enough memory.
    pub fn fields(&self, ctx: impl AsContext) -> Result<Vec<Val>, Error> {
        let count = self.ty(&ctx)?.fields().len();
        ctx.as_context().inner().room_for_handles(count)?;
        try_results((0..count).map(|index| self.field(&ctx, index)))
    }

    /// Sets a field. A packed field keeps the low bits of the value.
    ///
    /// # Errors
    /// Fails if there is no such field, if it is not mutable, or if `value` is not of its type.
    pub fn set_field(&self, mut ctx: impl AsContextMut, index: usize, value: Val) -> Result<(), Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let field = store.field(self.0, index)?;
        write(store, self.0, field, value)
    }
}

impl From<StructRef> for AnyRef {
    fn from(value: StructRef) -> AnyRef {
        AnyRef(value.0)
    }
}

impl From<StructRef> for Ref {
    fn from(value: StructRef) -> Ref {
        Ref::Any(Some(value.into()))
    }
}

impl From<StructRef> for Val {
    fn from(value: StructRef) -> Val {
        Val::AnyRef(Some(value.into()))
    }
}
