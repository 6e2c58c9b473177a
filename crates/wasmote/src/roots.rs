//! References to objects that the host holds: handles, which keep their objects in use.

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use wasmote_ir::fallible::{OutOfMemory, TryVec};

use crate::context::AsContextMut;
use crate::lock::Lock;
use crate::shared::no_memory;
use crate::store::{StoreId, StoreInner};

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

/// A handle of a reference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Root {
    store: StoreId,
    index: u32,
    number: u32,
    reference: u32,
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

impl Roots {
    /// How many there are: what [`Roots::leave`] comes back to.
    pub(crate) fn enter(&self) -> usize {
        self.entries.lock().held.len()
    }

    /// The same, with room for so many more: what a guest hands the host in one go.
    pub(crate) fn enter_with_room(&self, more: usize) -> Result<usize, OutOfMemory> {
        let held = &mut self.entries.lock().held;
        held.try_room(more)?;
        Ok(held.len())
    }

    /// Forgets all made since.
    pub(crate) fn leave(&self, entered: usize) {
        self.entries.lock().held.truncate(entered);
    }

    /// Gives each reference.
    pub(crate) fn each(&self, each: &mut dyn FnMut(u32)) {
        self.entries.lock().held.iter().for_each(|&(reference, _)| each(reference));
    }
}

impl Root {
    /// A new handle. What a guest decides the number of asks for room before; otherwise the process ends if there is no memory, as
    /// elsewhere in Rust.
    pub(crate) fn new(store: &StoreInner, reference: u32) -> Root {
        Root::try_new(store, reference).unwrap_or_else(|_| no_memory())
    }

    /// A new handle, if there is memory for it.
    pub(crate) fn try_new(store: &StoreInner, reference: u32) -> Result<Root, OutOfMemory> {
        let mut entries = store.objects.roots.entries.lock();
        let number = entries.next;
        entries.held.try_push((reference, number))?;
        entries.next = number.wrapping_add(1);
        Ok(Root { store: store.id, index: entries.held.len() as u32 - 1, number, reference })
    }

    /// A handle of what a slot has, unless it is null.
    pub(crate) fn of_slot(slot: u64, store: &StoreInner) -> Option<Root> {
        (slot as u32 != 0).then(|| Root::new(store, slot as u32))
    }

    /// The reference.
    ///
    /// # Panics
    /// If this belongs to another store, or the scope has ended in which it was made.
    pub(crate) fn reference(self, store: &StoreInner) -> u32 {
        store.check(self.store);
        let held = store.objects.roots.entries.lock().held.get(self.index as usize).copied();
        match held {
            Some((reference, number)) if number == self.number => reference,
            _ => gone(),
        }
    }
}

#[cold]
fn gone() -> ! {
    panic!("a reference to an object was used after the end of the scope in which it was made")
}

/// Runs `body`, and lets go of all references to objects that it got: handles made in it are not to be used afterwards. A call of
/// a host function is such a scope of its own; outside of any, handles stay until the store is dropped.
///
/// ```
/// use wasmote::{Engine, Store, scope};
///
/// let mut store = Store::new(&Engine::default(), 1);
/// let doubled = scope(&mut store, |store| *store.data() * 2);
/// assert_eq!(doubled, 2);
/// ```
pub fn scope<C: AsContextMut, R>(ctx: &mut C, body: impl FnOnce(&mut C) -> R) -> R {
    let entered = ctx.as_context_mut().inner_mut().objects.roots.enter();
    let result = body(ctx);
    ctx.as_context_mut().inner_mut().objects.roots.leave(entered);
    result
}
