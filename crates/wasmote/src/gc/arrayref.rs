//! Operations on references to arrays.

use alloc::vec::Vec;

use wasmote_ir::TrapCode;

use crate::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use crate::engine::Engine;
use crate::error::Error;
use crate::gc::fields::{read, slots_for, try_results, write};
use crate::gc::object_types::ArrayType;
use crate::gc::refs::ArrayRef;
use crate::handles::AnyRef;
use crate::reference::Ref;
use crate::value::Val;

impl ArrayRef {
    /// Makes an array of `len` elements that are all `element`. Packed elements keep the low bits of the value.
    ///
    /// # Errors
    /// Fails if `element` is not of the element type, or if `ty` belongs to another engine.
    /// [`HeapExhausted`](crate::TrapCode::HeapExhausted) if there is no room.
    ///
    /// # Panics
    /// Like all methods of `ArrayRef`: if a reference belongs to another store, or if its scope has ended.
    pub fn new(mut ctx: impl AsContextMut, ty: &ArrayType, element: Val, len: u32) -> Result<ArrayRef, Error> {
        make(ctx.as_context_mut(), ty, len, &[element])
    }

    /// Makes an array of these elements.
    ///
    /// # Errors
    /// Those of [`ArrayRef::new`].
    pub fn new_fixed(mut ctx: impl AsContextMut, ty: &ArrayType, elements: &[Val]) -> Result<ArrayRef, Error> {
        let len = u32::try_from(elements.len()).map_err(|_| TrapCode::HeapExhausted)?;
        make(ctx.as_context_mut(), ty, len, elements)
    }

    /// Returns the array's type.
    ///
    /// # Errors
    /// Like all methods of `ArrayRef`: fails if the object is not an array. Only an image that was modified can
    /// cause this.
    pub fn ty(&self, ctx: impl AsContext) -> Result<ArrayType, Error> {
        let ctx = ctx.as_context();
        let id = ctx.inner().object_type_id(self.0)?;
        ArrayType::of_index(ctx.engine(), id).ok_or_else(|| Error::new("the object is not an array"))
    }

    /// Returns the number of elements.
    ///
    /// # Errors
    /// Only that of [`ArrayRef::ty`].
    pub fn len(&self, ctx: impl AsContext) -> Result<u32, Error> {
        Ok(ctx.as_context().inner().array(self.0)?.len)
    }

    /// Returns whether the array has no elements.
    ///
    /// # Errors
    /// Only that of [`ArrayRef::ty`].
    pub fn is_empty(&self, ctx: impl AsContext) -> Result<bool, Error> {
        Ok(self.len(ctx)? == 0)
    }

    /// Returns an element. Packed elements are zero-extended.
    ///
    /// # Errors
    /// Fails if `index` is beyond the end.
    pub fn get(&self, ctx: impl AsContext, index: u32) -> Result<Val, Error> {
        let ctx = ctx.as_context();
        read(ctx.inner(), self.0, ctx.inner().array(self.0)?.part(index)?)
    }

    /// Returns all elements.
    ///
    /// # Errors
    /// Only that of [`ArrayRef::ty`], and if there is not enough memory.
    pub fn elements(&self, ctx: impl AsContext) -> Result<Vec<Val>, Error> {
        let ctx = ctx.as_context();
        let array = ctx.inner().array(self.0)?;
        ctx.inner().room_for_handles(array.len as usize)?;
        try_results((0..array.len).map(|index| read(ctx.inner(), self.0, array.part(index)?)))
    }

    /// Sets an element. A packed element keeps the low bits of the value.
    ///
    /// # Errors
    /// Fails if `index` is beyond the end, if the elements are not mutable, or if `value` is not of their type.
    pub fn set(&self, mut ctx: impl AsContextMut, index: u32, value: Val) -> Result<(), Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let element = store.array(self.0)?.part(index)?;
        write(store, self.0, element, value)
    }

    /// Returns the bytes of the elements, in the machine's byte order. They are aligned to 8 bytes.
    ///
    /// # Errors
    /// Fails if the elements are references.
    pub fn data<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> Result<&'a [u8], Error> {
        Ok(ctx.into().inner().array_data(self.0)?)
    }

    /// Returns the bytes of the elements, mutably.
    ///
    /// # Errors
    /// Fails if the elements are references, or if they are not mutable.
    pub fn data_mut<'a, T: 'a>(&self, ctx: impl Into<StoreContextMut<'a, T>>) -> Result<&'a mut [u8], Error> {
        Ok(ctx.into().into_parts().0.array_data_mut(self.0)?)
    }
}

/// Makes an array of these elements, or of `len` copies of a single one.
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

impl From<ArrayRef> for Ref {
    fn from(value: ArrayRef) -> Ref {
        Ref::Any(Some(value.into()))
    }
}

impl From<ArrayRef> for Val {
    fn from(value: ArrayRef) -> Val {
        Val::AnyRef(Some(value.into()))
    }
}
