//! What a host function gets of its store.

use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::host::HostCall;
use crate::instance::InstanceRecord;
use crate::owned::{StoreMut, StoreRef};

/// The store and the instance that called, as a host function sees them that was made for stores whose data is a `T`.
#[repr(transparent)]
pub struct Caller<'a, T> {
    call: HostCall<'a>,
    data: PhantomData<fn(T) -> T>,
}

impl HostCall<'_> {
    /// The caller.
    ///
    /// # Safety
    /// The store's data is a `T`.
    pub unsafe fn caller<T>(&mut self) -> Caller<'_, T> {
        // SAFETY: this stands for a mutable borrow of the call, which is lent.
        let call = unsafe { HostCall::new(&mut *self.frame.as_ptr()) };
        Caller { call, data: PhantomData }
    }
}

impl<T> Caller<'_, T> {
    /// The store, to read from.
    pub fn store(&self) -> StoreRef<'_, T> {
        // SAFETY: a caller stands for a mutable borrow of the store, part of which is lent, and its data is a `T`.
        unsafe { StoreRef::new(self.call.frame.as_ref().root) }
    }

    /// The store, to change.
    pub fn store_mut(&mut self) -> StoreMut<'_, T> {
        // SAFETY: as above.
        unsafe { StoreMut::new(self.call.frame.as_ref().root) }
    }

    /// The instance that called; `None` if the host did.
    pub fn instance(&self) -> Option<&InstanceRecord> {
        // SAFETY: an instance is the first part of its record, which lives as long as the store.
        unsafe { Some(NonNull::new(self.call.frame.as_ref().instance)?.cast::<InstanceRecord>().as_ref()) }
    }
}
