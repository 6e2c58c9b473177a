//! The continuations of a store: how much memory they may take, and when those that nothing can reach are dropped.

use alloc::boxed::Box;
use core::ptr::NonNull;

use wasmote_exec as exec;
use wasmote_ir::fallible::OutOfMemory;

use crate::engine::Settings;
use crate::limits::{Growth, Resource};
use crate::shared::try_box;
use crate::store::Store;

/// The continuations, at an address that handlers and the collector use. A `Box` would claim sole access.
pub(crate) struct ContinuationList(NonNull<exec::Continuations>);

// SAFETY: it owns the list, which is `Send` and `Sync`.
unsafe impl Send for ContinuationList {}
// SAFETY: as above.
unsafe impl Sync for ContinuationList {}

impl ContinuationList {
    pub(crate) fn new(settings: &Settings) -> Result<ContinuationList, OutOfMemory> {
        let list: Box<exec::Continuations> = try_box(exec::Continuations::new(settings.max_stack))?;
        Ok(ContinuationList(NonNull::from(Box::leak(list))))
    }

    pub(crate) fn as_ptr(&self) -> *mut exec::Continuations {
        self.0.as_ptr()
    }

    fn get(&self) -> &exec::Continuations {
        // SAFETY: the list is this one's own. No code runs while its store is borrowed.
        unsafe { self.0.as_ref() }
    }

    /// Drops what the collection that was just over has not found.
    pub(crate) fn sweep(&mut self) {
        // SAFETY: the list is this one's own. No code runs while its store is mutably borrowed.
        unsafe { self.0.as_mut() }.sweep();
    }
}

impl Drop for ContinuationList {
    fn drop(&mut self) {
        // SAFETY: `new` leaked the box, and nothing else frees it.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl Store {
    /// Returns the bytes of all continuations and their stacks.
    pub(crate) fn continuation_bytes(&self) -> u64 {
        self.objects.continuations.get().bytes() as u64
    }

    /// Returns how many continuations there are: those that may be resumed or run, and those that the next collection
    /// drops.
    pub fn continuations(&self) -> usize {
        self.objects.continuations.get().in_use()
    }

    /// Returns whether continuations may take so many more bytes. It collects first if many were allocated since the last
    /// collection. Slots from `top` on are not in use.
    pub(crate) fn stack_room(&mut self, bytes: usize, top: *const u64) -> bool {
        let mut collected = self.objects.continuations.get().is_full(bytes);
        if collected {
            self.collect_below(top);
        }
        loop {
            if self.permits_stacks(bytes as u64) {
                self.limits.made_room();
                return true;
            }
            if collected {
                return false;
            }
            self.collect_below(top);
            collected = true;
        }
    }

    /// Returns whether continuations may take so many more bytes with what there is now.
    fn permits_stacks(&mut self, bytes: u64) -> bool {
        let stacks = self.continuation_bytes();
        let maximum = self.engine.settings().max_gc_heap;
        if stacks.saturating_add(bytes) > maximum {
            return false;
        }
        let current = self.heap_stats().bytes.saturating_add(stacks);
        let growth = Growth {
            resource: Resource::GcHeap,
            current,
            desired: current.saturating_add(bytes),
            maximum: Some(maximum),
        };
        self.limits.permit_heap(self.data, growth)
    }
}
