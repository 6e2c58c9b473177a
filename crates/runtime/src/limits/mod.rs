//! Growth within the limits that the embedder sets for a store. Memories, tables, the heap of objects and translated
//! code grow only if the store's limiter permits it. A build without the feature `limits` has no limiters.

// Growth is described also where nobody asks.
#![cfg_attr(not(feature = "limits"), allow(dead_code))]

#[cfg(not(feature = "limits"))]
mod absent;
#[cfg(feature = "limits")]
mod present;

#[cfg(not(feature = "limits"))]
pub(crate) use absent::{CodeBudget, Limits};
#[cfg(feature = "limits")]
pub use present::Question;
#[cfg(feature = "limits")]
pub(crate) use present::{CodeBudget, Limits};

use wasmote_ir::TrapCode;

use crate::error::Error;
use crate::memory::MemoryRecord;
use crate::store::Store;
use crate::table::TableRecord;

/// What can grow in a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resource {
    /// The bytes of one memory.
    Memory,
    /// The elements of one table.
    Table,
    /// The bytes of the heap of objects.
    GcHeap,
    /// The bytes of code that the store's calls had translated.
    Code,
    /// The bytes of all of these together.
    Total,
}

/// Growth that is about to happen.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    /// What grows.
    pub resource: Resource,
    /// The size so far, in units of the resource; 0 for what is about to be made.
    pub current: u64,
    /// The size after the growth.
    pub desired: u64,
    /// The maximum size by the type or the engine's settings. The desired size may be larger; growth then fails.
    pub maximum: Option<u64>,
}

impl Growth {
    /// Returns how many bytes are added.
    fn bytes(&self) -> u64 {
        let unit = if self.resource == Resource::Table { size_of::<u32>() as u64 } else { 1 };
        self.desired.saturating_sub(self.current).saturating_mul(unit)
    }
}

/// What a store has a number of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// Instances, also those that could not be made to the end.
    Instances,
    /// Memories, also those of the host.
    Memories,
    /// Tables, also those of the host.
    Tables,
}

impl Store {
    /// Asks whether something may grow. An error stops the running wasm code, or ends the host's call by
    /// [`Store::error_of`].
    pub(crate) fn permit(&mut self, growth: Growth) -> Result<bool, TrapCode> {
        let heap = self.heap_bytes();
        match self.limits.permit(self.data, heap, growth) {
            Ok(permitted) => Ok(permitted),
            Err(error) => Err(self.stop_with(error, TrapCode::Host)),
        }
    }

    /// Returns the error that a code stands for, outside of wasm. A panic of the limiter continues here.
    #[cold]
    pub fn error_of(&mut self, code: TrapCode) -> Error {
        self.kept_error(code).unwrap_or_else(|| code.into())
    }

    /// Checks that the limiter permits this many more.
    ///
    /// # Errors
    /// Fails if it does not.
    pub(crate) fn permit_more(&mut self, instances: usize, memories: usize, tables: usize) -> Result<(), Error> {
        for (what, now, more, refusal) in [
            (Counted::Instances, self.instances.len(), instances, "the store's limiter permits no more instances"),
            (Counted::Memories, self.memories.len(), memories, "the store's limiter permits no more memories"),
            (Counted::Tables, self.tables.len(), tables, "the store's limiter permits no more tables"),
        ] {
            if more > 0 && !self.limits.permit_number(self.data, what, now as u64 + more as u64)? {
                return Err(Error::instantiate(refusal));
            }
        }
        Ok(())
    }

    /// Asks whether a memory or table of this size may be made.
    ///
    /// # Errors
    /// Fails if it may not.
    pub(crate) fn permit_initial(&mut self, growth: Growth) -> Result<(), Error> {
        match self.permit(growth) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::instantiate(match growth.resource {
                Resource::Table => "the store's limiter refuses a table",
                _ => "the store's limiter refuses a memory",
            })),
            Err(code) => Err(self.error_of(code)),
        }
    }

    /// Adds pages to a memory, and returns the previous size. `None` leaves the memory unchanged, and so does an error,
    /// with which the limiter stops wasm.
    ///
    /// # Errors
    /// The code for [`Store::error_of`].
    pub fn grow_memory(&mut self, index: u32, delta: u64) -> Result<Option<u64>, TrapCode> {
        loop {
            // Other stores may have grown a shared memory.
            self.count_shared(index);
            let growth = self.memory(index).growth(delta);
            if growth.desired > growth.current && !self.permit(growth)? {
                return Ok(None);
            }
            // If another store grows it now, the limiter is asked again for what is left to be done.
            let memory = self.memory_mut(index);
            let Ok(grown) = memory.grow_from(growth.current, delta) else { continue };
            if grown.is_some() {
                memory.count_shared(growth.desired);
            }
            return self.after(growth, grown);
        }
    }

    /// Counts what a shared memory has, and the store has not counted yet: each store that uses it counts all of it.
    pub(crate) fn count_shared(&mut self, index: u32) {
        let memory = self.memory_mut(index);
        let desired = memory.len();
        if let Some(current) = memory.count_shared(desired) {
            self.limits.grew(Growth { resource: Resource::Memory, current, desired, maximum: None });
        }
    }

    /// Adds elements to a table, with outcomes as of [`Store::grow_memory`].
    ///
    /// # Errors
    /// The code for [`Store::error_of`].
    pub fn grow_table(&mut self, index: u32, delta: u64, init: u32) -> Result<Option<u64>, TrapCode> {
        let growth = self.table(index).growth(delta);
        if growth.desired > growth.current && !self.permit(growth)? {
            return Ok(None);
        }
        let grown = self.table_mut(index).grow(delta, init);
        self.after(growth, grown)
    }

    /// Grows something for running code. A trap is left in the machine.
    pub(crate) fn grow_in_wasm(
        &mut self,
        grow: impl FnOnce(&mut Store) -> Result<Option<u64>, TrapCode>,
    ) -> Option<u64> {
        grow(self).unwrap_or_else(|code| {
            self.machine.growth_trap = Some(code);
            None
        })
    }

    /// Counts what grew, or tells the limiter that permitted growth failed.
    #[inline]
    fn after(&mut self, growth: Growth, grown: Option<u64>) -> Result<Option<u64>, TrapCode> {
        match grown {
            Some(_) => self.limits.grew(growth),
            None => {
                if let Err(error) = self.limits.failed(self.data, growth.resource) {
                    return Err(self.stop_with(error, TrapCode::Host));
                }
            }
        }
        Ok(grown)
    }

    /// Returns the bytes of all memories and tables.
    #[cfg(feature = "limits")]
    fn memory_and_table_bytes(&self) -> u64 {
        // SAFETY: the store keeps the records in place, and no code runs while the store is borrowed.
        let memories = self.memories.iter().map(|memory| unsafe { memory.as_ref() }.len());
        // SAFETY: as above.
        let tables = self.tables.iter().map(|table| unsafe { table.as_ref() }.size() * size_of::<u32>() as u64);
        memories.chain(tables).fold(0, u64::saturating_add)
    }
}

impl MemoryRecord {
    /// Describes growth by `delta` pages.
    fn growth(&self, delta: u64) -> Growth {
        let current = self.len();
        let added = delta.saturating_mul(1 << self.ty().page_size_log2());
        let maximum = self.ty().maximum().map(|pages| pages.saturating_mul(1 << self.ty().page_size_log2()));
        Growth { resource: Resource::Memory, current, desired: current.saturating_add(added), maximum }
    }
}

impl TableRecord {
    /// Describes growth by `delta` elements.
    fn growth(&self, delta: u64) -> Growth {
        let current = self.size();
        Growth {
            resource: Resource::Table,
            current,
            desired: current.saturating_add(delta),
            maximum: self.ty().maximum(),
        }
    }
}
