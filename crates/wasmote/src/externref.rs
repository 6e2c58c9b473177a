//! Operations on references to values of the host.

use alloc::sync::Arc;
use core::any::Any;

use wasmote_ir::{TrapCode, ValType};
use wasmote_runtime::Root;

use crate::context::{AsContext, AsContextMut, StoreContext};
use crate::error::Error;
use crate::handles::ExternRef;
use crate::value::Val;

impl ExternRef {
    /// Makes a reference to `value`.
    ///
    /// # Panics
    /// If there is no room for it, with the feature `gc`. A guest can cause this. Host functions should use
    /// [`ExternRef::try_new`].
    pub fn new(ctx: impl AsContextMut, value: impl Any + Send + Sync) -> ExternRef {
        match ExternRef::try_new(ctx, value) {
            Ok(reference) => reference,
            Err(_) => panic!("no room for an `ExternRef`: see `Config::max_gc_heap`"),
        }
    }

    /// Makes a reference to `value`. Host functions should use this rather than [`ExternRef::new`].
    ///
    /// # Errors
    /// With the feature `gc`: [`HeapExhausted`](crate::TrapCode::HeapExhausted) if the heap has no room; see
    /// [`Config::max_gc_heap`](crate::Config::max_gc_heap). Without it: the same trap if there is not enough
    /// memory.
    pub fn try_new(mut ctx: impl AsContextMut, value: impl Any + Send + Sync) -> Result<ExternRef, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let Some(reference) = store.add_extern(Arc::new(value)) else {
            return Err(store.error_of(TrapCode::HeapExhausted).into());
        };
        Ok(ExternRef(Root::try_new(store, reference)?))
    }

    /// Returns the host's value. Returns `()` if the reference is to an object that wasm converted with
    /// `extern.convert_any`.
    ///
    /// # Panics
    /// If the handle belongs to another store, or if its scope has ended.
    pub fn data<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> &'a (dyn Any + Send + Sync) {
        let ctx = ctx.into();
        let store = ctx.inner();
        store.extern_value(self.0.reference(store)).unwrap_or(&())
    }
}

impl Val {
    /// Returns whether the value is of type `ty`. An index in `ty` is the engine's number of a type.
    ///
    /// # Panics
    /// If the value is a reference of another store.
    pub fn matches(&self, ctx: impl AsContext, ty: ValType) -> bool {
        self.is_of(ty, ctx.as_context().inner())
    }
}
