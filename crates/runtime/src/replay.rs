//! Recording and replaying of host calls, as far as it needs the records: calls go through [`HostCalls`], and `noted`
//! says what a host function changed.
//!
//! A store without [`HostCalls`] has the usual hook for host calls, so recording costs nothing while it is off.

use alloc::boxed::Box;
use core::marker::PhantomData;
use core::ptr::NonNull;

use wasmote_decode::{FuncType, Import};
use wasmote_exec as exec;
use wasmote_ir::fallible::OutOfMemory;
use wasmote_ir::{HeapType, RefType, TrapCode};

use crate::error::Error;
use crate::hooks::{self, root};
use crate::host::{HostCall, HostFrame};
use crate::instance::InstanceRecord;
use crate::noted::{Changes, HostCalls, InterposedCall, NEW_ITEM, SHARED, nested};
use crate::shared::try_box;
use crate::store::Store;

impl InterposedCall<'_> {
    /// Returns the store.
    pub fn store(&self) -> &Store {
        // SAFETY: `interposed` made the call while nothing else uses the store, and the result borrows `self`.
        unsafe { root(self.machine).as_ref() }
    }

    /// Returns the store, mutably.
    pub fn store_mut(&mut self) -> &mut Store {
        // SAFETY: as in `store`, and the result borrows `self` mutably.
        unsafe { root(self.machine).as_mut() }
    }

    /// Returns the number of the function: its reference.
    pub fn number(&self) -> u32 {
        // SAFETY: the store keeps the record in place, and nothing changes it while `self` is borrowed.
        unsafe { (*self.func).reference }
    }

    /// Returns the function's type.
    pub fn ty(&self) -> &FuncType {
        self.store().func_type(self.number())
    }

    fn raw_slots(&self) -> NonNull<[u64]> {
        // SAFETY: handlers pass a pointer to the slots of the running function, which is not null. The store keeps
        // the record in place.
        unsafe { NonNull::slice_from_raw_parts(NonNull::new_unchecked(self.args), (*self.func).header.into()) }
    }

    /// Returns the slots of the arguments, or of the results if they take more.
    pub fn slots(&self) -> &[u64] {
        // SAFETY: `header` is the number of these slots. Nothing writes them while `self` is borrowed.
        unsafe { self.raw_slots().as_ref() }
    }

    /// Checks the results and writes them to the slots: see [`HostCall::finish`]. `results` must have as many slots
    /// as the type says.
    #[must_use]
    pub fn finish(&mut self, results: &[u64]) -> bool {
        let (slots, ty) = (self.raw_slots(), NonNull::from(self.ty()));
        // SAFETY: handlers call the hook with the machine of a store.
        let root = unsafe { root(self.machine) };
        let mut frame = HostFrame { root, instance: self.instance, slots, ty };
        // SAFETY: `self` stands for a mutable borrow of the store, and it is mutably borrowed.
        unsafe { HostCall::new(&mut frame) }.finish(results)
    }

    fn instance(&self) -> Option<&InstanceRecord> {
        // SAFETY: an instance is the first part of its record, which the store keeps in place.
        unsafe { Some(NonNull::new(self.instance)?.cast::<InstanceRecord>().as_ref()) }
    }

    /// Returns the import of the calling instance that is this function. `None` also if the host called.
    pub fn import(&self) -> Option<&Import> {
        self.instance()?.import_of(self.func)
    }

    /// Returns the bytes of the memory that the calling instance exports as `memory`. `None` also if it is shared.
    pub fn memory(&self) -> Option<&[u8]> {
        let memory = self.store().memory(self.instance()?.memory?);
        memory.shared().is_none().then(|| memory.data())
    }

    /// Runs the function itself.
    ///
    /// # Errors
    /// Those of the function.
    pub fn run(&mut self) -> Result<(), TrapCode> {
        // SAFETY: `interposed` got these from a handler, and no reference to the store is left.
        unsafe { hooks::host(self.machine, self.func, self.instance, self.args) }
    }
}

/// The hook for host calls of a store with [`HostCalls`].
///
/// # Safety
/// As for the hook `host`.
unsafe fn interposed(
    machine: *mut exec::Machine,
    func: *mut exec::Func,
    instance: *mut exec::Instance,
    args: *mut u64,
) -> Result<(), TrapCode> {
    // SAFETY: handlers call this with the machine that runs, so no other reference to the store exists. Each
    // reference to it ends before the next line.
    unsafe {
        let Some(mut calls) = root(machine).as_mut().noted.calls.take() else {
            return Err(root(machine).as_mut().stop_with(nested(), TrapCode::Host));
        };
        let outcome = hooks::without_unwinding(root(machine), || {
            calls.call(&mut InterposedCall { machine, func, instance, args, borrow: PhantomData })
        });
        root(machine).as_mut().noted.calls = Some(calls);
        outcome
    }
}

impl Store {
    /// Makes all calls of host functions from now on with `calls`.
    pub fn set_host_calls(&mut self, calls: Box<dyn HostCalls>) {
        self.noted.calls = Some(calls);
        self.set_host_hook(interposed);
    }

    /// Makes calls of host functions in the usual way again. Returns what made them.
    pub fn take_host_calls(&mut self) -> Option<Box<dyn HostCalls>> {
        self.set_host_hook(hooks::host);
        self.noted.calls.take()
    }

    /// Begins to note changes, before a host function runs.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    pub fn begin_changes(&mut self) -> Result<(), OutOfMemory> {
        let mut changes = Changes { fuel: self.all_fuel(), items: self.items(), ..Changes::default() };
        // Other threads change a shared memory at any time.
        changes.refused = (!self.shared_memories.is_empty()).then_some(SHARED);
        self.noted.changes = Some(try_box(changes)?);
        Ok(())
    }

    /// Returns the changes since [`Store::begin_changes`], if that was called.
    pub fn end_changes(&mut self) -> Option<Box<Changes>> {
        let mut changes = self.noted.changes.take()?;
        if changes.items != self.items() {
            changes.refused = Some(NEW_ITEM);
        }
        Some(changes)
    }

    /// Returns the number of memories, of tables and of globals.
    pub fn writable_items(&self) -> [u32; 3] {
        [self.memories.len() as u32, self.tables.len() as u32, self.globals.len() as u32]
    }

    /// Takes the error with which a host function stopped wasm.
    pub fn take_stop(&mut self) -> Option<Error> {
        self.pending.take()
    }

    /// Returns whether a value of this type may be this reference. References that are not to functions may not.
    pub fn fits_reference(&self, reference: u64, ty: RefType) -> bool {
        match u32::try_from(reference) {
            Ok(0) => ty.is_nullable(),
            Ok(reference) => self.top(ty) == HeapType::Func && self.reference_is_of(reference, ty),
            Err(_) => false,
        }
    }
}
