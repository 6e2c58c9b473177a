//! Boxes and shared ownership with allocation that can fail, which those of the standard library have not on stable Rust.

use alloc::boxed::Box;
use core::alloc::Layout;
use core::ops::Deref;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering, fence};

use wasmote_ir::fallible::OutOfMemory;

/// A value in a box.
///
/// # Errors
/// When there is no memory. The value is dropped.
pub fn try_box<T>(value: T) -> Result<Box<T>, OutOfMemory> {
    let layout = Layout::new::<T>();
    // By hand: through a vector of one value it takes a hundred instructions more, six times an instance.
    let place = match layout.size() {
        0 => NonNull::<T>::dangling().as_ptr(),
        // SAFETY: the layout has a size.
        _ => unsafe { alloc::alloc::alloc(layout) }.cast::<T>(),
    };
    if place.is_null() {
        return Err(OutOfMemory);
    }
    // SAFETY: the place is fit for a `T`, and allocated as a box of one is, which owns it from here on.
    unsafe {
        place.write(value);
        Ok(Box::from_raw(place))
    }
}

/// Ends the process, as infallible allocation does: where the embedder decides how much is allocated, and there is no error to return.
#[cold]
#[inline(never)]
pub fn no_memory() -> ! {
    alloc::alloc::handle_alloc_error(Layout::new::<u64>())
}

/// A value with several owners: as `Arc`, without weak references.
pub struct FallibleArc<T> {
    counted: NonNull<RefCounted<T>>,
}

struct RefCounted<T> {
    owners: AtomicUsize,
    value: T,
}

// SAFETY: as of `Arc`: owners in several threads have references to the value, and the last of them drops it.
unsafe impl<T: Send + Sync> Send for FallibleArc<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for FallibleArc<T> {}

impl<T> FallibleArc<T> {
    /// A value with one owner.
    ///
    /// # Errors
    /// When there is no memory. The value is dropped.
    pub fn try_new(value: T) -> Result<FallibleArc<T>, OutOfMemory> {
        let counted = try_box(RefCounted { owners: AtomicUsize::new(1), value })?;
        Ok(FallibleArc { counted: NonNull::from(Box::leak(counted)) })
    }

    /// Whether nobody else owns it. Nobody else can come to, then.
    pub(crate) fn is_only_owner(&self) -> bool {
        // SAFETY: it is there while it has an owner.
        unsafe { self.counted.as_ref() }.owners.load(Ordering::Acquire) == 1
    }

    /// Tells values apart.
    pub fn address(&self) -> *const () {
        self.counted.as_ptr().cast_const().cast()
    }
}

impl<T> Deref for FallibleArc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the value is there as long as it has an owner, which this is, and nobody changes it.
        &unsafe { self.counted.as_ref() }.value
    }
}

impl<T> Clone for FallibleArc<T> {
    fn clone(&self) -> FallibleArc<T> {
        // SAFETY: as above.
        let before = unsafe { self.counted.as_ref() }.owners.fetch_add(1, Ordering::Relaxed);
        // Only who forgets owners gets there. Half of the numbers are left for threads that do so at once.
        assert!(before < usize::MAX / 2, "a value has too many owners");
        FallibleArc { counted: self.counted }
    }
}

impl<T> Drop for FallibleArc<T> {
    fn drop(&mut self) {
        // SAFETY: as above, until the count is down.
        if unsafe { self.counted.as_ref() }.owners.fetch_sub(1, Ordering::Release) == 1 {
            // What other owners did comes before.
            fence(Ordering::Acquire);
            // SAFETY: it was leaked from a box by `try_new`, and has no other owner.
            drop(unsafe { Box::from_raw(self.counted.as_ptr()) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FallibleArc, try_box};
    use alloc::sync::Arc;

    #[test]
    fn a_shared_value_is_dropped_with_its_last_owner() {
        let value = Arc::new(());
        let one = FallibleArc::try_new(value.clone()).unwrap();
        let owners: [_; 4] = core::array::from_fn(|_| one.clone());
        assert!(owners.iter().all(|owner| owner.address() == one.address()));
        drop(one);
        std::thread::scope(|scope| {
            for owner in owners {
                scope.spawn(move || assert!(Arc::strong_count(&owner) == 2));
            }
        });
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn values_of_any_size_are_boxed() {
        let () = *try_box(()).unwrap();
        assert_eq!(*try_box([1_u16, 2, 3]).unwrap(), [1, 2, 3]);
    }
}
