//! References to arrays.

use alloc::vec::Vec;

use wasmote_ir::TrapCode;

use crate::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use crate::engine::Engine;
use crate::error::Error;
use crate::gc::fields::{read, slots_for, try_results, write};
use crate::gc::object_types::ArrayType;
use crate::gc::refs::ArrayRef;
use crate::handles::AnyRef;
use crate::value::Val;

impl ArrayRef {
    /// A new array of `len` elements that are all `element`, cut to the elements' width if they are packed.
    ///
    /// # Errors
    /// When the value is not of the type of the elements, or the type is another engine's;
    /// [`HeapExhausted`](crate::TrapCode::HeapExhausted) if there is no room.
    ///
    /// # Panics
    /// As all functions here, if a reference belongs to another store, or its scope has ended.
    pub fn new(mut ctx: impl AsContextMut, ty: &ArrayType, element: Val, len: u32) -> Result<ArrayRef, Error> {
        make(ctx.as_context_mut(), ty, len, &[element])
    }

    /// A new array of these elements.
    ///
    /// # Errors
    /// As [`ArrayRef::new`].
    pub fn new_fixed(mut ctx: impl AsContextMut, ty: &ArrayType, elements: &[Val]) -> Result<ArrayRef, Error> {
        let len = u32::try_from(elements.len()).map_err(|_| TrapCode::HeapExhausted)?;
        make(ctx.as_context_mut(), ty, len, elements)
    }

    /// Its type.
    ///
    /// # Errors
    /// As all functions here, if it is no array, which only an image that is not as it was written can bring about.
    pub fn ty(&self, ctx: impl AsContext) -> Result<ArrayType, Error> {
        let ctx = ctx.as_context();
        let id = ctx.inner().object_type_id(self.0)?;
        ArrayType::of_index(ctx.engine(), id).ok_or_else(|| Error::new("the object is no array"))
    }

    /// How many elements it has.
    ///
    /// # Errors
    /// None of its own.
    pub fn len(&self, ctx: impl AsContext) -> Result<u32, Error> {
        Ok(ctx.as_context().inner().array(self.0)?.len)
    }

    /// Whether it has no elements.
    ///
    /// # Errors
    /// None of its own.
    pub fn is_empty(&self, ctx: impl AsContext) -> Result<bool, Error> {
        Ok(self.len(ctx)? == 0)
    }

    /// An element; packed ones are zero-extended.
    ///
    /// # Errors
    /// When there are not as many.
    pub fn get(&self, ctx: impl AsContext, index: u32) -> Result<Val, Error> {
        let ctx = ctx.as_context();
        read(ctx.inner(), self.0, ctx.inner().array(self.0)?.part(index)?)
    }

    /// All elements.
    ///
    /// # Errors
    /// None of its own.
    pub fn elements(&self, ctx: impl AsContext) -> Result<Vec<Val>, Error> {
        let ctx = ctx.as_context();
        let array = ctx.inner().array(self.0)?;
        ctx.inner().room_for_handles(array.len as usize)?;
        try_results((0..array.len).map(|index| read(ctx.inner(), self.0, array.part(index)?)))
    }

    /// Sets an element; a packed one to as many bits of the value as it has.
    ///
    /// # Errors
    /// When there are not as many, when the elements are not mutable, and when the value is not of their type.
    pub fn set(&self, mut ctx: impl AsContextMut, index: u32, value: Val) -> Result<(), Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let element = store.array(self.0)?.part(index)?;
        write(store, self.0, element, value)
    }

    /// The bytes of the elements, in the machine's order, 8-aligned.
    ///
    /// # Errors
    /// When the elements are references.
    pub fn data<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> Result<&'a [u8], Error> {
        Ok(ctx.into().inner().array_data(self.0)?)
    }

    /// The bytes of the elements, to be changed.
    ///
    /// # Errors
    /// When the elements are references, or not mutable.
    pub fn data_mut<'a, T: 'a>(&self, ctx: impl Into<StoreContextMut<'a, T>>) -> Result<&'a mut [u8], Error> {
        Ok(ctx.into().into_parts().0.array_data_mut(self.0)?)
    }
}

/// A new array whose elements are these, or all the one.
fn make<T>(mut ctx: StoreContextMut<'_, T>, ty: &ArrayType, len: u32, elements: &[Val]) -> Result<ArrayRef, Error> {
    let store = ctx.inner_mut();
    let id = ty.id_in(Engine::of(store.engine()))?;
    let values = elements.iter().map(|&value| slots_for(store, ty.element(), value));
    let values = try_results(values)?;
    store.use_type(id)?;
    Ok(ArrayRef(store.new_object(id, len, &values)?))
}

impl From<ArrayRef> for AnyRef {
    fn from(value: ArrayRef) -> AnyRef {
        AnyRef(value.0)
    }
}

impl From<ArrayRef> for Val {
    fn from(value: ArrayRef) -> Val {
        Val::AnyRef(Some(value.into()))
    }
}
