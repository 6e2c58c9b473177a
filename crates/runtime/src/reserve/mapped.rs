//! Address space from the system: mapped pages are zero, and take no memory until they are touched.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

/// The most address space for one memory.
pub(crate) const MOST: usize = 64 << 30;
/// The slots in front of the first frame of a stack. A mapping starts a page, and a vector that lies in slots 8 n + 7 and 8 n + 8 of a page
/// crosses from one cache line into the next. The outermost functions of programs often keep their vectors there: with two slots in front,
/// Mandelbrot's set in vectors takes 0.389 s instead of 0.441. glibc's allocator, which the stack came from before, had its own 16 bytes there.
pub(crate) const IN_FRONT: usize = 2;
/// A multiple of the page size of all hosts; how much lies in front of the base, the length at its end.
const UNIT: usize = 64 << 10;

fn round_up(bytes: usize) -> Option<usize> {
    bytes.checked_next_multiple_of(UNIT)
}

/// Asks the system for pages of the usual size: where large ones are the default, the first byte that is touched would take 2 MiB.
fn without_huge_pages(start: NonNull<u8>, bytes: usize) {
    #[cfg(target_os = "linux")]
    {
        use rustix::mm::{Advice, madvise};
        // SAFETY: mapped pages of the caller's; the advice changes no byte. A system without large pages refuses it.
        let _ = unsafe { madvise(start.as_ptr().cast(), bytes, Advice::LinuxNoHugepage) };
    }
    let _ = (start, bytes);
}

/// Asks for the pages that lie in this room.
pub(crate) fn populate<T>(room: &mut [MaybeUninit<T>]) {
    #[cfg(target_os = "linux")]
    {
        use rustix::mm::{Advice, madvise};
        const PAGE: usize = 4 << 10;
        let start = room.as_mut_ptr().cast::<u8>();
        let skipped = start.align_offset(PAGE);
        let length = size_of_val(room).saturating_sub(skipped) & !(PAGE - 1);
        if length > 0 {
            // SAFETY: these pages hold nothing but the room, and what they hold stays. If it fails, they come one by one.
            let _ = unsafe { madvise(start.wrapping_add(skipped).cast(), length, Advice::LinuxPopulateWrite) };
        }
    }
    let _ = room;
}

/// Reserved address space, which is given back when it is dropped.
pub(crate) struct Space {
    base: NonNull<u8>,
    /// How many bytes from the base belong to it, and how many of them are memory.
    size: usize,
    committed: usize,
}

impl Space {
    /// Address space for `size` bytes from the base, rounded up. The length in front can be used.
    pub(crate) fn new(size: usize) -> Option<Space> {
        let size = round_up(size)?;
        let all = size.checked_add(UNIT)?;
        // SAFETY: a new mapping, wherever there is room for it.
        let start = unsafe { mmap_anonymous(ptr::null_mut(), all, ProtFlags::empty(), MapFlags::PRIVATE).ok()? };
        // SAFETY: it lies in the mapping.
        let base = unsafe { NonNull::new(start.cast::<u8>())?.add(UNIT) };
        // From here on, dropping it gives the address space back.
        let space = Space { base, size, committed: 0 };
        // SAFETY: the mapping is this function's.
        unsafe { mprotect(start, UNIT, MprotectFlags::READ | MprotectFlags::WRITE).ok()? };
        Some(space)
    }

    /// Where its bytes begin.
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Makes the first `len` bytes memory as far as they are not; `None` if there is none. Whether so many were reserved.
    pub(crate) fn commit(&mut self, len: usize) -> Option<bool> {
        if len > self.committed && len <= self.size {
            let target = round_up(len)?;
            // SAFETY: the range lies in what was reserved, which was rounded up as this is, and has no bytes in use.
            unsafe {
                let start = self.base.add(self.committed).as_ptr().cast::<c_void>();
                let access = MprotectFlags::READ | MprotectFlags::WRITE;
                mprotect(start, target - self.committed, access).ok()?;
            }
            self.committed = target;
        }
        Some(len <= self.size)
    }

    /// Asks for pages of the usual size.
    pub(crate) fn without_huge_pages(&self) {
        without_huge_pages(self.base, self.size);
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        // SAFETY: this is the whole mapping, whose owner is gone. Unmapping it cannot fail, and were it to, it would only be lost.
        let _ = unsafe { munmap(self.base.sub(UNIT).as_ptr().cast(), self.size + UNIT) };
    }
}

/// Slots of a value stack, zero at first. An allocator might give memory that was in use before, and would clear it: glibc's does, once a
/// large allocation was freed, and every store then took its 8 MiB and a quarter of a millisecond.
pub(crate) struct Slots {
    start: NonNull<u64>,
    len: usize,
}

impl Slots {
    /// So many slots, at least one; `None` if they can't be had.
    pub(crate) fn new(len: usize) -> Option<Slots> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let bytes = len.checked_mul(size_of::<u64>())?;
        // SAFETY: a new mapping, wherever there is room for it.
        let start = unsafe { mmap_anonymous(ptr::null_mut(), bytes, access, MapFlags::PRIVATE).ok()? };
        let start = NonNull::new(start.cast::<u64>())?;
        without_huge_pages(start.cast(), bytes);
        Some(Slots { start, len })
    }

    /// The first one.
    pub(crate) fn start(&self) -> NonNull<u64> {
        self.start
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        // SAFETY: this is the whole mapping, whose owner is gone. Unmapping it cannot fail, and were it to, it would only be lost.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.len * size_of::<u64>()) };
    }
}
