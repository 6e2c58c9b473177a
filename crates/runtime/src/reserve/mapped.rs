//! Address space reserved from the system. Mapped pages are zero, and take no memory until they are touched.

use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

use crate::reserve::clear::{Kept, is_clear};

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
    /// The first byte of the mapping.
    start: NonNull<u8>,
    /// The bytes that are reserved after the first [`UNIT`], a multiple of it.
    size: usize,
    /// The bytes from the start that are accessible memory: none, or [`UNIT`] and those of the owner.
    accessible: usize,
    /// Whether the system made only a part of some bytes accessible. What was written there would not be cleared.
    spoiled: bool,
    /// How many bytes from the base on may not be zero, if the owner knows it.
    written: Option<usize>,
    kept: Kept,
}

// SAFETY: it owns its mapping.
unsafe impl Send for Space {}

impl Space {
    /// Reserves address space for `size` bytes from the base, rounded up. No byte is accessible before
    /// [`Space::commit`], not even those before the base.
    pub(crate) fn new(size: usize) -> Option<Space> {
        Space::with(size, ProtFlags::empty())
    }

    /// Reserves address space as [`Space::new`], all of which is accessible.
    pub(crate) fn new_accessible(size: usize) -> Option<Space> {
        let mut space = Space::with(size, ProtFlags::READ | ProtFlags::WRITE)?;
        space.accessible = UNIT + space.size;
        Some(space)
    }

    fn with(size: usize, access: ProtFlags) -> Option<Space> {
        let size = round_up(size)?;
        let all = size.checked_add(UNIT)?;
        // SAFETY: a new mapping at an address that the system chooses changes no other.
        let start = unsafe { mmap_anonymous(ptr::null_mut(), all, access, MapFlags::PRIVATE).ok()? };
        Some(Space {
            start: NonNull::new(start.cast())?,
            size,
            accessible: 0,
            spoiled: false,
            written: None,
            kept: Kept::default(),
        })
    }

    /// Returns the address of the first byte. The length lies before it.
    pub(crate) fn base(&self) -> NonNull<u8> {
        // SAFETY: the mapping has `UNIT` bytes and more.
        unsafe { self.start.add(UNIT) }
    }

    /// Makes the first `len` bytes accessible, and those for the length. Returns `Some(false)` if fewer are reserved,
    /// and `None` if there is not enough memory.
    pub(crate) fn commit(&mut self, len: usize) -> Option<bool> {
        if len > self.size {
            return Some(false);
        }
        let target = UNIT + round_up(len)?;
        if target > self.accessible {
            let all = MprotectFlags::READ | MprotectFlags::WRITE;
            if self.protect(self.accessible, target, all).is_none() {
                // The bytes may belong to several mappings of the system, of which it changed the first ones.
                self.spoiled = true;
                let _ = self.protect(self.accessible, target, MprotectFlags::empty());
                return None;
            }
            self.accessible = target;
        }
        Some(true)
    }

    /// Changes the access to these bytes of the mapping.
    fn protect(&self, from: usize, to: usize, access: MprotectFlags) -> Option<()> {
        // SAFETY: callers pass a range of the mapping, aligned to `UNIT`, whose bytes are not in use.
        unsafe { mprotect(self.start.add(from).as_ptr().cast(), to - from, access).ok() }
    }

    /// Returns the bytes that are accessible.
    pub(crate) fn accessible(&self) -> usize {
        self.accessible
    }

    /// Returns whether so many bytes are reserved, rounded up.
    pub(crate) fn has_size(&self, size: usize) -> bool {
        round_up(size) == Some(self.size)
    }

    /// Returns whether so many bytes are accessible, rounded up, and no more.
    pub(crate) fn is_committed(&self, len: usize) -> bool {
        round_up(len).is_some_and(|len| UNIT + len == self.accessible)
    }

    /// Makes the first `len` bytes accessible, and no others. They must be zero, and not in use. `None` if there is not
    /// enough memory, or if fewer are reserved.
    pub(crate) fn recommit(&mut self, len: usize) -> Option<()> {
        self.commit(len)?.then_some(())?;
        let target = UNIT + round_up(len)?;
        if target < self.accessible {
            self.protect(target, self.accessible, MprotectFlags::empty())?;
            self.accessible = target;
        }
        Some(())
    }

    /// Sets all bytes to zero that are accessible, but for those before the base. Returns `false` if the system refuses,
    /// which it does if the process keeps all its pages in memory, or if other bytes may have been accessible.
    pub(crate) fn clear(&mut self) -> bool {
        if self.spoiled {
            return false;
        }
        let bytes = self.accessible.saturating_sub(UNIT);
        let base = self.base();
        // SAFETY: these bytes are accessible, and the owner has given them up.
        unsafe {
            match self.written.take() {
                Some(written) => {
                    base.write_bytes(0, written.min(bytes));
                    debug_assert!(is_clear(base, bytes), "the owner wrote more than it knew");
                    true
                }
                None => bytes == 0 || self.kept.clear(base, bytes),
            }
        }
    }

    /// Notes how many bytes from the base on may not be zero. All of them are cleared as memory, and stay there.
    pub(crate) fn note_written(&mut self, written: Option<usize>) {
        self.written = written;
    }

    /// Asks the system for pages of the usual size.
    pub(crate) fn without_huge_pages(&self) {
        // From the start, so that the mapping stays one.
        without_huge_pages(self.start, UNIT + self.size);
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        // SAFETY: this is the whole mapping of `new`, and its owner is being dropped. A failure would only leak it.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.size + UNIT) };
    }
}
