//! References that the host holds: handles, which keep their objects in use.

use alloc::vec::Vec;

use wasmote_ir::fallible::{OutOfMemory, TryVec};

use crate::lock::Lock;

/// What handles refer to, the last ones first to go. Handles are made out of what is only read, so there is a lock.
#[derive(Default)]
pub(crate) struct Roots {
    entries: Lock<Entries>,
}

#[derive(Default)]
struct Entries {
    /// References, each with the number of its handle.
    held: Vec<(u32, u32)>,
    next: u32,
}

/// What a handle is known by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RootEntry {
    index: u32,
    number: u32,
}

impl Roots {
    /// How many there are: what [`Roots::leave`] comes back to. There is room for so many more: what a guest hands the host in one go.
    // Each call of a host function is a scope, so that these two take no lock.
    #[inline]
    pub(crate) fn enter(&mut self, more: usize) -> Result<usize, OutOfMemory> {
        let held = &mut self.entries.get_mut().held;
        held.try_room(more)?;
        Ok(held.len())
    }

    /// Forgets all made since.
    #[inline]
    pub(crate) fn leave(&mut self, entered: usize) {
        self.entries.get_mut().held.truncate(entered);
    }

    /// Makes room for so many more.
    pub(crate) fn room(&self, more: usize) -> Result<(), OutOfMemory> {
        self.entries.lock().held.try_room(more)
    }

    /// Gives each reference.
    pub(crate) fn each(&self, each: &mut dyn FnMut(u32)) {
        self.entries.lock().held.iter().for_each(|&(reference, _)| each(reference));
    }

    /// Keeps the object of a reference in use.
    pub(crate) fn hold(&self, reference: u32) -> Result<RootEntry, OutOfMemory> {
        let mut entries = self.entries.lock();
        let number = entries.next;
        entries.held.try_push((reference, number))?;
        entries.next = number.wrapping_add(1);
        Ok(RootEntry { index: entries.held.len() as u32 - 1, number })
    }

    /// # Panics
    /// If the scope has ended in which this was made.
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
