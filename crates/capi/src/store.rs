//! Stores, and who may use one at which time.
//!
//! In C, a store is shared: each reference knows its store, and a host function that wasm calls uses the store that is
//! running. In Rust a store has one user at a time. `StoreCell` joins the two by one invariant:
//!
//! **`access` says where the one usable borrow of the store is.** It is nowhere (`Idle`: the cell may make one), or with
//! a caller that the running host function was given (`Lent`), or taken (`Taken`). Whoever uses the borrow takes it,
//! and puts it back afterwards. C code runs only while it is not taken.

use std::cell::{Cell, RefCell, UnsafeCell};
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::rc::{Rc, Weak};

use wasmote::{AsContext, AsContextMut, Caller, Engine, SharedMemory, Store, StoreContextMut, StoreLimits, scope};
#[cfg(feature = "wasi")]
use wasmote_wasi::WasiCtx;

use crate::config::wasm_engine_t;
use crate::finalizers::{Finalized, Finalizers};
use crate::object::Key;

/// What a store owns for the C API.
pub(crate) struct StoreData {
    cell: Weak<StoreCell>,
    /// The state of WASI, once it is set or used.
    #[cfg(feature = "wasi")]
    pub(crate) wasi: Option<WasiCtx>,
    /// What the store may take, if C has set a limit.
    pub(crate) limits: StoreLimits,
}

/// A borrowed store.
pub(crate) type Context<'a> = StoreContextMut<'a, StoreData>;

#[derive(Clone, Copy)]
enum Access {
    /// No code runs in the store.
    Idle,
    /// A host function runs. This is its `Caller<'_, StoreData>`, which is borrowed as long as the function runs.
    Lent(NonNull<()>),
    /// The library uses the borrow.
    Taken,
}

/// The host information of an item.
pub(crate) struct HostInfo {
    pub(crate) info: Finalized,
    /// A shared memory is in no store, and its key is its address: no other memory may get that.
    pub(crate) _memory: Option<SharedMemory>,
}

/// A store that C code shares.
pub(crate) struct StoreCell {
    access: Cell<Access>,
    store: UnsafeCell<ManuallyDrop<Store<StoreData>>>,
    engine: Engine,
    finalizers: Rc<Finalizers>,
    /// The host information of items. What is no item has its own.
    pub(crate) host_infos: RefCell<HashMap<Key, HostInfo>>,
}

impl StoreCell {
    fn new(engine: &Engine) -> Option<Rc<StoreCell>> {
        let data = StoreData {
            cell: Weak::new(),
            #[cfg(feature = "wasi")]
            wasi: None,
            limits: StoreLimits::default(),
        };
        let store = Store::try_new(engine, data).ok()?;
        let cell = Rc::new(StoreCell {
            access: Cell::new(Access::Idle),
            store: UnsafeCell::new(ManuallyDrop::new(store)),
            engine: engine.clone(),
            finalizers: Rc::default(),
            host_infos: RefCell::default(),
        });
        cell.with_idle(|store| store.data_mut().cell = Rc::downgrade(&cell))?;
        Some(cell)
    }

    /// Runs `body` with the store. Handles that it makes are valid until it ends. Then finalizers run.
    ///
    /// Returns `None` if the library is using the store already: a callback that may not use it has called.
    pub(crate) fn with<R>(self: &Rc<StoreCell>, body: impl FnOnce(&mut Context<'_>) -> R) -> Option<R> {
        // C code that runs in `body` may delete everything that refers to the store.
        let cell = Rc::clone(self);
        let access = cell.access.replace(Access::Taken);
        let mut context = match access {
            // SAFETY: nobody else borrows the store, by the invariant; `Taken` keeps it so until `body` has ended.
            Access::Idle => unsafe { (*cell.store.get()).as_context_mut() },
            // SAFETY: `lend` keeps the caller borrowed as long as this access is there, and nobody else uses it, by
            // the invariant.
            Access::Lent(caller) => unsafe { caller.cast::<Caller<'_, StoreData>>().as_mut().as_context_mut() },
            Access::Taken => return None,
        };
        let result = scope(&mut context, body);
        cell.access.set(access);
        cell.finalizers.run();
        Some(result)
    }

    /// Runs C code, which may use the store through this caller.
    pub(crate) fn lend<R>(
        self: &Rc<StoreCell>,
        caller: &mut Caller<'_, StoreData>,
        c_code: impl FnOnce(&wasmote_caller_t) -> R,
    ) -> R {
        let caller = NonNull::from(caller).cast();
        let access = self.access.replace(Access::Lent(caller));
        self.finalizers.run();
        let result = c_code(&wasmote_caller_t { cell: Rc::clone(self), caller });
        self.access.set(access);
        result
    }

    /// Runs `body` with the store itself, if no code runs in it.
    pub(crate) fn with_idle<R>(self: &Rc<StoreCell>, body: impl FnOnce(&mut Store<StoreData>) -> R) -> Option<R> {
        let cell = Rc::clone(self);
        if !matches!(cell.access.get(), Access::Idle) {
            return None;
        }
        cell.access.set(Access::Taken);
        // SAFETY: as for `Idle` in `with`.
        let result = body(unsafe { &mut *cell.store.get() });
        cell.access.set(Access::Idle);
        cell.finalizers.run();
        Some(result)
    }

    /// Returns the cell of a store.
    pub(crate) fn of(context: &impl AsContext<Data = StoreData>) -> Option<Rc<StoreCell>> {
        context.as_context().data().cell.upgrade()
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn finalizers(&self) -> &Rc<Finalizers> {
        &self.finalizers
    }

    /// Runs the finalizers that became due outside of [`StoreCell::with`], unless C code may not call back now.
    pub(crate) fn run_finalizers(self: &Rc<StoreCell>) {
        // A finalizer may delete everything that refers to the store.
        let cell = Rc::clone(self);
        if !matches!(cell.access.get(), Access::Taken) {
            cell.finalizers.run();
        }
    }
}

impl Drop for StoreCell {
    fn drop(&mut self) {
        self.host_infos.take();
        // SAFETY: this is the only place that drops it. `with` holds the cell, so nobody borrows the store.
        unsafe { ManuallyDrop::drop(self.store.get_mut()) };
        // Nothing refers to the store any more, so that they have nothing of it to call with.
        self.finalizers.run();
    }
}

/// Who called a host function: `wasmote_caller_t`. It is valid until the function returns.
pub struct wasmote_caller_t {
    cell: Rc<StoreCell>,
    caller: NonNull<()>,
}

impl wasmote_caller_t {
    /// Runs `body` with the caller, if its function is the one that runs now.
    pub(crate) fn with<R>(&self, body: impl FnOnce(&mut Caller<'_, StoreData>, &Rc<StoreCell>) -> R) -> Option<R> {
        if !matches!(self.cell.access.get(), Access::Lent(caller) if caller == self.caller) {
            return None;
        }
        self.cell.access.set(Access::Taken);
        // SAFETY: as for `Lent` in `StoreCell::with`.
        let result = body(unsafe { self.caller.cast::<Caller<'_, StoreData>>().as_mut() }, &self.cell);
        self.cell.access.set(Access::Lent(self.caller));
        self.cell.finalizers.run();
        Some(result)
    }
}

/// An owner of a store: `wasm_store_t`.
pub struct wasm_store_t {
    pub(crate) cell: Rc<StoreCell>,
}

c_functions! {
    /// Makes an empty store. Returns null if there is not enough memory.
    fn wasm_store_new(engine: &wasm_engine_t) -> Option<Box<wasm_store_t>> {
        Some(Box::new(wasm_store_t { cell: StoreCell::new(&engine.engine)? }))
    }

    /// Deletes an owner of a store. The store is freed when its references are deleted, too.
    fn wasm_store_delete(store: Option<Box<wasm_store_t>>) {
        drop(store);
    }
}
