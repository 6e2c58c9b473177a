//! The embedder's store, which also owns a value of the embedder's.

use core::fmt;

use wasmote_runtime::{CodeStats, StoreWithData, no_memory};

use crate::engine::Engine;
use crate::error::Error;

/// A store (spec: exec/runtime#store): instances, memories, tables, globals and functions. It also owns a value of
/// type `T`, which host functions can use.
///
/// All items stay in the store until the whole store is dropped. A store is cheap enough for one request: value stacks
/// and memories return to the engine, and later stores get them, with nothing of the earlier store in them.
///
/// ```
/// use wasmote::{Engine, Store};
///
/// let engine = Engine::default();
/// let mut store = Store::new(&engine, 41);
/// *store.data_mut() += 1;
/// assert_eq!(store.into_data(), 42);
/// ```
pub struct Store<T> {
    pub(crate) owned: StoreWithData<T>,
}

impl<T> Store<T> {
    /// Makes an empty store. The first call takes a value stack from the engine, and fails if there is no memory for it.
    ///
    /// If there is no memory for the store itself, the process ends. [`Store::try_new`] returns an error instead.
    pub fn new(engine: &Engine, data: T) -> Store<T> {
        Store::try_new(engine, data).unwrap_or_else(|_| no_memory())
    }

    /// Makes an empty store.
    ///
    /// # Errors
    /// Fails if there is not enough memory. `data` is then dropped.
    pub fn try_new(engine: &Engine, data: T) -> Result<Store<T>, Error> {
        Ok(Store { owned: StoreWithData::try_new(engine.inner(), data)? })
    }

    /// Returns the embedder's data.
    #[must_use]
    pub fn data(&self) -> &T {
        self.owned.borrow().data()
    }

    /// Returns the embedder's data, mutably.
    pub fn data_mut(&mut self) -> &mut T {
        self.owned.borrow_mut().into_parts().1
    }

    /// Drops the store, and returns the embedder's data.
    #[must_use]
    pub fn into_data(self) -> T {
        self.owned.into_data()
    }

    /// Returns the engine that the store belongs to.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        Engine::of(self.owned.borrow().store().engine())
    }

    /// Returns how much code was translated so far, of the modules that have instances in this store.
    #[must_use]
    pub fn stats(&self) -> CodeStats {
        self.owned.borrow().store().stats()
    }
}

/// An empty store of an engine of its own, with default settings.
impl<T: Default> Default for Store<T> {
    fn default() -> Store<T> {
        Store::new(&Engine::default(), T::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(self.data()).finish()
    }
}
