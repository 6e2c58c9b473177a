//! Linear memories (spec: exec/runtime#memory-instances).

use core::ops::Range;

use wasmote_decode::MemoryType;

use crate::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use crate::error::Error;
use crate::handles::Memory;

impl Memory {
    /// A new memory of zeros.
    ///
    /// # Errors
    /// When the type is not valid or shared, or there is not enough memory.
    pub fn new(mut ctx: impl AsContextMut, ty: MemoryType) -> Result<Memory, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let index = store.add_memory(ty)?;
        Ok(Memory::of(store, index))
    }

    /// The type it was made with.
    ///
    /// # Panics
    /// As all functions here, if this belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> MemoryType {
        let ctx = ctx.as_context();
        *ctx.inner().memory(self.number(ctx.inner())).ty()
    }

    /// How many pages it has.
    pub fn size(&self, ctx: impl AsContext) -> u64 {
        let ctx = ctx.as_context();
        ctx.inner().memory(self.number(ctx.inner())).size()
    }

    /// Adds pages, and says how many there were before.
    ///
    /// # Errors
    /// When it would have more than it may, or more than can be had; it is then as it was.
    pub fn grow(&self, mut ctx: impl AsContextMut, delta: u64) -> Result<u64, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let grown = store.memory_mut(self.number(store)).grow(delta);
        grown.ok_or_else(|| Error::new("the memory cannot grow as much"))
    }

    /// All of its bytes.
    pub fn data<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        let store = ctx.into().inner();
        store.memory(self.number(store)).data()
    }

    /// All of its bytes.
    pub fn data_mut<'a, T: 'a>(&self, ctx: impl Into<StoreContextMut<'a, T>>) -> &'a mut [u8] {
        self.data_and_store_mut(ctx).0
    }

    /// All of its bytes, and the embedder's data beside.
    pub fn data_and_store_mut<'a, T: 'a>(&self, ctx: impl Into<StoreContextMut<'a, T>>) -> (&'a mut [u8], &'a mut T) {
        let (store, data) = ctx.into().into_parts();
        let index = self.number(store);
        (store.memory_mut(index).data_mut(), data)
    }

    /// Copies bytes out of it.
    ///
    /// # Errors
    /// When not all of them are there; `buffer` is then as it was.
    pub fn read(&self, ctx: impl AsContext, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        let ctx = ctx.as_context();
        let data = ctx.inner().memory(self.number(ctx.inner())).data();
        buffer.copy_from_slice(data.get(range(offset, buffer.len())?).ok_or_else(out_of_bounds)?);
        Ok(())
    }

    /// Copies bytes into it.
    ///
    /// # Errors
    /// When there is no room for all of them; the memory is then as it was.
    pub fn write(&self, mut ctx: impl AsContextMut, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let index = self.number(store);
        let data = store.memory_mut(index).data_mut();
        data.get_mut(range(offset, bytes.len())?).ok_or_else(out_of_bounds)?.copy_from_slice(bytes);
        Ok(())
    }
}

#[inline]
fn range(offset: u64, len: usize) -> Result<Range<usize>, Error> {
    let start = usize::try_from(offset).ok();
    let end = start.and_then(|start| start.checked_add(len));
    Ok(start.ok_or_else(out_of_bounds)?..end.ok_or_else(out_of_bounds)?)
}

#[cold]
#[inline(never)]
fn out_of_bounds() -> Error {
    Error::new("out of bounds memory access")
}
