//! Allocations whose size a guest's module decides: they fail if there is not enough memory.

/// What can be copied if there is enough memory.
pub trait TryClone: Sized {
    /// Returns a copy. Returns `None` if there is not enough memory.
    fn try_clone(&self) -> Option<Self>;
}

/// Puts a value into a box. Returns `None` if there is not enough memory.
pub(crate) fn try_box<T>(value: T) -> Option<Box<T>> {
    // A box cannot report it, but a vector can. It has room for exactly one, so that nothing is allocated again.
    let mut one = Vec::new();
    one.try_reserve_exact(1).ok()?;
    one.push(value);
    let one: Box<[T; 1]> = one.into_boxed_slice().try_into().ok()?;
    // SAFETY: an array of one value has the layout of the value.
    Some(unsafe { Box::from_raw(Box::into_raw(one).cast()) })
}

/// Copies bytes. Returns `None` if there is not enough memory.
pub(crate) fn try_bytes(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len()).ok()?;
    copy.extend_from_slice(bytes);
    Some(copy)
}
