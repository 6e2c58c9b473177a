//! Recording and replaying of host calls, as far as it needs the records. [`HostCalls`] takes the place of a store's
//! host functions. While one of them runs, [`Noted`] notes what it changes.
//!
//! A store without [`HostCalls`] has the usual hook for host calls, so recording costs nothing while it is off.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use core::marker::PhantomData;
use core::ptr::NonNull;

use wasmote_decode::{FuncType, Import, ImportType};
use wasmote_exec as exec;
use wasmote_ir::fallible::{OutOfMemory, TryVec, try_copy};
use wasmote_ir::{HeapType, RefType, TrapCode};

use crate::error::Error;
use crate::global::GlobalRecord;
use crate::hooks::{self, root};
use crate::host::{HostCall, HostFrame};
use crate::instance::InstanceRecord;
use crate::memory::MemoryRecord;
use crate::store::Store;
use crate::table::TableRecord;

/// Takes the place of the host functions of a store.
pub trait HostCalls: Any + Send {
    /// Makes a call that wasm asks for. It leaves the results in the call's slots, or returns why wasm stops.
    fn call(&mut self, call: &mut InterposedCall<'_>) -> Result<(), TrapCode>;
}

/// A call of a host function that has not been made.
pub struct InterposedCall<'a> {
    machine: *mut exec::Machine,
    func: *mut exec::Func,
    instance: *mut exec::Instance,
    args: *mut u64,
    borrow: PhantomData<&'a mut ()>,
}

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
        let instance = self.instance()?;
        let imports = &instance.parts.imports;
        // SAFETY: `get` checked the index, and nothing changes the pointers in this slice.
        let is_it = |&at: &usize| imports.get(at).is_some_and(|place| unsafe { place.read() } == self.func);
        let at = (0..imports.len()).find(is_it)?;
        let functions = |import: &&Import| matches!(import.ty, ImportType::Func(_));
        instance.module.info().imports.iter().filter(functions).nth(at)
    }

    /// Returns the bytes of the memory that the calling instance exports as `memory`.
    pub fn memory(&self) -> Option<&[u8]> {
        Some(self.store().memory(self.instance()?.memory?).data())
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
        let outcome = calls.call(&mut InterposedCall { machine, func, instance, args, borrow: PhantomData });
        root(machine).as_mut().noted.calls = Some(calls);
        outcome
    }
}

const NESTED: &str = "it called wasm, which a recording cannot hold";
const OBJECT: &str = "it wrote to an object, which a recording cannot hold";
const NEW_ITEM: &str = "it made an item in the store, which a recording cannot hold";

#[cold]
fn nested() -> Error {
    Error::usage(NESTED)
}

/// What a store notes for recording.
#[derive(Default)]
pub(crate) struct Noted {
    calls: Option<Box<dyn HostCalls>>,
    /// What the running host function changed.
    changes: Option<Box<Changes>>,
}

/// What a host function may have changed in its store.
#[derive(Default)]
pub struct Changes {
    /// The memories that it could write to.
    pub memories: Vec<MemoryChange>,
    /// The tables that it could write to, with their elements before the call.
    pub tables: Vec<(u32, Box<[u32]>)>,
    /// The globals that it could write to, with their values before the call.
    pub globals: Vec<(u32, [u64; 2])>,
    /// The fuel before the call.
    pub fuel: u64,
    /// A change that a recording cannot hold.
    pub refused: Option<&'static str>,
    /// How many items the store had before the call.
    items: [usize; 7],
}

/// A memory that a host function could write to.
pub struct MemoryChange {
    /// The number of the memory.
    pub index: u32,
    /// Its size in pages before the call.
    pub pages: u64,
    /// Its bytes before the call. `None` if the function said what it wrote.
    pub before: Option<Box<[u8]>>,
    /// The offsets and lengths of what the function said that it wrote.
    pub written: Vec<(u64, u64)>,
}

const NO_MEMORY: &str = "there was not enough memory to record a host call";

impl Changes {
    /// Returns the entry of a memory, which the first use makes.
    fn memory(&mut self, index: u32, record: &MemoryRecord) -> Result<&mut MemoryChange, OutOfMemory> {
        let known = self.memories.iter().position(|change| change.index == index);
        let at = known.unwrap_or(self.memories.len());
        if known.is_none() {
            let new = MemoryChange { index, pages: record.size(), before: None, written: Vec::new() };
            self.memories.try_push(new)?;
        }
        Ok(&mut self.memories[at])
    }

    fn add<T>(&mut self, noted: impl FnOnce(&mut Changes) -> Result<T, OutOfMemory>) {
        if noted(self).is_err() {
            self.refused = Some(NO_MEMORY);
        }
    }
}

impl Noted {
    /// Notes that the host may write to all of a memory.
    #[inline]
    pub(crate) fn memory(&mut self, index: u32, record: &MemoryRecord) {
        if let Some(changes) = &mut self.changes {
            changes.add(|changes| {
                let change = changes.memory(index, record)?;
                if change.before.is_none() {
                    change.before = Some(try_copy(record.data())?);
                }
                Ok(())
            });
        }
    }

    /// Notes that the host may grow a memory, or write the parts that it names.
    #[inline]
    pub(crate) fn writes(&mut self, index: u32, record: &MemoryRecord) -> Writes<'_> {
        if let Some(changes) = &mut self.changes {
            changes.add(|changes| changes.memory(index, record).map(drop));
        }
        Writes { changes: self.changes.as_deref_mut(), index }
    }

    /// Notes that the host may write to a table.
    #[inline]
    pub(crate) fn table(&mut self, index: u32, record: &TableRecord) {
        if let Some(changes) = &mut self.changes
            && changes.tables.iter().all(|(known, _)| *known != index)
        {
            changes.add(|changes| changes.tables.try_push((index, try_copy(record.elements())?)));
        }
    }

    /// Notes that the host may write a global.
    #[inline]
    pub(crate) fn global(&mut self, index: u32, record: &GlobalRecord) {
        if let Some(changes) = &mut self.changes
            && changes.globals.iter().all(|(known, _)| *known != index)
        {
            changes.add(|changes| changes.globals.try_push((index, record.slots())));
        }
    }

    /// Notes that the host writes to an object.
    #[cfg_attr(not(feature = "gc"), allow(dead_code))]
    #[inline]
    pub(crate) fn object(&mut self) {
        if let Some(changes) = &mut self.changes {
            changes.refused = Some(OBJECT);
        }
    }

    /// Checks that no recorded host function is running: wasm that it runs would change what is not noted.
    #[inline]
    pub(crate) fn check_may_run(&mut self) -> Result<(), Error> {
        match &mut self.changes {
            None => Ok(()),
            Some(changes) => {
                changes.refused = Some(NESTED);
                Err(nested())
            }
        }
    }
}

/// Takes the parts of a memory that a host function writes. Without recording, nothing is kept.
#[derive(Default)]
pub struct Writes<'a> {
    changes: Option<&'a mut Changes>,
    index: u32,
}

impl Writes<'_> {
    fn written(&mut self) -> Option<&mut Vec<(u64, u64)>> {
        let changes = self.changes.as_mut()?;
        changes.memories.iter_mut().find(|change| change.index == self.index).map(|change| &mut change.written)
    }

    /// Adds `len` bytes at `offset`.
    #[inline]
    pub fn add(&mut self, offset: u64, len: u64) {
        if self.written().is_some_and(|written| written.try_push((offset, len)).is_err())
            && let Some(changes) = &mut self.changes
        {
            changes.refused = Some(NO_MEMORY);
        }
    }

    /// Says that only the first `len` bytes of the part that was added last were written.
    #[inline]
    pub fn shorten(&mut self, len: u64) {
        if let Some((_, last)) = self.written().and_then(|written| written.last_mut()) {
            *last = len.min(*last);
        }
    }
}

impl Store {
    /// Makes all calls of host functions from now on with `calls`.
    pub fn set_host_calls(&mut self, calls: Box<dyn HostCalls>) {
        self.noted.calls = Some(calls);
        self.machine.hooks.host = interposed;
    }

    /// Makes calls of host functions in the usual way again. Returns what made them.
    pub fn take_host_calls(&mut self) -> Option<Box<dyn HostCalls>> {
        self.machine.hooks.host = hooks::host;
        self.noted.calls.take()
    }

    /// Begins to note changes, before a host function runs.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    pub fn begin_changes(&mut self) -> Result<(), OutOfMemory> {
        let changes = Changes { fuel: self.all_fuel(), items: self.items(), ..Changes::default() };
        self.noted.changes = Some(crate::shared::try_box(changes)?);
        Ok(())
    }

    /// Returns the changes since [`Store::begin_changes`].
    pub fn end_changes(&mut self) -> Changes {
        let mut changes = self.noted.changes.take().map(|changes| *changes).unwrap_or_default();
        if changes.items != self.items() {
            changes.refused = Some(NEW_ITEM);
        }
        changes
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
