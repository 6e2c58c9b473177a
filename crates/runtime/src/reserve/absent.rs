//! No address space can be reserved: memories and stacks are allocations.

use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// The most address space for one memory.
pub(crate) const MOST: usize = usize::MAX;
/// The slots in front of the first frame of a stack.
pub(crate) const IN_FRONT: usize = 0;

/// Reserved address space, which there is none of.
pub(crate) enum Space {}

impl Space {
    pub(crate) fn new(_: usize) -> Option<Space> {
        None
    }

    pub(crate) fn base(&self) -> NonNull<u8> {
        match *self {}
    }

    pub(crate) fn commit(&mut self, _: usize) -> Option<bool> {
        match *self {}
    }

    pub(crate) fn without_huge_pages(&self) {
        match *self {}
    }
}

/// Slots of a value stack, zero at first.
pub(crate) struct Slots {
    start: NonNull<u64>,
    layout: Layout,
}

impl Slots {
    /// So many slots, at least one; `None` if they can't be had.
    pub(crate) fn new(len: usize) -> Option<Slots> {
        let layout = Layout::array::<u64>(len).ok()?;
        // SAFETY: the layout is not empty.
        let start = NonNull::new(unsafe { alloc::alloc::alloc_zeroed(layout) })?;
        Some(Slots { start: start.cast(), layout })
    }

    /// The first one.
    pub(crate) fn start(&self) -> NonNull<u64> {
        self.start
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.layout.size() / size_of::<u64>()
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        // SAFETY: allocated by `new` with this layout.
        unsafe { alloc::alloc::dealloc(self.start.as_ptr().cast(), self.layout) };
    }
}

/// The allocator's pages come one by one.
pub(crate) fn populate<T>(_: &mut [MaybeUninit<T>]) {}
