//! Boxes and shared ownership with fallible allocation, which the standard library does not have on stable Rust.

use alloc::boxed::Box;
use core::alloc::Layout;
use core::ops::Deref;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use wasmote_ir::fallible::OutOfMemory;

/// Moves a value into a box.
///
/// # Errors
/// Fails if there is not enough memory. The value is then dropped.
pub fn try_box<T>(value: T) -> Result<Box<T>, OutOfMemory> {
    let layout = Layout::new::<T>();
    // Allocated directly: a vector of one value takes a hundred instructions more, and each instance makes six
    // boxes.
    let place = match layout.size() {
        0 => NonNull::<T>::dangling().as_ptr(),
        // SAFETY: the size is not zero.
        _ => unsafe { alloc::alloc::alloc(layout) }.cast::<T>(),
    };
    if place.is_null() {
        return Err(OutOfMemory);
    }
    // SAFETY: the place has the layout of a `T`, from the allocator that `Box` uses, and nothing else owns it.
    unsafe {
        place.write(value);
        Ok(Box::from_raw(place))
    }
}

/// Ends the process, as infallible allocation does. Used where the embedder decides how much is allocated, and no
/// error can be returned.
#[cold]
#[inline(never)]
pub fn no_memory() -> ! {
    alloc::alloc::handle_alloc_error(Layout::new::<u64>())
}

/// A value with several owners: like `Arc`, but without weak references.
pub struct FallibleArc<T> {
    counted: NonNull<RefCounted<T>>,
}

struct RefCounted<T> {
    owners: AtomicUsize,
    value: T,
}

// SAFETY: as for `Arc`: owners on several threads share references to the value, and the last owner drops it.
unsafe impl<T: Send + Sync> Send for FallibleArc<T> {}
// SAFETY: as for `Arc`: sharing an owner allows cloning it.
unsafe impl<T: Send + Sync> Sync for FallibleArc<T> {}

impl<T> FallibleArc<T> {
    /// Makes a value with one owner.
    ///
    /// # Errors
    /// Fails if there is not enough memory. The value is then dropped.
    pub fn try_new(value: T) -> Result<FallibleArc<T>, OutOfMemory> {
        let counted = try_box(RefCounted { owners: AtomicUsize::new(1), value })?;
        Ok(FallibleArc { counted: NonNull::from(Box::leak(counted)) })
    }

    /// Returns whether there is no other owner. Without weak references, no other can appear.
    pub(crate) fn is_only_owner(&self) -> bool {
        // SAFETY: the value lives while it has an owner, and `self` is one.
        unsafe { self.counted.as_ref() }.owners.load(Ordering::Acquire) == 1
    }

    /// Returns an address that identifies the value.
    pub fn address(&self) -> *const () {
        self.counted.as_ptr().cast_const().cast()
    }
}

impl<T> Deref for FallibleArc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the value lives while it has an owner, and `self` is one. Only shared references to it exist.
        &unsafe { self.counted.as_ref() }.value
    }
}

impl<T> Clone for FallibleArc<T> {
    fn clone(&self) -> FallibleArc<T> {
        // SAFETY: the value lives while it has an owner, and `self` is one.
        let before = unsafe { self.counted.as_ref() }.owners.fetch_add(1, Ordering::Relaxed);
        // Only code that leaks owners reaches this. Half of the range is left for threads that do so at the same
        // time.
        assert!(before < usize::MAX / 2, "a value has too many owners");
        FallibleArc { counted: self.counted }
    }
}

impl<T> Drop for FallibleArc<T> {
    fn drop(&mut self) {
        // SAFETY: `self` is an owner until the count is decremented.
        if unsafe { self.counted.as_ref() }.owners.fetch_sub(1, Ordering::Release) == 1 {
            // Makes the other owners' accesses happen before the drop. A fence would do so, too, but ThreadSanitizer does
            // not see it.
            // SAFETY: the value lives until the next line.
            unsafe { self.counted.as_ref() }.owners.load(Ordering::Acquire);
            // SAFETY: `try_new` leaked the value from a box, and this was its last owner.
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
