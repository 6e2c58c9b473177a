//! References that the host holds. Their handles keep the objects alive.

use alloc::vec::Vec;

use wasmote_ir::fallible::{OutOfMemory, TryVec};

use crate::lock::Lock;
use crate::shared::FallibleArc;

/// The references that handles hold, as a stack. Reading from a store makes handles, so a lock guards the list.
#[derive(Default)]
pub(crate) struct Roots {
    entries: Lock<Entries>,
}

#[derive(Default)]
struct Entries {
    /// References, each with the number of its handle.
    held: Vec<(u32, u32)>,
    next: u32,
    /// References that are held until an owner drops them, which may happen without the store. Each is an owner, too.
    owned: Vec<(u32, OwnedEntry)>,
    /// The number of them at which those without other owners are looked for.
    many: usize,
}

/// An owner of a reference. It keeps the object alive.
pub(crate) type OwnedEntry = FallibleArc<()>;

/// What identifies a handle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RootEntry {
    index: u32,
    number: u32,
}

impl Roots {
    /// Returns how many handles there are, for [`Roots::leave`]. Reserves room for `more` handles: those that a
    /// guest passes to the host at once.
    // Each call of a host function is a scope. With `&mut`, these two need no lock.
    #[inline]
    pub(crate) fn enter(&mut self, more: usize) -> Result<usize, OutOfMemory> {
        let held = &mut self.entries.get_mut().held;
        held.try_room(more)?;
        Ok(held.len())
    }

    /// Does the same if there is room already; otherwise returns `None`.
    #[inline]
    pub(crate) fn enter_with_room(&mut self, more: usize) -> Option<usize> {
        let held = &self.entries.get_mut().held;
        (more <= held.capacity() - held.len()).then_some(held.len())
    }

    /// Removes all handles made since.
    #[inline]
    pub(crate) fn leave(&mut self, entered: usize) {
        self.entries.get_mut().held.truncate(entered);
    }

    /// Reserves room for `more` handles.
    pub(crate) fn room(&self, more: usize) -> Result<(), OutOfMemory> {
        self.entries.lock().held.try_room(more)
    }

    /// Calls `each` with each reference.
    pub(crate) fn each(&self, each: &mut dyn FnMut(u32)) {
        let entries = &mut *self.entries.lock();
        entries.held.iter().for_each(|&(reference, _)| each(reference));
        entries.owned.retain(|(_, owner)| !owner.is_only_owner());
        entries.owned.iter().for_each(|&(reference, _)| each(reference));
    }

    /// Adds a handle, which keeps the reference's object alive.
    pub(crate) fn hold(&self, reference: u32) -> Result<RootEntry, OutOfMemory> {
        let mut entries = self.entries.lock();
        let number = entries.next;
        entries.held.try_push((reference, number))?;
        entries.next = number.wrapping_add(1);
        Ok(RootEntry { index: entries.held.len() as u32 - 1, number })
    }

    /// Keeps the reference's object alive until all that are cloned from the result are dropped.
    pub(crate) fn own(&self, reference: u32) -> Result<OwnedEntry, OutOfMemory> {
        let entries = &mut *self.entries.lock();
        // Each search finds at least half of the entries new, so it costs no more than making them.
        if entries.owned.len() >= entries.many {
            entries.owned.retain(|(_, owner)| !owner.is_only_owner());
            entries.many = 2 * entries.owned.len() + 16;
        }
        let owner = FallibleArc::try_new(())?;
        entries.owned.try_push((reference, owner.clone()))?;
        Ok(owner)
    }

    /// Checks that a handle is still valid.
    ///
    /// # Panics
    /// If the scope has ended in which it was made.
    pub(crate) fn check(&self, held: RootEntry) {
        match self.entries.lock().held.get(held.index as usize) {
            Some(&(_, number)) if number == held.number => {}
            _ => gone(),
        }
    }
}

#[cold]
fn gone() -> ! {
    panic!("a reference to an object was used after the end of the scope in which it was made")
}
