//! References to structures.

use alloc::vec::Vec;

use crate::context::{AsContext, AsContextMut};
use crate::engine::Engine;
use crate::error::Error;
use crate::gc::fields::{read, slots_for, try_results, write};
use crate::gc::object_types::StructType;
use crate::gc::refs::StructRef;
use crate::handles::AnyRef;
use crate::value::Val;

impl StructRef {
    /// A new structure with these fields, of which packed ones are cut to their width.
    ///
    /// # Errors
    /// When they are not as many as the type has, or not of its types, or the type is another engine's;
    /// [`HeapExhausted`](crate::TrapCode::HeapExhausted) if there is no room.
    ///
    /// # Panics
    /// As all functions here, if a reference belongs to another store, or its scope has ended.
    pub fn new(mut ctx: impl AsContextMut, ty: &StructType, fields: &[Val]) -> Result<StructRef, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let id = ty.id_in(Engine::of(store.engine()))?;
        if fields.len() != ty.fields().len() {
            return Err(Error::new("the structure's type has another number of fields"));
        }
        let values = ty.fields().iter().zip(fields).map(|(&ty, &value)| slots_for(store, ty, value));
        let values = try_results(values)?;
        store.use_type(id)?;
        Ok(StructRef(store.new_object(id, 0, &values)?))
    }

    /// Its type.
    ///
    /// # Errors
    /// As all functions here, if it is no structure, which only an image that is not as it was written can bring about.
    pub fn ty(&self, ctx: impl AsContext) -> Result<StructType, Error> {
        let ctx = ctx.as_context();
        let id = ctx.inner().object_type_id(self.0)?;
        StructType::of_index(ctx.engine(), id).ok_or_else(|| Error::new("the object is no structure"))
    }

    /// A field; packed ones are zero-extended.
    ///
    /// # Errors
    /// When there are not as many.
    pub fn field(&self, ctx: impl AsContext, index: usize) -> Result<Val, Error> {
        let ctx = ctx.as_context();
        read(ctx.inner(), self.0, ctx.inner().field(self.0, index)?)
    }

    /// All fields.
    ///
    /// # Errors
    /// None of its own.
    pub fn fields(&self, ctx: impl AsContext) -> Result<Vec<Val>, Error> {
        let count = self.ty(&ctx)?.fields().len();
        ctx.as_context().inner().room_for_handles(count)?;
        try_results((0..count).map(|index| self.field(&ctx, index)))
    }

    /// Sets a field; a packed one to as many bits of the value as it has.
    ///
    /// # Errors
    /// When there are not as many, when the field is not mutable, and when the value is not of its type.
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

impl From<StructRef> for Val {
    fn from(value: StructRef) -> Val {
        Val::AnyRef(Some(value.into()))
    }
}
