//! Handles of references.

use core::hash::{Hash, Hasher};

use wasmote_ir::fallible::OutOfMemory;

use crate::objects::RootEntry;
use crate::shared::no_memory;
use crate::store::{Store, StoreId};

/// A handle of a reference: with objects, it keeps its object in use until its scope ends. Without, there are references to values of the host
/// alone, and these stay as long as their store.
#[derive(Clone, Copy, Debug)]
pub struct Root {
    store: StoreId,
    reference: u32,
    held: RootEntry,
}

/// Handles are the same if they are of the same object: those do not move.
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
    /// A new handle. What a guest decides the number of asks for room before; otherwise the process ends if there is no memory, as
    /// elsewhere in Rust.
    pub fn new(store: &Store, reference: u32) -> Root {
        Root::try_new(store, reference).unwrap_or_else(|_| no_memory())
    }

    /// A new handle, if there is memory for it.
    ///
    /// # Errors
    /// When there is none.
    pub fn try_new(store: &Store, reference: u32) -> Result<Root, OutOfMemory> {
        Ok(Root { store: store.id(), reference, held: store.objects.roots.hold(reference)? })
    }

    /// A handle of what a slot has, unless it is null.
    pub fn of_slot(slot: u64, store: &Store) -> Option<Root> {
        (slot as u32 != 0).then(|| Root::new(store, slot as u32))
    }

    /// The reference.
    ///
    /// # Panics
    /// If this belongs to another store, or the scope has ended in which it was made.
    pub fn reference(self, store: &Store) -> u32 {
        store.check(self.store);
        store.objects.roots.check(self.held);
        self.reference
    }
}
