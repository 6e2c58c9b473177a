//! The caller of a host function: its store and its instance.

use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::host::HostCall;
use crate::instance::InstanceRecord;
use crate::owned::{StoreMut, StoreRef};

/// The store and the calling instance, for a host function that was made for stores with data of type `T`.
#[repr(transparent)]
pub struct Caller<'a, T> {
    call: HostCall<'a>,
    data: PhantomData<fn(T) -> T>,
}

impl HostCall<'_> {
    /// Returns the caller.
    ///
    /// # Safety
    /// The store's data is a `T`.
    pub unsafe fn caller<T>(&mut self) -> Caller<'_, T> {
        // SAFETY: `self` stands for a mutable borrow of the call. The result borrows `self` mutably.
        let call = unsafe { HostCall::new(&mut *self.frame.as_ptr()) };
        Caller { call, data: PhantomData }
    }
}

impl<T> Caller<'_, T> {
    /// Borrows the store for reading.
    pub fn store(&self) -> StoreRef<'_, T> {
        // SAFETY: a `Caller` stands for a mutable borrow of the store, and whoever made it guarantees that the data
        // is a `T`. The result borrows `self`.
        unsafe { StoreRef::new(self.call.frame.as_ref().root) }
    }

    /// Borrows the store for writing.
    pub fn store_mut(&mut self) -> StoreMut<'_, T> {
        // SAFETY: as in `store`, and the result borrows `self` mutably.
        unsafe { StoreMut::new(self.call.frame.as_ref().root) }
    }

    /// Returns the pointer to the store, which `self` borrows mutably.
    #[cfg(feature = "profile")]
    pub(crate) fn root(&mut self) -> core::ptr::NonNull<crate::store::Store> {
        // SAFETY: the caller of `HostCall::new` guarantees the frame.
        unsafe { self.call.frame.as_ref().root }
    }

    /// Returns the instance that called. `None` if the host did.
    pub fn instance(&self) -> Option<&InstanceRecord> {
        // SAFETY: an instance is the first part of its record, which the store keeps in place.
        unsafe { Some(NonNull::new(self.call.frame.as_ref().instance)?.cast::<InstanceRecord>().as_ref()) }
    }
}
