//! Counters that a parent process shares with its children.

use std::ptr;

/// The number of counters.
pub(crate) const COUNT: usize = 512;

/// The counters, all 0 at first. A forked child shares them.
pub struct Counts(*mut u64);

#[expect(clippy::new_without_default, reason = "each is a mapping of its own")]
impl Counts {
    /// Makes new counters, whose memory is never freed.
    pub fn new() -> Counts {
        // SAFETY: the mapping is new, at an address that the system chooses.
        let place = unsafe {
            let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
            libc::mmap(ptr::null_mut(), 8 * COUNT, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0)
        };
        assert_ne!(place, libc::MAP_FAILED, "no address space");
        Counts(place.cast())
    }

    /// Returns a counter.
    pub fn get(&self, index: usize) -> u64 {
        assert!(index < COUNT);
        // SAFETY: the index is below `COUNT` (checked above), so the counter lies in the mapping.
        unsafe { self.0.add(index).read_volatile() }
    }

    /// Sets a counter.
    pub fn set(&self, index: usize, value: u64) {
        assert!(index < COUNT);
        // SAFETY: as in `get`.
        unsafe { self.0.add(index).write_volatile(value) }
    }

    /// Increments a counter.
    pub fn add(&self, index: usize) {
        self.set(index, self.get(index) + 1);
    }
}
