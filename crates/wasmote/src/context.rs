//! Borrowed stores, which all functions take that need a store.
//!
//! A context is one of `&Store`, `&mut Store`, [`Caller`](crate::Caller), and the two types of this module.

use core::fmt;

use wasmote_runtime as runtime;

use crate::engine::Engine;
use crate::store::Store;

/// A type that gives read access to a store.
pub trait AsContext {
    /// The type of the embedder's data in the store.
    type Data;

    /// Borrows the store.
    fn as_context(&self) -> StoreContext<'_, Self::Data>;
}

/// A type that gives write access to a store.
pub trait AsContextMut: AsContext {
    /// Borrows the store mutably.
    fn as_context_mut(&mut self) -> StoreContextMut<'_, Self::Data>;
}

/// A store borrowed for reading, like `&'a Store<T>`.
pub struct StoreContext<'a, T>(pub(crate) runtime::StoreRef<'a, T>);

/// A store borrowed for writing, like `&'a mut Store<T>`.
pub struct StoreContextMut<'a, T>(pub(crate) runtime::StoreMut<'a, T>);

impl<T: fmt::Debug> fmt::Debug for StoreContext<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreContext").field("data", self.data()).finish_non_exhaustive()
    }
}

impl<T: fmt::Debug> fmt::Debug for StoreContextMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreContextMut").field("data", self.data()).finish_non_exhaustive()
    }
}

impl<T> Clone for StoreContext<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for StoreContext<'_, T> {}

impl<'a, T> StoreContext<'a, T> {
    pub(crate) fn inner(&self) -> &'a runtime::Store {
        self.0.store()
    }

    /// Returns the embedder's data.
    #[must_use]
    pub fn data(&self) -> &'a T {
        self.0.data()
    }

    /// Returns the engine.
    #[must_use]
    pub fn engine(&self) -> &'a Engine {
        Engine::of(self.inner().engine())
    }
}

impl<'a, T> StoreContextMut<'a, T> {
    pub(crate) fn inner_mut(&mut self) -> &mut runtime::Store {
        self.0.store()
    }

    /// Returns the store and the data for the whole lifetime of the borrow.
    pub(crate) fn into_parts(self) -> (&'a mut runtime::Store, &'a mut T) {
        self.0.into_parts()
    }

    /// Returns the embedder's data.
    #[must_use]
    pub fn data(&self) -> &T {
        self.0.borrow().data()
    }

    /// Returns the embedder's data, mutably.
    pub fn data_mut(&mut self) -> &mut T {
        self.0.data_mut()
    }

    /// Returns the engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.as_context().engine()
    }
}

impl<T> AsContext for Store<T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext(self.owned.borrow())
    }
}

impl<T> AsContextMut for Store<T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(self.owned.borrow_mut())
    }
}

impl<T> AsContext for StoreContext<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        *self
    }
}

impl<T> AsContext for StoreContextMut<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext(self.0.borrow())
    }
}

impl<T> AsContextMut for StoreContextMut<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(self.0.borrow_mut())
    }
}

impl<C: AsContext> AsContext for &C {
    type Data = C::Data;

    fn as_context(&self) -> StoreContext<'_, C::Data> {
        C::as_context(self)
    }
}

impl<C: AsContext> AsContext for &mut C {
    type Data = C::Data;

    fn as_context(&self) -> StoreContext<'_, C::Data> {
        C::as_context(self)
    }
}

impl<C: AsContextMut> AsContextMut for &mut C {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, C::Data> {
        C::as_context_mut(self)
    }
}

impl<'a, C: AsContext> From<&'a C> for StoreContext<'a, C::Data> {
    fn from(ctx: &'a C) -> Self {
        C::as_context(ctx)
    }
}

impl<'a, C: AsContext> From<&'a mut C> for StoreContext<'a, C::Data> {
    fn from(ctx: &'a mut C) -> Self {
        C::as_context(ctx)
    }
}

impl<'a, C: AsContextMut> From<&'a mut C> for StoreContextMut<'a, C::Data> {
    fn from(ctx: &'a mut C) -> Self {
        C::as_context_mut(ctx)
    }
}
