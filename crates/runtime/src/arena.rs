//! Records at fixed addresses, which handlers point to.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::NonNull;

use wasmote_ir::fallible::{OutOfMemory, TryVec};

use crate::shared::try_box;

/// Owns values at fixed addresses until it is dropped. The pointers that it returns are the only access to the
/// values.
pub(crate) struct Arena<T> {
    /// Often the only item: it needs no list.
    first: Option<NonNull<T>>,
    others: Vec<NonNull<T>>,
}

impl<T> Arena<T> {
    pub(crate) const fn new() -> Arena<T> {
        Arena { first: None, others: Vec::new() }
    }

    /// Adds a value. Its index is the previous [`Arena::len`].
    pub(crate) fn push(&mut self, value: T) -> Result<NonNull<T>, OutOfMemory> {
        // The list's room comes first: if it failed after the box was leaked, the value would be lost.
        if self.first.is_some() {
            self.others.try_room(1)?;
        }
        let item = NonNull::from(Box::leak(try_box(value)?));
        match self.first {
            Some(_) => self.others.push(item),
            None => self.first = Some(item),
        }
        Ok(item)
    }

    pub(crate) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.len()
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<NonNull<T>> {
        match index.checked_sub(1) {
            None => self.first,
            Some(other) => self.others.get(other).copied(),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = NonNull<T>> + '_ {
        self.first.into_iter().chain(self.others.iter().copied())
    }
}

impl<T> Drop for Arena<T> {
    fn drop(&mut self) {
        for item in self.iter() {
            // SAFETY: `push` leaked each item from a box, and only this frees it.
            drop(unsafe { Box::from_raw(item.as_ptr()) });
        }
    }
}

/// A list of values at a fixed address until it is dropped. As for [`Arena`], its pointer is the only access to the
/// values.
// No box: each type of items would have a copy of the code that makes one of a vector.
pub(crate) struct FixedSlice<T> {
    items: NonNull<[T]>,
    capacity: usize,
}

impl<T> FixedSlice<T> {
    pub(crate) fn new(items: Vec<T>) -> FixedSlice<T> {
        let capacity = items.capacity();
        FixedSlice { items: NonNull::from(items.leak()), capacity }
    }

    /// Returns the address of the first value. The others follow.
    pub(crate) fn start(&self) -> *mut T {
        self.items.as_ptr().cast()
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns the address of a value, or `None` beyond the end.
    pub(crate) fn get(&self, index: usize) -> Option<*mut T> {
        // SAFETY: `index` is below the length.
        (index < self.len()).then(|| unsafe { self.start().add(index) })
    }
}

impl<T> Drop for FixedSlice<T> {
    fn drop(&mut self) {
        // SAFETY: `new` leaked the list from a vector with this capacity, and only this frees it.
        drop(unsafe { Vec::from_raw_parts(self.start(), self.len(), self.capacity) });
    }
}

impl<T> Default for FixedSlice<T> {
    fn default() -> FixedSlice<T> {
        FixedSlice::new(Vec::new())
    }
}
