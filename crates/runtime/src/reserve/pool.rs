//! Address space that stores have returned, for the next stores of the engine. Reserving it anew takes system calls,
//! and the system clears each page that is touched again.
//!
//! Whatever an owner wrote is gone before the next one gets the space: bytes, references that a collector would take
//! for roots, and what an image could read that does not write its slots first.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::lock::Lock;
use crate::reserve::mapped::Space;

/// The most spaces that wait for an owner. Each keeps up to 17 pages of memory.
const MOST_FREE: usize = 128;
/// A space with more accessible bytes is returned to the system, together with the tables of its pages.
const MOST_ACCESSIBLE: usize = 64 << 20;
/// What a space has.
#[derive(Clone, Copy, PartialEq)]
enum Contents {
    Bytes,
    Stack,
}

/// The spaces that have no owner now. Clones are the same pool.
#[derive(Clone, Default)]
pub(crate) struct SpacePool(Arc<Free>);

#[derive(Default)]
struct Free {
    spaces: Lock<Vec<(Contents, Space)>>,
    /// About how many there are.
    number: AtomicUsize,
}

/// Address space that returns to its pool, if it has one.
pub(crate) struct PooledSpace {
    space: ManuallyDrop<Space>,
    home: Option<(SpacePool, Contents)>,
}

impl PooledSpace {
    /// Returns address space for `size` bytes, of which the first `len` are accessible. All of these are zero. `None` if
    /// there is less than `len`, or if there is not enough memory or address space.
    pub(crate) fn new(size: usize, len: usize, pool: Option<&SpacePool>) -> Option<PooledSpace> {
        match pool {
            Some(pool) => pool.take(Contents::Bytes, size, len),
            None => Some(PooledSpace { space: ManuallyDrop::new(make(size, len)?), home: None }),
        }
    }
}

fn make(size: usize, len: usize) -> Option<Space> {
    if size == len {
        // It takes one call of the system instead of two.
        return Space::new_accessible(size);
    }
    let mut space = Space::new(size)?;
    space.commit(len)?.then_some(space)
}

impl SpacePool {
    fn take(&self, contents: Contents, size: usize, len: usize) -> Option<PooledSpace> {
        let space = match self.find(contents, size, len) {
            Some(space) => space,
            None => {
                // Spaces of other sizes may take all there is.
                let space = make(size, len).or_else(|| {
                    self.0.spaces.lock().clear();
                    self.0.number.store(0, Ordering::Relaxed);
                    make(size, len)
                })?;
                if contents == Contents::Stack {
                    space.without_huge_pages();
                }
                space
            }
        };
        Some(PooledSpace { space: ManuallyDrop::new(space), home: Some((self.clone(), contents)) })
    }

    fn find(&self, contents: Contents, size: usize, len: usize) -> Option<Space> {
        let (_, mut space) = {
            let mut free = self.0.spaces.lock();
            let fits = |(of, space): &(Contents, Space)| *of == contents && space.has_size(size);
            // The one that was used last is the most likely to be in the processor's caches.
            let same = |it: &(Contents, Space)| fits(it) && it.1.is_committed(len);
            let at = free.iter().rposition(same).or_else(|| free.iter().rposition(fits))?;
            let found = free.swap_remove(at);
            self.0.number.store(free.len(), Ordering::Relaxed);
            found
        };
        space.recommit(len)?;
        Some(space)
    }

    fn give_back(&self, contents: Contents, mut space: Space) {
        // A space for which there is no room need not be cleared.
        let has_room = self.0.number.load(Ordering::Relaxed) < MOST_FREE;
        if space.accessible() <= MOST_ACCESSIBLE && has_room && space.clear() {
            let mut free = self.0.spaces.lock();
            if free.len() < MOST_FREE && free.try_reserve(1).is_ok() {
                free.push((contents, space));
                self.0.number.store(free.len(), Ordering::Relaxed);
            }
        }
    }
}

impl Deref for PooledSpace {
    type Target = Space;

    fn deref(&self) -> &Space {
        &self.space
    }
}

impl DerefMut for PooledSpace {
    fn deref_mut(&mut self) -> &mut Space {
        &mut self.space
    }
}

impl Drop for PooledSpace {
    fn drop(&mut self) {
        // SAFETY: this is the only place that takes it, and nothing uses it afterwards.
        let space = unsafe { ManuallyDrop::take(&mut self.space) };
        if let Some((pool, contents)) = self.home.take() {
            pool.give_back(contents, space);
        }
    }
}

/// The slots of a value stack, zero at first. An allocator would be slower: it may return memory that was used
/// before, and then has to clear all of it.
pub(crate) struct Slots {
    space: PooledSpace,
    len: usize,
}

impl Slots {
    /// Makes `len` slots. `None` if there is not enough memory.
    pub(crate) fn new(len: usize, pool: &SpacePool) -> Option<Slots> {
        let bytes = len.checked_mul(size_of::<u64>())?;
        Some(Slots { space: pool.take(Contents::Stack, bytes, bytes)?, len })
    }

    /// Returns the slots to their pool. `written` is how many bytes from the start on may not be zero, if that is known.
    pub(crate) fn give_back(mut self, written: Option<usize>) {
        self.space.note_written(written);
    }

    /// Returns the address of the first slot.
    pub(crate) fn start(&self) -> NonNull<u64> {
        self.space.base().cast()
    }

    /// Returns the number of slots.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of the space that are not zero.
    fn written(space: &PooledSpace, len: usize) -> usize {
        // SAFETY: the caller passes a length that is accessible, and nothing writes meanwhile.
        let bytes = unsafe { core::slice::from_raw_parts(space.base().as_ptr(), len) };
        bytes.iter().filter(|&&byte| byte != 0).count()
    }

    #[test]
    fn the_next_owner_finds_zeros_and_no_more_access_than_it_asked_for() {
        let pool = SpacePool::default();
        let mut first = None;
        for len in [1 << 20, 1 << 16, 0, 3 << 16, 1 << 20, 1 << 20] {
            let mut space = pool.take(Contents::Bytes, 1 << 30, len).unwrap();
            assert_eq!(space.base(), *first.get_or_insert(space.base()));
            assert!(space.is_committed(len));
            assert_eq!(written(&space, len), 0);
            // Its owner grows it.
            assert_eq!(space.commit(2 << 20), Some(true));
            assert_eq!(written(&space, 2 << 20), 0);
            // SAFETY: these bytes are accessible.
            unsafe { space.base().write_bytes(1, 2 << 20) };
        }
    }

    #[test]
    fn pages_that_stay_in_memory_are_zero_whoever_used_them() {
        let pool = SpacePool::default();
        let len = 3 << 20;
        let mut random = 1_u32;
        for round in 0..200 {
            // Owners use the same few pages for some time, and then others.
            let space = pool.take(Contents::Bytes, 1 << 30, len).unwrap();
            // SAFETY: the bytes are accessible, and nothing writes meanwhile.
            let bytes = unsafe { core::slice::from_raw_parts(space.base().as_ptr(), len) };
            assert!(bytes == alloc::vec![0; len], "{round}");
            for use_of in 0..1 + round / 10 {
                random = random.wrapping_mul(1_103_515_245).wrapping_add(12_345);
                let page = if use_of % 2 == 0 { round / 40 * 7 + use_of * 3 } else { (random >> 8) as usize % 700 };
                // SAFETY: the bytes are accessible.
                unsafe { space.base().add(page * 4096 + 17).write(1) };
            }
        }
    }

    #[test]
    fn stacks_are_cleared_as_far_as_they_were_written() {
        let pool = SpacePool::default();
        for slots in [0, 1, 500, 512, 8192, 20, 1 << 17, 3] {
            for known in [true, false] {
                let stack = Slots::new(1 << 17, &pool).unwrap();
                assert_eq!(written(&stack.space, 1 << 20), 0);
                // SAFETY: these are slots of the stack.
                unsafe { stack.start().write_bytes(0xff, slots) };
                stack.give_back(known.then_some(8 * slots));
            }
        }
        assert_eq!(pool.0.spaces.lock().len(), 1);
    }

    #[test]
    fn stacks_are_cleared_to_their_end() {
        let pool = SpacePool::default();
        let mut starts = Vec::new();
        for _ in 0..4 {
            let slots = Slots::new(1 << 17, &pool).unwrap();
            starts.push(slots.start());
            assert_eq!(written(&slots.space, 1 << 20), 0);
            // SAFETY: these are all slots.
            unsafe { slots.start().write_bytes(0xff, 1 << 17) };
        }
        assert!(starts.iter().all(|&start| start == starts[0]), "{starts:?}");
    }

    #[test]
    fn owners_at_the_same_time_have_different_spaces() {
        let pool = SpacePool::default();
        for _ in 0..2 {
            let mut bases = Vec::new();
            let spaces: Vec<_> = (0..2 * MOST_FREE)
                .map(|i| {
                    pool.take(if i % 2 == 0 { Contents::Bytes } else { Contents::Stack }, 1 << 20, 1 << 20).unwrap()
                })
                .collect();
            bases.extend(spaces.iter().map(|space| space.base()));
            bases.sort();
            bases.dedup();
            assert_eq!(bases.len(), 2 * MOST_FREE);
            drop(spaces);
            assert_eq!(pool.0.spaces.lock().len(), MOST_FREE);
        }
    }

    #[test]
    fn what_is_large_returns_to_the_system() {
        let pool = SpacePool::default();
        drop(pool.take(Contents::Bytes, 1 << 30, MOST_ACCESSIBLE).unwrap());
        drop(PooledSpace::new(1 << 20, 1 << 16, None).unwrap());
        assert!(pool.0.spaces.lock().is_empty());
        assert!(pool.take(Contents::Bytes, 1 << 16, 1 << 17).is_none());
        assert!(pool.take(Contents::Bytes, usize::MAX, 0).is_none());
    }
}
