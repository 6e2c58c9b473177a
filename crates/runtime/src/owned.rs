//! Stores together with the embedder's data, owned and borrowed. The generic code only carries the type of the
//! data.

use alloc::boxed::Box;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use wasmote_ir::TrapCode;
use wasmote_ir::fallible::OutOfMemory;

use crate::activation::{Activation, Progress};
use crate::engine::Engine;
use crate::error::Error;
use crate::hooks::HOOKS;
use crate::instantiate::{instantiate, without_start};
use crate::item::Item;
use crate::module::Module;
use crate::run::call;
use crate::shared::try_box;
use crate::store::Store;

/// A store and the embedder's data.
pub struct StoreWithData<T> {
    root: NonNull<Store>,
    /// `T` is invariant: host functions write the data that others read.
    data: PhantomData<fn(T) -> T>,
}

// SAFETY: a store's raw pointers lead only to what it owns, and to the bytes of shared memories. All of that is `Send`:
// host functions and external values must be `Send` and `Sync`, and modules and shared memories are. The data is a `T`.
unsafe impl<T: Send> Send for StoreWithData<T> {}
// SAFETY: `&StoreWithData` gives only read access, and `&T`.
unsafe impl<T: Sync> Sync for StoreWithData<T> {}

/// A store borrowed for reading, like `&'a StoreWithData<T>`.
pub struct StoreRef<'a, T> {
    root: NonNull<Store>,
    store: PhantomData<&'a StoreWithData<T>>,
}

/// A store borrowed for writing, like `&'a mut StoreWithData<T>`.
pub struct StoreMut<'a, T> {
    root: NonNull<Store>,
    store: PhantomData<&'a mut StoreWithData<T>>,
}

// SAFETY: it stands for a `&mut StoreWithData<T>`, which can be sent if the store can.
unsafe impl<T: Send> Send for StoreMut<'_, T> {}

impl<T> StoreWithData<T> {
    /// Makes an empty store.
    ///
    /// # Errors
    /// Fails if there is not enough memory. `data` is then dropped.
    pub fn try_new(engine: &Engine, data: T) -> Result<StoreWithData<T>, OutOfMemory> {
        let data = try_box(data)?;
        let root = Store::new(engine, HOOKS)?;
        // SAFETY: `Store::new` made the store, and nothing else has its pointer yet.
        unsafe {
            (*root.as_ptr()).data = NonNull::from(Box::leak(data)).cast();
            #[cfg(feature = "trace")]
            crate::watch::watch(&mut *root.as_ptr());
        }
        Ok(StoreWithData { root, data: PhantomData })
    }

    /// Drops the store, and returns the data.
    pub fn into_data(self) -> T {
        let store = ManuallyDrop::new(self);
        // SAFETY: `try_new` boxed both, and `ManuallyDrop` keeps `drop` from freeing them again.
        unsafe {
            let data = store.root.as_ref().data.cast::<T>();
            free(store.root);
            *Box::from_raw(data.as_ptr())
        }
    }

    /// Borrows the store for reading.
    pub fn borrow(&self) -> StoreRef<'_, T> {
        // SAFETY: `try_new` made the data a `T`, and the result's lifetime borrows `self`.
        unsafe { StoreRef::new(self.root) }
    }

    /// Borrows the store for writing.
    pub fn borrow_mut(&mut self) -> StoreMut<'_, T> {
        // SAFETY: `try_new` made the data a `T`, and the result's lifetime borrows `self` mutably.
        unsafe { StoreMut::new(self.root) }
    }
}

/// Drops a store. Not inlined, since it is large, and each type of data has its own callers.
///
/// # Safety
/// `Store::new` made the store, and nothing uses it after this.
#[inline(never)]
unsafe fn free(store: NonNull<Store>) {
    // SAFETY: `Store::new` boxed the store, and the caller guarantees that this is its last use.
    let mut store = unsafe { Box::from_raw(store.as_ptr()) };
    store.give_back_stack();
}

impl<T> Drop for StoreWithData<T> {
    fn drop(&mut self) {
        // SAFETY: `try_new` boxed both, and nothing uses them after this.
        unsafe {
            let data = self.root.as_ref().data.cast::<T>();
            free(self.root);
            drop(Box::from_raw(data.as_ptr()));
        }
    }
}

impl<T> Clone for StoreRef<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for StoreRef<'_, T> {}

impl<'a, T> StoreRef<'a, T> {
    /// # Safety
    /// `root` points to a store whose data is a `T`, and which is borrowed for `'a`.
    pub(crate) unsafe fn new(root: NonNull<Store>) -> StoreRef<'a, T> {
        StoreRef { root, store: PhantomData }
    }

    /// Returns the store.
    pub fn store(&self) -> &'a Store {
        // SAFETY: the caller of `new` guarantees that the store is borrowed for `'a`, so nobody changes it.
        unsafe { self.root.as_ref() }
    }

    /// Returns the data.
    pub fn data(&self) -> &'a T {
        // SAFETY: the caller of `new` guarantees that the data is a `T`, and borrowed for `'a` with the store.
        unsafe { self.store().data.cast().as_ref() }
    }
}

impl<'a, T> StoreMut<'a, T> {
    /// # Safety
    /// `root` points to a store whose data is a `T`, and which is mutably borrowed for `'a`.
    pub(crate) unsafe fn new(root: NonNull<Store>) -> StoreMut<'a, T> {
        StoreMut { root, store: PhantomData }
    }

    /// Borrows the same store for reading.
    pub fn borrow(&self) -> StoreRef<'_, T> {
        // SAFETY: `self` stands for a mutable borrow of the store. The result borrows `self`.
        unsafe { StoreRef::new(self.root) }
    }

    /// Borrows the same store for a shorter time.
    pub fn borrow_mut(&mut self) -> StoreMut<'_, T> {
        // SAFETY: `self` stands for a mutable borrow of the store. The result borrows `self` mutably.
        unsafe { StoreMut::new(self.root) }
    }

    /// Borrows the same store without the type of the data.
    pub fn untyped(&mut self) -> StoreMut<'_, ()> {
        // SAFETY: the result borrows `self` mutably. A `()` has no bytes, so nothing reads or writes the data
        // through it.
        unsafe { StoreMut::new(self.root) }
    }

    /// Returns the store. Callers must not replace it by another.
    pub fn store(&mut self) -> &mut Store {
        // SAFETY: the caller of `new` guarantees a mutable borrow for `'a`, and `self` is mutably borrowed.
        unsafe { self.root.as_mut() }
    }

    /// Returns the data.
    pub fn data_mut(&mut self) -> &mut T {
        // SAFETY: the caller of `new` guarantees that the data is a `T`, and `self` is mutably borrowed.
        unsafe { self.store().data.cast().as_mut() }
    }

    /// Returns the store and the data for the whole lifetime of the borrow.
    pub fn into_parts(mut self) -> (&'a mut Store, &'a mut T) {
        // SAFETY: `self`, which stands for the mutable borrow during `'a`, is consumed. The data lies in its own
        // box, so the two references do not overlap.
        unsafe {
            let store = self.root.as_mut();
            let data = store.data.cast().as_mut();
            (store, data)
        }
    }

    /// Calls a function by its reference. Arguments and results are in slots.
    ///
    /// # Safety
    /// `args` and `results` have the slots of the function's type, and each argument is a value of its type.
    ///
    /// # Errors
    /// Fails if the code traps or throws, or if a host function stops it.
    ///
    /// # Panics
    /// If no function has this reference, or if a host function panics.
    pub unsafe fn call(&mut self, func: u32, args: &[u64], results: &mut [u64]) -> Result<(), Error> {
        self.store().noted.check_may_run()?;
        // SAFETY: `self` borrows the store mutably, and no reference to the store is left. The caller guarantees
        // the slots of `args` and `results`.
        unsafe { call(self.root, func, args, results) }
    }

    /// Starts a resumable call of a function by its reference. Arguments are in slots. [`StoreMut::run`] runs it.
    ///
    /// # Safety
    /// `args` has the slots of the function's type, and each argument is a value of its type.
    ///
    /// # Errors
    /// Fails if there is not enough memory for the call's value stack, or if the function's frame is larger than
    /// the stack.
    ///
    /// # Panics
    /// If no function has this reference.
    pub unsafe fn start(&mut self, func: u32, args: &[u64]) -> Result<Activation, Error> {
        self.store().noted.check_may_run()?;
        // SAFETY: `self` borrows the store mutably, and no reference to the store is left. The caller guarantees
        // the slots of `args`.
        unsafe { Activation::start(self.root, func, args) }
    }

    /// Runs a call until it returns or stops. If its fuel was used up, it can run again after [`Store::set_fuel`].
    ///
    /// # Safety
    /// `results` has the slots of the function's type.
    ///
    /// # Errors
    /// Those of [`StoreMut::call`], which end the call. [`Fault::Usage`](crate::Fault::Usage) if it had ended
    /// before, if it waits for a host function, or if it belongs to another store.
    ///
    /// # Panics
    /// If a host function panics.
    pub unsafe fn run(&mut self, call: &mut Activation, results: &mut [u64]) -> Result<Progress, Error> {
        self.store().noted.check_may_run()?;
        // SAFETY: `self` borrows the store mutably, and no reference to the store is left. The caller guarantees
        // the slots of `results`.
        unsafe { call.run(self.root, results) }
    }

    /// Continues a call with the results of the host function that it waits for.
    ///
    /// # Safety
    /// `results` has the slots of the function's type. `values` has those of the host function's results
    /// ([`Activation::awaited`]), and each is a value of its type.
    ///
    /// # Errors
    /// Those of [`StoreMut::run`]; [`Fault::Usage`](crate::Fault::Usage) also if the call does not wait.
    ///
    /// # Panics
    /// If a host function panics.
    pub unsafe fn finish_host(
        &mut self,
        call: &mut Activation,
        values: &[u64],
        results: &mut [u64],
    ) -> Result<Progress, Error> {
        // SAFETY: `self` borrows the store mutably, and no reference to the store is left. The caller guarantees
        // the slots of both slices.
        unsafe { call.finish_host(self.root, values, results) }
    }

    /// Continues a call with a failure. `code` tells it as a host function does: [`TrapCode::Host`] for the error of
    /// [`Store::stop`], [`TrapCode::Exception`] for that of `Store::throw`, or a trap.
    /// If the call waits for a host function, the exception is thrown there. All others end the call.
    ///
    /// # Safety
    /// `results` has the slots of the function's type.
    ///
    /// # Errors
    /// As [`StoreMut::run`].
    ///
    /// # Panics
    /// If a host function panics.
    pub unsafe fn fail(
        &mut self,
        call: &mut Activation,
        code: TrapCode,
        results: &mut [u64],
    ) -> Result<Progress, Error> {
        // SAFETY: `self` borrows the store mutably, and no reference to the store is left. The caller guarantees
        // the slots of `results`.
        unsafe { call.fail(self.root, code, results) }
    }

    /// Sets what is called when code reaches its deadline. It keeps its error in the store and returns the code.
    #[cfg(feature = "interrupt")]
    pub fn epoch_deadline_callback(
        &mut self,
        mut callback: impl FnMut(StoreMut<'_, T>) -> Result<crate::UpdateDeadline, wasmote_ir::TrapCode> + Send + 'static,
    ) {
        self.store().set_deadline_callback(Box::new(move |root| {
            // SAFETY: the store calls this while it is mutably borrowed and no reference to it exists. It is this store,
            // so its data is a `T`.
            callback(unsafe { StoreMut::new(root) })
        }));
    }

    /// Makes an instance, runs its start function, and returns the instance's number. The instance stays in the
    /// store even if this fails, since tables may contain its functions by then.
    ///
    /// # Errors
    /// Fails if the imports do not fit, or if a memory or table cannot be made. Fails also if an active segment does
    /// not fit, or if the start function fails.
    ///
    /// # Panics
    /// If an import is not in the store.
    pub fn instantiate(&mut self, module: &Module, imports: &[Item]) -> Result<u32, Error> {
        self.store().noted.check_may_run()?;
        // SAFETY: `self` stands for a mutable borrow of the store, and no reference to the store is left.
        unsafe { instantiate(self.root, module, imports) }
    }

    /// As [`StoreMut::instantiate`], but only returns the reference to the start function, which the caller then calls.
    ///
    /// # Errors
    /// As [`StoreMut::instantiate`].
    ///
    /// # Panics
    /// If an import is not in the store.
    pub fn instantiate_without_start(
        &mut self,
        module: &Module,
        imports: &[Item],
    ) -> Result<(u32, Option<u32>), Error> {
        without_start(self.store(), module, imports)
    }
}
