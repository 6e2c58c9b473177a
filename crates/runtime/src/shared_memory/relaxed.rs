//! Copies between a shared memory and the host's own. Other threads may write the same bytes meanwhile, so these are
//! atomic accesses without an order. A word at a time is read or written where it is aligned. Wasm code may access the
//! same bytes with other sizes: `crates/exec/src/handlers/shared.rs` says what is relied on.

use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed};

const WORD: usize = size_of::<usize>();

/// Calls `word` with the offsets of the aligned words in a range, and `byte` with those of the other bytes.
#[inline(always)]
fn each(address: usize, len: usize, mut byte: impl FnMut(usize), mut word: impl FnMut(usize)) {
    let mut at = 0;
    while at < len {
        if (address + at).is_multiple_of(WORD) && len - at >= WORD {
            word(at);
            at += WORD;
        } else {
            byte(at);
            at += 1;
        }
    }
}

/// Copies bytes out of a shared memory.
///
/// # Safety
/// `to.len()` bytes from `from` on are in a memory. Other threads access them only atomically, or in wasm code.
pub(crate) unsafe fn read(from: *const u8, to: &mut [u8]) {
    let to = to.as_mut_ptr_range();
    let (to, len) = (to.start, to.end.addr() - to.start.addr());
    // SAFETY: the caller guarantees `len` bytes, `each` passes offsets of bytes and words among them, and words are
    // aligned.
    each(
        from.addr(),
        len,
        |at| unsafe { to.add(at).write(AtomicU8::from_ptr(from.add(at).cast_mut()).load(Relaxed)) },
        // SAFETY: as above.
        |at| unsafe {
            let word = AtomicUsize::from_ptr(from.add(at).cast_mut().cast()).load(Relaxed);
            to.add(at).cast::<usize>().write_unaligned(word);
        },
    );
}

/// Copies bytes into a shared memory.
///
/// # Safety
/// As for [`read`], with `bytes.len()` bytes from `to` on.
pub(crate) unsafe fn write(to: *mut u8, bytes: &[u8]) {
    let from = bytes.as_ptr();
    // SAFETY: as in `read`.
    each(
        to.addr(),
        bytes.len(),
        |at| unsafe { AtomicU8::from_ptr(to.add(at)).store(from.add(at).read(), Relaxed) },
        // SAFETY: as in `read`.
        |at| unsafe {
            AtomicUsize::from_ptr(to.add(at).cast()).store(from.add(at).cast::<usize>().read_unaligned(), Relaxed);
        },
    );
}
