//! Clears address space for its next owner.

use core::ffi::c_void;
use core::ptr::NonNull;

#[cfg(not(target_os = "linux"))]
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

/// The pages of a space that stay in memory, because its owners use them. All others return to the system when the space
/// is cleared, which hands out zeros when they are touched again.
///
/// To clear a page takes a twentieth of what the system takes to get it back and to hand out another one. To ask which
/// pages are in memory takes longer than to return all others. So that happens only now and then.
#[cfg(target_os = "linux")]
#[derive(Default)]
pub(super) struct Kept {
    /// The first pages, and those behind the last ones, in order. Unused ranges are empty and come last.
    ranges: [(u16, u16); Kept::RANGES],
    /// How often the space is cleared until the system is asked again.
    left: u8,
}

#[cfg(target_os = "linux")]
impl Kept {
    const RANGES: usize = 4;
    /// The pages at the start of a space among which those are searched that its owners use. Toolchains put the stack of a
    /// program and its data around the first MiB.
    const SEARCHED: usize = 512;
    /// The most pages that stay.
    const MOST: u16 = 16;
    /// Ranges with at most so many pages between them are one: to return these would take longer.
    const NEAR: u16 = 4;
    /// How often a space is cleared without asking the system.
    const PERIOD: u8 = 32;

    /// Sets all bytes to zero. Returns `false` if the system refuses.
    ///
    /// # Safety
    /// The bytes are accessible pages of a private mapping that nothing uses, at the start of the space.
    pub(super) unsafe fn clear(&mut self, start: NonNull<u8>, bytes: usize) -> bool {
        // SAFETY: this only returns a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        if self.left == 0 {
            self.left = Kept::PERIOD;
            // SAFETY: the caller guarantees the pages.
            unsafe { self.search(start, (bytes / page).min(Kept::SEARCHED), page) };
        }
        self.left -= 1;
        let mut cleared = 0;
        for &(first, end) in &self.ranges {
            // The last owner may have had fewer bytes.
            let (place, end) = (usize::from(first) * page, (usize::from(end) * page).min(bytes));
            if place >= end {
                break;
            }
            // SAFETY: the caller guarantees the pages.
            unsafe {
                if place > cleared && !discard(start.add(cleared), place - cleared) {
                    return false;
                }
                start.add(place).write_bytes(0, end - place);
            }
            cleared = end;
        }
        // SAFETY: the caller guarantees the bytes. The system may have moved what is in no range elsewhere, so it is
        // discarded even if it is not in memory.
        cleared == bytes || unsafe { discard(start.add(cleared), bytes - cleared) }
    }

    /// Finds the pages that are in memory.
    ///
    /// # Safety
    /// So many pages are mapped.
    #[cold]
    unsafe fn search(&mut self, start: NonNull<u8>, pages: usize, page: usize) {
        let mut resident = [0; Kept::SEARCHED];
        self.ranges = Default::default();
        // SAFETY: the caller guarantees mapped pages, and there is a byte for each.
        if unsafe { libc::mincore(start.as_ptr().cast(), pages * page, resident.as_mut_ptr()) } != 0 {
            return;
        }
        let (mut used, mut room) = (0_usize, Kept::MOST);
        // The lowest bit says whether the page is in memory.
        for number in (0..pages as u16).filter(|&number| resident[usize::from(number)] & 1 != 0) {
            let (first, end) = match used.checked_sub(1).map(|last| self.ranges[last]) {
                Some((first, end)) if number - end <= Kept::NEAR => (first, end),
                _ if used == Kept::RANGES => return,
                _ => {
                    used += 1;
                    (number, number)
                }
            };
            let more = number + 1 - end;
            if more > room {
                return;
            }
            room -= more;
            self.ranges[used - 1] = (first, number + 1);
        }
    }
}

/// Nothing is known of pages in memory.
#[cfg(not(target_os = "linux"))]
#[derive(Default)]
pub(super) struct Kept(());

#[cfg(not(target_os = "linux"))]
impl Kept {
    /// Sets all bytes to zero. Returns `false` if the system refuses.
    ///
    /// # Safety
    /// The bytes are accessible pages of a private mapping that nothing uses.
    pub(super) unsafe fn clear(&mut self, start: NonNull<u8>, bytes: usize) -> bool {
        // SAFETY: the caller guarantees the pages.
        unsafe { discard(start, bytes) }
    }
}

/// Returns whether all bytes are zero of the pages that are in memory.
///
/// # Safety
/// The bytes are accessible pages of a private mapping that nothing uses.
pub(super) unsafe fn is_clear(start: NonNull<u8>, bytes: usize) -> bool {
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4 << 10;
        const PAGES: usize = 512;
        // SAFETY: the caller guarantees the bytes.
        let is_zero = |at| unsafe {
            let words = core::slice::from_raw_parts(start.as_ptr().add(at).cast::<u64>(), PAGE / size_of::<u64>());
            words.iter().all(|&word| word == 0)
        };
        (0..bytes).step_by(PAGES * PAGE).all(|first| {
            let mut resident = [0; PAGES];
            let part = (bytes - first).min(PAGES * PAGE);
            // SAFETY: the caller guarantees the pages, and there is a byte for each, even if they are larger.
            unsafe { libc::mincore(start.as_ptr().add(first).cast(), part, resident.as_mut_ptr()) };
            let in_memory = resident.iter().enumerate().filter(|(_, state)| **state & 1 != 0);
            in_memory.map(|(number, _)| first + number * PAGE).all(is_zero)
        })
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (start, bytes);
        true
    }
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
