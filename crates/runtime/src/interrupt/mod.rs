//! Interruption: another thread stops the code of a store, for good or for a moment.
//!
//! ```text
//! InterruptHandle ──> Shared: reasons, waker ──> StackLimit in the store's machine
//! Engine ──> Epochs: deadlines ──────┘
//! ```
//!
//! To interrupt is to note a reason and to set the machine's stack limit to null. Calls and loops notice that, and the
//! activation stops. Then [`next`] looks at the reasons: the call ends, or it continues as if nothing had happened.

mod epoch;

use core::ptr::NonNull;

use wasmote_exec as exec;
use wasmote_ir::TrapCode;

use crate::engine::{Engine, Settings};
use crate::error::Error;
use crate::interrupt_handle::{EPOCH, InterruptHandle, REQUESTED, SAMPLE, Shared};
use crate::samples::sample_stopped;
use crate::shared::FallibleArc;
use crate::store::Store;

pub use epoch::UpdateDeadline;

/// What a store knows of its interruptions.
#[derive(Default)]
pub(crate) struct Interrupts {
    /// Made with the first handle or deadline.
    shared: Option<FallibleArc<Shared>>,
    /// Where the deadline is registered.
    registered: Option<Registered>,
    action: epoch::Action,
}

/// A deadline in an engine's list, and the code for it. A program that sets no deadline does not link that code.
struct Registered {
    engine: Engine,
    deadline: u64,
    withdraw: fn(&Engine, &Shared),
    reached: Reached,
}

/// Does what a store does at its deadline, if that has passed. As for [`next`].
type Reached = unsafe fn(NonNull<Store>, &mut exec::Activation) -> Result<Next, TrapCode>;

impl Interrupts {
    /// Returns a handle, if anybody can interrupt the store.
    #[cfg(shared_memory)]
    pub(crate) fn handle(&self) -> Option<InterruptHandle> {
        self.shared.clone().map(InterruptHandle)
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.withdraw();
        if let Some(shared) = &self.shared {
            shared.retire();
        }
    }
}

/// Returns a linker whose code notices interruptions, if the settings ask for it.
pub(crate) fn configure(linker: exec::CodeLinker, settings: &Settings) -> exec::CodeLinker {
    linker.polls(polls(settings))
}

/// Returns whether loops look for interruptions.
fn polls(settings: &Settings) -> bool {
    settings.optional.interruption && !settings.optional.interruption_at_calls_only
}

impl Engine {
    /// Returns whether the settings allow interruption.
    pub fn is_interruptible(&self) -> bool {
        self.settings().optional.interruption
    }

    /// Returns whether loops look for interruptions, too.
    pub fn interrupts_loops(&self) -> bool {
        polls(self.settings())
    }
}

impl Store {
    /// Returns a handle that interrupts this store.
    ///
    /// # Errors
    /// Fails if the engine's settings do not allow interruption, or if there is not enough memory.
    pub fn interrupt_handle(&mut self) -> Result<InterruptHandle, Error> {
        Ok(InterruptHandle(self.shared_interrupts()?.clone()))
    }

    /// Returns whether an interruption was asked for that has not yet taken effect.
    pub fn is_interrupted(&self) -> bool {
        self.interrupts.shared.as_ref().is_some_and(|shared| shared.is_raised())
    }

    /// Clears the interruption of the machine, and returns the reasons for it.
    fn take_reasons(&mut self) -> u32 {
        self.machine.clear_interrupt();
        self.interrupts.shared.as_ref().map_or(0, |shared| shared.take_reasons())
    }

    pub(crate) fn shared_interrupts(&mut self) -> Result<&FallibleArc<Shared>, Error> {
        if self.interrupts.shared.is_none() {
            if !self.engine.is_interruptible() {
                return Err(Error::usage("interruption is off: turn `Config::interruption` on"));
            }
            // The limit would be null without a stack, which means an interruption.
            self.make_stack()?;
            self.machine.stack_limit.share();
            // The root pointer, because references to the store come and go.
            let root = self.machine.embedder.cast::<Store>();
            // SAFETY: `Store::new` set `embedder` to the store's own pointer. This only computes an address.
            let limit = unsafe { &raw const (*root).machine.stack_limit };
            self.interrupts.shared = Some(FallibleArc::try_new(Shared::new(limit))?);
        }
        match &self.interrupts.shared {
            Some(shared) => Ok(shared),
            None => unreachable!("it was made above"),
        }
    }
}

/// What happens with an interrupted call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// It continues.
    Resume,
    /// It continues, but others may run first.
    Yield,
    /// It ends.
    Stop,
}

/// Clears the interruption of a store and returns what happens with the call. A callback of the embedder's may run.
///
/// # Errors
/// Returns the code of the callback's error, which ends the call. The store has the error itself.
///
/// # Safety
/// The caller borrows the store mutably, and holds no reference to it. The activation is the one that stopped last on
/// its machine, and nothing ran since.
#[cold]
#[inline(never)]
pub(crate) unsafe fn next(mut root: NonNull<Store>, activation: &mut exec::Activation) -> Result<Next, TrapCode> {
    // SAFETY: the caller borrows the store mutably and holds no reference to it. Each reference ends before the next line.
    // This only computes addresses of the store's parts.
    let (reasons, reached) = unsafe {
        let mut reasons = root.as_mut().take_reasons();
        if reasons & SAMPLE != 0 {
            sample_stopped(&raw mut (*root.as_ptr()).samples, &raw mut (*root.as_ptr()).machine, activation);
            // Samples that were asked for meanwhile count with the next one. If such requests came faster than stacks can
            // be noted, the code would not get on.
            reasons |= root.as_mut().take_reasons();
        }
        let registered = root.as_ref().interrupts.registered.as_ref().filter(|_| reasons & EPOCH != 0);
        (reasons, registered.map(|at| at.reached))
    };
    let next = if reasons & REQUESTED != 0 {
        Ok(Next::Stop)
    } else if let Some(reached) = reached {
        // SAFETY: as for this function, and no reference to the store is left.
        unsafe { reached(root, activation) }
    } else {
        Ok(Next::Resume)
    };
    if let Ok(Next::Stop) | Err(_) = next
        // SAFETY: the caller borrows the store mutably, and no reference to it is left.
        && let Some(shared) = unsafe { &root.as_ref().interrupts.shared }
    {
        shared.count_stopped_call();
    }
    next
}
