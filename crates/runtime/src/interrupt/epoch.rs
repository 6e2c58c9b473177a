//! What a store does at its deadline.

use alloc::boxed::Box;
use core::ptr::NonNull;

use wasmote_exec as exec;
use wasmote_ir::TrapCode;

use super::{Interrupts, Next, Registered};
use crate::engine::Engine;
use crate::error::Error;
use crate::interrupt_handle::{EPOCH, Shared};
use crate::samples::inside_stopped;
use crate::store::Store;

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
pub(crate) type Callback = Box<dyn FnMut(NonNull<Store>) -> Result<UpdateDeadline, TrapCode> + Send>;

/// What a callback decides at a deadline. Numbers are epochs from the current one on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum UpdateDeadline {
    /// The code continues until this deadline.
    Continue(u64),
    /// An asynchronous call lets others run first. Other calls continue at once.
    Yield(u64),
    /// The call ends with the trap [`Interrupted`](wasmote_ir::TrapCode::Interrupt).
    Interrupt,
}

impl Interrupts {
    /// Takes the deadline out of the engine's list.
    pub(super) fn withdraw(&mut self) {
        if let (Some(Registered { engine, withdraw, .. }), Some(shared)) = (self.registered.take(), &self.shared) {
            withdraw(&engine, shared);
        }
    }
}

fn withdraw(engine: &Engine, store: &Shared) {
    engine.epochs().remove(store);
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
        let deadline = engine.epochs().add(ticks, &shared)?;
        self.interrupts.registered = Some(Registered { engine, deadline, withdraw, reached });
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

    /// Sets what is called when code reaches its deadline. It gets the store mutably borrowed, with no reference to it.
    pub(crate) fn set_deadline_callback(&mut self, callback: Callback) {
        self.interrupts.action = Action::Callback(callback);
    }

    fn deadline_has_passed(&self) -> bool {
        self.interrupts.registered.as_ref().is_some_and(|at| at.deadline <= at.engine.epochs().epoch())
    }
}

/// Does what the store does at its deadline, if that has passed. As for [`next`](super::next), whose errors it has.
///
/// # Safety
/// As for [`next`](super::next).
unsafe fn reached(root: NonNull<Store>, activation: &mut exec::Activation) -> Result<Next, TrapCode> {
    // SAFETY: the caller borrows the store mutably and holds no reference to it. The machine is the store's own.
    unsafe {
        if !root.as_ref().deadline_has_passed() {
            return Ok(Next::Resume);
        }
        let machine = &raw mut (*root.as_ptr()).machine;
        let samples = &raw mut (*root.as_ptr()).samples;
        // The stopped activation counts as running meanwhile.
        activation.while_stopped(machine, || inside_stopped(samples, (*machine).running, || act(root)))
    }
}

/// Does what the store does at a deadline.
///
/// # Safety
/// As for [`next`](super::next).
unsafe fn act(mut root: NonNull<Store>) -> Result<Next, TrapCode> {
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
