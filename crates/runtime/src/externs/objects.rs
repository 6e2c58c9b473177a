//! The values of the host that references are to. They live as long as their store, so handles need not keep them
//! alive.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;

use wasmote_exec as exec;
use wasmote_ir::ValType;
use wasmote_ir::fallible::{OutOfMemory, TryVec};

use crate::engine::Engine;
use crate::type_ids::TypeIds;

/// The handlers of instructions on objects: none.
pub(crate) const HANDLERS: &[exec::extend::Handler] = &[];

/// The values of the host in a store.
pub(crate) struct Objects {
    pub(crate) roots: Roots,
    /// Reference `r` is to entry `r - 1`.
    values: Vec<Arc<dyn Any + Send + Sync>>,
}

impl Objects {
    pub(crate) fn new(_: &Engine) -> Result<Objects, OutOfMemory> {
        Ok(Objects { roots: Roots, values: Vec::new() })
    }

    /// Does nothing: modules with tags are refused.
    pub(crate) fn add_tag(&mut self, _: &Engine, _: &[ValType]) -> Result<(), OutOfMemory> {
        Ok(())
    }

    /// Does nothing: all types are function types.
    pub(crate) fn add_types(&mut self, _: &Engine, _: &TypeIds) -> Result<(), OutOfMemory> {
        Ok(())
    }

    /// Returns null: no handler uses the layouts of types.
    pub(crate) fn layouts(&self) -> *const () {
        core::ptr::null()
    }

    /// Makes a reference to a value. `None` if there is not enough memory.
    pub(crate) fn add(&mut self, value: Arc<dyn Any + Send + Sync>) -> Option<u32> {
        let reference = u32::try_from(self.values.len() + 1).ok()?;
        self.values.try_push(value).ok()?;
        Some(reference)
    }

    /// Returns the value that a reference is to. `None` if it is to none.
    pub(crate) fn get(&self, reference: u32) -> Option<&(dyn Any + Send + Sync)> {
        self.values.get((reference as usize).checked_sub(1)?).map(|value| &**value)
    }

    /// Returns whether the store has this reference, which is neither null nor to a function.
    pub(crate) fn is_known(&self, reference: u32) -> bool {
        self.get(reference).is_some()
    }
}

/// The list of handles, which is not needed here.
pub(crate) struct Roots;

/// What identifies a handle: nothing, since none keeps an object alive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RootEntry;

/// An owner of a reference: nothing, for the same reason.
pub(crate) type OwnedEntry = ();

impl Roots {
    pub(crate) fn enter(&mut self, _: usize) -> Result<usize, OutOfMemory> {
        Ok(0)
    }

    pub(crate) fn enter_with_room(&mut self, _: usize) -> Option<usize> {
        Some(0)
    }

    pub(crate) fn leave(&mut self, _: usize) {}

    pub(crate) fn room(&self, _: usize) -> Result<(), OutOfMemory> {
        Ok(())
    }

    pub(crate) fn hold(&self, _: u32) -> Result<RootEntry, OutOfMemory> {
        Ok(RootEntry)
    }

    pub(crate) fn own(&self, _: u32) -> Result<OwnedEntry, OutOfMemory> {
        Ok(())
    }

    pub(crate) fn check(&self, _: RootEntry) {}
}
