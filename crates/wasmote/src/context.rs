//! Borrowed stores: what a function of this crate that needs a store takes.
//!
//! All of `&Store`, `&mut Store`, [`Caller`] and the two types here can be given where a context is asked for.

use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::caller::Caller;
use crate::engine::Engine;
use crate::store::{Store, StoreInner};

/// What leads to a store to read from.
pub trait AsContext {
    /// The embedder's data in the store.
    type Data;

    /// The store.
    fn as_context(&self) -> StoreContext<'_, Self::Data>;
}

/// What leads to a store to change.
pub trait AsContextMut: AsContext {
    /// The store.
    fn as_context_mut(&mut self) -> StoreContextMut<'_, Self::Data>;
}

/// A store, borrowed to read from: as `&'a Store<T>`.
pub struct StoreContext<'a, T> {
    root: NonNull<StoreInner>,
    store: PhantomData<&'a Store<T>>,
}

/// A store, borrowed to change: as `&'a mut Store<T>`.
pub struct StoreContextMut<'a, T> {
    root: NonNull<StoreInner>,
    store: PhantomData<&'a mut Store<T>>,
}

impl<T> Clone for StoreContext<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for StoreContext<'_, T> {}

impl<'a, T> StoreContext<'a, T> {
    /// # Safety
    /// `root` is the root of a `Store<T>` that is borrowed for `'a`.
    pub(crate) unsafe fn new(root: NonNull<StoreInner>) -> StoreContext<'a, T> {
        StoreContext { root, store: PhantomData }
    }

    pub(crate) fn inner(&self) -> &'a StoreInner {
        // SAFETY: as with `&'a Store<T>`, nobody changes the store during `'a`.
        unsafe { self.root.as_ref() }
    }

    /// The embedder's data.
    pub fn data(&self) -> &'a T {
        // SAFETY: the store's data is a `T` (`new`), and borrowed for `'a` with it.
        unsafe { self.inner().data.cast().as_ref() }
    }

    /// The engine.
    pub fn engine(&self) -> &'a Engine {
        &self.inner().engine
    }
}

impl<'a, T> StoreContextMut<'a, T> {
    /// # Safety
    /// `root` is the root of a `Store<T>` that is mutably borrowed for `'a`.
    pub(crate) unsafe fn new(root: NonNull<StoreInner>) -> StoreContextMut<'a, T> {
        StoreContextMut { root, store: PhantomData }
    }

    /// The way to the store for what runs wasm, during which no reference to it may exist.
    pub(crate) fn root(&mut self) -> NonNull<StoreInner> {
        self.root
    }

    pub(crate) fn inner_mut(&mut self) -> &mut StoreInner {
        // SAFETY: as with `&'a mut Store<T>`, nobody else uses the store while `self` is borrowed.
        unsafe { self.root.as_mut() }
    }

    /// Everything, for as long as the borrow lasts.
    pub(crate) fn into_parts(mut self) -> (&'a mut StoreInner, &'a mut T) {
        // SAFETY: as `inner_mut`, for the whole of `'a` as `self` is used up; the data lies in a box of its own.
        unsafe {
            let inner = self.root.as_mut();
            let data = inner.data.cast().as_mut();
            (inner, data)
        }
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        self.as_context().data()
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        // SAFETY: the store's data is a `T` (`new`), and nobody else uses the store while `self` is borrowed.
        unsafe { self.inner_mut().data.cast().as_mut() }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        self.as_context().engine()
    }
}

impl<T> AsContext for Store<T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        // SAFETY: this is the store, and it is borrowed.
        unsafe { StoreContext::new(self.root()) }
    }
}

impl<T> AsContextMut for Store<T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        // SAFETY: this is the store, and it is mutably borrowed.
        unsafe { StoreContextMut::new(self.root()) }
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
        // SAFETY: `self` stands for a mutable borrow of the store, part of which is lent.
        unsafe { StoreContext::new(self.root) }
    }
}

impl<T> AsContextMut for StoreContextMut<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        // SAFETY: `self` stands for a mutable borrow of the store, part of which is lent.
        unsafe { StoreContextMut::new(self.root) }
    }
}

impl<T> AsContext for Caller<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        // SAFETY: a caller stands for a mutable borrow of the store, part of which is lent.
        unsafe { StoreContext::new(self.root()) }
    }
}

impl<T> AsContextMut for Caller<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        // SAFETY: a caller stands for a mutable borrow of the store, part of which is lent.
        unsafe { StoreContextMut::new(self.root()) }
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
