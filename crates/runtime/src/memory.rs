//! Linear memories.

use core::slice;

use wasmote_decode::MemoryType;
use wasmote_exec as exec;

use crate::engine::Engine;
use crate::guard;
use crate::pages::Pages;
use crate::shared_memory::{Outgrown, SharedMemory};

/// A memory in a store. It begins with the part that handlers use.
#[repr(C)]
pub struct MemoryRecord {
    exec: exec::Memory,
    ty: MemoryType,
    /// The maximum bytes, by its type, by the specification and by the settings.
    max_bytes: u64,
    /// Whether inaccessible pages follow it, so that code needs no checks.
    guarded: bool,
    bytes: Bytes,
}

/// What has the bytes of a memory.
enum Bytes {
    /// The record itself.
    Own(Pages),
    /// A memory that other stores use, too.
    Shared {
        memory: SharedMemory,
        /// How many of its bytes the store has counted.
        counted: u64,
    },
}

/// Returns the minimum and the maximum bytes of such a memory, by its type, by the specification and by the settings.
/// `None` if the type is invalid, or if the minimum is too large.
pub(crate) fn sizes(ty: &MemoryType, engine: &Engine) -> Option<(u64, u64)> {
    if ty.page_size_log2() > 16 {
        return None;
    }
    let max_pages = ty.maximum().unwrap_or(u64::MAX).min(ty.most_pages());
    // Lengths are 64-bit numbers, so 2^64 bytes are one too many.
    let max_bytes = max_pages.saturating_mul(1 << ty.page_size_log2()).min(engine.settings().max_memory);
    let len = ty.minimum().checked_mul(1 << ty.page_size_log2())?;
    (ty.minimum() <= max_pages && len <= max_bytes).then_some((len, max_bytes))
}

impl MemoryRecord {
    pub(crate) fn new(ty: MemoryType, engine: &Engine, index: u32) -> Option<MemoryRecord> {
        let (len, max_bytes) = sizes(&ty, engine)?;
        let pool = Some(engine.spaces());
        let wanted = engine.guards(&ty);
        let (pages, guarded) = match if wanted { guard::pages(len, pool) } else { None } {
            Some(pages) => (pages, true),
            // Where there is no address space left, code checks each access, and the rest of the space is the host's.
            None if wanted => (Pages::new(len, len.saturating_mul(2), None)?, false),
            None => (Pages::new(len, max_bytes, pool)?, false),
        };
        let exec = exec::Memory {
            base: pages.base(),
            page_log2: ty.page_size_log2().into(),
            memory64: ty.is_64(),
            shared: false,
            max_pages: max_bytes >> ty.page_size_log2(),
            embedder: index as usize,
        };
        Some(MemoryRecord { exec, ty, max_bytes, guarded, bytes: Bytes::Own(pages) })
    }

    /// Makes the record of a memory that other stores use, too.
    #[cfg_attr(not(shared_memory), allow(unreachable_code, unused_variables))]
    pub(crate) fn of_shared(memory: &SharedMemory, index: u32) -> MemoryRecord {
        let ty = *memory.ty();
        let max_pages = memory.max_pages();
        let exec = exec::Memory {
            base: memory.base(),
            page_log2: ty.page_size_log2().into(),
            memory64: ty.is_64(),
            shared: true,
            max_pages,
            embedder: index as usize,
        };
        let bytes = Bytes::Shared { memory: memory.clone(), counted: 0 };
        MemoryRecord { exec, ty, max_bytes: max_pages << ty.page_size_log2(), guarded: false, bytes }
    }

    /// Returns whether inaccessible pages follow it, so that code needs no checks.
    pub(crate) fn is_guarded(&self) -> bool {
        self.guarded
    }

    /// Returns the memory that other stores use, if this is one.
    pub fn shared(&self) -> Option<&SharedMemory> {
        match &self.bytes {
            Bytes::Own(_) => None,
            Bytes::Shared { memory, .. } => Some(memory),
        }
    }

    /// Notes that the store has counted this many bytes of a shared memory, and returns how many it had counted. For
    /// other memories, `None`.
    pub(crate) fn count_shared(&mut self, bytes: u64) -> Option<u64> {
        match &mut self.bytes {
            Bytes::Own(_) => None,
            Bytes::Shared { counted, .. } => Some(core::mem::replace(counted, bytes)),
        }
    }

    /// Returns the type that the memory was made with.
    pub fn ty(&self) -> &MemoryType {
        &self.ty
    }

    /// Returns the size in bytes.
    #[allow(clippy::len_without_is_empty)] // A length in bytes, not a collection.
    #[inline]
    pub fn len(&self) -> u64 {
        match &self.bytes {
            // SAFETY: the base is that of the pages, which keep the length before it.
            Bytes::Own(_) => unsafe { self.exec.len() },
            Bytes::Shared { memory, .. } => memory.len(),
        }
    }

    /// Returns the size in pages.
    pub fn size(&self) -> u64 {
        self.len() >> self.ty.page_size_log2()
    }

    /// Adds `delta` pages, and returns the previous size. `None` leaves the memory unchanged.
    pub fn grow(&mut self, delta: u64) -> Option<u64> {
        loop {
            if let Ok(grown) = self.grow_from(self.len(), delta) {
                return grown;
            }
        }
    }

    /// Does the same if the memory has `len` bytes.
    ///
    /// # Errors
    /// The memory is shared and has more, since another thread was faster.
    pub(crate) fn grow_from(&mut self, len: u64, delta: u64) -> Result<Option<u64>, Outgrown> {
        match &mut self.bytes {
            Bytes::Own(_) => Ok(self.grow_own(delta)),
            Bytes::Shared { memory, .. } => memory.grow_from(len, delta),
        }
    }

    fn grow_own(&mut self, delta: u64) -> Option<u64> {
        let old = self.size();
        let new = old.checked_add(delta)?;
        let len = new.checked_mul(1 << self.ty.page_size_log2())?;
        if new > self.exec.max_pages {
            return None;
        }
        let Bytes::Own(pages) = &mut self.bytes else { return None };
        pages.grow(len, self.max_bytes)?;
        self.exec.base = pages.base();
        Some(old)
    }

    /// Copies bytes into the memory, from `offset` on. `None` if they do not fit.
    pub(crate) fn write(&mut self, offset: u64, bytes: &[u8]) -> Option<()> {
        match &self.bytes {
            Bytes::Own(_) => {
                let start = usize::try_from(offset).ok()?;
                let place = self.data_mut().get_mut(start..start.checked_add(bytes.len())?)?;
                place.copy_from_slice(bytes);
                Some(())
            }
            Bytes::Shared { memory, .. } => memory.write(offset, bytes).ok(),
        }
    }

    /// Returns all bytes.
    ///
    /// # Panics
    /// If the memory is shared: other threads may change its bytes.
    #[inline]
    pub fn data_ptr(&self) -> *mut u8 {
        self.check_own();
        self.exec.base
    }

    /// Returns the bytes.
    pub fn data(&self) -> &[u8] {
        self.check_own();
        // SAFETY: the pages are this record's own, and nobody changes them while it is borrowed. They are in memory, so
        // their number fits a `usize`.
        unsafe { slice::from_raw_parts(self.exec.base, self.exec.len() as usize) }
    }

    /// Returns all bytes, mutably.
    ///
    /// # Panics
    /// If the memory is shared.
    #[inline]
    pub fn data_mut(&mut self) -> &mut [u8] {
        self.check_own();
        // SAFETY: the pages are this record's own, and it is mutably borrowed, so nothing else uses them.
        unsafe { slice::from_raw_parts_mut(self.exec.base, self.exec.len() as usize) }
    }

    #[inline]
    fn check_own(&self) {
        if self.shared().is_some() {
            shared_as_slice();
        }
    }
}

#[cold]
#[inline(never)]
fn shared_as_slice() -> ! {
    panic!("the bytes of a shared memory cannot be borrowed: other threads change them")
}
