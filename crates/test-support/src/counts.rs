//! Numbers that parent and child processes see.

use std::ptr;

/// How many numbers there are.
pub(crate) const COUNT: usize = 512;

/// The numbers, all of them 0 at first. A process that is forked off has the same ones.
pub struct Counts(*mut u64);

#[expect(clippy::new_without_default, reason = "each is a mapping of its own")]
impl Counts {
    /// New numbers, never given back.
    pub fn new() -> Counts {
        // SAFETY: a new mapping, wherever the system likes.
        let place = unsafe {
            let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
            libc::mmap(ptr::null_mut(), 8 * COUNT, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0)
        };
        assert_ne!(place, libc::MAP_FAILED, "no address space");
        Counts(place.cast())
    }

    /// The number with this index.
    pub fn get(&self, index: usize) -> u64 {
        assert!(index < COUNT);
        // SAFETY: inside of the mapping.
        unsafe { self.0.add(index).read_volatile() }
    }

    /// Changes it.
    pub fn set(&self, index: usize, value: u64) {
        assert!(index < COUNT);
        // SAFETY: inside of the mapping.
        unsafe { self.0.add(index).write_volatile(value) }
    }

    /// Adds one to it.
    pub fn add(&self, index: usize) {
        self.set(index, self.get(index) + 1);
    }
}
