//! Address space reserved from the system. Mapped pages are zero, and take no memory until they are touched.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

/// The maximum address space for one memory.
pub(crate) const MOST: usize = 64 << 30;
/// The slots before the first frame of a value stack. A mapping begins at a page. Without these slots, a vector in
/// slots 8 n + 7 and 8 n + 8 would cross from one cache line into the next. The outermost functions of programs
/// often keep vectors there. With two slots, a Mandelbrot program in vectors takes 0.389 s instead of 0.441 s. The
/// allocator of glibc, which provided the stack before, put 16 bytes of its own there.
pub(crate) const IN_FRONT: usize = 2;
/// A multiple of the page size of all hosts. This many bytes lie before the base; the length is at their end.
const UNIT: usize = 64 << 10;

fn round_up(bytes: usize) -> Option<usize> {
    bytes.checked_next_multiple_of(UNIT)
}

/// Asks the system for pages of the usual size. Where huge pages are the default, touching one byte would take 2
/// MiB.
fn without_huge_pages(start: NonNull<u8>, bytes: usize) {
    #[cfg(target_os = "linux")]
    {
        use rustix::mm::{Advice, madvise};
        // SAFETY: the caller owns these mapped pages, and the advice changes no byte. A system without huge pages
        // refuses it, which does no harm.
        let _ = unsafe { madvise(start.as_ptr().cast(), bytes, Advice::LinuxNoHugepage) };
    }
    let _ = (start, bytes);
}

/// Asks the system for the pages of this room now, all at once.
pub(crate) fn populate<T>(room: &mut [MaybeUninit<T>]) {
    #[cfg(target_os = "linux")]
    {
        use rustix::mm::{Advice, madvise};
        const PAGE: usize = 4 << 10;
        let start = room.as_mut_ptr().cast::<u8>();
        let skipped = start.align_offset(PAGE);
        let length = size_of_val(room).saturating_sub(skipped) & !(PAGE - 1);
        if length > 0 {
            // SAFETY: these pages lie in `room`, and the advice keeps their bytes. If it fails, the system provides
            // the pages one by one.
            let _ = unsafe { madvise(start.wrapping_add(skipped).cast(), length, Advice::LinuxPopulateWrite) };
        }
    }
    let _ = room;
}

/// Reserved address space. Dropping it returns it to the system.
pub(crate) struct Space {
    base: NonNull<u8>,
    /// The bytes from the base that are reserved, and how many of these are accessible memory.
    size: usize,
    committed: usize,
}

impl Space {
    /// Reserves address space for `size` bytes from the base, rounded up. The bytes for the length before the base
    /// are accessible.
    pub(crate) fn new(size: usize) -> Option<Space> {
        let size = round_up(size)?;
        let all = size.checked_add(UNIT)?;
        // SAFETY: a new mapping at an address that the system chooses changes no other.
        let start = unsafe { mmap_anonymous(ptr::null_mut(), all, ProtFlags::empty(), MapFlags::PRIVATE).ok()? };
        // SAFETY: the mapping has `UNIT` bytes and more.
        let base = unsafe { NonNull::new(start.cast::<u8>())?.add(UNIT) };
        // From here on, dropping `space` unmaps it, also on failure.
        let space = Space { base, size, committed: 0 };
        // SAFETY: these are the first bytes of the new mapping, which nothing else uses.
        unsafe { mprotect(start, UNIT, MprotectFlags::READ | MprotectFlags::WRITE).ok()? };
        Some(space)
    }

    /// Returns the address of the first byte.
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Makes the first `len` bytes accessible. Returns `Some(false)` if fewer are reserved, and `None` if there is
    /// not enough memory.
    pub(crate) fn commit(&mut self, len: usize) -> Option<bool> {
        if len > self.committed && len <= self.size {
            let target = round_up(len)?;
            // SAFETY: `size` is rounded up as `target` is, so the range lies in the mapping. Its bytes are not in
            // use yet.
            unsafe {
                let start = self.base.add(self.committed).as_ptr().cast::<c_void>();
                let access = MprotectFlags::READ | MprotectFlags::WRITE;
                mprotect(start, target - self.committed, access).ok()?;
            }
            self.committed = target;
        }
        Some(len <= self.size)
    }

    /// Asks the system for pages of the usual size.
    pub(crate) fn without_huge_pages(&self) {
        without_huge_pages(self.base, self.size);
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        // SAFETY: this is the whole mapping of `new`, and its owner is being dropped. A failure would only leak it.
        let _ = unsafe { munmap(self.base.sub(UNIT).as_ptr().cast(), self.size + UNIT) };
    }
}

/// The slots of a value stack, zero at first. An allocator would be slower: it may return memory that was used
/// before, and then has to clear it. The one of glibc does so once a large allocation was freed. Each new store
/// then took 8 MiB and a quarter of a millisecond.
pub(crate) struct Slots {
    start: NonNull<u64>,
    len: usize,
}

impl Slots {
    /// Makes `len` slots, at least one. `None` if there is not enough memory.
    pub(crate) fn new(len: usize) -> Option<Slots> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let bytes = len.checked_mul(size_of::<u64>())?;
        // SAFETY: a new mapping at an address that the system chooses changes no other.
        let start = unsafe { mmap_anonymous(ptr::null_mut(), bytes, access, MapFlags::PRIVATE).ok()? };
        let start = NonNull::new(start.cast::<u64>())?;
        without_huge_pages(start.cast(), bytes);
        Some(Slots { start, len })
    }

    /// Returns the address of the first slot.
    pub(crate) fn start(&self) -> NonNull<u64> {
        self.start
    }

    /// Returns the number of slots.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        // SAFETY: this is the whole mapping of `new`, and its owner is being dropped. A failure would only leak it.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.len * size_of::<u64>()) };
    }
}
