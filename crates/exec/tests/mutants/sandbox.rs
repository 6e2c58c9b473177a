//! Pages with no access directly before and behind. With `UNFENCED` in the environment, allocations of just the length in their place, for a
//! sanitizer to watch.

use std::ptr;

const PAGE: usize = 4096;

/// So many bytes of pages, between pages without access.
pub struct Pages {
    first: *mut u8,
    len: usize,
    /// What is in their place.
    unfenced: Option<Vec<u64>>,
}

impl Pages {
    /// At least `len` bytes.
    pub fn new(len: usize) -> Pages {
        let len = len.next_multiple_of(PAGE);
        // SAFETY: a new mapping, wherever the system likes.
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
        // SAFETY: the pages are this mapping's own.
        let outcome = unsafe { libc::mprotect(self.first.cast(), self.len, protection) };
        assert_eq!(outcome, 0, "mprotect");
    }

    /// The last `len` bytes, as words: the page behind begins where they end. With `front` the first ones instead, which the page
    /// before ends in front of.
    pub fn words(&mut self, bytes: usize, front: bool) -> &mut [u64] {
        assert!(bytes <= self.len && bytes.is_multiple_of(8));
        if let Some(words) = &mut self.unfenced {
            *words = vec![0; bytes / 8];
            return words;
        }
        let first = if front { self.first } else { self.first.wrapping_add(self.len - bytes) };
        // SAFETY: inside of the mapping, 8-aligned, and borrowed with it.
        unsafe { std::slice::from_raw_parts_mut(first.cast(), bytes / 8) }
    }

    /// Puts bytes there, to be read only, at an address that is a multiple of 8: up to the last bytes, or with `front` from
    /// the first one on. Then gives them to `read`.
    pub fn with_read_only<T>(&mut self, bytes: &[u8], front: bool, read: impl FnOnce(&[u8]) -> T) -> T {
        self.protect(libc::PROT_READ | libc::PROT_WRITE);
        let rounded = bytes.len().next_multiple_of(8);
        let words = self.words(rounded, front);
        // SAFETY: any bytes are good words.
        let (_, place, _) = unsafe { words.align_to_mut::<u8>() };
        place[..bytes.len()].copy_from_slice(bytes);
        let (first, len) = (place.as_ptr(), bytes.len());
        self.protect(libc::PROT_READ);
        // SAFETY: as it was copied, and nothing writes to it meanwhile.
        read(unsafe { std::slice::from_raw_parts(first, len) })
    }
}
