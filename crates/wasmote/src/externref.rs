//! References to values of the host.

use alloc::sync::Arc;
use core::any::Any;

use wasmote_ir::{TrapCode, ValType};
use wasmote_runtime::Root;

use crate::context::{AsContext, AsContextMut, StoreContext};
use crate::error::Error;
use crate::handles::ExternRef;
use crate::value::Val;

impl ExternRef {
    /// A reference to `value`.
    ///
    /// # Panics
    /// With feature `gc`, if there is no room for it. Wasm can bring that about: where it runs, [`ExternRef::try_new`] is better.
    pub fn new(ctx: impl AsContextMut, value: impl Any + Send + Sync) -> ExternRef {
        match ExternRef::try_new(ctx, value) {
            Ok(reference) => reference,
            Err(_) => panic!("no room for a reference to a value of the host: see `Config::max_gc_heap`"),
        }
    }

    /// A reference to `value`, in a host function for one.
    ///
    /// # Errors
    /// With feature `gc`, [`HeapExhausted`](crate::TrapCode::HeapExhausted) if there is no room for it, see
    /// [`Config::max_gc_heap`](crate::Config::max_gc_heap).
    pub fn try_new(mut ctx: impl AsContextMut, value: impl Any + Send + Sync) -> Result<ExternRef, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let reference = store.add_extern(Arc::new(value)).ok_or(TrapCode::HeapExhausted)?;
        Ok(ExternRef(Root::try_new(store, reference)?))
    }

    /// The value; `()` if it is none of the host, but an object that wasm made an external reference of.
    ///
    /// # Panics
    /// If this belongs to another store, or its scope has ended.
    pub fn data<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> &'a (dyn Any + Send + Sync) {
        let ctx = ctx.into();
        let store = ctx.inner();
        store.extern_value(self.0.reference(store)).unwrap_or(&())
    }
}

impl Val {
    /// Whether the value is of this type, an index in which is the engine's number of a type.
    ///
    /// # Panics
    /// If it is a reference of another store.
    pub fn matches(&self, ctx: impl AsContext, ty: ValType) -> bool {
        self.is_of(ty, ctx.as_context().inner())
    }
}
