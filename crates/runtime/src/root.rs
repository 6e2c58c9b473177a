//! Handles of references, which the host holds.

use core::hash::{Hash, Hasher};

use wasmote_ir::fallible::OutOfMemory;

use crate::objects::{OwnedEntry, RootEntry};
use crate::shared::no_memory;
use crate::store::{Store, StoreId};

/// A handle of a reference. With the feature `gc`, it keeps its object alive until its scope ends. Without it,
/// references are only to values of the host, and these live as long as their store.
#[derive(Clone, Copy, Debug)]
pub struct Root {
    store: StoreId,
    reference: u32,
    held: RootEntry,
}

/// Handles are equal if they refer to the same object: objects do not move.
impl PartialEq for Root {
    fn eq(&self, other: &Root) -> bool {
        (self.store, self.reference) == (other.store, other.reference)
    }
}

impl Eq for Root {}

impl Hash for Root {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.store, self.reference).hash(state);
    }
}

impl Root {
    /// Makes a handle. If there is no memory, the process ends. If a guest decides the number of handles, its
    /// caller reserves room first (`Store::room_for_handles`).
    pub fn new(store: &Store, reference: u32) -> Root {
        Root::try_new(store, reference).unwrap_or_else(|_| no_memory())
    }

    /// Makes a handle.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    pub fn try_new(store: &Store, reference: u32) -> Result<Root, OutOfMemory> {
        Ok(Root { store: store.id(), reference, held: store.objects.roots.hold(reference)? })
    }

    /// Makes a handle of the reference in a slot, or returns `None` if it is null.
    pub fn of_slot(slot: u64, store: &Store) -> Option<Root> {
        (slot as u32 != 0).then(|| Root::new(store, slot as u32))
    }

    /// Returns the reference.
    ///
    /// # Panics
    /// If the handle belongs to another store, or if its scope has ended.
    pub fn reference(self, store: &Store) -> u32 {
        store.check(self.store);
        store.objects.roots.check(self.held);
        self.reference
    }
}

/// A reference that keeps its object alive until this and all its clones are dropped, whatever scopes end.
#[derive(Clone)]
pub struct OwnedRoot {
    store: StoreId,
    reference: u32,
    _owner: OwnedEntry,
}

impl OwnedRoot {
    /// Holds a reference.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    pub fn try_new(store: &Store, reference: u32) -> Result<OwnedRoot, OutOfMemory> {
        Ok(OwnedRoot { store: store.id(), reference, _owner: store.objects.roots.own(reference)? })
    }

    /// Holds the reference in a slot, or returns `None` if it is null. If there is no memory, the process ends.
    pub fn of_slot(slot: u64, store: &Store) -> Option<OwnedRoot> {
        let own = |reference| OwnedRoot::try_new(store, reference).unwrap_or_else(|_| no_memory());
        (slot as u32 != 0).then(|| own(slot as u32))
    }

    /// Returns the reference.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn reference(&self, store: &Store) -> u32 {
        store.check(self.store);
        self.reference
    }
}
