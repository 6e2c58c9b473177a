//! Globals (spec: exec/runtime#global-instances).

use core::ptr::NonNull;

use wasmote_decode::GlobalType;
use wasmote_ir::fallible::OutOfMemory;

use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::store::{StoreId, StoreInner};
use crate::value::Val;

/// A global in a store.
///
/// ```
/// use wasmote::{Engine, Global, GlobalType, Store, Val, ValType};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let ty = GlobalType { content: ValType::I64, mutable: true };
/// let global = Global::new(&mut store, ty, Val::I64(41))?;
/// global.set(&mut store, Val::I64(42))?;
/// assert_eq!(global.get(&store), Val::I64(42));
/// # Ok::<(), wasmote::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Global {
    store: StoreId,
    index: u32,
}

/// A global in a store. It begins with its value, which is all that handlers know of it.
#[repr(C)]
pub(crate) struct GlobalRecord {
    value: [u64; 2],
    ty: GlobalType,
    index: u32,
}

impl GlobalRecord {
    pub(crate) fn ty(&self) -> &GlobalType {
        &self.ty
    }

    pub(crate) fn slots(&self) -> [u64; 2] {
        self.value
    }
}

impl Global {
    /// A new global.
    ///
    /// # Errors
    /// When `value` is not of the type.
    ///
    /// # Panics
    /// As all functions here, if the value is a reference of another store.
    pub fn new(mut ctx: impl AsContextMut, ty: GlobalType, value: Val) -> Result<Global, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let value = checked(store, ty, value)?;
        store.hold_types(&[ty.content])?;
        Ok(Global::of_type(store, ty, value)?)
    }

    /// The value must be of the type.
    pub(crate) fn of_type(store: &mut StoreInner, ty: GlobalType, value: [u64; 2]) -> Result<Global, OutOfMemory> {
        let index = store.globals.len() as u32;
        store.globals.push(GlobalRecord { value, ty, index })?;
        let store = store.id;
        Ok(Global { store, index })
    }

    /// The global whose value this is.
    ///
    /// # Safety
    /// The value is that of a global in this store.
    pub(crate) unsafe fn of_value(store: &StoreInner, value: *mut u64) -> Global {
        Global {
            store: store.id,
            // SAFETY: the caller's promise; the value is the first part of the record.
            index: unsafe { (*value.cast::<GlobalRecord>()).index },
        }
    }

    pub(crate) fn pointer(self, store: &StoreInner) -> NonNull<GlobalRecord> {
        store.check(self.store);
        match store.globals.get(self.index as usize) {
            Some(record) => record,
            None => unreachable!("globals stay in their store"),
        }
    }

    pub(crate) fn record(self, store: &StoreInner) -> &GlobalRecord {
        // SAFETY: the record lives as long as the store, and no code runs while the store is borrowed.
        unsafe { self.pointer(store).as_ref() }
    }

    /// The type.
    ///
    /// # Panics
    /// As all functions here, if this belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> GlobalType {
        *self.record(ctx.as_context().inner()).ty()
    }

    /// The value.
    pub fn get(&self, ctx: impl AsContext) -> Val {
        let ctx = ctx.as_context();
        let record = self.record(ctx.inner());
        Val::of_slots(record.ty.content, &record.value, ctx.inner())
    }

    /// Sets the value.
    ///
    /// # Errors
    /// When the global is not mutable, and when `value` is not of its type.
    pub fn set(&self, mut ctx: impl AsContextMut, value: Val) -> Result<(), Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let ty = *self.record(store).ty();
        if !ty.mutable {
            return Err(Error::new("the global is not mutable"));
        }
        let value = checked(store, ty, value)?;
        // SAFETY: the record lives as long as the store, which is mutably borrowed.
        unsafe { self.pointer(store).as_mut() }.value = value;
        Ok(())
    }
}

fn checked(store: &StoreInner, ty: GlobalType, value: Val) -> Result<[u64; 2], Error> {
    if !value.is_of(ty.content, store) {
        return Err(Error::new("the value is not of the type of the global"));
    }
    Ok(value.to_slots(store))
}
