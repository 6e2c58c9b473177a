//! The value stack of a store: the slots that wasm frames live in.

#[cfg(not(reserve))]
use core::alloc::Layout;
use core::ptr::NonNull;

#[cfg(reserve)]
use crate::reserve;

/// The slots in front of the first frame. A mapping starts a page, and a vector that lies in slots 8 n + 7 and 8 n + 8 of a page crosses from
/// one cache line into the next. The outermost functions of programs often keep their vectors there: with two slots in front, Mandelbrot's set in
/// vectors takes 0.389 s instead of 0.441. glibc's allocator, which the stack came from before, had its own 16 bytes there.
const IN_FRONT: usize = if cfg!(reserve) { 2 } else { 0 };

/// Slots, all zero when they are made, whose pages nobody touches before a frame reaches them.
///
/// Where there is a system, they are mapped. An allocator might give memory that was in use before, and would clear it: glibc's does, once a
/// large allocation was freed, and every store then took its 8 MiB and a quarter of a millisecond.
pub(crate) struct ValueStack {
    slots: NonNull<u64>,
    /// All of them, those in front of the first frame included.
    len: usize,
}

impl ValueStack {
    /// A stack of so many bytes; `None` if they can't be had.
    pub(crate) fn new(bytes: usize) -> Option<ValueStack> {
        // Room for the smallest frame at least.
        let len = (bytes / size_of::<u64>()).clamp(64, isize::MAX as usize / 16) + IN_FRONT;
        #[cfg(reserve)]
        let slots = reserve::map(len * size_of::<u64>())?;
        // SAFETY: the layout is not empty.
        #[cfg(not(reserve))]
        let slots = NonNull::new(unsafe { alloc::alloc::alloc_zeroed(ValueStack::layout(len)?) })?;
        Some(ValueStack { slots: slots.cast(), len })
    }

    #[cfg(not(reserve))]
    fn layout(len: usize) -> Option<Layout> {
        Layout::array::<u64>(len).ok()
    }

    /// The first slot of the first frame.
    pub(crate) fn start(&self) -> *mut u64 {
        // SAFETY: `new` made more slots than these.
        unsafe { self.slots.as_ptr().add(IN_FRONT) }
    }

    /// How many slots there are for frames.
    pub(crate) fn len(&self) -> usize {
        self.len - IN_FRONT
    }
}

impl Drop for ValueStack {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, with this many bytes.
        #[cfg(reserve)]
        unsafe {
            reserve::unmap(self.slots.cast(), self.len * size_of::<u64>());
        }
        #[cfg(not(reserve))]
        if let Some(layout) = ValueStack::layout(self.len) {
            // SAFETY: allocated by `new` with this layout.
            unsafe { alloc::alloc::dealloc(self.slots.as_ptr().cast(), layout) };
        }
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
