//! Resumable calls: they stop when their fuel is used up, and then run again or are dropped. Each has its own value
//! stack, so any number of a store's calls can be stopped at the same time.

use alloc::vec::Vec;
use core::ptr::NonNull;

use wasmote_exec as exec;
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::{OutOfMemory, TryVec};

use crate::error::Error;
use crate::lock::Lock;
use crate::run::failure;
use crate::shared::FallibleArc;
use crate::stack::ValueStack;
use crate::store::{Store, StoreId};

/// A call of the host into wasm that has not ended. Dropping it ends it.
pub struct Activation {
    paused: Paused,
    store: StoreId,
}

/// A call while it does not run. `None` once it has ended. The collector looks for references in it.
pub(crate) type Paused = FallibleArc<Lock<Option<Call>>>;

/// A call and its value stack.
pub(crate) struct Call {
    activation: exec::Activation,
    /// The memory of the call's slots. It is never read, but must live as long as the activation.
    _stack: ValueStack,
}

// SAFETY: its pointers lead to its own stack and to records of its store. Only code that mutably borrows the store
// uses them.
unsafe impl Send for Call {}

impl Drop for Activation {
    fn drop(&mut self) {
        // The store may keep its share of the `Arc`, but not the stack.
        let call = self.paused.lock().take();
        drop(call);
    }
}

/// The calls of a store that have not ended, and some that have.
#[derive(Default)]
pub(crate) struct Calls {
    all: Vec<Paused>,
    /// With this many calls in `all`, those that have ended are removed.
    full: usize,
}

impl Calls {
    fn add(&mut self, call: Paused) -> Result<(), OutOfMemory> {
        if self.all.len() >= self.full {
            self.all.retain(|call| !call.is_only_owner());
            self.full = 2 * self.all.len() + 8;
        }
        self.all.try_push(call)
    }

    /// Calls `each` with the slots in use of each call that does not run.
    #[cfg(feature = "gc")]
    pub(crate) fn each_stack(&self, each: &mut dyn FnMut(*const u64, *const u64)) {
        for call in &self.all {
            if let Some(call) = &*call.lock() {
                let (first, end) = call.activation.slots();
                each(first, end);
            }
        }
    }
}

impl Activation {
    /// Starts a call of a function by its reference. Arguments are in slots. It does not run yet.
    ///
    /// # Safety
    /// As for [`crate::run::call`].
    pub(crate) unsafe fn start(mut root: NonNull<Store>, func: u32, args: &[u64]) -> Result<Activation, Error> {
        // SAFETY: the caller borrows the store mutably and holds no reference to it.
        let store = unsafe { root.as_mut() };
        let Some(func) = store.func(func) else { unreachable!("functions stay in their store") };
        let stack = ValueStack::new(store.engine.settings().max_stack).ok_or(OutOfMemory)?;
        let machine = &raw mut store.machine;
        // SAFETY: `func` is a record of the store, and the caller guarantees that `args` has the slots of its type.
        // Nothing runs on the machine while its stack is replaced.
        let started = unsafe {
            let outside = ((*machine).stack_top, (*machine).stack_end());
            (*machine).set_stack(stack.start(), stack.len());
            let started = exec::Activation::start(machine, func, args);
            (*machine).set_stack_end(outside.1);
            (*machine).stack_top = outside.0;
            started
        };
        let activation = started?;
        let paused = FallibleArc::try_new(Lock::new(Some(Call { activation, _stack: stack })))?;
        store.calls.add(paused.clone())?;
        Ok(Activation { paused, store: store.id() })
    }

    /// Runs the call until it returns (`true`) or its fuel is used up (`false`). An error ends it.
    ///
    /// # Safety
    /// As for [`crate::run::call`], and `results` has the slots of the function's type.
    pub(crate) unsafe fn run(&mut self, mut root: NonNull<Store>, results: &mut [u64]) -> Result<bool, Error> {
        // SAFETY: the caller borrows the store mutably and holds no reference to it. `store` is last used before
        // the activation runs.
        let store = unsafe { root.as_mut() };
        store.check(self.store);
        // SAFETY: the machine is the store's.
        if !unsafe { exec::Machine::has_native_stack(&raw const store.machine) } {
            return Err(TrapCode::StackOverflow.into());
        }
        let Some(mut call) = self.paused.lock().take() else { return Err(Error::usage("the call has ended")) };
        let machine = &raw mut store.machine;
        // SAFETY: `check` made sure that the activation belongs to this store, and the caller borrows it mutably.
        let stop = unsafe { call.activation.run(machine) };
        match stop.returned() {
            Ok(()) => {
                // SAFETY: the call has returned, and the caller guarantees the slots of `results`.
                unsafe { call.activation.results(results) };
                Ok(true)
            }
            Err(_) if stop == exec::Stop::OutOfFuel => {
                *self.paused.lock() = Some(call);
                Ok(false)
            }
            // SAFETY: the activation stopped in this store, and nothing ran since.
            Err(code) => Err(unsafe { failure(root, &call.activation, code) }),
        }
    }
}
