//! References to values of the host without objects: they stay as long as their store.

use wasmote_ir::fallible::OutOfMemory;

use crate::store::{StoreId, StoreInner};

/// A reference.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Root {
    store: StoreId,
    reference: u32,
}

impl Root {
    pub(crate) fn new(store: &StoreInner, reference: u32) -> Root {
        Root { store: store.id, reference }
    }

    /// What a slot has, unless it is null.
    pub(crate) fn try_new(store: &StoreInner, reference: u32) -> Result<Root, OutOfMemory> {
        Ok(Root::new(store, reference))
    }

    pub(crate) fn of_slot(slot: u64, store: &StoreInner) -> Option<Root> {
        (slot as u32 != 0).then(|| Root::new(store, slot as u32))
    }

    /// The reference.
    ///
    /// # Panics
    /// If this belongs to another store.
    pub(crate) fn reference(self, store: &StoreInner) -> u32 {
        store.check(self.store);
        self.reference
    }
}
