//! The value stack of a store: the slots that wasm frames live in.

use crate::reserve::{IN_FRONT, Slots};

/// Slots, all zero when they are made, whose pages nobody touches before a frame reaches them.
pub(crate) struct ValueStack {
    slots: Slots,
}

impl ValueStack {
    /// A stack of so many bytes; `None` if they can't be had.
    pub(crate) fn new(bytes: usize) -> Option<ValueStack> {
        // Room for the smallest frame at least.
        let len = (bytes / size_of::<u64>()).clamp(64, isize::MAX as usize / 16) + IN_FRONT;
        Some(ValueStack { slots: Slots::new(len)? })
    }

    /// The first slot of the first frame.
    pub(crate) fn start(&self) -> *mut u64 {
        // SAFETY: `new` made more slots than these.
        unsafe { self.slots.start().as_ptr().add(IN_FRONT) }
    }

    /// How many slots there are for frames.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - IN_FRONT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_in_one_stack_is_not_in_the_next() {
        for _ in 0..20 {
            let stack = ValueStack::new(1 << 20).unwrap();
            assert_eq!(stack.len(), 1 << 17);
            for at in 0..stack.len() {
                // SAFETY: a slot of the stack.
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
        assert!(ValueStack::new(usize::MAX).is_none());
        assert_eq!(ValueStack::new(0).unwrap().len(), 64);
    }
}
