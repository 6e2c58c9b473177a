//! The write barrier. While a cycle runs ([`cycle`](crate::cycle)), the old reference is marked before it is
//! overwritten in an object. Roots need no barrier, since all are marked when a cycle begins.
//!
//! A store of a number of 32 bits has the barrier, too, because instructions do not tell it from a reference. If the
//! old number looks like a reference, an object is kept for one cycle more.

use wasmote_exec as exec;

use crate::heap::{LINE_LOG2, size_in};
use crate::layout::{HEADER, Layouts};
use crate::mark::{LEFT, REACHED, leads_on};

/// Returns whether a cycle runs.
#[inline(always)]
pub fn is_needed(heap: &exec::Heap) -> bool {
    !heap.marks.is_null()
}

/// Marks what is about to be overwritten: `count` references from `place` on.
///
/// # Safety
/// The heap is that of a live store, and a cycle runs. The references lie in the heap or its slack.
#[cold]
#[inline(never)]
pub unsafe fn shade(heap: &exec::Heap, place: *const u8, count: usize) {
    for i in 0..count {
        // SAFETY: the caller guarantees the references and the heap.
        unsafe { shade_one(heap, place.add(4 * i).cast::<u32>().read_unaligned()) }
    }
}

/// # Safety
/// As [`shade`].
#[inline]
unsafe fn shade_one(heap: &exec::Heap, reference: u32) {
    let Some(place) = heap.place(reference) else { return };
    let bit = reference as usize >> 1;
    let (word, flag) = (bit / 64, 1 << (bit % 64));
    // SAFETY: `place` checked that the reference is below `edge`. The caller guarantees a running cycle, so there are
    // bits of both kinds up to there, and a byte for each line. The header is readable where an object begins.
    unsafe {
        if reference & 1 != 0 || *heap.starts.add(word) & !*heap.marks.add(word) & flag == 0 {
            return;
        }
        *heap.marks.add(word) |= flag;
        let header = place.cast::<u64>().read_unaligned();
        let layout = (*heap.layouts.cast::<Layouts>()).get(header as u32);
        let bytes = size_in(layout, header).min(heap.edge.addr() - place.addr());
        let at = bit << 3;
        for line in at >> LINE_LOG2..=(at + bytes.max(1) - 1) >> LINE_LOG2 {
            *heap.lines.add(line) |= REACHED;
        }
        if leads_on(layout, header) && bytes > HEADER {
            // As an object for which the marker has no room.
            *heap.marks.add((bit + 1) / 64) |= 1 << ((bit + 1) % 64);
            *heap.lines.add(at >> LINE_LOG2) |= LEFT;
        }
    }
}
