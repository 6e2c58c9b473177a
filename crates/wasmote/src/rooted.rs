//! References that the host owns, beside handles that end with their scope.

use core::fmt;
use core::marker::PhantomData;

use wasmote_runtime::{OwnedRoot, Root, Store};

use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
#[cfg(feature = "gc")]
use crate::gc::refs::{ArrayRef, StructRef};
use crate::handles::{AnyRef, ExnRef, ExternRef};

/// A handle of a reference, as Wasmtime names it: here the types of references are handles themselves.
pub type Rooted<T> = T;

/// A type of references: [`AnyRef`], [`ExternRef`], [`ExnRef`], `StructRef` or `ArrayRef`.
pub trait GcRef: Copy + fmt::Debug + sealed::Sealed {}

mod sealed {
    use wasmote_runtime::Root;

    #[doc(hidden)]
    pub trait Sealed {
        #[doc(hidden)]
        fn root(self) -> Root;
        #[doc(hidden)]
        fn of(root: Root) -> Self;
    }
}

/// A reference that keeps its object alive until it is dropped, with all its clones. No scope ends it, and it is dropped without
/// the store: the object is freed by a later collection.
///
/// A handle that is made outside of any scope keeps its object alive as long as the store. To hold an object for some other
/// time, make the handle in a scope, and own it. Typed functions also take and return owned references, and a host that makes
/// many calls outside of scopes lets them return these. Where there is no memory for one, the process ends.
///
/// ```
/// use wasmote::{AnyRef, Engine, I31, OwnedRooted, Store, scope};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let owned: OwnedRooted<AnyRef> = scope(&mut store, |store| {
///     AnyRef::from_i31(&mut *store, I31::wrapping_i32(42)).to_owned_rooted(store)
/// })?;
/// let value = scope(&mut store, |store| owned.to_rooted(&mut *store).as_i31(store));
/// assert_eq!(value.map(I31::get_i32), Some(42));
/// # Ok::<(), wasmote::Error>(())
/// ```
#[must_use = "the object may be freed when this is dropped"]
pub struct OwnedRooted<T> {
    root: OwnedRoot,
    ty: PhantomData<T>,
}

impl<T: GcRef> OwnedRooted<T> {
    /// Owns what a handle refers to.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    ///
    /// # Panics
    /// If the handle belongs to another store, or if its scope has ended.
    pub fn new(ctx: impl AsContext, handle: T) -> Result<OwnedRooted<T>, Error> {
        let ctx = ctx.as_context();
        let store = ctx.inner();
        Ok(OwnedRooted { root: OwnedRoot::try_new(store, handle.root().reference(store))?, ty: PhantomData })
    }

    /// Returns a handle, which is valid until its scope ends.
    ///
    /// # Panics
    /// If the reference belongs to another store.
    pub fn to_rooted(&self, mut ctx: impl AsContextMut) -> T {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        T::of(Root::new(store, self.root.reference(store)))
    }
}

impl<T> OwnedRooted<T> {
    /// Owns the reference in a slot, or returns `None` if it is null.
    pub(crate) fn of_slot(slot: u64, store: &Store) -> Option<OwnedRooted<T>> {
        OwnedRoot::of_slot(slot, store).map(|root| OwnedRooted { root, ty: PhantomData })
    }

    /// Returns the reference in a slot.
    pub(crate) fn slot(&self, store: &Store) -> u64 {
        self.root.reference(store).into()
    }
}

impl<T> Clone for OwnedRooted<T> {
    fn clone(&self) -> OwnedRooted<T> {
        OwnedRooted { root: self.root.clone(), ty: PhantomData }
    }
}

impl<T> fmt::Debug for OwnedRooted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedRooted").finish_non_exhaustive()
    }
}

macro_rules! references {
    ($($ty:ident)*) => { $(
        impl GcRef for $ty {}

        impl sealed::Sealed for $ty {
            fn root(self) -> Root {
                self.0
            }

            fn of(root: Root) -> $ty {
                $ty(root)
            }
        }

        impl $ty {
            /// Returns a reference that keeps the object alive until it is dropped.
            ///
            /// # Errors
            /// Fails if there is not enough memory.
            ///
            /// # Panics
            /// If the handle belongs to another store, or if its scope has ended.
            pub fn to_owned_rooted(&self, ctx: impl AsContext) -> Result<OwnedRooted<$ty>, Error> {
                OwnedRooted::new(ctx, *self)
            }
        }
    )* };
}

references!(AnyRef ExternRef ExnRef);
#[cfg(feature = "gc")]
references!(StructRef ArrayRef);
