//! Operations on references to exceptions.

use alloc::vec::Vec;

use wasmote_ir::fallible::{OutOfMemory, TryVec};
use wasmote_runtime::{Store, no_memory};

use crate::context::AsContext;
use crate::exception::Exception;
use crate::handles::{ExnRef, Tag};
use crate::value::{Val, read_slots};

impl ExnRef {
    /// Returns the exception. `None` if the reference is not to one; only an image that was modified can cause
    /// this.
    ///
    /// # Panics
    /// If the handle belongs to another store, or if its scope has ended.
    pub fn exception(&self, ctx: impl AsContext) -> Option<Exception> {
        let ctx = ctx.as_context();
        read(ctx.inner(), self.0.reference(ctx.inner())).unwrap_or_else(|OutOfMemory| no_memory())
    }
}

/// Reads the exception that a reference is to. Returns `None` if it is not to one.
pub(crate) fn read(store: &Store, reference: u32) -> Result<Option<Exception>, OutOfMemory> {
    let Some((tag, slots)) = store.exception(reference) else { return Ok(None) };
    let types = store.tag(tag).ty().params();
    let mut values = Vec::new();
    values.try_resize(types.len(), Val::I32(0)).and_then(|()| store.room_for_handles(types.len()))?;
    read_slots(types, slots, &mut values, store);
    Ok(Some(Exception::of(Tag::of(store, tag), values.try_into_box()?)))
}
