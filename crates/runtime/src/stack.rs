//! The value stack: the slots of wasm frames.

use crate::reserve::{IN_FRONT, Slots, SpacePool};

/// The slots of a value stack. All are zero at first, and a page is touched only when a frame reaches it.
pub(crate) struct ValueStack {
    slots: Slots,
}

impl ValueStack {
    /// Makes a stack of this many bytes, but at least 64 slots. `None` if there is not enough memory.
    pub(crate) fn new(bytes: usize, pool: &SpacePool) -> Option<ValueStack> {
        // The smallest frame must fit.
        let len = (bytes / size_of::<u64>()).clamp(64, isize::MAX as usize / 16) + IN_FRONT;
        Some(ValueStack { slots: Slots::new(len, pool)? })
    }

    /// Returns the stack to its pool. `written` is how many bytes from [`ValueStack::start`] on may have been written, if
    /// that is known.
    pub(crate) fn give_back(self, written: Option<usize>) {
        self.slots.give_back(written.map(|bytes| bytes + IN_FRONT * size_of::<u64>()));
    }

    /// Returns the first slot of the first frame.
    pub(crate) fn start(&self) -> *mut u64 {
        // SAFETY: `new` made more than `IN_FRONT` slots.
        unsafe { self.slots.start().as_ptr().add(IN_FRONT) }
    }

    /// Returns the number of slots for frames.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - IN_FRONT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_in_one_stack_is_not_in_the_next() {
        let pool = SpacePool::default();
        for _ in 0..20 {
            let stack = ValueStack::new(1 << 20, &pool).unwrap();
            assert_eq!(stack.len(), 1 << 17);
            for at in 0..stack.len() {
                // SAFETY: `at` is below the number of slots.
                unsafe {
                    let slot = stack.start().add(at);
                    assert_eq!(slot.read(), 0);
                    slot.write(!0);
                }
            }
        }
    }

    #[test]
    fn more_than_can_be_had_is_refused() {
        let pool = SpacePool::default();
        assert!(ValueStack::new(usize::MAX, &pool).is_none());
        assert_eq!(ValueStack::new(0, &pool).unwrap().len(), 64);
    }
}
