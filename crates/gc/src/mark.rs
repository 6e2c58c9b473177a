//! Marking: what can be reached from the roots. Iterative, with a stack of bounded size.

use alloc::vec::Vec;

use crate::heap::{Heap, LINE};
use crate::layout::{HEADER, Layout};

/// The most objects that wait to be looked through.
const WAITING: usize = 1 << 15;

/// A collection under way: takes the roots.
pub struct Marker<'h> {
    heap: &'h mut Heap,
    base: *const u8,
    /// Offsets of objects that are marked and have references.
    waiting: Vec<usize>,
    /// Among these offsets are objects that found no room to wait.
    left: Option<(usize, usize)>,
}

impl<'h> Marker<'h> {
    pub(crate) fn new(heap: &'h mut Heap, base: *const u8) -> Marker<'h> {
        Marker { heap, base, waiting: Vec::new(), left: None }
    }

    /// A reference that is in use. Whatever is no object is left alone: null, small integers, and what only looks like a reference.
    #[inline]
    pub fn reference(&mut self, reference: u32) {
        self.mark(reference);
        if self.waiting.len() > WAITING / 2 {
            self.look_through();
        }
    }

    /// The heap.
    pub fn heap(&self) -> &Heap {
        self.heap
    }

    /// Slots of which any may be a reference that is in use.
    ///
    /// # Safety
    /// They can be read.
    pub unsafe fn slots(&mut self, from: *const u64, to: *const u64) {
        let mut at = from;
        while at < to {
            // SAFETY: the caller's promise.
            let slot = unsafe { at.read() };
            // References are zero-extended.
            if slot >> 32 == 0 {
                self.reference(slot as u32);
            }
            at = at.wrapping_add(1);
        }
    }

    fn header(&self, at: usize) -> u64 {
        // SAFETY: the offset of an object that begins in the heap, by its bitmap; eight bytes are there.
        unsafe { self.base.add(at).cast::<u64>().read_unaligned() }
    }

    fn mark(&mut self, reference: u32) {
        if !self.heap.is_object(reference) {
            return;
        }
        let bit = reference as usize >> 1;
        let word = &mut self.heap.marks[bit / 64];
        if *word >> (bit % 64) & 1 != 0 {
            return;
        }
        *word |= 1 << (bit % 64);
        let at = bit << 3;
        let header = self.header(at);
        let bytes = self.heap.size(at, header).max(1);
        let (first, last) = (at >> LINE, (at + bytes - 1) >> LINE);
        if first == last {
            self.heap.lines[first] = 1;
        } else {
            self.heap.lines[first..=last].fill(1);
        }
        let has_references = match self.heap.layouts.get(header as u32) {
            Some(Layout::Fixed { references, .. }) => !references.is_empty(),
            Some(Layout::Array { references, .. }) => *references,
            None => false,
        };
        if has_references {
            if self.waiting.len() < WAITING {
                self.waiting.push(at);
            } else {
                let (first, last) = self.left.unwrap_or((at, at));
                self.left = Some((first.min(at), last.max(at)));
            }
        }
    }

    fn look_through(&mut self) {
        while let Some(at) = self.waiting.pop() {
            self.look_at(at);
        }
    }

    /// Marks what the object at this offset refers to.
    fn look_at(&mut self, at: usize) {
        let header = self.header(at);
        let end = at + self.heap.size(at, header);
        // SAFETY: all that is read lies in the heap, as it is below `end`.
        let read = |base: *const u8, place: usize| unsafe { base.add(place).cast::<u32>().read_unaligned() };
        let base = self.base;
        match self.heap.layouts.get(header as u32) {
            Some(Layout::Fixed { references, .. }) => {
                // SAFETY: nothing adds or changes types while this collects.
                let references: &[u32] = unsafe { &*core::ptr::from_ref(&**references) };
                for &offset in references {
                    let place = at + offset as usize;
                    if place + 4 <= end {
                        self.mark(read(base, place));
                    }
                }
            }
            Some(Layout::Array { references: true, .. }) => {
                let mut place = at + HEADER;
                let last = end.min(place + 4 * (header >> 32) as usize);
                while place + 4 <= last {
                    self.mark(read(base, place));
                    place += 4;
                }
            }
            _ => {}
        }
    }

    /// Marks all that is left.
    pub(crate) fn finish(mut self) {
        self.look_through();
        while let Some((first, last)) = self.left.take() {
            for word in first >> 9..=last >> 9 {
                let mut marks = self.heap.marks[word];
                while marks != 0 {
                    let at = (word * 64 + marks.trailing_zeros() as usize) << 3;
                    marks &= marks - 1;
                    if (first..=last).contains(&at) {
                        self.look_at(at);
                        self.look_through();
                    }
                }
            }
        }
    }
}
