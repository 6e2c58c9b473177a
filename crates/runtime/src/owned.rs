//! Stores with the embedder's data, owned and borrowed. What is generic here only keeps the data's type in mind.

use alloc::boxed::Box;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use wasmote_ir::fallible::OutOfMemory;

use crate::activation::Activation;
use crate::engine::Engine;
use crate::error::Error;
use crate::hooks::HOOKS;
use crate::instantiate::instantiate;
use crate::item::Item;
use crate::module::Module;
use crate::run::call;
use crate::shared::try_box;
use crate::store::Store;

/// A store and the embedder's data.
pub struct StoreWithData<T> {
    root: NonNull<Store>,
    /// `T` neither shrinks nor grows in lifetime: host functions write what others read.
    data: PhantomData<fn(T) -> T>,
}

// SAFETY: all that a store owns can be sent (host functions and external values must be `Send` and `Sync`, modules
// are) but its raw pointers, which lead to what it owns; the data is a `T`.
unsafe impl<T: Send> Send for StoreWithData<T> {}
// SAFETY: through `&StoreWithData` one can only read, and get at `&T`.
unsafe impl<T: Sync> Sync for StoreWithData<T> {}

/// A store, borrowed to read from: as `&'a StoreWithData<T>`.
pub struct StoreRef<'a, T> {
    root: NonNull<Store>,
    store: PhantomData<&'a StoreWithData<T>>,
}

/// A store, borrowed to change: as `&'a mut StoreWithData<T>`.
pub struct StoreMut<'a, T> {
    root: NonNull<Store>,
    store: PhantomData<&'a mut StoreWithData<T>>,
}

impl<T> StoreWithData<T> {
    /// An empty store.
    ///
    /// # Errors
    /// When there is no memory for it. The data is dropped.
    pub fn try_new(engine: &Engine, data: T) -> Result<StoreWithData<T>, OutOfMemory> {
        let data = try_box(data)?;
        let root = Store::new(engine, HOOKS)?;
        // SAFETY: it was just made.
        unsafe {
            (*root.as_ptr()).data = NonNull::from(Box::leak(data)).cast();
            #[cfg(feature = "trace")]
            crate::watch::watch(&mut *root.as_ptr());
        }
        Ok(StoreWithData { root, data: PhantomData })
    }

    /// Drops all but the data.
    pub fn into_data(self) -> T {
        let store = ManuallyDrop::new(self);
        // SAFETY: both were boxed by `try_new`, and `drop` will not free them again.
        unsafe {
            let data = store.root.as_ref().data.cast::<T>();
            drop(Box::from_raw(store.root.as_ptr()));
            *Box::from_raw(data.as_ptr())
        }
    }

    /// The store, to read from.
    pub fn borrow(&self) -> StoreRef<'_, T> {
        // SAFETY: this is the store, and it is borrowed.
        unsafe { StoreRef::new(self.root) }
    }

    /// The store, to change.
    pub fn borrow_mut(&mut self) -> StoreMut<'_, T> {
        // SAFETY: this is the store, and it is mutably borrowed.
        unsafe { StoreMut::new(self.root) }
    }
}

impl<T> Drop for StoreWithData<T> {
    fn drop(&mut self) {
        // SAFETY: both were boxed by `try_new`, and nothing uses them after this.
        unsafe {
            let data = self.root.as_ref().data.cast::<T>();
            drop(Box::from_raw(self.root.as_ptr()));
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
    /// `root` is of a store whose data is a `T`, and is borrowed for `'a`.
    pub(crate) unsafe fn new(root: NonNull<Store>) -> StoreRef<'a, T> {
        StoreRef { root, store: PhantomData }
    }

    /// The store.
    pub fn store(&self) -> &'a Store {
        // SAFETY: as with `&'a StoreWithData<T>`, nobody changes the store during `'a`.
        unsafe { self.root.as_ref() }
    }

    /// The data.
    pub fn data(&self) -> &'a T {
        // SAFETY: the store's data is a `T` (`new`), and borrowed for `'a` with it.
        unsafe { self.store().data.cast().as_ref() }
    }
}

impl<'a, T> StoreMut<'a, T> {
    /// # Safety
    /// `root` is of a store whose data is a `T`, and is mutably borrowed for `'a`.
    pub(crate) unsafe fn new(root: NonNull<Store>) -> StoreMut<'a, T> {
        StoreMut { root, store: PhantomData }
    }

    /// The same, to read from.
    pub fn borrow(&self) -> StoreRef<'_, T> {
        // SAFETY: `self` stands for a mutable borrow of the store, part of which is lent.
        unsafe { StoreRef::new(self.root) }
    }

    /// The same, for shorter.
    pub fn borrow_mut(&mut self) -> StoreMut<'_, T> {
        // SAFETY: as above.
        unsafe { StoreMut::new(self.root) }
    }

    /// The same for those whom the data does not concern.
    pub fn untyped(&mut self) -> StoreMut<'_, ()> {
        // SAFETY: as above. A `T` may be taken for a `()`, which nobody reads or writes.
        unsafe { StoreMut::new(self.root) }
    }

    /// The store. Nobody may put another in its place.
    pub fn store(&mut self) -> &mut Store {
        // SAFETY: as with `&'a mut StoreWithData<T>`, nobody else uses the store while `self` is borrowed.
        unsafe { self.root.as_mut() }
    }

    /// The data.
    pub fn data_mut(&mut self) -> &mut T {
        // SAFETY: the store's data is a `T` (`new`), and nobody else uses the store while `self` is borrowed.
        unsafe { self.store().data.cast().as_mut() }
    }

    /// Everything, for as long as the borrow lasts.
    pub fn into_parts(mut self) -> (&'a mut Store, &'a mut T) {
        // SAFETY: as above, for the whole of `'a` as `self` is used up; the data lies in a box of its own.
        unsafe {
            let store = self.root.as_mut();
            let data = store.data.cast().as_mut();
            (store, data)
        }
    }

    /// Calls a function, by its reference, with its arguments in slots.
    ///
    /// # Safety
    /// `args` and `results` have as many slots as its type says, and `args` hold what slots must.
    ///
    /// # Errors
    /// When it traps or throws, and what host functions it calls stop it with.
    ///
    /// # Panics
    /// If there is no such function, and when a host function panics.
    pub unsafe fn call(&mut self, func: u32, args: &[u64], results: &mut [u64]) -> Result<(), Error> {
        // SAFETY: `self` borrows the store mutably, and no reference to it is left. The caller guarantees the slots
        // of `args` and `results`.
        unsafe { call(self.root, func, args, results) }
    }

    /// Starts a call that can be gone on with, of a function by its reference, with its arguments in slots. [`StoreMut::run`] runs it.
    ///
    /// # Safety
    /// `args` has as many slots as the function's type says, and they hold what slots must.
    ///
    /// # Errors
    /// When there is no memory for its value stack, or the function's frame is larger than that.
    ///
    /// # Panics
    /// If there is no such function.
    pub unsafe fn start(&mut self, func: u32, args: &[u64]) -> Result<Activation, Error> {
        // SAFETY: `self` borrows the store mutably, and no reference to it is left. The caller guarantees the slots
        // of `args`.
        unsafe { Activation::start(self.root, func, args) }
    }

    /// Runs a call until it returns (`true`), or the fuel is used up (`false`): after [`Store::set_fuel`] it can be run again.
    ///
    /// # Safety
    /// `results` has as many slots as the function's type says.
    ///
    /// # Errors
    /// As [`StoreMut::call`]: it has ended then. [`Fault::Usage`](crate::Fault::Usage) if it had ended before.
    ///
    /// # Panics
    /// If it is another store's, and when a host function panics.
    pub unsafe fn run(&mut self, call: &mut Activation, results: &mut [u64]) -> Result<bool, Error> {
        // SAFETY: `self` borrows the store mutably, and no reference to it is left. The caller guarantees the slots
        // of `results`.
        unsafe { call.run(self.root, results) }
    }

    /// Makes an instance and runs its start function; the instance's number. It stays in the store also when this fails: others may
    /// have got its functions through tables.
    ///
    /// # Errors
    /// When imports are not as the module asks for, when memories or tables cannot be had, when active segments do not fit, and when the
    /// start function fails.
    ///
    /// # Panics
    /// If there is no such import in the store.
    pub fn instantiate(&mut self, module: &Module, imports: &[Item]) -> Result<u32, Error> {
        // SAFETY: `self` stands for a mutable borrow of the store, to which no reference is left.
        unsafe { instantiate(self.root, module, imports) }
    }
}
