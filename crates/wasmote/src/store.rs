//! The store, as the embedder has it: with data of its own.

use core::fmt;

use wasmote_runtime::{CodeStats, StoreWithData, no_memory};

use crate::engine::Engine;
use crate::error::Error;

/// Instances, memories, tables, globals and functions, with a value of the embedder's that host functions get at.
///
/// What was put into a store stays until all of it is dropped.
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
    /// An empty store. Its value stack is made with the first call, which fails if there is no room for it.
    pub fn new(engine: &Engine, data: T) -> Store<T> {
        Store::try_new(engine, data).unwrap_or_else(|_| no_memory())
    }

    /// An empty store.
    ///
    /// # Errors
    /// When there is no memory for it. The data is dropped.
    pub fn try_new(engine: &Engine, data: T) -> Result<Store<T>, Error> {
        Ok(Store { owned: StoreWithData::try_new(engine.inner(), data)? })
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        self.owned.borrow().data()
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        self.owned.borrow_mut().into_parts().1
    }

    /// Drops all but the embedder's data.
    pub fn into_data(self) -> T {
        self.owned.into_data()
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        Engine::of(self.owned.borrow().store().engine())
    }

    /// Gives code that takes fuel this much: see [`Config::fuel`](crate::Config::fuel). A new store has `u64::MAX`.
    pub fn set_fuel(&mut self, fuel: u64) {
        self.owned.borrow_mut().store().set_fuel(fuel);
    }

    /// The fuel that is left.
    pub fn fuel(&self) -> u64 {
        self.owned.borrow().store().fuel()
    }

    /// What was translated so far of the modules that have instances here.
    pub fn stats(&self) -> CodeStats {
        self.owned.borrow().store().stats()
    }
}

impl<T: fmt::Debug> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(self.data()).finish()
    }
}
