//! Globals (spec: exec/runtime#global-instances).

use wasmote_decode::GlobalType;
use wasmote_runtime::Store;

use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::handles::Global;
use crate::value::Val;

impl Global {
    /// Makes a global.
    ///
    /// # Errors
    /// Fails if `value` is not of the type.
    ///
    /// # Panics
    /// If `value` is a reference of another store.
    pub fn new(mut ctx: impl AsContextMut, ty: GlobalType, value: Val) -> Result<Global, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let value = checked(store, ty, value)?;
        store.hold_types(&[ty.content()])?;
        let index = store.add_global(ty, value)?;
        Ok(Global::of(store, index))
    }

    /// Returns the type.
    ///
    /// # Panics
    /// Like all methods of `Global`: if the handle belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> GlobalType {
        let ctx = ctx.as_context();
        *ctx.inner().global(self.number(ctx.inner())).ty()
    }

    /// Returns the value.
    pub fn get(&self, ctx: impl AsContext) -> Val {
        let ctx = ctx.as_context();
        let record = ctx.inner().global(self.number(ctx.inner()));
        Val::of_slots(record.ty().content(), &record.slots(), ctx.inner())
    }

    /// Sets the value.
    ///
    /// # Errors
    /// Fails if the global is not mutable, or if `value` is not of its type.
    ///
    /// # Panics
    /// If `value` is a reference of another store.
    pub fn set(&self, mut ctx: impl AsContextMut, value: Val) -> Result<(), Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let index = self.number(store);
        let ty = *store.global(index).ty();
        if !ty.mutability().is_mut() {
            return Err(Error::new("the global is not mutable"));
        }
        let value = checked(store, ty, value)?;
        store.global_mut(index).set(value);
        Ok(())
    }
}

fn checked(store: &Store, ty: GlobalType, value: Val) -> Result<[u64; 2], Error> {
    if !value.is_of(ty.content(), store) {
        return Err(Error::new("the value is not of the global's type"));
    }
    Ok(value.to_slots(store))
}
