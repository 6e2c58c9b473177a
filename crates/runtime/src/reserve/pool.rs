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
pub(crate) struct SpacePool {
    free: Arc<Lock<Vec<(Contents, Space)>>>,
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
                    self.free.lock().clear();
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
            let mut free = self.free.lock();
            let fits = |(of, space): &(Contents, Space)| *of == contents && space.has_size(size);
            // The one that was used last is the most likely to be in the processor's caches.
            let same = |it: &(Contents, Space)| fits(it) && it.1.is_committed(len);
            let at = free.iter().rposition(same).or_else(|| free.iter().rposition(fits))?;
            free.swap_remove(at)
        };
        space.recommit(len)?;
        Some(space)
    }

    fn give_back(&self, contents: Contents, mut space: Space) {
        if space.accessible() <= MOST_ACCESSIBLE && self.free.lock().len() < MOST_FREE && space.clear() {
            let mut free = self.free.lock();
            if free.len() < MOST_FREE && free.try_reserve(1).is_ok() {
                free.push((contents, space));
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
            assert_eq!(pool.free.lock().len(), MOST_FREE);
        }
    }

    #[test]
    fn what_is_large_returns_to_the_system() {
        let pool = SpacePool::default();
        drop(pool.take(Contents::Bytes, 1 << 30, MOST_ACCESSIBLE).unwrap());
        drop(PooledSpace::new(1 << 20, 1 << 16, None).unwrap());
        assert!(pool.free.lock().is_empty());
        assert!(pool.take(Contents::Bytes, 1 << 16, 1 << 17).is_none());
        assert!(pool.take(Contents::Bytes, usize::MAX, 0).is_none());
    }
}
