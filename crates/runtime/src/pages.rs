//! The bytes behind a linear memory: reserved address space where there is enough of it, so that growing moves
//! nothing, else an allocation.
//!
//! Either way the length lies in the eight bytes in front of the base, and bytes that were never in use are zero.

use alloc::alloc::{alloc_zeroed, dealloc};
use core::alloc::Layout;
use core::ptr::{self, NonNull};

#[cfg(reserve)]
use crate::reserve;

/// Space for the length in front of an allocation, and the alignment of both.
const FRONT: usize = 16;
/// Up to so many bytes, what is as a rule small is an allocation: address space of its own would take two pages, and three calls of the system.
const SMALL: usize = 64 << 10;

/// The bytes of a memory.
pub(crate) struct Pages {
    base: NonNull<u8>,
    kind: Kind,
}

enum Kind {
    /// Address space of its own: how many bytes from `base` belong to it, and how many of them can be used.
    #[cfg(reserve)]
    Reserved { size: usize, committed: usize },
    /// An allocation with room for this many bytes from `base`.
    Allocated { capacity: usize },
}

// SAFETY: the bytes are owned.
unsafe impl Send for Pages {}

impl Pages {
    /// `len` bytes, zero, that are expected to become up to `most`; `None` if they can't be had.
    pub(crate) fn new(len: u64, most: u64) -> Option<Pages> {
        let len = usize::try_from(len).ok()?;
        let mut pages = Pages::with_room(len, most)?;
        pages.set_len(len);
        Some(pages)
    }

    /// The same, for what is small as a rule, and where only a part is used if it is not.
    pub(crate) fn small(len: u64, most: u64) -> Option<Pages> {
        let bytes = usize::try_from(len).ok()?;
        if bytes > SMALL {
            let pages = Pages::new(len, most)?;
            pages.touch_little();
            return Some(pages);
        }
        let mut pages = Pages::allocate(bytes)?;
        pages.set_len(bytes);
        Some(pages)
    }

    /// Asks for pages of the usual size, as [`reserve::touch_little`].
    pub(crate) fn touch_little(&self) {
        #[cfg(reserve)]
        if let Kind::Reserved { size, .. } = self.kind {
            reserve::touch_little(self.base, size);
        }
    }

    #[cfg(reserve)]
    fn with_room(len: usize, most: u64) -> Option<Pages> {
        // Without the address space that may be needed, with as much as is needed now, and then without any.
        let most = usize::try_from(most).unwrap_or(usize::MAX).max(len);
        for size in [most.min(reserve::MOST), len] {
            if size < len {
                continue;
            }
            let Some((base, size)) = reserve::reserve(size) else {
                continue;
            };
            // From here on, dropping it gives the address space back.
            let kind = Kind::Reserved { size, committed: 0 };
            let mut pages = Pages { base, kind };
            if let Some(committed) = reserve::commit(base, 0, len) {
                pages.kind = Kind::Reserved { size, committed };
                return Some(pages);
            }
        }
        Pages::allocate(len)
    }

    #[cfg(not(reserve))]
    fn with_room(len: usize, _: u64) -> Option<Pages> {
        Pages::allocate(len)
    }

    /// `len` bytes, zero, of a memory that faults are watched for; `None` if they can't be had. Nobody asks for them where there is no such.
    #[cfg(not(guarded))]
    pub(crate) fn guarded(_: u64) -> Option<Pages> {
        None
    }

    /// `len` bytes, zero, of a memory that [`guard`](wasmote_exec::guard) watches; `None` if they can't be had.
    #[cfg(guarded)]
    pub(crate) fn guarded(len: u64) -> Option<Pages> {
        let len = usize::try_from(len).ok()?;
        let (base, size) = reserve::reserve(wasmote_exec::guard::RESERVED)?;
        // From here on, dropping it gives the address space back.
        let mut pages = Pages { base, kind: Kind::Reserved { size, committed: 0 } };
        pages.kind = Kind::Reserved { size, committed: reserve::commit(base, 0, len)? };
        pages.set_len(len);
        Some(pages)
    }

    /// Whether there is address space for hundreds of those.
    #[cfg(guarded)]
    pub(crate) fn plenty() -> bool {
        /// As much as five hundred take. Machines with addresses of 39 or 42 bits have less, and so have processes whose address space is limited.
        const MUCH: usize = 1 << 42;
        let Some((base, size)) = reserve::reserve(MUCH) else { return false };
        // SAFETY: just reserved.
        unsafe { reserve::release(base, size) };
        true
    }

    fn layout(capacity: usize) -> Option<Layout> {
        Layout::from_size_align(capacity.checked_add(FRONT)?, FRONT).ok()
    }

    fn allocate(capacity: usize) -> Option<Pages> {
        let layout = Pages::layout(capacity)?;
        // SAFETY: the layout is not empty.
        let front = NonNull::new(unsafe { alloc_zeroed(layout) })?;
        // SAFETY: the allocation has `FRONT` bytes at least.
        let base = unsafe { front.add(FRONT) };
        let kind = Kind::Allocated { capacity };
        Some(Pages { base, kind })
    }

    /// The first byte.
    pub(crate) fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    fn set_len(&mut self, len: usize) {
        // SAFETY: in front of the base there is room for the length, aligned for it.
        unsafe { self.base.cast::<u64>().sub(1).write(len as u64) };
    }

    fn len(&self) -> usize {
        // SAFETY: the length was written by `set_len`.
        unsafe { self.base.cast::<u64>().sub(1).read() as usize }
    }

    /// Makes it `len` bytes, of which the new ones are zero, `most` being what it may still become. `None` leaves all
    /// as it was.
    pub(crate) fn grow(&mut self, len: u64, most: u64) -> Option<()> {
        let len = usize::try_from(len).ok()?;
        let old = self.len();
        if len <= old {
            return (len == old).then_some(());
        }
        let there = match &mut self.kind {
            #[cfg(reserve)]
            Kind::Reserved { size, committed } => {
                if len <= *size {
                    *committed = reserve::commit(self.base, *committed, len)?;
                }
                len <= *size
            }
            Kind::Allocated { capacity } => len <= *capacity,
        };
        if !there {
            let mut larger = Pages::with_more_room(old, len, most)?;
            // SAFETY: both have `old` bytes, and are apart.
            unsafe { ptr::copy_nonoverlapping(self.base(), larger.base(), old) };
            core::mem::swap(self, &mut larger);
        }
        self.set_len(len);
        Some(())
    }

    /// Room for `len` bytes to move to, and for some more if that can be had, so that growing by small steps does not
    /// copy each time.
    fn with_more_room(old: usize, len: usize, most: u64) -> Option<Pages> {
        let more = len.saturating_add(old / 2).min(usize::try_from(most).unwrap_or(usize::MAX));
        #[cfg(reserve)]
        if len > SMALL
            && let Some(pages) = Pages::with_room(len, len.saturating_mul(2).max(more) as u64)
        {
            return Some(pages);
        }
        Pages::allocate(more.max(len)).or_else(|| Pages::allocate(len))
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        match self.kind {
            // SAFETY: reserved by `with_room`, with this size.
            #[cfg(reserve)]
            Kind::Reserved { size, .. } => unsafe { reserve::release(self.base, size) },
            Kind::Allocated { capacity } => {
                if let Some(layout) = Pages::layout(capacity) {
                    // SAFETY: allocated with this layout, `FRONT` bytes in front of the base.
                    unsafe { dealloc(self.base.sub(FRONT).as_ptr(), layout) };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes at the end of what there is, and reads back what was written before and zeros elsewhere.
    fn grows(mut pages: Pages, steps: &[u64], most: u64) {
        for &len in steps {
            let old = pages.len();
            pages.grow(len, most).unwrap();
            assert_eq!(pages.len() as u64, len);
            for at in [old, len as usize - 1] {
                // SAFETY: below the length.
                assert_eq!(unsafe { pages.base().add(at).read() }, 0);
            }
            if old > 0 {
                // SAFETY: below the length.
                assert_eq!(unsafe { pages.base().add(old - 1).read() }, 7);
            }
            // SAFETY: below the length.
            unsafe { pages.base().add(len as usize - 1).write(7) };
        }
    }

    const STEPS: &[u64] = &[1, 3, 65536, 65537, 1 << 20, (1 << 20) + 1, 5 << 20];

    #[test]
    fn growing_keeps_bytes_and_adds_zeros() {
        grows(Pages::new(0, 1 << 32).unwrap(), STEPS, 1 << 32);
    }

    #[test]
    fn growing_beyond_what_was_reserved_moves() {
        grows(Pages::new(0, 1).unwrap(), STEPS, 1 << 32);
    }

    #[test]
    fn growing_an_allocation_keeps_bytes_and_adds_zeros() {
        grows(Pages::allocate(0).unwrap(), STEPS, 1 << 32);
    }

    #[test]
    fn growing_what_was_small_keeps_bytes_and_adds_zeros() {
        grows(Pages::small(0, 1 << 32).unwrap(), STEPS, 1 << 32);
        let mut pages = Pages::small(1, 1 << 20).unwrap();
        let mut moves = 0;
        for len in 2..1 << 20 {
            let before = pages.base();
            pages.grow(len, 1 << 20).unwrap();
            moves += u32::from(pages.base() != before);
        }
        assert!(moves < 40, "{moves}");
    }

    #[test]
    fn what_cannot_be_had_is_refused_and_leaves_all_as_it_was() {
        assert!(Pages::new(1 << 62, 1 << 62).is_none());
        let mut pages = Pages::new(10, 1 << 62).unwrap();
        assert!(pages.grow(1 << 62, 1 << 62).is_none());
        assert!(pages.grow(u64::MAX, u64::MAX).is_none());
        assert_eq!(pages.len(), 10);
    }
}
