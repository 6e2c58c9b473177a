//! Operations on linear memories (spec: exec/runtime#memory-instances).

use core::ops::Range;

use wasmote_decode::MemoryType;
use wasmote_runtime::Writes;

use crate::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use crate::error::Error;
use crate::handles::Memory;

impl Memory {
    /// Makes a memory filled with zeros.
    ///
    /// # Errors
    /// Fails if the type is invalid, or shared (see [`SharedMemory::new`](crate::SharedMemory::new)), if the minimum
    /// exceeds [`Config::max_memory`](crate::Config::max_memory), or if there is not enough memory. Fails also if the
    /// store's limiter refuses.
    pub fn new(mut ctx: impl AsContextMut, ty: MemoryType) -> Result<Memory, Error> {
        if ty.is_shared() {
            return Err(Error::instantiate("the type is shared: use `SharedMemory::new`"));
        }
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let index = store.add_memory(ty)?;
        Ok(Memory::of(store, index))
    }

    /// Returns the type that the memory was made with. Its minimum does not change when the memory grows.
    ///
    /// # Panics
    /// Like all methods of `Memory`: if the handle belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> MemoryType {
        let ctx = ctx.as_context();
        *ctx.inner().memory(self.number(ctx.inner())).ty()
    }

    /// Returns the size in pages. A page has `2^page_log2` bytes: 64 KiB, unless the type says otherwise.
    pub fn size(&self, ctx: impl AsContext) -> u64 {
        let ctx = ctx.as_context();
        ctx.inner().memory(self.number(ctx.inner())).size()
    }

    /// Returns the size in bytes.
    pub fn data_size(&self, ctx: impl AsContext) -> usize {
        let ctx = ctx.as_context();
        ctx.inner().memory(self.number(ctx.inner())).data().len()
    }

    /// Returns the address of the first byte. It is valid until the memory grows, or is dropped with its store. A
    /// recording does not note what is written through it.
    pub fn data_ptr(&self, ctx: impl AsContext) -> *mut u8 {
        let ctx = ctx.as_context();
        ctx.inner().memory(self.number(ctx.inner())).data_ptr()
    }

    /// Adds `delta` pages of zeros, and returns the previous size in pages (spec: exec/modules#growing-memories).
    ///
    /// # Errors
    /// Fails if the memory would exceed its maximum or the engine's limit, or if there is not enough memory. Fails also
    /// if the store's limiter refuses. The memory is then unchanged.
    pub fn grow(&self, mut ctx: impl AsContextMut, delta: u64) -> Result<u64, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let number = self.number(store);
        // A recording notes that the memory changes.
        store.memory_and_writes(number);
        match store.grow_memory(number, delta) {
            Ok(Some(size)) => Ok(size),
            Ok(None) => Err(Error::new("the memory cannot grow that much")),
            Err(code) => Err(store.error_of(code).into()),
        }
    }

    /// Returns the memory's bytes.
    pub fn data<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        let store = ctx.into().inner();
        store.memory(self.number(store)).data()
    }

    /// Returns the memory's bytes, mutably.
    pub fn data_mut<'a, T: 'a>(&self, ctx: impl Into<StoreContextMut<'a, T>>) -> &'a mut [u8] {
        self.data_and_store_mut(ctx).0
    }

    /// Returns the memory's bytes and the embedder's data, both mutably.
    pub fn data_and_store_mut<'a, T: 'a>(&self, ctx: impl Into<StoreContextMut<'a, T>>) -> (&'a mut [u8], &'a mut T) {
        let (store, data) = ctx.into().into_parts();
        let index = self.number(store);
        (store.memory_mut(index).data_mut(), data)
    }

    /// Does the same as [`Memory::data_and_store_mut`], for a caller that tells `Writes` all parts that it may write.
    /// A recording then needs no copy of the memory. Not part of the API.
    #[doc(hidden)]
    pub fn data_and_writes_mut<'a, T: 'a>(
        &self,
        ctx: impl Into<StoreContextMut<'a, T>>,
    ) -> (&'a mut [u8], &'a mut T, Writes<'a>) {
        let (store, data) = ctx.into().into_parts();
        let (memory, writes) = store.memory_and_writes(self.number(store));
        (memory.data_mut(), data, writes)
    }

    /// Copies bytes from `offset` on out of the memory into `buffer`.
    ///
    /// # Errors
    /// Fails if the range does not lie in the memory. `buffer` is then unchanged.
    pub fn read(&self, ctx: impl AsContext, offset: usize, buffer: &mut [u8]) -> Result<(), Error> {
        let ctx = ctx.as_context();
        let data = ctx.inner().memory(self.number(ctx.inner())).data();
        buffer.copy_from_slice(data.get(range(offset, buffer.len())?).ok_or_else(out_of_bounds)?);
        Ok(())
    }

    /// Copies `bytes` into the memory, from `offset` on.
    ///
    /// # Errors
    /// Fails if the range does not lie in the memory. The memory is then unchanged.
    pub fn write(&self, mut ctx: impl AsContextMut, offset: usize, bytes: &[u8]) -> Result<(), Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let index = self.number(store);
        let (memory, mut writes) = store.memory_and_writes(index);
        let place = memory.data_mut().get_mut(range(offset, bytes.len())?).ok_or_else(out_of_bounds)?;
        writes.add(offset as u64, bytes.len() as u64);
        place.copy_from_slice(bytes);
        Ok(())
    }
}

#[inline]
fn range(offset: usize, len: usize) -> Result<Range<usize>, Error> {
    Ok(offset..offset.checked_add(len).ok_or_else(out_of_bounds)?)
}

#[cold]
#[inline(never)]
fn out_of_bounds() -> Error {
    Error::new("out of bounds memory access")
}
