//! Numbers that parent and child see.

use std::ptr;

/// How many there are.
const COUNT: usize = 512;

/// The numbers.
pub struct Shared(*mut u64);

impl Shared {
    pub fn new() -> Shared {
        // SAFETY: a new mapping, wherever the system likes.
        let place = unsafe {
            let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
            libc::mmap(ptr::null_mut(), 8 * COUNT, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0)
        };
        assert_ne!(place, libc::MAP_FAILED, "no address space");
        Shared(place.cast())
    }

    pub fn get(&self, index: usize) -> u64 {
        assert!(index < COUNT);
        // SAFETY: inside of the mapping.
        unsafe { self.0.add(index).read_volatile() }
    }

    pub fn set(&self, index: usize, value: u64) {
        assert!(index < COUNT);
        // SAFETY: inside of the mapping.
        unsafe { self.0.add(index).write_volatile(value) }
    }

    pub fn add(&self, index: usize) {
        self.set(index, self.get(index) + 1);
    }
}
