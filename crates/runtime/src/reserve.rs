//! Address space from the system: mapped pages are zero, and take no memory until they are touched.

use core::ffi::c_void;
use core::ptr::{self, NonNull};

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

/// The most address space for one memory.
pub(crate) const MOST: usize = 64 << 30;
/// A multiple of the page size of all hosts; how much lies in front of the base, the length at its end.
const UNIT: usize = 64 << 10;

fn round_up(bytes: usize) -> Option<usize> {
    bytes.checked_next_multiple_of(UNIT)
}

/// Pages of so many bytes, at least one, which can be read and written.
pub(crate) fn map(bytes: usize) -> Option<NonNull<u8>> {
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new mapping, wherever there is room for it.
    let start = unsafe { mmap_anonymous(ptr::null_mut(), bytes, access, MapFlags::PRIVATE).ok()? };
    let start = NonNull::new(start.cast::<u8>())?;
    touch_little(start, bytes);
    Some(start)
}

/// # Safety
/// [`map`] gave the place of so many bytes, and nothing uses them.
pub(crate) unsafe fn unmap(start: NonNull<u8>, bytes: usize) {
    // SAFETY: this is the whole mapping. Unmapping it cannot fail, and were it to, it would only be lost.
    let _ = unsafe { munmap(start.as_ptr().cast(), bytes) };
}

/// Asks the system for pages of the usual size: where large ones are the default, the first byte that is touched would take 2 MiB.
pub(crate) fn touch_little(start: NonNull<u8>, bytes: usize) {
    #[cfg(target_os = "linux")]
    {
        use rustix::mm::{Advice, madvise};
        // SAFETY: mapped pages of the caller's; the advice changes no byte. A system without large pages refuses it.
        let _ = unsafe { madvise(start.as_ptr().cast(), bytes, Advice::LinuxNoHugepage) };
    }
    let _ = (start, bytes);
}

/// Address space for `size` bytes from the base, rounded up. The length in front can be used.
pub(crate) fn reserve(size: usize) -> Option<(NonNull<u8>, usize)> {
    let size = round_up(size)?;
    let all = size.checked_add(UNIT)?;
    // SAFETY: a new mapping, wherever there is room for it.
    let start = unsafe { mmap_anonymous(ptr::null_mut(), all, ProtFlags::empty(), MapFlags::PRIVATE).ok()? };
    // SAFETY: it lies in the mapping.
    let base = unsafe { NonNull::new(start.cast::<u8>())?.add(UNIT) };
    // SAFETY: the mapping is this function's.
    match unsafe { mprotect(start, UNIT, MprotectFlags::READ | MprotectFlags::WRITE) } {
        Ok(()) => Some((base, size)),
        Err(_) => {
            // SAFETY: it was just made.
            unsafe { release(base, size) };
            None
        }
    }
}

/// Makes the bytes from `base` to `len` memory if they are not; those up to `committed` are. Both are less than
/// was reserved. How many are memory afterwards.
pub(crate) fn commit(base: NonNull<u8>, committed: usize, len: usize) -> Option<usize> {
    if len <= committed {
        return Some(committed);
    }
    let target = round_up(len)?;
    // SAFETY: the range lies in what was reserved, which was rounded up as this is, and has no bytes in use.
    unsafe {
        let start = base.add(committed).as_ptr().cast::<c_void>();
        let access = MprotectFlags::READ | MprotectFlags::WRITE;
        mprotect(start, target - committed, access).ok()?;
    }
    Some(target)
}

/// # Safety
/// `reserve` gave both, and nothing uses the bytes.
pub(crate) unsafe fn release(base: NonNull<u8>, size: usize) {
    // SAFETY: this is the whole mapping. Unmapping it cannot fail, and were it to, it would only be lost.
    let _ = unsafe { munmap(base.sub(UNIT).as_ptr().cast(), size + UNIT) };
}
