//! What recording adds to a store: [`HostCalls`], which takes the place of its host functions; and while one of them
//! runs, a note of what it changes. `replay` has the operations.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use core::marker::PhantomData;

use wasmote_exec as exec;
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::{OutOfMemory, TryVec, try_copy};

use crate::error::Error;
use crate::global::GlobalRecord;
use crate::memory::MemoryRecord;
use crate::table::TableRecord;

/// Takes the place of the host functions of a store.
pub trait HostCalls: Any + Send {
    /// Makes a call that wasm asks for. It leaves the results in the call's slots, or returns why wasm stops.
    fn call(&mut self, call: &mut InterposedCall<'_>) -> Result<(), TrapCode>;
}

/// A call of a host function that has not been made.
pub struct InterposedCall<'a> {
    pub(crate) machine: *mut exec::Machine,
    pub(crate) func: *mut exec::Func,
    pub(crate) instance: *mut exec::Instance,
    pub(crate) args: *mut u64,
    pub(crate) borrow: PhantomData<&'a mut ()>,
}

const NESTED: &str = "it called wasm, which a recording cannot hold";
const OBJECT: &str = "it wrote to an object, which a recording cannot hold";
pub(crate) const SHARED: &str = "it may write to a shared memory, which a recording cannot hold";
pub(crate) const NEW_ITEM: &str = "it made an item in the store, which a recording cannot hold";

#[cold]
pub(crate) fn nested() -> Error {
    Error::usage(NESTED)
}

/// What a store notes for recording.
#[derive(Default)]
pub(crate) struct Noted {
    /// What makes the calls of host functions in their place.
    pub(crate) calls: Option<Box<dyn HostCalls>>,
    /// What the running host function changed.
    pub(crate) changes: Option<Box<Changes>>,
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
    pub(crate) items: [usize; 7],
}

/// A memory that a host function could write to.
pub struct MemoryChange {
    /// The number of the memory.
    pub index: u32,
    /// Its size in pages before the call.
    pub pages: u64,
    /// Its bytes when the function borrowed all of it. `None` if it only said what it wrote.
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
            if record.shared().is_some() {
                changes.refused = Some(SHARED);
                return;
            }
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
            if record.shared().is_some() {
                changes.refused = Some(SHARED);
                return Writes::default();
            }
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
