//! Memory between inaccessible pages. With `UNFENCED` in the environment it is an ordinary allocation of exactly the
//! length, so that a sanitizer can watch it.

use std::ptr;

const PAGE: usize = 4096;

/// Readable and writable pages between two inaccessible pages.
pub struct Pages {
    first: *mut u8,
    len: usize,
    /// The allocation that replaces the pages with `UNFENCED`.
    unfenced: Option<Vec<u64>>,
}

impl Pages {
    /// Maps at least `len` bytes.
    pub fn new(len: usize) -> Pages {
        let len = len.next_multiple_of(PAGE);
        // SAFETY: the system chooses the address of a new mapping, so it replaces no other one.
        let whole = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            libc::mmap(ptr::null_mut(), len + 2 * PAGE, libc::PROT_NONE, flags, -1, 0)
        };
        assert_ne!(whole, libc::MAP_FAILED, "no address space");
        let unfenced = std::env::var_os("UNFENCED").map(|_| Vec::new());
        let pages = Pages { first: whole.cast::<u8>().wrapping_add(PAGE), len, unfenced };
        pages.protect(libc::PROT_READ | libc::PROT_WRITE);
        pages
    }

    fn protect(&self, protection: i32) {
        // SAFETY: `new` mapped these pages, and they belong to `self`. Slices that the methods return are not used
        // after this.
        let outcome = unsafe { libc::mprotect(self.first.cast(), self.len, protection) };
        assert_eq!(outcome, 0, "mprotect");
    }

    /// Returns the last `bytes` bytes as words, which end where the inaccessible page begins. With `front`, returns
    /// the first ones, which begin behind the inaccessible page.
    pub fn words(&mut self, bytes: usize, front: bool) -> &mut [u64] {
        assert!(bytes <= self.len && bytes.is_multiple_of(8));
        if let Some(words) = &mut self.unfenced {
            *words = vec![0; bytes / 8];
            return words;
        }
        let first = if front { self.first } else { self.first.wrapping_add(self.len - bytes) };
        // SAFETY: the assertion keeps the words in the mapping. They are 8-aligned, since pages and `bytes` are, and
        // `self` is borrowed mutably with them.
        unsafe { std::slice::from_raw_parts_mut(first.cast(), bytes / 8) }
    }

    /// Copies `bytes` to read-only pages, at an address that is a multiple of 8, and passes them to `read`. They end
    /// where the inaccessible page begins, rounded to 8 bytes. With `front`, they begin behind the other inaccessible
    /// page.
    pub fn with_read_only<T>(&mut self, bytes: &[u8], front: bool, read: impl FnOnce(&[u8]) -> T) -> T {
        self.protect(libc::PROT_READ | libc::PROT_WRITE);
        let rounded = bytes.len().next_multiple_of(8);
        let words = self.words(rounded, front);
        // SAFETY: a `u8` accepts all bits.
        let (_, place, _) = unsafe { words.align_to_mut::<u8>() };
        place[..bytes.len()].copy_from_slice(bytes);
        let (first, len) = (place.as_ptr(), bytes.len());
        self.protect(libc::PROT_READ);
        // SAFETY: the bytes were just written there, and nothing writes to them while `read` runs.
        read(unsafe { std::slice::from_raw_parts(first, len) })
    }
}
