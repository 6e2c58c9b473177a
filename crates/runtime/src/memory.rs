//! Linear memories.

use core::slice;

use wasmote_decode::MemoryType;
use wasmote_exec as exec;

use crate::engine::Engine;
use crate::guard;
use crate::pages::Pages;

/// A memory in a store. It begins with what handlers know of it.
#[repr(C)]
pub struct MemoryRecord {
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
    pub(crate) fn new(ty: MemoryType, engine: &Engine, index: u32) -> Option<MemoryRecord> {
        let limit = engine.settings().max_memory;
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
        let pages = if engine.guards(&ty) { guard::pages(len)? } else { Pages::new(len, max_bytes)? };
        let exec = exec::Memory {
            base: pages.base(),
            page_log2: ty.page_log2,
            memory64: ty.memory64,
            max_pages: max_bytes >> ty.page_log2,
            embedder: index as usize,
        };
        Some(MemoryRecord { exec, ty, max_bytes, pages })
    }

    /// The type it was made with.
    pub fn ty(&self) -> &MemoryType {
        &self.ty
    }

    #[inline]
    fn len(&self) -> u64 {
        // SAFETY: the base is that of `pages`, which keeps the length in front of it.
        unsafe { self.exec.len() }
    }

    /// How many pages it has.
    pub fn size(&self) -> u64 {
        self.len() >> self.ty.page_log2
    }

    /// Adds pages; how many there were before. `None` leaves it as it was.
    pub fn grow(&mut self, delta: u64) -> Option<u64> {
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

    /// All bytes.
    #[inline]
    pub fn data(&self) -> &[u8] {
        // SAFETY: the bytes live as long as the store, and nobody changes them while the record is borrowed. It is in memory, so the
        // length fits.
        unsafe { slice::from_raw_parts(self.exec.base, self.len() as usize) }
    }

    /// All bytes, to be changed.
    #[inline]
    pub fn data_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and nobody else gets at them while the record is mutably borrowed.
        unsafe { slice::from_raw_parts_mut(self.exec.base, self.len() as usize) }
    }
}
