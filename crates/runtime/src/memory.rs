//! Linear memories.

use core::slice;

use wasmote_decode::MemoryType;
use wasmote_exec as exec;

use crate::engine::Engine;
use crate::guard;
use crate::pages::Pages;

/// A memory in a store. It begins with the part that handlers use.
#[repr(C)]
pub struct MemoryRecord {
    exec: exec::Memory,
    ty: MemoryType,
    /// The maximum bytes, by its type, by the specification and by the settings.
    max_bytes: u64,
    pages: Pages,
}

/// The maximum number of pages of such a memory (spec: valid/types#memory-types). For pages of one byte it is one
/// less than the address range: an `i32` cannot hold a size of 2^32, nor an `i64` one of 2^64.
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
        // Lengths are 64-bit numbers, so 2^64 bytes are one too many.
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
            shared: ty.shared,
            max_pages: max_bytes >> ty.page_log2,
            embedder: index as usize,
        };
        Some(MemoryRecord { exec, ty, max_bytes, pages })
    }

    /// Returns the type that the memory was made with.
    pub fn ty(&self) -> &MemoryType {
        &self.ty
    }

    #[inline]
    fn len(&self) -> u64 {
        // SAFETY: the base is that of `pages`, which keeps the length before it.
        unsafe { self.exec.len() }
    }

    /// Returns the size in pages.
    pub fn size(&self) -> u64 {
        self.len() >> self.ty.page_log2
    }

    /// Adds `delta` pages, and returns the previous size. `None` leaves the memory unchanged.
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

    /// Returns the address of these bytes, if all of them lie in the memory.
    pub(crate) fn place(&self, offset: u64, len: usize) -> Option<*mut u8> {
        if offset.checked_add(len as u64)? > self.len() {
            return None;
        }
        // SAFETY: `offset` was checked, so the place lies in the memory, or just past its end.
        Some(unsafe { self.exec.base.add(offset as usize) })
    }

    /// Returns all bytes.
    #[inline]
    pub fn data(&self) -> &[u8] {
        // SAFETY: `pages` owns these bytes, and nobody changes them while the record is borrowed. They are in
        // memory, so their number fits a `usize`.
        unsafe { slice::from_raw_parts(self.exec.base, self.len() as usize) }
    }

    /// Returns all bytes, mutably.
    #[inline]
    pub fn data_mut(&mut self) -> &mut [u8] {
        // SAFETY: `pages` owns these bytes, and the record is mutably borrowed, so nothing else uses them.
        unsafe { slice::from_raw_parts_mut(self.exec.base, self.len() as usize) }
    }
}
