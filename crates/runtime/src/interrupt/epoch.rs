//! Deadlines: the engine counts epochs, and a store is interrupted when the epoch of its deadline begins.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::NonNull;

use super::handle::{EPOCH, Shared};
use super::{Interrupts, Next, Registered};
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::{OutOfMemory, TryVec};

use crate::engine::Engine;
use crate::error::Error;
use crate::lock::Lock;
use crate::owned::StoreMut;
use crate::shared::FallibleArc;
use crate::store::Store;

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
    fn epoch(&self) -> u64 {
        self.0.lock().epoch
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

/// What happens to code when its deadline is reached.
#[derive(Default)]
pub(super) enum Action {
    /// The call ends with a trap.
    #[default]
    Trap,
    /// The embedder decides.
    Callback(Callback),
    /// Others may run; the next deadline is so many epochs later.
    Yield(u64),
}

/// A callback. It gets the store as [`next`](super::next) does.
type Callback = Box<dyn FnMut(NonNull<Store>) -> Result<UpdateDeadline, TrapCode> + Send>;

/// What a callback decides at a deadline. Numbers are epochs from the current one on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum UpdateDeadline {
    /// The code continues until this deadline.
    Continue(u64),
    /// An asynchronous call lets others run first. Other calls continue at once.
    Yield(u64),
    /// The call ends with the trap [`Interrupted`](wasmote_ir::TrapCode::Interrupted).
    Interrupt,
}

impl Interrupts {
    /// Takes the deadline out of the engine's list.
    pub(super) fn withdraw(&mut self) {
        if let (Some(Registered { engine, .. }), Some(shared)) = (self.registered.take(), &self.shared) {
            let mut deadlines = engine.epochs().0.lock();
            if let Some(place) = shared.place() {
                deadlines.remove(place);
            }
        }
    }
}

impl Store {
    /// Sets the deadline: `ticks` epochs from the current one on.
    ///
    /// # Errors
    /// Those of [`Store::interrupt_handle`].
    pub fn set_epoch_deadline(&mut self, ticks: u64) -> Result<(), Error> {
        let shared = self.shared_interrupts()?.clone();
        self.interrupts.withdraw();
        let engine = self.engine.clone();
        let deadline = {
            let mut deadlines = engine.epochs().0.lock();
            let deadline = deadlines.epoch.saturating_add(ticks);
            if ticks > 0 {
                deadlines.add(deadline, &shared)?;
            }
            deadline
        };
        self.interrupts.registered = Some(Registered { engine, deadline });
        if ticks == 0 {
            shared.raise(EPOCH);
        }
        Ok(())
    }

    /// Sets that a call ends with a trap at the deadline.
    pub fn epoch_deadline_trap(&mut self) {
        self.interrupts.action = Action::Trap;
    }

    /// Sets that an asynchronous call lets others run at the deadline, and that the next one is `ticks` epochs later.
    pub fn epoch_deadline_yield(&mut self, ticks: u64) {
        self.interrupts.action = Action::Yield(ticks);
    }

    pub(super) fn deadline_has_passed(&self) -> bool {
        self.interrupts.registered.as_ref().is_some_and(|at| at.deadline <= at.engine.epochs().epoch())
    }
}

impl<T: 'static> StoreMut<'_, T> {
    /// Sets what is called when code reaches its deadline. It keeps its error in the store and returns the code.
    pub fn epoch_deadline_callback(
        &mut self,
        mut callback: impl FnMut(StoreMut<'_, T>) -> Result<UpdateDeadline, TrapCode> + Send + 'static,
    ) {
        self.store().interrupts.action = Action::Callback(Box::new(move |root| {
            // SAFETY: `act` passes a store that is mutably borrowed and to which no reference exists. It is the store
            // for which the callback was set, so its data is a `T`.
            callback(unsafe { StoreMut::new(root) })
        }));
    }
}

/// Does what the store does at a deadline.
///
/// # Safety
/// As for [`next`](super::next).
pub(super) unsafe fn act(mut root: NonNull<Store>) -> Result<Next, TrapCode> {
    // SAFETY: the caller borrows the store mutably and holds no reference to it. No reference is left while the callback
    // runs.
    unsafe {
        let (update, next) = match core::mem::take(&mut root.as_mut().interrupts.action) {
            Action::Trap => return Ok(Next::Stop),
            Action::Yield(ticks) => {
                root.as_mut().interrupts.action = Action::Yield(ticks);
                (ticks, Next::Yield)
            }
            Action::Callback(mut callback) => {
                let decided = callback(root);
                let action = &mut root.as_mut().interrupts.action;
                // The callback may have set another action.
                if matches!(action, Action::Trap) {
                    *action = Action::Callback(callback);
                }
                match decided? {
                    UpdateDeadline::Continue(ticks) => (ticks, Next::Resume),
                    UpdateDeadline::Yield(ticks) => (ticks, Next::Yield),
                    UpdateDeadline::Interrupt => return Ok(Next::Stop),
                }
            }
        };
        let store = root.as_mut();
        match store.set_epoch_deadline(update) {
            Ok(()) => Ok(next),
            Err(error) => Err(store.stop_with(error, TrapCode::Host)),
        }
    }
}

impl Engine {
    /// Begins the next epoch and interrupts the stores whose deadline it is.
    pub fn increment_epoch(&self) {
        self.epochs().increment();
    }
}
