//! The bytes of a linear memory. They lie in reserved address space if possible, so that growing moves nothing;
//! otherwise in an allocation.
//!
//! In both cases, the length lies in the eight bytes before the base, and bytes that were never used are zero.

use alloc::alloc::{alloc_zeroed, dealloc};
use core::alloc::Layout;
use core::ptr::{self, NonNull};

use crate::reserve::{MOST, PooledSpace, SpacePool};

/// The bytes before the base of an allocation, which hold the length. Also the alignment of both.
const FRONT: usize = 16;
/// Blocks that are usually small become allocations up to this many bytes. Address space of their own would cost
/// two pages and three system calls.
const SMALL: usize = 64 << 10;

/// The bytes of a memory.
pub(crate) struct Pages {
    base: NonNull<u8>,
    kind: Kind,
}

enum Kind {
    /// Reserved address space that begins at `base`.
    Reserved(PooledSpace),
    /// An allocation with room for this many bytes from `base`.
    Allocated { capacity: usize },
}

// SAFETY: `Pages` owns the bytes that it points to.
unsafe impl Send for Pages {}

impl Pages {
    /// Makes `len` zero bytes that may grow to `most`, with address space of the pool. `None` if there is not enough
    /// memory.
    pub(crate) fn new(len: u64, most: u64, pool: Option<&SpacePool>) -> Option<Pages> {
        let len = usize::try_from(len).ok()?;
        let mut pages = Pages::with_room(len, most, pool)?;
        pages.set_len(len);
        Some(pages)
    }

    /// Does the same for blocks that are usually small. A large one gets no huge pages, since often only a part of
    /// it is used.
    pub(crate) fn small(len: u64, most: u64) -> Option<Pages> {
        let bytes = usize::try_from(len).ok()?;
        if bytes > SMALL {
            let pages = Pages::new(len, most, None)?;
            pages.without_huge_pages();
            return Some(pages);
        }
        let mut pages = Pages::allocate(bytes)?;
        pages.set_len(bytes);
        Some(pages)
    }

    /// Asks the system for pages of the usual size.
    pub(crate) fn without_huge_pages(&self) {
        if let Kind::Reserved(space) = &self.kind {
            space.without_huge_pages();
        }
    }

    /// Tries the address space for `most` bytes, then for `len` bytes, then an allocation.
    fn with_room(len: usize, most: u64, pool: Option<&SpacePool>) -> Option<Pages> {
        Pages::reserve(len, most, pool).or_else(|| Pages::allocate(len))
    }

    /// Makes room for `len` bytes in address space for `most` bytes, or if there is not so much, for `len` bytes.
    fn reserve(len: usize, most: u64, pool: Option<&SpacePool>) -> Option<Pages> {
        let most = usize::try_from(most).unwrap_or(usize::MAX).max(len);
        let mut sizes = [most.min(MOST), len].into_iter().filter(|&size| size >= len);
        sizes.find_map(|size| Pages::in_space(size, len, pool))
    }

    /// Makes room for `len` bytes in address space for `size` bytes. `None` if that is less, or if there is not enough
    /// memory.
    pub(crate) fn in_space(size: usize, len: usize, pool: Option<&SpacePool>) -> Option<Pages> {
        let space = PooledSpace::new(size, len, pool)?;
        Some(Pages { base: space.base(), kind: Kind::Reserved(space) })
    }

    /// Makes `len` zero bytes that may grow to `most` without moving, and returns how many there is room for. On hosts
    /// with address space that is at most [`MOST`]; elsewhere all of it is allocated now.
    #[cfg(shared_memory)]
    pub(crate) fn in_place(len: u64, most: u64, pool: &SpacePool) -> Option<(Pages, u64)> {
        let len = usize::try_from(len).ok()?;
        let most = usize::try_from(most.min(MOST as u64)).ok()?.max(len);
        let mut pages = match cfg!(reserve) {
            true => Pages::in_space(most, len, Some(pool))?,
            false => Pages::allocate(most)?,
        };
        pages.set_len(len);
        Some((pages, most as u64))
    }

    /// Makes `len` bytes accessible without moving. The length does not change.
    #[cfg(shared_memory)]
    pub(crate) fn make_room(&mut self, len: usize) -> Option<()> {
        let there = match &mut self.kind {
            Kind::Reserved(space) => space.commit(len)?,
            Kind::Allocated { capacity } => len <= *capacity,
        };
        there.then_some(())
    }

    fn layout(capacity: usize) -> Option<Layout> {
        Layout::from_size_align(capacity.checked_add(FRONT)?, FRONT).ok()
    }

    fn allocate(capacity: usize) -> Option<Pages> {
        let layout = Pages::layout(capacity)?;
        // SAFETY: the layout has at least `FRONT` bytes.
        let front = NonNull::new(unsafe { alloc_zeroed(layout) })?;
        // SAFETY: the allocation has at least `FRONT` bytes.
        let base = unsafe { front.add(FRONT) };
        let kind = Kind::Allocated { capacity };
        Some(Pages { base, kind })
    }

    /// Returns the address of the first byte.
    pub(crate) fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    /// Sets the length. There must be room for it.
    pub(crate) fn set_len(&mut self, len: usize) {
        // SAFETY: both kinds have `FRONT` or more bytes before the base, aligned for a `u64`.
        unsafe { self.base.cast::<u64>().sub(1).write(len as u64) };
    }

    fn len(&self) -> usize {
        // SAFETY: both kinds have the length before the base, and `set_len` wrote it.
        unsafe { self.base.cast::<u64>().sub(1).read() as usize }
    }

    /// Grows to `len` bytes; new ones are zero. `most` is the size that it may still grow to. `None` leaves
    /// everything unchanged.
    pub(crate) fn grow(&mut self, len: u64, most: u64) -> Option<()> {
        let len = usize::try_from(len).ok()?;
        let old = self.len();
        if len <= old {
            return (len == old).then_some(());
        }
        let there = match &mut self.kind {
            Kind::Reserved(space) => space.commit(len)?,
            Kind::Allocated { capacity } => len <= *capacity,
        };
        if !there {
            let mut larger = Pages::with_more_room(old, len, most)?;
            // SAFETY: both have at least `old` bytes, and `larger` was just made, so they do not overlap.
            unsafe { ptr::copy_nonoverlapping(self.base(), larger.base(), old) };
            core::mem::swap(self, &mut larger);
        }
        self.set_len(len);
        Some(())
    }

    /// Makes room for `len` bytes to move to. More room is reserved if possible, so that growing in small steps
    /// does not copy each time.
    fn with_more_room(old: usize, len: usize, most: u64) -> Option<Pages> {
        let more = len.saturating_add(old / 2).min(usize::try_from(most).unwrap_or(usize::MAX));
        if len > SMALL
            && let Some(pages) = Pages::reserve(len, len.saturating_mul(2).max(more) as u64, None)
        {
            return Some(pages);
        }
        Pages::allocate(more.max(len)).or_else(|| Pages::allocate(len))
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        if let Kind::Allocated { capacity } = self.kind
            && let Some(layout) = Pages::layout(capacity)
        {
            // SAFETY: `allocate` made the allocation with this layout, `FRONT` bytes before the base.
            unsafe { dealloc(self.base.sub(FRONT).as_ptr(), layout) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Grows in steps. Checks that old bytes stay and new ones are zero, and writes at the end.
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
        grows(Pages::new(0, 1 << 32, None).unwrap(), STEPS, 1 << 32);
    }

    #[test]
    fn growing_beyond_what_was_reserved_moves() {
        grows(Pages::new(0, 1, None).unwrap(), STEPS, 1 << 32);
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
        assert!(Pages::new(1 << 62, 1 << 62, None).is_none());
        let mut pages = Pages::new(10, 1 << 62, None).unwrap();
        assert!(pages.grow(1 << 62, 1 << 62).is_none());
        assert!(pages.grow(u64::MAX, u64::MAX).is_none());
        assert_eq!(pages.len(), 10);
    }
}
