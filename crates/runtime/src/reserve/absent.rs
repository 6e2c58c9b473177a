//! The stand-in for hosts where no address space can be reserved: memories and stacks are allocations.

use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// The maximum address space for one memory.
pub(crate) const MOST: usize = usize::MAX;
/// The slots before the first frame of a value stack.
pub(crate) const IN_FRONT: usize = 0;

/// The address space that stores have returned. There is none here.
#[derive(Clone, Default)]
pub(crate) struct SpacePool(());

/// Reserved address space. There is none here.
pub(crate) enum PooledSpace {}

impl PooledSpace {
    pub(crate) fn new(_: usize, _: usize, _: Option<&SpacePool>) -> Option<PooledSpace> {
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

/// The slots of a value stack, zero at first.
pub(crate) struct Slots {
    start: NonNull<u64>,
    layout: Layout,
}

impl Slots {
    /// Makes `len` slots, at least one. `None` if there is not enough memory.
    pub(crate) fn new(len: usize, _: &SpacePool) -> Option<Slots> {
        let layout = Layout::array::<u64>(len).ok()?;
        // SAFETY: `len` is at least one, so the layout is not empty.
        let start = NonNull::new(unsafe { alloc::alloc::alloc_zeroed(layout) })?;
        Some(Slots { start: start.cast(), layout })
    }

    /// Returns the slots to the allocator.
    pub(crate) fn give_back(self, _: Option<usize>) {}

    /// Returns the address of the first slot.
    pub(crate) fn start(&self) -> NonNull<u64> {
        self.start
    }

    /// Returns the number of slots.
    pub(crate) fn len(&self) -> usize {
        self.layout.size() / size_of::<u64>()
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        // SAFETY: `new` allocated the slots with this layout.
        unsafe { alloc::alloc::dealloc(self.start.as_ptr().cast(), self.layout) };
    }
}

/// Does nothing: the allocator provides its pages one by one.
pub(crate) fn populate<T>(_: &mut [MaybeUninit<T>]) {}
