//! What a store and its host calls do for samples, and what was collected.

use core::sync::atomic::{AtomicUsize, Ordering};

use wasmote_exec as exec;
use wasmote_ir::TrapCode;

use crate::caller::Caller;
use crate::error::Error;
use crate::hooks::{self, root};
use crate::module::Module;
use crate::samples::{
    Collected, Entered, HostFunction, HostHook, Innermost, Outer, OuterKind, Sampler, StackNode, Tree, note, take_ticks,
};
use crate::shared::{FallibleArc, try_box};
use crate::store::Store;

/// The hook for host calls of a store that is sampled. Requests that came before the call count for its caller. Those
/// that come during the call count for the host function.
///
/// # Safety
/// As for the hook `host`.
unsafe fn sampled(
    machine: *mut exec::Machine,
    func: *mut exec::Func,
    caller: *mut exec::Instance,
    args: *mut u64,
) -> Result<(), TrapCode> {
    // SAFETY: handlers call this with the machine that runs, so no other reference to the store exists. Each reference
    // to it ends before the next line.
    unsafe {
        let samples = &raw mut (*root(machine).as_ptr()).samples;
        let host_hook = (*samples).0.as_ref().map_or(hooks::host as HostHook, |collected| collected.host_hook);
        let call = HostFunction {
            func,
            caller,
            args,
            noted: exec::NotedCalls::of((*machine).running, (*machine).stack_end()),
        };
        let ticks = take_ticks(samples);
        if ticks > 0 {
            note(samples, machine, Innermost::CallerOf(&call), ticks);
        }
        let inside = Outer::new(OuterKind::Host(call));
        let _entered = Entered::new(samples, &inside);
        let outcome = host_hook(machine, func, caller, args);
        let ticks = take_ticks(samples);
        if ticks > 0 {
            note(samples, machine, Innermost::Host, ticks);
        }
        outcome
    }
}

impl Store {
    /// Begins to sample the code of this store, unless it is being sampled. Earlier requests are forgotten. No code of
    /// the store must run.
    ///
    /// # Errors
    /// Those of [`Store::interrupt_handle`].
    pub fn sample(&mut self) -> Result<Sampler, Error> {
        let shared = self.shared_interrupts()?.clone();
        let ticks = match &self.samples.0 {
            Some(collected) => collected.ticks.clone(),
            None => {
                let ticks = FallibleArc::try_new(AtomicUsize::new(0))?;
                let host_hook = self.machine.hooks.host;
                self.samples.0 = Some(try_box(Collected::new(ticks.clone(), host_hook))?);
                self.machine.hooks.host = sampled;
                ticks
            }
        };
        ticks.store(0, Ordering::Relaxed);
        Ok(Sampler { shared, ticks })
    }

    /// Forgets all samples, and takes no more. No code of the store must run.
    pub fn stop_sampling(&mut self) {
        if let Some(collected) = self.samples.0.take() {
            self.machine.hooks.host = collected.host_hook;
        }
    }

    /// Returns the samples so far. `None` if the store is not sampled.
    pub fn profile(&self) -> Option<Profile<'_>> {
        let tree = &self.samples.0.as_ref()?.tree;
        Some(Profile { store: self, tree })
    }

    /// Sets the hook for host calls. Samples are taken nevertheless.
    #[cfg(feature = "replay")]
    pub(crate) fn set_host_hook(&mut self, hook: HostHook) {
        match &mut self.samples.0 {
            Some(collected) => collected.host_hook = hook,
            None => self.machine.hooks.host = hook,
        }
    }
}

impl<T> Caller<'_, T> {
    /// Notes the stack as one sample, if the store is sampled.
    pub fn note_sample(&mut self) {
        // SAFETY: the caller stands for a mutable borrow of the store, whose host function runs.
        unsafe {
            let store = self.root().as_ptr();
            note(&raw mut (*store).samples, &raw mut (*store).machine, Innermost::Host, 1);
        }
    }
}

/// The samples of a store.
#[derive(Clone, Copy)]
pub struct Profile<'a> {
    store: &'a Store,
    tree: &'a Tree,
}

/// A function in a profile.
#[derive(Clone, Copy)]
pub enum ProfiledFunction<'a> {
    /// A function of this module, with its index.
    Wasm(&'a Module, u32),
    /// A host function. If its caller imports it, the names of that import: those of the module and of the function.
    Host(Option<(&'a str, &'a str)>),
    /// The outer frames, of a stack with too many.
    Omitted,
}

impl<'a> Profile<'a> {
    /// Returns the stacks.
    pub fn nodes(&self) -> &'a [StackNode] {
        &self.tree.nodes
    }

    /// Returns how many samples were taken.
    pub fn samples(&self) -> u64 {
        self.tree.samples
    }

    /// Returns how many samples are missing, because there was no room for their stacks.
    pub fn lost(&self) -> u64 {
        self.tree.lost
    }

    /// Returns the innermost function of a stack.
    pub fn function(&self, node: &StackNode) -> ProfiledFunction<'a> {
        let Some((instance, is_host)) = node.frame().place() else { return ProfiledFunction::Omitted };
        let func = node.frame().func();
        match instance.map(|number| self.store.instance(number)) {
            Some(instance) if !is_host => ProfiledFunction::Wasm(instance.module(), func),
            instance => {
                let record = self.store.func(func);
                let import = instance.zip(record).and_then(|(instance, record)| instance.import_of(record));
                ProfiledFunction::Host(import.map(|import| (&*import.module, &*import.name)))
            }
        }
    }
}
