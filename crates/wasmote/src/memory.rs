//! Linear memories (spec: exec/runtime#memory-instances).

use core::ptr::{self, NonNull};
use core::slice;

use wasmote_decode::MemoryType;
use wasmote_exec as exec;

use crate::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use crate::engine::Engine;
use crate::error::Error;
use crate::pages::Pages;
use crate::store::{StoreId, StoreInner};

/// A linear memory in a store.
///
/// ```
/// use wasmote::{Engine, Memory, MemoryType, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let ty = MemoryType { min: 1, max: Some(2), page_log2: 16, memory64: false, shared: false };
/// let memory = Memory::new(&mut store, ty)?;
/// memory.write(&mut store, 65530, b"hello")?;
/// assert_eq!(memory.grow(&mut store, 1)?, 1);
/// assert_eq!(&memory.data(&store)[65530..65535], b"hello");
/// # Ok::<(), wasmote::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Memory {
    store: StoreId,
    index: u32,
}

/// A memory in a store. It begins with what handlers know of it.
#[repr(C)]
pub(crate) struct MemoryRecord {
    exec: exec::Memory,
    ty: MemoryType,
    /// The most bytes that it may have by its type, by the specification and by the configuration.
    max_bytes: u64,
    pages: Pages,
}

/// The most pages that a memory of this kind may have (spec: valid/types#memory-types). With pages of one byte a
/// memory of 2^32 bytes would have a size that an i32 cannot hold, and likewise with 64 bits.
fn most_pages(ty: &MemoryType) -> u64 {
    match (ty.memory64, ty.page_log2) {
        (false, log2) => (1u64 << 32).unbounded_shr(log2).min(u64::from(u32::MAX)),
        (true, 0) => u64::MAX,
        (true, log2) => 1u64.unbounded_shl(64 - log2.min(64)),
    }
}

impl MemoryRecord {
    fn new(ty: MemoryType, engine: &Engine, index: u32) -> Option<MemoryRecord> {
        let limit = engine.config().max_memory;
        if ty.page_log2 > 16 {
            return None;
        }
        let max_pages = ty.max.unwrap_or(u64::MAX).min(most_pages(&ty));
        // Lengths are counted in 64 bits, which 2^64 bytes do not fit in.
        let max_bytes = max_pages.saturating_mul(1 << ty.page_log2).min(limit);
        let len = ty.min.checked_mul(1 << ty.page_log2)?;
        if ty.min > max_pages || len > max_bytes {
            return None;
        }
        #[cfg(guarded)]
        let pages = if engine.guards(&ty) { Pages::guarded(len)? } else { Pages::new(len, max_bytes)? };
        #[cfg(not(guarded))]
        let pages = Pages::new(len, max_bytes)?;
        let exec = exec::Memory {
            base: pages.base(),
            page_log2: ty.page_log2,
            memory64: ty.memory64,
            max_pages: max_bytes >> ty.page_log2,
            embedder: index as usize,
        };
        Some(MemoryRecord { exec, ty, max_bytes, pages })
    }

    pub(crate) fn ty(&self) -> &MemoryType {
        &self.ty
    }

    fn len(&self) -> u64 {
        // SAFETY: the base is that of `pages`, which keeps the length in front of it.
        unsafe { self.exec.len() }
    }

    /// How many pages it has.
    pub(crate) fn size(&self) -> u64 {
        self.len() >> self.ty.page_log2
    }

    /// Adds pages; how many there were before. `None` leaves it as it was.
    pub(crate) fn grow(&mut self, delta: u64) -> Option<u64> {
        let old = self.size();
        let new = old.checked_add(delta)?;
        let len = new.checked_mul(1 << self.ty.page_log2)?;
        if new > self.exec.max_pages {
            return None;
        }
        self.pages.grow(len, self.max_bytes)?;
        self.exec.base = self.pages.base();
        Some(old)
    }

    /// Where these bytes begin, if all of them are there.
    pub(crate) fn place(&self, offset: u64, len: usize) -> Option<*mut u8> {
        if offset.checked_add(len as u64)? > self.len() {
            return None;
        }
        // SAFETY: the place is in the memory, or one past its end.
        Some(unsafe { self.exec.base.add(offset as usize) })
    }

    /// All bytes, as a place and a length.
    fn bytes(&self) -> (*mut u8, usize) {
        // It is in memory, so its length fits.
        (self.exec.base, self.len() as usize)
    }
}

impl Memory {
    /// A new memory of zeros.
    ///
    /// # Errors
    /// When the type is not valid or shared, or there is not enough memory.
    pub fn new(mut ctx: impl AsContextMut, ty: MemoryType) -> Result<Memory, Error> {
        Memory::of_type(ctx.as_context_mut().inner_mut(), ty)
    }

    pub(crate) fn of_type(store: &mut StoreInner, ty: MemoryType) -> Result<Memory, Error> {
        let index = store.memories.len() as u32;
        if ty.shared {
            return Err(Error::instantiate("shared memories are not supported"));
        }
        let Some(record) = MemoryRecord::new(ty, &store.engine, index) else {
            return Err(Error::instantiate("a memory's type is not valid, or its minimum is more than can be had"));
        };
        store.memories.push(record)?;
        let store = store.id;
        Ok(Memory { store, index })
    }

    /// The memory that a record is of.
    ///
    /// # Safety
    /// It is a record of a memory in this store.
    pub(crate) unsafe fn of_record(store: &StoreInner, memory: *mut exec::Memory) -> Memory {
        Memory {
            store: store.id,
            // SAFETY: the caller's promise.
            index: unsafe { (*memory).embedder } as u32,
        }
    }

    pub(crate) fn pointer(self, store: &StoreInner) -> NonNull<MemoryRecord> {
        store.check(self.store);
        match store.memories.get(self.index as usize) {
            Some(record) => record,
            None => unreachable!("memories stay in their store"),
        }
    }

    pub(crate) fn record(self, store: &StoreInner) -> &MemoryRecord {
        // SAFETY: the record lives as long as the store, and no code runs while the store is borrowed.
        unsafe { self.pointer(store).as_ref() }
    }

    /// The type it was made with.
    ///
    /// # Panics
    /// As all functions here, if this belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> MemoryType {
        *self.record(ctx.as_context().inner()).ty()
    }

    /// How many pages it has.
    pub fn size(&self, ctx: impl AsContext) -> u64 {
        self.record(ctx.as_context().inner()).size()
    }

    /// Adds pages, and says how many there were before.
    ///
    /// # Errors
    /// When it would have more than it may, or more than can be had; it is then as it was.
    pub fn grow(&self, mut ctx: impl AsContextMut, delta: u64) -> Result<u64, Error> {
        let mut ctx = ctx.as_context_mut();
        let mut record = self.pointer(ctx.inner_mut());
        // SAFETY: the record lives as long as the store, which is mutably borrowed.
        unsafe { record.as_mut() }.grow(delta).ok_or_else(|| Error::new("the memory cannot grow as much"))
    }

    /// All of its bytes.
    pub fn data<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        let ctx = ctx.into();
        let (base, len) = self.record(ctx.inner()).bytes();
        // SAFETY: the bytes live as long as the store, and nobody changes them while it is borrowed.
        unsafe { slice::from_raw_parts(base, len) }
    }

    /// All of its bytes.
    pub fn data_mut<'a, T: 'a>(&self, ctx: impl Into<StoreContextMut<'a, T>>) -> &'a mut [u8] {
        self.data_and_store_mut(ctx).0
    }

    /// All of its bytes, and the embedder's data beside.
    pub fn data_and_store_mut<'a, T: 'a>(&self, ctx: impl Into<StoreContextMut<'a, T>>) -> (&'a mut [u8], &'a mut T) {
        let (store, data) = ctx.into().into_parts();
        let (base, len) = self.record(store).bytes();
        // SAFETY: the bytes live as long as the store, and nobody else gets at them while it is mutably borrowed.
        (unsafe { slice::from_raw_parts_mut(base, len) }, data)
    }

    /// Copies bytes out of it.
    ///
    /// # Errors
    /// When not all of them are there; `buffer` is then as it was.
    pub fn read(&self, ctx: impl AsContext, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        let place = self.range(ctx.as_context().inner(), offset, buffer.len())?;
        // SAFETY: the range was checked, and `buffer` is not of the memory, as that is not borrowed mutably.
        unsafe { ptr::copy_nonoverlapping(place, buffer.as_mut_ptr(), buffer.len()) };
        Ok(())
    }

    /// Copies bytes into it.
    ///
    /// # Errors
    /// When there is no room for all of them; the memory is then as it was.
    pub fn write(&self, mut ctx: impl AsContextMut, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let place = self.range(ctx.as_context_mut().inner_mut(), offset, bytes.len())?;
        // SAFETY: the range was checked, and `bytes` is not of the memory, which is borrowed mutably.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
        Ok(())
    }

    fn range(self, store: &StoreInner, offset: u64, len: usize) -> Result<*mut u8, Error> {
        let place = self.record(store).place(offset, len);
        place.ok_or_else(|| Error::new("out of bounds memory access"))
    }
}
