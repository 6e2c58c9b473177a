//! Clears address space for its next owner.

use core::ffi::c_void;
use core::ptr::NonNull;

#[cfg(not(target_os = "linux"))]
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

/// The pages at the start of a space among which those are searched that the last owner used. With 512 of them, asking
/// the system took an eighth of a short request.
#[cfg(target_os = "linux")]
const SEARCHED: usize = 32;
/// The most pages that a space keeps. Filling a page with zeros takes a twentieth of what the system takes to get it back
/// and to hand out another one.
#[cfg(target_os = "linux")]
const KEPT: usize = 16;

/// Sets all bytes to zero. A few pages that are in memory stay there; all others return to the system, which hands out
/// zeros when they are touched again. Returns `false` if the system refuses.
///
/// # Safety
/// The bytes are accessible pages of a private mapping that nothing uses.
pub(super) unsafe fn clear(start: NonNull<u8>, bytes: usize) -> bool {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: this only returns a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let mut resident = [0; SEARCHED];
        let pages = (bytes / page).min(SEARCHED);
        // SAFETY: the caller guarantees mapped pages, and there is a byte for each.
        if unsafe { libc::mincore(start.as_ptr().cast(), pages * page, resident.as_mut_ptr()) } == 0 {
            // SAFETY: the caller guarantees the bytes, which begin with these pages.
            return unsafe { clear_resident(start, bytes, page, &resident[..pages]) };
        }
    }
    // SAFETY: the caller guarantees the pages.
    unsafe { discard(start, bytes) }
}

/// Does the same. The lowest bit of each byte of `resident` says whether that page is in memory. All others are
/// discarded, since the system may have moved their bytes elsewhere.
///
/// # Safety
/// As [`clear`]. The bytes begin with as many pages as `resident` has bytes.
#[cfg(target_os = "linux")]
unsafe fn clear_resident(start: NonNull<u8>, bytes: usize, page: usize, resident: &[u8]) -> bool {
    let (mut cleared, mut kept) = (0, 0);
    for (number, &state) in resident.iter().enumerate() {
        if state & 1 == 0 {
            continue;
        }
        let place = number * page;
        // SAFETY: the caller guarantees the pages.
        unsafe {
            if place > cleared && !discard(start.add(cleared), place - cleared) {
                return false;
            }
            start.add(place).write_bytes(0, page);
        }
        cleared = place + page;
        kept += 1;
        if kept == KEPT {
            break;
        }
    }
    // SAFETY: the caller guarantees the bytes.
    cleared == bytes || unsafe { discard(start.add(cleared), bytes - cleared) }
}

/// Sets bytes to zero by returning their pages to the system. Returns `false` if it refuses.
///
/// # Safety
/// The bytes are accessible pages of a private mapping that nothing uses.
unsafe fn discard(start: NonNull<u8>, bytes: usize) -> bool {
    let place = start.as_ptr().cast::<c_void>();
    // SAFETY: the caller guarantees the pages. On Linux this advice is an order: the next access finds zeros.
    #[cfg(target_os = "linux")]
    return unsafe { rustix::mm::madvise(place, bytes, rustix::mm::Advice::LinuxDontNeed) }.is_ok();
    // Elsewhere it is not: new pages replace the old ones.
    #[cfg(not(target_os = "linux"))]
    {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: as above.
        unsafe { mmap_anonymous(place, bytes, access, MapFlags::PRIVATE | MapFlags::FIXED) }.is_ok()
    }
}
