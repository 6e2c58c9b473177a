//! Deadlines: an engine counts epochs, and a store is interrupted when the epoch of its deadline begins.

use alloc::vec::Vec;

use wasmote_ir::fallible::{OutOfMemory, TryVec};

use crate::interrupt_handle::{EPOCH, Shared};
use crate::lock::Lock;
use crate::shared::FallibleArc;

/// An engine's epoch, and the deadlines of its stores.
#[derive(Default)]
pub(crate) struct Epochs(Lock<Deadlines>);

#[derive(Default)]
struct Deadlines {
    epoch: u64,
    /// The stores that have a deadline in a later epoch, in no order. Each knows its place in the list.
    stores: Vec<(u64, FallibleArc<Shared>)>,
}

impl Deadlines {
    fn add(&mut self, deadline: u64, store: &FallibleArc<Shared>) -> Result<(), OutOfMemory> {
        let place = self.stores.len();
        self.stores.try_push((deadline, store.clone()))?;
        store.set_place(Some(place));
        Ok(())
    }

    fn remove(&mut self, place: usize) -> FallibleArc<Shared> {
        let (_, store) = self.stores.swap_remove(place);
        store.set_place(None);
        if let Some((_, moved)) = self.stores.get(place) {
            moved.set_place(Some(place));
        }
        store
    }
}

impl Epochs {
    /// Returns the current epoch.
    pub(crate) fn epoch(&self) -> u64 {
        self.0.lock().epoch
    }

    /// Registers a store whose deadline is so many epochs later, and returns that epoch. With 0, the caller does what is
    /// done at the deadline.
    pub(crate) fn add(&self, ticks: u64, store: &FallibleArc<Shared>) -> Result<u64, OutOfMemory> {
        let mut deadlines = self.0.lock();
        let deadline = deadlines.epoch.saturating_add(ticks);
        if ticks > 0 {
            deadlines.add(deadline, store)?;
        }
        Ok(deadline)
    }

    /// Forgets the deadline of a store, if it has one.
    pub(crate) fn remove(&self, store: &Shared) {
        let mut deadlines = self.0.lock();
        if let Some(place) = store.place() {
            deadlines.remove(place);
        }
    }

    /// Begins the next epoch and interrupts the stores whose deadline it is.
    pub(crate) fn increment(&self) {
        let mut deadlines = self.0.lock();
        deadlines.epoch += 1;
        let mut place = 0;
        while let Some(&(deadline, _)) = deadlines.stores.get(place) {
            if deadline <= deadlines.epoch {
                // Another takes its place.
                deadlines.remove(place).raise(EPOCH);
            } else {
                place += 1;
            }
        }
    }
}
